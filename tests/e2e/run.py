"""Runs the end-to-end tests: run.py [--results FILE] [FILTER...], each FILTER a part of a name."""

import argparse
import json
import pathlib
import sys
import time
import unittest

import ddbsync
import fixtures


class _Result(unittest.TextTestResult):
    """Remembers the outcome of each test by name, and says how long it took."""

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        self.outcomes = []

    def startTest(self, test):
        self._began, self._before = time.monotonic(), len(self.failures) + len(self.errors)
        self._skips = len(self.skipped)
        super().startTest(test)

    def stopTest(self, test):
        super().stopTest(test)
        failed = len(self.failures) + len(self.errors) > self._before
        skipped = len(self.skipped) > self._skips
        outcome = "failed" if failed else "skipped" if skipped else "passed"
        self.outcomes.append((test.id(), outcome))
        self.stream.writeln(f"    {time.monotonic() - self._began:.1f} s")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--results", type=pathlib.Path)
    parser.add_argument("filter", nargs="*")
    options = parser.parse_args()
    if not ddbsync.BINARY.exists():
        sys.exit(f"{ddbsync.BINARY} is missing; cmake --build --preset release --target ddbsync")

    here = pathlib.Path(__file__).parent
    loader = unittest.TestLoader()
    loader.testNamePatterns = [f"*{part}*" for part in options.filter] or None
    suite = loader.discover(str(here), pattern="*_test.py")
    runner = unittest.TextTestRunner(stream=sys.stdout, verbosity=2, resultclass=_Result)
    try:
        result = runner.run(suite)
    finally:
        fixtures.stop_shared()
    outcomes = list(result.outcomes)
    # A set-up of a class or module that fails is no test, but it hides some.
    known = {name for name, _ in outcomes}
    outcomes += [(str(test), "failed") for test, _ in result.errors if test.id() not in known]
    if options.results:
        options.results.write_text(json.dumps(outcomes))
    sys.exit(0 if result.wasSuccessful() else 1)


if __name__ == "__main__":
    main()
