"""A terminal for a child: what it shows there goes on to our own output, and is remembered."""

import fcntl
import os
import pty
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
        fcntl.ioctl(self.stdout, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
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
