"""Classes of end-to-end tests run in several processes, and none that dies is taken for a pass."""

import pathlib
import sys
import tempfile
import unittest

E2E = pathlib.Path(__file__).resolve().parents[1] / "e2e"
sys.path.insert(0, str(E2E))
import workers  # noqa: E402

SUITE = f"""
import os, sys
sys.path.insert(0, {str(E2E)!r})
import workers

def run_class(name):
    print("not a report", flush=True)
    if name == "dies":
        os._exit(3)
    return workers.Report(name, str(os.getpid()), [[name + ".test", "passed"]], True, 0.0)

workers.serve(run_class)
"""


class WorkersTest(unittest.TestCase):
    def run_classes(self, *names, count):
        with tempfile.TemporaryDirectory() as folder:
            suite = pathlib.Path(folder, "suite.py")
            suite.write_text(SUITE)
            reports = []
            workers.run(names, count, [str(suite)], reports.append)
        return {report.name: report for report in reports}

    def test_a_class_whose_process_dies_has_failed_and_the_rest_is_run(self):
        for count in (1, 3):
            reports = self.run_classes("a", "dies", "b", "c", count=count)
            self.assertEqual({"a", "dies", "b", "c"}, set(reports))
            self.assertEqual({"dies"}, {name for name, report in reports.items()
                                        if not report.successful})
            self.assertEqual([["dies (ended early)", "failed"]], reports["dies"].outcomes)
            self.assertIn("ended with 3", reports["dies"].output)

    def test_a_worker_runs_one_class_after_the_other(self):
        reports = self.run_classes("a", "b", "c", count=1)
        self.assertEqual(1, len({report.output for report in reports.values()}))


if __name__ == "__main__":
    unittest.main()
