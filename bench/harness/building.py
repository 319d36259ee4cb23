"""Release builds of what is measured, and what must be installed for it."""

import os
import shutil

import child
import paths

LONGEST_SECONDS = 3600
_ENVIRONMENT = {**os.environ, "CCACHE_BASEDIR": str(paths.ROOT), "CCACHE_NOHASHDIR": "1"}


def install():
    child.run([paths.ROOT / "tools" / "install", "--bench"], LONGEST_SECONDS)


def _cmake(*words):
    said, _, _ = child.run(["cmake", *words], LONGEST_SECONDS, cwd=paths.ROOT, env=_ENVIRONMENT)
    return said


def build(*targets):
    launcher = ["-DCMAKE_CXX_COMPILER_LAUNCHER=ccache"] if shutil.which("ccache") else []
    _cmake("--preset", "release", *launcher)
    _cmake("--build", "--preset", "release", "--target", *targets)


def build_if_known(target):
    """Whether there is such a target; if so, it is built."""
    known = _cmake("--build", "--preset", "release", "--target", "help")
    if not any(line.split(":")[0] == target for line in known.splitlines()):
        return False
    _cmake("--build", "--preset", "release", "--target", target)
    return True
