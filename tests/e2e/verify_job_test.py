"""`ddbsync verify` through the process that runs the job: live writers, repairs, two operators."""

import json
import re
import signal

import ddbsync
import fixtures
import processes
import verify_fixture
import workload
import writer

ITEMS = 1000
CHANGES_PER_SECOND = 30
# A suspect waits for the watermark, and DynamoDB Local dates changes to the minute.
SECONDS = 300


class VerifyJobTest(verify_fixture.VerifyCase):
    def start_and_follow(self, items=fixtures.ITEMS, **options):
        self.make_tables(items)
        job = self.start(**options)
        job.wait_until_following()
        job.wait_until_past(ddbsync.now())
        return job

    def asked(self, job):
        return json.loads(job.get("/api/v1/verify")[1])

    def test_a_live_writer_makes_no_false_alarm_and_a_planted_difference_is_found(self):
        job = self.start_and_follow(ITEMS)
        self.put(800_000)  # which the writer never touches
        job.wait_until_past(ddbsync.now(), 90)
        said = self.verify()
        self.assert_says(said, ["EQUAL", "quiet form", "through the process"])
        self.assertNotIn("goes on", said)
        changing = writer.Writer(self.server.url, self.source, ITEMS // 2, CHANGES_PER_SECOND)
        with changing as changes:
            job.wait_until(lambda status: status["tail"]["inserts"] > 0, what="the first change")
            said = self.verify("--form", "live", seconds=SECONDS)
            self.assert_says(said, ["EQUAL", "live form"])
            self.client.delete_item(TableName=self.target, Key=workload.key_of(800_000))
            self.client.put_item(TableName=self.target,
                                 Item={**workload.key_of(900_000), "note": {"S": "extra"}})
            said = self.verify("--repair", code=ddbsync.NOT_EQUAL, seconds=SECONDS)
            self.assert_says(said, ["DIFFERENT: 1 extra", "1 repaired"])
            text = job.get("/metrics")[1]
            self.assertRegex(text, r'ddbsync_verify_differences{.*kind="extra"} 1')
            self.assertRegex(text, r"ddbsync_verify_oldest_difference_seconds{.*} \d")
            last = changes.stop()["last_change"]
        job.wait_until_past(last, 90)
        self.assert_says(self.verify("--repair", "--delete-extra"), ["EQUAL", "1 repaired"])
        self.assert_equal_tables()
        self.assertEqual(ddbsync.DONE, job.stop(), job.output())
        self.assertEqual("equal", self.shown()["outcome"])

    def test_a_watch_keeps_up_with_what_the_job_writes(self):
        job = self.start_and_follow(50)
        process = self.begin("--watch")
        self.wait_until_said("generation 1: EQUAL")
        self.client.delete_item(TableName=self.target, Key=workload.key_of(1))  # by somebody else
        self.put(2)
        processes.wait_for(lambda: self.asked(job)["generation"] > 1, 60, "a generation")
        self.put(1)  # mended by the tail
        job.wait_until_past(ddbsync.now())
        process.send_signal(signal.SIGINT)
        self.assertEqual(ddbsync.DONE, processes.exit_code(process, 30), self.said())
        self.assert_equal_tables()

    def test_a_second_operator_is_told_and_may_watch(self):
        job = self.start_and_follow(ITEMS)
        slow = ("--form", "live", "--read-capacity", "30")
        first = self.begin(*slow)
        processes.wait_for(lambda: self.asked(job)["running"], 30, "the first")
        said = self.verify("--sample", "10%", code=ddbsync.FAILED)
        self.assert_says(said, ["a verification runs already", "--read-capacity 30",
                                "ddbsync verify stop"])
        second = processes.spawn(
            [str(word) for word in (ddbsync.BINARY, *self.words(
                "verify", "--src", "a", "--dst", "b", *slow))], cwd=self.folder,
            env=ddbsync.environment(self.folder, **ddbsync.credentials()),
            stdout=open(self.folder / "second.out", "w"))
        self.addCleanup(processes.stop, second)
        processes.wait_for(lambda: self.asked(job)["asked_for"] == 2, 30, "the second")
        second.send_signal(signal.SIGINT)
        self.assertEqual(verify_fixture.INTERRUPTED, processes.exit_code(second, 10))
        self.assertTrue(self.asked(job)["running"], "who only watches ends nothing")
        first.send_signal(signal.SIGINT)
        self.assertEqual(verify_fixture.INTERRUPTED, processes.exit_code(first, 30), self.said())
        self.assertEqual("stopped", self.asked(job)["outcome"])
        self.assert_says(self.said(), ["the same command goes on where it was"])
        self.assert_says(self.verify("--form", "live"), ["EQUAL"])
        self.assert_follows(job)

    def test_a_job_that_copies_or_rests_is_not_verified(self):
        self.make_tables(ITEMS)
        job = self.start("--write-capacity", "60")
        job.wait_until_written(25)
        self.assert_says(self.verify(code=ddbsync.FAILED), ["still copies"])
        self.assertEqual(0, self.asked(job)["run"])
        ddbsync.run("throttle", "write-capacity=none", "--state", self.state, home=self.folder)
        job.wait_until_following()
        job.wait_until_it_may_rest()
        ddbsync.run("pause", "--all", "--state", self.state, home=self.folder)
        self.assert_says(self.verify(code=ddbsync.FAILED), ["following rests", "ddbsync resume"])

    def test_a_job_that_is_stopped_stops_it_and_it_goes_on_without(self):
        job = self.start_and_follow(ITEMS)
        process = self.begin("--form", "live", "--read-capacity", "60")
        self.wait_until_walked()
        self.assertEqual(ddbsync.DONE, job.stop(), job.output())
        self.assertIn(processes.exit_code(process, 30),
                      (ddbsync.FAILED, verify_fixture.INTERRUPTED))
        self.assertRegex(self.said(), re.compile("process has ended|stopped"))
        said = self.verify("--form", "live")
        self.assert_says(said, ["goes on with what was begun", "EQUAL"])

    def test_a_killed_job_goes_on_with_it_too(self):
        job = self.start_and_follow(ITEMS, settle=ddbsync.SHORT_SETTLE)
        process = self.begin("--form", "live", "--read-capacity", "60")
        self.wait_until_walked()
        job.kill()
        self.assertEqual(ddbsync.FAILED, processes.exit_code(process, 30), self.said())
        self.assert_says(self.said(), ["process has ended"])
        again = self.start(settle=ddbsync.SHORT_SETTLE)
        again.wait_until_past(ddbsync.now())
        said = self.verify("--form", "live")
        self.assert_says(said, ["goes on with what was begun", "EQUAL"])

    def test_stop_and_show_are_commands(self):
        job = self.start_and_follow(ITEMS)
        process = self.begin("--form", "live", "--read-capacity", "30")
        processes.wait_for(lambda: self.asked(job)["running"], 30, "the verification")
        self.assertTrue(self.shown()["running"])
        ended, out, err = ddbsync.run("verify", "stop", "--state", self.state, home=self.folder)
        self.assertEqual(ddbsync.DONE, ended, err)
        self.assertEqual(verify_fixture.INTERRUPTED, processes.exit_code(process, 30), self.said())
        ended, out, err = ddbsync.run("verify", "show", "--state", self.state, home=self.folder)
        self.assertEqual(ddbsync.DONE, ended, err)
        self.assert_says(out, ["not running", "stopped, as asked"])
