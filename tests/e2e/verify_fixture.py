"""What the tests of `verify` share."""

import json
import re
import subprocess

import ddbsync
import fixtures
import processes
import workload

INTERRUPTED = 130


class VerifyCase(fixtures.Case):
    def words(self, *arguments):
        config = self.folder / "ddbsync.toml"
        if not config.exists():
            self.config()
        return [*arguments[:1], "--config", config, "--state", self.state, *arguments[1:]]

    def verify(self, *arguments, code=ddbsync.DONE, seconds=90):
        """Standard output of `verify`, or, with exit codes 1 and 2, its standard error.

        `code`: that it ends with; None: equal or not.
        """
        ended, out, err = ddbsync.run(
            *self.words("verify", "--src", "a", "--dst", "b", *arguments), home=self.folder,
            seconds=seconds)
        self.assertIn(ended, (ddbsync.DONE, ddbsync.NOT_EQUAL) if code is None else (code,),
                      out + err)
        return err if code in (ddbsync.FAILED, ddbsync.USAGE) else out

    def look(self, *arguments, code=ddbsync.DONE, **options):
        return json.loads(self.verify("--json", *arguments, code=code, **options))

    def shown(self, *arguments):
        ended, out, err = ddbsync.run("verify", "show", *self.words("--json", *arguments),
                                      home=self.folder)
        self.assertEqual(ddbsync.DONE, ended, err)
        return json.loads(out)

    def begin(self, *arguments):
        """A `verify` that goes on while the test does; its output is in a file."""
        argv = [ddbsync.BINARY, *self.words("verify", "--src", "a", "--dst", "b", *arguments)]
        self.output = open(self.folder / "verify.out", "w+")
        self.addCleanup(self.output.close)
        process = processes.spawn(
            [str(word) for word in argv], cwd=self.folder, stdin=subprocess.DEVNULL,
            env=ddbsync.environment(self.folder, **ddbsync.credentials()), stdout=self.output,
            stderr=subprocess.STDOUT)
        self.addCleanup(processes.stop, process)
        return process

    def said(self):
        self.output.seek(0)
        return self.output.read()

    def wait_until_said(self, words, seconds=30):
        processes.wait_for(lambda: words in self.said(), seconds,
                           lambda: f"{words!r} in: {self.said()}")

    def make_equal(self, items=fixtures.ITEMS):
        """Two tables of the same items, which no job has made."""
        self.make_tables(items)
        workload.fill(self.target_client, self.target, workload.items(items))

    def wait_until_walked(self):
        """Until the status line of every ten seconds tells of items."""
        processes.wait_for(lambda: re.search(r"% +[1-9][\d,]* items", self.said()), 60,
                           lambda: f"some items in: {self.said()}")

    def plant(self):
        """One missing, one extra, one different; the items by their index."""
        self.target_client.delete_item(TableName=self.target, Key=workload.key_of(1))
        self.target_client.put_item(TableName=self.target,
                                    Item={**workload.key_of(900_000), "note": {"S": "extra"}})
        item = {**workload.key_of(3), **workload.attributes(3), "note": {"S": "secret"}}
        self.target_client.put_item(TableName=self.target, Item=item)

    def counts(self, look):
        return look["missing"], look["extra"], look["different"]
