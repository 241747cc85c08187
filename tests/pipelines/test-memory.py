# SPDX-License-Identifier: LGPL-2.1-or-later
"""What `vinfo run` takes of memory over ten passes of all clips."""

import os
import pathlib
import shutil
import statistics
import subprocess
import time
import unittest

import tap
from program import DATA, FAST, VINFO, ProgramTest, launch

CLIPS = sorted((DATA / "video").glob("*.mp4"))
# Of each clip in each pass. By hand, of whole clips: MEMORY_FRAMES=100000
N_FRAMES = int(os.environ.get("MEMORY_FRAMES", "200"))
N_PASSES = 10
TOLERANCE = 0.05


@unittest.skipUnless(CLIPS, f"no clips in {DATA}")
class MemoryTest(ProgramTest):
    def make_inputs(self):
        """The clips' beginnings, encoded as they are. Each pass of files of its
        own, so that one sees which is open and that its frames are new to the
        reservoir."""
        cut = self.folder / "cut"
        cut.mkdir()
        for clip in CLIPS:
            launch(f"filesrc location={clip} ! qtdemux ! h264parse ! "
                   f"identity eos-after={N_FRAMES + 1} ! mp4mux ! "
                   f"filesink location={cut / clip.name}")
        inputs = []
        for number in range(N_PASSES):
            folder = shutil.copytree(cut, self.folder / f"pass-{number}")
            inputs += sorted(folder.iterdir())
        return inputs

    def current_pass(self, process):
        """By the oldest file that the process has open (the next is opened early),
        or None."""
        passes = []
        for link in pathlib.Path(f"/proc/{process.pid}/fd").iterdir():
            try:
                path = pathlib.Path(os.readlink(link))
            except OSError:
                continue
            if path.is_relative_to(self.folder) and path.suffix == ".mp4":
                passes.append(int(path.parent.name.split("-")[1]))
        return min(passes, default=None)

    def resident(self, process):
        """In megabytes."""
        status = pathlib.Path(f"/proc/{process.pid}/status").read_text()
        line = next(l for l in status.splitlines() if l.startswith("VmRSS"))
        return int(line.split()[1]) / 1024

    def measure(self, arguments):
        """The resident memory at each moment of each pass."""
        process = subprocess.Popen([VINFO, "run", "--out", self.out, *arguments],
                                   stderr=subprocess.PIPE, text=True)
        self.addCleanup(process.kill)
        passes = [[] for _ in range(N_PASSES)]
        while process.poll() is None:
            try:
                number = self.current_pass(process)
                if number is not None:
                    passes[number].append(self.resident(process))
            except (OSError, StopIteration):
                pass  # it has ended
            time.sleep(0.05)
        self.assertEqual(process.returncode, 0, process.stderr.read())
        return passes

    def test_memory_is_flat_after_the_first_of_ten_passes(self):
        inputs = self.make_inputs()
        passes = self.measure([*inputs, *FAST, "--masks", "1",
                               "--samples-per-frame", "0.5"])
        megabytes = [statistics.median(values) for values in passes]
        print("# MB in each pass: "
              + " ".join(f"{value:.1f}" for value in megabytes), flush=True)
        summary = self.summary()
        print(f"# {summary['frames_in']} frames of {len(inputs)} files, "
              f"{summary['train_steps']} steps, "
              f"{summary['predictor_updates']} updates", flush=True)
        self.assertGreater(summary["train_steps"], 100)
        later = megabytes[1:]
        middle = (min(later) + max(later)) / 2
        self.assertLessEqual(max(later), (1 + TOLERANCE) * middle)
        # of three at each end, for one pass may differ by a few percent
        first, last = statistics.median(later[:3]), statistics.median(later[-3:])
        print(f"# {first:.1f} MB grew to {last:.1f}", flush=True)
        self.assertLessEqual(last, (1 + TOLERANCE) * first)


if __name__ == "__main__":
    tap.main()
