"""verify: what proving two tables equal costs, against reading them and no more."""

import json

import child
import contenders
import ddbsync
import paths
import report
import setting
import wire
from setting import values

MOST_TIMES_SCAN = 1.5
TABLES = 2  # each item is read on both sides


def _verify(bench, server, form):
    """`ddbsync verify` of the server's two equal tables, beside no job."""
    items, before, home = server.options["items"], server.reset(), bench.new_folder()
    config = ddbsync.write_config(home / "ddbsync.toml", a=ddbsync.endpoint("source", server.url),
                                  b=ddbsync.endpoint("target", server.url))
    words = [ddbsync.BINARY, "verify", "--src", "a", "--dst", "b", "--config", config,
             "--state", home / "state", "--form", form, "--json"]
    with child.on_processors(bench.client):
        said, usage, seconds = child.run(words, contenders.LONGEST_SECONDS,
                                         env=ddbsync.environment(home, **ddbsync.credentials()))
    if json.loads(said)["outcome"] != "equal":
        raise contenders.NotExact(f"equal tables are told as: {said}")
    return contenders.figures("ddbsync verify", TABLES * items, usage, seconds, before,
                              server.stats())


def _scan(bench, server):
    """The same pages read by the same client, and nothing done with them."""
    before = server.reset()
    words = [paths.PROGRAMS / "bare_scan", "--url", f"{server.url}/", "--table", "source",
             "--table", "target"]
    with child.on_processors(bench.client):
        said, usage, seconds = child.run(words, contenders.LONGEST_SECONDS,
                                         env=ddbsync.environment(bench.new_folder(),
                                                                 **ddbsync.credentials()))
    items = json.loads(said)["items"]
    if items != TABLES * server.options["items"]:
        raise contenders.NotExact(f"the scan read {items} items")
    return contenders.figures("bare scan", items, usage, seconds, before, server.stats())


def equal(bench, case):
    items = bench.pick(1_000_000, 50_000)
    with wire.WireServer(bench.server, items=items, equal_target=1) as server:
        quiet, scans = bench.alternate(case, 5, lambda: _verify(bench, server, "quiet"),
                                       lambda: _scan(bench, server))
        live, = bench.alternate(case, 1, lambda: _verify(bench, server, "live"))
    case.add(f"{items:,} equal items of 1 KB, quiet: CPU per item read",
             setting.ratios(quiet, scans), "× a bare scan", **report.at_most(MOST_TIMES_SCAN))
    case.add("  bare scan", values(scans, "us_per_item"), "µs per item")
    case.add("  quiet", values(quiet, "us_per_item"), "µs per item")
    case.add("  live, whose lookups read each item once more", values(live, "us_per_item"),
             "µs per item")
    case.add("  quiet: peak memory", values(quiet, "peak_mib"), "MiB")
    case.add("  quiet: throughput", [run["items"] / run["seconds"] for run in quiet], "items/s")
