"""What systemd hears of a job (Type=notify)."""

import os
import socket
import threading
import time

import ddbsync
import fixtures

WATCHDOG_SECONDS = 1


class Notified:
    """A service manager's socket; `heard` holds what came, in order."""

    def __init__(self, name):
        self.heard = []
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind("\0" + name[1:] if name.startswith("@") else name)
        self._socket.settimeout(0.1)
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._listen)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._ended.set()
        self._thread.join()
        self._socket.close()

    def _listen(self):
        while True:
            try:
                self.heard.append(self._socket.recv(4096).decode())
            except TimeoutError:
                if self._ended.is_set():
                    return


class NotifyTest(fixtures.Case):
    def started(self, name, *arguments, **options):
        """A job that tells `name` about itself."""
        variables = {"NOTIFY_SOCKET": name, "WATCHDOG_USEC": str(WATCHDOG_SECONDS * 1_000_000)}
        return self.start(
            *arguments,
            env=ddbsync.environment(self.folder, **ddbsync.credentials(), **variables), **options)

    def hear_a_life(self, name):
        self.make_tables()
        with Notified(name) as manager:
            job = self.started(name)
            job.wait_until_following()
            before = manager.heard.count("WATCHDOG=1")
            time.sleep(3 * WATCHDOG_SECONDS)
            beats = manager.heard.count("WATCHDOG=1") - before
            self.assertEqual(ddbsync.DONE, job.stop())
        heard = manager.heard
        # Twice in the time the manager waits, and no flood.
        self.assertGreaterEqual(beats, 3, heard)
        self.assertLessEqual(beats, 8, heard)
        kinds = [message.partition("=")[0] for message in heard]
        self.assertEqual("READY", kinds[0])
        self.assertEqual((1, 1), (kinds.count("READY"), kinds.count("STOPPING")))
        self.assertLess(kinds.index("STATUS"), kinds.index("STOPPING"))
        statuses = [message for message in heard if message.startswith("STATUS=")]
        self.assertTrue(any("following" in status for status in statuses), heard)
        self.assertFalse([message for message in heard if "\n" in message])

    def test_it_is_told_of_a_whole_life(self):
        self.hear_a_life(str(self.folder / "notify"))

    def test_it_is_told_at_an_abstract_address(self):
        self.hear_a_life(f"@ddbsync-e2e-{os.getpid()}")

    def test_a_job_that_cannot_start_is_not_ready(self):
        self.make_target()  # no source
        name = str(self.folder / "notify")
        with Notified(name) as manager:
            self.assertEqual(ddbsync.USAGE, self.started(name).wait(60))
        self.assertEqual([], manager.heard)

    def test_a_process_that_hangs_gives_no_sign_of_life(self):
        self.make_tables()
        name = str(self.folder / "notify")
        output, into = os.pipe()  # which nobody reads
        self.addCleanup(os.close, output)
        self.addCleanup(os.close, into)
        os.set_blocking(into, False)
        while True:
            try:
                os.write(into, b".")
            except BlockingIOError:
                break
        os.set_blocking(into, True)
        with Notified(name) as manager:
            job = self.started(name, "--json", stdout=into)
            job.wait_until_listening()
            time.sleep(5 * WATCHDOG_SECONDS)
            self.assertTrue(job.running)
            job.kill()
        self.assertEqual(["READY=1"], manager.heard)
