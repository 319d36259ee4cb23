"""A cut-over where no clock is right: the job's machine, the operator's, and the way back's."""

import datetime
import pathlib

import cutover_fixture
import ddbsync

FAKETIME = next(pathlib.Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))
A_MINUTE = 60


def clock_off(home, by):
    """The environment of a process whose clock of the day is off; that of its waits is not."""
    return ddbsync.environment(home, LD_PRELOAD=str(FAKETIME), FAKETIME=by,
                               FAKETIME_DONT_FAKE_MONOTONIC="1", **ddbsync.credentials())


class ClocksTest(cutover_fixture.CutoverCase):
    def environment(self):
        return clock_off(self.folder, "-9m")

    def test_clocks_that_are_off_by_minutes_change_nothing(self):
        self.make_tables(cutover_fixture.ITEMS)
        job = self.begin_job(env=clock_off(self.folder, "+7m"))
        job.wait_until_following()
        self.assert_near(job.status()["now"])
        self.verify_and_wait_until_ready("--reverse")
        application = self.application()
        application.wait_until_it_writes()
        self.assert_says(self.cutover("run", "--reverse"), ["SWITCHED"])
        self.assert_equal_tables()
        self.assert_written(application, self.target)
        reverse = self.wait_until_it_goes_back(job)
        self.assertEqual(ddbsync.DONE, reverse.stop(), reverse.output())
        report = self.state_of()
        for when in ("began", "frozen_at", "sealed_at", "drained_at", "committed_at"):
            self.assert_near(report[when])

        # From the committed moment on, told by a third clock, of a machine that took its place.
        application.go_on_with(self.target)
        (self.folder / "frozen").unlink()
        application.wait_until_it_writes()
        reverse = self.wait_until_it_goes_back(
            self.begin_job(env=clock_off(self.folder, "-7m")))
        with application.resting():
            self.wait_until_it_carried_all(reverse)
            self.assert_equal_tables()
            self.assert_written(application, self.source)

    def assert_near(self, time):
        """Of the service's clock, which is this test's, and not of the process's own."""
        off = abs(ddbsync.time_of(time) - ddbsync.now())
        self.assertLess(off, 4 * A_MINUTE, f"{time}, at {datetime.datetime.now()}")
