# SPDX-License-Identifier: LGPL-2.1-or-later
"""Runs every gst-launch-1.0 line of README.md, with cameras, windows and
addresses replaced by what a machine without them has."""

import os
import re
import signal
import subprocess
import time
import unittest

import tap
from program import (SCENES, SOURCE, ProgramTest, gi, make_film, scene,
                     serve_rtsp)

# Seconds that a line without an end plays before Ctrl-C.
LIVE_SECONDS = 6

# The reservoir makes its first commit soon; so small a model keeps up with it.
SMALL = [("! vinfoscore", "! vinfoscore architecture=nano frame-size=64"),
         ("! vinfotrainer", "! vinfotrainer batch-size=8 architecture=nano")]


def read_lines():
    """README's lines by the sentence that introduces them."""
    text = (SOURCE / "README.md").read_text()
    blocks = re.findall(r"\n\n((?:[^\n]+\n)+)\n```sh\n(gst-launch-1\.0 .*?)\n```",
                        text, re.S)
    return {re.split("[.:;]", intro)[0]: line for intro, line in blocks}


LINES = read_lines()


def find_line(words):
    found = [line for intro, line in LINES.items() if words in intro]
    assert len(found) == 1, f"{words!r} in {list(LINES)}"
    return found[0]


class ReadmeTest(ProgramTest):
    tested = set()

    def prepare(self, words, *replacements):
        """The line with each of `replacements` made; all must apply."""
        line = find_line(words)
        ReadmeTest.tested.add(line)
        for old, new in replacements:
            self.assertIn(old, line)
            line = line.replace(old, new)
        return line

    def run_line(self, line):
        process = subprocess.run(line, shell=True, cwd=self.folder, text=True,
                                 capture_output=True, timeout=120)
        self.assertEqual(process.returncode, 0, process.stdout + process.stderr)
        return process.stdout

    def run_until_interrupted(self, line, seconds=LIVE_SECONDS):
        process = subprocess.Popen("exec " + line, shell=True, text=True,
                                   cwd=self.folder, stdout=subprocess.PIPE,
                                   stderr=subprocess.STDOUT)
        time.sleep(seconds)
        self.assertIsNone(process.poll(), "it ended by itself")
        process.send_signal(signal.SIGINT)
        output, _ = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 0, output)
        self.assertNotIn("ERROR", output)

    def count_kept(self, store):
        return self.inspect(self.folder / store)["feeds"]

    def keep_frames(self):
        """Runs the line for a file, which the lines for replay go on from."""
        film = make_film(self.folder / "film.avi", *SCENES)
        self.run_line(self.prepare(
            "A file", ("/path/to/clip.mp4", str(film)), *SMALL))

    def test_file_line_keeps_frames_and_trains(self):
        self.keep_frames()
        self.assertGreater(sum(self.count_kept("kept.vinfo").values()), 0)
        self.assertTrue((self.folder / "predictor/latest").exists())

    def test_line_with_signs_of_life_prints_them(self):
        film = make_film(self.folder / "film.avi", scene("pattern=ball", 60))
        output = self.run_line(self.prepare(
            "signs of life", ("/path/to/clip.mp4", str(film)), SMALL[0],
            (SMALL[1][0], SMALL[1][1] + " publish-interval=20")))
        for message in "stats", "step", "update", "checkpoint":
            self.assertIn(f" vinfo-{message}, ", output)

    def test_mosaics_line_trains(self):
        film = make_film(self.folder / "film.avi", *SCENES)
        self.run_line(self.prepare(
            "mosaics", ("/path/to/clip.mp4", str(film)), *SMALL))
        self.assertTrue((self.folder / "predictor/latest").exists())

    def test_camera_line_keeps_frames_and_shows_the_picture(self):
        line = self.prepare(
            "A camera", ("v4l2src", "videotestsrc is-live=true pattern=ball"),
            ("autovideosink", "fakesink sync=true"), *SMALL)
        self.run_until_interrupted(line)
        self.assertGreater(sum(self.count_kept("camera.vinfo").values()), 0)

    @unittest.skipUnless(gi, "gir1.2-gst-rtsp-server-1.0 is not installed")
    def test_rtsp_line_keeps_frames(self):
        with serve_rtsp() as address:
            line = self.prepare(
                "over RTSP", ("rtsp://camera.local/stream", address),
                ("! vinfoscore", SMALL[0][1]), SMALL[1])
            self.run_until_interrupted(line, 2 * LIVE_SECONDS)
        self.assertGreater(self.count_kept("door.vinfo")["door"], 0)

    @unittest.skipUnless(gi, "gir1.2-gst-rtsp-server-1.0 is not installed")
    def test_line_for_two_feeds_keeps_frames_of_both(self):
        with serve_rtsp() as address:
            line = self.prepare(
                "Two feeds", ("rtsp://door.local/stream", address),
                ("rtsp://yard.local/stream", address), *SMALL)
            self.run_until_interrupted(line, 2 * LIVE_SECONDS)
        kept = self.count_kept("site.vinfo")
        self.assertGreater(kept["door"], 0)
        self.assertGreater(kept["yard"], 0)

    def test_replay_line_shows_all_that_was_kept(self):
        self.keep_frames()
        kept = sum(self.count_kept("kept.vinfo").values())
        line = self.prepare(
            "Replay", ("autovideosink",
                       "fakesink name=window num-buffers=-1 silent=false -v"))
        output = subprocess.run(line, shell=True, cwd=self.folder, text=True,
                                capture_output=True, timeout=120, check=True)
        frames = re.findall(r"window: last-message = chain ", output.stdout)
        self.assertEqual(len(frames), kept)

    def keep_more(self, name, *scenes):
        """Lets the program add to the store; returns how many are in it."""
        film = make_film(self.folder / name, *scenes)
        self.run_ok(film, "--store", self.folder / "kept.vinfo",
                    "--capacity", 500, "--no-train")
        return sum(self.count_kept("kept.vinfo").values())

    def test_following_line_shows_what_another_process_keeps_meanwhile(self):
        kept = self.keep_more("first.avi", *SCENES)
        line = self.prepare(
            "still writes", ("autovideosink",
                             "fakesink name=window silent=false -v"))
        process = subprocess.Popen("exec " + line, shell=True, text=True,
                                   cwd=self.folder, stdout=subprocess.PIPE)
        more = self.keep_more("second.avi", scene("pattern=ball", 90, (200, 120)))
        self.assertGreater(more, kept)
        time.sleep(2)
        process.send_signal(signal.SIGINT)
        output, _ = process.communicate(timeout=60)
        frames = re.findall(r"window: last-message = chain ", output)
        self.assertGreaterEqual(len(frames), more)

    @unittest.skipUnless(os.path.exists("/usr/bin/xvfb-run"), "no xvfb")
    def test_replay_line_opens_a_window(self):
        self.keep_frames()
        self.run_line("xvfb-run -a " + self.prepare("Replay"))

    def test_line_for_the_best_frames_writes_twenty_pictures(self):
        self.keep_frames()
        self.run_line(self.prepare("The best 20"))
        pictures = sorted(self.folder.glob("best-*.png"))
        self.assertEqual(len(pictures), 20)
        self.assertEqual(pictures[0].read_bytes()[:4], b"\x89PNG")

    def test_zz_no_line_is_without_a_test(self):
        self.assertEqual(len(LINES), 9)
        if gi:
            self.assertEqual(set(LINES.values()), ReadmeTest.tested)


if __name__ == "__main__":
    tap.main()
