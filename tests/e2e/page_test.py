"""The page at /, in a real browser, of a real job."""

import json
import time

import browser
import ddbsync
import fixtures
import processes
import servers
import workload

ITEMS = 1000
TOKEN = "a-token-of-more-than-sixteen-characters"
PICTURES = servers.ROOT / "build" / "page"
DESK, PHONE = {"width": 1280, "height": 900}, {"width": 360, "height": 740}
# What the browser itself says of an answer that is no 200, or of none.
OF_THE_NETWORK = "Failed to load resource"


def an_hour():
    """A history of ups and downs, with a hole in the lag and one where nobody looked."""
    ages = [age for age in range(3595, -1, -5) if not 1500 < age < 1900]
    wave = [abs((age % 900) - 450) / 450 for age in ages]
    return {"interval_seconds": 5, "age_seconds": ages,
            "lag_seconds": [None if 600 < age < 800 else 3 + 20 * up
                            for age, up in zip(ages, wave)],
            "items_per_second": [4000 * up for up in wave],
            "records_per_second": [900 - 500 * up for up in wave],
            "read_units_per_second": [700 * up for up in wave],
            "write_units_per_second": [4000 * up + 900 for up in wave],
            "in_flight": [round(40 * up) for up in wave],
            "throttled_per_second": [9 if up > 0.9 else 0 for up in wave]}


class PageTest(fixtures.Case):
    def setUp(self):
        super().setUp()
        self.page = fixtures.shared(browser.Browser)

    def show(self, job, path="/", **options):
        self.url = f"http://{job.wait_until_listening()}"
        self.page.open(self.url + path, viewport=options.pop("viewport", DESK), **options)

    def picture(self, name, whole=True):
        """For people to look at."""
        PICTURES.mkdir(parents=True, exist_ok=True)
        self.page.tell("screenshot", {"path": str(PICTURES / f"{name}.png"), "fullPage": whole})

    def assert_clean(self, *, network_errors=False):
        """No error in the console, and nothing asked of anybody else."""
        seen = self.page.tell("seen")
        self.assertEqual([self.url], seen["origins"])
        errors = [error for error in seen["errors"]
                  if not (network_errors and OF_THE_NETWORK in error)]
        self.assertEqual([], errors)

    def start_slowly(self):
        self.make_tables(ITEMS)
        job = self.start("--write-capacity", "40")
        job.wait_until(lambda status: status["writes"]["puts_ok"] >= 25, what="the first writes")
        return job

    def wait_for_looks(self, job):
        processes.wait_for(
            lambda: len(json.loads(job.get("/api/v1/history")[1])["age_seconds"]) >= 3, 30,
            "three looks", pause=0.5)

    def test_a_job_is_shown_as_it_goes_and_does_as_it_is_told(self):
        job = self.start_slowly()
        self.show(job)
        self.page.wait_for_text("#state", ["Copying"])
        self.page.tell("evaluate", "window.sameDocument = true")
        self.page.wait_for_text("#tables", [f"{self.source} (", f"→ {self.target} ("])
        self.page.wait_for_text("#items", [f"of about {ITEMS:,} items"])
        self.page.wait_for_text("#shards-legend", ["1 being read"])
        self.wait_for_looks(job)
        self.page.settle()
        self.picture("light")

        self.page.tell("click", "#pause")
        self.page.wait_for_text("#state", ["Paused"])
        self.assertEqual("paused", job.status()["state"])
        self.page.tell("click", "#resume")
        self.page.wait_for_text("#state", ["Copying"])
        self.assertEqual("copying", job.status()["state"])

        self.page.tell("fill", "#limit-in_flight", "-3")
        self.page.tell("click", "#throttle button[type=submit]")
        self.page.wait_for_text("#limit-error-in_flight", ["-3 is not"])
        self.assertIsNone(job.status()["limits"]["in_flight"])
        self.page.tell("fill", "#limit-in_flight", "4")
        self.page.tell("fill", "#limit-write_capacity", "")
        self.page.tell("click", "#throttle button[type=submit]")
        self.page.wait_for_text("#throttle-done", ["Applied"])
        self.assertEqual("", self.page.text("#limit-error-in_flight"))
        limits = job.status()["limits"]
        self.assertEqual((None, 4), (limits["write_capacity"], limits["in_flight"]))

        self.page.wait_for_text("#state", ["Following"], 60)
        self.page.wait_for_text("#percent", ["100 %"])
        self.assertTrue(self.page.tell("evaluate", "window.sameDocument"))
        job.wait_until_it_may_rest()
        self.page.tell("click", "#pause-all")
        self.page.wait_for_text("#reason", ["following too"])
        self.assertTrue(job.status()["tail_paused"])
        self.page.tell("click", "#resume")
        self.page.wait_for_text("#state", ["Following"])
        self.assert_clean(network_errors=True)  # the 400 that was asked for

    def test_stop_asks_first(self):
        job = self.start_slowly()
        self.show(job)
        self.page.wait_for_text("#state", ["Copying"])
        self.page.tell("click", "#stop")
        self.page.tell("keyboard.press", "Escape")
        self.page.tell("click", "#stop")
        self.page.tell("click", "#stop-dialog button[value=no]")
        self.assertEqual("copying", job.status()["state"])
        self.page.tell("click", "#stop")
        self.page.tell("click", "#stop-yes")
        self.assertEqual(ddbsync.DONE, job.wait())
        self.page.wait_for_text("#state", ["No answer"])
        self.page.wait_for_text("#reason", ["start command resumes"])

    def test_charts_show_what_came_before_the_page(self):
        self.make_tables()
        job = self.start()
        job.wait_until_following()
        self.show(job)
        self.wait_for_looks(job)
        self.page.tell("reload")
        drawn = "document.querySelectorAll('.chart path.first')[1]?.getAttribute('d') ?? ''"
        self.page.wait_for(f"({drawn}).includes('L')")
        self.page.tell("click", "#history-table summary")
        self.page.wait_for("document.querySelectorAll('#history-table tbody tr').length > 0")
        labels = "[...document.querySelectorAll('.chart > svg')].map((svg) => svg.ariaLabel)"
        for label in self.page.tell("evaluate", labels):
            self.assertIn("over the last hour", label)
        self.assert_clean()

    def test_a_gap_is_told_with_what_to_do(self):
        self.make_tables(items=20)
        with self.start() as job:
            job.wait_until_following()
            job.stop()
        for on in (False, True):
            view = {"StreamViewType": fixtures.VIEW} if on else {}
            self.client.update_table(TableName=self.source,
                                     StreamSpecification={"StreamEnabled": on, **view})
            self.put(1, seed=3)
        job = self.start("--on-gap", "hold")
        job.wait_until(lambda status: status["state"] == "gap", what="the gap")
        self.show(job)
        self.page.wait_for_text("#state", ["Gap"])
        self.page.wait_for_text("#reason", ["hanges were lost", "--state"])
        self.page.wait_for_text("#troubles", ["1 gap", "ddbsync checkpoint show --job"])
        self.assertTrue(self.page.tell("isDisabled", "#pause"))
        self.page.settle()
        self.picture("gap")
        self.assert_clean()

    def test_a_lost_server_is_told_and_comes_back_by_itself(self):
        self.make_tables()
        job = self.start()
        address = job.wait_until_listening()
        job.wait_until_following()
        self.show(job)
        self.page.wait_for_text("#state", ["Following"])
        self.page.settle()
        job.kill()
        began = time.monotonic()
        self.page.wait_for_text("#state", ["No answer"])
        self.assertLess(time.monotonic() - began, 5)
        self.page.wait_for_text("#since", ["last answer", " ago"])
        self.assertTrue(self.page.tell("isDisabled", "#stop"))
        self.picture("lost")
        again = self.start(listen=address)
        self.page.wait_for_text("#state", ["Following"])
        self.assertNotIn("lost", self.page.tell("getAttribute", "#board", "class") or "")
        self.assertEqual(ddbsync.DONE, again.stop())
        self.assert_clean(network_errors=True)

    def test_a_hanging_server_is_told_too(self):
        self.make_tables()
        job = self.start()
        self.show(job)
        self.page.wait_for_text("#state", ["ing"])
        job.send(19)  # SIGSTOP
        began = time.monotonic()
        self.page.wait_for_text("#state", ["No answer"])
        self.assertLess(time.monotonic() - began, 5.5)
        job.send(18)  # SIGCONT
        self.page.wait_for_text("#state", ["Following"])

    def test_the_token_is_asked_for_and_kept_for_the_tab(self):
        self.make_tables()
        path = self.folder / "token"
        path.write_text(TOKEN + "\n")
        path.chmod(0o600)
        job = self.start("--token-file", path)
        self.show(job)
        self.assertEqual(401, job.get("/api/v1/status")[0])
        self.page.tell("waitForSelector", "#token:visible")
        self.assertTrue(self.page.tell("isHidden", "#board"))
        self.picture("token")
        self.page.tell("fill", "#token", "not-the-token-at-all")
        self.page.tell("click", "#token-form button")
        self.page.wait_for_text("#token-error", ["not the job"])
        self.page.tell("fill", "#token", TOKEN)
        self.page.tell("keyboard.press", "Enter")
        self.page.wait_for_text("#state", ["Following"])
        self.page.tell("reload")
        self.page.wait_for_text("#state", ["Following"])
        self.page.wait_for_text("#tail-figures", [" h"], 60)  # it is known, so it may rest
        self.page.tell("click", "#pause-all")
        self.page.wait_for_text("#state", ["Paused"])
        self.assertNotIn(TOKEN, self.page.tell("url"))
        self.assert_clean(network_errors=True)

    def test_it_fits_a_phone_and_a_dark_room(self):
        job = self.start_slowly()
        for name, options in (("phone", {"viewport": PHONE}),
                              ("phone-dark", {"viewport": PHONE, "colorScheme": "dark"}),
                              ("dark", {"colorScheme": "dark", "reducedMotion": "reduce"})):
            self.show(job, **options)
            self.page.wait_for_text("#state", ["Copying"])
            self.page.settle()
            self.picture(name)
            over = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
            self.assertEqual(0, self.page.tell("evaluate", over), name)
            self.assert_clean()

    def test_a_verification_is_begun_shown_and_stopped(self):
        self.make_tables()
        job = self.start()
        job.wait_until_past(ddbsync.now())
        self.client.delete_item(TableName=self.target, Key=workload.key_of(1))
        self.show(job)
        self.page.wait_for_text("#verify-verdict", ["Nothing was verified"])
        self.assertTrue(self.page.tell("isDisabled", "#verify-stop"))
        self.page.tell("click", "#verify-start")
        self.page.wait_for_text("#verify-verdict", ["Different"], 60)
        self.page.wait_for_text("#verify-differences", ["missing since", "customer-00000"])
        self.page.wait_for_text("#verify-figures", ["Missing1", "Extra0", "Different0"])
        self.page.wait_for_text("#verify-command", ["ddbsync verify --job", "--repair"])
        self.picture("verification")
        self.show(job, viewport=PHONE)
        self.page.wait_for_text("#verify-differences", ["missing since"])
        self.page.settle()
        self.picture("verification-phone")
        over = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        self.assertEqual(0, self.page.tell("evaluate", over))
        self.page.tell("evaluate", "void orderVerification('verify', {watch: true})")
        self.page.wait_for("!document.getElementById('verify-stop').disabled")
        self.page.tell("click", "#verify-stop")
        self.page.wait_for("!document.getElementById('verify-start').disabled")
        self.assertFalse(json.loads(job.get("/api/v1/verify")[1])["running"])
        self.assert_clean()

    def test_a_cutover_is_shown_and_committed_or_taken_back_only_when_asked_twice(self):
        self.make_tables()
        job = self.start()
        job.wait_until_following()
        cutover = json.loads(job.get("/api/v1/cutover")[1])
        gates = json.loads(job.get("/api/v1/gates")[1])
        self.show(job)
        failing = {**gates, "ready": False, "gates": [
            {"name": "lag", "ok": False, "observed": "lag 45 s", "limit": "at most 30 s",
             "fix": "wait until it has caught up"}]}
        self.page.tell("answer", "/api/v1/gates", failing)
        self.page.tell("reload")
        self.page.wait_for_text("#cutover-verdict", ["1 gate does not hold"])
        self.page.wait_for_text("#cutover-failing", ["lag: lag 45 s", "wait until it has"])
        for button in ("#cutover-commit", "#cutover-abort"):
            self.assertFalse(self.page.tell("isVisible", button))
        now = cutover["now"]
        ready = {**cutover, "number": 1, "step": "ready", "asks_commit": True, "began": now,
                 "left_seconds": 41.5, "frozen_at": now,
                 "events": [{"time": now, "step": "preparing", "text": "<b>a hook's words</b>"}],
                 "gates": [{"name": "lag", "ok": True, "observed": "lag 2.1 s",
                            "limit": "at most 30 s", "fix": ""},
                           {"name": "schema_parity", "ok": False, "observed": "<i>no index</i>",
                            "limit": "the same", "fix": "make it"}]}
        digest = "0123456789abcdef" * 2
        self.page.tell("answer", "/api/v1/cutover", ready)
        self.page.tell("answer", "/api/v1/commit",
                       {**ready, "step": "done", "asks_commit": False, "committed_at": now,
                        "digests": {"source": digest, "target": digest[::-1]}})
        self.page.tell("reload")
        self.page.wait_for_text("#cutover-verdict", ["Ready"])
        self.page.wait_for_text("#cutover-events", ["<b>a hook's words</b>"])
        self.page.wait_for_text("#cutover-report", ["lag", "yes", "lag 2.1 s", "at most 30 s",
                                                    "schema parity", "no", "<i>no index</i>"])
        self.assertFalse(self.page.tell("isVisible", "#cutover-digests"), "nothing was compared")
        self.page.settle()
        self.picture("cutover")
        self.page.tell("click", "#cutover-abort")
        self.page.tell("click", "#abort-dialog button[value=no]")
        self.page.tell("click", "#cutover-commit")
        self.page.tell("keyboard.press", "Escape")
        self.page.wait_for_text("#cutover-verdict", ["Ready"])
        self.page.tell("click", "#cutover-commit")
        self.page.tell("click", "#commit-yes")
        self.page.wait_for_text("#cutover-verdict", ["Switched"])
        self.page.wait_for_text("#cutover-digests", [f"Source’s digest{digest}",
                                                     f"Target’s digest{digest[::-1]}"])
        self.assertTrue(self.page.tell("isVisible", "#cutover-digests"))
        self.page.tell("click", "#cutover-report summary")
        self.page.wait_for("document.querySelector('#cutover-report').open")
        self.assertTrue(self.page.tell("isVisible", "#cutover-report table"))
        self.assert_clean()

    def test_the_keyboard_reaches_every_control_and_is_not_held(self):
        job = self.start_slowly()
        self.show(job)
        self.page.wait_for_text("#state", ["Copying"])
        self.page.settle()
        controls = ("[...document.querySelectorAll('button, input, summary, a')]"
                    ".filter((one) => one.checkVisibility() && !one.disabled)"
                    ".map((one, i) => one.dataset.number = String(i))")
        wanted = set(self.page.tell("evaluate", controls))
        focused = ("({number: document.activeElement.dataset.number, "
                   "outline: getComputedStyle(document.activeElement).outlineStyle})")
        reached = set()
        for _ in range(len(wanted) + 10):
            self.page.tell("keyboard.press", "Tab")
            here = self.page.tell("evaluate", focused)
            if here.get("number"):
                self.assertNotEqual("none", here["outline"])
                reached.add(here["number"])
        self.assertEqual(wanted, reached)
        self.page.tell("focus", "#pause")
        self.page.tell("keyboard.press", "Enter")
        self.page.wait_for_text("#state", ["Paused"])
        self.assertEqual("paused", job.status()["state"])

    def test_ten_thousand_shards_and_segments_stay_readable(self):
        self.make_tables()
        job = self.start()
        status = job.wait_until_following()
        self.show(job)
        self.page.wait_for_text("#state", ["Following"])
        shards = [{"shard_id": f"shardId-{i:020}-{i:08x}",
                   "parent_id": f"shardId-{i - 1:020}-{i - 1:08x}" if i % 4 else "",
                   "phase": ("waiting" if i % 4 == 3 else "reading" if i % 4 == 2 else
                             "lost" if i == 41 else "finished")} for i in range(400)]
        status["tail"].update(shards_reading=5000, shards_waiting=2500, shards_finished=2500)
        status["backfill"].update(segments=8192, segments_finished=4000, segments_open=128,
                                  complete=False, progress=0.5, items_expected=8192 * 100)
        segments = [{"segment": i, "cursor": "", "finished": i < 4000, "items_read": 50,
                     "items_written": 50, "items_fenced": 0, "bytes_read": 1}
                    for i in range(4128)]
        self.page.tell("answer", "/api/v1/lineage", {"shards": shards, "left_out": 9600})
        self.page.tell("answer", "/api/v1/segments", {"segments": segments})
        self.page.tell("answer", "/api/v1/status", {**status, "state": "copying"})
        self.page.tell("answer", "/api/v1/history", an_hour())
        self.page.tell("reload")
        self.page.wait_for_text("#shards-left-out", ["9,600 more are not drawn"])
        self.page.wait_for_text("#shards-legend", ["5,000 being read", "1 lost"])
        self.page.wait_for_text("#segments-note", ["2 segments"])
        self.page.settle()
        drawn = "document.querySelectorAll('#families .shard').length"
        self.assertEqual(400, self.page.tell("evaluate", drawn))
        self.picture("many")
        over = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        self.assertEqual(0, self.page.tell("evaluate", over))
        self.assert_clean()

    def test_a_job_with_thousands_of_shards_is_shown_and_told_what_to_do(self):
        shards, drawn = 3000, 400
        server = self.enterContext(servers.ManyShards(shards))
        config = ddbsync.write_config(
            self.folder / "ddbsync.toml", a=ddbsync.endpoint("source", server.url),
            b=ddbsync.endpoint("target", server.url))
        job = self.start(config=config)
        job.wait_until(lambda status: status["tail"]["shards_reading"] == shards, seconds=90,
                       what="all shards")
        self.show(job)
        self.page.wait_for_text("#shards-legend", [f"{shards:,} being read"])
        self.page.wait_for_text("#shards-left-out", [f"{shards - drawn:,} more are not drawn"])
        # The picture is bounded, and so are the answers to every look.
        self.assertEqual(drawn, self.page.tell(
            "evaluate", "document.querySelectorAll('#families .shard').length"))
        self.assertLess(self.page.tell("evaluate", "document.querySelectorAll('*').length"), 4000)
        for name, most in (("status", 4000), ("lineage", 60_000), ("history", 60_000)):
            self.assertLess(len(job.get(f"/api/v1/{name}")[1]), most, name)
        # It goes on looking, asks for pictures more seldom than for the status, and never for all.
        asked = ("performance.getEntriesByType('resource')"
                 ".map((one) => one.name.replace(/.*[/]/, ''))")
        processes.wait_for(lambda: self.page.tell("evaluate", asked).count("lineage") >= 2, 30,
                           "a second picture", pause=0.2)
        names = self.page.tell("evaluate", asked)
        self.assertGreater(names.count("status"), names.count("lineage"))
        self.assertFalse({"shards", "checkpoint"} & set(names), names)
        # It is never so busy that it does not listen.
        self.page.tell("click", "#shards-table summary")
        job.wait_until_it_may_rest()
        self.page.tell("click", "#pause-all")
        self.page.wait_for_text("#state", ["Paused"])
        self.assertTrue(job.status()["tail_paused"])
        self.page.tell("click", "#resume")
        self.page.wait_for_text("#state", ["Following"])
        self.assert_clean()

    def test_writes_of_others_to_the_target_are_told_with_what_to_do(self):
        self.make_tables(items=20)
        job = self.start()
        status = job.wait_until_following()
        self.show(job)
        self.page.wait_for_text("#state", ["Following"])
        watch = {**status["watch"], "wanted": True, "watching": False, "reason": "it was off",
                 "puts": 2, "deletes": 1, "last_foreign": status["now"],
                 "some_keys": ['{"customer":{"S":"<b>1"}}']}
        self.page.tell("answer", "/api/v1/status", {**status, "watch": watch})
        self.page.wait_for_text("#troubles", ["3 foreign writes", "<b>1", "not watched",
                                              "it was off", "ddbsync verify --repair --job a-b"])
        for lag, words in ((200, ["is behind", "By 3 min 20 s"]), (None, ["Nobody knows"])):
            late = {**watch, "watching": True, "reason": "", "lag_seconds": lag}
            self.page.tell("answer", "/api/v1/status", {**status, "watch": late})
            self.page.wait_for_text("#troubles", ["The watch of the target", *words])
        self.page.wait_for_text("#tail-figures", ["Lag of the target", "unknown"])
        self.page.tell("answer", "/api/v1/status",
                       {**status, "watch": {**late, "lag_seconds": 7.2}})
        self.page.wait_for_text("#tail-figures", ["Lag of the target", "7.2 s"])
        self.assertNotIn("is behind", self.page.text("#troubles"))
        self.assert_clean()

    def test_what_is_shown_is_never_run(self):
        self.make_tables()
        job = self.start()
        status = job.wait_until_following()
        self.show(job)
        self.page.wait_for_text("#state", ["Following"])
        markup = "<img src=x onerror='window.ran = true'><script>window.ran = true</script>"
        self.page.tell("answer", "/api/v1/status", {**status, "reason": markup, "job_id": markup,
                                                    "last_warning": markup, "source_arn": markup})
        self.page.wait_for_text("#reason", [markup])
        self.page.wait_for_text("#troubles", [markup])
        self.assertIsNone(self.page.tell("evaluate", "window.ran ?? null"))
        self.assert_clean()
