# SPDX-License-Identifier: LGPL-2.1-or-later
"""The ready-made pipelines, with cameras that a machine without them has."""

import os
import pathlib
import re
import signal
import subprocess
import tempfile
import time
import types
import unittest

import tap
from program import (SCENES, SOURCE, VINFO, ProgramTest, gi, make_film, scene,
                     serve_rtsp)

SCRIPTS = SOURCE / "pipelines"
# no script, and the demo, which installs and builds
OTHERS = {"launch.sh", "demo.sh"}
BUILT = pathlib.Path(os.environ.get("GST_PLUGIN_PATH", "."))

# So small a model keeps up; commits come soon.
SMALL = {"SCORER": "architecture=nano frame-size=64",
         "TRAINER": "architecture=nano batch-size=8 first-publish=5",
         "WINDOW": "fakesink name=window silent=false"}
LIVE_SECONDS = 6
SHOWN = r"window: last-message = chain "


def command(name, *arguments):
    return ["sh", SCRIPTS / f"{name}.sh", *map(str, arguments)]


class ReadyTest(ProgramTest):
    @classmethod
    def setUpClass(cls):
        cls.films = tempfile.TemporaryDirectory(prefix="vinfo-films-")
        # names in which a shell or a URI could trip
        folder = pathlib.Path(cls.films.name, "my films #1")
        folder.mkdir()
        film = make_film(pathlib.Path(cls.films.name, "film.avi"), *SCENES)
        cls.film = film.rename(folder / "film.avi")

    @classmethod
    def tearDownClass(cls):
        cls.films.cleanup()

    def run_script(self, name, *arguments, status=0, environment=None):
        process = subprocess.run(
            command(name, *arguments), text=True, capture_output=True,
            timeout=120, cwd=self.folder,
            env={**os.environ, **SMALL, **(environment or {})})
        self.assertEqual(process.returncode, status,
                         process.stdout + process.stderr)
        return process.stdout if status == 0 else process.stderr

    def run_until_interrupted(self, name, *arguments, seconds=LIVE_SECONDS):
        process = subprocess.Popen(
            command(name, *arguments), text=True, cwd=self.folder,
            env={**os.environ, **SMALL}, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT)
        time.sleep(seconds)
        self.assertIsNone(process.poll(), "it ended by itself")
        process.send_signal(signal.SIGINT)
        output, _ = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 0, output)
        self.assertNotIn("ERROR", output)

    def feeds(self, store=None):
        return self.inspect(store or self.out / "store.vinfo")["feeds"]

    def collect(self, *arguments):
        self.run_script("collect", *arguments, self.out, self.film)
        return sum(self.feeds().values())

    def test_every_script_shows_its_usage(self):
        names = {path.name for path in SCRIPTS.glob("*.sh")} - OTHERS
        self.assertEqual(len(names), 6)
        for name in names:
            usage = self.run_script(name[:-3], "-h")
            self.assertIn(f"  {name} ", usage)
            self.assertNotIn("#", usage)
            self.assertEqual(self.run_script(name[:-3], status=2), usage)

    def test_camera_is_kept_trained_on_and_shown(self):
        self.run_until_interrupted(
            "camera", self.out, "videotestsrc is-live=true pattern=ball")
        self.assertGreater(sum(self.feeds().values()), 0)
        self.assertTrue((self.out / "predictor/latest").exists())

    def test_collecting_from_a_file_trains(self):
        self.assertGreater(self.collect(), 0)
        self.assertTrue((self.out / "predictor/latest").exists())

    def test_collecting_only_does_not_train(self):
        self.assertGreater(self.collect("-n"), 0)
        self.assertFalse((self.out / "predictor").exists())

    @unittest.skipUnless(gi, "gir1.2-gst-rtsp-server-1.0 is not installed")
    def test_cameras_share_one_reservoir(self):
        with serve_rtsp() as address:
            self.run_until_interrupted(
                "collect", self.out, f"door={address}", address,
                seconds=2 * LIVE_SECONDS)
        feeds = self.feeds()
        self.assertEqual(set(feeds), {"door", "feed2"})
        self.assertGreater(min(feeds.values()), 0)

    def test_replay_shows_all_that_was_kept(self):
        kept = self.collect("-n")
        process = subprocess.run(
            command("replay", self.out / "store.vinfo", 1000), text=True,
            capture_output=True, timeout=60, check=True,
            env={**os.environ, "WINDOW": SMALL["WINDOW"] + " -v"})
        self.assertEqual(len(re.findall(SHOWN, process.stdout)), kept)

    @unittest.skipUnless(os.path.exists("/usr/bin/xvfb-run"), "no xvfb")
    def test_replay_opens_a_window(self):
        self.collect("-n")
        # test-readme looks for a free display at the same time, from 99 on
        process = subprocess.run(
            ["xvfb-run", "-n", "199", "-a",
             *command("replay", self.out / "store.vinfo", 1000)],
            timeout=60, text=True, capture_output=True)
        self.assertEqual(process.returncode, 0,
                         process.stdout + process.stderr)

    def test_best_frames_become_pictures(self):
        self.collect("-n")
        self.run_script("best", self.out / "store.vinfo", "my best", 7)
        pictures = sorted((self.folder / "my best").iterdir())
        self.assertEqual(len(pictures), 7)
        for picture in pictures:
            self.assertEqual(picture.read_bytes()[:4], b"\x89PNG")

    def test_store_is_trained_on(self):
        kept = self.collect("-n")
        output = self.run_script("train", self.out / "store.vinfo",
                                 self.out / "trained", 3)
        self.assertIn("vinfo-checkpoint", output)
        step = os.readlink(self.out / "trained/latest").split("-")[1]
        # the rest of the last batch is a step too
        self.assertEqual(int(step), (3 * kept + 7) // 8)

    def test_every_frame_s_score_is_a_line(self):
        lines = self.run_script("watch", self.film).splitlines()
        self.assertEqual(len(lines), 300)
        self.assertTrue(all("pts=" in line for line in lines))
        self.assertTrue(all(re.match("id=[0-9a-f]{16}, ", line)
                            for line in lines), lines[0])
        losses = [float(re.search(r"loss=([0-9.]+)", line)[1])
                  for line in lines if "stage=scored" in line]
        self.assertGreater(len(losses), 100)
        self.assertGreater(min(losses), 0)

    def test_input_that_is_not_there_is_named(self):
        for name, *arguments in (
                ("collect", self.out, "none.avi"), ("watch", "none.avi"),
                ("replay", "none.vinfo"), ("best", "none.vinfo", "best"),
                ("train", "none.vinfo", "trained")):
            self.assertIn("none.", self.run_script(name, *arguments, status=1))

    def test_film_that_cannot_be_read_fails_the_watch(self):
        junk = self.folder / "junk.avi"
        junk.write_bytes(bytes(range(256)) * 64)
        self.run_script("watch", junk, status=1)

    def test_plugin_of_the_build_folder_is_found(self):
        # a copy beside a build folder, as in a checkout
        scripts = self.folder / "checkout/pipelines"
        scripts.mkdir(parents=True)
        for name in ("watch.sh", "launch.sh"):
            (scripts / name).write_text((SCRIPTS / name).read_text())
        environment = {**os.environ, **SMALL,
                       "GST_REGISTRY": str(self.folder / "registry")}
        del environment["GST_PLUGIN_PATH"]
        line = ["sh", scripts / "watch.sh", str(self.film)]
        process = subprocess.run(line, text=True, capture_output=True,
                                 env=environment, timeout=60)
        self.assertEqual(process.returncode, 1)
        self.assertIn("meson compile", process.stderr)
        (scripts.parent / "build").mkdir()
        (scripts.parent / "build/plugins").symlink_to(BUILT)
        process = subprocess.run(line, text=True, capture_output=True,
                                 env=environment, timeout=60)
        self.assertEqual(process.returncode, 0, process.stderr)
        self.assertEqual(len(process.stdout.splitlines()), 300)

    def make_checkout(self):
        """A copy of the demo that finds all installed and built; its path."""
        demo = self.folder / "checkout/pipelines/demo.sh"
        for path in (demo.parent, self.folder / "checkout/.ci",
                     self.folder / "checkout/build/pipelines",
                     self.folder / "bin"):
            path.mkdir(parents=True)
        for name in ("demo.sh", "launch.sh"):
            (demo.parent / name).write_text((SCRIPTS / name).read_text())
        (self.folder / "checkout/build/build.ninja").touch()
        (self.folder / "checkout/build/pipelines/vinfo").symlink_to(VINFO)
        for nothing in ("checkout/.ci/install", "bin/meson"):
            (self.folder / nothing).write_text("#!/bin/sh\n")
            (self.folder / nothing).chmod(0o755)
        return demo

    def start_demo(self, demo, *arguments):
        path = f"{self.folder}/bin:{os.environ['PATH']}"
        return subprocess.Popen(
            ["sh", demo, *arguments], text=True, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, cwd=self.folder, start_new_session=True,
            env={**os.environ, "PATH": path})

    def finish_demo(self, process, status=0):
        """What it said on both, as a process that has ended."""
        output, errors = process.communicate(timeout=120)
        self.assertEqual(process.returncode, status, output + errors)
        return types.SimpleNamespace(stdout=output, stderr=errors)

    def run_demo(self, demo, film, out="demo-out"):
        process = self.finish_demo(self.start_demo(demo, film))
        kept = self.inspect(self.folder / out / "store.vinfo")
        return process.stdout, kept["offered"]

    def test_demo_goes_on_with_its_input_and_leaves_that_of_another_alone(self):
        demo = self.make_checkout()
        films = [make_film(self.folder / f"{i}.avi",
                           scene("pattern=ball", 20 + 10 * i)) for i in (0, 1)]
        output, offered = self.run_demo(demo, films[0])
        self.assertIn("Starts in", output)
        output, twice = self.run_demo(demo, films[0])
        self.assertIn("Goes on with", output)
        self.assertEqual(twice, 2 * offered)
        first = (self.folder / "demo-out/store.vinfo").read_bytes()
        for words in "Starts in", "Goes on with":
            output, _ = self.run_demo(demo, films[1], "demo-out-2")
            self.assertIn(words, output)
            self.assertIn("demo-out-2", output)
        self.assertEqual((self.folder / "demo-out/store.vinfo").read_bytes(),
                         first)

    def test_demo_shows_its_usage(self):
        process = self.finish_demo(self.start_demo(self.make_checkout(), "-h"))
        self.assertIn("  demo.sh [INPUT...]", process.stdout)
        self.assertFalse((self.folder / "demo-out").exists())

    def test_demo_that_does_nothing_leaves_no_folder(self):
        demo = self.make_checkout()
        process = self.finish_demo(self.start_demo(demo, "none.avi"), 1)
        self.assertIn("none.avi: no such file", process.stderr)
        self.assertEqual(process.stdout, "")
        junk = self.folder / "junk.avi"
        junk.write_bytes(bytes(range(256)) * 64)
        process = self.finish_demo(self.start_demo(demo, junk), 1)
        self.assertNotIn("Contact sheet", process.stdout)
        self.assertFalse((self.folder / "demo-out").exists())

    def test_demo_says_on_ctrl_c_where_its_results_are(self):
        process = self.start_demo(self.make_checkout(), "test:ball")
        store = self.folder / "demo-out/store.vinfo"
        end = time.monotonic() + 60
        while not store.exists() and time.monotonic() < end:
            time.sleep(0.1)
        time.sleep(2)
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does
        output = self.finish_demo(process).stdout
        for name in ("contact-sheet.png", "summary.json"):
            path = self.folder / "demo-out" / name
            self.assertTrue(path.exists())
            self.assertIn(f" {path}\n", output)


if __name__ == "__main__":
    tap.main()
