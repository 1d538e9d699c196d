"""What containers take, against their limits and requests."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from drained_shop import shop

from seatrial.judge.admissible import judge
from seatrial.model.check import CHECKS
from seatrial.model.fault import Disruption
from seatrial.model.measurement import Measurement, MeasurementOutcome
from seatrial.model.observation import TROUBLE, Arm, Observation
from seatrial.model.resources import RESOURCES, Taken
from seatrial.model.verdict import Outcome, Verdict

LIMITS, REQUESTS = CHECKS.get("container.limits-fit-load"), CHECKS.get("cost.requests-fit-usage")
MIB = 2**20
WELL = Taken(5.0, 12.0, 20, 0, 50 * MIB, 0, 500, 64 * MIB, 160 * MIB)


def look(taken: Taken = WELL) -> Measurement:
    outcome = MeasurementOutcome.ANSWERED
    return Measurement(RESOURCES, "catalogue-a/web", 1.0, 6.0, outcome, taken.plain())


def unread(outcome: MeasurementOutcome) -> Measurement:
    return Measurement(RESOURCES, "catalogue-a/proxy", 1.0, 2.0, outcome, reason="there is no `cat`")


def judged(check: Any, *looks: Measurement) -> Verdict:
    head = Observation(
        {TROUBLE: Arm(measurements=looks)}, "inside-look.catalogue", "inside-look", "catalogue",
        Disruption.NONE, "browse", 0, shop(),
    )  # fmt: skip
    return judge(check, head)


def test_within_both_passes_and_says_the_numbers() -> None:
    verdict = judged(LIMITS, look(), look(replace(WELL, anonymous_bytes=20 * MIB)))
    assert verdict.observed == (
        "2 containers of catalogue: at most 50 MiB held (catalogue-a/web: 64 MiB requested, limit 160 MiB), "
        "12 millicores used, 0 of 20 periods throttled"
    )
    assert judged(REQUESTS, look()).passed


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"throttled": 5}, "was throttled in 5 of 20 periods at 12 millicores, its limit is 500"),
        ({"anonymous_bytes": 145 * MIB}, "holds 145 MiB, 90.6 % of its limit"),
        ({"killed": 1}, "has lost 1 process that the kernel killed for memory"),
    ],
)
def test_each_limit_that_does_not_fit_fails(changed: dict[str, Any], words: str) -> None:
    verdict = judged(LIMITS, look(), look(replace(WELL, **changed)))
    assert verdict.outcome is Outcome.FAILED
    assert words in verdict.observed


@pytest.mark.parametrize(
    "changed",
    [{"throttled": 4}, {"periods": 9, "throttled": 9}, {"anonymous_bytes": 144 * MIB},
     {"memory_limit_bytes": None, "anonymous_bytes": 900 * MIB}],
)  # fmt: skip
def test_what_is_no_trouble_passes(changed: dict[str, Any]) -> None:
    assert judged(LIMITS, look(replace(WELL, **changed))).passed


def test_more_than_is_requested_fails_and_no_request_is_the_lints_matter() -> None:
    verdict = judged(REQUESTS, look(replace(WELL, anonymous_bytes=81 * MIB)))
    assert verdict.outcome is Outcome.FAILED
    assert "holds 81 MiB and requests 64 MiB, 79.0 % of it" in verdict.observed
    assert judged(REQUESTS, look(replace(WELL, anonymous_bytes=80 * MIB))).passed
    assert judged(REQUESTS, look(replace(WELL, memory_request_bytes=None))).passed


@pytest.mark.parametrize("check", [LIMITS, REQUESTS], ids=str)
def test_what_could_not_be_looked_at_is_no_pass(check: Any) -> None:
    refused, tried = unread(MeasurementOutcome.REFUSED), unread(MeasurementOutcome.COULD_NOT_TRY)
    for looks, outcome in (
        ((), Outcome.INCONCLUSIVE), ((look(), refused), Outcome.UNSUPPORTED),
        ((look(), refused, tried), Outcome.INCONCLUSIVE),
    ):  # fmt: skip
        assert judged(check, *looks).outcome is outcome
    bad = look(replace(WELL, killed=2, anonymous_bytes=150 * MIB))
    assert judged(check, bad, refused).outcome is Outcome.FAILED
