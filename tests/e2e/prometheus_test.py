"""A real Prometheus scrapes a running job: what it is asked by people, alerts and the dashboard."""

import json
import math
import re
import subprocess
import time

import ddbsync
import fixtures
import processes
import servers
import workload

ITEMS = 1000
COPY_SECONDS = 40  # unless the limit is lifted: a busy machine's Prometheus takes its time
JOB_ID = "a-b"
RATE_INTERVAL = "5s"  # what Grafana would make of the scrape interval here
DASHBOARD = servers.ROOT / "packaging" / "grafana" / "ddbsync.json"
FAMILIES = servers.ROOT / "docs" / "metrics.md"
# Panels that a healthy run may leave empty, and why.
MAY_BE_EMPTY = {
    "Errors": "no call has failed",
    "Step": "there was no cut-over",
}
# Alerts that look back so far that a young job may have them pending.
NEED_TEN_MINUTES = {"DdbsyncWatermarkNotMoving", "DdbsyncThrottled"}


def series_of(text):
    """(family, its label names) of each series of /metrics."""
    types = dict(re.findall(r"^# TYPE (\w+) (\w+)$", text, re.M))
    for name, labels in re.findall(r"^(\w+)(?:\{(.*)\})? \S+$", text, re.M):
        family = re.sub(r"_(bucket|sum|count)$", "", name)
        family = family if types.get(family) == "histogram" else name
        yield family, frozenset(re.findall(r'(\w+)="', labels)) - {"le"}


def declared():
    """Family to its label names, job_id with them, as docs/metrics.md has them."""
    families = {}
    for section in FAMILIES.read_text().split("\n## ")[1:]:
        common = set() if section.startswith("The process") else {"job_id"}
        for name, labels in re.findall(r"^\| `(\w+)` \| \w+ \| [^|]* \| ([^|]*) \|", section, re.M):
            families[name] = frozenset(common | set(re.findall(r"`(\w+)`: ", labels)))
    return families


class PrometheusTest(fixtures.Case):
    def start_slowly(self, *arguments):
        """A copy that a write limit keeps going for a while, and a Prometheus that looks at it."""
        # The stream is turned on late: it would have each item too, and the tail goes first.
        self.make_source(ITEMS, stream=None)
        self.make_target(stream=fixtures.VIEW)
        job = self.start("--enable-stream", *arguments,
                         "--write-capacity", str(ITEMS // COPY_SECONDS))
        prometheus = self.enterContext(servers.Prometheus(job.wait_until_listening()))
        return job, prometheus

    def throttle(self, word):
        code, out, err = ddbsync.run("throttle", word, "--state", self.state, home=self.folder)
        self.assertEqual(ddbsync.DONE, code, out + err)

    def wait_for_value(self, prometheus, expression, accepts, seconds=60):
        """The one value of the job's series, once it is as wanted."""
        seen = []

        def look():
            seen[:] = prometheus.query(expression)
            return len(seen) == 1 and accepts(seen[0][1]) and seen

        processes.wait_for(look, seconds, lambda: f"{expression}: {seen}", pause=0.2)
        self.assertEqual(JOB_ID, seen[0][0]["job_id"])
        return seen[0][1]

    def states_of_alerts(self, prometheus):
        (group,) = prometheus.ask("rules")["groups"]
        return {(rule["health"], rule["state"]) for rule in group["rules"]
                if rule["name"] not in NEED_TEN_MINUTES}

    def test_tells_progress_lag_and_that_the_job_is_gone(self):
        job, prometheus = self.start_slowly()
        progress = "ddbsync_backfill_progress_ratio"
        self.wait_for_value(prometheus, progress, lambda value: 0 < value < 1)
        self.throttle("write-capacity=none")
        self.wait_for_value(prometheus, progress, lambda value: value == 1)
        lag = self.wait_for_value(prometheus, "ddbsync_replication_lag_seconds",
                                  lambda value: value < 30)
        told = job.wait_until(lambda status: status["tail"]["lag_seconds"], what="lag")
        self.assertLess(abs(told["tail"]["lag_seconds"] - lag), 30)
        self.wait_for_value(prometheus, "ddbsync_retention_headroom_seconds",
                            lambda value: 23 * 3600 < value <= 24 * 3600)
        self.assertEqual([1], [value for _, value in prometheus.query('up{job="ddbsync"}')])
        # The lag is known a moment before the rules are looked at again.
        processes.wait_for(lambda: self.states_of_alerts(prometheus) == {("ok", "inactive")}, 30,
                           lambda: f"no alert: {prometheus.ask('rules')}")
        self.assertEqual(ddbsync.DONE, job.stop())
        processes.wait_for(lambda: [value for _, value in prometheus.query("up")] == [0], 30,
                           "the end to be seen")

    def test_a_limit_is_seen_as_time_held(self):
        job, prometheus = self.start_slowly()
        held = "ddbsync_throttled_seconds_total"
        self.wait_for_value(prometheus, f'{held}{{reason="write_capacity"}}',
                            lambda value: value > 1)
        self.assertEqual(0, self.wait_for_value(prometheus, f'{held}{{reason="target_write"}}',
                                                lambda value: True))
        self.assertTrue(job.running)

    def has_data(self, prometheus, expression, since):
        expression = (expression.replace("$job_id", JOB_ID)
                      .replace("$__rate_interval", RATE_INTERVAL))
        self.assertNotIn("$", expression)
        found = prometheus.ask("query_range", query=expression, start=since, end=time.time(),
                               step=1)["result"]
        return any(not math.isnan(float(value))
                   for series in found for _, value in series["values"])

    def verify(self, job, missing=7):
        """Compares the tables, with an item missing that the job does not know of."""
        ddbsync.run("throttle", "write-capacity=none", "--state", self.state, home=self.folder)
        job.wait_until_following()
        job.wait_until_past(ddbsync.now())  # else the tail, which catches up, writes it again
        # Nor a repair of what a busy server did not answer in time.
        job.wait_until(lambda status: status["rechecks"] == 0, what="the repairs")
        self.client.delete_item(TableName=self.target, Key=workload.key_of(missing))
        ended, out, err = ddbsync.run("verify", "--state", self.state, home=self.folder,
                                      seconds=90)
        self.assertEqual(ddbsync.NOT_EQUAL, ended, out + err)

    def test_every_query_of_the_dashboard_finds_data(self):
        began = time.time()
        job, prometheus = self.start_slowly("--watch-target")
        dashboard = json.loads(DASHBOARD.read_text())
        unanswered = {(panel["title"], target["expr"]) for panel in dashboard["panels"]
                      for target in panel.get("targets", [])}
        self.assertGreater(len(unanswered), 30)
        self.assertLessEqual(MAY_BE_EMPTY.keys(), {title for title, _ in unanswered})
        for title, expression in list(unanswered):
            if title in MAY_BE_EMPTY:
                self.has_data(prometheus, expression, began)  # it is at least a good question
                unanswered.remove((title, expression))

        verified = {asked for asked in unanswered if "ddbsync_verify_" in asked[1]}
        unanswered -= verified

        def change_and_look():
            self.put(0, seed=len(unanswered))
            for title, expression in list(unanswered):
                if self.has_data(prometheus, expression, began):
                    unanswered.remove((title, expression))
            return not unanswered

        processes.wait_for(change_and_look, 90, lambda: f"data of {unanswered}", pause=0.1)
        self.verify(job)
        unanswered |= verified
        processes.wait_for(change_and_look, 90, lambda: f"data of {unanswered}", pause=0.1)
        self.assertEqual({"datasource", "job_id"},
                         {variable["name"] for variable in dashboard["templating"]["list"]})
        jobs = prometheus.ask("label/job_id/values", **{"match[]": "ddbsync_state"})
        self.assertEqual([JOB_ID], jobs)

    def test_a_full_job_shows_what_is_declared_and_nothing_else(self):
        self.make_source()
        self.make_target(stream=fixtures.VIEW)
        job = self.start("--watch-target")
        job.wait_until(lambda status: status["tail"]["shards_reading"] > 0, what="a shard")
        self.verify(job)
        job.get("/api/v1/gates")  # judges them, which the job does by itself once it follows
        families = declared()
        self.assertGreater(len(families), 30)
        text = job.get("/metrics")[1]
        self.assertEqual(set(families.items()), set(series_of(text)))
        done = subprocess.run([servers.Prometheus.PROGRAMS / "promtool", "check", "metrics"],
                              input=text, capture_output=True, text=True)
        self.assertEqual((0, ""), (done.returncode, done.stdout + done.stderr))

    def test_shards_are_not_shown_when_that_is_asked(self):
        self.make_tables()
        job = self.start("--shard-metrics", "off")
        job.wait_until(lambda status: status["tail"]["shards_reading"] > 0, what="a shard")
        self.assertNotIn("ddbsync_shard_", job.get("/metrics")[1])
