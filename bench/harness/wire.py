"""The fake at wire speed as a server process (bench/server), and what it saw of its client."""

import json
import ssl
import urllib.request

import child
import paths
import servers

_PROGRAM = paths.PROGRAMS / "wire_server"
_CERTIFICATE_DAYS = 2


class Certificate:
    """Of 127.0.0.1, signed by itself: its own authority, too."""

    def __init__(self, folder):
        self.certificate, self.key = folder / "certificate.pem", folder / "key.pem"
        child.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-batch",
                   "-days", _CERTIFICATE_DAYS, "-subj", "/CN=127.0.0.1",
                   "-addext", "subjectAltName=IP:127.0.0.1",
                   "-keyout", self.key, "-out", self.certificate], seconds=60)


class WireServer(servers.Server):
    """Options are the program's: `items=1000` is `--items 1000`."""

    def __init__(self, processors, certificate=None, **options):
        self._processors = processors
        self.certificate = certificate
        self.options = {"items": 0, "item_bytes": 1024, **options}
        if certificate:
            self.options.update(certificate=certificate.certificate, private_key=certificate.key)

    def start(self, port=None):
        with child.on_processors(self._processors):
            super().start(port)
        context = None
        if self.certificate:
            self.url = self.url.replace("http:", "https:")
            context = ssl.create_default_context(cafile=str(self.certificate.certificate))
        self._http = urllib.request.build_opener(urllib.request.ProxyHandler({}),
                                                 urllib.request.HTTPSHandler(context=context))

    def stats(self):
        """What it saw since the last reset, and its processor time since its start."""
        with self._http.open(f"{self.url}/_bench", timeout=30) as answer:
            return json.load(answer)

    def reset(self):
        """Begins the statistics anew; returns the last of the old."""
        old = self.stats()
        self._http.open(urllib.request.Request(f"{self.url}/_bench/reset", method="POST", data=b""),
                        timeout=30).close()
        return old

    def requests(self, operation):
        return self.stats()["operations"].get(operation, {}).get("requests", 0)

    def _command(self):
        words = [str(_PROGRAM), "--port", str(self.port)]
        for name, value in self.options.items():
            words += [f"--{name.replace('_', '-')}", str(value)]
        return words

