"""The closing line of tools/test counts what ran, and hides no failure."""

import json
import pathlib
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import results  # noqa: E402


def case(name, failures=0, result="COMPLETED", status="RUN"):
    return {"name": name, "status": status, "result": result,
            **({"failures": [{}] * failures} if failures else {})}


class ResultsTest(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))

    def build(self, *entries, **gtests):
        folder = self.folder / "dev"
        folder.mkdir()
        body = "".join(f'<testcase name="{name}" status="{status}"/>' for name, status in entries)
        (folder / "ctest.xml").write_text(f"<testsuite>{body}</testsuite>")
        for name, cases in gtests.items():
            (folder / f"{name}.json").write_text(json.dumps(
                {"testsuites": [{"name": "Suite", "testsuite": cases}]}))

    def outcomes(self):
        return dict(results.all_cases(self.folder))

    def test_an_executable_counts_with_its_cases(self):
        self.build(("a_test", "fail"), a_test=[
            case("Good"), case("Bad", failures=2), case("Off", status="NOTRUN"),
            case("Passed over", result="SKIPPED")])
        self.assertEqual({"dev: Suite.Good": "passed", "dev: Suite.Bad": "failed",
                          "dev: Suite.Passed over": "skipped"}, self.outcomes())

    def test_a_crash_after_good_cases_is_a_failure_more(self):
        self.build(("a_test", "fail"), a_test=[case("Good")])
        self.assertEqual({"dev: Suite.Good": "passed", "dev: a_test": "failed"}, self.outcomes())

    def test_a_crash_without_a_report_is_a_failure(self):
        self.build(("a_test", "fail"), ("script", "run"))
        self.assertEqual({"dev: a_test": "failed", "dev: script": "passed"}, self.outcomes())

    def test_half_a_report_is_none(self):
        self.build(("a_test", "fail"))
        (self.folder / "dev" / "a_test.json").write_text('{"testsuites": [')
        self.assertEqual({"dev: a_test": "failed"}, self.outcomes())

    def test_checks_and_end_to_end_tests_count_too(self):
        (self.folder / "checks.jsonl").write_text('{"name": "format", "passed": false}\n')
        (self.folder / "e2e.json").write_text('[["copy", "passed"], ["disk", "skipped"]]')
        self.assertEqual({"format": "failed", "e2e: copy": "passed", "e2e: disk": "skipped"},
                         self.outcomes())


if __name__ == "__main__":
    unittest.main()
