"""P11, P12: what holds a copy back is the limit alone: calls in flight, or capacity."""

import statistics

import child
import contenders
import ddbsync
import processes
import report
import wire
from setting import values

BATCH = 25  # BatchWriteItem's limit
PAGE_UNITS = 256  # of a consistent read of 1 MB
FEW_THREADS = 64  # few enough that no processor is the limit, at neither round trip
LEAST_OF_LIMIT = 0.9
LIMIT = 500  # units per second
LEAST_USED = 0.97
TAIL_RATE = 300  # changes per second: most of the limit, but not all
POLL_INTERVAL_MS = 250  # ddbsync's default


def _steady(seconds):
    """Items per second in the middle half of the seconds in which something was written."""
    written = [second["written"] for second in seconds]
    busy = [index for index, count in enumerate(written) if count > 0]
    window = written[busy[0]:busy[-1] + 1]
    quarter = len(window) // 4
    return statistics.median(window[quarter:len(window) - quarter] or window)


def _at_round_trip(bench, case, round_trip_ms, threads, items):
    arguments = ["--io-threads", threads] if threads else []
    with wire.WireServer(bench.server, items=items, round_trip_ms=round_trip_ms) as server:
        def copy():
            run = contenders.backfill(bench, server, *arguments)
            seconds = server.stats()["seconds"]
            return {**run, "round_trip_ms": round_trip_ms, "io_threads": threads,
                    "items_per_second": _steady(seconds),
                    "written_by_second": [second["written"] for second in seconds]}
        runs, = bench.alternate(case, 3 if threads else 1, copy)
    steady = values(runs, "items_per_second")
    if threads:
        limit = threads * BATCH * 1000 / round_trip_ms
        case.add(f"{round_trip_ms} ms, {threads} in flight: of {limit:,.0f} items/s",
                 [100 * rate / limit for rate in steady], "%",
                 **report.at_least(100 * LEAST_OF_LIMIT))
    else:
        case.add(f"{round_trip_ms} ms, with the default limits", steady, "items/s")
    case.add("  most writes in flight", values(runs, "writes_in_flight"), "calls")


def round_trips(bench, case):
    for round_trip_ms in (50, 150):
        rate = FEW_THREADS * BATCH * 1000 // round_trip_ms
        _at_round_trip(bench, case, round_trip_ms, FEW_THREADS, rate * bench.pick(20, 2))
        if not bench.quick:
            _at_round_trip(bench, case, round_trip_ms, None, rate * 40)


def _units(stats, kind):
    return [second[f"{kind}_units"] for second in stats["seconds"]]


def _used(units, seconds):
    """Share of the limit used in `seconds` whole seconds from the first that was all busy."""
    first = next(index for index, count in enumerate(units) if count > 0) + 1
    return sum(units[first:first + seconds]) / (LIMIT * seconds)


def _limited(bench, case, kind, seconds, *arguments, command="backfill", **options):
    """A job under a limit for `seconds` after its first units; the server's statistics."""
    items = LIMIT * (seconds + 10) * (8 if kind == "read" else 1)  # 4 KB a read unit, 2 items spare
    with wire.WireServer(bench.server, items=items, **options) as server, \
            contenders.job(bench, server, f"--{kind}-capacity", LIMIT, *arguments,
                           command=command) as job:
        def lasted():
            if not job.running:
                raise child.Failed(f"ddbsync ended early: {job.output()}")
            stats = server.stats()
            units = _units(stats, kind)
            busy = [index for index, count in enumerate(units) if count > 0]
            return stats if busy and len(units) > busy[0] + seconds + 2 else None
        stats = processes.wait_for(lasted, seconds + 60, f"{seconds} s of {kind}s", pause=0.2)
        if job.stop() != ddbsync.DONE:
            raise child.Failed(f"ddbsync did not stop well: {job.output()}")
    case.runs.append({"limit": kind, "seconds": seconds, **stats})
    return stats


def _judge(case, kind, stats, seconds, grain):
    units = _units(stats, kind)
    case.add(f"{kind}s, limit {LIMIT}/s: used over {seconds} s", [100 * _used(units, seconds)], "%",
             **report.at_least(100 * LEAST_USED))
    case.add("  most in any second", [stats["most_units_in_a_second"][kind]], "units",
             **report.at_most(LIMIT + grain))


def limits(bench, case):
    seconds = bench.pick(60, 5)
    _judge(case, "write", _limited(bench, case, "write", seconds), seconds, BATCH)
    _judge(case, "read", _limited(bench, case, "read", seconds), seconds, PAGE_UNITS)
    stats = _limited(bench, case, "write", seconds, command="start", rate=TAIL_RATE)
    _judge(case, "write", stats, seconds, BATCH)
    case.rows[-2].what = f"with {TAIL_RATE} changes/s: used over {seconds} s"
    case.add("  the tail's p99, visible to acknowledged", [stats["applied"]["p99_ms"]], "ms",
             **report.at_most(2 * POLL_INTERVAL_MS))
