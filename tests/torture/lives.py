"""The lives of a job: each a start of ddbsync and its end by SIGKILL."""

import collections
import contextlib
import random
import signal
import time

import checkpoints
import ddbsync
import plan
import processes

PATIENCE = 90  # seconds that anything may take which should take one
STARTING = "starting"  # nothing answers yet


class Wrong(Exception):
    """ddbsync did what it may not do."""


class Lives:
    """Starts the job of one round again and again. `say` takes lines for the round's log."""

    def __init__(self, drawn, settle, job, config, state, home, disk, say):
        self._plan, self._settle, self._job_name = drawn, f"{round(settle * 1000)}ms", job
        self._config, self.state, self._home = config, state, home
        self._disk, self._say = disk, say
        self._pick = random.Random(drawn.seed)
        self._copied = False
        self.watch = checkpoints.Watch(config, state, home, job)
        self.phases = collections.Counter()  # where the kills met the job
        self.skipped = 0

    @contextlib.contextmanager
    def start(self, *arguments):
        job = ddbsync.Job("--job", self._job_name, "--poll-interval",
                          f"{self._plan.poll_interval_ms}ms", *arguments, config=self._config,
                          state=self.state, home=self._home, settle=self._settle)
        try:
            with job:
                yield job
        finally:
            self._say(job.output())

    def live(self, life):
        """One life, and a look at what it left."""
        wanted = {plan.STOPPED: self._stopped, plan.DOUBLED: self._doubled,
                  plan.FULL_DISK: self._full_disk}.get(life.kind, self._plain)
        if life.kind == plan.FULL_DISK and self._disk is None:
            self.skipped += 1
            wanted = self._plain
        self._say(f"-- {life}")
        arguments = ["--segments", self._plan.segments] if self.watch.last is None else []
        if life.copying:
            arguments += ["--write-capacity", self._plan.copy_capacity]
        elif not self._copied:
            # Slow enough that pages grow old beside the tail, whose changes they must not undo.
            arguments += ["--write-capacity", self._plan.finish_capacity]
        with self.start(*arguments) as job:
            wanted(job, life)
        self.watch.look()

    def kill(self, job):
        self.phases[(job.status() or {}).get("state", STARTING) if job.address() else STARTING] += 1
        job.kill()
        if job.process.returncode != -signal.SIGKILL:
            raise Wrong(f"ddbsync ended by itself with {job.process.returncode}")

    def wait_until_acting(self, job):
        """Until it writes, or would if there were anything to write."""
        return job.wait_until(lambda status: status["state"] in ("copying", "following"),
                              PATIENCE, "the job to act")

    def _plain(self, job, life):
        if not life.copying and not self._copied:
            # The first that may finish the copy does, so that the rest follows.
            job.wait_until_following(PATIENCE)
            self._copied = True
        elif life.kind != plan.YOUNG:  # of those nothing is asked, whatever they have reached
            self.wait_until_acting(job)
        time.sleep(life.seconds)
        self.kill(job)

    def _stopped(self, job, life):
        self.wait_until_acting(job)
        time.sleep(self._pick.uniform(0, 0.3))
        job.send(signal.SIGSTOP)
        time.sleep(life.seconds)
        if not life.while_stopped:
            job.send(signal.SIGCONT)
            time.sleep(self._pick.uniform(0, 0.5))
            self.kill(job)
            return
        self._expect_refusal(job)
        self.phases["stopped"] += 1
        job.kill()

    def _doubled(self, job, life):
        self.wait_until_acting(job)
        self._expect_refusal(job)
        if job.status() is None:
            raise Wrong("the first job does not answer any more after a second was refused")
        time.sleep(life.seconds)
        self.kill(job)

    def _expect_refusal(self, first):
        with self.start() as second:
            code = second.wait(PATIENCE)
            output = second.output()
        if code != ddbsync.USAGE or "another ddbsync" not in output:
            raise Wrong(f"a second job of the same state ended with {code}: {output}")
        if not first.running:
            raise Wrong(f"the first job ended with {first.process.returncode} beside a second")

    def _full_disk(self, job, life):
        self.wait_until_acting(job)
        self._disk.fill()
        try:
            failed = job.wait_until(lambda status: status["commits_failed"] > 0, PATIENCE,
                                    "a commit to fail on the full disk")
            if "no space" not in failed["reason"].lower():
                raise Wrong(f"the disk is full, and the job says: {failed['reason']}")
            if life.while_stopped:
                self.kill(job)
                self._start_without_room()
                return
        finally:
            self._disk.free()
        commits = failed["commits_ok"]
        job.wait_until(lambda status: status["commits_ok"] > commits, PATIENCE,
                       "a commit once there is room again")
        time.sleep(life.seconds)
        self.kill(job)

    def _start_without_room(self):
        """A start on the full disk may be refused, for that reason alone."""
        with self.start() as job:
            with contextlib.suppress(processes.TimedOut):
                job.wait(self._pick.uniform(0.5, 1.0))
            if job.running:
                job.kill()
                return
            code, output = job.process.returncode, job.output()
        if code != ddbsync.FAILED or "no space" not in output.lower():
            raise Wrong(f"a start on the full disk ended with {code}: {output}")
