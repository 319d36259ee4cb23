"""Child processes: on which processors they run, and what each alone used."""

import contextlib
import dataclasses
import os
import signal
import subprocess
import time

import paths  # noqa: F401
import processes

_TICKS = os.sysconf("SC_CLK_TCK")


class Failed(Exception):
    """A program of the benchmark ended as it should not."""


@dataclasses.dataclass
class Usage:
    """Of a child that has ended, and of those of its own children that it waited for."""
    cpu_seconds: float
    peak_mib: float  # resident, of the largest of them


def reap(process):
    """The usage of a Popen's process once it has ended, else None; never blocks.

    Leaves the exit code where Popen looks for it. Only the first call after the end has the usage.
    """
    if process.returncode is not None:
        return None
    pid, status, used = os.wait4(process.pid, os.WNOHANG)
    if pid == 0:
        return None
    process.returncode = os.waitstatus_to_exitcode(status)
    return Usage(used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)


def cpu_seconds_of(pid):
    """Of a process that runs, to a hundredth of a second."""
    with open(f"/proc/{pid}/stat") as stat:
        fields = stat.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS  # proc(5): utime, stime


def resident_mib_of(pid):
    with open(f"/proc/{pid}/status") as status:
        line, = (line for line in status if line.startswith("VmRSS:"))
    return int(line.split()[1]) / 1024


@contextlib.contextmanager
def on_processors(wanted):
    """What is started inside runs on these processors only."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, wanted)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def _end_group(process):
    """The process and what it started; it leads a group of its own."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
    try:
        process.wait(processes.STOP_SECONDS)
    except subprocess.TimeoutExpired:
        pass
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def run(argv, seconds, **options):
    """Runs a program to its end: (standard output, Usage, seconds it took).

    Raises Failed if it fails or lasts longer than `seconds`. Whatever ends this call ends the
    program and all that it started.
    """
    argv = [str(word) for word in argv]
    began = time.monotonic()
    with contextlib.ExitStack() as stack:
        output, errors = (stack.enter_context(open(os.memfd_create(name), "w+"))
                          for name in ("output", "errors"))
        process = processes.spawn(argv, stdin=subprocess.DEVNULL, stdout=output, stderr=errors,
                                  start_new_session=True, **options)
        usage = None
        try:
            while usage is None:
                usage = reap(process)
                if time.monotonic() - began > seconds:
                    raise Failed(f"{argv[0]} runs for more than {seconds} s")
                time.sleep(0.002 if usage is None else 0)
        finally:
            if usage is None:
                _end_group(process)
        took = time.monotonic() - began
        output.seek(0), errors.seek(0)
        if process.returncode != 0:
            said = (errors.read() + output.read())[-2000:]
            raise Failed(f"{' '.join(argv)} ended with {process.returncode}: {said}")
        return output.read(), usage, took
