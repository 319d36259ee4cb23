"""What systemd hears of a job (Type=notify), and what it is told to do with one."""

import os
import pathlib
import re
import shlex
import shutil
import socket
import struct
import subprocess
import tempfile
import threading
import time
import unittest

import ddbsync
import fixtures
import processes
import servers

UNIT = servers.ROOT / "packaging" / "systemd" / "ddbsync@.service"
WATCHDOG_SECONDS = 1


def read_acl(user):
    """`user:USER:r--` beside mode 400, in the kernel's own form (linux/posix_acl_xattr.h)."""
    owner, named, group, mask, other, nobody = 0x01, 0x02, 0x04, 0x10, 0x20, 0xffffffff
    entries = ((owner, 4, nobody), (named, 4, user), (group, 0, nobody), (mask, 4, nobody),
               (other, 0, nobody))
    return struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *entry) for entry in entries)


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
            # With nothing to say before its first status, which cannot be written.
            job = self.started(name, "--json", "--log-level", "error", stdout=into)
            processes.wait_for(lambda: "READY=1" in manager.heard, 60, "READY=1")
            time.sleep(3 * WATCHDOG_SECONDS)
            self.assertTrue(job.running)
            job.kill()
        self.assertEqual(["READY=1"], manager.heard)


class UnitTest(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        text = UNIT.read_text()
        self.fields = dict(re.findall(r"^(\w+)=(.*)$", text, re.M))
        # systemd looks where programs are installed.
        self.unit = self.folder / UNIT.name
        self.unit.write_text(text.replace("ExecStart=ddbsync ", f"ExecStart={ddbsync.BINARY} "))

    def analyze(self, *words):
        done = subprocess.run(["systemd-analyze", *words, str(self.unit)], text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.assertEqual(0, done.returncode, done.stdout)
        return done.stdout

    def test_systemd_understands_all_of_it(self):
        self.assertEqual("", self.analyze("verify", "--man=no"))

    def test_systemd_understands_the_token_of_a_job_that_others_may_ask(self):
        folder = self.folder / f"{UNIT.name}.d"
        folder.mkdir()
        drop_in = (UNIT.parent / "token.conf").read_text()
        analyzed = drop_in.replace("ExecStart=ddbsync ", f"ExecStart={ddbsync.BINARY} ")
        (folder / "token.conf").write_text(analyzed)
        self.assertEqual("", self.analyze("verify", "--man=no"))
        # The unit's command and the token, nothing else.
        [_, command] = re.findall(r"^ExecStart=(.*)$", drop_in, re.M)
        self.assertEqual(self.fields["ExecStart"] + " --token-file ${CREDENTIALS_DIRECTORY}/token",
                         command)
        (folder / "token.conf").write_text(analyzed + "LoadCredential=a/b:/c\n")
        with self.assertRaisesRegex(AssertionError, "Credential name"):  # it is read
            self.assertEqual("", self.analyze("verify", "--man=no"))

    def test_systemd_understands_the_service_of_several_jobs(self):
        folder = self.folder / f"{UNIT.name}.d"
        folder.mkdir()
        drop_in = (UNIT.parent / "many.conf").read_text()
        (folder / "many.conf").write_text(
            drop_in.replace("ExecStart=ddbsync ", f"ExecStart={ddbsync.BINARY} "))
        self.assertEqual("", self.analyze("verify", "--man=no"))
        [_, command] = re.findall(r"^ExecStart=(.*)$", drop_in, re.M)
        self.assertEqual(self.fields["ExecStart"].replace(" --job %i", ""), command)

    @unittest.skipIf(os.geteuid(), "a credential's file is root's")
    def test_a_credential_is_read_where_systemd_puts_it(self):
        """As systemd writes it: mode 400, root's, and an ACL for the service's user, whose mask
        shows where the group's rights are shown. `chown`, where the disk knows no ACLs."""
        user = 61234
        self.folder.chmod(0o711)
        for name, acl in (("acl", True), ("chown", False)):
            with self.subTest(name):
                token = self.folder / name
                token.write_text("a-token-of-more-than-sixteen-characters\n")
                token.chmod(0o400)
                if acl:
                    os.setxattr(token, "system.posix_acl_access", read_acl(user))
                    self.assertEqual(0o440, token.stat().st_mode & 0o777)
                else:
                    os.chown(token, user, user)
                for reader in (user, 0):  # the job, and root's `ddbsync status`
                    self.assertNotIn("--token-file", self.said_to(reader, token))
                self.assertIn("--token-file: " + str(token) + ": Permission denied",
                              self.said_to(user + 1, token))

    def said_to(self, user, token):
        """The faults that a start as this user tells: of a URL at least, so that nothing starts."""
        program = shutil.copy(ddbsync.BINARY, self.folder)  # every user may reach it there
        done = subprocess.run(
            [program, "start", "--src", "a", "--dst", "b", "--src-endpoint-url", "nonsense",
             "--token-file", token], cwd=self.folder, user=user, group=user, extra_groups=[],
            env=ddbsync.environment(self.folder), capture_output=True, text=True)
        self.assertEqual(ddbsync.USAGE, done.returncode, done.stderr)
        self.assertIn("nonsense", done.stderr)
        return done.stderr

    def test_it_is_confined(self):
        # Of 100; what is left is the network and the syscalls every service needs.
        self.analyze("security", "--offline=true", "--threshold=20")

    def test_codes_that_a_person_must_see_to_are_not_started_anew(self):
        prevented = {int(code) for code in self.fields["RestartPreventExitStatus"].split()}
        self.assertEqual({ddbsync.USAGE, ddbsync.NOT_EQUAL, ddbsync.DATA_AT_RISK}, prevented)

    def test_its_command_is_understood(self):
        (self.folder / "orders.toml").write_text(
            (servers.ROOT / "packaging" / "config" / "ddbsync.toml").read_text())
        program, *words = shlex.split(self.fields["ExecStart"])
        self.assertEqual("ddbsync", program)
        words = [word.replace("%i", "orders").replace("%S", str(self.folder))
                 .replace("/etc/ddbsync", str(self.folder)) for word in words]
        code, _, err = ddbsync.run(*words, "--src-endpoint-url", "nonsense", home=self.folder)
        self.assertEqual(ddbsync.USAGE, code, err)
        self.assertEqual(1, len(err.splitlines()), err)
        self.assertIn("nonsense", err)
