"""The alerts fire when they should and not otherwise, and no alert or panel asks for a family that
metrics/families.h does not declare (by docs/metrics.md, which a unit test compares with it).
"""

import json
import pathlib
import re
import subprocess
import unittest

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROMTOOL = ROOT / "build" / "tools" / "prometheus" / "usr" / "bin" / "promtool"
PROMETHEUS, GRAFANA = ROOT / "packaging" / "prometheus", ROOT / "packaging" / "grafana"
RULES, CASES = PROMETHEUS / "ddbsync.rules.yml", PROMETHEUS / "ddbsync.rules.test.yml"
PARTS = ("_bucket", "_sum", "_count")  # of a histogram


def promtool(*words):
    return subprocess.run([PROMTOOL, *words], cwd=PROMETHEUS, capture_output=True, text=True)


def declared():
    """Family to its labels."""
    rows = re.findall(r"^\| `(\w+)` \| \w+ \| [^|]* \| ([^|]*) \|",
                      (ROOT / "docs" / "metrics.md").read_text(), re.M)
    families = {name: set(re.findall(r"`(\w+)`: ", labels)) for name, labels in rows}
    for name, labels in rows:
        families.update({name + part: families[name] | {"le"} for part in PARTS})
    return families


def undeclared(expression):
    """Names in a PromQL expression that look like ours and are not, with or without labels."""
    families, wrong = declared(), []
    for name, labels in re.findall(r"\b((?:ddbsync|process)_\w+)(?:\{([^}]*)\})?", expression):
        wanted = set(re.findall(r"(\w+)\s*(?:=~|!~|!=|=)", labels))
        if name not in families:
            wrong.append(name)
        wrong += sorted(f"{name}{{{label}}}" for label in
                        wanted - families.get(name, set()) - {"job_id", "job", "instance"})
    return wrong


def rules():
    (group,) = yaml.safe_load(RULES.read_text())["groups"]
    return group["rules"]


class Alerts(unittest.TestCase):
    def test_promtool_accepts_the_rules(self):
        done = promtool("check", "rules", RULES.name)
        self.assertEqual(0, done.returncode, done.stdout + done.stderr)

    def test_they_fire_when_they_should_and_not_otherwise(self):
        done = promtool("test", "rules", CASES.name)
        self.assertEqual(0, done.returncode, done.stdout + done.stderr)

    def test_each_has_a_case_that_fires_and_one_that_does_not(self):
        cases = [expectation for case in yaml.safe_load(CASES.read_text())["tests"]
                 for expectation in case["promql_expr_test"]]
        for rule in rules():
            about = [case for case in cases if f'alertname="{rule["alert"]}"' in case["expr"]]
            self.assertEqual({True, False}, {bool(case["exp_samples"]) for case in about},
                             rule["alert"])

    def test_each_says_what_happened_and_what_to_type(self):
        for rule in rules():
            self.assertIn(rule["labels"]["severity"], ("warning", "critical"), rule["alert"])
            self.assertTrue(rule["annotations"]["summary"], rule["alert"])
            self.assertRegex(rule["annotations"]["description"].lower(), "type `ddbsync ",
                             rule["alert"])

    def test_they_ask_for_what_is_declared(self):
        for rule in rules():
            self.assertEqual([], undeclared(rule["expr"]), rule["alert"])

    def test_what_is_not_declared_is_seen(self):
        self.assertEqual(["ddbsync_lag"], undeclared("ddbsync_lag > 1"))
        self.assertEqual(["ddbsync_state{status}"], undeclared('ddbsync_state{status="gap"}'))
        self.assertEqual([], undeclared('ddbsync_state{state="gap", job_id=~"a"} == 1'))


class Dashboard(unittest.TestCase):
    def test_it_asks_for_what_is_declared(self):
        dashboard = json.loads((GRAFANA / "ddbsync.json").read_text())
        asked = [target["expr"] for panel in dashboard["panels"]
                 for target in panel.get("targets", [])]
        self.assertGreater(len(asked), 20)
        for expression in asked:
            self.assertEqual([], undeclared(expression))
            self.assertIn('job_id=~"$job_id"', expression)


if __name__ == "__main__":
    unittest.main()
