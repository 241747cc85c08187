# SPDX-License-Identifier: LGPL-2.1-or-later
"""Who visits the scene of a fixed camera, without a detector: a frame is empty
where hardly anything differs from the scene that the film begins with."""

import pathlib
import tempfile

import numpy

from program import launch

WIDTH, HEIGHT = 192, 108
# Nobody is in the first of them.
N_EMPTY = 30
# Grey levels by which a pixel differs, and the share of such in a frame that
# isn't empty.
DIFFERENT = 30
SHARE = 0.012


def read_frames(clip):
    """All frames of a clip in grey, frame × row × column."""
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "frames"
        launch(f"filesrc location={clip} ! decodebin ! videoconvert ! "
               "videoscale add-borders=false ! video/x-raw,format=GRAY8,"
               f"width={WIDTH},height={HEIGHT} ! filesink location={path}")
        return numpy.fromfile(path, numpy.uint8).reshape(-1, HEIGHT, WIDTH)


def share_that_differs(frames):
    """Of each frame's pixels, from the empty scene of the same brightness."""
    scene = numpy.median(frames[:N_EMPTY], axis=0)
    differences = frames - scene
    differences -= numpy.median(differences, axis=(1, 2), keepdims=True)
    return (numpy.abs(differences) > DIFFERENT).mean(axis=(1, 2))


def number_visits(clip):
    """Of each frame of the clip the visit that it shows, from 1 on; 0: empty."""
    occupied = share_that_differs(read_frames(clip)) >= SHARE
    begins = occupied & ~numpy.concatenate([[False], occupied[:-1]])
    return numpy.where(occupied, numpy.cumsum(begins), 0)
