# SPDX-License-Identifier: LGPL-2.1-or-later
"""A first run on a real clip: a fixed camera, six visits, empty stretches."""

import json
import shutil
import sqlite3
import subprocess
import time
import unittest

import numpy

import tap
from program import DATA, VINFO, ProgramTest, launch, vinfo

CLIP = DATA / "video/one-by-one-person-detection.mp4"
CAPACITY = 64
# Smaller than by default, so that it takes a minute: pictures, masks and steps.
OPTIONS = ["--architecture", "nano", "--capacity", str(CAPACITY),
           "--frame-size", "96", "--masks", "1", "--batch-size", "16",
           "--samples-per-frame", "4", "--publish-interval", "100", "--quiet"]
# Root mean square of grey levels below which two thumbnails look alike.
ALIKE = 2.5


@unittest.skipUnless(CLIP.exists(), f"no {CLIP}")
class PersonClipTest(ProgramTest):
    def run_clip(self, *arguments):
        """Copies each version as it is published: the run keeps but three."""
        process = subprocess.Popen(
            [VINFO, "run", CLIP, "--out", self.out, *OPTIONS, *arguments],
            stderr=subprocess.PIPE, text=True)
        self.addCleanup(process.kill)
        latest = self.out / "predictor/latest"
        self.versions = []
        while process.poll() is None:
            if latest.exists():
                version = self.folder / "versions" / latest.resolve().name
                if version not in self.versions:
                    shutil.copytree(latest.resolve(), version)
                    self.versions.append(version)
            time.sleep(0.02)
        self.assertEqual(process.returncode, 0, process.stderr.read())
        return self.summary()

    def count_pairs_that_look_alike(self):
        with sqlite3.connect(self.out / "store.vinfo") as store:
            rows = store.execute("SELECT thumbnail FROM samples").fetchall()
        thumbnails = numpy.array([list(row[0]) for row in rows], float)
        self.assertEqual(len(thumbnails), CAPACITY)
        differences = thumbnails[:, None] - thumbnails[None, :]
        distances = numpy.sqrt((differences ** 2).mean(axis=2))
        first, second = numpy.triu_indices(len(thumbnails), 1)
        return int((distances[first, second] < ALIKE).sum())

    def losses_of_one_frame(self):
        """Under each version that was published while frames still came."""
        launch(f"filesrc location={CLIP} ! decodebin ! videoconvert ! "
               "identity eos-after=401 ! pngenc ! multifilesink "
               f"location={self.folder}/frame-%d.png max-files=1")
        frame, = self.folder.glob("frame-*.png")
        losses = []
        for version in self.versions[:-1]:  # the last is of the end
            process = vinfo("score", frame, "--model", version, "--json")
            self.assertEqual(process.returncode, 0, process.stderr)
            losses.append(json.loads(process.stdout)["loss"])
        return losses

    def test_run_learns_and_keeps_what_differs(self):
        summary = self.run_clip()
        losses = self.losses_of_one_frame()
        alike = self.count_pairs_that_look_alike()
        print(f"# loss {summary['loss_first']:.3f} to "
              f"{summary['loss_last']:.3f}; {summary['predictor_updates']} "
              "updates; one frame's loss under those in the stream: "
              + " ".join(f"{loss:.3f}" for loss in losses)
              + f"; {alike} pairs look alike", flush=True)
        self.assertEqual(summary["frames_in"], 1394)
        self.assertEqual(summary["kept"], CAPACITY)
        self.assertLess(summary["loss_last"], 0.5 * summary["loss_first"])
        self.assertEqual(len(self.versions), summary["predictor_updates"])
        self.assertGreaterEqual(len(losses), 3)
        for before, after in zip(losses, losses[1:]):
            self.assertLess(after, before)

        self.out = self.folder / "uniform"
        self.run_clip("--policy", "uniform", "--no-train")
        of_uniform = self.count_pairs_that_look_alike()
        print(f"# uniform: {of_uniform} pairs look alike", flush=True)
        self.assertGreater(of_uniform, 20)
        self.assertLess(alike, of_uniform / 10)


if __name__ == "__main__":
    tap.main()
