# SPDX-License-Identifier: LGPL-2.1-or-later
"""`vinfo run` killed at random moments, and the same command again."""

import json
import os
import random
import signal
import sqlite3
import subprocess
import time

import tap
from program import FAST, VINFO, ProgramTest

SEED = 20240817
STAGES = ["start", "streaming", "publication", "published", "finishing"]
KILLS_PER_STAGE = 4
# Of a live input each run's frames are new, and of these policies this one
# keeps what looks alike: in each run others come and go. What goes has the
# largest ticket of all.
INPUT = ["test:ball", "--live", "--policy", "uniform"]
CAPACITY = 64
LOCKED = "database is locked"  # says SQLite


class KillTest(ProgramTest):
    def setUp(self):
        super().setUp()
        self.random = random.Random(SEED)
        self.store = self.out / "store.vinfo"
        self.predictor = self.out / "predictor"

    def start(self):
        self.process = subprocess.Popen(
            [VINFO, "run", *INPUT, "--out", self.out, *FAST,
             "--capacity", str(CAPACITY), "--publish-interval", "5"],
            stderr=subprocess.PIPE, text=True)
        # a test that fails leaves no endless run
        self.addCleanup(self.process.kill)

    def wait_until(self, condition):
        end = time.monotonic() + 60
        while not condition():
            self.assertIsNone(self.process.poll(), "it ended by itself")
            self.assertLess(time.monotonic(), end)
            time.sleep(0.0005)

    def pending(self):
        """Publications that were begun; those of killed runs stay a while."""
        return set(self.predictor.glob(".publish-*"))

    def has_trained(self):
        return any(entry["event"] == "step" for entry in self.log()[self.mark:])

    def log(self):
        """All whole lines; the one that a kill cut short is not among them."""
        path = self.out / "log.jsonl"
        text = path.read_text() if path.exists() else ""
        return [json.loads(line) for line in text.split("\n")[:-1]]

    def kept(self, timeout=5):
        """Ids and tickets that a reader sees: of all that is committed, and of
        nothing else. Each has its whole picture."""
        if not self.store.exists():
            return {}
        store = sqlite3.connect(f"{self.store.as_uri()}?mode=ro", uri=True,
                                timeout=timeout)
        try:
            rows = store.execute(
                "SELECT samples.id, ticket, blob_size, data FROM samples "
                "LEFT JOIN blobs ON blobs.id = samples.id").fetchall()
        except sqlite3.OperationalError as error:
            if str(error) == LOCKED:
                raise
            # killed before it had a table
            self.assertIn("no such table", str(error))
            return {}
        finally:
            store.close()
        for _, _, size, picture in rows:
            self.assertEqual(len(picture), size)
            self.assertEqual(picture[-8:-4], b"IEND")
        return {row[0]: row[1] for row in rows}

    def saved_step(self):
        latest = self.predictor / "latest"
        return int(os.readlink(latest).split("-")[1]) if latest.exists() else 0

    def run_until(self, stage):
        """Runs until somewhere within a stage."""
        self.mark = len(self.log())
        left = self.pending()
        saved = self.saved_step()
        self.start()
        if stage == "start":
            time.sleep(self.random.uniform(0, 0.3))
        elif stage == "streaming":
            self.wait_until(self.has_trained)
            time.sleep(self.random.uniform(0, 1.5))
        elif stage == "publication":
            self.wait_until(lambda: self.pending() - left)
            time.sleep(self.random.uniform(0, 0.06))
        elif stage == "published":
            self.wait_until(lambda: self.saved_step() > saved)
            time.sleep(self.random.uniform(0, 0.3))
        else:
            self.wait_until(self.has_trained)
            self.process.send_signal(signal.SIGINT)
            time.sleep(self.random.uniform(0, 0.5))

    def kill(self):
        """Returns what was committed at that moment, but for a moment in which
        nobody may read: while the log is made, or moved into the file."""
        while True:
            self.process.send_signal(signal.SIGSTOP)
            try:
                committed = self.kept(timeout=0)
                break
            except sqlite3.OperationalError as error:
                self.assertEqual(str(error), LOCKED)
            self.process.send_signal(signal.SIGCONT)
            time.sleep(0.002)
        self.process.kill()
        self.process.communicate()
        return committed

    def check_kept(self, before, after):
        """Each that was there still is, or a better one has taken its place."""
        lost = before.keys() - after.keys()
        come = after.keys() - before.keys()
        self.assertLessEqual(len(lost), len(come))
        if lost:
            self.assertEqual(len(after), CAPACITY)
            self.assertLess(max(after.values()),
                            min(before[sample] for sample in lost))

    def check_store(self):
        if self.store.exists():
            store = self.inspect(self.store)
            self.assertEqual(store["integrity"], "ok")
            self.assertLessEqual(store["samples"], CAPACITY)

    def check_training(self, saved):
        """The first step of this run follows the last checkpoint before it."""
        steps = [entry["step"] for entry in self.log()[self.mark:]
                 if entry["event"] == "step"]
        if steps:
            self.assertEqual(steps[0], saved + 1)
        return bool(steps)

    def test_twenty_kills_lose_nothing_that_was_committed(self):
        stages = KILLS_PER_STAGE * STAGES
        self.random.shuffle(stages)
        # from then on there is a checkpoint to continue from
        stages.remove("published")
        stages.insert(0, "published")
        n_continued = 0
        for stage in stages:
            saved = self.saved_step()
            before = self.kept()
            self.run_until(stage)
            committed = self.kill()
            self.assertIn(self.process.returncode, [-signal.SIGKILL, 0])
            self.check_kept(before, committed)
            # what was in the middle of a commit is there as a whole or not at all
            self.check_kept(committed, self.kept())
            self.check_store()
            continued = self.check_training(saved)
            n_continued += continued and saved > 0
            if self.saved_step() > 0:
                self.inspect(self.predictor)
        self.assertGreater(n_continued, KILLS_PER_STAGE)
        self.check_last_run()

    def check_last_run(self):
        saved = self.saved_step()
        before = self.kept()
        self.mark = len(self.log())
        self.start()
        self.wait_until(lambda: any(
            entry["event"] == "update" for entry in self.log()[self.mark:]))
        self.process.send_signal(signal.SIGINT)
        _, output = self.process.communicate(timeout=60)
        self.assertEqual(self.process.returncode, 0, output)
        self.assertTrue(self.check_training(saved))
        self.check_kept(before, self.kept())
        self.assertEqual(self.summary()["kept"], len(self.kept()))
        self.assertGreater(self.saved_step(), saved)
        self.assertTrue((self.out / "contact-sheet.png").exists())
        self.assertEqual(list(self.predictor.glob(".publish-*")), [])
        self.inspect(self.predictor)


if __name__ == "__main__":
    tap.main()
