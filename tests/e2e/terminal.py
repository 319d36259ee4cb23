"""A terminal for a child: what it shows there goes on to our own output, and is remembered."""

import fcntl
import os
import pty
import re
import struct
import sys
import termios
import threading

ROWS, COLUMNS = 24, 100


class Terminal:
    """`stdout` is the child's end. Close it (leave `with`) after the children have ended."""

    def __init__(self, show=True):
        self._show = show
        self._shown = bytearray()
        self._master, self.stdout = pty.openpty()
        self.resize(COLUMNS)
        self._reader = threading.Thread(target=self._pass_on, daemon=True)

    def __enter__(self):
        self._reader.start()
        return self

    def __exit__(self, *_):
        os.close(self.stdout)
        self._reader.join()
        os.close(self._master)

    def text(self):
        return bytes(self._shown).decode(errors="replace")

    def resize(self, columns):
        """Sends SIGWINCH where the terminal is the child's own. 0 columns: it does not know."""
        fcntl.ioctl(self.stdout, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, columns, 0, 0))

    def size(self):
        """Of what was shown so far, in bytes."""
        return len(self._shown)

    def live_lines(self, since=0):
        """Each drawing of the live line after `since`, without colours, the first of which may
        have begun before."""
        text = bytes(self._shown[since:]).decode(errors="replace")
        drawings = re.split(r"(?:\x1b\[\d+A)?\r\x1b\[[KJ]", text)[1:]
        return [re.sub(r"\x1b\[\d*m", "", drawing.split("\n")[-1]) for drawing in drawings]

    def _pass_on(self):
        while True:
            try:
                some = os.read(self._master, 65536)
            except OSError:  # EIO: the last child's end is closed
                return
            if not some:
                return
            self._shown += some
            if self._show:
                sys.stdout.buffer.write(some)
                sys.stdout.buffer.flush()
