"""The in-memory DynamoDB of the C++ tests as a server, and its admin routes (fake_admin.h)."""

import json
import urllib.request

import paths
import servers

_no_proxy = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class FakeDynamoDB(servers.FakeDynamoDB):
    def admin(self, name, **request):
        body = json.dumps(request).encode()
        with _no_proxy.open(f"{self.url}/_fake/{name}", body, timeout=10) as answer:
            return json.loads(answer.read())
