"""Every test that docs/guarantees.md names exists: no promise rests on one that went away. Each of
the known failures of others has a test, or names the feature that it waits for."""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
GTEST = re.compile(r"^(?:TEST(?:_F|_P)?|RC_GTEST_PROP)\((\w+),\s*(\w+)[,)]", re.MULTILINE)
PYTHON = re.compile(r"def (test_\w+)\(")


def existing_tests(root):
    names = set()
    for path in (root / "tests").rglob("*.cc"):
        names.update(".".join(pair) for pair in GTEST.findall(path.read_text()))
    for path in (root / "tests").rglob("*.py"):
        names.update(PYTHON.findall(path.read_text()))
    return names


def named_tests(text):
    return {name for name in re.findall(r"`([\w.]+)`", text)
            if re.fullmatch(r"[A-Z]\w+\.[A-Z]\w+|test_\w+", name)}


def missing(text, existing):
    return sorted(named_tests(text) - existing)


FAILURES = "Known failures of others"
WAITS = re.compile(r"not there yet: \w+")


def failures(text):
    """The rows of that section's tables, without their heads."""
    _, found, rest = text.partition(f"\n## {FAILURES}\n")
    if not found:
        return []
    lines = rest.partition("\n## ")[0].splitlines()
    rows = [index for index, line in enumerate(lines) if line.startswith("|")]
    heads = {index - 1 for index in rows if re.fullmatch(r"[|:\- ]+", lines[index])}
    return [lines[index] for index in rows if index not in heads and index - 1 not in heads]


def without_test(text):
    """Rows whose last cell names neither a test nor what is missing for one."""
    return [row for row in failures(text)
            if not named_tests(last := row.split("|")[-2]) and not WAITS.search(last)]


def main():
    existing = existing_tests(ROOT)
    # The check itself must be able to fail.
    assert missing("`NoSuch.Test` and `test_no_such`", existing) == ["NoSuch.Test", "test_no_such"]
    bare = f"\n## {FAILURES}\n\n| how | why | test |\n|---|---|---|\n| `Some.Test` | why | soon |\n"
    assert without_test(bare) == ["| `Some.Test` | why | soon |"]
    assert not without_test(bare.replace("soon", "`Some.Test`"))
    assert not without_test(bare.replace("soon", "not there yet: verify"))
    text = (ROOT / "docs" / "guarantees.md").read_text()
    if not named_tests(text):
        sys.exit("docs/guarantees.md names no test")
    gone = missing(text, existing)
    for name in gone:
        print(f"docs/guarantees.md names a test that does not exist: {name}")
    bare = without_test(text)
    for row in bare:
        print(f"docs/guarantees.md names no test, nor what is not there yet: {row}")
    if not failures(text):
        sys.exit(f"docs/guarantees.md has no table of '{FAILURES}'")
    sys.exit(1 if gone or bare else 0)


if __name__ == "__main__":
    main()
