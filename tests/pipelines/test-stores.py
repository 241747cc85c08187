# SPDX-License-Identifier: LGPL-2.1-or-later
"""`vinfo merge`, `vinfo rescore`: what is done to whole stores."""

import json
import pathlib
import re
import shutil
import signal
import sqlite3
import subprocess
import tempfile

import tap
from program import FAST, VINFO, ProgramTest, launch, make_film, scene, vinfo


def rows(store, sql):
    with sqlite3.connect(f"file:{store}?mode=ro", uri=True) as database:
        return database.execute(sql).fetchall()


def change(store, sql, *arguments):
    with sqlite3.connect(store) as database:
        database.execute(sql, arguments)


class StoresTest(ProgramTest):
    @classmethod
    def setUpClass(cls):
        cls.results = tempfile.TemporaryDirectory(prefix="vinfo-results-")
        folder = pathlib.Path(cls.results.name)
        # Of so many frames the panel gets enough to calibrate. Which these are
        # hangs on the names of the frames, the same for a generated stream.
        process = vinfo("run", "test:ball:44", "--out", folder / "out", *FAST,
                        "--samples-per-frame", 1)
        assert process.returncode == 0, process.stderr
        cls.model = folder / "out/predictor"
        cls.kept = folder / "out/store.vinfo"
        launch("videotestsrc pattern=ball num-buffers=200 ! "
               "video/x-raw,width=48,height=40 ! pngenc ! "
               f"multifilesink location={folder}/%03d.png")
        (folder / "pictures").mkdir()
        for picture in folder.glob("*.png"):
            picture.rename(folder / "pictures" / picture.name)
        cls.pictures = folder / "pictures"

    @classmethod
    def tearDownClass(cls):
        cls.results.cleanup()

    def copy_kept(self):
        """The kept store, as a file of the test's own."""
        copy = self.folder / "copy.vinfo"
        with sqlite3.connect(self.kept) as source, \
                sqlite3.connect(copy) as target:
            source.backup(target)
        return copy

    def import_pictures(self):
        store = self.folder / "imported.vinfo"
        process = vinfo("import", self.pictures, "--store", store)
        self.assertEqual(process.returncode, 0, process.stderr)
        return store

    def rescore(self, store, *arguments):
        process = vinfo("rescore", store, "--model", self.model, "--json",
                        "--quiet", *arguments)
        self.assertEqual(process.returncode, 0, process.stderr)
        return json.loads(process.stdout)

    def test_rescored_samples_score_like_their_pictures(self):
        store = self.copy_kept()
        found = self.rescore(store, "--score", "loss")
        n = rows(store, "SELECT count(*) FROM samples")[0][0]
        self.assertEqual(found, {"rescored": n, "before": 0, "unreadable": 0})
        picture = self.folder / "picture.png"
        for blob, loss, pvi, score in rows(
                store, "SELECT data, loss, pvi, score FROM samples "
                "JOIN blobs ON blobs.id = samples.id LIMIT 5"):
            picture.write_bytes(blob)
            process = vinfo("score", picture, "--model", self.model, "--json")
            alone = json.loads(process.stdout)
            self.assertAlmostEqual(alone["loss"], loss, places=5)
            self.assertAlmostEqual(alone["pvi"], pvi, places=5)
            self.assertEqual(score, loss)

    def test_quantiles_are_those_of_the_panel(self):
        store = self.copy_kept()
        change(store, "UPDATE samples SET quantile = 1")
        self.rescore(store, "--score", "pvi")
        quantiles = {q for q, in rows(store, "SELECT quantile FROM samples")}
        self.assertGreater(len(quantiles), 2)
        self.assertEqual(self.inspect(store)["integrity"], "ok")

    def test_stopped_rescoring_goes_on_where_it_was(self):
        store = self.import_pictures()
        process = subprocess.Popen([VINFO, "rescore", store, "--model",
                                    self.model], stderr=subprocess.PIPE,
                                   text=True)
        self.assertIn("rescored 64 of 200", process.stderr.readline())
        process.send_signal(signal.SIGKILL)
        process.communicate()
        found = self.rescore(store)
        self.assertGreaterEqual(found["before"], 64)
        self.assertEqual(found["before"] + found["rescored"], 200)
        self.assertEqual(
            rows(store, "SELECT count(*) FROM samples WHERE loss IS NULL"),
            [(0,)])
        self.assertEqual(self.rescore(store)["rescored"], 200)

    def test_another_predictor_begins_anew(self):
        store = self.import_pictures()
        change(store, "INSERT INTO counters VALUES ('rescore-model', 5)")
        change(store, "INSERT INTO counters VALUES ('rescore-arrival', 100)")
        self.assertEqual(self.rescore(store)["rescored"], 200)

    def test_unreadable_picture_is_named_and_others_are_scored(self):
        store = self.copy_kept()
        change(store, "UPDATE blobs SET data = zeroblob(length(data)) WHERE id "
               "= (SELECT min(id) FROM blobs)")
        process = vinfo("rescore", store, "--model", self.model, "--json",
                        "--quiet")
        self.assertEqual(process.returncode, 1)
        self.assertEqual(len(process.stderr.splitlines()), 1)
        found = json.loads(process.stdout)
        self.assertEqual(found["unreadable"], 1)
        self.assertGreater(found["rescored"], 5)

    def test_keys_of_another_policy_are_refused(self):
        store = self.copy_kept()
        before = rows(store, "SELECT id, key FROM samples ORDER BY id")
        process = vinfo("rescore", store, "--model", self.model, "--policy",
                        "uniform")
        self.assertEqual(process.returncode, 1)
        self.assertIn("--policy", process.stderr)
        self.assertEqual(
            rows(store, "SELECT id, key FROM samples ORDER BY id"), before)

    def merge(self, *arguments):
        out = self.folder / "merged.vinfo"
        out.unlink(missing_ok=True)
        process = vinfo("merge", "--out", out, "--json", *arguments)
        self.assertEqual(process.returncode, 0, process.stderr)
        self.assertEqual(self.inspect(out)["integrity"], "ok")
        self.assertEqual([p for p in self.folder.iterdir()
                          if p.name.startswith("merged.vinfo")], [out])
        return out, json.loads(process.stdout)

    def test_merge_keeps_what_one_reservoir_would_keep(self):
        """Parts that never were full; the whole drawn from both."""
        names = sorted(self.pictures.iterdir())
        parts = []
        for name, pictures in ("a", names[:80]), ("b", names[80:]):
            folder = self.folder / name
            folder.mkdir()
            for picture in pictures:
                (folder / picture.name).symlink_to(picture)
            parts.append(self.folder / f"{name}.vinfo")
            process = vinfo("import", folder, "--store", parts[-1], "--feed",
                            name)
            self.assertEqual(process.returncode, 0, process.stderr)
        select = "SELECT id, ticket FROM samples ORDER BY ticket"
        options = "--policy", "uniform", "--uniform-share", 0
        everything, _ = self.merge(*parts, *options, "--capacity", 200)
        tickets = rows(everything, select)
        self.assertEqual(len(tickets), 200)
        few, found = self.merge(*parts, *options, "--capacity", 30)
        self.assertEqual(rows(few, select), tickets[:30])
        self.assertEqual((found["parts"], found["samples"], found["dropped"]),
                         (2, 30, 170))
        again, _ = self.merge(*reversed(parts), *options, "--capacity", 30)
        self.assertEqual(rows(again, select), tickets[:30])

    def test_merge_adds_up_counters_and_keeps_names(self):
        one, other = self.copy_kept(), self.import_pictures()
        change(one, "INSERT INTO feeds (name) VALUES ('gone')")
        parts = [self.inspect(store) for store in (one, other)]
        out, found = self.merge(one, other)
        merged = self.inspect(out)
        self.assertEqual(merged["samples"], found["samples"])
        self.assertEqual(merged["samples"], max(p["samples"] for p in parts))
        offered = sum(p["offered"] for p in parts)
        self.assertEqual(merged["offered"], offered)
        self.assertEqual(
            sum(merged["rejected"].values()),
            sum(sum(p["rejected"].values()) for p in parts)
            + found["dropped"])
        names = {n for n, in rows(out, "SELECT name FROM feeds")}
        self.assertLessEqual({"gone", "import", "main"}, names)
        self.assertEqual(
            rows(out, "SELECT count(*) FROM samples JOIN blobs USING (id) "
                 "WHERE length(data) = blob_size"), [(merged["samples"],)])
        self.assertTrue(found["doubts"])

    def test_merge_of_a_store_with_itself_is_that_store(self):
        one = self.copy_kept()
        select = "SELECT id FROM samples ORDER BY id"
        out, found = self.merge(one, self.kept)
        self.assertEqual(rows(out, select), rows(one, select))
        self.assertEqual(found["dropped"], found["samples"])
        self.assertEqual([d for d in found["doubts"] if "seed" in d], [])
        out.unlink()
        found = self.merge(one, self.kept, "--seed", "7")[1]
        self.assertEqual(
            len([d for d in found["doubts"] if "another seed" in d]), 2)
        found = self.merge(one, self.kept)[1]
        several = "scores by several predictors"
        self.assertNotIn(several, found["doubts"])
        out.unlink()
        change(one, "UPDATE counters SET value = value + 1 "
               "WHERE name = 'predictor'")
        self.assertIn(several, self.merge(one, self.kept)[1]["doubts"])
        # nor is what came of that by a single one
        again = out.rename(out.with_name("several.vinfo"))
        other = again.with_name("other.vinfo")
        shutil.copy(again, other)
        self.assertIn(several, self.merge(again, other)[1]["doubts"])

    def test_merge_that_fails_leaves_nothing(self):
        junk = self.folder / "junk.vinfo"
        junk.write_text("no store")
        out = self.folder / "merged.vinfo"
        for arguments, part, status in (
                ((self.kept, junk), "junk.vinfo", 1),
                ((self.kept, self.folder / "none"), "none", 1),
                ((self.kept, "--policy", "best"), "best", 2),
                ((self.kept, "--duplicate-cosine", "1.5"), "0 to 1", 2),
                ((self.kept, "--duplicate-cosine=-1"), "0 to 1", 2),
                ((self.kept, "--duplicate-cosine", "nan"), "0 to 1", 2)):
            process = vinfo("merge", "--out", out, *arguments)
            self.assertEqual(process.returncode, status)
            self.assertIn(part, process.stderr)
            self.assertEqual(len(process.stderr.splitlines()), 1)
            self.assertEqual(list(self.folder.glob("merged*")), [])
        # names that are taken: by another merge, by a link to nowhere
        unfinished = self.folder / "merged.vinfo.unfinished"
        unfinished.write_text("of another merge")
        process = vinfo("merge", "--out", out, self.kept)
        self.assertEqual(process.returncode, 1)
        self.assertIn("merged.vinfo.unfinished", process.stderr)
        self.assertEqual(len(process.stderr.splitlines()), 1)
        self.assertEqual(unfinished.read_text(), "of another merge")
        unfinished.unlink()
        out.symlink_to(self.folder / "nowhere")
        process = vinfo("merge", "--out", out, self.kept)
        self.assertEqual(process.returncode, 1)
        self.assertIn("merged.vinfo: merge: File exists", process.stderr)
        self.assertTrue(out.is_symlink())
        self.assertEqual(list(self.folder.glob("merged*")), [out])
        process = vinfo("merge", "--out", self.kept, self.kept)
        self.assertEqual(process.returncode, 1)
        self.assertIn("already", process.stderr)
        self.assertEqual(vinfo("merge", self.kept).returncode, 2)

    def test_frames_that_are_too_old_are_removed(self):
        store = self.copy_kept()
        old = rows(store, "SELECT id FROM samples ORDER BY id LIMIT 6")
        change(store, "UPDATE samples SET wall_time = 0 WHERE id <= ?",
               old[-1][0])
        film = make_film(self.folder / "film.avi", scene("pattern=ball", 3))
        summary = self.run_ok(film, "--store", store, "--max-age", 7200,
                              "--no-train")
        self.assertEqual(summary["rejected"]["expired"], 6)
        left = rows(store, "SELECT id FROM samples ORDER BY id")
        self.assertFalse(set(old) & set(left))
        self.assertEqual(self.inspect(store)["rejected"]["expired"], 6)

    def test_help_lists_every_kind_of_score(self):
        process = vinfo("rescore", "x.vinfo", "--model", "x", "--score", "none")
        self.assertEqual(process.returncode, 2)
        kinds = re.search(r"there are (.*?);", process.stderr)
        listed = re.search(r"ranks: (.*?) \(gain\)",
                           vinfo("rescore", "--help").stdout)
        self.assertTrue(kinds and listed, process.stderr)
        self.assertEqual(listed[1], kinds[1])

    def test_rescoring_without_sense_is_refused(self):
        for arguments in ((), (self.kept,), (self.kept, "--model", self.model,
                                             "--score", "odd"),
                          (self.kept, "--model", self.model, "--policy",
                           "odd")):
            self.assertEqual(vinfo("rescore", *arguments).returncode, 2)
        process = vinfo("rescore", self.folder / "none.vinfo", "--model",
                        self.model)
        self.assertEqual(process.returncode, 1)
        self.assertIn("none.vinfo", process.stderr)


if __name__ == "__main__":
    tap.main()
