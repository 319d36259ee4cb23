"""One round in a process of its own: tables, a writer, faults, kills, a drain, a comparison.

    round.py FOLDER OPTIONS NUMBER KILLS
OPTIONS is plan.Options as JSON. Ends with 0 and a line of JSON (what was done) on standard output,
or with 1 and the reason there; what is worth keeping is then in FOLDER/evidence. The log of the
round is FOLDER/round.log.
"""

import contextlib
import json
import pathlib
import random
import shutil
import signal
import sys
import time
import traceback

import paths  # noqa: F401
import checkpoints
import churn
import comparison
import ddbsync
import fake
import faulty_proxy
import lives
import plan
import processes
import servers
import small_disk
import weather
import workload
import writer

DRAIN_SECONDS = 120
DRAIN_LOOK = 0.25
SOURCE, TARGET = "source", "target"


class Round:
    def __init__(self, folder, options, number, kills):
        self._options = options
        self._plan = plan.draw(options, number, kills)
        self._folder = folder
        self._log = open(folder / "round.log", "w")
        self._last_change = None
        self.state = self.lives = None
        self.say(f"{self._plan}")

    def say(self, text):
        print(f"{time.time():.3f} {text.rstrip()}", file=self._log, flush=True)

    def run(self, resources):
        drawn = self._plan
        disk = self._small_disk() if drawn.needs_small_disk else None
        self._start_servers(resources)
        self._fill()
        config = self._write_config(resources)
        self.state = (disk.folder if disk else self._folder) / "state"
        self.lives = lives.Lives(
            drawn, self._options.settle, f"torture-{self._options.seed}-{drawn.number}", config,
            self.state, self._folder, disk, self.say)
        changes = resources.enter_context(writer.Writer(
            self._source.url, SOURCE, drawn.items, drawn.rate, hot=drawn.hot, seed=drawn.seed))
        self._set_faults(True)
        with churn.Churn(self._source, SOURCE, drawn.churn if self._fakes else None,
                         drawn.seed) as rolling:
            for life in drawn.lives:
                self.lives.live(life)
        self._drain(changes)
        return self._compare(rolling.changes)

    @property
    def _fakes(self):
        return self._options.server == "fake"

    def _small_disk(self):
        try:
            return small_disk.SmallDisk(self._folder / "disk")
        except small_disk.NotPermitted:
            return None

    def _start_servers(self, resources):
        if self._fakes:
            self._source = resources.enter_context(fake.FakeDynamoDB(**self._plan.source))
            self._target = resources.enter_context(fake.FakeDynamoDB(**self._plan.target))
        else:
            self._source = self._target = resources.enter_context(servers.DynamoDBLocal())

    def _fill(self):
        client = self._source.client()
        workload.create_table(client, SOURCE, stream=self._plan.view)
        workload.fill(client, SOURCE, workload.items(self._plan.items))
        if self._plan.large_item:
            workload.fill(client, SOURCE, [workload.large_item()])
        workload.create_table(self._target.client(), TARGET)

    def _write_config(self, resources):
        urls = self._source.url, self._target.url
        self._proxies = []
        if self._options.network:
            self._proxies = [resources.enter_context(faulty_proxy.FaultyProxy(url)) for url in urls]
            urls = [proxy.url for proxy in self._proxies]
        return ddbsync.write_config(self._folder / "ddbsync.toml",
                                    a=ddbsync.endpoint(SOURCE, urls[0]),
                                    b=ddbsync.endpoint(TARGET, urls[1]))

    def _set_faults(self, on):
        for number, proxy in enumerate(self._proxies):
            proxy.heal()
            if on:
                pick = random.Random(self._plan.seed + number)
                proxy.on(None, weather.storm(pick, self._options.settle * plan.NETWORK_DELAY))
        if self._fakes:
            for server, faults in ((self._source, self._plan.source_faults),
                                   (self._target, self._plan.target_faults)):
                server.admin("clear")
                if on:
                    server.admin("faults", **faults)

    def _drain(self, changes):
        """Stops the writer and the faults, and waits until ddbsync has nothing left to do."""
        with self.lives.start() as job:
            self.lives.wait_until_acting(job)
            self._stop_writer(changes)
            # No kill more: a job that hangs is not to be healed by it.
            if not self._wait_until_drained(job, DRAIN_SECONDS):
                raise lives.Wrong(f"not drained after {DRAIN_SECONDS} s: {job.status()}")
            code = job.stop(lives.PATIENCE)
        if code != ddbsync.DONE:
            raise lives.Wrong(f"ddbsync ended with {code} after SIGTERM")
        left = self.lives.watch.look()
        if not left["clean_stop"] or left["rechecks"]:
            raise lives.Wrong("a stop in good order left no marker of it, or rechecks: "
                              f"{left['clean_stop']}, {left['rechecks'][:3]}")

    def _stop_writer(self, changes):
        summary = changes.stop()
        self._last_change, self._changes = summary["last_change"], summary["changes"]
        self._set_faults(False)

    def _wait_until_drained(self, job, seconds):
        """False when the watermark has not passed the last change after so many seconds."""
        def passed(status):
            mark = ddbsync.time_of(status["tail"]["watermark"])
            return status["backfill"]["complete"] and mark is not None and mark > self._last_change

        try:
            job.wait_until(passed, seconds, "the last change to be passed", pause=DRAIN_LOOK)
        except processes.TimedOut:
            return False
        job.wait_until(lambda status: passed(status) and status["rechecks"] == 0, DRAIN_SECONDS,
                       "the last recheck", pause=DRAIN_LOOK)
        return True

    def _compare(self, rolls):
        difference = comparison.compare(self._source.client(), SOURCE,
                                        self._target.client(), TARGET)
        if not difference.equal:
            self._tell_difference(difference)
            raise lives.Wrong(f"NOT EQUAL: {difference}")
        return {**self.kills(), "items": difference.source_items, "changes": self._changes,
                "rolls": rolls, "skipped": self.lives.skipped}

    def kills(self):
        phases = self.lives.phases if self.lives else {}
        return {"kills": sum(phases.values()), "phases": phases}

    def _tell_difference(self, difference):
        source = comparison.read_table(self._source.client(), SOURCE)
        target = comparison.read_table(self._target.client(), TARGET)
        for key in difference.missing + difference.extra + difference.different:
            self.say(f"{key}\n  source {source.get(key)}\n  target {target.get(key)}")

    def keep_evidence(self):
        """Copies the state from where only this process may see it."""
        evidence = self._folder / "evidence"
        evidence.mkdir()
        if self.state and self.state.exists():
            shutil.copytree(self.state, evidence / "state")
        for name in ("round.log", "ddbsync.toml"):
            with contextlib.suppress(FileNotFoundError):
                shutil.copy(self._folder / name, evidence)


def main():
    # A Ctrl-C ends it without a word, and the kernel all that it started.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    folder, options, number, kills = sys.argv[1:]
    one = Round(pathlib.Path(folder), plan.Options(**json.loads(options)), int(number), int(kills))
    try:
        with contextlib.ExitStack() as resources:
            done = one.run(resources)
    except Exception as error:  # whatever it is, the round has not shown what it should
        one.say(traceback.format_exc())
        if not isinstance(error, (lives.Wrong, checkpoints.Broken)):
            error = f"{type(error).__name__}: {error}"
        one.keep_evidence()
        print(json.dumps({"failed": str(error), **one.kills()}))
        sys.exit(1)
    print(json.dumps(done))


if __name__ == "__main__":
    main()
