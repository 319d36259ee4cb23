"""kill -9 at each step of a cut-over: before the commit the next start takes it back, after it
what is left is finished, and nothing is lost."""

import contextlib
import threading

import cutover_fixture
import ddbsync
import faulty_proxy
import processes

FOREVER, SECONDS = cutover_fixture.FOREVER, cutover_fixture.SECONDS


class KilledCase(cutover_fixture.CutoverCase):
    """The source and the target through proxies that hold a cut-over at the step asked for."""

    def setUp(self):
        super().setUp()
        self.source_proxy = self.enterContext(faulty_proxy.FaultyProxy(self.server.url))
        self.target_proxy = self.enterContext(faulty_proxy.FaultyProxy(self.server.url))
        self.source_url, self.target_url = self.source_proxy.url, self.target_proxy.url

    @contextlib.contextmanager
    def held(self, proxy, action, when=None, after=None):
        """From now on the calls of `action` get no answer; yields the event that one came.

        `after`: the action, with its own `when`, that has to be answered before.
        """
        came, release = threading.Event(), threading.Event()
        self.addCleanup(release.set)

        def hold(request, forward):
            came.set()
            return faulty_proxy.held_until(release)(request, forward)

        def begin(request, forward):
            answer = forward()
            proxy.on(action, hold)
            return answer

        if after:
            proxy.on(after, begin, times=1, when=when)
        else:
            proxy.on(action, hold, when=when)
        try:
            yield came
        finally:
            proxy.heal()
            release.set()

    def kill_at(self, job, step, came, *flags):
        """Begins a cut-over, and kills the job's process once it is at `step`."""
        process = self.begin_run("--timeout", FOREVER, *flags)
        self.wait_for_step(job, step)
        processes.wait_for(came.is_set, 60, f"the call that is held at {step}")
        job.kill()
        self.assertEqual(ddbsync.FAILED, processes.exit_code(process, SECONDS), self.said())
        return self.said()

    def start_again(self, application):
        """The next process takes it back, whatever it was at."""
        said = self.cutover("status")
        self.assert_says(said, ["LEFT at", "its next start takes the cut-over back"])
        number = self.state_of()["number"]
        job = self.begin_job()
        found = self.wait_for_step(job, "rolled_back")
        self.assertEqual(number, found["number"])
        self.assertEqual("the process that carried it out ended", found["reason"])
        self.assertFalse((self.folder / "frozen").exists(), "the writers were not let in")
        self.assert_follows_again(job, application)
        return job


def switches_stream(on):
    return lambda request: request.json.get("StreamSpecification", {}).get("StreamEnabled") is on


class KilledEarlyTest(KilledCase):
    def test_before_the_old_stream_is_ended(self):
        job = self.follow()
        application = self.application()
        with self.subTest("preparing"):
            self.verify_and_wait_until_ready("--reverse", application=application)
            with self.held(self.target_proxy, "UpdateTable", switches_stream(True)) as came:
                self.kill_at(job, "preparing", came, "--reverse")
            job = self.start_again(application)
        with self.subTest("freezing"):
            self.verify_and_wait_until_ready(application=application)
            self.mode("hang")
            came = threading.Event()
            came.set()
            self.kill_at(job, "freezing", came)
            self.mode("")
            job = self.start_again(application)
        with self.subTest("sealing, before the call"):
            self.verify_and_wait_until_ready(application=application)
            with self.held(self.source_proxy, "UpdateTable", switches_stream(False)) as came:
                self.kill_at(job, "sealing", came)
            job = self.start_again(application)


class KilledSealedTest(KilledCase):
    def test_once_the_old_stream_is_ended(self):
        job = self.follow()
        application = self.application()
        with self.subTest("sealing, between the streams"):
            self.verify_and_wait_until_ready(application=application)
            with self.held(self.source_proxy, "DescribeTable", switches_stream(False),
                           after="UpdateTable") as came:
                self.kill_at(job, "sealing", came)
            job = self.start_again(application)
        with self.subTest("draining"):
            self.verify_and_wait_until_ready(application=application)
            with self.held(self.source_proxy, "GetRecords", switches_stream(False),
                           after="UpdateTable") as came:
                self.kill_at(job, "draining", came)
            job = self.start_again(application)


class KilledLateTest(KilledCase):
    def test_when_all_is_drained_and_after_the_commit(self):
        job = self.follow()
        application = self.application()
        with self.subTest("comparing"):
            self.verify_and_wait_until_ready(application=application)
            with self.held(self.source_proxy, "Scan") as came:
                self.kill_at(job, "comparing", came)
            job = self.start_again(application)
        with self.subTest("ready"):
            self.verify_and_wait_until_ready(application=application)
            self.cutover("run", "--timeout", FOREVER, "--stop-before", "commit")
            job.kill()
            job = self.start_again(application)
        with self.subTest("committed"):
            self.verify_and_wait_until_ready(application=application)
            with self.held(self.target_proxy, "TagResource") as came:
                said = self.kill_at(job, "committed", came)
            self.assert_says(said, ["COMMITTED", "ddbsync cutover commit"])
            self.assert_start_refused("committed")
            self.assert_says(self.cutover("status"), ["COMMITTED"])
            self.assert_says(self.cutover("commit"), ["no process runs the job", "SWITCHED"])
            self.assert_equal_tables()
            self.assert_written(application, self.target)
            self.assert_start_refused("committed")
