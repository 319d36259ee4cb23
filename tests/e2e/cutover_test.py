"""`ddbsync cutover` from end to end: live writers, a switch, and the way back."""

import json
import signal

import botocore.exceptions
import cutover_fixture
import ddbsync
import faulty_proxy
import fixtures
import processes
import servers
import workload

# What the service says of a second change within the hour.
TOO_SOON = "Time to live has been modified multiple times within a fixed interval"
FOREVER, SECONDS = cutover_fixture.FOREVER, cutover_fixture.SECONDS


class SwitchTest(cutover_fixture.CutoverCase):
    def test_live_writers_are_switched_and_come_back(self):
        job = self.follow()
        self.verify_and_wait_until_ready("--reverse")
        application = self.application()
        application.wait_until_it_writes()
        said = self.cutover("run", "--drain", "seal", "--reverse")
        self.assert_says(said, ["SWITCHED", "the way back counts"])
        self.assertEqual(["freeze"], self.actions())
        self.assert_equal_tables()
        self.assert_written(application, self.target)
        # The same process, with nothing typed.
        reverse = self.wait_until_it_goes_back(job)
        self.assert_says(self.cutover("run"), ["SWITCHED"])

        application.go_on_with(self.target)
        (self.folder / "frozen").unlink()
        application.wait_until_it_writes()
        with application.resting():
            self.wait_until_it_carried_all(reverse)
            self.assert_equal_tables()
            self.assert_written(application, self.source)

        # And the source becomes the live table again.
        back = ("--src", "b", "--dst", "a", "--job", "a-b-reverse", "--config",
                self.folder / "ddbsync.toml", "--state", reverse.state)
        with application.resting():
            self.tell("verify", *back)
        self.tell("cutover", "run", *back)
        self.assertEqual(ddbsync.DONE, reverse.wait(), reverse.output())
        self.assertEqual(["freeze"] * 2, self.actions())
        self.assert_equal_tables()
        self.assert_written(application, self.source)
        self.assert_start_refused("committed", f"'{self.source}' is the live table")

    def assert_kept_in_the_report(self):
        """The gates as they were, and the digests of the tables, compared while frozen."""
        report = self.state_of()
        gates = {gate["name"]: gate for gate in report["gates"]}
        self.assertIn("lag", gates)
        self.assertTrue(all(gate["ok"] for gate in gates.values()), gates)
        digests = report["digests"]
        self.assertEqual(digests["source"], digests["target"])
        self.assertRegex(digests["source"], "^[0-9a-f]{32}$")

    def test_a_switch_waits_for_its_commit_and_is_taken_back_instead(self):
        job = self.follow()
        self.verify_and_wait_until_ready("--drain", "quiesce")
        application = self.application()
        wait = ("--stop-before", "commit", "--timeout", FOREVER)
        said = self.cutover("run", "--drain", "quiesce", *wait)
        self.assert_says(said, ["quiesce proves nothing", "READY", "ddbsync cutover commit"])
        self.assert_kept_in_the_report()
        self.assert_says(self.cutover("abort", "--reason", "not yet"), ["TAKEN BACK: not yet"])
        application.wait_until_it_writes()

        # The second is sealed: the job goes on with another stream.
        before = self.stream_of(self.source)
        self.wait_until_ready()
        self.assert_says(self.cutover("run", *wait), ["READY"])
        self.cutover("abort")
        self.assertEqual(["freeze", "thaw"] * 2, self.actions())
        self.assertNotEqual(before, self.stream_of(self.source))
        self.assert_follows_again(job, application)
        # Nobody knows whether somebody wrote between the two streams.
        self.assert_says(self.cutover("plan", code=ddbsync.NOT_EQUAL), ["NO  verified"])

        self.verify_and_wait_until_ready(application=application)
        self.assert_says(self.cutover("run", *wait), ["READY"])
        self.assert_says(self.cutover("commit"), ["SWITCHED"])
        self.assertEqual(ddbsync.DONE, job.wait(), job.output())
        self.assert_equal_tables()
        self.assertEqual((3, "done"), self.number_and_step())
        self.assert_kept_in_the_report()  # no process runs any more
        self.assert_says(self.cutover("abort", code=ddbsync.FAILED), ["SWITCHED"])


class VetoTest(cutover_fixture.CutoverCase):
    """What a hook, a writer that heeds nothing, or an operator can do to one."""

    def test_a_hook_that_refuses_is_missing_or_hangs(self):
        job = self.follow()
        self.verify_and_wait_until_ready("--drain", "quiesce", "--timeout", "30s")
        application = self.application()
        run = ("--drain", "quiesce", "--timeout", "30s")
        self.mode("refuse")
        said = self.end_of(self.begin_run(*run), ddbsync.NOT_EQUAL)
        self.assert_says(said, ["TAKEN BACK: the hook ended with 7", "not during the sale"])
        self.assertEqual(["freeze", "thaw"], self.actions())
        application.wait_until_it_writes()

        self.wait_until_ready("--drain", "quiesce", "--timeout", "30s")
        self.hook.unlink()
        process = self.begin_run(*run)
        # The one that lets writers in again is missing as well.
        self.wait_until_doing(job, "writers may still be stopped")
        self.write_hook()
        self.assert_says(self.end_of(process, ddbsync.NOT_EQUAL), ["TAKEN BACK", "127"])

        self.wait_until_ready("--drain", "quiesce", "--timeout", "30s")
        self.mode("hang")
        said = self.end_of(self.begin_run(*run), ddbsync.NOT_EQUAL)
        self.assert_says(said, ["TAKEN BACK: the time-out is over, at freezing"])
        self.assert_follows_again(job, application)


class BrokenFreezeTest(cutover_fixture.CutoverCase):
    def test_a_writer_that_ignores_the_freeze_is_found_and_nothing_is_lost(self):
        job = self.follow()
        self.verify_and_wait_until_ready()
        application = self.application(heeds=False)
        said = self.cutover("run", code=ddbsync.NOT_EQUAL)
        self.assert_says(said, ["TAKEN BACK"])
        application.wait_until_it_writes()
        application.stop()
        job.wait_until_past(ddbsync.now(), 150)
        # What it wrote between the two streams left no trace: the gates ask for a comparison.
        self.assert_says(self.cutover("plan", code=ddbsync.NOT_EQUAL), ["NO  verified"])
        self.verify("--repair", "--delete-extra", "--anew", code=None, seconds=SECONDS)
        self.assert_equal_tables()
        self.assert_written(application, self.source)
        self.wait_until_ready()

    def test_an_operator_stops_the_writers_by_hand_and_ctrl_c_takes_back(self):
        job = self.follow()
        self.verify_and_wait_until_ready("--freeze", "manual")
        run = ("--freeze", "manual", "--timeout", FOREVER)
        process = self.begin_run(*run)
        self.wait_until_doing(job, "ddbsync cutover frozen")
        second = self.cutover("run", *run, code=ddbsync.NOT_EQUAL)
        self.assert_says(second, ["under way", "ddbsync cutover status"])
        process.send_signal(signal.SIGINT)
        self.assert_says(self.end_of(process, ddbsync.NOT_EQUAL), ["TAKEN BACK: Ctrl-C"])
        self.cutover("frozen", code=ddbsync.FAILED)

        self.wait_until_ready("--freeze", "manual")
        process = self.begin_run(*run, out="second.out")
        self.wait_until_doing(job, "ddbsync cutover frozen")
        self.cutover("frozen")
        self.assert_says(self.end_of(process, ddbsync.DONE, "second.out"), ["SWITCHED"])
        self.assertEqual(ddbsync.DONE, job.wait(), job.output())
        self.assertEqual([], self.hook_log())
        self.assert_equal_tables()

    def test_a_job_that_is_asked_to_stop_takes_it_back_before(self):
        job = self.follow()
        self.verify_and_wait_until_ready()
        application = self.application()
        self.cutover("run", "--stop-before", "commit", "--timeout", FOREVER)
        self.assertEqual(ddbsync.DONE, job.stop(), job.output())
        # The rest of the old stream may be the next start's to apply.
        self.assertIn(self.number_and_step(), [(1, "catching_up"), (1, "rolled_back")])
        self.assertEqual(["freeze", "thaw"], self.actions())
        application.wait_until_it_writes()
        self.assert_follows_again(self.begin_job(), application)


class NotNowTest(cutover_fixture.CutoverCase):
    def test_without_a_process_nothing_is_switched(self):
        for command in ("plan", "run", "commit", "abort", "frozen", "status"):
            said = self.cutover(command, code=ddbsync.FAILED)
            self.assertRegex(said, "there is no job in|no process runs the job a-b")
        self.cutover("run", "--drain", "hope", code=ddbsync.USAGE)
        self.cutover("run", "--stop-before", "lunch", code=ddbsync.USAGE)
        self.cutover("run", "--drain", "quiesce", "--seal-foreign", code=ddbsync.USAGE)
        self.make_tables()
        with self.begin_job() as job:
            job.wait_until_following()
            job.stop()
        for command in ("plan", "run", "commit", "frozen"):
            said = self.cutover(command, code=ddbsync.FAILED)
            self.assert_says(said, ["no process runs the job"])
        self.assert_says(self.cutover("status", code=ddbsync.FAILED), ["no cut-over"])
        self.cutover("abort")
        with self.start(command="reverse") as job:
            self.assertEqual(ddbsync.USAGE, job.wait(), job.output())
            self.assert_says(job.output(), ["no cut-over", "nothing to go back from"])

    def test_a_job_that_copies_rests_or_was_never_compared_is_not_ready(self):
        self.make_tables(1000)
        job = self.begin_job("--write-capacity", "60")
        job.wait_until_written(25)
        for command in ("plan", "run"):
            said = self.cutover(command, code=ddbsync.NOT_EQUAL)
            self.assert_says(said, ["backfill_complete", "consistent_point", "never compared"])
        job.wait_until_it_may_rest()
        ddbsync.run("throttle", "write-capacity=none", "--state", self.state, home=self.folder)
        job.wait_until_following()
        ddbsync.run("pause", "--all", "--state", self.state, home=self.folder)
        said = self.cutover("run", code=ddbsync.NOT_EQUAL)
        self.assert_says(said, ["following rests", "ddbsync resume"])
        ddbsync.run("resume", "--state", self.state, home=self.folder)
        self.put(1)
        job.wait_until_past(ddbsync.now(), 150)
        self.client.delete_item(TableName=self.target, Key=workload.key_of(3))
        self.verify(code=ddbsync.NOT_EQUAL)
        said = self.cutover("run", code=ddbsync.NOT_EQUAL)
        self.assert_says(said, ["no_standing_mismatch", "ddbsync verify --repair"])
        self.assertEqual([], self.hook_log())
        self.assertEqual(0, json.loads(job.get("/api/v1/cutover")[1])["number"])

    def test_a_job_in_gap_and_one_without_a_hook(self):
        self.make_tables(20)
        with self.start() as job:
            job.wait_until_following()
            said = self.cutover("run", "--freeze", "hook", code=ddbsync.NOT_EQUAL)
            self.assert_says(said, ["no hook is configured", "--freeze manual"])
            job.stop()
        self.switch_stream(False)
        self.put(1)
        self.switch_stream(True)
        job = self.begin_job()
        job.wait_until(lambda status: status["state"] == "gap", what="the gap")
        said = self.cutover("run", code=ddbsync.NOT_EQUAL)
        self.assert_says(said, ["the job is gap", "ddbsync status"])

    def switch_stream(self, on):
        view = {"StreamViewType": fixtures.VIEW} if on else {}
        self.client.update_table(TableName=self.source,
                                 StreamSpecification={"StreamEnabled": on, **view})
        self.client.get_waiter("table_exists").wait(TableName=self.source)


class TimeToLiveTest(cutover_fixture.CutoverCase):
    def ttl_of(self, table):
        return self.client.describe_time_to_live(TableName=table)["TimeToLiveDescription"]

    def follow_with_ttl(self):
        self.make_tables()
        self.client.update_time_to_live(TableName=self.source, TimeToLiveSpecification={
            "Enabled": True, "AttributeName": "expires"})
        job = self.begin_job()
        job.wait_until_following()
        self.verify_and_wait_until_ready()
        return job

    def test_it_is_off_while_frozen_and_on_after(self):
        self.follow_with_ttl()
        application = self.application()
        self.cutover("run", "--stop-before", "commit", "--timeout", FOREVER)
        self.assertEqual("DISABLED", self.ttl_of(self.source)["TimeToLiveStatus"])
        self.assertEqual("DISABLED", self.ttl_of(self.target)["TimeToLiveStatus"])
        self.cutover("abort")
        found = self.state_of()
        self.assertEqual("rolled_back", found["step"])
        self.wait_for_ttl(self.source)
        self.verify_and_wait_until_ready(application=application)
        self.cutover("run")
        self.assertEqual("DISABLED", self.ttl_of(self.source)["TimeToLiveStatus"])
        self.assertEqual("expires", self.ttl_of(self.target)["AttributeName"])

    def test_it_is_owed_while_the_service_does_not_take_another_change(self):
        proxy = self.enterContext(faulty_proxy.FaultyProxy(self.server.url))
        self.source_url = proxy.url
        job = self.follow_with_ttl()
        proxy.on("UpdateTimeToLive", faulty_proxy.error("ValidationException", TOO_SOON),
                 when=lambda request: request.json["TimeToLiveSpecification"]["Enabled"])
        process = self.begin_run("--freeze", "manual", "--timeout", FOREVER)
        self.wait_until_doing(job, "ddbsync cutover frozen")
        self.assertEqual("DISABLED", self.ttl_of(self.source)["TimeToLiveStatus"])
        self.cutover("abort")
        self.assert_says(self.end_of(process, ddbsync.NOT_EQUAL), ["its TTL is still off"])
        self.assertTrue(self.state_of()["source_ttl_owed"])
        said = self.cutover("run", "--freeze", "manual", code=ddbsync.NOT_EQUAL)
        self.assert_says(said, ["time to live"])
        proxy.heal()
        self.assertEqual(ddbsync.DONE, job.stop(), job.output())
        self.begin_job()  # and does at once what was owed
        self.wait_for_ttl(self.source)
        processes.wait_for(lambda: not self.state_of()["source_ttl_owed"], 30, "the debt's end")

    def wait_for_ttl(self, table):
        processes.wait_for(lambda: self.ttl_of(table)["TimeToLiveStatus"] == "ENABLED", 30,
                           lambda: self.ttl_of(table))


class PolicyFake(servers.FakeDynamoDB):
    def __init__(self):
        super().__init__(stream_delay=1, policy_delay=1, policy_pause=1)


class PolicyTest(cutover_fixture.CutoverCase):
    """What only the fake server has: resource policies, and tags."""

    REVERSE = {"key": "reverse", "secret": "reverse"}

    def setUp(self):
        super().setUp()
        self.server = fixtures.shared(PolicyFake)
        self.client = self.target_client = self.server.client()
        self.source_url = self.target_url = self.server.url

    def assert_denied(self):
        with self.assertRaisesRegex(botocore.exceptions.ClientError, "AccessDenied"):
            self.put(1)

    def test_a_policy_freezes_and_the_table_is_marked(self):
        self.make_tables(cutover_fixture.ITEMS)
        account = self.client.describe_table(
            TableName=self.source)["Table"]["TableArn"].split(":")[4]
        exempt = ("--freeze", "policy", "--reverse",
                  "--exempt", f"arn:aws:iam::{account}:user/{self.REVERSE['key']}")
        job = self.start(settle=ddbsync.SHORT_SETTLE)
        job.wait_until_following()
        self.verify_and_wait_until_ready(*exempt)
        application = self.application()
        run = ("run", "--timeout", FOREVER, *exempt)
        self.cutover(*run, "--stop-before", "commit")
        self.assert_denied()
        self.cutover("abort")
        self.assert_follows_again(job, application)

        self.verify_and_wait_until_ready(*exempt, application=application)
        said = self.cutover(*run)
        self.assert_says(said, ["SWITCHED"])
        self.assertNotIn("proves nothing", said)
        self.assert_equal_tables()
        self.assert_written(application, self.target)
        # Its keys are not the exempt ones: it says so and ends, with the cut-over as it is.
        self.assertEqual(ddbsync.USAGE, job.wait(60), job.output())
        self.assert_says(job.output(), ["dynamodb:BatchWriteItem", "the cut-over itself is "
                                        "committed and stays so", "`ddbsync reverse --src a"])
        self.assertIn(self.source, self.mark_of(self.target))
        self.assert_denied()
        # Also where nothing is known of the cut-over but the mark.
        job = self.start(state=self.folder / "other")
        self.assertEqual(ddbsync.DATA_AT_RISK, job.wait(), job.output())
        self.assert_says(job.output(), ["ddbsync:cutover"])

        application.go_on_with(self.target)
        application.wait_until_it_writes()
        keys = ddbsync.environment(self.folder, **ddbsync.credentials(**self.REVERSE))
        reverse = self.go_back(env=keys)
        application.wait_until_it_writes()
        application.stop()
        self.wait_until_it_carried_all(reverse)
        self.assert_equal_tables()
        self.assert_written(application, self.source)
