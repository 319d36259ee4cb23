"""Runs classes of tests in several processes, each with servers of its own.

A worker is this suite's run.py with --worker: it reads names of classes from standard input, one a
line, and answers each with a line of JSON (a Report) on standard output.
"""

import dataclasses
import json
import os
import queue
import subprocess
import sys
import threading
import time

import processes

# Seconds that the long classes take, so that the last to end is not the last to begin. Others
# count as zero; a figure that is out of date costs time only.
LONG = {
    "verify_job_test.VerifyJobTest": 415,
    "resync_test.ResyncTest": 345,
    "copy_test.CopyTest": 180,
    "many_test.ManyTest": 175,
    "cutover_reverse_test.DoesNotGoOnTest": 170,
    "page_test.PageTest": 155,
    "prometheus_test.PrometheusTest": 145,
    "cutover_test.SwitchTest": 145,
    "cutover_reverse_test.GoesOnTest": 125,
    "cutover_lost_test.LostHookTest": 125,
    "cutover_test.BrokenFreezeTest": 120,
    "cutover_kill_test.KilledLateTest": 115,
    "cutover_test.PolicyTest": 110,
    "cutover_reverse_test.GoesOnAgainTest": 110,
    "copy_test.StatusTest": 105,
    "bad_server_test.HonestFaultTest": 100,
    "watch_test.WatchTest": 100,
}


@dataclasses.dataclass
class Report:
    name: str
    output: str
    outcomes: list  # [name of a test, outcome]
    successful: bool
    seconds: float


class Worker:
    def __init__(self, arguments):
        self._process = processes.spawn([sys.executable, *arguments, "--worker"], text=True,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def run(self, name):
        """The report; of a failure, when the worker did not live to make it."""
        began = time.monotonic()
        try:
            self._process.stdin.write(name + "\n")
            self._process.stdin.flush()
            return Report(**json.loads(self._process.stdout.readline()))
        except (OSError, ValueError):
            code = processes.stop(self._process)
            return Report(name, f"the process that ran {name} ended with {code}\n",
                          [[f"{name} (ended early)", "failed"]], False, time.monotonic() - began)

    @property
    def alive(self):
        return self._process.poll() is None

    def close(self):
        """Lets it stop its servers."""
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()


def serve(run_class):
    """A worker's life: `run_class(name)` for each name that comes in."""
    names, reports = os.fdopen(os.dup(0)), os.fdopen(os.dup(1), "w")
    # What a test or a child prints must not be taken for a report.
    with open(os.devnull) as nothing:
        os.dup2(nothing.fileno(), 0)
    os.dup2(2, 1)
    for line in names:
        print(json.dumps(dataclasses.asdict(run_class(line.strip()))), file=reports, flush=True)


def run(names, count, arguments, done):
    """Has `count` workers run the classes, the longest first; calls `done(report)` for each."""
    waiting = queue.SimpleQueue()
    for name in sorted(names, key=lambda name: -LONG.get(name, 0)):
        waiting.put(name)
    lock = threading.Lock()

    def work():
        # Started here: the kernel ends a worker together with the thread that started it.
        worker = None
        while True:
            try:
                name = waiting.get_nowait()
            except queue.Empty:
                break
            if worker is None or not worker.alive:
                worker = Worker(arguments)
            report = worker.run(name)
            with lock:
                done(report)
        if worker and worker.alive:
            worker.close()

    # Daemons, so that a signal ends the program and with it, by the kernel, the workers.
    threads = [threading.Thread(target=work, daemon=True) for _ in range(min(count, len(names)))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
