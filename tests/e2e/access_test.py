"""Who may ask a job what, and how: the token, HTTPS, and what speaks against them at the start."""

import http.client
import os
import socket
import ssl
import subprocess

import ddbsync
import fixtures
import processes

TOKEN = "a-token-of-more-than-sixteen-characters"


class AccessTest(fixtures.Case):
    def token_file(self, text=TOKEN + "\n", mode=0o600):
        path = self.folder / "token"
        path.write_text(text)
        path.chmod(mode)
        return path

    def certificate(self, name="job"):
        """Files of a certificate that names no address, and its key."""
        certificate, key = self.folder / f"{name}.pem", self.folder / f"{name}.key"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
                        "-subj", "/CN=ddbsync.test", "-out", certificate, "-keyout", key],
                       check=True, capture_output=True)
        return certificate, key

    def ask(self, connection, path, token=None, method="GET"):
        headers = {"Content-Type": "application/json"}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        connection.request(method, path, headers=headers)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()

    def tell(self, *words):
        return ddbsync.run(*words, "--state", self.state, home=self.folder)

    def test_a_token_is_asked_for_and_commands_bring_it(self):
        self.make_tables()
        job = self.start("--token-file", self.token_file())
        address = job.wait_until_listening()

        def ask(*arguments, **options):
            return self.ask(http.client.HTTPConnection(address, timeout=5), *arguments, **options)
        for path in ("/metrics", "/api/v1/status", "/api/v1/checkpoint"):
            self.assertEqual(401, ask(path)[0], path)
            self.assertEqual(401, ask(path, TOKEN + "x")[0], path)
            self.assertEqual(200, ask(path, TOKEN)[0], path)
        self.assertEqual(401, ask("/api/v1/stop", method="POST")[0])
        self.assertEqual((200, "{}\n"), ask("/healthz"))
        processes.wait_for(lambda: "following" in self.tell("status")[1], 30,
                           lambda: self.tell("status"))
        self.assertNotIn(TOKEN, (self.state / "api.json").read_text() + job.output())
        self.assertEqual(ddbsync.DONE, self.tell("stop")[0])

    def test_https_with_a_certificate_that_the_commands_trust(self):
        self.make_tables()
        certificate, key = self.certificate()
        job = self.start("--token-file", self.token_file(), "--tls-cert", certificate,
                         "--tls-key", key)
        address = job.wait_until_listening()
        trust = ssl.create_default_context(cafile=certificate)
        trust.check_hostname = False
        status, body = self.ask(http.client.HTTPSConnection(address, context=trust, timeout=5),
                                "/metrics", TOKEN)
        self.assertEqual(200, status)
        self.assertIn("ddbsync_state", body)
        for hello in (b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n", b"\x16\x03\x01", b""):
            with socket.create_connection(address.split(":"), timeout=5) as plain:
                plain.sendall(hello)
        processes.wait_for(lambda: "following" in self.tell("status")[1], 30,
                           lambda: self.tell("status"))
        self.assertEqual(ddbsync.DONE, self.tell("stop")[0])
        self.assertEqual(ddbsync.DONE, job.ends_within(1))

    def test_a_stranger_at_the_address_does_not_get_the_token(self):
        self.make_tables()
        certificate, key = self.certificate()
        job = self.start("--token-file", self.token_file(), "--tls-cert", certificate,
                         "--tls-key", key)
        host, port = job.wait_until_listening().split(":")
        processes.wait_for(lambda: "following" in self.tell("status")[1], 30,
                           lambda: self.tell("status"))
        job.kill()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*self.certificate("stranger"))
        with socket.create_server((host, int(port))) as listener:
            listener.settimeout(5)
            asking = subprocess.Popen(
                [ddbsync.BINARY, "status", "--state", self.state], cwd=self.folder,
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                env=ddbsync.environment(self.folder))
            connection, _ = listener.accept()
            heard = b""
            with self.assertRaises((ssl.SSLError, OSError)), connection:
                heard = context.wrap_socket(connection, server_side=True).recv(4096)
                raise OSError("it closed")
            self.assertNotIn(TOKEN.encode(), heard)
            said, _ = asking.communicate(timeout=30)
            self.assertIn("not running", said)

    def test_what_speaks_against_it_is_told_before_anything_is_touched(self):
        certificate, key = self.certificate()
        (self.folder / "nothing").mkdir()
        cases = [
            (("--listen", "0.0.0.0:0"), "--token-file"),
            (("--listen", "[::]:0"), "--token-file"),
            (("--token-file", self.folder / "missing"), "No such file"),
            (("--token-file", self.folder / "nothing"), "is no file"),
            (("--tls-cert", certificate), "both or not at all"),
            (("--tls-cert", key, "--tls-key", key), "cannot use the certificate"),
            (("--tls-cert", certificate, "--tls-key", certificate), "cannot use the key"),
        ]
        for words, said in cases:
            with self.subTest(said):
                self.assert_told_off(words, said)
        for text, mode, said in ((TOKEN, 0o644, "chmod 600"), (TOKEN, 0o620, "chmod 600"),
                                 (TOKEN, 0o604, "chmod 600"),
                                 ("short", 0o600, "visible characters"),
                                 ("two lines of text\nand more of it", 0o600, "visible"),
                                 ("x" * 2000, 0o600, "visible characters"), ("", 0o600, "visible")):
            with self.subTest(text=text[:20], mode=mode):
                self.assert_told_off(("--token-file", self.token_file(text, mode)), said)

    def assert_told_off(self, words, said):
        self.config()
        code, out, err = ddbsync.run("start", "--src", "a", "--dst", "b", "--state", self.state,
                                     *words, home=self.folder)
        self.assertEqual(ddbsync.USAGE, code, out + err)
        self.assertIn(said, err)
        self.assertFalse(os.path.exists(self.state))
