# SPDX-License-Identifier: LGPL-2.1-or-later
"""`vinfo export`, `import` and `delete`. Exports are read back by the tools that
they are for, from an environment that is made in the build folder."""

import contextlib
import fcntl
import io
import json
import os
import pathlib
import sqlite3
import subprocess
import sys
import tarfile
import tempfile

import tap
from program import FAST, SCENES, ProgramTest, launch, make_film, vinfo

HERE = pathlib.Path(__file__).resolve().parent
ENVIRONMENT = pathlib.Path(os.environ.get("VINFO_EXCHANGE_ENVIRONMENT",
                                          "exchange-environment")).resolve()
TABLES = ("SELECT samples.*, feeds.name, data FROM samples JOIN feeds ON "
          "feeds.id = samples.feed JOIN blobs USING (id) ORDER BY samples.id")


def make_environment():
    """Python with the consumers; None where they can't be had."""
    python = ENVIRONMENT / "bin/python"
    wanted = (HERE / "exchange-requirements.txt").read_bytes()
    complete = ENVIRONMENT / "complete"
    if not complete.exists() or complete.read_bytes() != wanted:
        done = subprocess.run(
            f"{sys.executable} -m venv --clear {ENVIRONMENT} && {python} -m pip "
            f"install -q -r {HERE / 'exchange-requirements.txt'}",
            shell=True, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            print("# " + done.stderr.strip().split("\n")[-1])
            return None
        complete.write_bytes(wanted)
    return python


def read_tables(store):
    """All that a store holds of its samples, feeds by name."""
    with contextlib.closing(sqlite3.connect(store)) as database:
        return [row[:1] + row[2:] for row in database.execute(TABLES)]


class ExchangeTest(ProgramTest):
    @classmethod
    def setUpClass(cls):
        cls.python = make_environment()
        cls.results = tempfile.TemporaryDirectory(prefix="vinfo-results-")
        folder = pathlib.Path(cls.results.name)
        cls.stores = {}
        for codec, feed in (("png", "door"), ("mjpeg", "yard")):
            film = make_film(folder / f"{feed}.avi", *SCENES)
            out = folder / codec
            done = vinfo("run", film, "--out", out, "--codec", codec, *FAST)
            assert done.returncode == 0, done.stderr
            cls.stores[codec] = out / "store.vinfo"

    @classmethod
    def tearDownClass(cls):
        cls.results.cleanup()

    def ok(self, *arguments):
        """A command that must succeed; returns what it says as JSON."""
        process = vinfo(*arguments, "--json")
        self.assertEqual(process.returncode, 0, process.stderr)
        self.assertEqual(process.stderr, "")
        return json.loads(process.stdout)

    def refused(self, *arguments):
        """A command that must fail with one line; returns that."""
        process = vinfo(*arguments)
        self.assertEqual(process.returncode, 1, process.stderr)
        self.assertEqual(len(process.stderr.strip().split("\n")), 1,
                         process.stderr)
        return process.stderr

    def export(self, codec, form, *options):
        out = self.folder / f"{form}-{codec}"
        self.ok("export", self.stores[codec], "--format", form, "--out", out,
                *options)
        return out

    def copy(self, codec="png"):
        """A copy of a store that a test may change."""
        out = self.export(codec, "imagefolder")
        copy = self.folder / "copy.vinfo"
        self.ok("import", out, "--store", copy)
        return copy

    def read_back(self, form, out):
        if not self.python:
            self.skipTest("webdataset and datasets can't be installed")
        done = subprocess.run(
            [self.python, HERE / "read-exports.py", form, out], text=True,
            capture_output=True, check=False,
            env={"HOME": str(self.folder), "HF_HUB_OFFLINE": "1",
                 "HF_HUB_DISABLE_TELEMETRY": "1"})
        self.assertEqual(done.returncode, 0, done.stderr)
        return [json.loads(line) for line in done.stdout.splitlines()]

    def assert_same(self, found, store):
        rows = {row[0] % 2**64: row for row in read_tables(store)}
        self.assertEqual({int(sample["id"], 16) for sample in found}, set(rows))
        for sample in found:
            self.assertEqual(sample["feed"], "main")
            self.assertGreater(sample["loss"], 0)

    def test_webdataset_reads_the_shards(self):
        for codec, store in self.stores.items():
            out = self.export(codec, "webdataset", "--shard-size", 10)
            found = self.read_back("webdataset", out)
            kept = self.inspect(store)["samples"]
            self.assertEqual(len(list(out.glob("*.tar"))), (kept + 9) // 10)
            self.assert_same(found, store)

    def test_datasets_reads_the_image_folder(self):
        for codec, store in self.stores.items():
            out = self.export(codec, "imagefolder")
            self.assert_same(self.read_back("imagefolder", out), store)

    def test_both_consumers_see_the_same_pictures(self):
        found = [self.read_back(form, self.export("png", form))
                 for form in ("webdataset", "imagefolder")]
        first, second = ({s["id"]: s for s in samples} for samples in found)
        self.assertEqual(first, second)
        self.assertGreater(len({s["pixels"] for s in first.values()}), 1)

    def test_import_of_an_export_is_the_same_store(self):
        for codec, store in self.stores.items():
            for form in ("webdataset", "imagefolder"):
                copy = self.folder / f"{codec}-{form}.vinfo"
                said = self.ok("import", self.export(codec, form), "--store",
                               copy)
                self.assertEqual(said["imported"],
                                 self.inspect(store)["samples"])
                self.assertEqual(read_tables(copy), read_tables(store))

    def test_samples_of_an_import_keep_their_keys(self):
        # halved, as by a discount: nobody could make them anew
        store = self.copy()
        with contextlib.closing(sqlite3.connect(store)) as database:
            database.execute("UPDATE samples SET key = key / 2")
            database.commit()
        before = read_tables(store)
        self.ok("export", store, "--out", self.folder / "shards")
        copy = self.folder / "again.vinfo"
        self.ok("import", self.folder / "shards", "--store", copy)
        # opened with capacity to spare, nothing is evicted
        film = make_film(self.folder / "one.avi", SCENES[1])
        self.run_ok(film, "--store", copy, "--capacity", 500, "--no-train")
        # ticket and key
        keys = {row[0]: row[12:14] for row in read_tables(copy)}
        for row in before:
            self.assertEqual(keys[row[0]], row[12:14])

    def test_second_import_finds_all_known(self):
        copy = self.copy()
        said = self.ok("import", self.folder / "imagefolder-png", "--store",
                       copy)
        self.assertEqual(said["imported"], 0)
        self.assertEqual(said["known"], self.inspect(copy)["samples"])

    def test_export_of_a_feed_leaves_others_out(self):
        store = self.copy()
        with contextlib.closing(sqlite3.connect(store)) as database:
            database.execute("INSERT INTO feeds (name) VALUES ('other')")
            database.execute("UPDATE samples SET feed = (SELECT id FROM feeds "
                             "WHERE name = 'other') WHERE id IN (SELECT id "
                             "FROM samples LIMIT 2)")
            database.commit()
        said = self.ok("export", store, "--out", self.folder / "other",
                       "--feed", "other")
        self.assertEqual(said["exported"], 2)
        self.assertIn("no sample of a feed none", self.refused(
            "export", store, "--out", self.out, "--feed", "none"))
        self.assertFalse(self.out.exists())

    def test_json_of_texts_and_numbers_of_any_kind_is_valid(self):
        store = self.copy()
        with contextlib.closing(sqlite3.connect(store)) as database:
            database.execute("UPDATE feeds SET name = CAST(x'ff22e9' AS TEXT)")
            database.execute("UPDATE samples SET score = 9e999, loss = 1.7e308")
            database.execute("UPDATE samples SET loss = -1.7e308, embedding = "
                             "x'0000c07f' WHERE id = (SELECT min(id) FROM "
                             "samples)")
            database.commit()
        found = self.inspect(store)
        self.assertEqual(list(found["feeds"]), ['\ufffd"\ufffd'])
        self.assertIsNone(found["quantiles"]["score"])
        vinfo("export", store, "--format", "imagefolder", "--out", self.out)
        for line in (self.out / "metadata.jsonl").read_text().splitlines():
            sample = json.loads(line, parse_constant=self.fail)
            self.assertEqual(sample["feed"], '\ufffd"\ufffd')
            self.assertIsNone(sample["score"])

    def test_plain_pictures_become_samples_that_a_run_scores(self):
        pictures = self.folder / "pictures"
        pictures.mkdir()
        launch("videotestsrc pattern=ball num-buffers=5 ! video/x-raw,width=160,"
               f"height=90 ! pngenc ! multifilesink location={pictures}/%d.png")
        store = self.folder / "store.vinfo"
        self.ok("import", pictures, "--store", store, "--feed", "album")
        found = self.inspect(store)
        self.assertEqual(found["feeds"], {"album": 5})
        self.assertIsNone(found["quantiles"]["loss"])
        film = make_film(self.folder / "film.avi", *SCENES)
        self.run_ok(film, "--store", store)
        self.assertEqual(self.inspect(store)["samples"], 24)

    def test_labels_of_other_tools_are_passed_over(self):
        shard = self.folder / "other.tar"
        picture = self.folder / "p.png"
        launch("videotestsrc num-buffers=1 ! video/x-raw,width=64,height=48 ! "
               f"pngenc ! filesink location={picture}")
        with tarfile.open(shard, "w") as tar:
            for name, data in (("a/1.cls", b"3"),
                               ("a/1.png", picture.read_bytes()),
                               ("a/1.json", b'{"label": 3, "id": 0, "key": '
                                b'"000000000", "version": "v1"}'),
                               ("a/2.txt", b"no picture")):
                info = tarfile.TarInfo(name)
                info.size = len(data)
                tar.addfile(info, io.BytesIO(data))
        store = self.folder / "store.vinfo"
        self.assertEqual(self.ok("import", shard, "--store", store)["imported"],
                         1)

    def test_error_in_an_import_leaves_the_store_as_it_was(self):
        copy = self.copy()
        before = read_tables(copy)
        folder = self.export("mjpeg", "imagefolder")
        metadata = folder / "metadata.jsonl"
        lines = metadata.read_text().splitlines()
        broken = json.loads(lines[-1])
        for change, words in (
                ({"loss": "high"}, "loss: is not a number"),
                ({"id": "zz"}, "id: is not 16 hexadecimal digits"),
                ({"views": -1}, "views: is less than 0"),
                ({"embedding": [None]}, "embedding: holds what is no number"),
                ({"embedding": ["1"]}, "embedding: holds what is no number"),
                ({"embedding": [True]}, "embedding: holds what is no number"),
                ({"embedding": [[1]]}, "embedding: holds what is no number"),
                ({"file_name": "../../etc/passwd"}, "file_name"),
                ({"file_name": "none.png"}, "none.png")):
            metadata.write_text("\n".join(
                lines[:-1] + [json.dumps(broken | change)]))
            error = self.refused("import", folder, "--store", copy)
            self.assertIn(words, error)
            self.assertIn(f"line {len(lines)}", error)
            self.assertEqual(read_tables(copy), before)

    def test_deeply_nested_json_is_refused(self):
        folder = self.export("mjpeg", "imagefolder")
        (folder / "metadata.jsonl").write_text(100000 * "[")
        store = self.folder / "store.vinfo"
        self.assertIn("too deep",
                      self.refused("import", folder, "--store", store))
        self.assertEqual(list(self.folder.glob("store.vinfo*")), [])

    def test_broken_inputs_are_named(self):
        out = self.export("png", "webdataset")
        shard = out / "vinfo-000000.tar"
        store = self.folder / "store.vinfo"
        shard.write_bytes(shard.read_bytes()[:20000])
        self.assertIn(shard.name, self.refused("import", out, "--store", store))
        shard.write_text("no tar file at all")
        self.assertIn(shard.name, self.refused("import", out, "--store", store))
        self.assertIn("none.tar", self.refused(
            "import", self.folder / "none.tar", "--store", store))
        self.assertEqual(list(self.folder.glob("store.vinfo*")), [])

    def test_import_that_finds_another_writer_leaves_its_store(self):
        picture = self.folder / "p.png"
        launch("videotestsrc num-buffers=1 ! video/x-raw,width=64,height=48 ! "
               f"pngenc ! filesink location={picture}")
        store = self.folder / "store.vinfo"
        with open(f"{store}-lock", "w") as lock:  # it is about to create it
            fcntl.flock(lock, fcntl.LOCK_EX)
            error = self.refused("import", picture, "--store", store)
        self.assertIn("something else is writing to it", error)
        self.assertTrue(store.exists())
        self.assertTrue(pathlib.Path(f"{store}-lock").exists())

    def test_export_goes_on_after_damaged_samples(self):
        store = self.copy()
        n = self.inspect(store)["samples"]
        with contextlib.closing(sqlite3.connect(store)) as database:
            ids = [row[0] for row in database.execute("SELECT id FROM samples")]
            database.execute("UPDATE samples SET width = 0 WHERE id = ?",
                             ids[:1])
            database.execute("DELETE FROM blobs WHERE id = ?", ids[1:2])
            database.commit()
        process = vinfo("export", store, "--out", self.out, "--json")
        self.assertEqual(process.returncode, 1)
        said = json.loads(process.stdout)
        self.assertEqual((said["exported"], said["unreadable"]), (n - 2, 2))
        for key in ids[:2]:
            self.assertIn(f"{key % 2**64:016x}", process.stderr)

    def test_export_refuses_a_folder_with_something_in_it(self):
        self.out.mkdir()
        (self.out / "notes.txt").write_text("mine")
        self.assertIn("not empty", self.refused(
            "export", self.stores["png"], "--out", self.out))
        self.assertIn("none.vinfo", self.refused(
            "export", self.folder / "none.vinfo", "--out", self.folder / "x"))

    def bytes_left(self, store, blobs, others=()):
        """How many pieces of the pictures, such that others' pictures have not
        (frames of a film resemble each other), are still in the store's files."""
        data = b"".join(path.read_bytes() for path in
                        sorted(store.parent.glob(store.name + "*")))
        others = b"".join(others)
        pieces = [blob[at:at + 64] for blob in blobs
                  for at in range(0, len(blob) - 64, 512)]
        return sum(piece in data and piece not in others for piece in pieces)

    def delete(self, store, *conditions):
        """Deletes; checks that those bytes are gone; returns ids left."""
        before = {row[0]: row[-1] for row in read_tables(store)}
        said = self.ok("delete", store, *conditions)
        left = {row[0]: row[-1] for row in read_tables(store)}
        gone = [blob for key, blob in before.items() if key not in left]
        self.assertEqual(said["deleted"], len(gone))
        self.assertEqual(self.bytes_left(store, gone, left.values()), 0)
        if left:
            self.assertGreater(self.bytes_left(store, left.values()), 0)
        return set(left)

    def test_delete_by_id_leaves_no_byte_behind(self):
        store = self.copy()
        rows = read_tables(store)
        ids = [f"{row[0] % 2**64:016x}" for row in rows[:3]]
        left = self.delete(store, *(a for i in ids for a in ("--id", i)))
        self.assertEqual(left, {row[0] for row in rows[3:]})

    def test_what_was_deleted_is_counted_as_that(self):
        store = self.copy()
        before = self.inspect(store)
        n = before["samples"]
        self.delete(store, "--feed", "main")
        after = self.inspect(store)
        self.assertEqual(after["rejected"],
                         {**before["rejected"], "deleted": n})
        self.assertIn(f"deleted: {n}", vinfo("inspect", store).stdout)

    def test_delete_names_ids_that_no_sample_has(self):
        store = self.copy()
        rows = read_tables(store)
        there = f"{rows[0][0] % 2**64:016X}"
        process = vinfo("delete", store, "--id", 15 * "0" + "7", "--id", there,
                        "--json")
        self.assertEqual(process.returncode, 1)
        self.assertIn("no sample has the id 0000000000000007", process.stderr)
        self.assertNotIn(there.lower(), process.stderr)
        self.assertEqual(json.loads(process.stdout)["deleted"], 1)
        self.assertEqual(len(read_tables(store)), len(rows) - 1)

    def test_delete_by_stream_time_takes_both_ends(self):
        store = self.copy()
        rows = sorted(read_tables(store), key=lambda row: row[2])
        first, last = rows[2][2], rows[-3][2]
        left = self.delete(store, "--feed", "main", "--from", f"{first/1e9:.9f}",
                           "--to", f"{last/1e9:.9f}")
        self.assertEqual(left, {row[0] for row in rows
                                if not first <= row[2] <= last})

    def test_delete_says_how_many_had_no_stream_time(self):
        store = self.copy()
        with contextlib.closing(sqlite3.connect(store)) as database:
            database.execute("UPDATE samples SET pts = NULL WHERE id IN "
                             "(SELECT id FROM samples LIMIT 2)")
            database.commit()
        for arguments, untimed in ((("--from", "1000000"), 2),
                                   (("--from", "2020-01-01T00:00"), None)):
            said = self.ok("delete", store, *arguments, "--dry-run")
            self.assertEqual(said.get("untimed"), untimed)

    def test_delete_by_arrival_and_feed(self):
        store = self.copy()
        kept = self.inspect(store)["samples"]
        wrong = vinfo("delete", store, "--feed", "other", "--json")
        self.assertEqual(json.loads(wrong.stdout)["deleted"], 0)
        self.assertIn("no sample of a feed other; there are: main",
                      wrong.stderr)
        self.assertEqual(self.ok("delete", store, "--to",
                                 "2020-01-01T00:00")["deleted"], 0)
        found = self.ok("delete", store, "--from", "2020-01-01T00:00",
                        "--dry-run")
        self.assertEqual(found["found"], kept)
        self.assertEqual(self.inspect(store)["samples"], kept)
        self.assertEqual(self.delete(store, "--from", "2020-01-01T00:00+02"),
                         set())

    def test_delete_says_where_it_could_not_purge(self):
        store = self.copy()
        with contextlib.closing(sqlite3.connect(store)) as reader:
            reader.execute("BEGIN")
            reader.execute("SELECT count(*) FROM samples").fetchone()
            self.assertIn("run this again",
                          self.refused("delete", store, "--feed", "main"))
        self.assertEqual(self.ok("delete", store, "--feed", "main")["deleted"],
                         0)

    def test_delete_says_what_to_do_with_a_damaged_store(self):
        store = self.copy()
        with contextlib.closing(sqlite3.connect(store)) as database:
            root, size = (database.execute(sql).fetchone()[0] for sql in (
                "SELECT rootpage FROM sqlite_schema WHERE name = 'blobs'",
                "PRAGMA page_size"))
        data = bytearray(store.read_bytes())

        def number(at, n):
            return int.from_bytes(data[at:at + n], "big")

        # a picture that goes on where no page is: to SQLite a full disk
        page = (root - 1) * size
        while data[page] == 5:
            page = (number(page + number(page + 12, 2), 4) - 1) * size
        cell = page + number(page + 5, 2)
        rest = cell + 2 + (size - 12) * 32 // 255 - 23
        data[cell:cell + 2] = b"\xff\x7f"
        data[rest:rest + 16] = 16 * b"\xff"
        store.write_bytes(data)
        error = self.refused("delete", store, "--to", "2020-01-01T00:00")
        self.assertIn("the store is damaged: export it", error)
        self.assertNotIn("full", error)

    def test_format_that_does_not_exist_is_refused(self):
        process = vinfo("export", self.copy(), "--out", self.out, "--format",
                        "zip")
        self.assertEqual(process.returncode, 2)
        self.assertIn("webdataset or imagefolder", process.stderr)

    def test_delete_needs_a_condition(self):
        store = self.copy()
        self.assertEqual(vinfo("delete", store).returncode, 2)
        for digits in ("7", 15 * "0" + "g", 16 * "0" + "7", "-" + 15 * "1",
                       "+" + 15 * "1", "0x" + 14 * "1", " " + 15 * "1"):
            process = vinfo("delete", store, f"--id={digits}")
            self.assertEqual(process.returncode, 2, digits)
            self.assertIn("not an id", process.stderr)
        for start, end in (("5", "3"), ("2026-01-02T00:00", "2026-01-01T00:00")):
            process = vinfo("delete", store, "--from", start, "--to", end)
            self.assertEqual(process.returncode, 2)
            self.assertIn(f"--from {start} is after --to {end}", process.stderr)
        self.assertEqual(vinfo("delete", store, "--from",
                               "yesterday").returncode, 2)


if __name__ == "__main__":
    tap.main()
