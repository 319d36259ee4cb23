"""What happens in a round: drawn from the run's seed and the round's number alone."""

import dataclasses
import random

import weather

KILLS_PER_ROUND = 25
VIEWS = ("NEW_AND_OLD_IMAGES", "NEW_AND_OLD_IMAGES", "NEW_IMAGE", "OLD_IMAGE", "KEYS_ONLY")
# How a life goes before its end.
YOUNG, ACTING, OLD = "young", "acting", "old"
STOPPED, DOUBLED, FULL_DISK = "stopped", "doubled", "full disk"
FINISH_SECONDS = 4  # that the one life which ends the copy takes for it, at most and about
NETWORK_DELAY = 0.25  # of the settle time, at most, that a proxy holds a request back


@dataclasses.dataclass
class Options:
    """What the command line asks for."""

    kills: int
    seed: int
    settle: float  # seconds
    server: str  # "fake" or "local"
    network: bool
    jobs: int
    longest_stop: float  # seconds of SIGSTOP


@dataclasses.dataclass
class Life:
    kind: str
    seconds: float  # until the kill, counted from what the kind waits for
    copying: bool  # slow enough that the copy does not end in it
    while_stopped: bool = False  # killed before it went on, or before there was room again


@dataclasses.dataclass
class Plan:
    number: int
    items: int
    large_item: bool
    view: str
    rate: int  # changes per second
    hot: float  # share of changes that go to few keys
    source: dict  # options of the source's fake
    target: dict
    source_faults: dict
    target_faults: dict
    churn: float | None  # seconds between rolls and splits of shards
    segments: int
    copy_capacity: int  # write units per second of lives that copy
    finish_capacity: int  # ... of the one that ends the copy
    poll_interval_ms: int
    lives: list
    seed: int  # of what is drawn during the round

    @property
    def needs_small_disk(self):
        return any(life.kind == FULL_DISK for life in self.lives)


def rounds_of(options):
    """How many kills each round makes."""
    each = min(KILLS_PER_ROUND, -(-options.kills // options.jobs))
    full, rest = divmod(options.kills, each)
    return [each] * full + ([rest] if rest else [])


def draw(options, number, kills):
    pick = random.Random(f"{options.seed}/{number}")
    source_faults, target_faults = weather.draw(pick, options.settle)
    slow = options.network or options.server == "local"  # servers, not ddbsync
    items = pick.randint(200, 600 if slow else 2000)
    copying = max(1, round(kills * pick.uniform(0.3, 0.6)))
    return Plan(
        number=number,
        items=items,
        large_item=pick.random() < 0.3,
        view=pick.choice(VIEWS),
        rate=pick.randint(20, 40 if slow else 80),
        hot=pick.choice((0.0, 0.3, 0.7)),
        source=_fake_options(pick),
        target={"seed": pick.randrange(1 << 30)},
        source_faults=source_faults,
        target_faults=target_faults,
        churn=pick.choice((None, 1.5, 4.0)),
        segments=pick.choice((1, 4, 8, 64)),
        # A unit or two an item: the copy is to last about as long as the lives that copy.
        copy_capacity=max(20, round(items / copying * pick.uniform(1.0, 2.0))),
        finish_capacity=max(20, items // FINISH_SECONDS),
        poll_interval_ms=pick.choice((500, 1000)) if slow else pick.choice((20, 100, 250)),
        lives=_lives(pick, options, kills, copying),
        seed=pick.randrange(1 << 30),
    )


def _fake_options(pick):
    return {
        "seed": pick.randrange(1 << 30),
        "page_bytes": pick.choice((8192, 32768, 131072)),
        "shards": pick.choice((1, 2, 4, 8)),
        "max_open_shards": 12,
        "iterator_life": pick.choice((3, 900)),
        "listing_delay": pick.choice((0, 0.5)),
        "describe_page": pick.choice((2, 10, 100)),
        "empty_page_rate": pick.choice((0, 0.3)),
    }


def _lives(pick, options, kills, copying):
    lives = []
    for index in range(kills):
        kind = pick.choices((YOUNG, ACTING, OLD), (0.25, 0.5, 0.25))[0]
        seconds = pick.uniform(0.3, 2.0) if kind == OLD else pick.uniform(0.005, 0.3)
        lives.append(Life(kind, seconds, copying=index < copying))
    # What takes long happens once a round, wherever it falls.
    special = [STOPPED, DOUBLED] + [FULL_DISK] * (pick.random() < 0.5)
    for kind, index in zip(special, pick.sample(range(kills), min(len(special), kills))):
        seconds = pick.uniform(min(2.0, options.longest_stop), options.longest_stop)
        lives[index] = Life(kind, seconds if kind == STOPPED else pick.uniform(0.005, 0.3),
                            lives[index].copying, while_stopped=pick.random() < 0.5)
    return lives
