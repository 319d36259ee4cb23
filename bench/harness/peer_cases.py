"""P2, P3: what others copy tables with, on the same servers."""

import contextlib
import fcntl
import shutil

import child
import comparison
import contenders
import ddbsync
import paths
import report
import servers
import wire
import workload
from setting import values

LEAST_TIMES = {"boto3": 30, "AWS SDK for JavaScript": 18}
LONGEST_SECONDS = 900


def node_packages():
    """The folder of the peers' npm packages, installed once for each lock file."""
    folder = paths.WORK / "node"
    folder.mkdir(parents=True, exist_ok=True)
    with open(paths.WORK / "node.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        locked = (paths.PEERS / "package-lock.json").read_text()
        complete = folder / "complete"
        if not complete.exists() or complete.read_text() != locked:
            for name in ("package.json", "package-lock.json"):
                shutil.copy(paths.PEERS / name, folder)
            child.run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"],
                      LONGEST_SECONDS, cwd=folder)
            complete.write_text(locked)
    return folder


def _commands(bench):
    boto3 = [paths.PYTHON, paths.PEERS / "boto3_copy.py"]
    javascript = ["node", paths.PEERS / "sdk_copy.mjs"]
    return {"boto3": boto3, "AWS SDK for JavaScript": javascript}


def _run_peer(bench, argv):
    home = bench.new_folder()
    variables = {"PEER_PACKAGES": str(node_packages()),
                 "AWS_SDK_JS_SUPPRESS_MAINTENANCE_MODE_MESSAGE": "1", "NODE_NO_WARNINGS": "1"}
    with child.on_processors(bench.client):
        return child.run(argv, LONGEST_SECONDS, cwd=home,
                         env=ddbsync.environment(home, **variables))


def _peer(bench, who, argv, server, empty):
    """A copy of the server's table; what the same costs for an `empty` one is start-up."""
    _, start_up, _ = _run_peer(bench, [*argv, empty.url])
    items, before = server.options["items"], server.reset()
    said, usage, seconds = _run_peer(bench, [*argv, server.url])
    after = server.stats()
    contenders.check_exact(after, items)
    if int(said) != items:
        raise contenders.NotExact(f"{who} says that it copied {said} of {items} items")
    cpu = usage.cpu_seconds - start_up.cpu_seconds
    return {"who": who, "items": items, "seconds": seconds, "cpu_seconds": cpu,
            "start_up_cpu_seconds": start_up.cpu_seconds, "peak_mib": usage.peak_mib,
            "us_per_item": cpu / items * 1e6, "items_per_cpu_second": items / cpu,
            "server_us_per_item": (after["cpu_seconds"] - before["cpu_seconds"]) / items * 1e6}


def sdks(bench, case):
    """Items per CPU second. A peer copies fewer items; its start-up is taken off, ours is not."""
    items, few = bench.pick(1_000_000, 50_000), bench.pick(50_000, 5_000)
    with contextlib.ExitStack() as stack:
        many, fewer, empty = (stack.enter_context(wire.WireServer(bench.server, items=count))
                              for count in (items, few, 0))

        def ours():
            run = contenders.backfill(bench, many)
            return {**run, "items_per_cpu_second": items / run["cpu_seconds"]}

        peers = [lambda who=who, argv=argv: _peer(bench, who, argv, fewer, empty)
                 for who, argv in _commands(bench).items()]
        mine, *others = bench.alternate(case, 3, ours, *peers)
    case.add(f"ddbsync, {items:,} items of 1 KB", values(mine, "items_per_cpu_second"),
             "items per CPU second")
    for runs in others:
        who = runs[0]["who"]
        case.add(f"against {who}",
                 [run["items_per_cpu_second"] / peer["items_per_cpu_second"]
                  for run, peer in zip(mine, runs)], "×", **report.at_least(LEAST_TIMES[who]),
                 remark=f"on {few:,} items, start-up taken off")
        case.add(f"  {who}", values(runs, "us_per_item"), "µs per item")


def _copy_by_peer(bench, server, source, target):
    argv = ["node", paths.PEERS / "copy_dynamodb_table.cjs", server.url, source, target]
    said, usage, seconds = _run_peer(bench, argv)
    return {"who": "copy-dynamodb-table", "said": int(said), "seconds": seconds,
            "cpu_seconds": usage.cpu_seconds}


def _copy_by_ddbsync(bench, server, source, target):
    home = bench.new_folder()
    config = ddbsync.write_config(home / "ddbsync.toml", a=ddbsync.endpoint(source, server.url),
                                  b=ddbsync.endpoint(target, server.url))
    with contenders.Job(command="backfill", config=config, state=home / "state", home=home,
                        processors=bench.client) as job:
        usage = job.ended_well(LONGEST_SECONDS)
        seconds = job.seconds
    return {"who": "ddbsync", "seconds": seconds, "cpu_seconds": usage.cpu_seconds}


def tables(bench, case):
    """Items of all types on DynamoDB Local, compared one by one afterwards."""
    count, repetitions = bench.pick(5_000, 300), bench.pick(3, 1)
    items = [*workload.items(count), workload.empty_map_item(), workload.large_item()]
    with child.on_processors(bench.server):
        local = servers.DynamoDBLocal()
        local.start()
    try:
        client = local.client()
        workload.create_table(client, "source", stream="NEW_AND_OLD_IMAGES")
        workload.fill(client, "source", items)
        names = iter(f"target-{number}" for number in range(2 * repetitions))

        def measure(copy):
            target = next(names)
            workload.create_table(client, target)
            run = copy(bench, local, "source", target)
            found = comparison.compare(client, "source", client, target)
            return {**run, "items": len(items), "items_per_second": len(items) / run["seconds"],
                    "exact": found.equal, "missing": len(found.missing),
                    "extra": len(found.extra), "different": len(found.different)}

        ours, theirs = bench.alternate(case, repetitions, lambda: measure(_copy_by_ddbsync),
                                       lambda: measure(_copy_by_peer))
    finally:
        local.stop()
    for runs in (ours, theirs):
        case.add(f"{runs[0]['who']}, {len(items):,} items of all types on DynamoDB Local",
                 values(runs, "items_per_second"), "items/s",
                 remark=_exactness(runs))
    if not all(values(ours, "exact")):
        raise contenders.NotExact(_exactness(ours))


def _exactness(runs):
    if all(values(runs, "exact")):
        return "exact: compared item by item"
    worst = max(runs, key=lambda run: run["missing"] + run["extra"] + run["different"])
    return (f"NOT exact: {worst['missing']} missing, {worst['extra']} extra, "
            f"{worst['different']} different")
