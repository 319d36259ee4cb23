"""Where things are; importing it makes the tests' modules importable."""

import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = ROOT / "build" / "release"
PROGRAMS = BUILD / "bench"
WORK = ROOT / "build" / "bench"
PEERS = ROOT / "bench" / "peers"
RESULTS = ROOT / "bench" / "results.json"
FIGURES = ROOT / "docs" / "figures"
PYTHON = "/usr/bin/python3"  # Debian's, which has boto3; the PATH's may be another

sys.path.append(str(ROOT / "tests" / "e2e"))
