"""P9, P10 and the micro-benchmarks: programs of their own, called and judged here."""

import json

import building
import child
import paths
import report

LONGEST_SECONDS = 600
LEAST_USED = 0.9
MOST_THROTTLED = 0.05
QUICK_SECONDS = 2  # virtual, that the items last at full use


def _virtual_time(bench, case, name, naive):
    words = [paths.PROGRAMS / "virtual_time", "--case", name]
    if naive:
        words.append("--naive")
    if bench.quick:
        words += ["--seconds", QUICK_SECONDS]
    with child.on_processors(bench.client):
        said, usage, seconds = child.run(words, LONGEST_SECONDS)
    run = {"naive": naive, "seconds": seconds, "cpu_seconds": usage.cpu_seconds, **json.loads(said)}
    if not naive and not run["complete"]:  # a naive one is cut off, for it may last very long
        raise child.Failed(f"the copy in virtual time ended early: {run['reason']}")
    case.runs.append(run)
    return run


def _is_built(case, target):
    if not building.build_if_known(target):
        case.not_built = f"there is no target {target}"
    return not case.not_built


def partitions(bench, case):
    if not _is_built(case, "virtual_time"):
        return
    dealt, naive = (_virtual_time(bench, case, "P9", naive) for naive in (False, True))
    case.add("64 partitions of 1,000 units/s: written of what was available",
             [100 * dealt["ratio"]], "%", **report.at_least(100 * LEAST_USED))
    case.add("  until the first has no items left", [100 * dealt["steady"]["ratio"]], "%")
    case.add("  with dealing switched off", [100 * naive["ratio"]], "%")


def throttling(bench, case):
    if not _is_built(case, "virtual_time"):
        return
    run = _virtual_time(bench, case, "P10", False)
    case.add("half of 64 partitions at 100 units/s: the fast ones used",
             [100 * run["fast"]["ratio"]], "%", **report.at_least(100 * LEAST_USED))
    case.add("  throttled requests", [100 * run["requests"]["throttled_share"]], "%",
             **report.at_most(100 * MOST_THROTTLED))
    case.add("  throttled until the fast ones are done",
             [100 * run["fast"]["requests"]["throttled_share"]], "%")


def micro(bench, case):
    if not _is_built(case, "micro"):
        return
    words = [paths.PROGRAMS / "micro", "--benchmark_format=json"]
    if bench.quick:
        words.append("--benchmark_min_time=0.01")
    with child.on_processors(bench.client):
        said, _, _ = child.run(words, LONGEST_SECONDS)
    for run in json.loads(said)["benchmarks"]:
        case.runs.append(run)
        case.add(run["name"], [run["cpu_time"]], run["time_unit"])
