"""A DynamoDB server that misbehaves as told: a proxy in front of a good one.

    with FaultyProxy(server.url) as proxy:
        proxy.on("BatchWriteItem", error("ThrottlingException"), times=3)
        ... proxy.url ...

A fault is a function of (request, forward) that returns an Answer, or raises Dropped to close the
connection without one; `forward()` passes the request on and returns the good server's Answer.
"""

import contextlib
import dataclasses
import http.client
import http.server
import json
import socket
import ssl
import struct
import threading
import time
import urllib.parse

import processes

JSON_TYPE = "application/x-amz-json-1.0"
UPSTREAM_SECONDS = 180
SLOW_PIECES = 8  # that a trickled body comes in
_AT_ONCE = struct.pack("ii", 1, 0)  # SO_LINGER: close with a reset


class Dropped(Exception):
    """Close the connection instead of answering."""


@dataclasses.dataclass
class Request:
    action: str  # "Scan"
    headers: dict
    body: bytes

    @property
    def json(self):
        return json.loads(self.body)


@dataclasses.dataclass
class Answer:
    status: int
    headers: dict
    body: bytes
    cut: int | None = None  # the connection is reset after so many bytes of the body
    pause: float = 0.0  # seconds between the pieces of the body
    garbage: bytes | None = None  # sent instead of everything else, and the connection is closed

    @property
    def json(self):
        return json.loads(self.body)


def error(code, message="told to", status=400):
    """An error in AWS's own form."""
    body = json.dumps({"__type": f"com.amazonaws.dynamodb.v20120810#{code}", "message": message})
    return lambda request, forward: Answer(status, {"Content-Type": JSON_TYPE}, body.encode())


def html(status=200):
    """What a captive portal or a load balancer answers."""
    body = b"<html><body><h1>It works!</h1></body></html>"
    return lambda request, forward: Answer(status, {"Content-Type": "text/html"}, body)


def truncated(request, forward):
    """Half of the good JSON, as if that were all of it."""
    answer = forward()
    headers = {name: value for name, value in answer.headers.items()
               if name.lower() != "x-amz-crc32"}
    return Answer(answer.status, headers, answer.body[: len(answer.body) // 2])


def wrong_crc(request, forward):
    answer = forward()
    answer.headers["x-amz-crc32"] = "12345"
    return answer


def corrupted(request, forward):
    """One byte in the middle is another; the checksum is still that of the good body."""
    answer = forward()
    body, middle = bytearray(answer.body), len(answer.body) // 2
    if body:
        body[middle] ^= 0x20
    return dataclasses.replace(answer, body=bytes(body))


def garbage(request, forward):
    return Answer(200, {}, b"", garbage=b"\x00\xff\x16\x03 this is no HTTP \r\n" * 8)


def reset_inside_body(request, forward):
    """Carried out, and the answer breaks off in its middle."""
    answer = forward()
    return dataclasses.replace(answer, cut=len(answer.body) // 2)


def trickled(seconds):
    """Carried out, and the answer comes in pieces that take so long together."""
    return lambda request, forward: dataclasses.replace(forward(), pause=seconds / SLOW_PIECES)


def delayed(seconds):
    """The request arrives late, whatever its sender does meanwhile."""
    def wait(request, forward):
        time.sleep(seconds)
        return forward()
    return wait


def dropped(request, forward):
    raise Dropped


def done_then_dropped(request, forward):
    """Carried out, but nobody learns of it."""
    forward()
    raise Dropped


def done_then_500(request, forward):
    forward()
    return error("InternalServerError", status=500)(request, forward)


def last_unprocessed(request, forward):
    """BatchWriteItem: hands the last write of each table back."""
    wanted = request.json
    left = {table: writes[-1:] for table, writes in wanted["RequestItems"].items()}
    wanted["RequestItems"] = {table: writes[:-1] for table, writes
                              in wanted["RequestItems"].items() if len(writes) > 1}
    if not wanted["RequestItems"]:
        return all_unprocessed(request, forward)
    answer = forward(json.dumps(wanted).encode())
    return _json_answer({**answer.json, "UnprocessedItems": left})


def all_unprocessed(request, forward):
    return _json_answer({"UnprocessedItems": request.json["RequestItems"]})


def held_until(event):
    """Answers only after `event` is set."""
    def hold(request, forward):
        event.wait(UPSTREAM_SECONDS)
        return forward()
    return hold


def _json_answer(body):
    return Answer(200, {"Content-Type": JSON_TYPE}, json.dumps(body).encode())


@dataclasses.dataclass
class _Rule:
    action: str | None
    fault: object
    after: int
    times: int | None
    when: object

    def takes(self, request):
        if self.action not in (None, request.action) or self.times == 0:
            return False
        if self.when and not self.when(request):
            return False
        if self.after > 0:
            self.after -= 1
            return False
        if self.times:
            self.times -= 1
        return True


class FaultyProxy:
    """Forwards each request, or lets the first rule that takes it answer. Counts what came."""

    def __init__(self, upstream, certificate=None):
        """`certificate`: (certificate file, key file) to serve TLS."""
        self._upstream = urllib.parse.urlsplit(upstream)
        self._rules, self._lock = [], threading.Lock()
        self.seen = {}  # calls by action, good and bad
        self.open = set()  # clients that are connected, or whose last call is under way
        self._server = _Listener(("127.0.0.1", 0), self)
        scheme = "http"
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*certificate)
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
            scheme = "https"
        self.port = self._server.server_address[1]
        self.url = f"{scheme}://127.0.0.1:{self.port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def on(self, action, fault, after=0, times=None, when=None):
        """From now on, after `after` calls, `times` calls of `action` (None: any) meet `fault`."""
        with self._lock:
            self._rules.append(_Rule(action, fault, after, times, when))

    def heal(self):
        with self._lock:
            self._rules.clear()

    def drain(self, seconds):
        """Returns once nothing is under way any more of clients that are gone: all must be."""
        with socket.create_connection(("127.0.0.1", self.port)) as last:
            # Accepted behind all that came before.
            processes.wait_for(lambda: last.getsockname() in self.open, seconds, "a connection")
        processes.wait_for(lambda: not self.open, seconds, "the last calls of those who are gone")

    def answer(self, request):
        with self._lock:
            self.seen[request.action] = self.seen.get(request.action, 0) + 1
            rule = next((rule for rule in self._rules if rule.takes(request)), None)

        def forward(body=None):
            return self._forward(request, request.body if body is None else body)

        return rule.fault(request, forward) if rule else forward()

    def _forward(self, request, body):
        link = http.client.HTTPConnection(self._upstream.hostname, self._upstream.port,
                                          timeout=UPSTREAM_SECONDS)
        with contextlib.closing(link):
            headers = {name: value for name, value in request.headers.items()
                       if name.lower() not in ("host", "content-length", "accept-encoding")}
            link.request("POST", "/", body, headers)
            answer = link.getresponse()
            kept = {name: value for name, value in answer.getheaders()
                    if name.lower() not in ("content-length", "transfer-encoding", "connection")}
            return Answer(answer.status, kept, answer.read())


class _Listener(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256

    def __init__(self, address, proxy):
        self.proxy = proxy
        super().__init__(address, _Connection)

    def process_request(self, request, client_address):
        self.proxy.open.add(client_address)
        super().process_request(request, client_address)

    def process_request_thread(self, request, client_address):
        try:
            super().process_request_thread(request, client_address)
        finally:
            self.proxy.open.discard(client_address)

    def handle_error(self, request, client_address):
        """A client that leaves in the middle (killed, or refusing a certificate) is no news."""


class _Connection(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        action = self.headers.get("X-Amz-Target", "").rpartition(".")[2]
        try:
            answer = self.server.proxy.answer(Request(action, dict(self.headers.items()), body))
        except (Dropped, OSError, http.client.HTTPException):
            self.close_connection = True
            return
        self._send(answer)

    def _send(self, answer):
        if answer.garbage is not None:
            self.wfile.write(answer.garbage)
            self.close_connection = True
            return
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        body = answer.body[: answer.cut]
        size = -(-len(body) // SLOW_PIECES) if answer.pause else len(body)
        for start in range(0, len(body), max(size, 1)):
            time.sleep(answer.pause)
            self.wfile.write(body[start : start + size])
        if answer.cut is not None:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
            self.close_connection = True

    def log_message(self, *_):
        pass
