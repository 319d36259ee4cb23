"""`cutover run --reverse`: the process of the job goes on with the way back by itself, also after a
kill -9; and it does not where it must not."""

import contextlib
import signal

import cutover_fixture
import cutover_kill_test
import ddbsync
import fixtures
import processes
import service_test

FOREVER, SECONDS = cutover_fixture.FOREVER, cutover_fixture.SECONDS
WRITE = "BatchWriteItem"


class GoesOnCase(cutover_kill_test.KilledCase):
    def assert_carried_back(self, job, application):
        """What the application writes to b from now on arrives in a."""
        application.wait_until_it_writes()
        with application.resting():
            self.wait_until_it_carried_all(job)
            self.assert_equal_tables()
            self.assert_written(application, self.source)

    def live_on_b(self, application):
        application.go_on_with(self.target)
        for file in ("frozen", "resting"):
            (self.folder / file).unlink(missing_ok=True)

    def writes_to_b(self):
        """Calls of ddbsync's; the application has its own way to the table."""
        return self.target_proxy.seen.get(WRITE, 0)

    def make_ready(self):
        job = self.follow()
        application = self.application()
        self.verify_and_wait_until_ready("--reverse", application=application)
        application.wait_until_it_writes()
        return job, application

    def kill_committed(self, job):
        """After the commit, with what comes after it not done."""
        with self.held(self.target_proxy, "TagResource") as came:
            said = self.kill_at(job, "committed", came, "--reverse")
        self.assert_says(said, ["COMMITTED"])


    def status_of_forward_job(self):
        code, out, err = ddbsync.run("status", "--src", "a", "--dst", "b", "--config",
                                     self.folder / "ddbsync.toml", "--state", self.state,
                                     home=self.folder)
        self.assertEqual(ddbsync.DONE, code, out + err)
        return out


class GoesOnTest(GoesOnCase):
    def test_b_is_carried_back_with_nothing_typed_also_after_kills(self):
        job, application = self.make_ready()
        said = self.cutover("run", "--reverse")
        self.assert_says(said, ["SWITCHED", "the way back counts", "job a-b-reverse follows it"])
        self.assertTrue(job.running)
        written = self.writes_to_b()
        self.live_on_b(application)
        job.state = self.reverse_state()
        self.assert_carried_back(job, application)
        self.assertIn("goes on as job a-b-reverse", job.output())
        self.assert_says(self.cutover("status"), ["SWITCHED", "job a-b-reverse follows it"])
        self.assert_says(self.status_of_forward_job(),
                         ["job a-b-reverse carries", f"status --state {self.reverse_state()}`"])
        other = self.begin_job()
        self.assertEqual(ddbsync.USAGE, other.wait(), other.output())
        self.assert_says(other.output(), ["another ddbsync", "runs this job"])

        # A supervisor starts what it has always started.
        job.kill()
        application.wait_until_it_writes()
        job = self.begin_job()
        job.state = self.reverse_state()
        self.assert_carried_back(job, application)

        self.assertEqual(ddbsync.DONE, job.stop(), job.output())
        self.assertIn("stopped in good order", job.output())
        self.assertEqual(written, self.writes_to_b(), "b is live: nobody but its application")
        self.assert_says(self.cutover("status"), ["`ddbsync reverse --src a --dst b"])
        self.assert_says(self.status_of_forward_job(),
                         ["`ddbsync reverse --src a --dst b",
                          f"as job a-b-reverse in {self.reverse_state()}"])

        # By hand it is the same job.
        application.wait_until_it_writes()
        self.assert_carried_back(self.go_back(), application)
        self.assertEqual(written, self.writes_to_b())

    def test_a_kill_right_after_the_commit_is_gone_on_from_by_the_same_start(self):
        job, application = self.make_ready()
        self.kill_committed(job)
        written = self.writes_to_b()
        self.live_on_b(application)
        application.wait_until_it_writes()

        job = self.begin_job()
        job.state = self.reverse_state()
        self.assert_carried_back(job, application)
        self.assertEqual((1, "done"), self.number_and_step())
        # A stray write to a is nobody's to carry any more.
        self.put(200)
        self.assert_carried_to_nobody(job, application, 200)
        self.assertEqual(ddbsync.DONE, job.stop(), job.output())
        self.assertEqual(written, self.writes_to_b())

    def assert_carried_to_nobody(self, job, application, index):
        application.wait_until_it_writes()
        with application.resting():
            self.wait_until_it_carried_all(job)
        self.assertNotIn("Item", self.client.get_item(
            TableName=self.target, Key=cutover_fixture.workload.key_of(index)))


class GoesOnAgainTest(GoesOnCase):
    def test_a_way_back_is_switched_and_gone_back_from_as_well(self):
        job, application = self.make_ready()
        self.cutover("run", "--reverse")
        self.live_on_b(application)
        job.state = self.reverse_state()
        self.assert_carried_back(job, application)
        back = ("--src", "b", "--dst", "a", "--job", "a-b-reverse", "--config",
                self.folder / "ddbsync.toml", "--state", job.state)
        with application.resting():
            self.tell("verify", *back)
        self.tell("cutover", "run", "--reverse", *back)

        # Now a is live, and b follows it as the third job of one process, and of the next one.
        application.go_on_with(self.source)
        for file in ("frozen", "resting"):
            (self.folder / file).unlink()
        for again in (False, True):
            if again:
                job.kill()
                job = self.begin_job()
            job.state = self.reverse_state() / "reverse"
            application.wait_until_it_writes()
            with application.resting():
                self.wait_until_it_carried_all(job)
                self.assert_equal_tables()
                self.assert_written(application, self.target)
            self.assertIn("goes on as job a-b-reverse-reverse", job.output())


class DoesNotGoOnTest(GoesOnCase):
    @contextlib.contextmanager
    def stopped_when_committed(self, job):
        """The job is told to stop while what comes after its commit is held, and the command that
        switches it still runs."""
        with self.held(self.target_proxy, "TagResource") as came:
            process = self.begin_run("--reverse", "--timeout", FOREVER)
            self.wait_for_step(job, "committed")
            processes.wait_for(came.is_set, 60, "the commit")
            job.send(signal.SIGTERM)
            processes.wait_for(lambda: "stopping" in job.output(), 30, "the stop")
            yield process

    def test_a_stop_ends_the_process_and_says_what_to_type(self):
        job, application = self.make_ready()
        with self.stopped_when_committed(job) as process:
            pass
        self.assertEqual(ddbsync.DONE, job.wait(60), job.output())
        self.assert_says(job.output(), ["nothing follows its way back yet: `ddbsync reverse --src "
                                        "a --dst b"])
        self.assertNotIn("goes on as job", job.output())
        self.assertFalse(self.reverse_state().exists())
        self.assert_says(self.end_of(process, ddbsync.DONE),
                         ["SWITCHED", "`ddbsync reverse --src a --dst b"])

        self.live_on_b(application)
        application.wait_until_it_writes()
        self.assert_carried_back(self.go_back(), application)

    def test_an_end_between_committed_and_done_says_what_to_type(self):
        job, application = self.make_ready()
        with self.stopped_when_committed(job) as process:
            job.send(signal.SIGTERM)
            self.assertEqual(ddbsync.FAILED, job.wait(20), job.output())
        application.stop()
        self.assert_says(job.output(), ["ended at once", "committed and stays so",
                                        "the same command does that and goes on with the way back"])
        self.assertRegex(job.output(), "by hand `ddbsync cutover commit --src a --dst b .*`, "
                                       "then `ddbsync reverse --src a --dst b .*`\n")
        processes.exit_code(process, SECONDS)
        self.assert_says(self.status_of_forward_job(),
                         ["what comes after is not finished", "`ddbsync cutover commit --src a"])

    def test_a_second_signal_does_not_wait_for_the_job_that_was_cut_over_to_close(self):
        """Its process waits for calls in hand before it goes on with the way back."""
        self.make_source(cutover_fixture.ITEMS)
        self.make_target(stream=fixtures.VIEW)
        told = self.enterContext(service_test.Notified(str(self.folder / "notify")))
        job = self.begin_job("--watch-target", env=ddbsync.environment(
            self.folder, **ddbsync.credentials(), NOTIFY_SOCKET=str(self.folder / "notify")))
        job.wait_until_following()
        application = self.application()
        self.verify_and_wait_until_ready("--reverse", application=application)
        with self.held(self.target_proxy, "TagResource") as came:
            process = self.begin_run("--reverse", "--timeout", FOREVER)
            self.wait_for_step(job, "committed")
            processes.wait_for(came.is_set, 60, "the commit")
            in_hand = self.enterContext(self.held(self.target_proxy, "GetRecords"))
            processes.wait_for(in_hand.is_set, 60, "a call of the watch")
        self.enterContext(self.held(self.target_proxy, "GetRecords"))  # also what it tries again
        processes.wait_for(lambda: any("closing the job that was cut over" in message
                                       for message in told.heard), 30, lambda: told.heard)
        job.send(signal.SIGTERM)
        processes.wait_for(lambda: "STOPPING=1" in told.heard, 10, lambda: told.heard)
        job.send(signal.SIGTERM)
        self.assertEqual(ddbsync.FAILED, job.wait(10), job.output())
        self.assert_says(job.output(), ["ended at once",
                                        "nothing follows its way back yet: `ddbsync reverse"])
        application.stop()
        processes.exit_code(process, SECONDS)

    def test_a_stream_that_is_gone_is_told_and_nothing_is_written(self):
        job, application = self.make_ready()
        self.kill_committed(job)
        for on in (False, True):
            self.switch_target_stream(on)
        written = self.writes_to_b(), self.source_proxy.seen.get(WRITE, 0)
        job = self.begin_job()
        self.assertEqual(ddbsync.DATA_AT_RISK, job.wait(60), job.output())
        self.assert_says(job.output(), ["its stream was switched off and on",
                                        "the cut-over itself is committed and stays so",
                                        "`ddbsync reverse --src a --dst b"])
        self.assertEqual(written, (self.writes_to_b(), self.source_proxy.seen.get(WRITE, 0)))
        application.stop()

    def test_a_checkpoint_that_cannot_be_read_is_not_taken_for_not_committed(self):
        job, application = self.make_ready()
        self.kill_committed(job)
        application.stop()
        (self.state / "checkpoint" / "CURRENT").unlink()
        calls = dict(self.source_proxy.seen), dict(self.target_proxy.seen)
        job = self.begin_job()
        self.assertEqual(ddbsync.FAILED, job.wait(60), job.output())
        self.assert_says(job.output(), [f"The checkpoint in {self.state}/checkpoint is damaged",
                                        "put back a copy"])
        self.assertEqual(calls, (dict(self.source_proxy.seen), dict(self.target_proxy.seen)))
        self.assertFalse(self.reverse_state().exists())

    def switch_target_stream(self, on):
        view = {"StreamViewType": "NEW_AND_OLD_IMAGES"} if on else {}
        self.client.update_table(TableName=self.target,
                                 StreamSpecification={"StreamEnabled": on, **view})
        self.client.get_waiter("table_exists").wait(TableName=self.target)
