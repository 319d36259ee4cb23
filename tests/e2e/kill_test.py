"""kill -9 at any instant loses nothing: a live table through dozens of kills."""

import contextlib
import pathlib
import os
import random
import signal
import threading

import ddbsync
import faulty_proxy
import fixtures
import processes
import workload
import writer

KILLS = int(os.environ.get("DDBSYNC_KILLS", "32"))
ITEMS = 3000
CHANGES_PER_SECOND = 200
# Units per second: slow enough that the first half of the kills all hit the copy.
WRITE_CAPACITY = 300
LONGEST_START = 0.3  # seconds; every fourth run is killed so early, whatever it has reached
LONGEST_LIFE = 0.8  # seconds of the others, after they have said that they run
LONGEST_CALL = 120  # seconds that a busy DynamoDB Local may take over what it has been sent


class KillTest(fixtures.Case):
    def test_a_live_copy_survives_sigkill_in_every_phase(self):
        self.make_tables(items=ITEMS)
        seed = int(os.environ.get("DDBSYNC_SEED", random.randrange(1 << 32)))
        self.pick = random.Random(seed)
        with self.subTest(seed=seed), \
                faulty_proxy.FaultyProxy(self.server.url) as self.proxy, \
                writer.Writer(self.server.url, self.source, ITEMS, CHANGES_PER_SECOND) as changes:
            self.target_url = self.proxy.url
            copying = self.kill_often("--write-capacity", WRITE_CAPACITY)
            with self.run_once() as job:
                commits = job.wait_until_following(90)["commits_ok"]
                job.wait_until(lambda status: status["commits_ok"] > commits + 1, what="commits")
                self.kill(job)
            following = self.kill_often()
            job = self.run_once()
            job.wait_until_past(changes.stop()["last_change"], 90)
            self.assertEqual(ddbsync.DONE, job.stop(), job.output())
            self.assert_equal_tables()
            # Kills that all meet one phase would prove less than the name says.
            self.assertIn("copying", copying)
            self.assertIn("following", following)

    def run_once(self, *arguments):
        return self.start(*arguments, settle=ddbsync.SHORT_SETTLE)

    def kill(self, job):
        """What it has sent is carried out when this returns: a busy DynamoDB Local may take longer
        than the settle time, which is then another matter (LateWriteTest)."""
        job.kill()
        self.proxy.drain(LONGEST_CALL)

    def kill_often(self, *arguments):
        """The states in which half of the kills found the job."""
        return {self.live_and_die(number % 4 == 0, arguments) for number in range(KILLS // 2)}

    def live_and_die(self, young, arguments):
        with self.run_once(*arguments) as job:
            if not young:
                job.wait_until(lambda status: status["state"] in ("copying", "following"),
                               what="life")
            end = ddbsync.now() + self.pick.random() * (LONGEST_START if young else LONGEST_LIFE)
            state = None
            while ddbsync.now() < end:
                self.assertTrue(job.running, job.output)
                state = (job.status() or {}).get("state", state)
            self.kill(job)
        return state

    def test_backfill_resumes_where_it_was_killed(self):
        self.make_tables(items=2000)
        with self.start("--write-capacity", "800", command="backfill") as job:
            job.wait_until_written(800)
            job.kill()
        job = self.start(command="backfill")
        self.assertEqual(ddbsync.DONE, job.wait(60), job.output())
        self.assert_equal_tables()


class LateWriteTest(fixtures.Case):
    """A killed process cannot take back what it has sent: the server may carry that out later."""

    KEY = 2

    def setUp(self):
        super().setUp()
        self.came, self.landed, self.release = (threading.Event() for _ in range(3))
        self.order = []  # since the deletion came

    def test_a_deletion_that_lands_after_the_kill_goes_before_the_next_process_writes(self):
        self.make_tables(items=20)
        with faulty_proxy.FaultyProxy(self.server.url) as proxy:
            # Also when the test fails: the proxy ends with its last request.
            self.addCleanup(self.release.set)
            proxy.on("BatchWriteItem", self.hold_the_deletion)
            self.target_url = proxy.url
            with self.start() as job:
                job.wait_until_following()
                self.client.delete_item(TableName=self.source, Key=workload.key_of(self.KEY))
                self.assertTrue(self.came.wait(60), job.output())
                job.kill()
            self.put(self.KEY)
            job = self.start()
            job.wait_until(lambda status: status["state"] == "settling", what="settling")
            self.release.set()
            self.assertTrue(self.landed.wait(60))
            processes.wait_for(self.is_there, 60, "the item")
            self.assertEqual(ddbsync.DONE, job.stop(), job.output())
        self.assertEqual(["the deletion landed", "a put came"], self.order[:2])
        self.assert_equal_tables()

    def is_there(self):
        key = workload.key_of(self.KEY)
        found = self.client.get_item(TableName=self.target, Key=key, ConsistentRead=True)
        return "Item" in found

    def hold_the_deletion(self, request, forward):
        (writes,) = request.json["RequestItems"].values()
        key = workload.key_of(self.KEY)
        if {"DeleteRequest": {"Key": key}} in writes and not self.came.is_set():
            self.came.set()
            self.release.wait()
            answer = forward()
            self.order.append("the deletion landed")
            self.landed.set()
            return answer
        items = [write["PutRequest"]["Item"] for write in writes if "PutRequest" in write]
        if self.came.is_set() and any(key.items() <= item.items() for item in items):
            self.order.append("a put came")
        return forward()


class SignalTest(fixtures.Case):
    def test_sigint_and_sigterm_stop_in_good_order_and_the_next_start_resumes(self):
        self.make_tables(items=1500)
        for number in (signal.SIGINT, signal.SIGTERM):
            with self.start("--write-capacity", "300") as job:
                job.wait_until_written(100)
                job.send(number)
                self.assertEqual(ddbsync.DONE, job.wait(), job.output())
        job = self.start()
        self.assert_follows(job)
        self.assertEqual(ddbsync.DONE, job.stop())

    def test_a_signal_during_the_start_is_heeded(self):
        self.make_tables(items=20)
        for number in (signal.SIGINT, signal.SIGTERM):
            with self.start() as job:
                processes.wait_for(lambda: self.handles(job.process.pid, number) or not job.running,
                                   30, "signals to be handled")
                job.send(number)
                self.assertEqual(ddbsync.DONE, job.wait(), job.output())
        self.assert_follows(self.start())

    @staticmethod
    def handles(pid, number):
        """Whether the process catches the signal, or holds it for a thread that waits for it.

        The kernel shows it as held in every thread but the one that waits at that moment.
        """
        bit = 1 << (number - 1)
        for status in pathlib.Path(f"/proc/{pid}/task").glob("*/status"):
            with contextlib.suppress(OSError):  # the thread or the process has ended
                masks = dict(line.split(":\t") for line in status.read_text().splitlines()
                             if line.startswith("Sig"))
                if any(int(masks[name], 16) & bit for name in ("SigCgt", "SigBlk")):
                    return True
        return False

    def test_a_second_signal_stops_at_once_even_when_the_target_hangs(self):
        self.make_tables(items=500)
        with fixtures.hanging_target(self) as release:
            job = self.start()
            job.wait_until(lambda status: status["writes"]["in_flight"] > 0, what="a write")
            job.send(signal.SIGTERM)
            job.wait_until(lambda status: status["state"] == "stopping", what="the stop")
            job.send(signal.SIGTERM)
            self.assertEqual(ddbsync.FAILED, job.ends_within(5))
            self.assert_says(job.output(), ["ended at once"])
            release.set()
        self.assert_follows(self.start())

    def test_sigstop_and_sigcont_pause_and_lose_nothing(self):
        self.make_tables(items=1500)
        with writer.Writer(self.server.url, self.source, 1500, CHANGES_PER_SECOND) as changes:
            job = self.start("--write-capacity", "500")
            job.wait_until_written(100)
            job.send(signal.SIGSTOP)
            self.put(3, seed=1000)
            workload.fill(self.client, self.source, workload.items(100, seed=5))
            job.send(signal.SIGCONT)
            job.wait_until_following()
            job.wait_until_past(changes.stop()["last_change"])
        self.assert_equal_tables()
