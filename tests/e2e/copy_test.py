"""The main job on real servers: all types, live writers, other targets, the words it says."""

import json
import re
import time

import ddbsync
import fixtures
import processes
import servers
import terminal
import workload
import writer

CHANGES_PER_SECOND = 200


class CopyTest(fixtures.Case):
    def test_copies_every_type_and_follows(self):
        self.make_tables()
        workload.fill(self.client, self.source, [workload.large_item()])
        job = self.start()
        self.assert_follows(job)
        self.assertEqual(ddbsync.DONE, job.stop())

    def test_makes_the_target_with_the_keys_and_indexes_of_the_source(self):
        self.client.create_table(
            TableName=self.source, BillingMode="PAY_PER_REQUEST",
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"},
                       {"AttributeName": "sk", "KeyType": "RANGE"}],
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": kind}
                                  for name, kind in (("pk", "B"), ("sk", "S"), ("other", "N"))],
            LocalSecondaryIndexes=[{
                "IndexName": "local", "Projection": {"ProjectionType": "KEYS_ONLY"},
                "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"},
                              {"AttributeName": "other", "KeyType": "RANGE"}]}],
            GlobalSecondaryIndexes=[{
                "IndexName": "global", "Projection": {"ProjectionType": "ALL"},
                "KeySchema": [{"AttributeName": "other", "KeyType": "HASH"}]}],
            StreamSpecification={"StreamEnabled": True, "StreamViewType": fixtures.VIEW})
        workload.fill(self.client, self.source,
                      [{"pk": {"B": b"\xff" * (1 + n % 3)}, "sk": {"S": f"é{n}"},
                        "other": {"N": str(n)}} for n in range(50)])
        job = self.start("--create-target")
        job.wait_until_past(ddbsync.now())  # a complete copy may have left items to the stream
        self.assertEqual(50, self.assert_equal_tables())
        made, wanted = (self.client.describe_table(TableName=name)["Table"]
                        for name in (self.target, self.source))
        self.assertEqual(wanted["KeySchema"], made["KeySchema"])
        for kind in ("LocalSecondaryIndexes", "GlobalSecondaryIndexes"):
            self.assertEqual(*([(index["IndexName"], index["KeySchema"], index["Projection"])
                                for index in table[kind]] for table in (made, wanted)))

    def test_turns_the_stream_on_when_asked(self):
        self.make_tables(stream=None)
        self.assert_follows(self.start("--enable-stream"))

    def test_copies_to_another_server_under_a_live_writer(self):
        with servers.DynamoDBLocal() as other:
            self.target_client, self.target_url = other.client(), other.url
            self.make_tables(items=2000)
            with writer.Writer(self.server.url, self.source, 2000, CHANGES_PER_SECOND) as changes:
                job = self.start()
                job.wait_until_following()
                job.wait_until(lambda status: status["tail"]["modifies"] > 300, what="changes")
                job.wait_until_past(changes.stop()["last_change"])
            self.assert_equal_tables()

    def test_follows_deletions_and_recreations_made_during_the_copy(self):
        self.make_tables(items=1500)
        with writer.Writer(self.server.url, self.source, 1500, 2 * CHANGES_PER_SECOND) as changes:
            job = self.start("--write-capacity", "600")
            job.wait_until_following()
            job.wait_until_past(changes.stop()["last_change"])
        self.assert_equal_tables()

    def test_dynalite_can_be_the_target(self):
        dynalite = fixtures.shared(servers.Dynalite)
        self.target_client, self.target_url = dynalite.client(), dynalite.url
        self.make_tables()
        workload.fill(self.client, self.source, [workload.large_item()])
        self.assert_follows(self.start())

    def test_an_empty_table_is_copied_at_once_and_followed(self):
        self.make_tables(items=0)
        job = self.start()
        job.wait_until_following()
        self.put(1)
        job.wait_until_past(ddbsync.now())
        self.assertEqual(1, self.assert_equal_tables())

    def test_other_stream_views_are_read_back_or_used_as_they_are(self):
        for view in ("NEW_IMAGE", "OLD_IMAGE", "KEYS_ONLY"):
            with self.subTest(view):
                self.source, self.target = f"view-{view}", f"view-copy-{view}"
                self.make_tables(items=50, stream=view)
                with self.start(config=self.config(), state=self.folder / view) as job:
                    self.assert_follows(job)

    def test_keys_and_places_may_all_be_given_by_flags(self):
        self.make_tables(items=20)
        config = self.folder / "empty.toml"
        config.write_text("")
        job = self.start("--src-region", servers.REGION, "--dst-region", servers.REGION,
                         "--src-endpoint-url", self.server.url,
                         "--dst-endpoint-url", self.server.url,
                         config=config, src=self.source, dst=self.target)
        self.assert_follows(job)

    def test_each_side_has_its_own_credentials(self):
        self.make_tables(items=20)
        (self.folder / "target.env").write_text(
            "AWS_ACCESS_KEY_ID=target\nAWS_SECRET_ACCESS_KEY=secret\n")
        self.config(source={"access_key_env": "SOURCE_KEY", "secret_key_env": "SOURCE_SECRET"},
                    target={"env_file": str(self.folder / "target.env")})
        job = self.start(env=ddbsync.environment(self.folder, SOURCE_KEY="source",
                                                 SOURCE_SECRET="secret"))
        self.assert_follows(job)


class PhasesTest(fixtures.Case):
    def test_backfill_ends_by_itself(self):
        self.make_tables()
        job = self.start(command="backfill")
        self.assertEqual(ddbsync.DONE, job.wait(60), job.output())
        self.assert_equal_tables()

    def test_backfill_needs_no_stream(self):
        self.make_tables(stream=None)
        workload.fill(self.client, self.source, [workload.empty_map_item()])
        job = self.start(command="backfill")
        self.assertEqual(ddbsync.DONE, job.wait(60), job.output())
        self.assert_equal_tables()

    def test_tail_applies_what_comes_after_its_start_and_copies_nothing(self):
        self.make_tables(items=20)
        job = self.start(command="tail")
        job.wait_until(lambda status: status["tail"]["watermark"], what="a watermark")
        before = len(self.target_items())
        self.put(500)
        changed = ddbsync.now()
        job.wait_until(lambda status: ddbsync.time_of(status["tail"]["watermark"]) > changed,
                       what="the change")
        self.assertEqual(before + 1, len(self.target_items()))


class StatusTest(fixtures.Case):
    def test_status_tells_of_a_running_job_and_of_none(self):
        self.make_tables()
        job = self.start()
        job.wait_until_following()
        code, out, err = ddbsync.run("status", "--state", self.state, "--json", home=self.folder)
        self.assertEqual(ddbsync.DONE, code, err)
        self.assertTrue(json.loads(out)["backfill"]["complete"])
        self.assertIn("following", ddbsync.run("status", "--state", self.state,
                                               home=self.folder)[1].lower())
        self.assertEqual(ddbsync.DONE, job.stop())
        code, out, err = ddbsync.run("status", "--state", self.state, home=self.folder)
        self.assertEqual(ddbsync.DONE, code, err)
        self.assertIn("not running", out.lower())
        code, _, err = ddbsync.run("status", "--state", self.folder / "none", home=self.folder)
        self.assertEqual(ddbsync.FAILED, code)
        self.assertIn("no job", err.lower())

    def test_serves_health_readiness_and_metrics(self):
        self.make_tables()
        job = self.start()
        job.wait_until(lambda status: status["ready"], what="readiness")
        self.assertEqual(200, job.get("/healthz")[0])
        self.assertEqual(200, job.get("/readyz")[0])
        code, text = job.get("/metrics")
        self.assertEqual(200, code)
        for family in ("ddbsync_replication_lag_seconds", "ddbsync_backfill_items_written_total",
                       "ddbsync_state", "ddbsync_stream_gaps"):
            self.assertIn(f"\n{family}{{", text)

    def test_a_quiet_job_stays_ready(self):
        """For longer than a job may stand still (kStandstill in replicator/limits.h)."""
        self.make_tables()
        job = self.start()
        job.wait_until(lambda status: status["state"] == "following" and status["ready"],
                       what="readiness")
        end = time.monotonic() + 55
        while time.monotonic() < end:
            self.assertEqual(200, job.get("/readyz")[0], job.status())
            time.sleep(0.5)

    def test_checkpoint_show_reads_a_stopped_job(self):
        self.make_tables()
        job = self.start()
        job.wait_until_following()
        job.stop()
        code, out, err = ddbsync.run("checkpoint", "show", "--state", self.state, "--json",
                                     home=self.folder)
        self.assertEqual(ddbsync.DONE, code, err)
        self.assertIn(self.source, json.dumps(json.loads(out)))

    def on_a_terminal(self, shell, *arguments, **variables):
        environment = ddbsync.environment(self.folder, **ddbsync.credentials())
        return self.start("--write-capacity", "200", *arguments, stdout=shell.stdout,
                          env={**environment, "TERM": "xterm", **variables})

    def test_a_terminal_shows_the_bar_and_the_switch_to_following(self):
        # The stream comes on after the items: else its tail, which goes first, writes them all.
        self.make_tables(items=1000, stream=None)
        with terminal.Terminal(show=False) as shell:
            with self.on_a_terminal(shell, "--enable-stream") as job:
                processes.wait_for(lambda: re.search(r"\[=*>? *\] +\d+\.\d%", shell.text()), 60,
                                   shell.text)
                processes.wait_for(lambda: "following" in shell.text(), 60, shell.text)
                self.assertEqual(ddbsync.DONE, job.stop())
        self.assertIn("\x1b[36mcopying\x1b[0m", shell.text())
        # The live line is gone, and the last one stands alone.
        last = re.split(r"\r\x1b\[K", shell.text())[-1]
        self.assertRegex(last, r"^stopped in good order: [^\r\n\x1b]*\r\n")

    def test_a_window_may_be_resized_while_it_copies(self):
        self.make_tables(items=5000)
        with terminal.Terminal(show=False) as shell, self.on_a_terminal(shell) as job:
            processes.wait_for(shell.live_lines, 30, shell.text)
            for columns, pattern in ((100, r"^copying  .*items/s"), (20, r"^copying  \d+\.\d%"),
                                     (12, r"^copying$"), (5, r"^copy$"), (2, r"^c$"), (1, r"^$"),
                                     (0, r"^copying  .*items/s"), (40, r"^copying  "),
                                     (300, r"^copying  \[=*>? *\]  .*in flight")):
                with self.subTest(columns=columns):
                    self.assert_drawn_as_wide(shell, columns, pattern)
            self.assertEqual(ddbsync.DONE, job.stop())

    def assert_drawn_as_wide(self, shell, columns, pattern):
        shell.resize(columns)
        since = shell.size()
        # A drawing may be under way; the next ones know.
        if columns == 1:  # nothing fits: what stood there goes, and nothing comes
            processes.wait_for(lambda: shell.live_lines(since)[-1:] == [""], 10, shell.text)
            return
        processes.wait_for(lambda: len(shell.live_lines(since)) >= 3, 10, shell.text)
        for line in shell.live_lines(since)[1:]:
            self.assertLess(len(line), columns or 80)
            self.assertRegex(line, pattern)

    def test_what_is_no_terminal_gets_lines_and_no_codes(self):
        self.make_tables(items=20)
        job = self.start(env={**ddbsync.environment(self.folder, **ddbsync.credentials()),
                              "TERM": "xterm"})
        job.wait_until_following()
        self.assertEqual(ddbsync.DONE, job.stop())
        self.assertNotIn("\x1b", job.output())
        self.assertNotIn("\r", job.output())

    def test_colours_are_left_out_when_somebody_says_no(self):
        self.make_tables(items=20)
        for arguments, variables in ((("--no-color",), {}), ((), {"NO_COLOR": "1"}),
                                     ((), {"TERM": "dumb"})):
            with self.subTest(arguments or variables):
                with terminal.Terminal(show=False) as shell:
                    with self.on_a_terminal(shell, *arguments, **variables) as job:
                        job.wait_until_following()
                        if "TERM" not in variables:
                            processes.wait_for(shell.live_lines, 10, shell.text)
                        self.assertEqual(ddbsync.DONE, job.stop())
                self.assertNotRegex(shell.text(), r"\x1b\[\d*m")
                if "TERM" in variables:
                    self.assertNotIn("\x1b", shell.text())

    def test_version_prints_a_version(self):
        code, out, _ = ddbsync.run("version", home=self.folder)
        self.assertEqual(ddbsync.DONE, code)
        self.assertRegex(out, r"\d+\.\d+\.\d+")
