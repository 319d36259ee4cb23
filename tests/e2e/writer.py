"""Changes a table at a steady rate until told to stop: puts, updates, deletes and re-creations.

As a program (so that it shares no interpreter with the test that watches):
    writer.py --endpoint URL --table NAME --items N --rate PER_SECOND [--hash-only] [--hot SHARE]
SIGTERM or SIGINT ends it after the changes in flight; it then prints one JSON line: how many
changes of each kind were acknowledged, the rate reached, and when the last one was (seconds since
1970).
"""

import argparse
import json
import random
import signal
import subprocess
import sys
import threading
import time

import processes
import servers
import workload

THREADS = 16  # each owns its own keys, so what a key goes through has one order
RECENT = 200  # deleted keys a thread remembers, to create them again
HOT_KEYS = 2  # of each thread; --hot says which share of updates and deletes they get
LONGEST_CALL = 90  # seconds, on a busy machine: stopping waits for each thread's last


class _Lane(threading.Thread):
    """One thread of changes over the keys with index % THREADS == number."""

    def __init__(self, client, table, key_of, options, number, stopping):
        super().__init__()
        self.changes = {"puts": 0, "updates": 0, "deletes": 0, "recreations": 0}
        self.last_change = 0.0
        self.error = None
        self._client, self._table, self._key_of = client, table, key_of
        self._rate, self._hot = options.rate / THREADS, options.hot
        self._number, self._stopping = number, stopping
        self._count, self._next = options.items, options.items + number
        self._pick = random.Random(options.seed * THREADS + number)
        self._deleted = []

    def run(self):
        try:
            began, done = time.monotonic(), 0
            while not self._stopping.is_set():
                self._change()
                self.last_change = time.time()
                done += 1
                ahead = began + done / self._rate - time.monotonic()
                if ahead > 0:
                    self._stopping.wait(ahead)
        except Exception as error:  # told to the caller, who must not take the run for a good one
            self.error = repr(error)
            self._stopping.set()

    def _change(self):
        dice = self._pick.random()
        if dice < 0.25:
            index = self._next
            self._next += THREADS
            self._put(index, "puts")
        elif dice < 0.45 and self._deleted:
            self._put(self._deleted.pop(self._pick.randrange(len(self._deleted))), "recreations")
        elif dice < 0.65:
            index = self._existing()
            self._client.delete_item(TableName=self._table, Key=self._key_of(index))
            self._deleted = (self._deleted + [index])[-RECENT:]
            self.changes["deletes"] += 1
        else:
            self.changes["updates"] += 1
            self._client.update_item(
                TableName=self._table, Key=self._key_of(self._existing()),
                UpdateExpression="SET #c = :c, #n = :n",
                ExpressionAttributeNames={"#c": "changes", "#n": "note"},
                ExpressionAttributeValues={":c": {"N": str(self.changes["updates"])},
                                           ":n": {"S": f"changed {self._pick.random()}"}})

    def _put(self, index, kind):
        seed = self._pick.randrange(1 << 30)
        item = {**self._key_of(index), **workload.attributes(index, seed)}
        self._client.put_item(TableName=self._table, Item=item)
        self.changes[kind] += 1

    def _existing(self):
        lane = (self._count - self._number + THREADS - 1) // THREADS
        if self._hot and self._pick.random() < self._hot:
            lane = min(lane, HOT_KEYS)
        return self._pick.randrange(lane) * THREADS + self._number


def write_until(client, key_of, options, stopping):
    """Runs the lanes until `stopping` is set; returns the summary that the program prints."""
    began = time.time()
    lanes = [_Lane(client, options.table, key_of, options, number, stopping)
             for number in range(THREADS)]
    for lane in lanes:
        lane.start()
    for lane in lanes:
        lane.join()
    last = max(lane.last_change for lane in lanes)
    summary = {kind: sum(lane.changes[kind] for lane in lanes) for kind in lanes[0].changes}
    changes = sum(summary.values())
    return {**summary, "changes": changes, "last_change": last,
            "per_second": changes / max(last - began, 0.001),
            "errors": [lane.error for lane in lanes if lane.error]}


class Writer:
    """The program above as a child; `stop()` returns its summary."""

    def __init__(self, url, table, count, rate, hash_only=False, hot=0.0, seed=0):
        self._process = processes.spawn(
            [sys.executable, __file__, "--endpoint", url, "--table", table, "--items", str(count),
             "--rate", str(rate), "--hot", str(hot), "--seed", str(seed)]
            + ["--hash-only"] * hash_only, stdout=subprocess.PIPE, text=True)

    def stop(self):
        self._process.terminate()
        out, _ = self._process.communicate(timeout=LONGEST_CALL)
        summary = json.loads(out)
        if summary["errors"]:
            raise RuntimeError(f"the writer failed: {summary['errors']}")
        return summary

    def __enter__(self):
        return self

    def __exit__(self, *_):
        processes.stop(self._process)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--endpoint", required=True)
    parser.add_argument("--table", required=True)
    parser.add_argument("--items", type=int, required=True)
    parser.add_argument("--rate", type=float, required=True)
    parser.add_argument("--hash-only", action="store_true", help="keys as small_key_of makes them")
    parser.add_argument("--hot", type=float, default=0.0)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    client = servers.client_for(options.endpoint)
    key_of = workload.small_key_of if options.hash_only else workload.key_of
    print(json.dumps(write_until(client, key_of, options, stopping)))


if __name__ == "__main__":
    main()
