# SPDX-License-Identifier: LGPL-2.1-or-later
"""`vinfo score`, `vinfo inspect` and the help."""

import contextlib
import json
import math
import os
import pathlib
import shutil
import sqlite3
import statistics
import tempfile
import types

import tap
from program import FAST, ProgramTest, launch, make_film, scene, vinfo

RATE = 25  # pictures of a folder a second


class CommandsTest(ProgramTest):
    @classmethod
    def setUpClass(cls):
        cls.results = tempfile.TemporaryDirectory(prefix="vinfo-results-")
        folder = pathlib.Path(cls.results.name)
        # of so many frames the panel gets enough to calibrate
        film = make_film(folder / "film.avi", scene("pattern=ball", 1000))
        cls.trained = folder / "out"
        process = vinfo("run", film, "--out", cls.trained, *FAST,
                        "--samples-per-frame", 1)
        assert process.returncode == 0, process.stderr
        cls.image = folder / "ball.png"
        launch("videotestsrc pattern=ball num-buffers=1 ! video/x-raw,"
               f"width=160,height=90 ! pngenc ! filesink location={cls.image}")

    @classmethod
    def tearDownClass(cls):
        cls.results.cleanup()

    def score(self, *arguments):
        process = vinfo("score", *arguments, "--json")
        lines = [json.loads(line) for line in process.stdout.splitlines()]
        return types.SimpleNamespace(lines=lines, status=process.returncode,
                                     errors=process.stderr)

    def test_score_is_one_object_a_line(self):
        result = self.score(self.image, self.image, "--model",
                            self.trained / "predictor")
        self.assertEqual(result.status, 0, result.errors)
        self.assertEqual(len(result.lines), 2)
        self.assertEqual(list(result.lines[0]),
                         ["file", "loss", "pvi", "gain", "ood", "version"])
        self.assertEqual(result.lines[0]["file"], str(self.image))
        self.assertEqual(result.lines[0], result.lines[1])
        self.assertGreater(result.lines[0]["loss"], 0)
        self.assertTrue(math.isfinite(result.lines[0]["pvi"]))
        self.assertTrue(math.isfinite(result.lines[0]["ood"]))

    def test_kind_of_ood_is_chosen(self):
        values = {kind: self.score(self.image, "--ood", kind, "--model",
                                   self.trained / "predictor").lines[0]["ood"]
                  for kind in ("none", "mahalanobis", "relative", "maha++",
                               "knn")}
        self.assertIsNone(values.pop("none"))
        self.assertEqual(len(set(values.values())), 4)
        self.assertTrue(0 <= values["knn"] <= 2, values)

    def test_unknown_kind_of_ood_is_refused(self):
        result = self.score(self.image, "--ood", "odd", "--model",
                            self.trained / "predictor")
        self.assertEqual(result.status, 2)
        self.assertIn("odd", result.errors)
        self.assertIn("none, mahalanobis, relative, maha++", result.errors)

    def test_plain_hugging_face_folder_gives_loss_only(self):
        plain = self.folder / "plain"
        plain.mkdir()
        for name in ("config.json", "model.safetensors"):
            shutil.copy(self.trained / "predictor/latest" / name, plain)
        result = self.score(self.image, "--model", plain)
        self.assertGreater(result.lines[0]["loss"], 0)
        self.assertIsNone(result.lines[0]["pvi"])
        self.assertIsNone(result.lines[0]["gain"])
        self.assertIsNone(result.lines[0]["ood"])

    def test_reference_model_gives_gain(self):
        result = self.score(self.image, "--model", self.trained / "predictor",
                            "--reference-model", self.trained / "predictor")
        self.assertAlmostEqual(result.lines[0]["gain"], 0, places=5,
                               msg="nothing to gain from the same model")

    def test_gain_of_a_reference_is_what_the_element_gives(self):
        pictures, model = self.folder / "pictures", self.trained / "predictor"
        pictures.mkdir()
        launch("videotestsrc pattern=ball num-buffers=8 ! video/x-raw,width=160,"
               f"height=90 ! pngenc ! multifilesink location={pictures}/%d.png")
        for reference in "self", "progress":
            out = self.folder / reference
            process = vinfo("run", pictures, "--out", out, "--model", model,
                            "--reference", reference, "--no-train", "--quiet",
                            "--frame-size", 0)
            self.assertEqual(process.returncode, 0, process.stderr)
            with sqlite3.connect(out / "store.vinfo") as database:
                kept = dict(database.execute("SELECT pts, gain FROM samples"))
            self.assertGreater(len(kept), 3)
            scored = self.score(pictures, "--model", model, "--reference",
                                reference).lines
            for pts, gain in kept.items():
                self.assertEqual(scored[round(pts * RATE / 1e9)]["gain"], gain)
        self.assertGreater(max(line["gain"] for line in self.score(
            pictures, "--model", model, "--reference", "self").lines), 0)

    def test_reference_without_its_model_is_refused(self):
        model = self.trained / "predictor"
        for arguments, part in (
                (["--reference", "checkpoint"], "go together"),
                (["--reference", "self", "--reference-model", model],
                 "go together"),
                (["--reference", "odd"], "progress, checkpoint, self")):
            result = self.score(self.image, "--model", model, *arguments)
            self.assertEqual(result.status, 2)
            self.assertIn(part, result.errors)

    def test_option_that_gives_null_is_told_why(self):
        plain = self.folder / "plain"
        plain.mkdir()
        for name in ("config.json", "model.safetensors"):
            shutil.copy(self.trained / "predictor/latest" / name, plain)
        for model, arguments, said in (
                (plain, [], None),
                (plain, ["--ood", "none"], None),
                (plain, ["--ood", "knn"], "not calibrated"),
                (plain, ["--estimator", "learned"], "not calibrated"),
                (plain, ["--reference", "self"], "not calibrated"),
                (plain, ["--reference-model", plain], "not calibrated"),
                (self.trained, ["--estimator", "learned"], "no learnt variances"),
                (self.trained / "predictor/latest", ["--reference", "progress"],
                 "no version before the newest"),
                (self.trained, ["--reference", "progress", "--ood", "knn"],
                 None)):
            result = self.score(self.image, "--model", model, *arguments)
            self.assertEqual(result.status, 0, result.errors)
            self.assertEqual(result.errors.count("warning: "), bool(said),
                             arguments)
            self.assertIn(said or "", result.errors)

    def test_masks_are_one_at_least(self):
        for masks in 0, -1:
            result = self.score(self.image, "--model", self.trained, "--masks",
                                masks)
            self.assertEqual(result.status, 2)
            self.assertIn("--masks must be positive", result.errors)

    def test_number_of_masks_changes_the_score(self):
        one, four = (self.score(self.image, "--masks", masks, "--model",
                                self.trained / "predictor").lines[0]["loss"]
                     for masks in (1, 4))
        self.assertNotEqual(one, four)

    def test_undecodable_image_is_named_and_the_rest_is_scored(self):
        junk = self.folder / "junk.png"
        junk.write_bytes(self.image.read_bytes()[:100])
        result = self.score(junk, self.image, "--model",
                            self.trained / "predictor")
        self.assertEqual(result.status, 1)
        self.assertIn("junk.png", result.errors)
        self.assertEqual(len(result.lines), 1)

    def test_what_is_no_regular_file_is_named_and_not_read(self):
        fifo = self.folder / "fifo"
        os.mkfifo(fifo)
        for path in "/dev/zero", fifo:
            process = vinfo("score", path, "--model", self.trained)
            self.assertEqual(process.returncode, 1)
            self.assertIn(f"{path}: not a regular file", process.stderr)
            process = vinfo("plan", "--like", path)
            self.assertEqual(process.returncode, 1)
            self.assertIn(f"{path}: not a regular file", process.stderr)

    def test_folder_is_scored_as_its_pictures(self):
        pictures = self.folder / "pictures"
        pictures.mkdir()
        for name in ("b.png", "a.png"):
            shutil.copy(self.image, pictures / name)
        result = self.score(pictures, self.image, "--model", self.trained)
        self.assertEqual(result.status, 0, result.errors)
        self.assertEqual([line["file"] for line in result.lines],
                         [str(pictures / "a.png"), str(pictures / "b.png"),
                          str(self.image)])
        self.assertEqual(len({line["loss"] for line in result.lines}), 1)
        nothing = self.folder / "nothing"
        nothing.mkdir()
        result = self.score(nothing, self.image, "--model", self.trained)
        self.assertEqual(result.status, 1)
        self.assertIn("nothing: no images in it", result.errors)
        self.assertEqual(len(result.lines), 1)

    def test_results_without_a_published_predictor_are_described(self):
        results = self.folder / "unpublished"
        (results / "predictor").mkdir(parents=True)
        shutil.copy(self.trained / "store.vinfo", results)
        self.assertEqual(list(self.inspect(results)), ["store"])

    def test_store_is_described(self):
        store = self.inspect(self.trained / "store.vinfo")
        self.assertEqual(list(store), [
            "samples", "bytes", "uniform", "spare", "views", "file_bytes",
            "feeds", "versions", "codecs", "oldest", "newest", "quantiles",
            "ood", "offered", "rejected", "integrity"])
        self.assertGreater(store["ood"]["known"], 0)
        self.assertGreaterEqual(store["ood"]["largest"], store["ood"]["mean"])
        summary = json.loads((self.trained / "summary.json").read_text())
        self.assertEqual(store["samples"], summary["kept"])
        self.assertEqual(store["bytes"], summary["kept_bytes"])
        self.assertEqual(sum(store["feeds"].values()), store["samples"])
        self.assertEqual(sum(store["versions"].values()), store["samples"])
        self.assertEqual(sum(store["codecs"].values()), store["samples"])
        self.assertEqual(store["offered"], store["samples"]
                         + sum(store["rejected"].values()))
        for reason, count in store["rejected"].items():
            self.assertEqual(count, summary["rejected"][reason])
        self.assertEqual(
            store["file_bytes"],
            (self.trained / "store.vinfo").stat().st_size)
        self.assertEqual(store["integrity"], "ok")

    def test_quantiles_of_scores_are_those_of_the_rows(self):
        store = self.trained / "store.vinfo"
        with contextlib.closing(sqlite3.connect(store)) as database:
            losses = sorted(row[0] for row in database.execute(
                "SELECT loss FROM samples WHERE loss IS NOT NULL"))
        expected = statistics.quantiles(losses, n=4, method="inclusive")
        found = self.inspect(store)["quantiles"]["loss"]
        for a, b in zip(found, [losses[0], *expected, losses[-1]], strict=True):
            self.assertAlmostEqual(a, b, places=9)

    def test_predictor_is_described(self):
        predictor = self.inspect(self.trained / "predictor")
        self.assertEqual(list(predictor), ["config", "parameters", "version",
                                           "masks", "hidden", "panel",
                                           "alpha", "sigma2", "s2", "null",
                                           "estimators", "ood"])
        self.assertGreaterEqual(predictor["panel"], 32)
        config = predictor["config"]
        side = config["image_size"] // config["patch_size"]
        self.assertEqual(len(predictor["masks"]), side * side)
        self.assertEqual(set(predictor["masks"]), {0, 1, 2, 3})
        self.assertGreaterEqual(predictor["s2"], predictor["sigma2"])
        self.assertTrue(0 <= predictor["alpha"] <= 1)
        self.assertEqual(predictor["ood"]["kind"], "knn")
        # a panel of 32 at least, and pictures trained on
        self.assertGreater(predictor["ood"]["embeddings"], 32)

    def test_uncalibrated_predictor_has_null_for_calibration(self):
        plain = self.folder / "plain"
        plain.mkdir()
        for name in ("config.json", "model.safetensors"):
            shutil.copy(self.trained / "predictor/latest" / name, plain)
        predictor = self.inspect(plain)
        for name in ("alpha", "sigma2", "s2"):
            self.assertIsNone(predictor[name])
        self.assertEqual(predictor["panel"], 0)
        self.assertEqual(predictor["ood"]["embeddings"], 0)

    def test_truncated_weights_are_an_error_that_names_the_file(self):
        broken = self.folder / "broken"
        shutil.copytree(self.trained / "predictor/latest", broken)
        weights = broken / "model.safetensors"
        weights.write_bytes(weights.read_bytes()[:-100])
        process = vinfo("inspect", broken)
        self.assertEqual(process.returncode, 1)
        self.assertIn("model.safetensors", process.stderr)

    def test_link_that_leads_nowhere_is_named_with_its_target(self):
        predictor = self.folder / "results/predictor"
        predictor.mkdir(parents=True)
        (predictor / "latest").symlink_to("step-00000007")
        for path in predictor, predictor.parent:
            process = vinfo("inspect", path)
            self.assertEqual(process.returncode, 1)
            self.assertIn(f"{predictor}: latest: ", process.stderr)
            self.assertIn(str(predictor / "step-00000007"), process.stderr)
            self.assertEqual(len(process.stderr.splitlines()), 1)

    def test_folder_of_results_is_its_store_and_its_predictor(self):
        both = self.inspect(self.trained)
        self.assertEqual(both, {
            "store": self.inspect(self.trained / "store.vinfo"),
            "predictor": self.inspect(self.trained / "predictor")})
        lines = vinfo("inspect", self.trained).stdout.splitlines()
        self.assertIn(["store.samples", str(both["store"]["samples"])],
                      [line.split() for line in lines])
        self.assertTrue(any(line.startswith("predictor.version ")
                            for line in lines))

    def test_results_do_where_a_store_or_a_predictor_is_meant(self):
        results = self.folder / "results"
        shutil.copytree(self.trained, results, symlinks=True)
        (results / "contact-sheet.png").unlink()  # to train on, but nobody does
        trained = self.folder / "trained"
        for line in (["score", self.image, "--model", results],
                     ["train", results, "--out", trained, "--steps", 1,
                      "--model", results],
                     ["run", "test:smpte:0.1", "--out", self.out, "--model",
                      results, "--reference", "checkpoint",
                      "--reference-model", results, "--store", results]):
            process = vinfo(*line)
            self.assertEqual(process.returncode, 0, process.stderr)
        self.assertEqual(self.inspect(trained)["config"],
                         self.inspect(results)["predictor"]["config"])
        kept = self.inspect(results)["store"]["samples"]
        self.assertNotEqual(kept, self.inspect(self.trained)["store"]["samples"])
        pictures = self.folder / "pictures"
        for line, said in (
                (["export", results, "--out", pictures], "exported"),
                (["import", pictures, "--store", results], "known"),
                (["merge", results, "--out", self.folder / "merged.vinfo"],
                 "samples"),
                (["rescore", results, "--model", results, "--reference-model",
                  results], "rescored"),
                (["delete", results, "--feed", "main"], "deleted")):
            process = vinfo(*line, "--json")
            self.assertEqual(process.returncode, 0, process.stderr)
            self.assertEqual(json.loads(process.stdout)[said], kept)
        self.assertEqual(vinfo("plan", "--like", self.trained).returncode, 0)

    def test_what_is_neither_store_nor_predictor_is_said_to_be_none(self):
        process = vinfo("inspect", self.image)
        self.assertEqual(process.returncode, 1)
        self.assertIn("ball.png", process.stderr)
        self.assertIn("not a store", process.stderr)
        empty = self.folder / "empty"
        empty.mkdir()
        process = vinfo("inspect", empty)
        self.assertEqual(process.returncode, 1)
        self.assertIn("neither a predictor", process.stderr)
        self.assertIn("nor results", process.stderr)

    def test_missing_path_is_named_and_not_created(self):
        missing = self.folder / "none.vinfo"
        process = vinfo("inspect", missing)
        self.assertEqual(process.returncode, 1)
        self.assertIn("none.vinfo", process.stderr)
        self.assertFalse(missing.exists())

    def plan(self, *arguments):
        process = vinfo("plan", *arguments, "--json")
        self.assertEqual(process.returncode, 0, process.stderr)
        return json.loads(process.stdout)

    def test_plan_measures_with_the_pictures_it_is_given(self):
        store = self.trained / "store.vinfo"
        found = self.inspect(store)
        plan = self.plan("--like", store, "--size", "160x90", "--capacity",
                         found["samples"])
        self.assertEqual(plan["samples"], found["samples"])
        self.assertAlmostEqual(plan["bytes"] / found["bytes"], 1, delta=0.2)
        lossy = self.plan("--like", self.image, "--size", "160x90", "--codec",
                          "mjpeg", "--quality", 20)
        finer = self.plan("--like", self.image, "--size", "160x90", "--codec",
                          "mjpeg", "--quality", 95)
        self.assertLess(lossy["sample_bytes"], finer["sample_bytes"])

    def test_plan_keeps_to_the_tighter_bound(self):
        one = self.plan("--capacity", 1000, "--size", "64x48")
        self.assertEqual(one["samples"], 1000)
        few = self.plan("--capacity", 1000, "--size", "64x48", "--max-bytes",
                        10 * one["sample_bytes"] + 10)
        self.assertEqual(few["samples"], 10)
        self.assertGreater(few["file_bytes"], few["bytes"])

    def test_plan_counts_days_of_all_feeds(self):
        plan = self.plan("--capacity", 86400, "--size", "16x16", "--rate", 0.5,
                         "--feeds", 2, "--share", 0.25)
        self.assertAlmostEqual(plan["days_full"], 1)
        self.assertAlmostEqual(plan["days_share"], 4)
        # of the fourth day K ln(4/3) are admitted
        self.assertAlmostEqual(
            plan["day_bytes"] / (plan["file_bytes"] * math.log(4 / 3)), 1,
            places=3)

    def test_people_get_units_and_scripts_get_numbers(self):
        lines = dict(line.split(maxsplit=1) for line in vinfo(
            "inspect", self.trained / "store.vinfo").stdout.splitlines())
        kept = self.inspect(self.trained / "store.vinfo")["bytes"]
        self.assertEqual(lines["bytes"], f"{kept / 1000:.1f} kB")
        text = vinfo("plan", "--capacity", 86400, "--size", "16x16", "--rate",
                     0.5, "--feeds", 2, "--share", 0.25).stdout
        self.assertIn("86400 frames of 16x16 as png", text)
        self.assertIn("after 24 hours of 2 x 0.5 frames/s", text)
        self.assertIn("at least 25% of all frames until 4 days", text)

    def test_plan_without_sense_is_refused(self):
        for arguments in (("--size", "640"), ("--codec", "gif"),
                          ("--share", 0), ("--capacity", 0), ("x",)):
            self.assertEqual(vinfo("plan", *arguments).returncode, 2)
        self.assertEqual(vinfo("plan", "--like", "none.png").returncode, 1)

    def test_help_names_every_command_and_gives_examples(self):
        text = vinfo("--help").stdout
        for command in ("run", "score", "inspect", "export", "import",
                        "merge", "rescore", "delete", "plan", "bench"):
            self.assertIn(f"  {command} ", text)
            self.assertIn("Examples:", vinfo(command, "--help").stdout)

    def test_unknown_command_is_refused(self):
        process = vinfo("dance")
        self.assertEqual(process.returncode, 2)
        self.assertIn("dance", process.stderr)


if __name__ == "__main__":
    tap.main()
