"""Child processes that cannot outlive the program that started them."""

import contextlib
import ctypes
import os
import signal
import socket
import subprocess
import time

STOP_SECONDS = 10  # a server that ignores SIGTERM this long is killed
# Tests say how long a thing may take on a quiet machine. What has not come after so many times as
# long does not come: on a busy one everything takes its time, which is no fault of what is tested.
PATIENCE = 3
_PR_SET_PDEATHSIG = 1  # sys/prctl.h
_ENDING = {signal.SIGINT, signal.SIGTERM, signal.SIGHUP}
_libc = ctypes.CDLL(None)


class TimedOut(Exception):
    pass


def wait_for(condition, seconds, what, pause=0.02):
    """Returns the first true value of `condition()`; raises TimedOut, naming `what`."""
    seconds *= PATIENCE
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise TimedOut(f"waited {seconds} s in vain for {what() if callable(what) else what}")
        time.sleep(pause)


def spawn(argv, **options):
    """Starts a process that the kernel kills when this one dies, by whatever signal.

    Only from a thread that lives as long as the program: the kernel watches the thread. Signals
    wait meanwhile: what a handler raises in the middle of a fork is lost, or the child is.
    """
    parent = os.getpid()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _ENDING)

    def die_with_parent():
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)

    try:
        process = subprocess.Popen(argv, preexec_fn=die_with_parent, **options)
    except BaseException:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        raise
    try:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)  # raises what a handler does
    except BaseException:
        process.kill()
        process.wait()
        raise
    return process


def stop(process, seconds=STOP_SECONDS):
    """Ends a process and reaps it."""
    if process.poll() is None:
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(seconds)
    if process.poll() is None:
        process.kill()
    return process.wait()


def exit_code(process, seconds):
    """Of one that ends by itself."""
    return process.wait(seconds * PATIENCE)


def has_ended(pid):
    """Whether a process runs no more; one that its parent has not reaped has ended too."""
    try:
        with open(f"/proc/{pid}/stat") as stat:
            return stat.read().rpartition(")")[2].split()[0] in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return True


def free_port():
    with socket.create_server(("", 0)) as listener:
        return listener.getsockname()[1]
