"""What goes wrong between ddbsync and its servers, drawn from a seed."""

import faulty_proxy

# Probabilities per call, as the fake knows the faults (tests/support/faults.cc); a round draws some
# of each class. Few throttles: after each the caller waits a second, and stands still for it. Few
# writes of unknown outcome: their keys are checked again a hundred at a time, and until the
# watermark has passed each check. No HTML: with a 403 it ends a start, as a refusal should.
_TARGET_WRITES = {
    "throttle": 0.01, "unprocessed_one": 0.05, "unprocessed_some": 0.05, "unprocessed_all": 0.02,
    "error_before": 0.01, "error_after": 0.01, "truncated_body": 0.01,
    "wrong_crc": 0.01, "connection_refused": 0.01, "response_lost": 0.01, "timeout": 0.005,
    "late_landing": 0.01, "slow": 0.2,
}
_SOURCE_READS = {
    "throttle": 0.01, "unprocessed_some": 0.1, "error_before": 0.03,
    "truncated_body": 0.03, "wrong_crc": 0.03, "connection_refused": 0.03, "response_lost": 0.03,
    "slow": 0.3,
}
_SOURCE_STREAM = {
    "throttle": 0.01, "error_before": 0.03, "expired_iterator": 0.03,
    "truncated_body": 0.03, "wrong_crc": 0.03, "connection_refused": 0.03, "response_lost": 0.03,
    "slow": 0.1,
}
CALM = 0.15  # share of rounds without a fault of their own: the kills alone


def _some(pick, faults):
    return {name: rate for name, rate in faults.items() if pick.random() < 0.5}


def draw(pick, settle):
    """The fake's faults of a round: ("faults" of the source, "faults" of the target).

    A write lands at most half a settle time after its caller gave it up; --settle promises that.
    """
    if pick.random() < CALM:
        return {}, {}
    source = {"read": _some(pick, _SOURCE_READS), "stream": _some(pick, _SOURCE_STREAM),
              "slow_ms": pick.randint(20, 600)}
    target = {"write": _some(pick, _TARGET_WRITES), "late_ms": int(settle * 500),
              "slow_ms": pick.randint(10, int(min(settle, 0.3) * 1000))}
    return source, target


def storm(pick, longest_delay):
    """A fault for faulty_proxy that is another at each call, and often none."""
    faults = [
        (0.03, faulty_proxy.dropped), (0.03, faulty_proxy.done_then_dropped),
        (0.02, faulty_proxy.done_then_500), (0.04, faulty_proxy.reset_inside_body),
        (0.02, faulty_proxy.garbage), (0.03, faulty_proxy.corrupted),
        (0.02, faulty_proxy.wrong_crc), (0.02, faulty_proxy.truncated),
    ]

    def blow(request, forward):
        dice, seconds = pick.random(), pick.random() * longest_delay
        for rate, fault in faults:
            if dice < rate:
                return fault(request, forward)
            dice -= rate
        if dice < 0.1:
            return faulty_proxy.trickled(seconds)(request, forward)
        if dice < 0.25:
            return faulty_proxy.delayed(seconds)(request, forward)
        return forward()

    return blow
