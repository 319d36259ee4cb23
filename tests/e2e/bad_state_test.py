"""The state directory: locked, unwritable, full, another job's, newer, damaged."""

import contextlib
import os
import pathlib
import subprocess
import unittest

import checkpoint_log
import ddbsync
import fixtures
import workload


@contextlib.contextmanager
def mounted(folder, options):
    """A small file system of its own at `folder`; skips the test where that is not allowed."""
    folder.mkdir(exist_ok=True)
    command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", folder]
    if os.geteuid() != 0 or subprocess.run(command, capture_output=True).returncode != 0:
        raise unittest.SkipTest("mounting a file system is not permitted here")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


class BadStateTest(fixtures.Case):
    def test_a_second_process_of_the_job_is_refused_and_the_first_goes_on(self):
        self.make_tables()
        first = self.start()
        first.wait_until_following()
        second = self.start()
        self.assertEqual(ddbsync.USAGE, second.wait(), second.output())
        self.assert_says(second.output(), ["another ddbsync", str(first.process.pid),
                                           str(self.state)])
        self.assertIsNotNone(first.status(), "the second took api.json away")
        self.assert_follows(first)

    def test_a_directory_that_cannot_be_made_is_named(self):
        self.make_tables(items=5)
        (self.folder / "file").write_text("")
        state = self.folder / "file" / "state"
        self.assert_refused(str(state), "--state", state=state)

    def test_a_file_in_the_directorys_place_is_named(self):
        self.make_tables(items=5)
        self.state.write_text("")
        self.assert_refused(str(self.state), "--state")

    def test_a_directory_that_cannot_be_written_is_named(self):
        self.make_tables(items=5)
        with mounted(self.folder / "readonly", "size=1m,ro") as state:
            self.assert_refused(str(state), state=state)

    def test_a_full_disk_is_told_and_the_job_goes_on_when_there_is_room(self):
        self.make_tables(items=1500)
        with mounted(self.folder / "small", "size=4m") as disk:
            with self.start("--write-capacity", "500", state=disk / "state") as job:
                job.wait_until_written(100)
                self.fill_disk(disk)
                status = job.wait_until(lambda status: status["commits_failed"] > 1,
                                        what="a commit that fails")
                self.assert_says(status["reason"], ["no space", str(disk)])
                (disk / "ballast").unlink()
                self.assert_follows(job)
                self.fill_disk(disk)
                failed = job.status()["commits_failed"]

                def fails(status):  # once the last block of the log is full, too
                    self.put(5, seed=status["commits_ok"])
                    return status["commits_failed"] > failed

                job.wait_until(fails, what="a commit that fails")
                job.kill()
            (disk / "ballast").unlink()
            with self.start(state=disk / "state") as job:
                self.assert_follows(job)
                self.assertEqual(ddbsync.DONE, job.stop(), job.output())

    def test_a_disk_that_is_full_at_the_start_is_refused(self):
        self.make_tables(items=5)
        with mounted(self.folder / "small", "size=64k") as disk:
            self.fill_disk(disk)
            self.assert_refused(str(disk), state=disk / "state", code=ddbsync.FAILED)

    def fill_disk(self, disk):
        with open(disk / "ballast", "wb", buffering=0) as ballast, contextlib.suppress(OSError):
            while True:
                ballast.write(bytes(4096))

    def test_the_state_of_another_job_is_refused(self):
        self.make_tables(items=20)
        with self.start() as job:
            job.wait_until_following()
            job.stop()
        source, target = self.source, self.target
        self.source, self.target = source + "-other", target + "-other"
        self.make_tables(items=5)
        self.config()
        self.assert_refused(source, self.source)

    def test_source_and_target_exchanged_are_refused(self):
        self.make_tables(items=20)
        with self.start() as job:
            job.wait_until_following()
            job.stop()
        self.source, self.target = self.target, self.source
        self.config()
        job = self.start()
        self.assertEqual(ddbsync.USAGE, job.wait(), job.output())

    def test_a_table_created_anew_is_not_taken_for_the_old_one(self):
        self.make_tables(items=20)
        with self.start() as job:
            job.wait_until_following()
            job.stop()
        self.client.delete_table(TableName=self.source)
        self.client.get_waiter("table_not_exists").wait(TableName=self.source)
        workload.create_table(self.client, self.source, stream=fixtures.VIEW)
        workload.fill(self.client, self.source, workload.items(5, seed=9))
        before = self.target_items()
        job = self.start()
        self.assertIn(job.wait(), (ddbsync.USAGE, ddbsync.DATA_AT_RISK), job.output())
        self.assert_says(job.output(), [self.source])
        self.assertEqual(before, self.target_items())

    def test_a_stream_turned_off_and_on_between_runs_is_a_gap(self):
        self.make_tables(items=20)
        with self.start() as job:
            job.wait_until_following()
            job.stop()
        self.switch_stream(False)
        self.put(1, seed=3)
        self.switch_stream(True)
        before = self.target_items()
        for policy in ("stop", "hold"):
            with self.start("--on-gap", policy) as job:
                if policy == "hold":
                    status = job.wait_until(lambda status: status["state"] == "gap", what="the gap")
                    self.assertGreaterEqual(status["gaps"], 1)
                    self.assertEqual(503, job.get("/readyz")[0])
                    job.send(15)
                self.assertEqual(ddbsync.DATA_AT_RISK, job.wait(), job.output())
                self.assert_says(job.output(), ["stream"])
        self.assertEqual(before, self.target_items())

    def switch_stream(self, on):
        view = {"StreamViewType": fixtures.VIEW} if on else {}
        self.client.update_table(TableName=self.source,
                                 StreamSpecification={"StreamEnabled": on, **view})

    def test_damage_is_told_and_nothing_is_written(self):
        self.make_tables(items=200)
        with self.start() as job:
            job.wait_until_following()
            job.stop()
        for name, damage in (("a record turned over", self.turn_bytes_over),
                             ("a file lost", self.lose_the_manifest),
                             ("the pointer lost", self.lose_current)):
            with self.subTest(name):
                copy = self.folder / name.replace(" ", "-")
                subprocess.run(["cp", "-r", self.state, copy], check=True)
                damage(copy)
                self.assert_refused("damaged", str(copy), state=copy, code=ddbsync.FAILED)

    def files(self, state, pattern):
        found = [path for path in pathlib.Path(state).rglob(pattern) if path.is_file()]
        self.assertTrue(found, f"no {pattern} below {state}")
        return found

    def turn_bytes_over(self, state):
        logs = [path for kind in ("*.log", "*.ldb") for path in pathlib.Path(state).rglob(kind)]
        log = max(logs, key=lambda path: path.stat().st_size)
        text = bytearray(log.read_bytes())
        self.assertGreater(len(text), 60, "nothing to damage")
        for place in range(20, 40):
            text[place] ^= 0xFF
        log.write_bytes(text)

    def lose_the_manifest(self, state):
        for path in self.files(state, "MANIFEST-*"):
            path.unlink()

    def lose_current(self, state):
        for path in self.files(state, "CURRENT"):
            path.unlink()

    def test_the_state_of_a_newer_version_is_refused(self):
        self.make_tables(items=20)
        with self.start() as job:
            job.wait_until_following()
            job.stop()
        checkpoint_log.raise_version(self.state, b"format", 200)
        self.assert_refused("newer ddbsync")
