"""What the tests of `cutover` share: an application that heeds the freeze, and the commands."""

import contextlib
import json
import pathlib
import re
import subprocess
import threading

import botocore.exceptions
import comparison
import ddbsync
import processes
import verify_fixture
import workload

ITEMS = 100
KEYS = 40  # that the application changes: puts, updates, deletes, and puts again
BURST, BURST_SECONDS = 5, 1.5
FOREVER = "600s"  # a time-out that no test waits for
# A verification waits for the watermark, and DynamoDB Local dates changes to the minute.
SECONDS = 240
GATES_OF_LAG = {"consistent_point", "lag", "drain_time"}

# What the application heeds. Freeze ends with its promise to write no more, thaw may come without
# a freeze. In `mode` a test says what else is to happen.
HOOK = """#!/bin/sh
cd {folder}
echo "$DDBSYNC_CUTOVER_ACTION $DDBSYNC_JOB $DDBSYNC_SOURCE_TABLE $DDBSYNC_TARGET_TABLE" >> hook.log
case "$DDBSYNC_CUTOVER_ACTION-$(cat mode 2>/dev/null)" in
  freeze-refuse) echo "not during the sale"; exit 7 ;;
  freeze-hang) while [ "$(cat mode)" = hang ]; do sleep 0.1; done; exit 9 ;;
  freeze*) touch frozen; until [ -e resting ]; do sleep 0.02; done ;;
  thaw*) rm -f frozen resting ;;
esac
"""


class Application:
    """One writer of a table, in bursts, that rests while the file `frozen` is there.

    In bursts, so that the stream is read to its tip between them: DynamoDB Local dates changes to
    the minute, and what is never read to its tip looks that much behind.
    It knows what it was told is written, so that nothing of it can be lost in both tables alike.
    """

    def __init__(self, client, table, folder, heeds=True):
        self._client, self._table, self._folder, self._heeds = client, table, folder, heeds
        self._stopping = threading.Event()
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._run)
        self.changes = 0
        self.written = {}  # item, or None where it was deleted, by index
        self.error = None

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._stopping.set()
        self._thread.join()

    def stop(self):
        self.__exit__()
        if self.error:
            raise RuntimeError(f"the application failed: {self.error!r}")

    def go_on_with(self, table):
        with self._lock:
            self._table = table

    @contextlib.contextmanager
    def resting(self):
        """No change is on its way inside."""
        with self._lock:
            yield

    def wait_until_it_writes(self, seconds=30):
        before = self.changes
        processes.wait_for(lambda: self.changes > before + 1, seconds,
                           lambda: f"the application to write (error: {self.error!r})")

    def _run(self):
        frozen, resting = self._folder / "frozen", self._folder / "resting"
        try:
            while not self._stopping.wait(0.05 if self.changes % BURST else BURST_SECONDS):
                if frozen.exists():
                    resting.touch()
                    if self._heeds:
                        continue
                else:
                    resting.unlink(missing_ok=True)
                with self._lock:
                    self._try()
        except Exception as error:  # told by stop(): the run is not taken for a good one
            self.error = error

    def _try(self):
        try:
            self._change(self.changes % KEYS)
            self.changes += 1
        except botocore.exceptions.ClientError as error:
            # By a policy that freezes the table: it tries again.
            if error.response["Error"]["Code"] != "AccessDeniedException":
                raise

    def _change(self, index):
        if self.changes % 7 == 3:
            self._client.delete_item(TableName=self._table, Key=workload.key_of(index))
            self.written[index] = None
        else:
            item = {**workload.key_of(index), **workload.attributes(index, self.changes)}
            self._client.put_item(TableName=self._table, Item=item)
            self.written[index] = item


class CutoverCase(verify_fixture.VerifyCase):
    """Endpoints a and b, a hook, an application that writes once a test asks for it."""

    def setUp(self):
        super().setUp()
        self.hook = self.folder / "hook.sh"
        self.write_hook()

    def write_hook(self):
        self.hook.write_text(HOOK.format(folder=self.folder))
        self.hook.chmod(0o755)

    def mode(self, word):
        (self.folder / "mode").write_text(word)

    def hook_log(self):
        """What the hook was told, each run a line."""
        log = self.folder / "hook.log"
        return log.read_text().splitlines() if log.exists() else []

    def actions(self):
        return [line.split()[0] for line in self.hook_log()]

    def begin_job(self, *arguments, **options):
        options.setdefault("settle", ddbsync.SHORT_SETTLE)
        return self.start("--cutover-hook", self.hook, *arguments, **options)

    def follow(self, items=ITEMS):
        self.make_tables(items)
        job = self.begin_job()
        job.wait_until_following()
        return job

    def application(self, **options):
        return self.enterContext(Application(self.client, self.source, self.folder, **options))

    def words_of(self, command, *arguments):
        config = self.folder / "ddbsync.toml"
        if not config.exists():
            self.config()
        return ["cutover", command, "--src", "a", "--dst", "b", "--config", config, "--state",
                self.state, *arguments]

    def cutover(self, command, *arguments, code=ddbsync.DONE, seconds=SECONDS):
        """Both outputs of a command that ends with `code`."""
        lets_begin = command == "run" and code == ddbsync.DONE
        process = (self.begin_run(*arguments, out="command.out") if lets_begin else
                   self.begin(command, *arguments, out="command.out"))
        try:
            ended = processes.exit_code(process, seconds)
        except subprocess.TimeoutExpired:
            raise processes.TimedOut(f"{self.said('command.out')}\n{self.about()}") from None
        said = self.said("command.out")
        self.assertEqual(code, ended, said)
        return said

    def environment(self):
        """Of the commands."""
        return ddbsync.environment(self.folder, **ddbsync.credentials())

    def about(self):
        """What is known of the cut-over, when a test has failed."""
        return ddbsync.run(*self.words_of("status"), home=self.folder)[1:]

    def begin(self, command, *arguments, out="cutover.out"):
        """One that goes on while the test does; its output is in a file of that name."""
        with open(self.folder / out, "w") as output:
            process = processes.spawn(
                [str(word) for word in (ddbsync.BINARY, *self.words_of(command, *arguments))],
                cwd=self.folder, stdin=subprocess.DEVNULL, stdout=output,
                stderr=subprocess.STDOUT, env=self.environment())
        self.addCleanup(processes.stop, process)
        return process

    def begin_run(self, *arguments, out="cutover.out"):
        """A `run` that was let begin. DynamoDB Local dates changes to the minute: whatever was
        changed just now makes a job look behind for a moment."""
        before = self.latest_number()

        def begun():
            process = self.begin("run", *arguments, out=out)
            processes.wait_for(
                lambda: process.poll() is not None or self.latest_number() > before, SECONDS,
                lambda: f"it to begin: {self.said(out)}")
            refused = re.fullmatch(r"ddbsync: not ready: (.*)\n", self.said(out))
            closed = refused and {gate.partition(":")[0] for gate in refused[1].split(" | ")}
            return None if closed and closed <= GATES_OF_LAG else process
        return processes.wait_for(begun, 90, lambda: self.said(out), pause=0.5)

    def latest_number(self):
        """Of the cut-overs of the job that runs; 0: none."""
        running = ddbsync.api_address(self.state)
        try:
            return json.loads(ddbsync.get(running[0], "/api/v1/cutover")[1])["number"]
        except (OSError, TypeError, ValueError, KeyError):
            return 0  # it has ended, or begins

    def said(self, out="cutover.out"):
        return pathlib.Path(self.folder / out).read_text()

    def end_of(self, process, code, out="cutover.out", seconds=SECONDS):
        self.assertEqual(code, processes.exit_code(process, seconds), self.said(out))
        return self.said(out)

    def state_of(self):
        """`cutover status --json`, of the process or from the disk."""
        return json.loads(self.cutover("status", "--json"))

    def wait_for_step(self, job, *steps, seconds=SECONDS):
        """Polls the process itself: some steps last for moments."""
        def look():
            address = job.address()
            found = json.loads(ddbsync.get(address, "/api/v1/cutover")[1]) if address else {}
            return found if found.get("step") in steps and found.get("number") else None
        return processes.wait_for(look, seconds, lambda: f"{steps}: {self.look_or_none(job)}")

    def wait_until_doing(self, job, words, seconds=90):
        processes.wait_for(lambda: words in self.look_or_none(job), seconds,
                           lambda: f"{words!r}: {self.look_or_none(job)}")

    def number_and_step(self):
        found = self.state_of()
        return found["number"], found["step"]

    def stream_of(self, table):
        return self.client.describe_table(TableName=table)["Table"]["LatestStreamArn"]

    def assert_start_refused(self, *words):
        job = self.begin_job()
        self.assertEqual(ddbsync.DATA_AT_RISK, job.wait(), job.output())
        self.assert_says(job.output(), words)

    def look_or_none(self, job):
        return job.get("/api/v1/cutover")[1] if job.running else job.output()[-2000:]

    def wait_until_ready(self, *arguments, seconds=SECONDS):
        """Until every gate holds."""
        last = []

        def ready():
            ended, out, err = ddbsync.run(*self.words_of("plan", *arguments), home=self.folder)
            last[:] = [out + err]
            self.assertIn(ended, (ddbsync.DONE, ddbsync.NOT_EQUAL), out + err)
            return ended == ddbsync.DONE
        processes.wait_for(ready, seconds, lambda: f"the gates: {last}", pause=0.5)
        return last[0]

    def verify_and_wait_until_ready(self, *arguments, application=None):
        """The application rests meanwhile: what it changes would be looked at again and again."""
        with application.resting() if application else contextlib.nullcontext():
            self.verify("--anew", seconds=SECONDS)
            return self.wait_until_ready(*arguments)

    def assert_written(self, application, table):
        """The live table has all that the application was told is written."""
        items = comparison.read_table(self.client, table)
        for index, item in application.written.items():
            key = tuple(comparison.canonical(value) for value in workload.key_of(index).values())
            wanted = comparison.canonical_item(item) if item else None
            self.assertEqual(wanted, items.get(key), f"item {index}")

    def assert_follows_again(self, job, application):
        """Taken back: writers go on, the job follows them, and both tables end up equal."""
        application.wait_until_it_writes()
        with application.resting():
            job.wait_until_past(ddbsync.now(), 150)
            self.assert_equal_tables()
            self.assert_written(application, self.source)

    def tell(self, *words):
        """A command that ends with 0 within the time that gates take to hold."""
        def ends_well():
            ended, out, err = ddbsync.run(*words, home=self.folder, seconds=SECONDS)
            said[:] = [out + err]
            return ended == ddbsync.DONE
        said = []
        processes.wait_for(ends_well, 90, lambda: f"{words}: {said}", pause=0.5)

    def go_back(self, *arguments, **options):
        """`reverse`, once it follows."""
        job = self.start(*arguments, command="reverse", settle=ddbsync.SHORT_SETTLE, **options)
        return self.wait_until_it_goes_back(job)

    def wait_until_it_goes_back(self, job):
        """Of a process that is, or is about to be, the way back's."""
        job.state = self.reverse_state()
        job.wait_until(lambda status: status["state"] == "following", what="the way back")
        return job

    def reverse_state(self):
        """Of a job with a directory of its own, which may be all that it may write to."""
        return self.state / "reverse"

    def wait_until_it_carried_all(self, job, seconds=150):
        """Of a job that copies nothing: until its watermark is past this moment."""
        now = ddbsync.now()
        job.wait_until(lambda status: (ddbsync.time_of(status["tail"]["watermark"]) or 0) > now,
                       seconds, "the way back to carry all")

    def mark_of(self, table):
        """Value of the tag that says which table is live."""
        arn = self.client.describe_table(TableName=table)["Table"]["TableArn"]
        tags = self.client.list_tags_of_resource(ResourceArn=arn)["Tags"]
        return {tag["Key"]: tag["Value"] for tag in tags}.get("ddbsync:cutover")
