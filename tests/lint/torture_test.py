"""tools/torture refuses nonsense, leaves nothing behind when stopped, and sees what it is for."""

import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import unittest
import unittest.mock

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "torture"))
import paths  # noqa: E402, F401
import checkpoints  # noqa: E402
import main  # noqa: E402
import plan  # noqa: E402
import processes  # noqa: E402

OPTIONS = plan.Options(kills=300, seed=17, settle=0.2, server="fake", network=False, jobs=3,
                       longest_stop=4.0)


class ArgumentsTest(unittest.TestCase):
    def assert_refused(self, *arguments, says):
        done = subprocess.run([ROOT / "tools" / "torture", *arguments], capture_output=True,
                              text=True, timeout=30)
        self.assertEqual(2, done.returncode, done.stderr)
        self.assertIn(says, done.stderr)

    def test_nonsense_is_refused_with_its_name(self):
        self.assert_refused("--kills", "0", says="--kills: '0' is not between 1 and")
        self.assert_refused("--kills", "many", says="--kills: 'many' is not between")
        self.assert_refused("--seed", "-1", says="--seed: '-1' is not between")
        self.assert_refused("--settle", "5", says="--settle: '5' is not a duration")
        self.assert_refused("--settle", "1ms", says="--settle is between 0.1 s and 60 s")
        self.assert_refused("--longest-stop", "2000s", says="--longest-stop is at most")
        self.assert_refused("--server", "aws", says="--server")
        self.assert_refused("--jobs", "0", says="--jobs")
        self.assert_refused("--kills", "50", "--round", "99", says="--round: there are")
        self.assert_refused("--faster", says="unrecognized arguments: --faster")


class PlanTest(unittest.TestCase):
    def test_the_same_seed_gives_the_same_plan_and_another_another(self):
        first, again = (plan.draw(OPTIONS, 3, 25) for _ in range(2))
        self.assertEqual(first, again)
        self.assertNotEqual(first.seed, plan.draw(OPTIONS, 4, 25).seed)

    def test_as_many_kills_are_planned_as_were_asked_for(self):
        for kills in (1, 2, 20, 26, 300):
            options = plan.Options(**{**vars(OPTIONS), "kills": kills})
            rounds = plan.rounds_of(options)
            self.assertEqual(kills, sum(rounds))
            for number, each in enumerate(rounds, 1):
                self.assertEqual(each, len(plan.draw(options, number, each).lives))


def state(position="100", finished=False, items=5, **more):
    return {"job": {"job_id": "a-b"}, "gaps": [], "dead_letters": [], "rechecks": [],
            "shards": [{"shard_id": "s", "position": position, "finished": finished}],
            "segments": [{"segment": 0, "items_read": items, "finished": finished}], **more}


class WatchTest(unittest.TestCase):
    """What a checkpoint may not say after a kill is seen."""

    def see(self, *answers):
        watch = checkpoints.Watch("config", "state", "home", "job")
        for code, found in answers:
            said = (code, json.dumps(found), "an error")
            with unittest.mock.patch("ddbsync.run", return_value=said):
                watch.look()

    def assert_broken(self, before, after):
        with self.assertRaises(checkpoints.Broken):
            self.see((0, before), after)

    def test_progress_is_fine(self):
        self.see((1, None), (0, state("99")), (0, state("100")), (0, state("100", finished=True)))

    def test_what_goes_back_or_is_lost_is_not(self):
        self.assert_broken(state("100"), (0, state("99")))
        self.assert_broken(state(items=5), (0, state(items=4)))
        self.assert_broken(state(finished=True), (0, state()))
        self.assert_broken(state(), (0, state(shards=[])))
        self.assert_broken(state(), (0, state(job={"job_id": "c-d"})))
        self.assert_broken(state(), (0, state(gaps=[{"shard_id": "s"}])))
        self.assert_broken(state(), (0, state(dead_letters=[{"key": "k"}])))
        self.assert_broken(state(), (1, None))


class VerdictTest(unittest.TestCase):
    """A round that failed, died or hung is never counted as a good one."""

    def setUp(self):
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.enterContext(unittest.mock.patch.object(main, "EVIDENCE", self.folder / "evidence"))
        self.enterContext(unittest.mock.patch.object(main, "print", create=True))

    def run_round(self, program, seconds=30):
        """The exit code of a run of one round that is `program`, a Python text."""
        script = self.folder / "round.py"
        script.write_text(program)
        options = plan.Options(**{**vars(OPTIONS), "kills": 1})
        with unittest.mock.patch.object(main, "ROUND", script), \
                unittest.mock.patch.object(main, "ROUND_SECONDS", seconds), \
                unittest.mock.patch.object(main, "KILL_SECONDS", 0):
            run = main.Run(options, None, self.folder)
            run.to_its_end()
        return main.conclude(run, options, 1.0)

    DONE = {"kills": 1, "phases": {"copying": 1}, "items": 1, "changes": 1, "rolls": 0,
            "skipped": 0}

    def test_a_good_round_is_a_pass(self):
        self.assertEqual(0, self.run_round(f"print({json.dumps(json.dumps(self.DONE))})"))

    def test_all_others_are_not(self):
        said = json.dumps(json.dumps(self.DONE))
        self.assertEqual(1, self.run_round("""print('{"failed": "NOT EQUAL", "kills": 1}')"""))
        self.assertEqual(1, self.run_round(f"print({said}); raise SystemExit(3)"))
        self.assertEqual(1, self.run_round("import os; os.kill(os.getpid(), 9)"))
        self.assertEqual(1, self.run_round("import time; time.sleep(600)", seconds=0.2))
        self.assertTrue((self.folder / "evidence" / "17" / "round-1").exists())

    def test_many_kills_that_miss_a_phase_are_not(self):
        many = {**self.DONE, "kills": 300}
        self.assertEqual(1, self.run_round(f"print({json.dumps(json.dumps(many))})"))


class StopTest(unittest.TestCase):
    def test_a_signal_ends_it_and_all_that_it_started(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            with self.subTest(number=number):
                self.stop_by(number)

    def stop_by(self, number):
        """The rounds are of a program that starts a child, leaves a file of its name and waits.

        The pid is the file's name, not its text: a round may be ended between the two.
        """
        with tempfile.TemporaryDirectory() as folder:
            script = pathlib.Path(folder, "round.py")
            script.write_text(
                f"import sys; sys.path.insert(0, {str(ROOT / 'tests' / 'e2e')!r})\n"
                "import pathlib, processes, time\n"
                "child = processes.spawn(['sleep', '300'])\n"
                f"pathlib.Path({folder!r}, f'child.{{child.pid}}').touch()\n"
                "time.sleep(300)\n")
            program = (f"import sys; sys.path.insert(0, {str(ROOT / 'tests' / 'torture')!r})\n"
                       "import main, pathlib\n"
                       f"main.ROUND, main.build = pathlib.Path({str(script)!r}), lambda: None\n"
                       "main.main()\n")
            environment = {**os.environ, "TMPDIR": folder}
            run = processes.spawn([sys.executable, "-c", program], env=environment,
                                  stdout=subprocess.DEVNULL)
            children = lambda: [path.suffix[1:] for path in pathlib.Path(folder).glob("child.*")]
            processes.wait_for(children, 20, "a round")
            run.send_signal(number)
            self.assertEqual(128 + number, run.wait(20))
            processes.wait_for(lambda: all(map(processes.has_ended, children())), 20,
                               lambda: f"the end of what the rounds had started: {children()}")
            self.assertEqual([], list(pathlib.Path(folder).glob("ddbsync-torture.*")))


if __name__ == "__main__":
    unittest.main()
