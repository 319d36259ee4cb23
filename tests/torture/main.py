"""tools/torture: the real binary under kill -9, SIGSTOP, a full disk, a second instance, shards
that roll and split, and a service or a network that misbehaves.

Each round copies a live table of its own, kills the job again and again, and in the end compares
source and target item by item with boto3 alone. After every kill the checkpoint is looked at:
positions never go back, nothing is lost. What happens is drawn from the seed; when it happens to
the millisecond is the machine's doing, so the same seed gives the same plan, not the same run.

Ends with 0 when all was equal, 1 when something was not, 2 for a bad command line, and 128 + N
when stopped by signal N.
"""

import argparse
import collections
import contextlib
import ctypes
import dataclasses
import fcntl
import json
import os
import pathlib
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import paths
import plan
import processes

ROUND = pathlib.Path(__file__).with_name("round.py")
EVIDENCE = paths.ROOT / "build" / "torture"
MOST_KILLS, MOST_JOBS = 1_000_000, 64
# A settle time is a write's time limit, too; a server on a busy machine needs some.
SETTLE_SECONDS = (0.1, 60.0)
MOST_STOP = 60.0
# Long enough for the slowest of machines: no round ends by this unless something hangs.
ROUND_SECONDS, KILL_SECONDS = 300, 15
ENOUGH_KILLS = 100  # from here on every phase must have met some
PHASES = ("starting", "settling", "copying", "following")
_PR_SET_CHILD_SUBREAPER = 36  # sys/prctl.h
SIGNALS = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT)
LOOK = 0.05


def duration(text):
    """Seconds of "200ms" or "5s"."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)(ms|s)", text)
    if not match:
        raise argparse.ArgumentTypeError(f"'{text}' is not a duration; write 200ms or 5s")
    return float(match[1]) / (1000 if match[2] == "ms" else 1)


def between(kind, low, high):
    def parse(text):
        try:
            value = kind(text)
        except ValueError:
            value = None
        if value is None or not low <= value <= high:
            raise argparse.ArgumentTypeError(f"'{text}' is not between {low} and {high}")
        return value
    return parse


def parse_arguments():
    parser = argparse.ArgumentParser(
        prog="tools/torture", description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=between(int, 1, MOST_KILLS), default=100, metavar="N",
                        help=f"in rounds of up to {plan.KILLS_PER_ROUND}; waiting for the end of a "
                             "round may take some more (default: 100)")
    parser.add_argument("--seed", type=between(int, 0, (1 << 63) - 1), metavar="S",
                        help="default: another each time; said at the start")
    parser.add_argument("--settle", type=duration, metavar="D",
                        help="ddbsync's --settle, by which the fake's late writes are bounded, too "
                             "(default: 200ms; 2s behind a bad network or with DynamoDB Local)")
    parser.add_argument("--server", choices=("fake", "local"), default="fake",
                        help="the in-memory DynamoDB of the tests, with faults, or AWS's DynamoDB "
                             "Local (default: fake)")
    parser.add_argument("--network", action="store_true",
                        help="a proxy before each server drops, delays, cuts and corrupts")
    parser.add_argument("--jobs", type=between(int, 1, MOST_JOBS), default=6, metavar="N",
                        help="rounds at once; they mostly wait (default: 6)")
    parser.add_argument("--longest-stop", type=duration, default=4.0, metavar="D",
                        help="of a SIGSTOP (default: 4s)")
    parser.add_argument("--round", type=between(int, 1, MOST_KILLS), metavar="N",
                        help="only this one of the rounds, to look at it again")
    options = parser.parse_args()
    if options.settle is None:
        options.settle = 2.0 if options.network or options.server == "local" else 0.2
    if not SETTLE_SECONDS[0] <= options.settle <= SETTLE_SECONDS[1]:
        parser.error(f"--settle is between {SETTLE_SECONDS[0]:g} s and {SETTLE_SECONDS[1]:g} s")
    if options.longest_stop > MOST_STOP:
        parser.error(f"--longest-stop is at most {MOST_STOP:g} s")
    if options.seed is None:
        options.seed = random.randrange(1 << 32)
    return options, parser


class Round:
    """A round's process (round.py), from start to verdict."""

    def __init__(self, folder, options, number, kills):
        self.number, self.folder = number, folder / f"round-{number}"
        self.folder.mkdir()
        self._until = time.monotonic() + ROUND_SECONDS + kills * (KILL_SECONDS + options.settle)
        self._began = time.monotonic()
        with open(self.folder / "verdict", "w") as verdict:
            self._process = processes.spawn(
                [sys.executable, str(ROUND), str(self.folder),
                 json.dumps(dataclasses.asdict(options)), str(number), str(kills)],
                stdin=subprocess.DEVNULL, stdout=verdict)

    def ended(self):
        return self._process.poll() is not None or time.monotonic() > self._until

    def verdict(self):
        """What the round said, or {"failed": why}."""
        if self._process.poll() is None:
            processes.stop(self._process)
            return {"failed": "did not end in time"}
        try:
            said = json.loads((self.folder / "verdict").read_text())
        except ValueError:
            said = {"failed": f"round.py ended with {self._process.returncode} and no verdict"}
        if self._process.returncode != 0:
            said.setdefault("failed", f"round.py ended with {self._process.returncode}")
        return said

    @property
    def seconds(self):
        return time.monotonic() - self._began


class Run:
    def __init__(self, options, only, folder):
        self._options, self._folder = options, folder
        rounds = list(enumerate(plan.rounds_of(options), 1))
        self._waiting = collections.deque(
            entry for entry in rounds if only in (None, entry[0]))
        self.total, self.failures = collections.Counter(), []
        self.phases = collections.Counter()

    def to_its_end(self):
        going = []
        while self._waiting or going:
            while self._waiting and len(going) < self._options.jobs:
                going.append(Round(self._folder, self._options, *self._waiting.popleft()))
            for one in [one for one in going if one.ended()]:
                going.remove(one)
                self._take(one)
            time.sleep(LOOK)

    def _take(self, one):
        said = one.verdict()
        self.total.update(kills=said.get("kills", 0), rounds=1)
        self.phases.update(said.get("phases", {}))
        if "failed" in said:
            kept = self._keep(one)
            self.failures.append(one.number)
            print(f"round {one.number}: FAILED after {said.get('kills', 0)} kills and "
                  f"{one.seconds:.0f} s: {said['failed']}\n  log and state: {kept}", flush=True)
        else:
            self.total.update({name: said[name] for name in
                               ("items", "changes", "rolls", "skipped")})
            met = ", ".join(f"{count} {phase}" for phase, count in sorted(said["phases"].items()))
            print(f"round {one.number}: {said['items']} items equal after {said['changes']} "
                  f"changes, {said['rolls']} rolls and splits, {said['kills']} kills ({met})"
                  + f", {said['skipped']} full disks skipped: mounting needs root"
                  * bool(said["skipped"]) + f"; {one.seconds:.0f} s", flush=True)
        shutil.rmtree(one.folder, ignore_errors=True)

    def _keep(self, one):
        kept = EVIDENCE / str(self._options.seed) / one.folder.name
        shutil.rmtree(kept, ignore_errors=True)
        evidence = one.folder / "evidence"
        shutil.copytree(evidence if evidence.exists() else one.folder, kept)
        return os.path.relpath(kept, paths.ROOT)

    def unmet(self):
        if self.total["kills"] < ENOUGH_KILLS:
            return []
        return [phase for phase in PHASES if not self.phases[phase]]


def replay(options, number):
    words = ["tools/torture", "--kills", options.kills, "--seed", options.seed,
             "--settle", f"{round(options.settle * 1000)}ms", "--server", options.server,
             "--jobs", options.jobs, "--longest-stop", f"{round(options.longest_stop * 1000)}ms"]
    return " ".join(map(str, words + ["--network"] * options.network + ["--round", number]))


def conclude(run, options, seconds):
    """The last lines, and the exit code."""
    kills, total = run.total["kills"], run.total
    text = (f"{kills} kills, {total['rounds']} rounds, {total['items']} items compared equal after "
            f"{total['changes']} changes, {total['rolls']} rolls and splits; "
            f"{kills / seconds:.1f} kills/s; seed {options.seed}")
    met = ", ".join(f"{run.phases[phase]} {phase}" for phase in sorted(run.phases))
    if kills:
        print(f"the kills met the job: {met}")
    unmet = run.unmet()
    for number in run.failures:
        print(f"to see round {number} again: {replay(options, number)}")
    if run.failures:
        print(f"FAIL: {len(run.failures)} of {total['rounds']} rounds; {text}")
        return 1
    if unmet:
        print(f"FAIL: no kill met the job {' or '.join(unmet)}, so they prove too little; {text}")
        return 1
    print(f"PASS: {text}")
    return 0


def reap_everything(seconds=10):
    """Waits for the orphans of rounds that were ended; the kernel has sent each its SIGKILL."""
    deadline = time.monotonic() + seconds
    with contextlib.suppress(ChildProcessError):
        while time.monotonic() < deadline:
            if os.waitpid(-1, os.WNOHANG)[0] == 0:
                time.sleep(LOOK)


def end_children():
    """SIGKILL to the rounds; what they started dies with them."""
    children = pathlib.Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children").read_text()
    for pid in map(int, children.split()):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def build():
    """The release binary and the fake; says something only if that fails."""
    lock = paths.ROOT / "build" / "torture.lock"
    lock.parent.mkdir(exist_ok=True)
    with open(lock, "w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)  # others may run beside this one
        build_alone()


def build_alone():
    for command in (["cmake", "--preset", "release", "-DDDBSYNC_TESTS=ON"],
                    ["cmake", "--build", "--preset", "release", "--target", "ddbsync",
                     "fake_dynamodb"]):
        done = subprocess.run(command, cwd=paths.ROOT, stdin=subprocess.DEVNULL, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        if done.returncode != 0:
            sys.exit(f"{done.stdout}\ntools/torture: {' '.join(command)} failed")


def main():
    arguments, parser = parse_arguments()
    only = arguments.round
    options = plan.Options(**{field.name: getattr(arguments, field.name)
                              for field in dataclasses.fields(plan.Options)})
    rounds = len(plan.rounds_of(options))
    if only is not None and only > rounds:
        parser.error(f"--round: there are {rounds}")
    build()
    for number in SIGNALS:
        signal.signal(number, lambda number, _: sys.exit(128 + number))
    ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1)
    print(f"seed {options.seed}: {options.kills} kills in {rounds} rounds, settle "
          f"{options.settle:g} s, server {options.server}{', bad network' * options.network}",
          flush=True)
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="ddbsync-torture.", ignore_cleanup_errors=True) as name:
        run = Run(options, only, pathlib.Path(name))
        try:
            run.to_its_end()
        finally:
            for number in SIGNALS:
                signal.signal(number, signal.SIG_IGN)
            end_children()
            reap_everything()
    sys.exit(conclude(run, options, time.monotonic() - began))


if __name__ == "__main__":
    main()
