"""What tools/demo runs after the build: two live tables copied and followed through kill -9.

The bar on the terminal is the job of the large table; the job of the small one logs to a file.
"""

import contextlib
import os
import pathlib
import signal
import sys
import tempfile
import time

import comparison
import ddbsync
import processes
import servers
import terminal
import workload
import writer

ITEMS, SMALL_ITEMS = 20_000, 500
CHANGES_PER_SECOND = 250  # asked for, so that at least WANTED_PER_SECOND come about
SMALL_CHANGES_PER_SECOND = 20
WANTED_PER_SECOND = 200
# Units per second. DynamoDB Local does one thing at a time, and reads the whole table for a page of
# any segment: without a limit the writer would wait behind the scan.
READ_CAPACITY = 60
KILL_BETWEEN = (0.25, 0.75)  # of the items
FOLLOWED = 1000  # updates seen before the second kill, and again before the end
WAIT_SECONDS = 90
BEGAN = time.monotonic()


def say(text):
    print(f"\r\n==> {time.monotonic() - BEGAN:.0f} s: {text}\r", flush=True)


class Demo:
    def __init__(self, source, target, folder, shell):
        self._folder, self._shell = folder, shell
        self._client, self._target_client = source.client(), target.client()
        self._pairs = [("orders", "orders_copy"), ("customers", "customers_copy")]
        self._config = ddbsync.write_config(
            folder / "ddbsync.toml",
            a=ddbsync.endpoint("orders", source.url),
            b=ddbsync.endpoint("orders_copy", target.url),
            customers=ddbsync.endpoint("customers", source.url),
            customers_copy=ddbsync.endpoint("customers_copy", target.url))
        self._small_log = open(folder / "customers.log", "w+")

    def fill(self):
        view = "NEW_AND_OLD_IMAGES"
        workload.create_table(self._client, "orders", stream=view)
        workload.create_table(self._client, "customers", hash_key=("id", "B"),
                              range_key=None, stream=view)
        workload.fill(self._client, "orders", workload.items(ITEMS - 1))
        workload.fill(self._client, "orders", [workload.large_item()])
        workload.fill(self._client, "customers",
                      workload.items(SMALL_ITEMS, key=workload.small_key_of))

    def start(self, jobs):
        """`ddbsync start` for both pairs; the first has the terminal."""
        environment = {**ddbsync.environment(self._folder, **ddbsync.credentials()),
                       "TERM": os.environ.get("TERM", "xterm")}
        large = jobs.enter_context(ddbsync.Job(
            "--create-target", "--read-capacity", READ_CAPACITY, config=self._config,
            state=self._folder / "a-b", home=self._folder, env=environment,
            stdout=self._shell.stdout))
        small = jobs.enter_context(ddbsync.Job(
            "--create-target", config=self._config, state=self._folder / "customers",
            home=self._folder, src="customers", dst="customers_copy", stdout=self._small_log))
        return large, small

    def kill_while_copying(self, jobs):
        large, small = self.start(jobs)
        low, high = (share * ITEMS for share in KILL_BETWEEN)

        def copied(status):  # or left to the stream, which has a newer version
            return status["backfill"]["items_written"] + status["backfill"]["items_fenced"]

        seen = large.wait_until(lambda status: copied(status) >= low, WAIT_SECONDS,
                                "a part of the copy")
        large.kill()
        small.kill()
        if seen["backfill"]["complete"] or copied(seen) > high:
            raise AssertionError(f"the copy was too fast to be killed in its middle: {seen}")
        say(f"kill -9 in the middle of the copy, at {copied(seen)} items; starting anew")

    def kill_while_following(self, jobs):
        large, small = self.start(jobs)
        for job in (large, small):
            job.wait_until_following(WAIT_SECONDS)
        seen = self.follow(large)
        large.kill()
        small.kill()
        say(f"kill -9 while {seen['state']}; starting anew")

    def follow(self, job):
        since = job.status()["tail"]["modifies"]
        return job.wait_until(lambda status: status["tail"]["modifies"] >= since + FOLLOWED,
                              WAIT_SECONDS, "changes to follow")

    def follow_to_the_end(self, jobs, writers):
        large, small = self.start(jobs)
        for job in (large, small):
            job.wait_until_following(WAIT_SECONDS)
        self.follow(large)
        summaries = [one.stop() for one in writers]
        say(f"the writers have stopped after {sum(one['changes'] for one in summaries)} changes; "
            "waiting until the watermarks have passed the last")
        for job, summary in zip((large, small), summaries):
            job.wait_until_past(summary["last_change"], WAIT_SECONDS)
        for job in (large, small):
            code = job.stop()
            if code != ddbsync.DONE:
                raise AssertionError(f"ddbsync ended with {code} after SIGTERM")
        return summaries

    def compare(self):
        say("comparing the tables item for item, with boto3 alone")
        return [comparison.compare(self._client, source, self._target_client, target)
                for source, target in self._pairs]

    def small_log(self):
        self._small_log.seek(0)
        return self._small_log.read()


def run(resources, folder):
    """The demo's last line, and whether all is equal."""
    say("starting DynamoDB Local for either side, "
        f"making {ITEMS} + {SMALL_ITEMS} items of every type")
    source = resources.enter_context(servers.DynamoDBLocal())
    target = resources.enter_context(servers.DynamoDBLocal())
    demo = Demo(source, target, folder, resources.enter_context(terminal.Terminal()))
    demo.fill()
    writers = [
        resources.enter_context(writer.Writer(source.url, "orders", ITEMS - 1, CHANGES_PER_SECOND)),
        resources.enter_context(writer.Writer(source.url, "customers", SMALL_ITEMS,
                                              SMALL_CHANGES_PER_SECOND, hash_only=True))]
    say(f"changing them {CHANGES_PER_SECOND} times a second; ddbsync start --src a --dst b")
    jobs = resources.enter_context(contextlib.ExitStack())
    try:
        demo.kill_while_copying(jobs)
        demo.kill_while_following(jobs)
        summaries = demo.follow_to_the_end(jobs, writers)
    except (AssertionError, processes.TimedOut):
        print(f"\nLog of the second job:\n{demo.small_log()}", file=sys.stderr)
        raise
    results = demo.compare()
    rate = summaries[0]["per_second"]
    if rate < WANTED_PER_SECOND:
        say(f"this machine was too slow for {WANTED_PER_SECOND} changes a second")
    equal = all(result.equal for result in results)
    orders, customers = results
    changes = " ".join(f"{summaries[0][kind]} {kind}"
                       for kind in ("puts", "updates", "deletes", "recreations"))
    line = (f"{'EQUAL' if equal else 'NOT EQUAL'}: orders: {orders}; customers: {customers}; "
            f"{changes} at {rate:.0f}/s during the run; 2 kill -9 each; "
            f"{time.monotonic() - BEGAN:.0f} s")
    return line, equal


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    signal.signal(signal.SIGHUP, lambda *_: sys.exit(128 + signal.SIGHUP))
    try:
        with tempfile.TemporaryDirectory(prefix="ddbsync-demo.") as folder:
            with contextlib.ExitStack() as resources:
                line, equal = run(resources, pathlib.Path(folder))
    except (AssertionError, processes.TimedOut) as error:
        sys.exit(f"\ntools/demo: {error}")
    except KeyboardInterrupt:
        sys.exit(128 + signal.SIGINT)
    print(f"\r\n{line}")
    sys.exit(0 if equal else 1)


if __name__ == "__main__":
    main()
