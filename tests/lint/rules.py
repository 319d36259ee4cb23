"""The rules of the house that no compiler keeps. Each yields Faults; none changes a file."""

import pathlib
import re
from typing import NamedTuple

SKIPPED = {".git", "build", "node_modules", "__pycache__", ".cache"}
CODE = {".cc", ".h"}
SCRIPTS = {".py", ".sh", ""}  # the programs in tools/ have no suffix

# What a folder may include besides itself (docs/architecture.md). The replicator joins checkpoint
# and streams, which do not know each other; only cli builds and wires concrete things.
USES = {
    "base": set(),
    "metrics": {"base"},
    "aws": {"base"},
    "dynamodb": {"aws", "base"},
    "checkpoint": {"base"},
    "streams": {"dynamodb", "aws", "base"},
    "replicator": {"streams", "checkpoint", "dynamodb", "aws", "metrics", "base"},
    "verify": {"replicator", "checkpoint", "dynamodb", "aws", "metrics", "base"},
    "cutover": {"verify", "replicator", "checkpoint", "dynamodb", "aws", "metrics", "base"},
    "cli": {"cutover", "verify", "replicator", "streams", "checkpoint", "dynamodb", "aws",
            "metrics", "base"},
}
# Slow to compile, or the secret of one .cc file: a change of library must not touch our headers.
LIGHT = {"nlohmann/json_fwd.hpp"}  # forward declarations only
HEAVY = ("spdlog/", "CLI/", "nlohmann/", "simdjson", "prometheus/", "toml++/", "httplib",
         "leveldb/", "curl/")
MOST_LINES = 500
MOST_HEADER_LINES = 200
MOST_COLUMNS = 100
# Split, so that this file is not its own first fault.
MARKERS = re.compile(r"\b(" + "|".join(("TO" "DO", "FIX" "ME", "XX" "X", "HA" "CK")) + r")\b")
SLEEPS = re.compile(r"\b(sleep_for|sleep_until|usleep|nanosleep)\s*\(")
SLEEPERS = {"base/clock.cc"}  # time has one door

_INCLUDE = re.compile(r'^\s*#\s*include\s*(["<])([^">]+)[">]')
_DEPENDS = re.compile(r"\bDEPENDS\b([^)]*?)(?:\b(?:SOURCES|PRIVATE)\b|\))", re.S)


class Fault(NamedTuple):
    path: str
    line: int
    reason: str

    def __str__(self):
        return f"{self.path}:{self.line}: {self.reason}"


def files(root):
    """(path from the root, lines) of every text file that people wrote."""
    root = pathlib.Path(root)
    for path in sorted(root.rglob("*")):
        relative = path.relative_to(root)
        if SKIPPED & set(relative.parts) or not path.is_file():
            continue
        try:
            yield relative, path.read_text().splitlines()
        except UnicodeDecodeError:
            continue


def _includes(lines):
    for number, line in enumerate(lines, 1):
        match = _INCLUDE.match(line)
        if match:
            yield number, match[1] == '"', match[2]


def layering(path, lines):
    """A folder includes only those below it, by paths from the root."""
    folder = path.parts[0]
    if path.suffix not in CODE or folder not in USES:
        return
    for number, quoted, included in _includes(lines):
        other = included.split("/")[0]
        if other in USES and other != folder and other not in USES[folder]:
            yield Fault(str(path), number, f"{folder} may not use {other} (\"{included}\")")
        elif other in ("tests", "bench"):
            yield Fault(str(path), number, f"the product may not use {other} (\"{included}\")")
        elif quoted and "/" not in included:
            yield Fault(str(path), number, f"write \"{included}\" from the root of the project")


def linking(path, lines):
    """What a folder links agrees with what it may include."""
    folder = path.parts[0]
    if path.name != "CMakeLists.txt" or len(path.parts) != 2 or folder not in USES:
        return
    for match in _DEPENDS.finditer("\n".join(lines)):
        for other in sorted(set(match[1].split()) - USES[folder] - {folder}):
            line = 1 + match.string.count("\n", 0, match.start())
            yield Fault(str(path), line, f"{folder} may not link {other}")


INTERNAL = "_internal.h"  # shared by a folder's .cc files, so that it may be heavy


def heavy_headers(path, lines):
    if path.suffix != ".h" or path.parts[0] not in USES:
        return
    for number, _, included in _includes(lines):
        if included.endswith(INTERNAL) and not path.name.endswith(INTERNAL):
            yield Fault(str(path), number, f"{included} is for .cc files of its folder only")
        elif path.name.endswith(INTERNAL):
            continue
        elif included.startswith(HEAVY) and included not in LIGHT:
            yield Fault(str(path), number, f"{included} belongs in a .cc file, behind our header")


def length(path, lines):
    if path.suffix not in CODE | SCRIPTS:
        return
    most = MOST_HEADER_LINES if path.suffix == ".h" else MOST_LINES
    if len(lines) > most:
        yield Fault(str(path), len(lines), f"more than {most} lines: split by meaning")


def width(path, lines):
    """For scripts; clang-format looks after C++."""
    if path.suffix not in SCRIPTS:
        return
    for number, line in enumerate(lines, 1):
        if len(line) > MOST_COLUMNS:
            yield Fault(str(path), number, f"{len(line)} columns, more than {MOST_COLUMNS}")


def markers(path, lines):
    for number, line in enumerate(lines, 1):
        match = MARKERS.search(line)
        if match:
            yield Fault(str(path), number, f"{match[0]}: finish it, or open an issue")


def sleeps(path, lines):
    if path.suffix not in CODE or str(path) in SLEEPERS:
        return
    for number, line in enumerate(lines, 1):
        if SLEEPS.search(line):
            yield Fault(str(path), number, "only base/clock.cc sleeps; time goes through Clock")


def lockfiles(path, lines):
    """A lockfile names versions and digests; where they are fetched from is the user's choice."""
    if path.name != "package-lock.json":
        return
    for number, line in enumerate(lines, 1):
        if "://" in line:
            yield Fault(str(path), number, "a host in a lockfile; npm's setting "
                                           "omit-lockfile-registry-resolved leaves it out")


RULES = (layering, linking, heavy_headers, length, width, markers, sleeps, lockfiles)


def check(root):
    return [fault for path, lines in files(root) for rule in RULES for fault in rule(path, lines)]
