"""The real binary as a child process, and its status as it tells it over its API."""

import datetime
import json
import os
import pathlib
import signal
import subprocess
import tempfile
import time
import urllib.error
import urllib.request

import processes
import servers

BINARY = pathlib.Path(os.environ.get("DDBSYNC_BINARY",
                                     servers.ROOT / "build" / "release" / "cli" / "ddbsync"))
# How long what a killed process has sent may take to land. SHORT_SETTLE does where many restarts
# wait for it and the machine has time: DynamoDB Local carries out what it has read of a client that
# is gone, on a busy machine seconds later. Four fifths of it also bound how long bytes may stay
# unacknowledged.
SETTLE, SHORT_SETTLE = "5s", "200ms"
# Exit codes (README, "Exit codes").
DONE, FAILED, USAGE, NOT_EQUAL, DATA_AT_RISK = range(5)

_no_proxy = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def credentials(key=servers.ACCESS_KEY, secret=servers.SECRET_KEY):
    return {"AWS_ACCESS_KEY_ID": key, "AWS_SECRET_ACCESS_KEY": secret}


def environment(home, **variables):
    """An environment that holds nothing of the caller's own AWS set-up."""
    return {"PATH": os.environ["PATH"], "HOME": str(home), "LC_ALL": "C.UTF-8", "TERM": "dumb",
            "AWS_EC2_METADATA_DISABLED": "true", **variables}


def endpoint(table, url, region=servers.REGION, **fields):
    """The body of an [endpoint.x] section, as a dict."""
    return {"table": table, "region": region, "endpoint_url": url, **fields}


def config_text(**endpoints):
    lines = []
    for name, fields in endpoints.items():
        lines.append(f"[endpoint.{name}]")
        lines += [f"{key} = {json.dumps(value)}" for key, value in fields.items()]
    return "\n".join(lines) + "\n"


def write_config(path, **endpoints):
    path = pathlib.Path(path)
    path.write_text(config_text(**endpoints))
    return path


def time_of(text):
    """Seconds since 1970 of an RFC 3339 time, or None."""
    if text is None:
        return None
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


def now():
    """The servers' time, which is this machine's."""
    return time.time()


def api_address(state):
    """(address, pid) of the job that holds `state`, or None."""
    try:
        found = json.loads((pathlib.Path(state) / "api.json").read_text())
        return found["address"], found["pid"]
    except (FileNotFoundError, json.JSONDecodeError):
        return None


def get(address, path, seconds=5):
    """(HTTP status, body) of an API path."""
    try:
        with _no_proxy.open(f"http://{address}{path}", timeout=seconds) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


class Job:
    """One run of `ddbsync start` (or backfill, or tail) against a state directory.

    Output goes to a file, so that nothing blocks on a pipe that nobody reads; or to `stdout`, a
    file descriptor (a terminal, say). Ends by SIGKILL, if still there, at the end of `with`.
    """

    def __init__(self, *arguments, config, state, home, command="start", src="a", dst="b",
                 env=None, stdout=None, settle=SETTLE, listen="127.0.0.1:0"):
        self.state = pathlib.Path(state)
        self._log = tempfile.TemporaryFile("w+") if stdout is None else None
        sides = ["--src", src, "--dst", dst] if src else []  # else the config names the jobs
        argv = [BINARY, command, *sides, "--config", config, "--state", state,
                "--listen", listen, "--settle", settle, *arguments]
        self.process = processes.spawn(
            [str(word) for word in argv], cwd=home, stdin=subprocess.DEVNULL,
            env=environment(home, **credentials()) if env is None else env,
            stdout=self._log if stdout is None else stdout, stderr=subprocess.STDOUT)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.running:
            self.process.kill()
        self.process.wait()

    @property
    def running(self):
        return self.process.poll() is None

    def output(self):
        self._log.seek(0)
        return self._log.read()

    def send(self, number):
        self.process.send_signal(number)

    def kill(self):
        self.send(signal.SIGKILL)
        self.process.wait()

    def wait(self, seconds=30):
        """The exit code."""
        try:
            return processes.exit_code(self.process, seconds)
        except subprocess.TimeoutExpired:
            raise processes.TimedOut(f"it does not end: {self._about()}") from None

    def ends_within(self, seconds):
        """The exit code of a job whose haste is what is tested."""
        return self.process.wait(seconds)

    def stop(self, seconds=30):
        """SIGTERM, and the exit code."""
        self.send(signal.SIGTERM)
        return self.wait(seconds)

    def address(self):
        found = api_address(self.state)
        return found[0] if found and found[1] == self.process.pid else None

    def get(self, path):
        return get(self.wait_until_listening(), path)

    def wait_until_listening(self, seconds=30):
        return processes.wait_for(lambda: self._alive() and self.address(), seconds,
                                  lambda: f"api.json: {self._about()}")

    def status(self):
        """/api/v1/status as a dict, or None while nothing answers."""
        address = self.address()
        if not address:
            return None
        try:
            code, body = get(address, "/api/v1/status")
        except OSError:
            return None
        return json.loads(body) if code == 200 else None

    def wait_until(self, condition, seconds=60, what="the condition", **options):
        """The first status for which `condition(status)` holds; fails at once if the job ended."""
        def look():
            self._alive()
            status = self.status()
            return status if status and condition(status) else None
        return processes.wait_for(look, seconds, lambda: f"{what}: {self._about()}", **options)

    def wait_until_written(self, items, seconds=60):
        """By the copy or, since a young table's stream still holds all of it, by the tail."""
        return self.wait_until(lambda status: status["writes"]["puts_ok"] >= items, seconds,
                               f"{items} items to be written")

    def wait_until_following(self, seconds=60):
        return self.wait_until(lambda status: status["backfill"]["complete"], seconds,
                               "the end of the copy")

    def wait_until_it_may_rest(self):
        """Until it is known how far the tail is behind, without which it takes no pause."""
        return self.wait_until(lambda status: status["tail"]["headroom_seconds"], 60, "headroom")

    def wait_until_past(self, instant, seconds=60):
        """Until the copy is complete and the watermark past `instant` (seconds since 1970)."""
        def passed(status):
            mark = time_of(status["tail"]["watermark"])
            return status["backfill"]["complete"] and mark is not None and mark > instant
        return self.wait_until(passed, seconds, f"the watermark to pass {instant}")

    def _alive(self):
        if not self.running:
            raise AssertionError(f"ddbsync ended with {self.process.returncode}: {self._about()}")
        return True

    def _about(self):
        text = self.output()[-2000:] if self._log else ""
        return f"last status {self.status()}; output:\n{text}"


def run(*arguments, home, env=None, seconds=60):
    """Any command to its end: (exit code, standard output, standard error)."""
    done = subprocess.run([str(word) for word in (BINARY, *arguments)], cwd=home,
                          timeout=seconds * processes.PATIENCE,
                          env=environment(home, **credentials()) if env is None else env,
                          stdin=subprocess.DEVNULL, capture_output=True, text=True)
    return done.returncode, done.stdout, done.stderr
