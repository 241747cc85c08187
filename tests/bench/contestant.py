# SPDX-License-Identifier: LGPL-2.1-or-later
"""The peers' side of `vinfo bench`; see pipelines/bench/contestant.h."""

import resource
import sys
import time


def memory():
    return 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def serve(prepare, work, model, batch):
    """prepare(work, model, batch) returns what does one batch."""
    before = memory()
    do_batch = prepare(work, model, int(batch))
    do_batch()
    print("ready", flush=True)
    for line in sys.stdin:
        start = now = time.monotonic()
        pictures = 0
        while now - start < float(line):
            do_batch()
            pictures += int(batch)
            now = time.monotonic()
        print(pictures, now - start, memory() - before, flush=True)
