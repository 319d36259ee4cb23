"""The watch of the target's stream: whoever else writes there is told of, and the job never."""

import re

import ddbsync
import fixtures
import workload
import writer

STRANGER = workload.key_of(900_000)  # the source never had it
CHANGES_PER_SECOND = 100


class WatchTest(fixtures.Case):
    def watched(self, job, judged=True):
        """Once what is written is judged. DynamoDB Local dates a record by its minute alone."""
        def holds(status):
            minute = ddbsync.time_of(status["now"]) // 60 * 60
            return status["watch"]["watching"] and (
                not judged or ddbsync.time_of(status["watch"]["since"]) < minute)
        return job.wait_until(holds, 90, what="the watch")

    def write_as_somebody_else(self):
        self.target_client.put_item(TableName=self.target,
                                    Item={**STRANGER, "note": {"S": "not for the log"}})

    def foreign_writes(self, job):
        """By kind, as /metrics has them."""
        return {kind: int(value) for kind, value in re.findall(
            r'^ddbsync_foreign_writes_total\{job_id="a-b",kind="(\w+)"\} (\d+)$',
            job.get("/metrics")[1], re.M)}

    def test_a_foreign_write_is_counted_once_beside_a_live_writer(self):
        self.make_source(1500)
        self.make_target(stream=fixtures.VIEW)
        job = self.start("--watch-target")
        with writer.Writer(self.server.url, self.source, 1500, CHANGES_PER_SECOND) as changes:
            self.watched(job)
            self.write_as_somebody_else()
            status = job.wait_until(lambda status: status["watch"]["puts"], what="it to be seen")
            self.assert_says(status["watch"]["some_keys"][0], [STRANGER["customer"]["S"]])
            self.assertGreater(changes.stop()["changes"], 0)
        job.wait_until_past(ddbsync.now())
        self.target_client.delete_item(TableName=self.target, Key=STRANGER)
        status = job.wait_until(lambda status: status["watch"]["deletes"], what="the delete")
        watch = status["watch"]
        self.assertEqual((1, 1, 0, 0), (watch["puts"], watch["deletes"], watch["ttl_deletes"],
                                        watch["not_judged"]))
        self.assertEqual({"put": 1, "delete": 1, "ttl_delete": 0}, self.foreign_writes(job))
        self.assertIn("ddbsync_target_watch_up{job_id=\"a-b\"} 1\n", job.get("/metrics")[1])
        self.assert_equal_tables()
        code, out, err = ddbsync.run("status", "--state", self.state, home=self.folder)
        self.assertEqual(ddbsync.DONE, code, err)
        self.assert_says(out, ["foreign writes", "2 (1 puts, 1 deletes)"])
        code, out, err = ddbsync.run("cutover", "plan", "--state", self.state, home=self.folder)
        self.assertEqual(ddbsync.NOT_EQUAL, code, out + err)
        self.assert_says(out, ["no_foreign_write", "2 by others"])
        self.assertEqual(ddbsync.DONE, job.stop(), job.output())
        self.assert_says(job.output(), ["foreign_write"])
        self.assertNotIn("not for the log", job.output())

    def test_a_target_without_a_stream_is_refused_with_what_to_type(self):
        self.make_tables(items=10)
        self.assert_refused("--watch-target", f"update-table --table-name {self.target}",
                            arguments=["--watch-target"])

    def test_a_stream_that_is_switched_off_ends_the_watch_and_not_the_job(self):
        self.make_source(items=10)
        self.make_target(stream=fixtures.VIEW)
        job = self.start("--watch-target")
        self.watched(job, judged=False)
        self.target_client.update_table(TableName=self.target,
                                        StreamSpecification={"StreamEnabled": False})
        status = job.wait_until(lambda status: not status["watch"]["watching"], 120,
                                what="the end of the watch")
        self.assert_says(status["watch"]["reason"], ["stream"])
        self.assertIn("ddbsync_target_watch_up{job_id=\"a-b\"} 0\n", job.get("/metrics")[1])
        self.assert_follows(job)
