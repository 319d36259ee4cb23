"""`ddbsync verify` against DynamoDB Local, where no process runs the job: what it finds, what it
writes, what it refuses, and that it goes on where it was."""

import signal

import ddbsync
import faulty_proxy
import fixtures
import processes
import servers
import verify_fixture
import workload


class EqualTest(verify_fixture.VerifyCase):
    def test_equal_tables_are_equal_in_both_forms(self):
        self.make_equal()
        for form in ((), ("--form", "live"), ("--form", "quiet")):
            said = self.verify(*form)
            self.assert_says(said, ["EQUAL: 300 items of the source and 300 of the target",
                                    "read units of the source"])
            self.assertNotIn("goes on", said)
        look = self.look()
        self.assertEqual(("equal", "quiet", (0, 0, 0)),
                         (look["outcome"], look["form"], self.counts(look)))
        self.assertGreater(look["source"]["units"], 0)
        self.assertEqual("equal", self.shown()["outcome"])

    def test_other_spellings_of_the_same_are_equal(self):
        self.make_tables(items=1)
        key = {"customer": {"S": "spelled"}, "order": {"N": "100"}}
        for table, amount, tags, order in ((self.source, "1.50", ["a", "b", "c"], "100"),
                                           (self.target, "15e-1", ["c", "a", "b"], "1e2")):
            self.client.put_item(TableName=table, Item={
                **key, "order": {"N": order}, "amount": {"N": amount}, "tags": {"SS": tags},
                "scores": {"NS": ["1", "20"] if table == self.source else ["2e1", "1.0"]}})
        workload.fill(self.client, self.target, workload.items(1))
        for form in ("live", "quiet"):
            self.verify("--form", form)

    def test_dynalite_as_a_target(self):
        target = fixtures.shared(servers.Dynalite)
        self.target_url, self.target_client = target.url, target.client()
        self.make_equal(items=100)
        self.verify()
        self.plant()
        self.assertEqual((1, 1, 1), self.counts(self.look(code=ddbsync.NOT_EQUAL)))


class DifferentTest(verify_fixture.VerifyCase):
    def test_differences_are_named_and_nothing_is_written(self):
        self.make_equal()
        self.plant()
        before = self.target_items()
        for form in ("live", "quiet"):
            said = self.verify("--form", form, code=ddbsync.NOT_EQUAL)
            self.assert_says(said, ["DIFFERENT: 1 missing, 1 extra, 1 different",
                                    '"customer-00000"', "customer-90000", ": note",
                                    "--repair`", "--repair --delete-extra`"])
            self.assertNotIn("secret", said)
        self.assertEqual(before, self.target_items())
        self.assert_says(self.verify("--show-values", code=ddbsync.NOT_EQUAL), ["secret"])
        look = self.shown()
        self.assertEqual({"missing", "extra", "different"},
                         {one["kind"] for one in look["differences"]})
        self.assertEqual([], self.shown("--min-age", "1h")["differences"])

    def test_repair_deletes_only_when_asked_to(self):
        self.make_equal()
        self.plant()
        said = self.verify("--repair", code=ddbsync.NOT_EQUAL)
        self.assert_says(said, ["DIFFERENT: 1 extra", "2 repaired", "--delete-extra"])
        said = self.verify("--repair", "--delete-extra")
        self.assert_says(said, ["EQUAL", "1 repaired"])
        self.assert_equal_tables()
        self.verify()

    def test_a_sample_looks_at_a_part(self):
        self.make_equal(items=1000)
        look = self.look("--sample", "10%")
        self.assertEqual(("equal", "live"), (look["outcome"], look["form"]))
        self.assertLess(look["source"]["items"], 500)
        self.assertGreater(look["source"]["items"], 0)

    def test_a_watch_sees_what_comes_and_goes(self):
        self.make_equal(items=50)
        process = self.begin("--watch")
        self.wait_until_said("EQUAL")
        self.plant()
        self.wait_until_said("DIFFERENT: 1 missing, 1 extra, 1 different", 60)
        process.send_signal(signal.SIGINT)
        self.assertEqual(ddbsync.NOT_EQUAL, processes.exit_code(process, 30), self.said())


class ResumeTest(verify_fixture.VerifyCase):
    ITEMS = 2000

    def begin_slowly(self):
        """One that would take a minute, once it has looked at some items."""
        self.make_equal(self.ITEMS)
        self.plant()
        process = self.begin("--form", "live", "--read-capacity", "60")
        self.wait_until_walked()
        return process

    def test_after_sigkill_it_goes_on(self):
        process = self.begin_slowly()
        process.kill()
        process.wait()
        unfinished = self.shown()
        self.assertIsNone(unfinished["outcome"])
        self.assertGreater(unfinished["source"]["items"] + unfinished["target"]["items"], 0)
        said = self.verify("--form", "live", code=ddbsync.NOT_EQUAL)
        self.assert_says(said, ["goes on with what was begun",
                                "DIFFERENT: 1 missing, 1 extra, 1 different"])

    def test_after_ctrl_c_it_goes_on_and_reads_less(self):
        process = self.begin_slowly()
        process.send_signal(signal.SIGINT)
        self.assertEqual(verify_fixture.INTERRUPTED, processes.exit_code(process, 30), self.said())
        self.assert_says(self.said(), ["the same command goes on where it was"])
        goes_on = self.look("--form", "live", code=ddbsync.NOT_EQUAL)
        self.assertEqual((1, 1, 1), self.counts(goes_on))
        # Units are of one process: what the first has read is not read again.
        whole = self.look("--form", "live", "--anew", code=ddbsync.NOT_EQUAL)
        self.assertLess(self.units(goes_on), 0.9 * self.units(whole))

    def units(self, look):
        return look["source"]["units"] + look["target"]["units"]


class BadVerifyTest(verify_fixture.VerifyCase):
    def test_flags_at_fault_are_told_together(self):
        self.make_equal(items=1)
        said = self.verify("--sample", "0%", "--delete-extra", "--form", "loud",
                           code=ddbsync.USAGE)
        self.assert_says(said, ["--sample: `0%`", "--delete-extra: ", "--form: `loud`"])
        self.assert_says(self.verify("--sample", "101%", code=ddbsync.USAGE), ["`101%`"])

    def test_a_missing_table_is_named(self):
        self.make_source(items=1)
        said = self.verify(code=ddbsync.USAGE)
        self.assert_says(said, ["there is no table", self.target])

    def test_tables_of_other_keys_are_refused(self):
        self.make_source(items=1)
        self.make_target(hash_key=("id", "S"), range_key=None)
        self.assert_says(self.verify(code=ddbsync.USAGE), ["key schemas differ"])

    def test_a_table_is_not_compared_with_itself(self):
        self.make_source(items=1)
        self.target = self.source
        self.assert_says(self.verify(code=ddbsync.USAGE), ["the same table"])

    def test_a_target_that_is_deleted_meanwhile_ends_it(self):
        self.make_equal(items=1000)
        process = self.begin("--form", "live", "--read-capacity", "60")
        self.wait_until_walked()
        self.client.delete_table(TableName=self.target)
        self.assertEqual(ddbsync.FAILED, processes.exit_code(process, 60), self.said())
        self.assert_says(self.said(), ["failed: target b"])

    def test_refused_reads_end_it(self):
        self.make_equal(items=50)
        with faulty_proxy.FaultyProxy(self.server.url) as proxy:
            proxy.on("Scan", faulty_proxy.error("AccessDeniedException", "not authorized: Scan"))
            self.config(source={"endpoint_url": proxy.url})
            said = self.begin()
            self.assertEqual(ddbsync.FAILED, processes.exit_code(said, 60), self.said())
        self.assert_says(self.said(), ["failed: ", "not authorized"])

    def test_the_state_is_one_process_s(self):
        self.make_equal(items=1000)
        process = self.begin("--form", "live", "--read-capacity", "60")
        processes.wait_for((self.state / "verification.json").exists, 30, "its card")
        said = self.verify(code=ddbsync.USAGE)
        self.assert_says(said, ["ddbsync verify", str(process.pid)])
        process.send_signal(signal.SIGTERM)
        self.assertEqual(verify_fixture.INTERRUPTED, processes.exit_code(process, 30), self.said())
        self.assertFalse((self.state / "verification.json").exists())

    def test_a_job_is_not_started_beside_it(self):
        self.make_tables(items=500)
        with self.start() as job:
            job.wait_until_following()
            job.stop()
        process = self.begin("--form", "live", "--read-capacity", "40")
        processes.wait_for((self.state / "verification.json").exists, 30, "its card")
        self.assert_refused("ddbsync verify", str(process.pid), "wait until it is done")
        process.kill()
        process.wait()
        job = self.start()
        self.assert_follows(job)

    def test_a_job_that_does_not_run_is_told_of(self):
        self.make_tables(items=300)
        with self.start("--write-capacity", "60") as job:
            job.wait_until_written(50)
            job.stop()
        ended, out, err = ddbsync.run(
            *self.words("verify", "--src", "a", "--dst", "b"), home=self.folder)
        self.assertEqual(ddbsync.NOT_EQUAL, ended, out + err)
        self.assert_says(err, ["copy is not complete", "no process follows"])
        self.assert_says(out, ["missing"])
