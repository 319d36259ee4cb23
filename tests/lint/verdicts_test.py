"""The check of the models can fail: a wrong verdict, a broken model, a search cut short."""

import contextlib
import io
import pathlib
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "models"))
import verdicts  # noqa: E402

COUNTER = """
#ifndef LIMIT
#define LIMIT 1
#endif
byte n = 0;
active proctype Counter() {
  do
  :: n < LIMIT -> n++
  :: n == LIMIT -> break
  od;
#ifdef WRONG
  assert(n < LIMIT) /* I1 */
#endif
}
"""
HOLDS = verdicts.Row("counter.pml", "LIMIT=3", verdicts.HOLDS, "Counts")
WRONG = verdicts.Row("counter.pml", "LIMIT=3 WRONG", "I1", "Counts too far")


class VerdictsTest(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.model(COUNTER)

    def model(self, text, name="counter.pml"):
        (self.folder / name).write_text(text)

    def run_rows(self, rows, *arguments):
        output = io.StringIO()
        with contextlib.redirect_stdout(output):
            code = verdicts.main(list(arguments), rows, self.folder)
        return code, output.getvalue()

    def assert_fails(self, rows, *words):
        code, output = self.run_rows(rows)
        self.assertEqual(1, code, output)
        for word in words:
            self.assertIn(word, output)

    def test_verdicts_as_expected_pass(self):
        code, output = self.run_rows([HOLDS, WRONG])
        self.assertEqual(0, code, output)
        self.assertEqual(2, output.count("ok "), output)

    def test_a_mistake_that_is_not_found_fails(self):
        self.assert_fails([HOLDS._replace(expected="I1")],
                          "DIFFERS", "Counts", "expected: I1 violated, found: holds")

    def test_a_design_that_does_not_hold_fails_and_shows_how(self):
        self.assert_fails([WRONG._replace(expected=verdicts.HOLDS)],
                          "expected: holds, found: I1 violated", "| ", "n = 3")

    def test_another_invariant_than_the_expected_one_fails(self):
        self.model(COUNTER.replace("/* I1 */", "/* I2 */"))
        self.assert_fails([WRONG], "expected: I1 violated, found: I2 violated")
        self.model(COUNTER.replace("/* I1 */", ""))
        self.assert_fails([WRONG], "found: an assertion without a name violated")

    def test_a_syntax_error_fails_and_is_told(self):
        self.model(COUNTER.replace("n++", "n+++"))
        self.assert_fails([HOLDS], "found: fault", "spin refused it", "counter.pml:8")
        self.assert_fails([WRONG], "found: fault", "spin refused it")

    def test_a_knob_that_the_model_does_not_know_fails(self):
        self.assert_fails([HOLDS._replace(knobs="LIMIT=3 WORNG")], "found: fault",
                          "has no knob WORNG")

    def test_a_search_that_was_cut_short_fails(self):
        self.model(COUNTER.replace("byte n", "int n"))
        self.assert_fails([HOLDS._replace(knobs="LIMIT=100000")], "found: fault", "cut at depth")

    def test_a_process_that_never_ends_proves_nothing(self):
        self.model(COUNTER.replace("n == LIMIT", "n > LIMIT"))
        self.assert_fails([HOLDS], "found: fault", "never reaches its end")

    def test_a_deadlock_counts_in_the_models_that_ask_for_it(self):
        self.model("bool woken = false;\nactive proctype Sleeper() {\n  woken\n}\n", "wedge.pml")
        row = verdicts.Row("wedge.pml", "", verdicts.DEADLOCK, "Waits for ever")
        self.assertEqual(0, self.run_rows([row])[0])
        self.assert_fails([row._replace(expected=verdicts.HOLDS)],
                          "expected: holds, found: deadlock")

    def test_the_table_of_a_page_is_written_and_checked(self):
        page = self.folder / "page.md"
        page.write_text(f"before\n{verdicts.BEGIN}\n{verdicts.END}\nafter\n")
        code, output = self.run_rows([WRONG], "--check", str(page))
        self.assertEqual(1, code)
        self.assertIn("is not what the models say", output)

        self.assertEqual(0, self.run_rows([WRONG], "--write", str(page))[0])
        self.assertEqual(0, self.run_rows([WRONG], "--check", str(page))[0])
        text = page.read_text()
        self.assertTrue(text.startswith("before\n") and text.endswith("\nafter\n"), text)
        self.assertIn("| Counts too far | `counter.pml` | `LIMIT=3` `WRONG` | I1 violated |", text)

        page.write_text(text.replace("too far", "right"))
        self.assertEqual(1, self.run_rows([WRONG], "--check", str(page))[0])

    def test_a_page_without_the_markers_fails(self):
        page = self.folder / "page.md"
        page.write_text("nothing here\n")
        code, output = self.run_rows([WRONG], "--write", str(page))
        self.assertEqual(1, code)
        self.assertIn("lacks", output)
        self.assertEqual("nothing here\n", page.read_text())


if __name__ == "__main__":
    unittest.main()
