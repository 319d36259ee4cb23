"""Adds up what the suites of tools/test have written and prints the closing line.

    results.py FOLDER
FOLDER holds checks.jsonl ({"name", "passed"} a line), e2e.json (a list of [name, outcome]),
and a folder per build with ctest.xml (JUnit) beside one gtest JSON per executable. A test
executable counts with its cases; one that ends badly without a failed case (a crash, a sanitizer's
report at the end) counts as one failure more; a ctest entry that is not gtest counts as one.
"""

import json
import pathlib
import sys
import xml.etree.ElementTree

PASSED, FAILED, SKIPPED = "passed", "failed", "skipped"


def gtest_cases(path):
    """(name, outcome) of every case that was run."""
    try:
        report = json.loads(path.read_text())
    except (OSError, json.JSONDecodeError):
        return []
    cases = []
    for suite in report.get("testsuites", []):
        for case in suite.get("testsuite", []):
            if case.get("status") != "RUN":
                continue
            outcome = (FAILED if case.get("failures") else
                       SKIPPED if case.get("result") == "SKIPPED" else PASSED)
            cases.append((f"{suite['name']}.{case['name']}", outcome))
    return cases


def build_cases(folder):
    for entry in xml.etree.ElementTree.parse(folder / "ctest.xml").getroot().iter("testcase"):
        name = entry.get("name")
        outcome = {"run": PASSED, "notrun": SKIPPED, "disabled": SKIPPED}.get(
            entry.get("status"), FAILED)
        cases = gtest_cases(folder / f"{name}.json")
        yield from ((f"{folder.name}: {case}", result) for case, result in cases)
        if not cases or (outcome == FAILED and all(result != FAILED for _, result in cases)):
            yield f"{folder.name}: {name}", outcome


def all_cases(folder):
    checks = folder / "checks.jsonl"
    if checks.exists():
        for line in checks.read_text().splitlines():
            check = json.loads(line)
            yield check["name"], PASSED if check["passed"] else FAILED
    for report in sorted(folder.glob("*/ctest.xml")):
        yield from build_cases(report.parent)
    e2e = folder / "e2e.json"
    if e2e.exists():
        yield from (("e2e: " + name, outcome) for name, outcome in json.loads(e2e.read_text()))


def main():
    cases = list(all_cases(pathlib.Path(sys.argv[1])))
    count = {outcome: sum(found == outcome for _, found in cases)
             for outcome in (PASSED, FAILED, SKIPPED)}
    print()
    for name, outcome in cases:
        if outcome != PASSED:
            print(f"{outcome}: {name}")
    print(f"{count[PASSED]} passed, {count[FAILED]} failed")
    sys.exit(1 if count[FAILED] or not count[PASSED] else 0)


if __name__ == "__main__":
    main()
