"""On what and with what was measured."""

import os
import platform
import re
import subprocess

import paths


def _said(*argv):
    """The first line of a program's output, or None without it."""
    try:
        done = subprocess.run(argv, cwd=paths.ROOT, capture_output=True, text=True, timeout=30)
    except OSError:
        return None
    return done.stdout.splitlines()[0].strip() if done.returncode == 0 and done.stdout else None


def _field(path, name):
    with open(path) as lines:
        for line in lines:
            key, _, value = line.partition(":")
            if key.strip() == name:
                return value.strip()
    return None


def _package(name):
    return _said("dpkg-query", "--show", "--showformat=${Version}", name)


def machine():
    memory = re.match(r"\d+", _field("/proc/meminfo", "MemTotal") or "0")
    return {"cpu": _field("/proc/cpuinfo", "model name") or platform.machine(),
            "cores": len(os.sched_getaffinity(0)),
            "memory_gib": round(int(memory[0]) / (1 << 20), 1),
            "kernel": platform.release()}


def versions():
    import boto3  # there once tools/install has run
    return {"ddbsync": _said(str(paths.BUILD / "cli" / "ddbsync"), "version"),
            "libcurl": _package("libcurl4"), "openssl": _package("libssl3"),
            "python": _said(paths.PYTHON, "--version"), "boto3": boto3.__version__,
            "node": _said("node", "--version"), "compiler": _said("c++", "--version")}


def commit():
    """The commit, with a plus if files differ from it."""
    head = _said("git", "rev-parse", "HEAD")
    changed = _said("git", "status", "--porcelain", "--untracked-files=no", "--",
                    ":!bench/results.json", ":!docs/figures")
    return f"{head}+" if head and changed else head
