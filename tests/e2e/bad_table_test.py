"""Tables that do not fit: said before anything is touched; items that do not fit: dead letters."""

import comparison
import ddbsync
import faulty_proxy
import fixtures
import workload


class BadTableTest(fixtures.Case):
    def test_a_missing_source_is_named(self):
        self.make_target()
        self.assert_refused("source", self.source)

    def test_a_missing_target_is_told_with_the_flag_that_makes_it(self):
        self.make_source(items=5)
        self.assert_refused("target", self.target, "--create-target")

    def test_another_key_schema_is_refused_with_both_shown(self):
        for number, keys in enumerate((
                {"hash_key": ("client", "S")},  # another name
                {"hash_key": ("customer", "B")},  # another type
                {"range_key": ("order", "S")},
                {"range_key": None})):
            with self.subTest(keys):
                self.source, self.target = f"schema-{number}", f"schema-copy-{number}"
                self.make_source(items=5)
                self.make_target(**keys)
                self.config()
                self.assert_refused("key schemas differ", "customer", "order")

    def test_a_source_without_stream_is_told_with_the_flag_that_turns_it_on(self):
        self.make_tables(items=5, stream=None)
        self.assert_refused("stream", "--enable-stream")
        self.assertFalse(self.client.describe_table(TableName=self.source)["Table"].get(
            "StreamSpecification", {}).get("StreamEnabled", False))

    def test_a_target_that_is_not_empty_is_refused(self):
        self.make_tables(items=5)
        workload.fill(self.client, self.target, workload.items(1))
        self.assert_refused(self.target, "empty")

    def test_keys_only_without_permission_to_read_is_refused(self):
        self.make_tables(items=5, stream="KEYS_ONLY")
        with faulty_proxy.FaultyProxy(self.server.url) as proxy:
            for action in ("GetItem", "BatchGetItem"):
                proxy.on(action, faulty_proxy.error(
                    "AccessDeniedException", f"not authorized to perform: dynamodb:{action}"))
            self.source_url = proxy.url
            self.assert_refused("AccessDenied", "BatchGetItem")

    def test_several_faults_of_the_tables_are_told_together(self):
        self.make_tables(items=5, stream=None)
        workload.fill(self.client, self.target, workload.items(1))
        self.assert_refused("--enable-stream", "empty")


class RefusedItemTest(fixtures.Case):
    """The target's index wants a number where one item holds text: only that item is refused."""

    def make_tables_that_refuse_item(self, index):
        self.make_source(items=60)
        self.client.create_table(
            TableName=self.target, BillingMode="PAY_PER_REQUEST",
            KeySchema=[{"AttributeName": "customer", "KeyType": "HASH"},
                       {"AttributeName": "order", "KeyType": "RANGE"}],
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": kind} for name, kind in
                                  (("customer", "S"), ("order", "N"), ("rank", "N"))],
            GlobalSecondaryIndexes=[{
                "IndexName": "ranked", "Projection": {"ProjectionType": "ALL"},
                "KeySchema": [{"AttributeName": "rank", "KeyType": "HASH"}]}])
        self.refuse(index)

    def refuse(self, index):
        self.client.put_item(TableName=self.source, Item={
            **workload.key_of(index), "rank": {"S": "text"}})

    def assert_all_but(self, refused):
        difference = comparison.compare(self.client, self.source, self.client, self.target)
        self.assertEqual((refused, 0, 0), (len(difference.missing), len(difference.extra),
                                           len(difference.different)), str(difference))

    def test_backfill_copies_the_others_and_ends_with_3(self):
        self.make_tables_that_refuse_item(7)
        job = self.start(command="backfill")
        self.assertEqual(ddbsync.NOT_EQUAL, job.wait(60), job.output())
        self.assert_says(job.output(), ["dead letter"])
        self.assert_all_but(1)

    def test_a_running_job_goes_on_degraded_and_remembers_across_a_kill(self):
        self.make_tables_that_refuse_item(7)
        with self.start() as job:
            job.wait_until_following()
            status = job.wait_until(lambda status: status["dead_letters"] == 1, what="the letter")
            self.assertTrue(status["degraded"])
            job.kill()
        job = self.start()
        self.refuse(8)
        status = job.wait_until(lambda status: status["dead_letters"] == 1 + 1, what="the letters")
        self.assertEqual(1, self.client.scan(TableName=self.source, Select="COUNT",
                                             FilterExpression="#c = :c AND #o = :o",
                                             ExpressionAttributeNames={"#c": "customer",
                                                                       "#o": "order"},
                                             ExpressionAttributeValues={
                                                 ":c": workload.key_of(8)["customer"],
                                                 ":o": workload.key_of(8)["order"]})["Count"])

    def test_a_later_version_that_fits_resolves_the_letter(self):
        self.make_tables_that_refuse_item(7)
        job = self.start()
        job.wait_until(lambda status: status["dead_letters"] == 1, what="the letter")
        self.put(7)
        job.wait_until_past(ddbsync.now())
        job.wait_until(lambda status: status["dead_letters"] == 0 and not status["degraded"],
                       what="the letter to be resolved")
        self.assert_equal_tables()
