"""The in-memory DynamoDB of the C++ tests as a server, and its admin routes (fake_admin.h)."""

import json
import urllib.request

import paths
import servers

BINARY = paths.ROOT / "build" / "release" / "tests" / "support" / "fake_dynamodb"
_no_proxy = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class FakeDynamoDB(servers.Server):
    """`options` are its command line's without the dashes: {"page-bytes": 4096}."""

    def __init__(self, **options):
        self._options = options

    def _command(self):
        words = [str(BINARY), "--port", str(self.port)]
        for name, value in self._options.items():
            words += ["--" + name.replace("_", "-"), str(value)]
        return words

    def admin(self, name, **request):
        body = json.dumps(request).encode()
        with _no_proxy.open(f"{self.url}/_fake/{name}", body, timeout=10) as answer:
            return json.loads(answer.read())
