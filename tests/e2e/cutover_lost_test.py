"""What a cut-over works with is lost while it runs: the hook that lets writers in, the target."""

import cutover_fixture
import cutover_kill_test
import ddbsync
import processes

FOREVER, SECONDS = cutover_fixture.FOREVER, cutover_fixture.SECONDS
# limits::kTakeBackPatience, and what else a stop takes.
STOP_SECONDS = 60 + 30


class LostHookTest(cutover_fixture.CutoverCase):
    def test_a_stop_ends_without_it_and_the_next_start_says_who_has_to_let_writers_in(self):
        job = self.follow()
        self.verify_and_wait_until_ready()
        application = self.application()
        self.cutover("run", "--stop-before", "commit", "--timeout", FOREVER)
        self.hook.unlink()
        self.assertEqual(ddbsync.DONE, job.stop(STOP_SECONDS), job.output())
        self.assertEqual((1, "thawing"), self.number_and_step())
        self.assert_says(self.cutover("status"), ["its next start takes the cut-over back"])

        job = self.start(settle=ddbsync.SHORT_SETTLE)  # with no hook at all
        self.wait_for_step(job, "rolled_back")
        self.assert_says(self.cutover("status"), ["NOBODY LET THE WRITERS IN"])
        self.assertTrue((self.folder / "frozen").exists())
        for file in ("frozen", "resting"):
            (self.folder / file).unlink(missing_ok=True)
        self.assert_follows_again(job, application)


class LostTargetTest(cutover_kill_test.KilledCase):
    def test_a_target_that_is_deleted_while_it_is_compared_is_never_switched_to(self):
        job = self.follow()
        self.verify_and_wait_until_ready()
        application = self.application()
        with self.held(self.target_proxy, "Scan") as came:
            process = self.begin_run("--timeout", FOREVER)
            self.wait_for_step(job, "comparing")
            processes.wait_for(came.is_set, 60, "the comparison")
            self.client.delete_table(TableName=self.target)
        said = self.end_of(process, ddbsync.NOT_EQUAL)
        self.assert_says(said, ["TAKEN BACK"])
        self.assertFalse((self.folder / "frozen").exists())
        application.wait_until_it_writes()
        application.stop()
        self.assert_written(application, self.source)
