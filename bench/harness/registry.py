"""The cases by name. Their modules are loaded when they run: what they need is installed first."""

import importlib

TITLES = {
    "P1": "CPU per item against the floor",
    "P2": "items per CPU second against boto3 and the AWS SDK for JavaScript",
    "P3": "against copy-dynamodb-table on DynamoDB Local",
    "P4": "items from 100 B to 390 KB",
    "P5": "peak memory",
    "P6": "tail of one shard",
    "P7": "from a change's visibility to its acknowledgement",
    "P8": "10,000 shards, one of them hot",
    "P9": "a target of 64 partitions, in virtual time",
    "P10": "half of the partitions throttled, in virtual time",
    "P11": "round trips of 50 ms and 150 ms",
    "P12": "capacity limits",
    "P13": "restart with 1,000 segments and 10,000 shards",
    "P14": "CPU per item over TLS",
    "P15": "one core and two",
    "verify": "CPU per item of a verification against a bare scan",
    "micro": "micro-benchmarks",
}
_PROGRAMS = {
    "P1": "backfill_cases.straight", "P2": "peer_cases.sdks", "P3": "peer_cases.tables",
    "P4": "backfill_cases.sizes", "P5": "backfill_cases.memory", "P6": "tail_cases.one_shard",
    "P7": "tail_cases.latency", "P8": "tail_cases.many_shards", "P9": "virtual_cases.partitions",
    "P10": "virtual_cases.throttling", "P11": "paced_cases.round_trips",
    "P12": "paced_cases.limits", "P13": "tail_cases.restart", "P14": "backfill_cases.tls",
    "P15": "backfill_cases.processors", "verify": "verify_cases.equal",
    "micro": "virtual_cases.micro",
}


def run(name, bench, case):
    """Runs a case; what fails is told in it, so that the others go on."""
    module, _, function = _PROGRAMS[name].partition(".")
    try:
        getattr(importlib.import_module(module), function)(bench, case)
    except Exception as error:  # boto3's, too, which have no name before it is installed
        case.failed = f"{type(error).__name__}: {error}"
