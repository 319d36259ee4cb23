#!/usr/bin/env python3
"""Checks the protocol models of this folder and compares each verdict with the one expected.

  verdicts.py                  one line per row; ends with 1 if a verdict differs
  verdicts.py --markdown       also prints the table as Markdown
  verdicts.py --write FILE     also puts the table between the markers in FILE
  verdicts.py --check FILE     also ends with 1 if FILE does not hold exactly that table

A design that should hold is searched exhaustively: a search that was cut short, or in which a
process never reached its end, counts as a fault. A mistake must be found, as a violation of the
very invariant that its row names: the comment behind an assertion is that name.
"""

import argparse
import concurrent.futures
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
from typing import NamedTuple

FOLDER = pathlib.Path(__file__).resolve().parent
BEGIN = "<!-- models:begin -->"
END = "<!-- models:end -->"

HOLDS = "holds"
DEADLOCK = "deadlock"
FAULT = "fault"  # of the model or of the search; expected nowhere

# A process that waits at the end of a search is a fault of its own in these models only. In the
# others it may be left waiting by a world that ended, and only assertions count (pan -E).
NO_DEADLOCK = {"wedge.pml"}
MOST_DEPTH = 10_000
HASH_BITS = 21  # of the table of states: little memory, and quick up to ten million of them
MOST_SECONDS = 120
TRAIL_LINES = 12


class Row(NamedTuple):
    model: str
    knobs: str  # NAME or NAME=VALUE, separated by blanks
    expected: str
    design: str


ROWS = [
    Row("copytail.pml", "", HOLDS,
        "**The engine**: position first, then copy and tail side by side with the fence"),
    Row("copytail.pml", "SEQUENTIAL", HOLDS, "Position, then copy, then replay"),
    Row("copytail.pml", "NO_FENCE", "I1", "Side by side, unconditional puts"),
    Row("copytail.pml", "IF_ABSENT", "I1", "Side by side, put if absent: deletes come back"),
    Row("copytail.pml", "SEQUENTIAL LATE_START", "I1", "Position taken after the copy"),
    Row("copytail.pml", "VOLATILE_START", "I1", "Start position only in memory"),
    Row("copytail.pml", "CHECKPOINT_FIRST", "I1", "Checkpoint before the write is durable"),
    Row("copytail.pml", "SEQUENTIAL EVENTUAL", "I1",
        "Eventually consistent copy, position at its start"),
    Row("copytail.pml", "SEQUENTIAL EVENTUAL LOOK_BACK", HOLDS,
        "The same, replay from earlier than any read can return"),
    Row("copytail.pml", "LATE_LANDING", "I1",
        "A write without an answer that lands late: hence the recheck list"),
    Row("copytail.pml", "SEQUENTIAL LATE_LANDING", "I1", "The same without the fence"),

    Row("fence.pml", "UNCLEAR=2", HOLDS,
        "**The engine**: check and register in one step, durable recheck, repair through the "
        "fence once the tail has passed its read"),
    Row("fence.pml", "WRITES=3 UNCLEAR=2", HOLDS, "The same, more writes"),
    Row("fence.pml", "CRASHES=2", HOLDS, "The same, two crashes"),
    Row("fence.pml", "KEEP_REGISTERED", HOLDS, "Registered until the answer is definite"),
    Row("fence.pml", "TWO_STEPS", "I3", "Check and register in two steps"),
    Row("fence.pml", "NOTE_AFTER_READ", "I3", "Counter noted after the read"),
    Row("fence.pml", "LOOK_FIRST", "I3", "The tail looks before it touches"),
    Row("fence.pml", "NO_SETTLE", "I1", "First write after a crash without the settle time"),
    Row("fence.pml", "VOLATILE_RECHECK", "I1", "Recheck list only in memory"),
    Row("fence.pml", "REPAIR_UNFENCED", "I1", "Repair without the fence"),
    Row("fence.pml", "REPAIR_AT_ONCE", "I3", "Repair while the tail lags: a key goes back"),
    Row("fence.pml", "RESOLVE_ANYWAY UNCLEAR=2", "I1",
        "Repair forgets an attempt that became unclear meanwhile"),
    Row("fence.pml", "EVENTUAL", HOLDS,
        "**The engine** with `--eventually-consistent`: both margins, reads of either kind"),
    Row("fence.pml", "EVENTUAL NO_MARGIN NO_START_MARGIN", "I1", "Neither margin"),
    Row("fence.pml", "EVENTUAL NO_MARGIN", "I3", "Touches count from the read only"),
    Row("fence.pml", "EVENTUAL NO_START_MARGIN", "I1",
        "First read of a process eventually consistent too"),

    Row("wedge.pml", "", HOLDS, "**The engine**: capacity first, then the fence"),
    Row("wedge.pml", "REGISTER_EARLY", DEADLOCK, "Registered while waiting for capacity"),

    Row("writers.pml", "", HOLDS,
        "**The engine**: a page reduced to the last record of each key, then the next"),
    Row("writers.pml", "OVERLAP_PAGES KEY_ORDER NO_REDUCTION", HOLDS,
        "Pages overlap, each key in order, position = acknowledged prefix"),
    Row("writers.pml", "OVERLAP_PAGES KEY_ORDER", "I2",
        "The same over reduced pages: the prefix passes what a later record stands for"),
    Row("writers.pml", "OVERLAP_PAGES", "I3", "A retry overtakes a newer write of its key"),
    Row("writers.pml", "NO_REDUCTION", "I3", "Two writes of a key on the wire together"),
    Row("writers.pml", "DROP_UNPROCESSED", "I2", "UnprocessedItems dropped"),
    Row("writers.pml", "NEWEST_POSITION", "I2", "Position past a gap in the acknowledgements"),

    Row("lineage.pml", "", HOLDS,
        "**The engine**: child after its parent is applied, watermark = minimum over shards"),
    Row("lineage.pml", "CRASHES=2 WRITES=2", HOLDS, "The same, two crashes"),
    Row("lineage.pml", "NO_BARRIER", "I4", "Child before its parent"),
    Row("lineage.pml", "READ_IS_APPLIED", "I2",
        "Parent finished when read, its last page still on the wire"),
    Row("lineage.pml", "UNLISTED_IS_FINISHED", "I4", "Unlisted parent taken for finished"),
    Row("lineage.pml", "PARTIAL_LISTING", "I4", "The same before a listing is whole"),
    Row("lineage.pml", "ONE_LISTING", "no false gap", "One listing without the parent is enough"),
    Row("lineage.pml", "POSITION_AT_READ", "I2", "Position committed when the page is read"),
    Row("lineage.pml", "WATERMARK_MAXIMUM", "I2", "Watermark = maximum over shards"),
    Row("lineage.pml", "CHILD_UNCOUNTED", "I2", "Children not listed yet do not count"),

    Row("cutover.pml", "", HOLDS, "Freeze in effect, then seal, drain to the sealed end"),
    Row("cutover.pml", "FREEZE_UNCONFIRMED", "I10", "Seal before the freeze is in effect"),
    Row("cutover.pml", "EMPTY_POLLS=1 FREEZE_UNCONFIRMED", "I10", "Drained after 1 empty poll"),
    Row("cutover.pml", "EMPTY_POLLS=3", "I10",
        "Drained after 3 empty polls, with the freeze in effect"),
    Row("abort.pml", "", HOLDS, "Abort: new stream, then thaw; old stream read to its end first"),
    Row("abort.pml", "THAW_FIRST", "I10", "Freeze lifted before the new stream is enabled"),
    Row("abort.pml", "NEW_AT_ONCE", "I3", "New stream read before the end of the old"),
    Row("seal.pml", "", HOLDS,
        "**The engine**: each step journaled, freeze in effect, seal, drain to the end, trap; "
        "taken back: stream, thaw, old stream, new stream"),
    Row("seal.pml", "CRASHES=2", HOLDS, "The same, two crashes"),
    Row("seal.pml", "WRITES=4 STRAYS=2", HOLDS, "The same, more writes and strays"),
    Row("seal.pml", "FREEZE_UNCONFIRMED", "I10", "Seal before the freeze is in effect"),
    Row("seal.pml", "EMPTY_POLLS", "I10", "Drained when nothing is to be seen in the old stream"),
    Row("seal.pml", "NO_TRAP", "I10", "Commit without a look at the new stream"),
    Row("seal.pml", "UNJOURNALED", "I10", "Stream switched off before its step is durable"),
    Row("seal.pml", "UNSETTLED", "I10",
        "Taken back while the call that ends the stream may still land"),
    Row("seal.pml", "THAW_FIRST", "I10", "Freeze lifted before the new stream is enabled"),
    Row("seal.pml", "NEW_AT_ONCE", "I3", "New stream followed before the end of the old"),
    Row("seal.pml", "COMMIT_UNSYNCED", "I10", "Target opened before the commit is durable"),
    Row("seal.pml", "REVERSE_LATE", "I11", "The way back begins where it finds the stream"),
    Row("seal.pml", "STRAYS_ANYWHERE", HOLDS,
        "**The engine** with a freeze on somebody's word: everything compared before the commit, "
        "and repaired when taken back"),
    Row("seal.pml", "STRAYS_ANYWHERE NO_COMPARISON", "I10", "The same, not compared"),
    Row("reverse.pml", "", HOLDS, "Reverse from the seal's position, durable with the commit"),
    Row("reverse.pml", "STARTS_LATE", "I11", "Reverse from where it finds the stream"),
    Row("reverse.pml", "VOLATILE_POSITION", "I11", "The seal's position only in memory"),
    Row("reverse.pml", "UNSETTLED", "I10", "Commit while a forward write may still land"),
    Row("reverse.pml", "FORWARD_RESTARTS", "I10", "Forward job starts again after the commit"),
]


class Found(NamedTuple):
    verdict: str
    states: int
    detail: str  # of a fault: its cause; of a violation: the end of its trail


def call(command, folder):
    done = subprocess.run(command, cwd=folder, text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, timeout=MOST_SECONDS, check=False)
    return done.returncode, done.stdout


def search(row, models):
    """Runs one row in a folder of its own."""
    text = (models / row.model).read_text()
    for knob in row.knobs.split():  # a misspelt one would check another design
        if not re.search(rf"^#.*\b{knob.partition('=')[0]}\b", text, re.MULTILINE):
            return Found(FAULT, 0, f"{row.model} has no knob {knob}")
    defines = [f"-D{knob}" for knob in row.knobs.split()]
    # What should fail is searched breadth first: its trail is then a shortest one.
    order = [] if row.expected == HOLDS else ["-DBFS"]
    with tempfile.TemporaryDirectory(prefix="model-") as folder:
        model = shutil.copy(models / row.model, folder)  # pan leaves a trail beside it
        # Every interleaving (NOREDUCE). Unoptimized: most rows compile longer than they search.
        for command in (["spin", "-a", *defines, row.model],
                        ["gcc", "-O0", "-w", "-DSAFETY", "-DNOREDUCE", *order, "pan.c",
                         "-o", "pan"]):
            code, output = call(command, folder)
            if code != 0 or "Error" in output:
                return Found(FAULT, 0, f"{command[0]} refused it:\n{output}")
        options = [] if row.model in NO_DEADLOCK else ["-E"]
        _, output = call(["./pan", f"-m{MOST_DEPTH}", f"-w{HASH_BITS}", *options], folder)
        return judge(output, lambda: call(["spin", "-t", "-p", *defines, row.model], folder)[1],
                     pathlib.Path(model))


def judge(output, replay, model):
    """What pan's report says. An error is told before a search that an error has cut short."""
    states = re.search(r"(\d+) states, stored", output)
    errors = re.search(r"errors: (\d+)", output)
    if not states or not errors or "Full statespace search" not in output:
        return Found(FAULT, 0, f"no full search:\n{output}")
    explored = int(states[1])
    if "max search depth too small" in output:
        return Found(FAULT, explored, f"the search is cut at depth {MOST_DEPTH}")
    if errors[1] != "0":
        trail = replay()
        end = "\n".join(trail.splitlines()[-TRAIL_LINES:])
        if "assertion violated" in output:
            return Found(violated(trail, model), explored, end)
        deadlock = re.search(r"pan:\d+: invalid end state", output)
        return Found(DEADLOCK if deadlock else FAULT, explored, end)
    if "Search not completed" in output:
        return Found(FAULT, explored, f"the search is not complete:\n{output}")
    if re.search(r"state \d+, \"-end-\"", output):
        return Found(FAULT, explored, f"a process never reaches its end:\n{output}")
    return Found(HOLDS, explored, "")


def violated(trail, model):
    """The name of the assertion that failed: the comment behind it."""
    place = re.search(r":(\d+), Error: assertion violated", trail)
    lines = model.read_text().splitlines()
    name = place and re.search(r"/\* (.+) \*/", lines[int(place[1]) - 1])
    return name[1] if name else "an assertion without a name"


def search_all(rows, models):
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        # The long ones first; what holds has the most states.
        order = sorted(range(len(rows)), key=lambda i: rows[i].expected != HOLDS)
        futures = {i: pool.submit(search, rows[i], models) for i in order}
        for i, row in enumerate(rows):
            try:
                yield row, futures[i].result()
            except subprocess.TimeoutExpired as late:
                yield row, Found(FAULT, 0, f"{late.cmd[0]}: no end in {MOST_SECONDS} s")


def in_words(verdict):
    return verdict if verdict in (HOLDS, DEADLOCK, FAULT) else f"{verdict} violated"


def report(row, found):
    good = found.verdict == row.expected
    print(f"{'ok     ' if good else 'DIFFERS'} {row.model:14}{row.knobs:40}"
          f"{in_words(found.verdict):22}{found.states:>9} states", flush=True)
    if not good:
        print(f"  {row.design}\n  expected: {in_words(row.expected)}, "
              f"found: {in_words(found.verdict)}")
        print("".join(f"  | {line}\n" for line in found.detail.splitlines()), end="", flush=True)
    return good


def table(results):
    lines = ["| design | model | knobs | expected | found | states |",
             "|---|---|---|---|---|---:|"]
    for row, found in results:
        knobs = " ".join(f"`{knob}`" for knob in row.knobs.split())
        lines.append(f"| {row.design} | `{row.model}` | {knobs} | {in_words(row.expected)} "
                     f"| {in_words(found.verdict)} | {found.states:,} |")
    return "\n".join(lines)


def with_block(text, block):
    """The text with what is between the markers replaced; None if it lacks them."""
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        return None
    return f"{before}{BEGIN}\n{block}\n{END}{after}"


def renew(path, block, write):
    """Writes the table into the file, or checks that it is there; false if it is not."""
    old = path.read_text()
    new = with_block(old, block)
    if new is None:
        print(f"{path}: lacks {BEGIN} or {END}")
        return False
    if new == old:
        return True
    if not write:
        print(f"{path}: its table is not what the models say; run "
              f"tests/models/verdicts.py --write {path}")
        return False
    path.write_text(new)
    return True


def main(arguments, rows=ROWS, models=FOLDER):
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--markdown", action="store_true")
    parser.add_argument("--write", type=pathlib.Path, metavar="FILE")
    parser.add_argument("--check", type=pathlib.Path, metavar="FILE")
    options = parser.parse_args(arguments)

    for tool in ("spin", "gcc"):
        if not shutil.which(tool):
            print(f"{tool} is missing: tools/install --test")
            return 1
    results = []
    good = True
    for row, found in search_all(rows, models):
        good = report(row, found) and good
        results.append((row, found))
    block = table(results)
    if options.markdown:
        print(block)
    if not good:
        return 1  # a wrong table is neither written nor compared
    for path, write in ((options.write, True), (options.check, False)):
        good = (path is None or renew(path, block, write)) and good
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
