"""bench/run plot: docs/figures from the results."""

import json
import statistics
import sys

import paths
import svg


def _medians(runs, x, y):
    by_x = {}
    for run in runs:
        by_x.setdefault(run[x], []).append(y(run) if callable(y) else run[y])
    return [(key, statistics.median(found)) for key, found in by_x.items()]


def _who(runs, who):
    return [run for run in runs if run["who"] == who]


def _bytes(value):
    return f"{value:g} B" if value < 1024 else f"{value / 1024:g} KB"


def items(cases):
    """Items of 1 KB: what each costs, and the memory that all take."""
    runs = [run for run in cases["P5"]["runs"] if run["item_bytes"] == 1024]
    cost = svg.Chart("CPU per item of 1 KB, by their number", "items", "µs", logarithmic=True)
    cost.add("ddbsync", _medians(runs, "items", "us_per_item"))
    memory = svg.Chart("Peak memory of a backfill, by items of 1 KB", "items", "MiB",
                       logarithmic=True)
    memory.add("ddbsync", _medians(runs, "items", "peak_mib"))
    return {"items.svg": cost.text(), "memory.svg": memory.text()}


def sizes(cases):
    runs = cases["P4"]["runs"]
    chart = svg.Chart("CPU per KB of items, by their size", "bytes of an item", "µs per KB",
                      logarithmic=True)
    for who in ("ddbsync", "floor"):
        chart.add(who, _medians(_who(runs, who), "item_bytes",
                                lambda run: run["us_per_item"] * 1024 / run["item_bytes"]))
    return {"sizes.svg": chart.text(_bytes)}


def shards(cases):
    runs = [run for run in cases["P8"]["runs"] if run["round_trip_ms"] == 0]
    chart = svg.Chart("Open shards, one of them with 500 changes/s", "shards", "% of a core; MiB",
                      logarithmic=True)
    chart.add("% of a core", _medians(runs, "shards", lambda run: 100 * run["core"]))
    chart.add("resident MiB", _medians(runs, "shards", "peak_mib"))
    return {"shards.svg": chart.text()}


def utilisation(cases):
    chart = svg.Chart("64 partitions of 1,000 units/s: used, by second", "seconds (virtual)", "%",
                      bar=90, most=100)
    for run in cases["P9"]["runs"]:
        chart.add("naive" if run["naive"] else "dealt",
                  [(second, 100 * used) for second, used in enumerate(run["utilisation"])])
    return {"utilisation.svg": chart.text()}


FIGURES = {"P5": items, "P4": sizes, "P8": shards, "P9": utilisation}


def draw(results):
    """Draws what there are results for; the exit code."""
    try:
        found = json.loads(results.read_text())
    except FileNotFoundError:
        print(f"bench/run: {results} is not there; bench/run makes it", file=sys.stderr)
        return 1
    cases = {case["name"]: case for case in found["cases"] if case["runs"] and not case["failed"]}
    if found["quick"]:
        print("bench/run: these results are of a quick run, and no measurements", file=sys.stderr)
    paths.FIGURES.mkdir(parents=True, exist_ok=True)
    for name, figure in FIGURES.items():
        if name not in cases:
            print(f"no results of {name}, so its figures stay as they are", file=sys.stderr)
            continue
        for file, text in figure(cases).items():
            (paths.FIGURES / file).write_text(text)
            print(paths.FIGURES / file)
    return 0
