# SPDX-License-Identifier: LGPL-2.1-or-later
"""Runs unittest cases and reports them as TAP, for meson."""

import sys
import traceback
import unittest


class TapResult(unittest.TestResult):
    """Prints a TAP line as each test ends."""

    def __init__(self):
        super().__init__()
        self.broken = set()  # ids of tests with a subtest that failed

    def _line(self, ok, test, directive=""):
        name = test.id().split(".")[-1]
        print(f"{'ok' if ok else 'not ok'} {self.testsRun} - {name}{directive}",
              flush=True)

    def addSuccess(self, test):
        super().addSuccess(test)
        self._line(True, test)

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        self._line(True, test, f" # SKIP {reason}")

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self._fail(test, err)

    def addError(self, test, err):
        super().addError(test, err)
        self._fail(test, err)

    def addSubTest(self, test, subtest, err):
        """Says why; the test that it belongs to has its line at the end."""
        super().addSubTest(test, subtest, err)
        if err is not None:
            print(f"# {subtest}", flush=True)
            self._explain(err)
            self.broken.add(test.id())

    def stopTest(self, test):
        super().stopTest(test)
        if test.id() in self.broken:
            self._line(False, test)

    def _fail(self, test, err):
        self._line(False, test)
        self._explain(err)

    def _explain(self, err):
        for line in "".join(traceback.format_exception(*err)).splitlines():
            print(f"# {line}", flush=True)


def main(module="__main__"):
    """Runs all tests of `module`, or those that the command line names."""
    suite = unittest.defaultTestLoader.loadTestsFromModule(sys.modules[module])
    tests = [test for case in suite for test in case]
    wanted = sys.argv[1:]
    if wanted:
        tests = [t for t in tests if any(w in t.id() for w in wanted)]
    print(f"1..{len(tests)}", flush=True)
    result = TapResult()
    # one suite of the same class each, so that setUpClass runs once
    unittest.TestSuite(tests).run(result)
    sys.exit(0 if result.wasSuccessful() else 1)
