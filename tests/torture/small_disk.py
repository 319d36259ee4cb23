"""A small disk that can be filled up, and that is gone with the process that asked for it."""

import contextlib
import ctypes
import os
import subprocess

_CLONE_NEWNS = 0x00020000  # sched.h
SIZE = "16m"
_libc = ctypes.CDLL(None, use_errno=True)


class NotPermitted(Exception):
    pass


class SmallDisk:
    """Mounted where only this process and its children see it, so that no end leaves it behind."""

    def __init__(self, folder):
        self.folder = folder
        self._ballast = folder / "ballast"
        folder.mkdir()
        if os.geteuid() != 0 or _libc.unshare(_CLONE_NEWNS) != 0:
            raise NotPermitted
        for command in (["mount", "--make-rprivate", "/"],
                        ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", folder]):
            if subprocess.run(command, capture_output=True).returncode != 0:
                raise NotPermitted

    def fill(self):
        with open(self._ballast, "wb", buffering=0) as ballast, contextlib.suppress(OSError):
            while True:
                ballast.write(bytes(4096))

    def free(self):
        self._ballast.unlink(missing_ok=True)
