# SPDX-License-Identifier: LGPL-2.1-or-later
"""First runs on a real clip, a fixed camera with visits and empty stretches, and
what each keeps of it: the table of docs/first-run.md."""

import json
import pathlib
import shutil
import sqlite3
import subprocess
import tempfile
import time
import unittest

import numpy

import tap
from program import DATA, VINFO, launch, vinfo
from visits import number_visits

CLIP = DATA / "video/one-by-one-person-detection.mp4"
# Which frames are drawn follows from their ids, as masks do, and these from the
# file's URI: one that is the same wherever the clip lies, so that counts are too.
LINK = pathlib.Path("/tmp/vinfo-person-clip.mp4")
FRAME = LINK.with_suffix(".png")
FRAMES_PER_SECOND = 10
N_FRAMES = 1394
N_VISITS = 6
CAPACITY = 64
# Smaller than by default, so that it takes a minute: pictures, masks and steps.
OPTIONS = ["--architecture", "nano", "--capacity", str(CAPACITY),
           "--frame-size", "96", "--masks", "1", "--batch-size", "16",
           "--samples-per-frame", "4", "--publish-interval", "100", "--quiet"]
SELECTIONS = {
    "gain": [],
    "random": ["--score", "random"],
    # a uniform sample is the same whatever is learnt
    "uniform": ["--policy", "uniform", "--no-train"],
}
# Root mean square of grey levels below which two thumbnails look alike.
ALIKE = 2.5


def count_pairs_that_look_alike(thumbnails):
    differences = thumbnails[:, None] - thumbnails[None, :]
    distances = numpy.sqrt((differences ** 2).mean(axis=2))
    first, second = numpy.triu_indices(len(thumbnails), 1)
    return int((distances[first, second] < ALIKE).sum())


class Selection:
    """What a store keeps of the clip, counted."""

    def __init__(self, store, visits):
        with sqlite3.connect(store) as database:
            rows = database.execute("SELECT pts, thumbnail FROM samples").fetchall()
        seconds = numpy.array([pts for pts, _ in rows]) / 1e9
        shown = visits[numpy.rint(seconds * FRAMES_PER_SECOND).astype(int)]
        self.kept = len(rows)
        self.empty = int((shown == 0).sum())
        self.visits = len(set(shown) - {0})
        self.seconds = len(set(seconds.astype(int)))
        self.alike = count_pairs_that_look_alike(
            numpy.array([list(thumbnail) for _, thumbnail in rows], float))


@unittest.skipUnless(CLIP.exists(), f"no {CLIP}")
class PersonClipTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory(prefix="vinfo-test-")
        cls.addClassCleanup(folder.cleanup)
        cls.folder = pathlib.Path(folder.name)
        if not LINK.exists():
            LINK.unlink(missing_ok=True)  # to where no clip is any more
            LINK.symlink_to(CLIP)
        assert LINK.samefile(CLIP), f"{LINK} is another file"
        cls.addClassCleanup(LINK.unlink, missing_ok=True)
        visits = number_visits(CLIP)
        assert len(visits) == N_FRAMES and visits.max() == N_VISITS
        print(f"# {(visits == 0).sum()} of {len(visits)} frames are empty\n"
              "# | | kept | empty | visits | near-duplicates | seconds |",
              flush=True)
        cls.selections = {}
        for name, arguments in SELECTIONS.items():
            cls.run_clip(cls.folder / name, arguments)
            kept = Selection(cls.folder / name / "store.vinfo", visits)
            print(f"# | {name} | {kept.kept} | {kept.empty} | {kept.visits} | "
                  f"{kept.alike} | {kept.seconds} |", flush=True)
            cls.selections[name] = kept

    @classmethod
    def run_clip(cls, out, arguments):
        """Copies each version as it is published: the run keeps but three."""
        process = subprocess.Popen(
            [VINFO, "run", LINK, "--out", out, *OPTIONS, *arguments],
            stderr=subprocess.PIPE, text=True)
        cls.addClassCleanup(process.kill)
        latest = out / "predictor/latest"
        while process.poll() is None:
            if latest.exists():
                version = out / "versions" / latest.resolve().name
                if not version.exists():
                    shutil.copytree(latest.resolve(), version)
            time.sleep(0.02)
        assert process.returncode == 0, process.stderr.read()

    def steps_published_in_the_stream(self, out):
        """Of the publications after which frames still came: the reservoir's
        stats tell now and then how many were offered by then, so two of them
        after a publication have to differ."""
        steps, new, seen = [], [], []
        offered = 0
        for line in (out / "log.jsonl").read_text().splitlines():
            entry = json.loads(line)
            if entry["event"] == "update" and entry["accepted"]:
                new.append(entry["step"])
            elif entry["event"] == "stats" and "offered" in entry:
                if entry["offered"] > offered:
                    steps += seen
                    seen = []
                offered = entry["offered"]
                seen += new
                new = []
        return steps

    def losses_of_one_frame(self, versions):
        launch(f"filesrc location={CLIP} ! decodebin ! videoconvert ! "
               "videorate ! video/x-raw,framerate=1/40 ! pngenc ! "
               f"multifilesink location={self.folder}/frame-%d.png")
        self.addCleanup(FRAME.unlink)
        shutil.move(self.folder / "frame-1.png", FRAME)  # of 0:40
        losses = []
        for version in versions:
            process = vinfo("score", FRAME, "--model", version, "--json")
            self.assertEqual(process.returncode, 0, process.stderr)
            losses.append(json.loads(process.stdout)["loss"])
        return losses

    def test_each_version_predicts_a_frame_better_than_the_one_before(self):
        out = self.folder / "gain"
        summary = json.loads((out / "summary.json").read_text())
        versions = {int(version.name.split("-")[1]): version
                    for version in (out / "versions").iterdir()}
        losses = self.losses_of_one_frame(
            [versions[step] for step in self.steps_published_in_the_stream(out)])
        print(f"# loss {summary['loss_first']:.3f} to "
              f"{summary['loss_last']:.3f}; {summary['predictor_updates']} "
              "updates; one frame's loss under those in the stream: "
              + " ".join(f"{loss:.3f}" for loss in losses), flush=True)
        self.assertEqual(summary["frames_in"], N_FRAMES)
        self.assertLess(summary["loss_last"], 0.5 * summary["loss_first"])
        self.assertEqual(len(versions), summary["predictor_updates"])
        self.assertGreaterEqual(len(losses), 3)
        for before, after in zip(losses, losses[1:]):
            self.assertLess(after, before)

    def test_kept_frames_show_every_visit(self):
        self.assertEqual(self.selections["gain"].visits, N_VISITS)

    def test_empty_scene_is_kept_less_often_than_by_a_uniform_sample(self):
        uniform = self.selections["uniform"]
        self.assertEqual(uniform.kept, CAPACITY)
        for name in ["gain", "random"]:
            self.assertEqual(self.selections[name].kept, CAPACITY)
            self.assertLess(self.selections[name].empty, uniform.empty)

    def test_kept_frames_are_seldom_alike(self):
        uniform = self.selections["uniform"]
        self.assertGreater(uniform.alike, 20)
        for name in ["gain", "random"]:
            self.assertLess(self.selections[name].alike, uniform.alike / 10)


if __name__ == "__main__":
    tap.main()
