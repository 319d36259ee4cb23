"""What all cases share: sizes, processors and a folder of the run."""

import os
import pathlib
import tempfile


class Setting:
    def __init__(self, quick, folder):
        self.quick = quick
        self.folder = pathlib.Path(folder)
        self.processors = sorted(os.sched_getaffinity(0))
        # One processor for the client, so that it is measured alone; the others are the server's.
        # A machine with a single one has no choice, and client and server disturb each other.
        self.client = {self.processors[-1]}
        self.server = set(self.processors[:-1]) or self.client

    def pick(self, full, quick):
        return quick if self.quick else full

    def new_folder(self):
        return pathlib.Path(tempfile.mkdtemp(dir=self.folder))

    def alternate(self, case, repetitions, *contenders):
        """Runs each in turn, again and again; the runs of each, and all in `case.runs`."""
        runs = [[] for _ in contenders]
        for _ in range(self.pick(repetitions, 1)):
            for contender, into in zip(contenders, runs):
                into.append(contender())
        case.runs += [run for turn in zip(*runs) for run in turn]
        return runs


def ratios(ours, theirs, figure="us_per_item"):
    """Of runs next to each other in time."""
    return [mine[figure] / other[figure] for mine, other in zip(ours, theirs)]


def values(runs, figure):
    return [run[figure] for run in runs]
