"""P1, P4, P5, P14, P15: what a backfill costs per item, and how much memory it takes."""


import contenders
import report
import setting
import wire
from setting import values

REPETITIONS = 5
MOST_TIMES_FLOOR = 1.4
MOST_FLOOR_US = 2.6  # above it the floor itself needs an explanation
MOST_TIMES_FLOOR_BY_SIZE = 1.6
MEMORY_MIB, MEMORY_SLACK_MIB = 512, 64  # ddbsync's default for --memory, and what is beside pages
MOST_GROWTH = 0.05
LARGEST_ITEM = 390 << 10
# Bytes of an item, and how many make a run of a second or more.
SIZES = ((100, 2_000_000), (1024, 1_000_000), (10 << 10, 200_000), (100 << 10, 20_000),
         (LARGEST_ITEM, 6_000))


def shown(item_bytes):
    return f"{item_bytes} B" if item_bytes < 1024 else f"{item_bytes >> 10} KB"


def _against_floor(bench, case, server, bar, what, repetitions=REPETITIONS, **where):
    """Backfills and floors in turn; a row of the ratio, with the figures that make it."""
    ours, floors = bench.alternate(case, repetitions,
                                   lambda: contenders.backfill(bench, server, **where),
                                   lambda: contenders.floor(bench, server, **where))
    case.add(what, setting.ratios(ours, floors), "× floor", **bar)
    return ours, floors


def _costs(case, ours, floors):
    case.add("  floor", values(floors, "us_per_item"), "µs per item")
    case.add("  ddbsync", values(ours, "us_per_item"), "µs per item")
    case.add("  the server meanwhile", values(ours, "server_us_per_item"), "µs per item")


def straight(bench, case):
    items = bench.pick(1_000_000, 100_000)
    with wire.WireServer(bench.server, items=items) as server:
        ours, floors = _against_floor(bench, case, server, report.at_most(MOST_TIMES_FLOOR),
                                      f"{items:,} items of 1 KB: CPU per item")
        _costs(case, ours, floors)
    floor = case.rows[1]
    if floor.figure > MOST_FLOOR_US:
        floor.remark = f"above {MOST_FLOOR_US}: docs/performance.md explains it"
    case.add("  throughput", [run["items"] / run["seconds"] for run in ours], "items/s")


def sizes(bench, case):
    for item_bytes, items in SIZES:
        items = bench.pick(items, max(200, items // 25))
        with wire.WireServer(bench.server, items=items, item_bytes=item_bytes) as server:
            ours, floors = _against_floor(bench, case, server,
                                          report.at_most(MOST_TIMES_FLOOR_BY_SIZE),
                                          f"{items:,} items of {shown(item_bytes)}", 3)
        case.add("  floor", values(floors, "us_per_item"), "µs per item")
        for run in (*ours, *floors):
            run["item_bytes"] = item_bytes


def memory(bench, case):
    """Peak memory may depend neither on the number of items nor on their size."""
    items = bench.pick(1_000_000, 50_000)
    few, most = bench.pick(6_000, 1_000), MEMORY_MIB + MEMORY_SLACK_MIB
    peaks = {}
    for what, count, item_bytes, repetitions in (
            ("a tenth of the items", items // 10, 1024, 1), ("P1's items", items, 1024, 3),
            ("10 times the items", items * 10, 1024, 3), ("items of 390 KB", few, LARGEST_ITEM, 3)):
        count = min(count, bench.pick(count, 200_000))
        with wire.WireServer(bench.server, items=count, item_bytes=item_bytes) as server:
            runs, = bench.alternate(case, repetitions, lambda: contenders.backfill(bench, server))
        for run in runs:
            run["item_bytes"] = item_bytes
        peaks[what] = values(runs, "peak_mib")
        case.add(f"{what} ({count:,} of {shown(item_bytes)})", peaks[what], "MiB",
                 **report.at_most(most))
    usual = sorted(peaks["P1's items"])[len(peaks["P1's items"]) // 2]
    for what in ("10 times the items", "items of 390 KB"):
        case.add(f"  {what} against P1's", [100 * (peak / usual - 1) for peak in peaks[what]], "%",
                 **report.at_most(100 * MOST_GROWTH))


def tls(bench, case):
    items = bench.pick(1_000_000, 50_000)
    certificate = wire.Certificate(bench.new_folder())
    with wire.WireServer(bench.server, certificate, items=items) as server:
        ours, floors = _against_floor(bench, case, server, report.at_most(MOST_TIMES_FLOOR),
                                      f"{items:,} items of 1 KB over HTTPS: CPU per item")
    _costs(case, ours, floors)


def processors(bench, case):
    """The server keeps its processors; ddbsync gets one, then two."""
    items = bench.pick(1_000_000, 100_000)
    places = [("1 core", bench.client)]
    if len(bench.processors) >= 3:
        places.append(("2 cores", set(bench.processors[-2:])))
        server_place = set(bench.processors[:-2])
    elif len(bench.processors) == 2:
        places.append(("2 cores, one of them the server's", set(bench.processors)))
        server_place = bench.server
    else:
        server_place = bench.server
    with wire.WireServer(server_place, items=items) as server:
        runs = bench.alternate(case, 3, *(
            lambda where=where: contenders.backfill(bench, server, processors=where)
            for _, where in places))
    alone = runs[0]
    for (what, where), measured in zip(places, runs):
        for run in measured:
            run["cores"] = len(where)
        case.add(f"{what}: throughput", [run["items"] / run["seconds"] for run in measured],
                 "items/s")
        case.add("  CPU per item", values(measured, "us_per_item"), "µs")
        if measured is not alone:
            case.add("  against 1 core", setting.ratios(alone, measured, "seconds"), "×")
