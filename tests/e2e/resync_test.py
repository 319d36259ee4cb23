"""A copy that makes up for lost changes, and one into a target with rows of its own."""

import ddbsync
import fixtures
import verify_fixture
import workload

STRANGERS = 900_000  # from this index on, rows that the source never had


class ResyncTest(verify_fixture.VerifyCase):
    def test_changes_lost_while_it_was_down_are_made_up_for(self):
        self.make_tables(items=60)
        self.follow_and_stop()
        self.lose_changes()
        with self.run_once("--on-gap", "resync") as job:
            status = job.wait_until(lambda status: status["state"] == "resync", what="the resync")
            self.assertEqual("gap", status["resync"]["cause"])
            self.assertGreaterEqual(status["gaps"], 1)
            self.assertIsNone(status["tail"]["lag_seconds"])
            self.assert_says(status["reason"], ["resync", "lost"])
            code, text = job.get("/readyz")
            self.assertEqual(503, code, text)
            self.assert_says(text, ["resync"])
            self.wait_until_in_step(job)
            self.assertEqual(ddbsync.DONE, job.stop(), job.output())
        self.assert_equal_tables()
        self.verify()

    def test_a_stream_switched_off_and_on_while_it_runs_is_made_up_for(self):
        self.make_tables(items=60)
        with self.run_once("--on-gap", "resync") as job:
            job.wait_until_following()
            self.lose_changes()
            job.wait_until(lambda status: status["gaps"] > 0, 120, what="the gap")
            self.wait_until_in_step(job)
            self.assertEqual(ddbsync.DONE, job.stop(), job.output())
        self.assert_equal_tables()
        self.verify()

    def test_a_mirror_survives_sigkill_while_it_removes(self):
        self.make_tables(items=60)
        self.put_strangers(120)
        job = self.start()
        self.assertEqual(ddbsync.USAGE, job.wait(), job.output())
        self.assert_says(job.output(), ["not empty", "--mirror"])
        with self.run_once("--mirror", "--most-extra", "100%") as job:
            job.wait_until(lambda status: status["resync"]["step"] == "removing", 120,
                           what="the removal")
            job.kill()
        # Neither flag is needed to go on with it, but the bound is each start's own.
        with self.run_once("--most-extra", "100%") as job:
            self.wait_until_in_step(job)
            self.assertEqual(ddbsync.DONE, job.stop(), job.output())
        self.assert_equal_tables()
        self.verify()

    def test_more_rows_than_the_bound_are_held_until_it_is_raised(self):
        self.make_tables(items=60)
        self.put_strangers(12)
        for start in ("--mirror", "--quiet"):
            with self.run_once(start) as job:
                # A process that still opens its tables knows of it too.
                status = job.wait_until(
                    lambda status: (status["state"], status["resync"]["step"]) ==
                    ("resync", "held"), 120, what="the bound")
                self.assertEqual((12, 10), (status["resync"]["extra_rows"],
                                            status["resync"]["most_rows"]))
                self.assert_says(status["reason"], ["12 rows of 72", "--most-extra 12"])
                self.assertEqual(10, len(status["resync"]["some_keys"]))
                self.assertEqual(503, job.get("/readyz")[0])
                job.send(15)
                self.assertEqual(ddbsync.DATA_AT_RISK, job.wait(), job.output())
            self.assertEqual(72, len(self.target_items()))
        with self.run_once("--most-extra", "12") as job:
            self.wait_until_in_step(job)
            self.assertEqual(ddbsync.DONE, job.stop(), job.output())
        self.assert_equal_tables()

    def run_once(self, *arguments):
        return self.start(*arguments, settle=ddbsync.SHORT_SETTLE)

    def follow_and_stop(self):
        with self.run_once() as job:
            job.wait_until_following()
            self.assertEqual(ddbsync.DONE, job.stop(), job.output())

    def wait_until_in_step(self, job):
        return job.wait_until(
            lambda status: (status["state"], status["ready"], status["gaps"]) ==
            ("following", True, 0), 180, what="being in step")

    def lose_changes(self):
        """Changes, deletions among them, while the source has no stream."""
        self.client.update_table(TableName=self.source,
                                 StreamSpecification={"StreamEnabled": False})
        for index in (1, 2, 3):
            self.client.delete_item(TableName=self.source, Key=workload.key_of(index))
        self.put(5, seed=11)
        self.client.update_table(
            TableName=self.source,
            StreamSpecification={"StreamEnabled": True, "StreamViewType": fixtures.VIEW})

    def put_strangers(self, count):
        for index in range(STRANGERS, STRANGERS + count):
            self.target_client.put_item(
                TableName=self.target,
                Item={**workload.key_of(index), "note": {"S": "the target's own"}})
