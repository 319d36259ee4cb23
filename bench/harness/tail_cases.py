"""P6, P7, P8, P13: what a tail costs, how late it is, and how many shards it bears."""

import json
import time

import child
import contenders
import ddbsync
import processes
import report
import setting
import wire
from setting import values

REPETITIONS = 5
MOST_TIMES_FLOOR = 2
RATE = 500  # changes per second
POLL_INTERVAL_MS = 250  # ddbsync's default
MOST_SHARDS = 10_000
IDLE_INTERVAL_MS = 2000  # of shards idle for longer than ten seconds
IDLE_SECONDS = 12
MOST_RESIDENT_MIB = 600 * 1e6 / (1 << 20)
MOST_CORE = 0.6
ROUND_TRIP_MS = 50
SEGMENTS = 1000
MOST_RESTART_SECONDS = 2
DATA = ("Scan", "GetRecords")
START_SECONDS = 120  # to list 10,000 shards a hundred at a time and to ask for each


def one_shard(bench, case):
    records = bench.pick(1_000_000, 100_000)
    for percent in (100, 10):
        distinct = records * percent // 100
        with wire.WireServer(bench.server, records=records, distinct_percent=percent) as server:
            ours, floors = bench.alternate(
                case, REPETITIONS,
                lambda: contenders.tail(bench, server, records, distinct),
                lambda: contenders.floor(bench, server, "--stream", "--records", records,
                                         "--distinct-percent", percent, items=records))
        for run in (*ours, *floors):
            run["distinct_percent"] = percent
        case.add(f"{records:,} records of 1 KB, {percent} % distinct: CPU per record",
                 setting.ratios(ours, floors), "× floor", **report.at_most(MOST_TIMES_FLOOR))
        case.add("  floor", values(floors, "us_per_item"), "µs per record")
        case.add("  ddbsync", values(ours, "us_per_item"), "µs per record")
        case.add("  coalescing", values(ours, "coalescing"), "records per write")


def _watch(server, job, seconds):
    """Statistics of so many seconds from now on, and the job's processor time in them."""
    server.reset()
    cpu, began = child.cpu_seconds_of(job.process.pid), time.monotonic()
    processes.wait_for(lambda: not job.running or time.monotonic() - began >= seconds,
                       seconds + 10, "the measurement")
    if not job.running:
        raise child.Failed(f"ddbsync ended early: {job.output()}")
    passed = time.monotonic() - began
    stats = server.stats()
    return {"watched_seconds": passed, **stats,
            "core": (child.cpu_seconds_of(job.process.pid) - cpu) / passed,
            "resident_mib": child.resident_mib_of(job.process.pid)}


def _judge_latency(case, what, runs):
    case.add(f"{what}p50", [run["applied"]["p50_ms"] for run in runs], "ms",
             **report.at_most(POLL_INTERVAL_MS))
    case.add("  p99", [run["applied"]["p99_ms"] for run in runs], "ms",
             **report.at_most(2 * POLL_INTERVAL_MS))


def latency(bench, case):
    def follow():
        with wire.WireServer(bench.server, rate=RATE) as server, \
                contenders.job(bench, server) as job:
            job.wait_until_following()
            server.reset()
            processes.wait_for(lambda: server.stats()["applied"]["count"] > RATE, 30, "changes")
            run = _watch(server, job, bench.pick(60, 5))
            job.stop()
            return {**run, "peak_mib": job.ended_well().peak_mib}
    runs, = bench.alternate(case, 3, follow)
    _judge_latency(case, f"{RATE} changes/s, visible to acknowledged: ", runs)
    case.add("  longest", [run["applied"]["max_ms"] for run in runs], "ms")


def _shards_known(server, job, shards):
    """Waits until the job has begun to read each of them."""
    def all_begun():
        if not job.running:
            raise child.Failed(f"ddbsync ended early: {job.output()}")
        return server.requests("GetShardIterator") >= shards
    processes.wait_for(all_begun, START_SECONDS, f"{shards} shards to be read", pause=0.1)


def _follow_shards(bench, shards, round_trip_ms):
    with wire.WireServer(bench.server, rate=RATE, shards=shards,
                         round_trip_ms=round_trip_ms) as server, \
            contenders.job(bench, server) as job:
        _shards_known(server, job, shards)
        # They count as active for a while, so the first seconds are none to measure.
        _watch(server, job, bench.pick(2 * IDLE_SECONDS, IDLE_SECONDS))
        run = _watch(server, job, bench.pick(60, 4))
        job.stop()
        return {**run, "shards": shards, "round_trip_ms": round_trip_ms,
                "peak_mib": job.ended_well().peak_mib}


def many_shards(bench, case):
    most = bench.pick(MOST_SHARDS, 1000)
    for shards, round_trip_ms in ((most // 100, 0), (most // 10, 0), (most, 0),
                                  (most, ROUND_TRIP_MS)):
        if bench.quick and shards < most:
            continue
        runs, = bench.alternate(case, 1, lambda: _follow_shards(bench, shards, round_trip_ms))
        judged = shards == most
        case.add(f"{shards:,} shards, {round_trip_ms} ms: resident, at its peak",
                 values(runs, "peak_mib"), "MiB",
                 **(report.at_most(round(MOST_RESIDENT_MIB)) if judged else {}))
        case.add("  of one core", [100 * run["core"] for run in runs], "%",
                 **(report.at_most(100 * MOST_CORE) if judged else {}))
        if judged:
            _judge_latency(case, "  hot shard, visible to acknowledged: ", runs)
            case.add("  idle shards: interval reached, p50",
                     [run["idle_intervals"]["p50_ms"] for run in runs], "ms")
            case.add("  idle shards: interval reached, p99",
                     [run["idle_intervals"]["p99_ms"] for run in runs], "ms",
                     remark=f"aimed at {IDLE_INTERVAL_MS} ms")


def _recorded(job):
    """Segments and shards in the checkpoint of a job that has ended."""
    home = job.state.parent
    code, said, errors = ddbsync.run("checkpoint", "show", "--json", "--src", "a", "--dst", "b",
                                     "--config", home / "ddbsync.toml", "--state", job.state,
                                     home=home)
    if code != ddbsync.DONE:
        raise child.Failed(f"ddbsync checkpoint show: {errors}")
    found = json.loads(said)
    return len(found["segments"]), len(found["shards"])


def restart(bench, case):
    """A stop when enough segments are done and each shard is known, and the start after it."""
    segments, shards = bench.pick(SEGMENTS, 200), bench.pick(MOST_SHARDS, 1000)
    more = segments + 100  # so that there is still something to copy
    # Slow enough for all shards to be listed meanwhile.
    arguments = ["--segments", more, "--read-capacity", segments * bench.pick(20, 100)]
    with wire.WireServer(bench.server, items=more * 2000, shards=shards) as server:
        def stop_and_start():
            server.reset()
            with contenders.job(bench, server, *arguments) as job:
                _shards_known(server, job, shards)
                job.wait_until(lambda status: status["backfill"]["segments_finished"] >= segments,
                               START_SECONDS, f"{segments} segments to be copied")
                job.stop()
                job.ended_well()
            begun, known = _recorded(job)
            server.reset()
            with contenders.job(bench, server, *arguments, state=job.state) as again:
                processes.wait_for(lambda: _first(server, *DATA), START_SECONDS, "data")
                run = {"segments": begun, "shards": known,
                       "first_request_seconds": _first(server) - again.began,
                       "first_data_seconds": _first(server, *DATA) - again.began}
                _shards_known(server, again, shards)
                run["all_shards_seconds"] = time.time() - again.began
                again.stop()
                again.ended_well()
            return run
        runs, = bench.alternate(case, 3, stop_and_start)
    segments, shards = min(values(runs, "segments")), min(values(runs, "shards"))
    case.add(f"{segments:,} segments, {shards:,} shards: exec to first request",
             values(runs, "first_request_seconds"), "s", **report.at_most(MOST_RESTART_SECONDS))
    case.add("  to the first request for data", values(runs, "first_data_seconds"), "s")
    case.add("  until all shards are read", values(runs, "all_shards_seconds"), "s")


def _first(server, *operations):
    """When the first of these (or of all) requests came; None before it."""
    found = server.stats()["operations"]
    times = [of["first_at"] for name, of in found.items() if not operations or name in operations]
    return min(times, default=None)
