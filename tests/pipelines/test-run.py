# SPDX-License-Identifier: LGPL-2.1-or-later
"""`vinfo run` from outside."""

import array
import os
import pathlib
import shutil
import signal
import sqlite3
import subprocess
import tempfile
import time
import unittest

import tap
from program import (DATA, FAST, SCENES, VINFO, ProgramTest, gi, launch,
                     make_film, scene, serve_http, serve_rtsp, vinfo)

FIELDS = ["inputs_failed", "frames_in", "frames_scored", "frames_skipped",
          "frames_dropped", "kept", "kept_bytes", "rejected",
          "predictor_updates", "predictor_updates_rejected",
          "checkpoints_failed", "train_steps", "train_steps_skipped",
          "loss_first", "loss_last", "iv_panel", "iv_reservoir", "seconds"]
N_FRAMES = 300


class RunTest(ProgramTest):
    @classmethod
    def setUpClass(cls):
        cls.films = tempfile.TemporaryDirectory(prefix="vinfo-films-")
        cls.film = make_film(pathlib.Path(cls.films.name, "film.avi"), *SCENES)

    @classmethod
    def tearDownClass(cls):
        cls.films.cleanup()

    def kept_ids(self):
        with sqlite3.connect(self.out / "store.vinfo") as store:
            return {row[0] for row in store.execute("SELECT id FROM samples")}

    def test_run_leaves_its_results(self):
        summary = self.run_ok(self.film)
        self.assertEqual(list(summary), FIELDS)
        self.assertTrue((self.out / "predictor/latest/model.safetensors")
                        .exists())
        self.assertEqual((self.out / "contact-sheet.png").read_bytes()[:4],
                         b"\x89PNG")
        events = {entry["event"] for entry in self.log()}
        self.assertLessEqual({"start", "step", "update", "checkpoint"}, events)
        self.assertTrue(all("time" in entry for entry in self.log()))

    def test_each_frame_is_counted_once(self):
        summary = self.run_ok(self.film)
        self.assertEqual(summary["frames_in"], N_FRAMES)
        self.assertEqual(summary["frames_scored"] + summary["frames_skipped"],
                         N_FRAMES)
        rejected = dict(summary["rejected"])
        evicted = rejected.pop("evicted", 0)
        self.assertEqual(summary["kept"] + evicted + sum(rejected.values()),
                         N_FRAMES)
        self.assertLessEqual(summary["kept"], 24)

    def test_noise_and_frozen_frames_are_refused_by_reason(self):
        rejected = self.run_ok(self.film)["rejected"]
        self.assertEqual(rejected["noise"], 30)
        self.assertEqual(rejected["frozen"], 39)

    def test_training_lowers_the_loss_and_publishes(self):
        # by chance, so that both train on the same frames
        idle = self.run_ok(self.film, "--score", "random",
                           "--learning-rate", 1e-9)
        shutil.rmtree(self.out)
        summary = self.run_ok(self.film, "--score", "random")
        self.assertGreater(summary["predictor_updates"], 2)
        self.assertAlmostEqual(summary["loss_first"], idle["loss_first"])
        self.assertLess(summary["loss_last"], 0.7 * idle["loss_last"])
        updates = [entry for entry in self.log() if entry["event"] == "update"]
        self.assertEqual(len(updates), summary["predictor_updates"])

    def test_steps_that_are_not_taken_are_counted(self):
        film = make_film(self.folder / "film.avi", scene("pattern=ball", 30))
        summary = self.run_ok(film)
        self.assertEqual(summary["train_steps_skipped"], 0)
        self.assertEqual(summary["predictor_updates_rejected"], 0)
        # numbers that are too large to train on
        model = self.out / "predictor/latest"
        weights = model / "model.safetensors"
        data = weights.read_bytes()
        start = 8 + int.from_bytes(data[:8], "little")
        values = array.array("f", data[start:])
        weights.write_bytes(data[:start] + array.array(
            "f", (1e6 * value for value in values)).tobytes())
        (model / "vinfo.safetensors").unlink()
        self.out = self.folder / "spoilt"
        summary = self.run_ok(film, "--model", model)
        self.assertGreater(summary["train_steps_skipped"], 0)
        self.assertEqual(summary["train_steps"], 0)

    def test_optidel_trains_on_mosaics_and_repeats(self):
        whole = self.run_ok(self.film, "--policy", "top-k")
        shutil.rmtree(self.out)
        results = []
        for _ in range(2):
            summary = self.run_ok(self.film, "--policy", "optidel")
            del summary["seconds"]
            weights = (self.out / "predictor/latest/model.safetensors")
            results.append((summary, self.kept_ids(), weights.read_bytes()))
            with sqlite3.connect(self.out / "store.vinfo") as store:
                regions = [row[0] for row in store.execute(
                    "SELECT region FROM samples ORDER BY key")]
            shutil.rmtree(self.out)
        # four samples make one picture of a batch
        self.assertAlmostEqual(results[0][0]["train_steps"],
                               whole["train_steps"] / 4, delta=2)
        self.assertEqual(regions, sorted(regions, reverse=True))
        self.assertGreater(regions[-1], 0)
        self.assertEqual(results[0], results[1])

    def test_all_elements_compute_with_the_dtype_that_is_asked_for(self):
        weights = []
        for dtype in "f32", "bf16":
            process = vinfo("run", self.film, "--out", self.out / dtype,
                            *FAST, "--policy", "optidel", "--dtype", dtype)
            self.assertEqual(process.returncode, 0, process.stderr)
            # an element that isn't told has the others' ignored
            self.assertNotIn("dtype", process.stderr)
            weights.append((self.out / dtype / "predictor/latest"
                            / "model.safetensors").read_bytes())
        self.assertNotEqual(*weights)

    def test_same_seed_keeps_the_same_frames_and_weights(self):
        results = []
        for _ in range(2):
            summary = self.run_ok(self.film, "--seed", 7)
            del summary["seconds"]
            weights = (self.out / "predictor/latest/model.safetensors")
            results.append((summary, self.kept_ids(), weights.read_bytes()))
            shutil.rmtree(self.out)
        self.assertEqual(results[0], results[1])

    def kept_rows(self):
        """All that is known of the kept, but when they arrived by the clock."""
        with sqlite3.connect(self.out / "store.vinfo") as store:
            store.row_factory = sqlite3.Row
            rows = [dict(row) for row in
                    store.execute("SELECT * FROM samples ORDER BY id")]
        for row in rows:
            del row["wall_time"]
        return rows

    def test_scoring_what_is_needed_keeps_the_same_and_trains_the_same(self):
        results, summaries = [], []
        for scoring in ["all", "needed"]:
            summaries.append(self.run_ok(self.film, "--capacity", 8,
                                         "--scoring", scoring))
            weights = (self.out / "predictor/latest/model.safetensors")
            results.append((self.kept_rows(), weights.read_bytes()))
            shutil.rmtree(self.out)
        self.assertEqual(results[0], results[1])
        every, needed = summaries
        self.assertGreater(needed["predictor_updates"], 2)
        self.assertLess(needed["frames_scored"], 0.8 * every["frames_scored"])
        self.assertEqual(needed["frames_scored"]
                         + needed["rejected"]["unneeded"],
                         every["frames_scored"])
        self.assertNotIn("unneeded", every["rejected"])

    def test_same_command_again_continues(self):
        first = self.run_ok(self.film)
        before = self.kept_ids()
        step = self.saved_step()
        mark = len(self.log())
        again = self.run_ok(self.film)
        self.assertEqual(first["kept"], again["kept"])
        self.assertGreater(again["rejected"]["known"], 0)
        self.assertGreater(len(before & self.kept_ids()), 0)
        self.assertEqual(self.first_step(mark), step + 1)

    def test_predictor_of_an_earlier_run_goes_before_the_given_model(self):
        self.run_ok(self.film)
        version = self.inspect(self.out / "predictor")["version"]
        self.assertGreater(version, 0)
        other = self.folder / "other"
        self.assertEqual(vinfo("run", "test:ball:0.1", "--out", other, *FAST,
                               "--no-train").returncode, 0)
        more = make_film(self.folder / "more.avi", scene("pattern=ball", 20))
        self.run_ok(more, "--no-train", "--model", other / "predictor",
                    "--capacity", 100)
        with sqlite3.connect(self.out / "store.vinfo") as store:
            versions = {row[0] for row in store.execute(
                "SELECT version FROM samples WHERE source = ?",
                [more.as_uri()])}
        self.assertEqual(versions, {version})

    def test_architecture_that_has_no_effect_is_told(self):
        self.run_ok("test:ball:1")
        process = vinfo("run", "test:ball:1", "--out", self.out, *FAST,
                        "--architecture", "tiny")
        self.assertEqual(process.returncode, 0, process.stderr)
        self.assertEqual(process.stderr,
                         f"vinfo: warning: {self.out}/predictor: is nano; "
                         "--architecture tiny has no effect\n")

    def saved_step(self):
        latest = os.readlink(self.out / "predictor/latest")
        return int(latest.split("-")[1])

    def first_step(self, mark):
        return next(entry["step"] for entry in self.log()[mark:]
                    if entry["event"] == "step")

    def test_killed_run_keeps_what_was_committed_and_continues(self):
        command = [VINFO, "run", "test:ball", "--out", self.out, *FAST]
        process = subprocess.Popen(command)
        latest = self.out / "predictor/latest"
        self.wait_until(latest.exists)
        process.kill()
        process.wait()
        store = self.inspect(self.out / "store.vinfo")
        self.assertEqual(store["integrity"], "ok")
        self.assertGreater(store["samples"], 0)
        before = self.kept_ids()
        step = self.saved_step()
        mark = len(self.log())
        # what is offered again is known, so nothing is evicted
        again = self.run_ok("test:ball", "--duration", 0.01)
        self.assertNotIn("evicted", again["rejected"])
        self.assertLessEqual(before, self.kept_ids())
        self.assertEqual(self.first_step(mark), step + 1)

    def wait_until(self, condition):
        end = time.monotonic() + 60
        while not condition():
            self.assertLess(time.monotonic(), end)
            time.sleep(0.05)

    def interrupt(self, process):
        process.send_signal(signal.SIGINT)
        _, output = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 0, output)

    def start(self, *arguments):
        process = subprocess.Popen(
            [VINFO, "run", "--out", self.out, *FAST, *map(str, arguments)],
            stderr=subprocess.PIPE)
        self.addCleanup(process.kill)
        return process

    def test_interrupted_run_writes_its_results(self):
        process = self.start("test:ball")
        self.wait_until((self.out / "store.vinfo").exists)
        time.sleep(1)
        self.interrupt(process)
        self.assertGreater(self.summary()["kept"], 0)
        self.assertTrue((self.out / "predictor/latest").exists())
        self.assertTrue((self.out / "contact-sheet.png").exists())

    def test_interrupted_live_run_writes_what_all_its_feeds_gave(self):
        process = self.start("test:ball", "test:smpte", "--live",
                             "--capacity", 200)
        self.wait_until((self.out / "store.vinfo").exists)
        time.sleep(3)
        self.interrupt(process)
        self.assertGreater(self.summary()["kept"], 0)
        self.assertTrue((self.out / "contact-sheet.png").exists())
        feeds = self.inspect(self.out / "store.vinfo")["feeds"]
        self.assertEqual(set(feeds), {"test:ball", "test:smpte"})

    @unittest.skipUnless(gi, "gir1.2-gst-rtsp-server-1.0 is not installed")
    def test_interrupted_run_of_a_camera_writes_its_results(self):
        with serve_rtsp() as address:
            process = self.start(address)
            self.wait_until((self.out / "predictor/latest").exists)
            self.interrupt(process)
        self.assertGreater(self.summary()["kept"], 0)

    def last_step(self):
        log = self.out / "log.jsonl"
        steps = [entry["step"] for entry in self.log()
                 if entry["event"] == "step"] if log.exists() else []
        return steps[-1] if steps else 0

    def test_interrupted_last_pass_is_not_made_to_its_end(self):
        film = make_film(self.folder / "short.avi", scene("pattern=ball", 60))
        # four steps as frames come, then one for each of the kept
        process = self.start(film, "--architecture", "tiny", "--batch-size", 1,
                             "--capacity", 60, "--samples-per-frame", 0.07,
                             "--masks", 1)
        self.wait_until(lambda: self.last_step() >= 6)
        self.interrupt(process)
        self.assertEqual(self.summary()["frames_in"], 60)
        self.assertLess(self.summary()["train_steps"], 40)

    def test_files_of_different_sizes_play_in_one_run(self):
        films = [make_film(self.folder / f"{i}.avi",
                           scene("pattern=ball", 40, size))
                 for i, size in enumerate([(160, 90), (96, 96), (200, 60)])]
        summary = self.run_ok(*films)
        self.assertEqual(summary["frames_in"], 120)
        self.assertGreater(summary["kept"], 0)

    def make_images(self):
        images = self.folder / "images"
        images.mkdir()
        launch("videotestsrc pattern=ball num-buffers=30 ! video/x-raw,"
               "width=120,height=80 ! pngenc ! multifilesink "
               f"location={images}/frame-%d.png")
        return images

    def test_folder_of_images_is_a_stream_of_frames(self):
        summary = self.run_ok(self.make_images())
        self.assertEqual(summary["frames_in"], 30)
        self.assertGreater(summary["kept"], 0)

    def test_undecodable_image_is_named_and_counted_and_the_rest_goes_on(self):
        images = self.make_images()
        (images / "frame-7.png").write_bytes(b"not a picture")
        process = vinfo("run", images, "--out", self.out, *FAST)
        self.assertEqual(process.returncode, 0, process.stderr)
        self.assertIn("frame-7.png", process.stderr)
        self.assertEqual(len(process.stderr.splitlines()), 1, process.stderr)
        self.assertEqual(self.summary()["frames_in"], 30)
        self.assertEqual(self.summary()["rejected"]["corrupted"], 1)
        # without --quiet
        process = vinfo("run", images, "--out", self.out, *FAST[:-1])
        self.assertIn(", 1 unreadable or damaged\n", process.stdout)

    def test_run_without_training_leaves_a_predictor(self):
        summary = self.run_ok(self.film, "--no-train")
        self.assertEqual(summary["train_steps"], 0)
        self.assertIsNone(summary["loss_first"])
        self.assertGreater(summary["kept"], 0)
        predictor = self.inspect(self.out / "predictor")
        self.assertGreater(predictor["parameters"], 0)

    def test_run_too_short_to_publish_leaves_a_predictor(self):
        summary = self.run_ok("test:black:0.1")
        self.assertEqual(summary["train_steps"], 0)
        self.assertTrue((self.out / "predictor/latest/config.json").exists())

    def test_duration_ends_an_endless_stream(self):
        summary = self.run_ok("test:ball", "--duration", 2)
        self.assertAlmostEqual(summary["frames_in"], 60, delta=2)

    def test_legend_says_once_what_progress_means(self):
        process = vinfo("run", "test:ball:2", "--out", self.out, *FAST[:-1])
        self.assertEqual(process.returncode, 0, process.stderr)
        for word in "kept", "loss", "I_V":
            self.assertEqual(process.stderr.count(f"\n  {word} ")
                             + process.stderr.startswith(f"  {word} "), 1, word)
            self.assertEqual(process.stdout.count(f"\n  {word} "), 1, word)
        quiet = vinfo("run", "test:ball:1", "--out", self.out, *FAST)
        self.assertEqual(quiet.stderr + quiet.stdout, "")

    def test_run_too_short_for_scores_says_why_there_are_none(self):
        process = vinfo("run", "test:ball:2", "--out", self.out, *FAST[:-1])
        self.assertRegex(process.stdout, r"\ngain, PVI and I_V are not known "
                         r"yet: the panel has \d+ of 32 frames\n")
        process = vinfo("run", "test:ball:40", "--no-train", "--out",
                        self.folder / "long", *FAST[:-1])
        self.assertNotIn("not known yet", process.stdout)

    def test_live_input_keeps_its_pace(self):
        summary = self.run_ok("test:ball", "--live", "--duration", 3)
        self.assertGreater(summary["seconds"], 2.5)
        self.assertAlmostEqual(summary["frames_in"], 90, delta=8)

    def test_live_inputs_are_feeds_of_their_own(self):
        # room for all, so that neither feed takes the other's place
        self.run_ok("test:ball", "test:smpte", "--live", "--duration", 3,
                    "--capacity", 200)
        feeds = self.inspect(self.out / "store.vinfo")["feeds"]
        self.assertEqual(set(feeds), {"test:ball", "test:smpte"})

    def test_password_in_an_address_is_written_nowhere(self):
        passwords = "open-sesame", "swordfish"
        ids = []
        with serve_http(self.film, *(f"me:{word}" for word in passwords)) as film:
            for word in passwords:
                address = film.replace("://", f"://me:{word}@")
                shutil.rmtree(self.out, ignore_errors=True)
                self.run_ok(address, "--no-train")
                for form in "webdataset", "imagefolder":
                    process = vinfo("export", self.out / "store.vinfo", "--format",
                                    form, "--out", self.out / form)
                    self.assertEqual(process.returncode, 0, process.stderr)
                for path in filter(pathlib.Path.is_file, self.out.rglob("*")):
                    self.assertNotIn(word.encode(), path.read_bytes(), path)
                self.assertEqual(self.log()[0]["inputs"], film)
                self.assertIn(film, (self.out / "imagefolder/metadata.jsonl")
                              .read_text())
                ids.append(self.kept_ids())
        # nor do ids follow from it
        self.assertEqual(*ids)

    def test_query_of_an_address_is_written_nowhere_and_yet_tells_feeds_apart(self):
        words = "open-sesame", "swordfish"
        with serve_http(self.film, "me:too") as film:
            address = film.replace("://", "://me:too@")
            self.run_ok(*(f"{address}?token={word}" for word in words),
                        "--no-train")
            self.assertEqual(self.log()[0]["inputs"].count("?hidden="), 2)
        for path in filter(pathlib.Path.is_file, self.out.rglob("*")):
            for word in words:
                self.assertNotIn(word.encode(), path.read_bytes(), path)
        with sqlite3.connect(self.out / "store.vinfo") as store:
            sources = {row[0] for row in
                       store.execute("SELECT source FROM samples")}
        self.assertEqual(len(sources), 2, sources)
        self.assertTrue(all(source.startswith(f"{film}?hidden=")
                            for source in sources), sources)

    def test_password_in_the_name_of_a_stream_is_not_exported(self):
        self.run_ok("test:ball:1", "--no-train")
        store = self.out / "store.vinfo"
        with sqlite3.connect(store) as database:
            database.execute(
                "UPDATE samples SET source = 'rtsp://me:open-sesame@door/1'")
        process = vinfo("export", store, "--format", "imagefolder",
                        "--out", self.out / "pictures")
        self.assertEqual(process.returncode, 0, process.stderr)
        text = (self.out / "pictures/metadata.jsonl").read_text()
        self.assertIn("rtsp://door/1", text)
        self.assertNotIn("open-sesame", text)

    def test_random_score_differs_in_what_it_keeps(self):
        # of so many frames the panel gets enough to rank by
        film = make_film(self.folder / "long.avi", scene("pattern=ball", 1000))
        self.run_ok(film, "--no-train", "--score", "loss")
        by_loss = self.kept_ids()
        shutil.rmtree(self.out)
        self.run_ok(film, "--no-train", "--score", "random")
        self.assertNotEqual(by_loss, self.kept_ids())

    def test_kept_frames_stay_within_the_byte_limit(self):
        summary = self.run_ok(self.film, "--max-bytes", 40000)
        self.assertGreater(summary["kept"], 0)
        self.assertLessEqual(summary["kept_bytes"], 40000)

    def test_feed_is_admitted_at_most_so_often_a_minute(self):
        summary = self.run_ok(self.film, "--max-rate", 6, "--no-train")
        rejected = summary["rejected"]
        admitted = summary["kept"] + rejected.get("evicted", 0)
        # a minute's worth at first, and one after each 10 s of the film's 10
        self.assertIn(admitted, (6, 7))
        self.assertGreater(rejected["rate"], 0)

    @unittest.skipUnless((DATA / "video").is_dir(), f"no clips in {DATA}")
    def test_all_real_clips_play_in_one_run(self):
        clips = sorted((DATA / "video").glob("*.mp4"))
        summary = self.run_ok(*clips, "--capacity", 200, "--masks", 1,
                              "--samples-per-frame", 0.25)
        self.assertEqual(len(clips), 5)
        self.assertGreater(summary["frames_in"], 4000)
        with sqlite3.connect(self.out / "store.vinfo") as store:
            sources = {row[0] for row in store.execute(
                "SELECT source FROM samples")}
        self.assertEqual(sources, {clip.as_uri() for clip in clips})


class RunErrorTest(ProgramTest):
    def assert_error(self, arguments, status, *parts):
        process = vinfo("run", *arguments)
        self.assertEqual(process.returncode, status, process.stderr)
        for part in parts:
            self.assertIn(part, process.stderr)
        return process.stderr

    def test_command_line_without_input_or_folder_is_refused(self):
        self.assert_error(["--out", self.out], 2, "no INPUT")
        self.assert_error(["test:ball"], 2, "--out")
        self.assertFalse(self.out.exists())

    def test_missing_file_is_named(self):
        self.assert_error([self.folder / "none.mp4", "--out", self.out], 1,
                          "none.mp4", "No such file")

    def test_value_that_does_not_exist_is_answered_with_those_that_do(self):
        self.assert_error(["test:ball:1", "--out", self.out, "--score",
                           "beauty"], 2, "beauty", "pvi")
        self.assert_error(["test:nothing:1", "--out", self.out], 2, "smpte")
        self.assert_error(["test:ball:1", "--out", self.out, "--policy",
                           "chance"], 2, "chance", "vinfo, uniform, top-k")
        self.assert_error(["test:ball:1", "--out", self.out, "--dtype",
                           "f64"], 2, "f64", "bf16")

    def test_value_out_of_range_is_refused(self):
        self.assert_error(["test:ball:1", "--out", self.out, "--quality",
                           "500"], 2, "--quality must be 1 to 100, not 500")
        self.assert_error(["test:ball:1", "--out", self.out, "--max-rate",
                           "-1"], 2, "--max-rate")

    def test_file_without_video_is_named(self):
        sound = self.folder / "sound.wav"
        launch("audiotestsrc num-buffers=20 ! wavenc ! filesink "
               f"location={sound}")
        text = self.assert_error([sound, "--out", self.out, *FAST], 1,
                                 "sound.wav: no video in it")
        self.assertLessEqual(len(text.splitlines()), 2, text)

    def test_file_that_is_no_film_is_named(self):
        junk = self.folder / "junk.mp4"
        junk.write_bytes(bytes(range(256)) * 64)
        self.assert_error([junk, "--out", self.out, *FAST], 1, "junk.mp4")

    def test_input_that_fails_is_told_in_its_turn_and_the_others_play(self):
        junk = self.folder / "junk.mp4"
        junk.write_bytes(bytes(range(256)) * 64)
        for inputs, frames in ((["test:ball:2", junk, "test:smpte:1"], 90),
                               ([junk, junk, junk, "test:smpte:1"], 30),
                               (["test:ball:1", junk], 30)):
            n_junk = inputs.count(junk)
            text = self.assert_error(
                [*inputs, "--out", self.out, *FAST], 1,
                f"{n_junk} of {len(inputs)} inputs failed")
            self.assertEqual(text.count("junk.mp4: "), n_junk, text)
            self.assertNotIn("CRITICAL", text)
            summary = self.summary()
            self.assertEqual(summary["inputs_failed"], n_junk)
            self.assertEqual(summary["frames_in"], frames)
            shutil.rmtree(self.out)

    def test_nothing_is_done_where_all_inputs_fail(self):
        junk = self.folder / "junk.mp4"
        junk.write_bytes(bytes(range(256)) * 64)
        text = self.assert_error([junk, junk, "--out", self.out, *FAST], 1,
                                 "nothing was done")
        self.assertNotIn("CRITICAL", text)

    def test_no_progress_is_shown_where_nothing_comes(self):
        junk = self.folder / "junk.mp4"
        junk.write_bytes(bytes(range(256)) * 64)
        text = self.assert_error([junk, "--out", self.out, *FAST[:-1]], 1,
                                 "nothing was done")
        self.assertEqual(len(text.splitlines()), 2, text)

    def make_unreadable(self):
        images = self.folder / "unreadable"
        images.mkdir()
        for i in range(3):
            (images / f"{i}.png").write_bytes(b"not a picture")
        return images

    def test_pictures_that_all_are_unreadable_are_an_error(self):
        images = self.make_unreadable()
        text = self.assert_error(
            [images, "--out", self.out, *FAST], 1,
            "unreadable: nothing could be decoded: 3 of 3 pictures",
            "nothing was done", "0.png", "1.png", "2.png")
        self.assertEqual(len(text.splitlines()), 5, text)
        for inputs in ([images / "0.png"], ["test:ball:1", images]):
            text = self.assert_error([*inputs, "--out", self.out, *FAST], 1,
                                     "nothing could be decoded")
            self.assertNotIn("CRITICAL", text)
        shutil.rmtree(self.out)
        self.assert_error([images, "test:ball:1", "--out", self.out, *FAST], 1,
                          "nothing could be decoded", "1 of 2 inputs failed")
        self.assertEqual(self.summary()["frames_in"], 33)

    def test_run_that_did_nothing_leaves_nothing(self):
        junk = self.folder / "junk.mp4"
        junk.write_bytes(bytes(range(256)) * 64)
        store = self.folder / "kept.vinfo"
        before = set(self.folder.rglob("*")) | {
            self.folder / "unreadable", *(self.folder / f"unreadable/{i}.png"
                                          for i in range(3))}
        for arguments in ([junk], [self.make_unreadable()],
                          [junk, "--store", store],
                          ["test:ball:1", "--model", "nowhere"]):
            self.assert_error([*arguments, "--out", self.out / "a/b", *FAST], 1,
                              "nothing was done")
            self.assertEqual(set(self.folder.rglob("*")), before)

    def test_run_that_did_nothing_leaves_earlier_results_alone(self):
        junk = self.folder / "junk.mp4"
        junk.write_bytes(bytes(range(256)) * 64)
        self.run_ok("test:ball:1")
        before = {path: path.read_bytes() for path in self.out.rglob("*")
                  if path.is_file() and path.name != "log.jsonl"}
        self.assert_error([junk, "--out", self.out, *FAST], 1)
        self.assertEqual({path: path.read_bytes() for path in before}, before)

    def test_address_that_does_not_answer_is_named_without_its_password(self):
        for scheme, element in (("http", "httpsrc"), ("rtsp", "rtspsrc")):
            text = self.assert_error(
                [f"{scheme}://me:secret@127.0.0.1:9/door?word=secret", "--out",
                 self.out, *FAST], 1, f"{scheme}://127.0.0.1:9/door?hidden=",
                element)
            self.assertNotIn("secret", text)
            self.assertNotIn("Internal data stream error", text)

    def test_foreign_store_is_named_and_left_alone(self):
        self.out.mkdir()
        store = self.out / "store.vinfo"
        store.write_text("not a store, but somebody's letter" * 100)
        before = store.read_bytes()
        self.assert_error(["test:ball:1", "--out", self.out, *FAST], 1,
                          "store.vinfo")
        self.assertEqual(store.read_bytes(), before)

    def test_unknown_architecture_is_refused(self):
        self.assert_error(["test:ball:1", "--out", self.out, "--architecture",
                           "gigantic"], 2, "gigantic", "nano")

    def test_missing_model_is_named(self):
        self.assert_error(["test:ball:1", "--out", self.out, "--model",
                           self.folder / "nomodel"], 1, "nomodel")

    def test_unwritable_folder_is_named(self):
        self.assert_error(["test:ball:1", "--out", "/proc/nowhere"], 1,
                          "/proc/nowhere")


if __name__ == "__main__":
    tap.main()
