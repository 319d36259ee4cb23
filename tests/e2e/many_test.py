"""Several tables in one process: each job is seen and told by itself, and none ends another."""

import json
import re
import signal
import subprocess
import threading
import time

import browser
import comparison
import ddbsync
import faulty_proxy
import fixtures
import processes
import servers
import workload

ITEMS = 300
NAMES = ("orders", "users", "carts")
PICTURES = servers.ROOT / "build" / "page"


class Several:
    """One `ddbsync start` of several jobs; each looks like a ddbsync.Job of its own."""

    def __init__(self, case, *arguments, config, settle=ddbsync.SETTLE,
                 command="start"):
        self.process = case.enterContext(ddbsync.Job(
            *arguments, config=config, state=case.state, home=case.folder, src=None, dst=None,
            settle=settle, command=command))
        self.state = case.state

    def card(self, name):
        try:
            return json.loads((self.state / name / "api.json").read_text())
        except (FileNotFoundError, json.JSONDecodeError):
            return None

    def address(self):
        for name in sorted(path.name for path in self.state.glob("*")):
            card = self.card(name)
            if card and card["pid"] == self.process.process.pid:
                return card["address"]
        return None

    def get(self, path):
        address = processes.wait_for(self.address, 30, lambda: f"a card: {self.process.output()}")
        return ddbsync.get(address, path)

    def status(self, name):
        code, body = self.get(f"/jobs/{name}/api/v1/status")
        return json.loads(body) if code == 200 else None

    def wait_until(self, name, condition, what, seconds=60):
        def look():
            if not self.process.running:
                raise AssertionError(f"it ended: {self.process.output()}")
            status = self.status(name)
            return status if status and condition(status) else None
        return processes.wait_for(look, seconds, lambda: f"{what} of {name}: {self.status(name)}; "
                                                         f"{self.process.output()}")

    def wait_until_following(self, names=NAMES):
        for name in names:
            self.wait_until(name, lambda status: status["backfill"]["complete"], "the copy")

    def wait_until_past(self, instant, names=NAMES):
        for name in names:
            self.wait_until(name, lambda status: (ddbsync.time_of(status["tail"]["watermark"]) or 0)
                            > instant, "the watermark")


class ManyTest(fixtures.Case):
    def setUp(self):
        super().setUp()
        # The names are other tests' too, on the same server.
        self.sources = {name: f"{self.source}-{name}" for name in NAMES}
        self.targets = {name: f"{self.target}-{name}" for name in NAMES}

    def make_many(self, items=ITEMS):
        for name in NAMES:
            workload.create_table(self.client, self.sources[name], stream=fixtures.VIEW)
            workload.fill(self.client, self.sources[name], workload.items(items))
            workload.create_table(self.client, self.targets[name])

    def config(self, general="", **more):
        """A [[job]] for each name; `more` are lines of its own."""
        lines = [general]
        endpoints = {}
        for name in NAMES:
            lines += ["[[job]]", f'name = "{name}"', f'src = "{name}-a"', f'dst = "{name}-b"',
                      more.get(name, "")]
            endpoints[f"{name}-a"] = ddbsync.endpoint(self.sources[name], self.source_url)
            endpoints[f"{name}-b"] = ddbsync.endpoint(self.targets[name], self.target_url)
        path = self.folder / "jobs.toml"
        path.write_text("\n".join(lines) + "\n" + ddbsync.config_text(**endpoints))
        return path

    def start_many(self, *arguments, **options):
        if "config" not in options:
            options["config"] = self.config()
        return Several(self, *arguments, **options)

    def tell(self, *words, code=ddbsync.DONE):
        ended, out, err = ddbsync.run(*words, "--state", self.state, home=self.folder)
        self.assertEqual(code, ended, out + err)
        return out if code == ddbsync.DONE else err

    def change(self, names=NAMES):
        for name in names:
            self.client.put_item(TableName=self.sources[name],
                                 Item={**workload.key_of(1), **workload.attributes(1, 99)})
            self.client.delete_item(TableName=self.sources[name], Key=workload.key_of(2))
        return ddbsync.now()

    def assert_equal_pairs(self, names=NAMES):
        for name in names:
            difference = comparison.compare(self.client, self.sources[name], self.client,
                                            self.targets[name])
            self.assertTrue(difference.equal, f"{name}: {difference}")

    def assert_all_follow(self, many, names=NAMES):
        many.wait_until_following(names)
        many.wait_until_past(self.change(names), names)
        self.assert_equal_pairs(names)

    def test_all_are_copied_followed_and_shown_together(self):
        self.make_many()
        many = self.start_many()
        self.assert_all_follow(many)
        jobs = json.loads(many.get("/api/v1/jobs")[1])["jobs"]
        self.assertEqual([(name, "following", True, f"/jobs/{name}") for name in NAMES],
                         [(job["job_id"], job["state"], job["ready"], job["path"])
                          for job in jobs])
        self.assertEqual(200, many.get("/readyz")[0])
        code, body = many.get("/api/v1/status")
        self.assertEqual(409, code)
        self.assert_says(body, NAMES)
        text = many.get("/metrics")[1]
        done = subprocess.run([servers.Prometheus.PROGRAMS / "promtool", "check", "metrics"],
                              input=text, capture_output=True, text=True)
        self.assertEqual((0, ""), (done.returncode, done.stdout + done.stderr))
        self.assertEqual(set(NAMES), set(re.findall(r'job_id="([^"]*)"', text)))
        types = re.findall(r"^# TYPE (\w+)", text, re.M)
        self.assertEqual(len(set(types)), len(types), "a family comes twice")
        self.assertEqual(1, text.count("\nddbsync_build_info{"))
        self.assertEqual(ddbsync.DONE, many.process.stop())
        self.assert_says(many.process.output(),
                         [f"{name}: stopped in good order" for name in NAMES])

    def test_after_a_kill_all_resume(self):
        self.make_many(1000)
        config = self.config("write_capacity = 100")
        many = self.start_many(config=config, settle=ddbsync.SHORT_SETTLE)
        for name in NAMES:
            many.wait_until(name, lambda status: status["writes"]["puts_ok"] >= 25, "writes")
        many.process.kill()
        again = self.start_many("--write-capacity", "10000", config=config,
                                settle=ddbsync.SHORT_SETTLE)
        self.assert_all_follow(again)
        self.assertEqual(ddbsync.DONE, again.process.stop())

    def test_one_is_told_without_the_others(self):
        self.make_many()
        many = self.start_many()
        many.wait_until_following()
        self.assertIn("one of: carts, orders, users; or --all",
                      self.tell("stop", code=ddbsync.USAGE))
        self.assertIn("there is no job `cats`",
                      self.tell("stop", "--job", "cats", code=ddbsync.FAILED))
        self.tell("throttle", "--job", "users", "write-capacity=77")
        self.assertEqual([None, 77.0, None], [many.status(name)["limits"]["write_capacity"]
                                              for name in NAMES])
        self.assert_says(self.tell("stop", "--job", "orders"),
                         ["stopped in good order", "`ddbsync start --job orders`"])
        # As if its process had ended: its checkpoint is free, and read from the disk.
        self.assertIsNone(many.card("orders"))
        self.assertIn("stopped in good order", self.tell("status", "--job", "orders"))
        self.assertIn("no process runs", self.tell("pause", "--job", "orders",
                                                   code=ddbsync.FAILED))
        self.assertEqual("done", many.status("orders")["state"])
        self.assertEqual(200, many.get("/readyz")[0])
        self.assert_all_follow(many, NAMES[1:])
        alone = Several(self, "--job", "orders", config=self.folder / "jobs.toml")
        many.wait_until_past(self.change(), NAMES[1:])
        processes.wait_for(lambda: many.card("orders"), 30, "its own process")
        alone.wait_until_past(self.change(), ("orders",))
        self.assert_equal_pairs(("orders",))
        self.assertEqual(ddbsync.DONE, alone.process.stop())
        self.tell("stop", "--all")
        self.assertEqual(ddbsync.DONE, processes.exit_code(many.process, 5))

    def test_status_without_a_name_shows_all(self):
        """As the Dockerfile's HEALTHCHECK asks it."""
        self.make_many()
        many = self.start_many()
        many.wait_until_following()
        lines = self.tell("status").splitlines()
        self.assertEqual([(name, "following") for name in NAMES],
                         [tuple(line.split()[:2]) for line in lines[:3]])
        self.assert_says("\n".join(lines), ["3 jobs: 3 following"])
        self.tell("stop", "--job", "orders")
        jobs = json.loads(self.tell("status", "--json"))["jobs"]
        self.assertEqual([(name, name == "orders") for name in NAMES],
                         [(job["job_id"], job["ended"]) for job in jobs])
        many.process.kill()
        self.assertIn("one of: carts, orders, users",
                      self.tell("status", code=ddbsync.USAGE))

    def test_one_that_fails_is_seen_and_the_others_go_on(self):
        self.make_many()
        many = self.start_many("--log-format", "json")
        many.wait_until_following()
        self.client.delete_table(TableName=self.targets["users"])
        self.change()
        many.wait_until("users", lambda status: status["state"] == "failed", "the failure")
        code, body = many.get("/readyz")
        self.assertEqual(503, code)
        self.assertIn("users is failed", json.loads(body)["reason"])
        self.assertNotIn("orders", json.loads(body)["reason"])
        self.assertIn('ddbsync_state{job_id="users",state="failed"} 1', many.get("/metrics")[1])
        many.wait_until_past(self.change(("orders", "carts")), ("orders", "carts"))
        self.assert_equal_pairs(("orders", "carts"))
        self.assertEqual(ddbsync.FAILED, many.process.stop())
        output = many.process.output()
        self.assert_says(output, ["users: failed", "orders: stopped in good order"])
        self.assertRegex(output, r'"event":"ending".*"job":"users"')

    def test_a_limit_of_the_account_is_kept_by_all_together(self):
        self.make_many(1000)
        began = time.monotonic()
        many = self.start_many("--account-write-capacity", "150")
        processes.wait_for(lambda: self.units(many) >= 1200, 60,
                           lambda: f"writes: {self.units(many)}")
        # From the start on, so that answers which come late count for nothing. Each for itself
        # would take a third of this; to the unit it is tested in virtual time.
        self.assertGreater(time.monotonic() - began, 0.9 * 1200 / 150)
        many.wait_until("users", lambda status: "account-write-capacity" in status["reason"],
                        "the reason")
        self.assertIn("account-write-capacity 150", self.tell("status", "--job", "carts"))
        self.tell("throttle", "--job", "orders", "account-write-capacity=none")
        self.assertEqual([None] * 3, [many.status(name)["limits"]["account_write_capacity"]
                                      for name in NAMES])
        self.assert_all_follow(many)

    def units(self, many):
        return sum((many.status(name) or {"target_write_units": 0})["target_write_units"]
                   for name in NAMES)

    def test_the_page_lists_all_and_leads_to_each(self):
        self.make_many()
        many = self.start_many()
        many.wait_until_following()
        page = fixtures.shared(browser.Browser)
        url = f"http://{many.address()}"
        page.open(url + "/", viewport={"width": 1280, "height": 900})
        page.wait_for_text("#jobs", [*NAMES, "following"])
        page.wait_for_text("#summary", ["3 following"])
        PICTURES.mkdir(parents=True, exist_ok=True)
        page.tell("screenshot", {"path": str(PICTURES / "overview.png"), "fullPage": True})
        page.tell("click", 'a[href="jobs/users/"]')
        page.wait_for_text("#state", ["Following"])
        page.wait_for_text("#tables", [self.sources["users"], self.targets["users"]])
        many.wait_until("users", lambda status: status["tail"]["headroom_seconds"], "headroom")
        page.tell("click", "#pause-all")
        page.wait_for_text("#state", ["Paused"])
        self.assertEqual(["following", "paused", "following"],
                         [many.status(name)["state"] for name in NAMES])
        page.tell("click", "#others a")
        page.wait_for_text("#summary", ["1 paused"])
        seen = page.tell("seen")
        self.assertEqual(([url], []), (seen["origins"], seen["errors"]))

    def test_faults_of_all_are_told_before_anything_is_touched(self):
        self.make_many()
        self.client.delete_table(TableName=self.targets["orders"])
        self.client.delete_table(TableName=self.targets["carts"])
        self.client.delete_table(TableName=self.sources["users"])
        config = self.config(carts="create_target = true")
        many = self.start_many(config=config)
        self.assertEqual(ddbsync.USAGE, processes.exit_code(many.process, 60),
                         many.process.output())
        self.assert_says(many.process.output(), [
            f"job orders: target orders-b: there is no table '{self.targets['orders']}'",
            f"job users: source users-a: there is no table '{self.sources['users']}'"])
        self.assertNotIn(self.targets["carts"], workload.table_names(self.client))
        self.assertFalse(list(self.state.glob("*/api.json")))

    def test_one_table_under_two_names_is_known_by_its_own(self):
        self.make_many()
        config = self.config().read_text().replace('dst = "users-b"', 'dst = "other-name"')
        path = self.folder / "jobs.toml"
        path.write_text(config + ddbsync.config_text(**{"other-name": ddbsync.endpoint(
            self.targets["orders"], self.target_url, access_key_env="AWS_ACCESS_KEY_ID",
            secret_key_env="AWS_SECRET_ACCESS_KEY")}))
        many = self.start_many(config=path)
        self.assertEqual(ddbsync.USAGE, processes.exit_code(many.process, 60),
                         many.process.output())
        self.assertIn("jobs orders and users would both write to arn:", many.process.output())

    def test_what_cannot_be_meant_is_refused(self):
        config = self.config(users='write_capacity = -1\nlisten = "here"')
        config.write_text(config.read_text().replace('name = "carts"\nsrc = "carts-a"\n'
                                                     'dst = "carts-b"', 'name = "orders"\n'
                                                     'src = "carts-a"'))
        many = self.start_many(config=config)
        self.assertEqual(ddbsync.USAGE, processes.exit_code(many.process, 30))
        self.assert_says(many.process.output(), [
            "job users: ", "write_capacity: `-1`", "the whole process's",
            "two jobs are called orders", "job orders: `dst` is missing"])
        many = self.start_many("--job", "cats", config=self.config())
        self.assertEqual(ddbsync.USAGE, processes.exit_code(many.process, 30))
        self.assertIn("it has: orders, users, carts", many.process.output())


class ChosenTest(fixtures.Case):
    """Tables that are looked for by prefix or tag, on endpoints that name none."""

    def setUp(self):
        super().setUp()
        self.dev, self.prod = f"{self.source}-DEV-", f"{self.target}-PROD-"
        self.places = self.folder / "places.toml"
        self.write_places(self.source_url)

    def write_places(self, url):
        place = {"region": servers.REGION, "endpoint_url": url}
        ddbsync.write_config(self.places, old=place, new={**place,
                                                          "endpoint_url": self.target_url})

    def choose(self, *arguments, **options):
        return Several(self, "--src", "old", "--dst", "new", *arguments, config=self.places,
                       **options)

    def refused(self, *arguments):
        many = self.choose(*arguments)
        self.assertEqual(ddbsync.USAGE, processes.exit_code(many.process, 60),
                         many.process.output())
        self.assertFalse(list(self.state.glob("*/api.json")))
        return many.process.output()

    def job(self, name):
        return f"{self.dev}{name}-{self.prod}{name}"

    def test_tables_of_a_prefix_are_copied_and_followed(self):
        for name in (f"{self.dev}orders", f"{self.dev}users", f"{self.source}-other"):
            workload.create_table(self.client, name, stream=fixtures.VIEW)
            workload.fill(self.client, name, workload.items(ITEMS))
        flags = ("--src-prefix", self.dev, "--dst-prefix", self.prod, "--create-target")
        many = self.choose(*flags, settle=ddbsync.SHORT_SETTLE)
        jobs = [self.job("orders"), self.job("users")]
        many.wait_until_following(jobs)
        self.assert_says(many.process.output(), [f"table   {self.dev}{name} to {self.prod}{name}"
                                                 for name in ("orders", "users")])
        for name in ("orders", "users"):
            self.client.delete_item(TableName=f"{self.dev}{name}", Key=workload.key_of(3))
        many.wait_until_past(ddbsync.now(), jobs)
        many.process.kill()
        again = self.choose(*flags, settle=ddbsync.SHORT_SETTLE)
        again.wait_until_past(ddbsync.now(), jobs)
        self.assertEqual(ddbsync.DONE, again.process.stop())
        for name in ("orders", "users"):
            difference = comparison.compare(self.client, f"{self.dev}{name}", self.client,
                                            f"{self.prod}{name}")
            self.assertTrue(difference.equal, f"{name}: {difference}")
        made = [name for name in workload.table_names(self.client)
                if name.startswith(self.target)]
        self.assertEqual(sorted(f"{self.prod}{name}" for name in ("orders", "users")),
                         sorted(made))

    def test_a_table_at_fault_is_shown_and_keeps_none_of_the_begun_ones_down(self):
        for name in ("orders", "users"):
            workload.create_table(self.client, f"{self.dev}{name}", stream=fixtures.VIEW)
            workload.fill(self.client, f"{self.dev}{name}", workload.items(20))
        flags = ("--src-prefix", self.dev, "--dst-prefix", self.prod, "--create-target")
        many = self.choose(*flags)
        many.wait_until_following([self.job("orders"), self.job("users")])
        self.assertEqual(ddbsync.DONE, many.process.stop())
        self.client.delete_table(TableName=f"{self.dev}users")
        workload.create_table(self.client, f"{self.dev}new")  # without a stream
        again = self.choose(*flags)
        self.client.delete_item(TableName=f"{self.dev}orders", Key=workload.key_of(3))
        again.wait_until_past(ddbsync.now(), [self.job("orders")])
        self.assert_says(again.status(self.job("new"))["reason"], ["stream", "--enable-stream"])
        gone = again.status(self.job("users"))
        self.assertEqual("failed", gone["state"])
        self.assert_says(gone["reason"], ["there is no table", "if that is over, remove",
                                          self.job("users")])
        code, body = again.get("/readyz")
        self.assertEqual(503, code)
        self.assert_says(body, [self.job("new"), self.job("users")])
        self.assertIsNone(again.card(self.job("new")))
        self.assertNotIn(f"{self.prod}new", workload.table_names(self.client))
        difference = comparison.compare(self.client, f"{self.dev}orders", self.client,
                                        f"{self.prod}orders")
        self.assertTrue(difference.equal, str(difference))
        self.assertEqual(ddbsync.FAILED, again.process.stop())

    def test_tables_of_a_tag_are_copied(self):
        dynalite = fixtures.shared(servers.Dynalite)
        self.write_places(dynalite.url)
        client = dynalite.client()
        for name, tags in (("orders", {"env": "prod", "team": "shop"}), ("users", {"env": "test"}),
                           ("carts", {})):
            table = f"{self.dev}{name}"
            workload.create_table(client, table)
            workload.fill(client, table, workload.items(20))
            arn = client.describe_table(TableName=table)["Table"]["TableArn"]
            if tags:
                client.tag_resource(ResourceArn=arn, Tags=[{"Key": key, "Value": value}
                                                           for key, value in tags.items()])
        many = self.choose("--src-prefix", self.dev, "--dst-prefix", self.prod, "--create-target",
                           "--src-tag", "env=prod", command="backfill")
        self.assertEqual(ddbsync.DONE, processes.exit_code(many.process, 60),
                         many.process.output())
        difference = comparison.compare(client, f"{self.dev}orders", self.client,
                                        f"{self.prod}orders")
        self.assertTrue(difference.equal, str(difference))
        self.assertNotIn(f"{self.prod}users", workload.table_names(self.client))
        self.assertIn("has the tag env=dev", self.refused(
            "--src-prefix", self.dev, "--src-tag", "env=dev", "--dst-prefix", self.prod))

    def test_what_cannot_be_found_is_told(self):
        self.assert_says(
            self.refused("--src-prefix", f"{self.dev}none-", "--dst-prefix", self.prod),
            ["source old: no table at", f"begins with `{self.dev}none-`"])
        workload.create_table(self.client, f"{self.dev}orders", stream=fixtures.VIEW)
        # DynamoDB Local has no tags: that is not the same as a table without any.
        self.assert_says(
            self.refused("--src-prefix", self.dev, "--dst-prefix", self.prod, "--src-tag", "a=b"),
            [f"source old: reading the tags of {self.dev}orders"])
        self.assert_says(self.refused("--src-prefix", self.dev, "--dst-prefix", self.prod),
                         [f"target {self.prod}orders: there is no table", "--create-target"])
        self.assertIn("others with --dst-prefix", self.refused("--src-prefix", self.dev))

    def test_a_stop_is_heard_while_tables_are_looked_for(self):
        asked, release = threading.Event(), threading.Event()

        def hold(request, forward):
            asked.set()
            return faulty_proxy.held_until(release)(request, forward)

        with faulty_proxy.FaultyProxy(self.server.url) as proxy:
            proxy.on("ListTables", hold)
            self.write_places(proxy.url)
            many = self.choose("--src-prefix", self.dev, "--dst-prefix", self.prod)
            self.assertTrue(asked.wait(30))
            many.process.send(signal.SIGTERM)
            self.assertEqual(ddbsync.DONE, processes.exit_code(many.process, 5))
            release.set()
