"""ddbsync and its floor, each run against a wire server and measured from outside."""

import json
import time

import child
import ddbsync
import paths
import processes

LONGEST_SECONDS = 1800  # of one run; longer is a hang


class NotExact(child.Failed):
    """What arrived is not what was to be copied."""


class Job(ddbsync.Job):
    """A ddbsync job on `processors`, with its usage once it has ended."""

    def __init__(self, *arguments, processors, **options):
        self.usage = None
        self.seconds = None
        self.began, self._since = time.time(), time.monotonic()
        with child.on_processors(processors):
            super().__init__(*arguments, **options)

    @property
    def running(self):
        used = child.reap(self.process)
        if used:
            self.usage, self.seconds = used, time.monotonic() - self._since
        return self.process.returncode is None

    def wait(self, seconds=LONGEST_SECONDS):
        processes.wait_for(lambda: not self.running, seconds, f"{self._about()} to end",
                           pause=0.002)
        return self.process.returncode

    def ended_well(self, seconds=LONGEST_SECONDS):
        if self.wait(seconds) != ddbsync.DONE:
            raise child.Failed(f"ddbsync ended with {self.process.returncode}: {self.output()}")
        return self.usage


def job(bench, server, *arguments, processors=None, state=None, **options):
    """A Job between the tables of a wire server, with state in a folder of its own."""
    home = bench.new_folder()
    config = ddbsync.write_config(home / "ddbsync.toml",
                                  a=ddbsync.endpoint("source", server.url),
                                  b=ddbsync.endpoint("target", server.url))
    variables = ddbsync.credentials()
    if server.certificate:
        variables["AWS_CA_BUNDLE"] = str(server.certificate.certificate)
    return Job(*arguments, processors=processors or bench.client, config=config,
               state=state or home / "state", home=home,
               env=ddbsync.environment(home, **variables), **options)


def figures(who, items, usage, seconds, before, after):
    """One run's numbers; `before` and `after` are the server's statistics."""
    server = after["cpu_seconds"] - before["cpu_seconds"]
    return {"who": who, "items": items, "seconds": round(seconds, 3),
            "cpu_seconds": round(usage.cpu_seconds, 4), "peak_mib": round(usage.peak_mib, 1),
            "us_per_item": usage.cpu_seconds / items * 1e6,
            "server_us_per_item": server / items * 1e6,
            "most_in_flight": after["most_in_flight"]}


def check_exact(stats, items):
    """Each item arrived, and no batch named a key twice. How many were sent again, which is right
    after an answer that came too late.
    """
    if stats["distinct"] != items or stats["wrong_batches"]:
        raise NotExact(f"of {items} items {stats['distinct']} arrived; {stats['wrong_batches']} "
                       "batches with a key twice")
    return stats["written"] - items


def backfill(bench, server, *arguments, processors=None):
    """`ddbsync backfill` of the server's table, checked to be exact."""
    items, before = server.options["items"], server.reset()
    with job(bench, server, *arguments, command="backfill", processors=processors) as running:
        usage = running.ended_well()
    after = server.stats()
    again = check_exact(after, items)
    return {**figures("ddbsync", items, usage, running.seconds, before, after), "exact": True,
            "sent_again": again, **write_span(after)}


def write_span(stats):
    """From the first batch's arrival to the last one's answer."""
    writes = stats["operations"]["BatchWriteItem"]
    return {"write_seconds": round(writes["last_at"] - writes["first_at"], 3),
            "writes_in_flight": writes["most_in_flight"]}


def tail(bench, server, records, distinct):
    """`ddbsync start` over an empty table until all changes have arrived, then stopped."""
    before, began = server.reset(), time.monotonic()
    with job(bench, server) as running:
        def arrived():
            if not running.running:
                raise child.Failed(f"ddbsync ended early: {running.output()}")
            return server.stats()["distinct"] >= distinct
        processes.wait_for(arrived, LONGEST_SECONDS, f"{distinct} keys to arrive", pause=0.05)
        seconds = time.monotonic() - began
        running.stop()
        usage = running.ended_well()
    after = server.stats()
    if after["wrong_batches"] or after["distinct"] != distinct:
        raise NotExact(f"{after['distinct']} of {distinct} keys, {after['wrong_batches']} batches "
                       "with a key twice")
    return {**figures("ddbsync", records, usage, seconds, before, after), "exact": True,
            "written": after["written"], "coalescing": records / after["written"]}


def floor(bench, server, *arguments, items=None, processors=None):
    """The least that a copier can do (bench/floor.cc); `items` are the records of a stream."""
    before = server.reset()
    words = [paths.PROGRAMS / "floor", "--url", f"{server.url}/",
             "--item-bytes", server.options["item_bytes"], *arguments]
    if server.certificate:
        words += ["--authority", server.certificate.certificate]
    with child.on_processors(processors or bench.client):
        said, usage, seconds = child.run(words, LONGEST_SECONDS)
    items, after = items or server.options["items"], server.stats()
    if json.loads(said)["items"] != items:
        raise NotExact(f"the floor moved {said} instead of {items}")
    return figures("floor", items, usage, seconds, before, after)
