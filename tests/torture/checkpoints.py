"""What a dead job left on its disk, as `ddbsync checkpoint show` tells it, and what may not be."""

import json

import ddbsync


class Broken(Exception):
    """The checkpoint says what it may never say."""


def order(sequence_number):
    """Sequence numbers compare by length, then as text."""
    return len(sequence_number), sequence_number


class Watch:
    """Looks at the checkpoint after each end of the job: positions never go back (I7)."""

    def __init__(self, config, state, home, job):
        self._arguments = ("checkpoint", "show", "--json", "--src", "a", "--dst", "b", "--job", job,
                           "--config", config, "--state", state)
        self._home = home
        self.last = None

    def look(self):
        """The checkpoint, or None while no copy has begun."""
        code, out, err = ddbsync.run(*self._arguments, home=self._home)
        if code != ddbsync.DONE:
            if self.last is None and code == ddbsync.FAILED:
                return None
            raise Broken(f"`checkpoint show` ended with {code}: {err}")
        found = json.loads(out)
        self._judge(found)
        self.last = found
        return found

    def _judge(self, found):
        for name in ("gaps", "dead_letters"):
            if found[name]:
                raise Broken(f"{name}: {found[name][:3]}")
        if self.last is None:
            return
        if found["job"] != self.last["job"]:
            raise Broken(f"the job was {self.last['job']} and is {found['job']}")
        self._compare("shards", "shard_id", found, lambda shard: order(shard["position"] or ""))
        self._compare("segments", "segment", found, lambda segment: segment["items_read"])

    def _compare(self, kind, name, found, progress):
        now = {record[name]: record for record in found[kind]}
        for before in self.last[kind]:
            after = now.get(before[name])
            gone_back = after is None or progress(after) < progress(before)
            if gone_back or (before["finished"] and not after["finished"]):
                raise Broken(f"{kind} went back: {before} became {after}")
