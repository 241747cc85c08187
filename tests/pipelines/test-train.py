# SPDX-License-Identifier: LGPL-2.1-or-later
"""`vinfo train`: on folders of images and on stores, from start and again."""

import io
import json
import os
import shutil
import signal
import sqlite3
import struct
import subprocess
import tarfile
import time

import numpy as np
import tap
from program import (FAST, SOURCE, TIMEOUT, VINFO, ProgramTest, launch,
                     make_film, scene, vinfo)


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def masked(data):
    crc = crc32c(data)
    return (((crc >> 15) | (crc << 17)) + 0xA282EAD8) & 0xFFFFFFFF


def records(path):
    """The records of an event file; fails where a checksum is wrong."""
    data, position = path.read_bytes(), 0
    assert crc32c(b"123456789") == 0xE3069283  # the checksum's known answer
    while position < len(data):
        length, crc = struct.unpack_from("<QI", data, position)
        assert crc == masked(data[position:position + 8])
        body = data[position + 12:position + 12 + length]
        assert struct.unpack_from(
            "<I", data, position + 12 + length)[0] == masked(body)
        yield body
        position += 16 + length


class TrainTest(ProgramTest):
    def images(self, n, pattern="ball"):
        folder = self.folder / "images"
        folder.mkdir()
        launch(f"videotestsrc pattern={pattern} num-buffers={n} ! "
               "video/x-raw,width=48,height=40 ! pngenc ! "
               f"multifilesink location={folder}/%03d.png")
        return folder

    def train(self, source, *arguments):
        # a relative path: which pictures are held out depends on their names
        process = vinfo("train", os.path.relpath(source, self.folder), "--out",
                        self.out, "--architecture", "nano", "--batch-size", 8,
                        *arguments, cwd=self.folder)
        self.assertEqual(process.returncode, 0, process.stderr)
        return process

    def step(self):
        state = self.out / "latest" / "trainer_state.json"
        return json.loads(state.read_text())["step"]

    def test_folder_of_images_gives_a_better_model(self):
        self.train(self.images(60), "--steps", 60, "--save-interval", 20)
        losses = [e["loss"] for e in self.log() if e["event"] == "step"]
        self.assertLess(losses[-1], 0.5 * losses[0])
        held_out = [e["validation-loss"] for e in self.log()
                    if "validation-loss" in e]
        self.assertEqual(len(held_out), 3)
        self.assertLess(held_out[-1], held_out[0])
        self.assertEqual(self.inspect(self.out)["config"]["model_type"],
                         "vit_mae")

    def test_architecture_that_has_no_effect_is_told(self):
        images = self.images(30)
        self.assertNotIn("warning", self.train(images, "--steps", 1).stderr)
        self.assertIn(
            f"warning: {self.out}: is nano; --architecture tiny has no effect",
            self.train(images, "--steps", 2, "--architecture", "tiny").stderr)

    def test_folders_in_a_folder_are_trained_on(self):
        images = self.images(20)
        for number, file in enumerate(sorted(images.iterdir())):
            label = images / f"class-{number % 2}"
            label.mkdir(exist_ok=True)
            file.rename(label / file.name)
        self.train(images, "--steps", 2)
        self.assertEqual(self.step(), 2)

    def test_value_that_does_not_exist_is_refused(self):
        images = self.images(3)
        for option in ("--architecture", "--schedule", "--estimator",
                       "--weights"):
            process = vinfo("train", images, "--out", self.out, "--architecture",
                            "nano", option, "odd")
            self.assertEqual(process.returncode, 2, process.stderr)
            self.assertIn("odd: no such", process.stderr)

    def shards(self, images, n):
        """The pictures in n tar files, every second with a JSON beside it."""
        folder = self.folder / "shards"
        folder.mkdir()
        files = sorted(images.iterdir())
        for i in range(n):
            with tarfile.open(folder / f"part-{i}.tar", "w") as shard:
                for number, file in enumerate(files[i::n]):
                    shard.add(file, f"{file.stem}.png")
                    if number % 2:
                        info = tarfile.TarInfo(f"{file.stem}.json")
                        info.size = 2
                        shard.addfile(info, io.BytesIO(b"{}"))
        return folder

    def test_shards_are_trained_on(self):
        shards = self.shards(self.images(60), 3)
        self.train(shards, "--steps", 40, "--save-interval", 20)
        losses = [e["loss"] for e in self.log() if e["event"] == "step"]
        self.assertLess(losses[-1], 0.8 * losses[0])
        held_out = [e["validation-loss"] for e in self.log()
                    if "validation-loss" in e]
        self.assertEqual(len(held_out), 2)
        self.assertLess(held_out[-1], held_out[0])

    def test_shards_and_folders_go_together(self):
        images = self.images(6)
        shards = self.shards(images, 2)
        process = vinfo("train", images, *sorted(shards.iterdir()), "--out",
                        self.out, "--architecture", "nano", "--batch-size", 8,
                        "--steps", 2)
        self.assertEqual(process.returncode, 0, process.stderr)

    def test_broken_shard_is_one_error_that_names_it(self):
        shard = sorted(self.shards(self.images(4), 1).iterdir())[0]
        shard.write_bytes(shard.read_bytes()[:700])
        process = vinfo("train", shard, "--out", self.out)
        self.assertEqual(process.returncode, 1)
        self.assertIn("part-0.tar", process.stderr)
        self.assertEqual(len(process.stderr.splitlines()), 1, process.stderr)

    def test_same_command_with_more_steps_goes_on(self):
        source = self.images(20)
        self.train(source, "--steps", 10)
        self.assertEqual(self.step(), 10)
        self.train(source, "--steps", 15)
        self.assertEqual(self.step(), 15)
        steps = [e["step"] for e in self.log() if e["event"] == "step"]
        self.assertEqual(steps, [1, 10])

    def test_option_that_what_was_saved_goes_before_is_told(self):
        source = self.images(20)
        process = self.train(source, "--steps", 2, "--seed", 5)
        self.assertNotIn("warning", process.stderr)
        process = self.train(source, "--steps", 2, "--seed", 6, "--model",
                             self.out / "latest")
        for part in ("has 2 steps already", "--model", "began with seed 5"):
            self.assertIn(part, process.stderr)
        self.assertEqual(process.stderr.count("warning"), 3)
        process = self.train(source, "--steps", 3)
        self.assertNotIn("warning", process.stderr)

    def test_learnt_estimators_go_on_unless_others_are_asked_for(self):
        source, state = self.images(20), self.out / "latest/estimator.safetensors"
        self.train(source, "--steps", 2, "--estimator", "learned")
        self.train(source, "--steps", 3)
        self.assertTrue(state.exists())
        latest, self.out = self.out / "latest", self.folder / "other"
        self.train(source, "--steps", 1, "--model", latest)
        self.assertTrue((self.out / "latest/estimator.safetensors").exists())
        self.out = latest.parent
        self.train(source, "--steps", 4, "--estimator", "closed")
        self.assertFalse(state.exists())

    def test_model_without_a_trainers_state_is_told(self):
        source = self.images(20)
        self.train(source, "--steps", 2)
        for name in "trainer.safetensors", "trainer_state.json":
            (self.out / "latest" / name).unlink()
        self.assertIn("steps count from 0",
                      self.train(source, "--steps", 3).stderr)
        self.assertEqual(self.step(), 3)

    def test_run_that_goes_on_is_an_uninterrupted_one(self):
        source, files = self.images(30), {}
        for name, parts in ("once", [20]), ("twice", [10, 20]):
            self.out = self.folder / name
            for steps in parts:
                self.train(source, "--steps", steps, "--seed", 2**32 + 7,
                           "--schedule", "constant")
            files[name] = [(self.out / "latest" / f"{file}.safetensors")
                           .read_bytes() for file in ("model", "trainer")]
        self.assertTrue(files["once"] == files["twice"])

    def start(self, source, *arguments):
        """A training that goes on for long; waits until it took a step."""
        process = subprocess.Popen(
            [VINFO, "train", source, "--out", self.out, "--architecture",
             "nano", "--batch-size", "8", "--steps", "1000000",
             "--save-interval", "1000000", *arguments], stderr=subprocess.PIPE)
        self.addCleanup(process.stderr.close)
        self.addCleanup(process.kill)
        log, end = self.out / "log.jsonl", time.monotonic() + 60
        while not (log.exists() and b"step" in log.read_bytes()):
            self.assertLess(time.monotonic(), end)
            time.sleep(0.02)
        return process

    def test_interrupted_training_saves_what_it_learnt(self):
        source = self.images(20)
        for number in signal.SIGINT, signal.SIGTERM:
            self.out = self.folder / number.name
            process = self.start(source)
            process.send_signal(number)
            output = process.communicate(timeout=60)[1].decode()
            self.assertEqual(process.returncode, 0, output)
            self.assertIn("once more to quit", output)
            self.assertGreaterEqual(self.step(), 1)

    def test_second_signal_ends_training_at_once(self):
        # a step of so many pictures takes a while
        process = self.start(self.images(20), "--batch-size", "500")
        process.send_signal(signal.SIGINT)
        process.stderr.readline()
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(timeout=60), -signal.SIGINT)
        self.assertFalse((self.out / "latest").exists())

    def calibration(self):
        """Ids of the panel, and what is measured on it."""
        data = (self.out / "latest/vinfo.safetensors").read_bytes()
        length, = struct.unpack_from("<Q", data)
        begin, end = json.loads(
            data[8:8 + length])["panel.ids"]["data_offsets"]
        predictor = self.inspect(self.out)
        return [data[8 + length + begin:8 + length + end], *(
            predictor[name] for name in ("alpha", "sigma2", "s2"))]

    def test_run_that_goes_on_is_calibrated_as_an_uninterrupted_one(self):
        # the panel wants 32, one in twenty
        source, found = self.images(1000), {}
        for name, parts in (("once", [(4, 3)]), ("twice", [(2, 3), (4, 3)]),
                            ("another seed", [(2, 3), (4, 5)])):
            self.out = self.folder / name
            for steps, seed in parts:
                self.train(source, "--steps", steps, "--seed", seed,
                           "--schedule", "constant")
            found[name] = self.calibration()
        self.assertGreaterEqual(len(found["once"][0]), 32 * 8)
        self.assertIsNotNone(found["once"][1])
        self.assertEqual(found["once"], found["twice"])
        self.assertEqual(found["once"], found["another seed"])

    def test_panel_too_small_to_calibrate_on_is_told(self):
        process = self.train(self.images(60), "--steps", 1)
        n = self.inspect(self.out)["panel"]
        self.assertTrue(0 < n < 32)
        self.assertEqual(process.stderr.splitlines()[-1], f"the panel has {n} "
                         "of 32 pictures: no calibration (PVI, I_V)")

    def test_panel_that_a_model_brings_stays(self):
        self.train(self.images(1000), "--steps", 1)
        before, model = self.calibration(), self.out
        self.assertEqual(self.inspect(model)["panel"], len(before[0]) // 8)
        self.out = self.folder / "on"
        others = shutil.copytree(self.folder / "images", self.folder / "copy")
        self.train(others, "--steps", 1, "--model", model)
        self.assertEqual(self.calibration()[0], before[0])

    def test_training_that_diverges_goes_back_and_gives_up_in_the_end(self):
        source = self.images(20)
        self.train(source, "--steps", 3)
        arguments = ["train", source, "--out", self.out, "--batch-size", 8,
                     "--learning-rate", "1e20", "--schedule", "constant",
                     "--warmup-steps", 0]
        process = vinfo(*arguments, "--steps", 9)
        self.assertEqual(process.returncode, 1)
        self.assertEqual(
            process.stderr.count("training goes back to the last version"), 10)
        self.assertIn("10 steps skipped", process.stderr.splitlines()[-1])
        skipped = [e for e in self.log() if e["event"] == "step-skipped"]
        self.assertEqual([e["step"] for e in skipped], [4] * 10)
        self.assertEqual(self.step(), 3)
        self.train(source, "--steps", 5)  # what was learnt is not spoilt
        self.assertEqual(self.step(), 5)

    def test_refused_publication_is_not_saved(self):
        source = self.images(20)
        self.train(source, "--steps", 3)
        before = (self.out / "latest/model.safetensors").read_bytes()
        process = vinfo("train", source, "--out", self.out, "--batch-size", 8,
                        "--learning-rate", "1e20", "--warmup-steps", 0,
                        "--schedule", "constant", "--steps", 4)
        self.assertEqual(process.returncode, 1)
        self.assertIn("warning: not saved: ", process.stderr)
        self.assertIn("not saved", process.stderr.splitlines()[-1])
        self.assertEqual([e["step"] for e in self.log()
                          if e["event"] == "refusal"], [4])
        self.assertEqual(
            before, (self.out / "latest/model.safetensors").read_bytes())

    def test_weights_that_know_the_panel_worse_are_refused(self):
        # the panel wants 32, one in twenty
        source = self.images(900)
        self.train(source, "--steps", 30)
        spoil = ["train", os.path.relpath(source, self.folder), "--out",
                 self.out, "--batch-size", 8, "--learning-rate", 1,
                 "--warmup-steps", 0, "--schedule", "constant"]
        process = vinfo(*spoil, "--steps", 34, cwd=self.folder)
        self.assertEqual(process.returncode, 1)
        self.assertIn("at most 0.2000 is allowed", process.stderr)
        self.assertEqual(self.step(), 30)
        process = vinfo(*spoil, "--steps", 34, "--max-regression", 9,
                        cwd=self.folder)
        self.assertEqual(process.returncode, 0, process.stderr)
        self.assertEqual(self.step(), 34)

    def test_store_is_trained_on(self):
        film = make_film(self.folder / "film.avi", scene("pattern=ball", 60))
        kept = self.folder / "kept"
        process = vinfo("run", film, "--out", kept, *FAST, "--no-train")
        self.assertEqual(process.returncode, 0, process.stderr)
        self.train(kept / "store.vinfo", "--steps", 3)
        self.assertEqual(self.step(), 3)

    def test_results_of_a_run_are_no_folder_to_train_in(self):
        images, results = self.images(20), self.folder / "results"
        process = vinfo("run", images, "--out", results, *FAST)
        self.assertEqual(process.returncode, 0, process.stderr)
        before = sorted(results.iterdir())
        process = vinfo("train", images, "--out", results, "--architecture",
                        "nano", "--steps", 1)
        self.assertEqual(process.returncode, 2, process.stderr)
        self.assertEqual(len(process.stderr.splitlines()), 1, process.stderr)
        self.assertIn(f"{results}/predictor", process.stderr)
        self.assertEqual(sorted(results.iterdir()), before)
        self.out = results / "predictor"
        self.train(images, "--steps", 1)

    def test_some_of_a_runs_store_is_held_out(self):
        film = make_film(self.folder / "film.avi", scene("pattern=ball", 200))
        kept = self.folder / "kept"
        process = vinfo("run", film, "--out", kept, *FAST, "--no-train",
                        "--capacity", 200)
        self.assertEqual(process.returncode, 0, process.stderr)
        self.train(kept / "store.vinfo", "--steps", 1)
        self.assertIsNotNone(self.log()[-2]["validation-loss"])

    def test_unreadable_picture_of_a_store_is_named_by_its_id(self):
        film = make_film(self.folder / "film.avi", scene("pattern=ball", 20))
        store = self.folder / "kept/store.vinfo"
        process = vinfo("run", film, "--out", store.parent, *FAST, "--no-train")
        self.assertEqual(process.returncode, 0, process.stderr)
        with sqlite3.connect(store) as database:
            spoilt, = database.execute("SELECT min(id) FROM blobs").fetchone()
            database.execute("UPDATE blobs SET data = zeroblob(length(data)) "
                             "WHERE id = ?", [spoilt])
        process = vinfo("train", store, "--out", self.out, "--architecture",
                        "nano", "--steps", 1)
        self.assertEqual(process.returncode, 1)
        self.assertIn(f"store.vinfo: {spoilt % 2**64:016x}: ", process.stderr)

    def test_kept_frames_weigh_as_much_as_they_stand_for(self):
        kept = self.folder / "kept"
        process = vinfo("run", "test:ball:7", "--out", kept, *FAST,
                        "--no-train")
        self.assertEqual(process.returncode, 0, process.stderr)
        # unscored frames are as likely as one another to be kept
        with sqlite3.connect(kept / "store.vinfo") as store:
            store.execute("UPDATE samples SET inclusion = inclusion / 10 "
                          "WHERE arrival % 2")
        losses = {}
        for weights in "none", "inclusion":
            self.out = self.folder / weights
            # all of them: many stand for as much as each other
            self.train(kept / "store.vinfo", "--steps", 1, "--weights",
                       weights, "--batch-size", 32)
            losses[weights] = self.log()[0]["loss"]
        self.assertNotEqual(losses["none"], losses["inclusion"])

    def test_terminal_alone_is_told_how_it_goes(self):
        source = self.images(20)
        main, terminal = os.openpty()
        arguments = ["train", source, "--out", self.out, "--architecture",
                     "nano", "--batch-size", 8, "--steps", 20]
        process = vinfo(*arguments[:-1], 2)
        self.assertNotIn("pictures/s", process.stderr)
        start = time.monotonic()
        subprocess.run([VINFO, *map(str, arguments)], stderr=terminal,
                       check=True, timeout=TIMEOUT)
        lasted = time.monotonic() - start
        os.close(terminal)
        with open(main, "rb", buffering=0) as stream:
            told = stream.read(4096).decode()
        self.assertRegex(told, r"^\rstep 3 of 20  loss \d\.\d{4}  \d+ pictures/s"
                         r"\x1b\[K")
        self.assertLessEqual(told.count("pictures/s"), 1 + lasted)
        self.assertIn("\x1b[K\r\nstep 20", told)

    def test_event_file_holds_the_logged_losses(self):
        self.train(self.images(20), "--steps", 20)
        events = list(self.out.glob("events.out.tfevents.*"))
        self.assertEqual(len(events), 1)
        bodies = list(records(events[0]))
        self.assertIn(b"brain.Event:2", bodies[0])
        logged = [e["loss"] for e in self.log() if e["event"] == "step"]
        written = [struct.unpack("<f", b.split(b"\x0a\x04loss\x15")[1][:4])[0]
                   for b in bodies if b"\x0a\x04loss\x15" in b]
        self.assertEqual(len(written), len(logged))
        for a, b in zip(written, logged):
            self.assertAlmostEqual(a, b, places=5)

    def test_what_is_left_is_as_help_and_page_say(self):
        self.train(self.images(30), "--steps", 5, "--save-interval", 1)
        self.train(self.folder / "images", "--steps", 6, "--save-interval", 1)
        versions = sorted(path.name for path in self.out.glob("step-*"))
        self.assertEqual(versions, [f"step-{n:08}" for n in (4, 5, 6)])
        said = vinfo("train", "--help").stdout
        self.assertIn("of which the newest 3", said)
        page = (SOURCE / "docs/predictor.md").read_text()
        for file in self.out.iterdir():
            name = file.name.split(".")[0].split("-")[0]
            self.assertIn(name, said)
            self.assertIn(name, page)
        for entry in self.log():
            for key in {entry["event"], *entry}:
                self.assertIn(f"`{key}`", page)

    def weights(self, source, *arguments):
        """All values of a model after four steps, in one row."""
        self.train(source, "--steps", 4, "--warmup-steps", 1, *arguments)
        data = (self.out / "latest/model.safetensors").read_bytes()
        shutil.rmtree(self.out)
        return np.frombuffer(data[8 + struct.unpack_from("<Q", data)[0]:],
                             "<f4")

    def test_average_micro_batches_and_schedule_are_taken(self):
        source = self.images(20)
        plain = self.weights(source)
        self.assertTrue(np.array_equal(plain, self.weights(source)))
        # what is summed in parts is rounded in another way
        parts = np.abs(self.weights(source, "--micro-batch-size", 3) - plain)
        self.assertGreater(parts.max(), 0)
        self.assertLess(parts.mean(), 1e-6)
        for other in (("--ema-decay", 0.9), ("--schedule", "cooldown"),
                      ("--dtype", "bf16")):
            change = np.abs(self.weights(source, *other) - plain)
            self.assertGreater(change.mean(), 10 * parts.mean(), other)

    def test_mistakes_are_one_line_that_names_them(self):
        source = self.images(3)
        for arguments, part in (
                (["--steps", "0"], "--steps"),
                (["--batch-size", "5000"], "at most 4096"),
                (["--learning-rate", "inf"], "--learning-rate"),
                (["--weight-decay", "inf"], "--weight-decay"),
                (["--schedule", "wavy"], "wavy"),
                (["--weights", "heavy"], "heavy"),
                (["--dtype", "f64"], "f64"),
                (["--architecture", "gigantic"], "gigantic")):
            process = vinfo("train", source, "--out", self.out, *arguments)
            self.assertNotEqual(process.returncode, 0)
            self.assertIn(part, process.stderr)
            self.assertEqual(len(process.stderr.splitlines()), 1)
        process = vinfo("train", self.folder / "none", "--out", self.out)
        self.assertNotEqual(process.returncode, 0)
        self.assertIn("none", process.stderr)
        self.assertFalse(self.out.exists(), "nothing was to be written")

    def test_file_of_another_kind_is_told_apart_by_its_first_bytes(self):
        picture = next(self.images(1).iterdir())
        zipped = self.folder / "images.zip"
        shutil.make_archive(zipped.with_suffix(""), "zip", picture.parent)
        empty = self.folder / "empty"
        empty.touch()
        for file, kind in ((picture, "a picture"), (zipped, "a zip archive"),
                           (empty, "empty"), (__file__, "of no known kind")):
            for command in (["train", file, "--out", self.out],
                            ["inspect", file]):
                process = vinfo(*command)
                self.assertEqual(process.returncode, 1)
                self.assertIn(f"{file}: {kind}, not a store: give a ",
                              process.stderr)
        self.assertEqual(empty.stat().st_size, 0)

    def test_unreadable_pictures_are_named_counted_and_left_out(self):
        source = self.images(8)
        for name in "bad.png", "worse.png":
            (source / name).write_bytes(b"no picture")
        process = vinfo("train", source, "--out", self.out, "--steps", 2,
                        "--architecture", "nano", "--batch-size", 8)
        self.assertEqual(process.returncode, 1)  # as that of `vinfo score`
        for part in ("bad.png: ", "worse.png: ",
                     "2 of 10 pictures are unreadable"):
            self.assertIn(part, process.stderr)
        self.assertEqual(self.step(), 2)

    def test_set_of_unreadable_pictures_is_an_error(self):
        source = self.images(1)
        next(source.iterdir()).write_bytes(b"no picture")
        process = vinfo("train", source, "--out", self.out)
        self.assertEqual(process.returncode, 1)
        self.assertIn("images: no picture to train on: 1 of 1 is unreadable",
                      process.stderr.splitlines()[-1])
        self.assertFalse(self.out.exists(), "nothing was to be written")


if __name__ == "__main__":
    tap.main()
