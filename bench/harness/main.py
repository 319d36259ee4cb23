"""Measures what ddbsync costs and how fast it is, each figure beside its opponent's in one run.

Cases run one after the other on this machine's loopback, opponents in turn (A B A B); figures are
medians, with the least and the most. Builds Release and installs what it needs first.
"""

import argparse
import datetime
import json
import pathlib
import shlex
import signal
import sys
import tempfile
import time

import paths
import registry

SIGNALS = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT)
USAGE, FAILED = 2, 1


class Stopped(BaseException):
    """By a signal; whoever started something ends it on the way out."""


def parse_arguments():
    names = "\n".join(f"  {name:6}{title}" for name, title in registry.TITLES.items())
    parser = argparse.ArgumentParser(
        prog="bench/run", description=__doc__, epilog=f"names:\n{names}\n  plot  draws the figures "
        "of docs/performance.md from the results\n\nEnds with 0 when all ran and every copy was "
        "exact, 1 when something failed,\n2 for a bad command line, 128 + N when stopped by signal "
        "N.", formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true",
                        help="small sizes, one run each: shows in minutes that it runs")
    parser.add_argument("--check", action="store_true", help="a missed bar ends with 1, too")
    parser.add_argument("--results", type=pathlib.Path, metavar="FILE", default=paths.RESULTS,
                        help="default: bench/results.json")
    parser.add_argument("names", nargs="*", metavar="NAME", help="cases to run; default: all")
    options = parser.parse_args()
    unknown = [name for name in options.names if name not in (*registry.TITLES, "plot")]
    if unknown:
        parser.error(f"no case is called {', '.join(unknown)}; there are "
                     f"{', '.join(registry.TITLES)}, and plot")
    if "plot" in options.names and len(options.names) > 1:
        parser.error("plot stands alone")
    return options


def stop_on_signals():
    def stop(number, _):  # a second one interrupts the orderly end; the kernel ends the children
        raise Stopped(number)
    for number in SIGNALS:
        signal.signal(number, stop)


def say(text):
    print(text, file=sys.stderr, flush=True)


def measure(options, names):
    """The results as they go to the file, and the cases."""
    import building
    say("building")
    building.install()
    building.build("ddbsync", "wire_server", "floor")
    import machine
    import report
    import setting
    began = datetime.datetime.now(datetime.timezone.utc)
    cases = []
    with tempfile.TemporaryDirectory(prefix="ddbsync-bench.") as folder:
        bench = setting.Setting(options.quick, folder)
        for name in names:
            say(f"{name}: {registry.TITLES[name]}")
            case = report.Case(name, registry.TITLES[name])
            since = time.monotonic()
            registry.run(name, bench, case)
            case.seconds = round(time.monotonic() - since, 1)
            if case.failed:
                say(case.failed)
            cases.append(case)
    return {"quick": options.quick, "command": shlex.join(["bench/run", *sys.argv[1:]]),
            "began": began.isoformat(timespec="seconds"), "commit": machine.commit(),
            "machine": machine.machine(), "versions": machine.versions(),
            "cases": [{**case.as_json(), "commit": machine.commit()} for case in cases]}, cases


def _kind(results):
    """What makes a machine another one; its kernel is updated now and then."""
    return [results["machine"][what] for what in ("cpu", "cores", "memory_gib")]


def with_others(results, path):
    """The results, and what the file has of other cases, if it is of the same kind."""
    try:
        before = json.loads(path.read_text())
    except (FileNotFoundError, json.JSONDecodeError):
        return results
    if before["quick"] != results["quick"] or _kind(before) != _kind(results):
        return results
    measured = {case["name"] for case in results["cases"]}
    cases = results["cases"] + [case for case in before["cases"] if case["name"] not in measured]
    order = list(registry.TITLES)
    return {**results, "cases": sorted(cases, key=lambda case: order.index(case["name"]))}


def main():
    options = parse_arguments()
    stop_on_signals()
    if options.names == ["plot"]:
        import figures
        return figures.draw(options.results)
    wanted = set(options.names)
    names = [name for name in registry.TITLES if not wanted or name in wanted]
    results, cases = measure(options, names)
    merged = with_others(results, options.results)
    options.results.write_text(json.dumps(merged, indent=1, ensure_ascii=False) + "\n")
    import report
    print("\n".join(report.lines(cases, options.quick)))
    missed = [row for case in cases for row in case.rows if row.met is False]
    say(f"\n{len(cases)} cases, {len(missed)} bars missed, "
        f"{sum(case.seconds for case in cases):.0f} s; {options.results}")
    return FAILED if any(case.failed for case in cases) or (options.check and missed) else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Stopped as stopped:
        sys.exit(128 + stopped.args[0])
