# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the program says where a file may not be read or written, is none, or has
no room: what, where and why."""

import contextlib
import os
import pathlib
import resource
import shutil
import signal
import sqlite3
import subprocess
import tempfile

import tap
from program import FAST, TIMEOUT, VINFO, ProgramTest, launch, vinfo

DENIED = "Permission denied"


class PermissionTest(ProgramTest):
    @classmethod
    def setUpClass(cls):
        cls.results = tempfile.TemporaryDirectory(prefix="vinfo-results-")
        cls.kept = pathlib.Path(cls.results.name)
        process = vinfo("run", "test:ball:2", "--out", cls.kept, *FAST)
        assert process.returncode == 0, process.stderr
        cls.picture = cls.kept / "ball.png"
        launch("videotestsrc pattern=ball num-buffers=1 ! pngenc ! "
               f"filesink location={cls.picture}")

    @classmethod
    def tearDownClass(cls):
        cls.results.cleanup()

    def setUp(self):
        super().setUp()
        # readable for all, but for what a test hides
        for path in (self.folder, self.kept, self.kept / "predictor"):
            path.chmod(0o755)
        self.hidden = self.folder / "hidden"
        self.hidden.mkdir(mode=0o700)
        self.locked = self.folder / "locked.vinfo"
        self.locked.write_bytes((self.kept / "store.vinfo").read_bytes())
        self.locked.chmod(0o600)
        self.unreadable = self.folder / "unreadable.png"
        self.unreadable.write_bytes(self.picture.read_bytes())
        self.unreadable.chmod(0)
        self.own = self.folder / "own"
        self.own.mkdir()

    def vinfo_as_nobody(self, *arguments):
        """Root may do all, so it is somebody else who may not."""
        environment = {**os.environ, "HOME": str(self.own),
                       "GST_REGISTRY": str(self.own / "registry")}
        if os.geteuid() != 0:
            for path in (self.hidden, self.locked):
                path.chmod(0)
            return vinfo(*arguments, env=environment, cwd=self.own)
        os.chown(self.own, 65534, 65534)
        return vinfo(*arguments, env=environment, cwd=self.own, user=65534,
                     group=65534, extra_groups=[])

    def can_run_as_nobody(self):
        try:
            return self.vinfo_as_nobody("--version").returncode == 0
        except PermissionError:
            return False

    def assert_says(self, process, *parts):
        self.assertEqual(process.returncode, 1, process.stderr)
        for part in parts:
            self.assertIn(str(part), process.stderr)
        self.assertLessEqual(len(process.stderr.splitlines()), 3,
                             process.stderr)

    def test_what_may_not_be_read_or_written_is_named_with_the_reason(self):
        if not self.can_run_as_nobody():
            self.skipTest("nobody may run the program")
        test, store = "test:ball:1", self.kept / "store.vinfo"
        model = self.kept / "predictor"
        run = ["run", "--out", self.own / "out", *FAST]
        for arguments, place in (
                ([*run, self.unreadable], self.unreadable),
                ([*run, self.hidden], self.hidden),
                ([*run, self.hidden / "film.mp4"], "hidden/film.mp4: "),
                (["run", test, "--out", self.hidden / "out"], "hidden/out: "),
                ([*run, test, "--store", self.locked], "locked.vinfo: "),
                ([*run, test, "--model", self.hidden / "model"],
                 "hidden/model"),
                (["score", self.unreadable, "--model", model],
                 self.unreadable),
                (["inspect", self.hidden], "hidden: "),
                (["inspect", self.hidden / "x"], "hidden/x: "),
                (["inspect", self.locked], "locked.vinfo: "),
                (["train", store, "--out", self.hidden / "out",
                  "--architecture", "nano"], "hidden/out: "),
                (["export", store, "--format", "webdataset", "--out",
                  self.hidden / "out"], "hidden/out: "),
                (["import", self.unreadable.parent, "--store",
                  self.hidden / "s.vinfo"], "hidden/s.vinfo: "),
                (["merge", self.locked, "--out", self.own / "m.vinfo"],
                 "locked.vinfo: "),
                (["plan", "--like", self.unreadable], self.unreadable)):
            with self.subTest(arguments=arguments):
                self.assert_says(self.vinfo_as_nobody(*arguments), place,
                                 DENIED)

    def test_store_that_may_only_be_read_is_said_to_be(self):
        if not self.can_run_as_nobody():
            self.skipTest("nobody may run the program")
        shutil.copy(self.locked, self.own / "read.vinfo")
        (self.own / "read.vinfo").chmod(0o444)
        process = self.vinfo_as_nobody("delete", self.own / "read.vinfo",
                                       "--feed", "main")
        self.assert_says(process, "read.vinfo: ", "it may only be read")

    def test_folder_in_the_place_of_a_file_is_said_to_be_one(self):
        run = ["run", "test:ball:1", "--out", self.out, *FAST]
        store = self.kept / "store.vinfo"
        for arguments, why in (
                ([*run, "--store", self.own], "own: open: Is a directory"),
                (["run", "test:ball:1", "--out", self.picture],
                 "ball.png: folder cannot be made: Not a directory"),
                ([*run, "--model", self.picture],
                 "ball.png/config.json: cannot open: Not a directory"),
                (["train", store, "--out", self.picture, "--architecture",
                  "nano"], "folder cannot be made: Not a directory"),
                (["import", self.kept, "--store", self.own],
                 "own: open: Is a directory")):
            with self.subTest(arguments=arguments):
                self.assert_says(vinfo(*arguments), why)

    def vinfo_without_room(self, size, *arguments):
        """A limit of file sizes stands for a full disk."""
        def limit():
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
        return subprocess.run([VINFO, *arguments], text=True,
                              capture_output=True, timeout=TIMEOUT,
                              preexec_fn=limit)

    def test_what_has_no_room_is_named_with_the_reason(self):
        out = self.own / "shards"
        process = self.vinfo_without_room(
            1 << 16, "export", self.kept / "store.vinfo", "--format",
            "webdataset", "--out", out)
        self.assert_says(process, out, "File too large")

    def test_export_that_had_no_room_can_be_given_again(self):
        # SQLite takes 32 KiB; so that an image folder's metadata takes more
        store = self.own / "wordy.vinfo"
        shutil.copy(self.kept / "store.vinfo", store)
        with contextlib.closing(sqlite3.connect(store)) as database:
            database.execute("UPDATE feeds SET name = ?", ["door" * 4000])
            database.commit()
        for form in "webdataset", "imagefolder":
            with self.subTest(form=form):
                out = self.own / form
                export = ["export", store, "--format", form, "--out", out]
                process = self.vinfo_without_room(1 << 16, *export)
                self.assert_says(process, out, "File too large")
                self.assertEqual(list(out.iterdir()), [])
                self.assertEqual(vinfo(*export).returncode, 0)

    def test_checkpoints_that_have_no_room_are_told_once_and_counted(self):
        process = self.vinfo_without_room(
            1 << 20, "run", "test:ball:4", "--out", self.out, *FAST)
        self.assert_says(process, "No checkpoint: ", "File too large")
        # where commits are slow the store's log is too large as well
        self.assertEqual(process.stderr.count("No checkpoint: "), 1)
        self.assertGreater(self.summary()["checkpoints_failed"], 1)


if __name__ == "__main__":
    tap.main()
