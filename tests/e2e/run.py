"""Runs the end-to-end tests, each FILTER a part of a name."""

import argparse
import io
import json
import pathlib
import sys
import time
import unittest

import ddbsync
import fixtures
import workers

# The tests mostly wait, so that more of them fit than there are processors.
JOBS = 3


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


def _tests(suite):
    for entry in suite:
        if isinstance(entry, unittest.TestSuite):
            yield from _tests(entry)
        else:
            yield entry


def find_classes(filters):
    """Suites of the tests wanted by the name of their class."""
    loader = unittest.TestLoader()
    loader.testNamePatterns = [f"*{part}*" for part in filters] or None
    classes = {}
    here = pathlib.Path(__file__).parent
    for test in _tests(loader.discover(str(here), pattern="*_test.py")):
        name = f"{type(test).__module__}.{type(test).__qualname__}"
        classes.setdefault(name, unittest.TestSuite()).addTest(test)
    return classes


def run_suite(name, suite, stream):
    began = time.monotonic()
    try:
        result = unittest.TextTestRunner(stream=stream, verbosity=2, resultclass=_Result).run(suite)
    finally:
        fixtures.stop_shared()
    outcomes = list(result.outcomes)
    # A set-up of a class or module that fails is no test, but it hides some.
    known = {name for name, _ in outcomes}
    outcomes += [(str(test), "failed") for test, _ in result.errors if test.id() not in known]
    return workers.Report(name, "", outcomes, result.wasSuccessful(), time.monotonic() - began)


def serve(classes):
    def run_class(name):
        output = io.StringIO()
        report = run_suite(name, classes[name], output)
        report.output = output.getvalue()
        return report

    workers.serve(run_class)


def run_all(classes, options):
    """The reports of all classes."""
    reports = []

    def done(report):
        reports.append(report)
        word = "ok" if report.successful else "FAILED"
        print(f"{report.output}== {report.name}: {word} in {report.seconds:.0f} s "
              f"({len(reports)} of {len(classes)})\n", flush=True)

    if options.jobs == 1:  # in this process, told as it happens
        for name, suite in classes.items():
            done(run_suite(name, suite, sys.stdout))
    else:
        workers.run(classes, options.jobs, [__file__, *options.filter], done)
    return reports


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--results", type=pathlib.Path, metavar="FILE")
    parser.add_argument("--jobs", type=int, default=JOBS, metavar="N",
                        help=f"classes that run at once (default: {JOBS})")
    parser.add_argument("--worker", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("filter", nargs="*", metavar="FILTER")
    options = parser.parse_args()
    if options.jobs < 1:
        parser.error("--jobs is at least 1")
    if not ddbsync.BINARY.exists():
        sys.exit(f"{ddbsync.BINARY} is missing; cmake --build --preset release --target ddbsync")

    began, classes = time.monotonic(), find_classes(options.filter)
    if options.worker:
        serve(classes)
        return
    reports = run_all(classes, options)
    outcomes = [outcome for report in reports for outcome in report.outcomes]
    failed = [name for name, outcome in outcomes if outcome == "failed"]
    print("\n".join([*(f"failed: {name}" for name in failed),
                     f"{len(outcomes)} tests, {len(failed)} failed, "
                     f"{time.monotonic() - began:.0f} s"]))
    if options.results:
        options.results.write_text(json.dumps(outcomes))
    sys.exit(0 if all(report.successful for report in reports) else 1)


if __name__ == "__main__":
    main()
