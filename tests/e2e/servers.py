"""The servers of the tests: AWS's DynamoDB Local, dynalite as a second opinion, and Prometheus.

    with DynamoDBLocal() as source, Dynalite() as target:
        source.client().list_tables()
"""

import fcntl
import json
import pathlib
import shutil
import socket
import subprocess
import tempfile
import urllib.error
import urllib.parse
import urllib.request

import boto3
import botocore.config

import processes

ROOT = pathlib.Path(__file__).resolve().parents[2]
CACHE = ROOT / "build" / "tools"
REGION = "us-east-1"
# DynamoDB Local takes letters and digits only in a key id.
ACCESS_KEY, SECRET_KEY = "local", "local"
START_SECONDS = 30
HEAP = "-Xmx1g"


def client_for(url, service="dynamodb", **config):
    """A boto3 client that takes nothing from the environment and does not retry for long."""
    return boto3.client(
        service,
        endpoint_url=url,
        region_name=REGION,
        aws_access_key_id=ACCESS_KEY,
        aws_secret_access_key=SECRET_KEY,
        config=botocore.config.Config(
            proxies={}, max_pool_connections=32, retries={"total_max_attempts": 5}, **config
        ),
    )


class Server:
    """A server process on a free port, ready for requests inside `with`.

    Kinds of it say `_command()` and, where it matters, the `_folder()` to run in.
    """

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.stop()

    def start(self, port=None):
        self.port = port or processes.free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._process = processes.spawn(
            self._command(), cwd=self._folder(), stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )
        try:
            processes.wait_for(self._answers, START_SECONDS, f"{type(self).__name__} to answer")
        except BaseException:
            self.stop()
            raise

    def stop(self):
        processes.stop(self._process)

    @property
    def pid(self):
        return self._process.pid

    def client(self, service="dynamodb", **config):
        return client_for(self.url, service, **config)

    def _folder(self):
        return None

    def _answers(self):
        if self._process.poll() is not None:
            raise RuntimeError(f"{type(self).__name__} ended with {self._process.returncode}")
        try:
            socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
            return True
        except OSError:
            return False


class ManyShards(Server):
    """The measurements' server: a table without items, whose stream has so many open shards."""

    def __init__(self, shards):
        self._shards = shards

    def _command(self):
        program = ROOT / "build" / "release" / "bench" / "wire_server"
        return [str(program), "--port", str(self.port), "--items", "0", "--rate", "20",
                "--shards", str(self._shards)]


class FakeDynamoDB(Server):
    """The in-memory DynamoDB of the C++ tests: it has what DynamoDB Local lacks, resource policies
    and tags. `options` are its command line's without the dashes: page_bytes=4096."""

    PROGRAM = ROOT / "build" / "release" / "tests" / "support" / "fake_dynamodb"

    def __init__(self, **options):
        self._options = options

    def _command(self):
        words = [str(self.PROGRAM), "--port", str(self.port)]
        for name, value in self._options.items():
            words += ["--" + name.replace("_", "-"), str(value)]
        return words


class DynamoDBLocal(Server):
    """In memory; every client sees the same tables, whatever its region and keys."""

    def _folder(self):
        fetched = subprocess.run([ROOT / "tools" / "dynamodb-local", "--fetch"],
                                 check=True, stdout=subprocess.PIPE, text=True)
        return fetched.stdout.strip()

    def _command(self):
        return ["env", "LD_PRELOAD=./loopback_only.so", "java", HEAP,
                "-Djava.library.path=DynamoDBLocal_lib", "-jar", "DynamoDBLocal.jar",
                "-inMemory", "-sharedDb", "-disableTelemetry", "-port", str(self.port)]


def node_modules():
    """The folder of the modules that package-lock.json names, fetched once."""
    folder = CACHE / "node"
    folder.mkdir(parents=True, exist_ok=True)
    with open(CACHE / "node.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        here = pathlib.Path(__file__).parent
        locked = (here / "package-lock.json").read_text()
        complete = folder / "complete"
        if not complete.exists() or complete.read_text() != locked:
            for name in ("package.json", "package-lock.json"):
                shutil.copy(here / name, folder)
            # In memory dynalite needs no native addon, and the browser is Debian's: no install
            # script has to run.
            subprocess.run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund",
                            "--silent"], cwd=folder, check=True)
            complete.write_text(locked)
    return folder / "node_modules"


class Dynalite(Server):
    """Tables only: dynalite knows no streams, so it can be a target and never a source.

    It ends when a client hangs up in the middle of a request.
    """

    def _folder(self):
        return node_modules().parent

    def _command(self):
        return ["node", "node_modules/dynalite/cli.js", "--host", "127.0.0.1", "--port",
                str(self.port), "--createTableMs", "20", "--deleteTableMs", "20"]


class Prometheus(Server):
    """Debian's, unpacked by `tools/install --test`, with our rules; scrapes `addresses`."""

    PROGRAMS = CACHE / "prometheus" / "usr" / "bin"
    SCRAPE_SECONDS = 1

    def __init__(self, *addresses):
        self._addresses = addresses
        self._data = tempfile.TemporaryDirectory(prefix="ddbsync-prometheus.")

    def stop(self):
        super().stop()
        self._data.cleanup()

    def ask(self, path, **parameters):
        """`data` of the HTTP API's answer; raises what Prometheus says of a bad question."""
        try:
            with self._get(f"/api/v1/{path}?{urllib.parse.urlencode(parameters)}") as answer:
                return json.load(answer)["data"]
        except urllib.error.HTTPError as error:
            raise ValueError(f"{parameters}: {error.read().decode()}") from None

    def query(self, expression):
        """Pairs of labels and value, now."""
        found = self.ask("query", query=expression)["result"]
        return [(series["metric"], float(series["value"][1])) for series in found]

    def _get(self, path):
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        return opener.open(self.url + path, timeout=10)

    def _answers(self):
        try:
            return super()._answers() and self._get("/-/ready").close() is None
        except urllib.error.HTTPError:  # it listens before it is ready
            return False

    def _folder(self):
        return self._data.name

    def _command(self):
        config = pathlib.Path(self._data.name) / "prometheus.yml"
        # JSON is YAML.
        config.write_text(json.dumps({
            "global": {"scrape_interval": f"{self.SCRAPE_SECONDS}s",
                       "evaluation_interval": f"{self.SCRAPE_SECONDS}s"},
            "rule_files": [str(ROOT / "packaging" / "prometheus" / "ddbsync.rules.yml")],
            "scrape_configs": [{"job_name": "ddbsync",
                                "static_configs": [{"targets": list(self._addresses)}]}]}))
        return [str(self.PROGRAMS / "prometheus"), f"--config.file={config}",
                "--storage.tsdb.path=data", f"--web.listen-address=127.0.0.1:{self.port}",
                "--log.level=warn"]
