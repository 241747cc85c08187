# SPDX-License-Identifier: LGPL-2.1-or-later
"""`vinfo bench`: turns, ratios and what becomes of a peer that fails."""

import json
import os
import statistics

import tap
from program import ProgramTest, vinfo

# tells what it was asked for and how, and claims pictures, seconds and bytes
PEER = """#!/bin/sh
echo "$@ $VINFO_THREADS $OMP_NUM_THREADS" > "{log}"
test -e "$3/model.safetensors" || exit; echo ready
for claim in {claims}; do
  read seconds || exit
  echo "$seconds" >> "{log}"
  echo $claim 2 1000000
done
"""


def forward_operations():
    """Of ViT-MAE tiny, layer by layer."""
    def blocks(n, tokens, width):
        weights = 4 * width ** 2 + 2 * width * 4 * width
        return 2 * n * (tokens * weights + 2 * tokens ** 2 * width)
    patches, visible, patch = 196, 49, 3 * 16 * 16
    return (2 * patches * patch * 192 + blocks(12, visible + 1, 192)
            + 2 * (visible + 1) * 192 * 128 + blocks(4, patches + 1, 128)
            + 2 * patches * 128 * patch)


class BenchTest(ProgramTest):
    def peer(self, *claims):
        path = self.folder / "peer"
        self.log = self.folder / "log"
        path.write_text(PEER.format(log=self.log, claims=" ".join(
            map(str, claims))))
        path.chmod(0o755)
        return f"peer={path} first"

    def bench(self, *arguments, work="score-tiny-b1"):
        process = vinfo("bench", "--work", work, "--rounds", 3, "--seconds",
                        0.05, *arguments)
        self.assertEqual(process.returncode, 0, process.stderr)
        machine, *lines = map(json.loads, process.stdout.splitlines())
        self.assertGreater(machine["peak_gflops"], 1)
        self.assertEqual({line["work"] for line in lines}, {work})
        return {line["contestant"]: line for line in lines}

    def test_ratio_is_ours_to_theirs_by_round(self):
        found = self.bench("--peer", self.peer(2, 8, 20))
        ours, peer = found["vinfo"], found["peer"]
        self.assertEqual(peer["rates"], [1, 4, 10])
        self.assertEqual(peer["rate"], 4)
        self.assertEqual(peer["bytes"], 1e6)
        self.assertAlmostEqual(peer["ratio"], statistics.median(
            a / b for a, b in zip(ours["rates"], peer["rates"])))
        self.assertEqual(ours["ratio"], 1)
        self.assertEqual(ours["rate"], statistics.median(ours["rates"]))

    def test_peer_is_told_work_model_batch_and_threads(self):
        self.bench("--peer", self.peer(1, 1, 1), "--threads", 1)
        started, *asked = self.log.read_text().splitlines()
        first, work, model, *numbers = started.split()
        self.assertEqual((first, work, numbers),
                         ("first", "score", ["1", "1", "1"]))
        self.assertEqual(list(map(float, asked)), [0.05] * 3)
        self.assertFalse(os.path.exists(model), "the model was left")

    def test_operations_are_those_of_the_model(self):
        for work, times in (("score-tiny-b8", 1), ("train-tiny-b16", 3),
                            ("train-tiny-b16-bf16", 3)):
            ours = self.bench(work=work)["vinfo"]
            self.assertAlmostEqual(
                1e9 * ours["gflops"] / ours["rate"],
                times * forward_operations(), delta=1e-6 * forward_operations())
            self.assertGreater(ours["of_peak"], 0)
            self.assertGreater(ours["bytes"], 1e6)

    def test_peer_that_fails_does_not_end_the_others(self):
        found = self.bench(
            "--peer", "missing=/nonexistent", "--peer", "silent=true",
            "--peer", "other=echo hello", "--peer", "unquoted=echo 'a",
            "--peer", self.peer(1, 1))
        for name, told in (("missing", "No such file"),
                           ("silent", "without an answer"),
                           ("other", '"hello score'),
                           ("unquoted", "no command"),
                           ("peer", "without an answer")):
            self.assertIn(told, found[name]["error"])
        self.assertGreater(found["vinfo"]["rate"], 0)

    def test_mistakes_are_refused(self):
        for arguments in (["--work", "nothing"], ["--rounds", 0],
                          ["--seconds", "nan"], ["--threads", 0],
                          ["--peer", "command"], ["clip.mp4"],
                          ["--serve", "score-tiny-b1"]):
            process = vinfo("bench", *arguments)
            self.assertEqual(process.returncode, 2, arguments)
            self.assertEqual(len(process.stderr.splitlines()), 1)

    def test_vinfo_serves_as_a_peer_does(self):
        """Two of us are alike in what they take, and both answer."""
        found = self.bench("--peer", f"twin={os.environ['VINFO']} bench "
                           "--serve score-tiny-b1")
        self.assertEqual(len(found["twin"]["rates"]), 3)
        self.assertAlmostEqual(
            found["twin"]["bytes"], found["vinfo"]["bytes"],
            delta=found["vinfo"]["bytes"] / 4)


if __name__ == "__main__":
    tap.main()
