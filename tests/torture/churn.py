"""Shards that roll and split while a round goes on."""

import random
import threading
import urllib.error


class Churn:
    """Rolls or splits a shard of the source's stream every so often, until stopped."""

    def __init__(self, source, table, seconds, seed):
        self._source, self._table, self._seconds = source, table, seconds
        self._pick = random.Random(seed)
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.changes = 0

    def __enter__(self):
        if self._seconds:
            self._thread.start()
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self):
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self):
        while not self._stopping.wait(self._pick.uniform(0.5, 1.5) * self._seconds):
            shards = self._source.admin("shards", table=self._table)["shards"]
            shard = self._pick.choice([shard["id"] for shard in shards if shard["open"]])
            try:
                self._source.admin(self._pick.choice(("roll", "split", "split")),
                                   table=self._table, shard=shard)
                self.changes += 1
            except urllib.error.HTTPError:
                pass  # as many are open as may be
