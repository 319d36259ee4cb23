"""Every test that docs/guarantees.md names exists: no promise rests on one that went away."""

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


def main():
    existing = existing_tests(ROOT)
    # The check itself must be able to fail.
    assert missing("`NoSuch.Test` and `test_no_such`", existing) == ["NoSuch.Test", "test_no_such"]
    text = (ROOT / "docs" / "guarantees.md").read_text()
    if not named_tests(text):
        sys.exit("docs/guarantees.md names no test")
    gone = missing(text, existing)
    for name in gone:
        print(f"docs/guarantees.md names a test that does not exist: {name}")
    sys.exit(1 if gone else 0)


if __name__ == "__main__":
    main()
