"""bench/run measures, writes what it promises, refuses unknown names, and leaves nothing behind."""

import json
import pathlib
import signal
import subprocess
import tempfile
import unittest

import processes
import servers

RUN = servers.ROOT / "bench" / "run"
BUILD_SECONDS = 600  # where nothing of it is built yet


def children_of(pid):
    """Process ids of all descendants."""
    with open(f"/proc/{pid}/task/{pid}/children") as listed:
        direct = [int(child) for child in listed.read().split()]
    found = list(direct)
    for child in direct:
        try:
            found += children_of(child)
        except (FileNotFoundError, ProcessLookupError):
            continue
    return found


def name_of(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/comm").read_text().strip()
    except (FileNotFoundError, ProcessLookupError):
        return ""


class BenchTest(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(self.enterContext(
            tempfile.TemporaryDirectory(prefix="ddbsync-e2e.")))
        self.results = self.folder / "results.json"

    def bench(self, *arguments):
        return subprocess.run([RUN, "--results", self.results, *arguments], capture_output=True,
                              text=True, timeout=BUILD_SECONDS)

    def test_an_unknown_name_is_refused_with_those_that_there_are(self):
        done = self.bench("P1", "P99")
        self.assertEqual(2, done.returncode, done.stderr)
        for word in ("P99", "P1,", "P15", "plot"):
            self.assertIn(word, done.stderr)
        self.assertFalse(self.results.exists())

    def test_a_quick_run_prints_a_table_and_writes_every_run(self):
        done = self.bench("--quick", "P6", "P1")
        self.assertEqual(0, done.returncode, done.stderr)
        self.assertRegex(done.stdout, r"(?m)^P1 .*× floor +≤ 1.4 +(met|MISSED)$")
        self.assertRegex(done.stdout, r"(?m)^P6 .*× floor +≤ 2 +(met|MISSED)$")
        self.assertIn("no measurements", done.stdout)

        found = json.loads(self.results.read_text())
        self.assertTrue(found["quick"])
        self.assertEqual({"cpu", "cores", "memory_gib", "kernel"}, set(found["machine"]))
        for program in ("ddbsync", "libcurl", "openssl", "python", "boto3", "node"):
            self.assertTrue(found["versions"][program], program)
        self.assertRegex(found["commit"], r"^[0-9a-f]{40}\+?$")
        self.assertIn("--quick P6 P1", found["command"])
        self.assertEqual(["P1", "P6"], [case["name"] for case in found["cases"]])
        for case in found["cases"]:
            self.assert_case(case)

    def assert_case(self, case):
        self.assertFalse(case["failed"])
        self.assertEqual({"ddbsync", "floor"}, {run["who"] for run in case["runs"]})
        for run in case["runs"]:
            for number in ("cpu_seconds", "us_per_item", "server_us_per_item", "peak_mib"):
                self.assertGreater(run[number], 0, number)
            self.assertTrue(run["who"] == "floor" or run["exact"])
        judged, *others = case["rows"]
        low, high = judged["spread"]
        self.assertLessEqual(low, judged["figure"])
        self.assertLessEqual(judged["figure"], high)
        self.assertIn(judged["met"], (True, False))
        self.assertTrue(all(row["met"] is None or row["bar"] for row in others))

    def test_a_signal_ends_it_and_all_that_it_started(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            with self.subTest(number=number):
                self.stop_by(number)

    def stop_by(self, number):
        run = processes.spawn([RUN, "--results", self.results, "P1"], stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL)
        try:
            def measuring():
                self.assertIsNone(run.poll())
                found = children_of(run.pid)
                names = {name_of(child) for child in found}
                return found if {"wire_server", "ddbsync"} <= names else None
            children = processes.wait_for(measuring, BUILD_SECONDS, "the measurement to begin")
            run.send_signal(number)
            self.assertEqual(128 + number, processes.exit_code(run, 20))
        finally:
            processes.stop(run)
        processes.wait_for(lambda: all(processes.has_ended(child) for child in children), 20,
                           "the end of what it had started")
        self.assertFalse(self.results.exists())


if __name__ == "__main__":
    unittest.main()
