"""What an operator does to a running job: pause, resume, throttle, stop, and look."""

import json
import signal
import subprocess
import time

import ddbsync
import fixtures
import processes

ITEMS = 1000


class ControlTest(fixtures.Case):
    def tell(self, *words, code=ddbsync.DONE):
        """Standard output of a command about the job, or its standard error if it is to fail."""
        ended, out, err = ddbsync.run(*words, "--state", self.state, home=self.folder)
        self.assertEqual(code, ended, out + err)
        return out if code == ddbsync.DONE else err

    def wait_until_nothing_is_read(self, job):
        """Until no poll was answered for longer than an idle shard rests."""
        before = None

        def rests():
            nonlocal before
            tail = job.status()["tail"]
            now = [tail[result] for result in ("polls_records", "polls_empty", "polls_failed")]
            if now == before:
                return True
            before = now
            time.sleep(3)
            return False
        processes.wait_for(rests, 60, "the polls to end")

    def start_slowly(self):
        """A copy that a write limit keeps going for minutes."""
        self.make_tables(ITEMS)
        job = self.start("--write-capacity", "150")
        job.wait_until(lambda status: status["writes"]["puts_ok"] >= 25, what="the first writes")
        return job

    def test_throttle_holds_and_lets_go(self):
        job = self.start_slowly()
        status = job.wait_until(lambda status: status["bottleneck"] == "limit", what="the limit")
        self.assertIn("write-capacity", status["reason"])
        self.assertIn("write-capacity 150", self.tell("status"))
        self.assertIn("none", self.tell("throttle", "write-capacity=none", "in-flight=2"))
        limits = job.status()["limits"]
        self.assertEqual((None, 2), (limits["write_capacity"], limits["in_flight"]))
        status = job.wait_until_following()
        self.assertLessEqual(status["writes"]["in_flight_limit"], 2)
        self.assertEqual(ddbsync.DONE, job.stop())

    def test_a_paused_copy_rests_while_changes_are_followed(self):
        job = self.start_slowly()
        self.assertIn("changes are still followed", self.tell("pause"))
        self.assertIn("ddbsync resume", self.tell("status"))
        # What was on its way.
        before = job.wait_until(lambda status: status["writes"]["in_flight"] == 0,
                                what="the last answer")["backfill"]
        changed = ddbsync.now()
        self.put(0)
        job.wait_until(
            lambda status: (ddbsync.time_of(status["tail"]["watermark"]) or 0) > changed,
            what="the watermark to pass a change")
        now = job.status()["backfill"]
        settled = [what["items_written"] + what["items_fenced"] for what in (before, now)]
        # A writer that was past the gate when it was closed may send one batch more.
        self.assertLessEqual(settled[1] - settled[0], 25)
        self.assertFalse(now["complete"])
        self.tell("resume")
        self.tell("throttle", "write-capacity=none")
        self.assert_follows(job)

    def test_pause_all_stops_following_too(self):
        self.make_tables()
        job = self.start()
        job.wait_until_following()
        job.wait_until_it_may_rest()
        self.assertIn("pause --all", self.tell("pause", code=ddbsync.FAILED))
        self.assertIn("not followed", self.tell("pause", "--all"))
        self.wait_until_nothing_is_read(job)  # a call on its way is finished
        self.put(1)
        time.sleep(2)
        with self.assertRaises(AssertionError):
            self.assert_equal_tables()
        self.tell("resume")
        self.assert_follows(job)

    def test_stop_waits_for_the_orderly_end(self):
        job = self.start_slowly()
        self.assertIn("stopped in good order", self.tell("stop"))
        self.assertEqual(ddbsync.DONE, job.ends_within(1))
        self.assertIn("stopped in good order", self.tell("status"))
        for command in ("stop", "pause", "resume"):
            self.assertIn("no process runs the job", self.tell(command, code=ddbsync.FAILED))
        again = self.start()
        self.assert_follows(again)

    def test_what_is_not_understood_changes_nothing(self):
        job = self.start_slowly()
        before = job.status()["limits"]
        for words, said in ((("throttle",), "nothing is said to throttle"),
                            (("throttle", "write-capacity=-1"), "`-1`"),
                            (("throttle", "speed=5"), "`speed`"),
                            (("throttle", "in-flight=2", "fast"), "KEY=VALUE"),
                            (("pause", "now"), "unexpected argument"),
                            (("resume", "--all"), "belongs to: pause, stop"),
                            (("stop", "--all", "--job", "a-b"), "one of them")):
            self.assertIn(said, self.tell(*words, code=ddbsync.USAGE))
        self.assertEqual(before, job.status()["limits"])

    def test_status_is_watched_until_nobody_reads(self):
        job = self.start_slowly()
        watch = processes.spawn(
            [str(ddbsync.BINARY), "status", "--watch", "--json", "--state", str(self.state)],
            cwd=self.folder, stdout=subprocess.PIPE, text=True)
        with watch:
            looks = [json.loads(watch.stdout.readline()) for _ in range(3)]
            watch.stdout.close()
            self.assertEqual(-signal.SIGPIPE, processes.exit_code(watch, 10))
        puts = [look["writes"]["puts_ok"] for look in looks]
        self.assertEqual(sorted(puts), puts)
        self.assertLess(puts[0], puts[-1])
        self.assertTrue(job.running)
