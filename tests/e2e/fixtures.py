"""What the tests of a class share: one DynamoDB Local; each has its own tables and state.

Not all classes one: a write costs DynamoDB Local the more the more records all its streams hold,
also those of tables that are gone: 5 ms at first, 38 ms with 36,000 of them.
"""

import contextlib
import itertools
import pathlib
import tempfile
import threading
import unittest

import comparison
import ddbsync
import faulty_proxy
import servers
import workload

VIEW = "NEW_AND_OLD_IMAGES"
ITEMS = 300  # a few pages' worth for the copy, a moment for the server

_shared = contextlib.ExitStack()
_running = {}
_numbers = itertools.count(1)


def shared(kind):
    """The one server of that kind, started on first use and ended with the class."""
    if kind not in _running:
        _running[kind] = _shared.enter_context(kind())
    return _running[kind]


def stop_shared():
    _running.clear()
    _shared.close()


class Case(unittest.TestCase):
    """A test with tables `self.source` and `self.target` (names), endpoints a and b, a state."""

    def setUp(self):
        self.folder = pathlib.Path(self.enterContext(
            tempfile.TemporaryDirectory(prefix="ddbsync-e2e.")))
        self.state = self.folder / "state"
        self.server = shared(servers.DynamoDBLocal)
        self.client = self.server.client()
        number = next(_numbers)
        self.source, self.target = f"source-{number}", f"target-{number}"
        self.source_url = self.target_url = self.server.url
        self.target_client = self.client

    def make_source(self, items=ITEMS, stream=VIEW, **keys):
        workload.create_table(self.client, self.source, stream=stream, **keys)
        workload.fill(self.client, self.source, workload.items(items))

    def make_target(self, **keys):
        workload.create_table(self.target_client, self.target, **keys)

    def make_tables(self, items=ITEMS, stream=VIEW):
        self.make_source(items, stream)
        self.make_target()

    def config(self, source=None, target=None):
        """Writes the config; the arguments are fields over those of endpoints a and b."""
        return ddbsync.write_config(
            self.folder / "ddbsync.toml",
            a={**ddbsync.endpoint(self.source, self.source_url), **(source or {})},
            b={**ddbsync.endpoint(self.target, self.target_url), **(target or {})})

    def start(self, *arguments, **options):
        """A running job, ended with the test."""
        if "config" not in options:
            options["config"] = self.folder / "ddbsync.toml"
            if not options["config"].exists():
                self.config()
        options.setdefault("state", self.state)
        options.setdefault("home", self.folder)
        return self.enterContext(ddbsync.Job(*arguments, **options))

    def put(self, index, seed=7):
        """Changes one item of the source."""
        self.client.put_item(TableName=self.source,
                             Item={**workload.key_of(index), **workload.attributes(index, seed)})

    def target_items(self):
        """By key; None where there is no table."""
        try:
            return comparison.read_table(self.target_client, self.target)
        except self.target_client.exceptions.ResourceNotFoundException:
            return None

    def assert_equal_tables(self):
        difference = comparison.compare(self.client, self.source, self.target_client, self.target)
        self.assertTrue(difference.equal, str(difference))
        return difference.source_items

    def assert_says(self, text, words):
        for word in words:
            self.assertIn(word.lower(), text.lower())

    def assert_refused(self, *words, arguments=(), code=ddbsync.USAGE, seconds=60, **options):
        """`start` ends with `code`, says all of `words`, and has written nothing to the target."""
        before = self.target_items()
        job = self.start(*arguments, **options)
        ended = job.wait(seconds)
        output = job.output()
        self.assertEqual(code, ended, output)
        self.assert_says(output, words)
        self.assertEqual(before, self.target_items(), "the target was written to")
        return output

    def assert_follows(self, job):
        """The job copies, follows a change made now, and the tables are equal."""
        job.wait_until_following()
        self.put(1, seed=99)
        self.client.delete_item(TableName=self.source, Key=workload.key_of(2))
        job.wait_until_past(ddbsync.now())
        self.assert_equal_tables()


@contextlib.contextmanager
def hanging_target(case):
    """BatchWriteItem gets no answer until the event that this yields is set."""
    release = threading.Event()
    with faulty_proxy.FaultyProxy(case.server.url) as proxy:
        proxy.on("BatchWriteItem", faulty_proxy.held_until(release))
        case.target_url = proxy.url
        try:
            yield release
        finally:
            release.set()
            case.target_url = case.server.url
            case.config()
