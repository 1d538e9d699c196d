"""A crash is charged to the error budget and bounded by the recovery objective."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from observations import (
    crash_fault,
    endpoints,
    exchange,
    failed,
    health,
    observation,
    pod,
    stream,
    timeline,
    unknown,
    workload,
)

from seatrial.judge.availability import involuntary_disruption
from seatrial.judge.outage import failed_seconds, outages
from seatrial.model.exchange import Exchange
from seatrial.model.objectives import Objectives
from seatrial.model.verdict import Outcome

CLEAN = stream(90, 150, per_second=20)
DAILY = Objectives(availability=0.999, budget_window_hours=24, recovery_seconds=10)  # 86.4 s
TIGHT = Objectives(availability=0.999, budget_window_hours=1, recovery_seconds=10)  # 3.6 s


def broken(begin: float, end: float) -> list[Exchange]:
    """Traffic of 20 a second from 90 to 150 in which all requests in [begin, end) failed."""
    return [failed(e.planned_at) if begin <= e.planned_at < end else e for e in CLEAN]


def test_a_crash_without_failures_passes() -> None:
    verdict = involuntary_disruption(observation(CLEAN, [crash_fault()]), TIGHT)
    assert verdict.outcome is Outcome.PASSED
    assert verdict.numbers["failed_seconds"] == 0


def test_a_failure_in_the_warm_up_is_told_and_not_charged_to_the_crash() -> None:
    verdict = involuntary_disruption(observation(CLEAN, [crash_fault()], warm_up=[failed(80.0)]), TIGHT)
    assert verdict.outcome is Outcome.PASSED
    assert verdict.numbers["failed_seconds"] == 0
    assert "before the traffic was steady 1 of 1 request failed" in verdict.observed


@pytest.mark.parametrize(
    ("until", "objectives", "outcome", "charged"),
    [
        (100.05, TIGHT, Outcome.PASSED, 1),
        (103.0, TIGHT, Outcome.PASSED, 3),
        (103.1, TIGHT, Outcome.FAILED, 4),  # 4 s > 3.6 s
        (109.9, DAILY, Outcome.PASSED, 10),
        (110.0, DAILY, Outcome.PASSED, 10),  # the outage ends at the answer at 110.0: exactly 10 s
        (110.1, DAILY, Outcome.FAILED, 11),
    ],
)
def test_budget_and_recovery_bound_the_outage(
    until: float, objectives: Objectives, outcome: Outcome, charged: int
) -> None:
    verdict = involuntary_disruption(
        observation(broken(100.0, until), [crash_fault(100.0, 112.0)]), objectives
    )
    assert verdict.outcome is outcome
    assert verdict.numbers["failed_seconds"] == charged


def test_failures_after_the_crash_settled_are_charged_too() -> None:
    verdict = involuntary_disruption(observation(broken(120.0, 125.0), [crash_fault(100.0, 101.0)]), TIGHT)
    assert verdict.outcome is Outcome.FAILED
    assert "5 failed seconds after 1 involuntary disruption: 100 requests failed" in verdict.observed
    assert "beginning 20.0 s after the first fault" in verdict.observed


def test_failures_before_the_crash_are_not_its_doing() -> None:
    verdict = involuntary_disruption(observation(broken(95.0, 95.1), [crash_fault()]), TIGHT)
    assert verdict.outcome is Outcome.ERROR
    assert "5.00 s before the first fault" in verdict.next_step


def test_requests_in_flight_at_the_crash_are_charged() -> None:
    hung = unknown(99.9, latency=5.0)
    assert (
        involuntary_disruption(observation([*CLEAN, hung], [crash_fault()]), TIGHT).numbers["failed_seconds"]
        == 1
    )


def test_an_outage_that_was_not_seen_to_end_is_inconclusive() -> None:
    verdict = involuntary_disruption(observation(broken(146.0, 147.0), [crash_fault()]), DAILY)
    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert "the traffic ended" in verdict.observed


def test_silence_in_the_disturbance_is_inconclusive() -> None:
    quiet = [e for e in CLEAN if not 102 < e.planned_at < 105]
    verdict = involuntary_disruption(observation(quiet, [crash_fault(100.0, 110.0)]), DAILY)
    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert "no request was begun for 3.00 s" in verdict.observed


@pytest.mark.parametrize(
    ("faults", "generator", "outcome"),
    [
        ([], health(), Outcome.ERROR),
        ([crash_fault(proven=False)], health(), Outcome.ERROR),
        ([crash_fault(100.0, None)], health(), Outcome.FAILED),
        ([crash_fault()], health(dropped=1), Outcome.INCONCLUSIVE),
    ],
)
def test_what_makes_the_evidence_useless(faults: list, generator: object, outcome: Outcome) -> None:  # type: ignore[type-arg]
    verdict = involuntary_disruption(observation(CLEAN, faults, generator=generator), DAILY)  # type: ignore[arg-type]
    assert verdict.outcome is outcome


def test_flapping_is_one_outage_and_pauses_make_two() -> None:
    flapping = [exchange(float(n)) if n % 2 else failed(float(n)) for n in range(10)]
    calm = [exchange(float(n)) for n in range(10, 20)]
    (only,) = outages([*flapping, *calm])
    assert (only.begin, only.end, only.closed, only.failed) == (0.0, 9.0, True, 5)
    first, second = outages([*calm, failed(10.5), failed(15.5), exchange(16.0)])
    assert (first.closed, second.closed) == (True, False)
    assert second.end == 16.0
    (last,) = outages([exchange(1.0), failed(2.0), failed(2.5)])
    assert (last.end, last.closed) == (2.5, False)


def test_the_longest_outage_decides() -> None:
    twice = [
        failed(e.planned_at) if 100 <= e.planned_at < 101 or 110 <= e.planned_at < 121 else e for e in CLEAN
    ]
    verdict = involuntary_disruption(observation(twice, [crash_fault(100.0, 122.0)]), DAILY)
    assert verdict.outcome is Outcome.FAILED
    assert "in 2 outages, the longest 11.0 s, beginning 10.0 s after the first fault" in verdict.observed


def test_a_second_without_requests_inside_an_outage_has_failed() -> None:
    assert failed_seconds([failed(0.5), failed(3.5), exchange(4.2)], 0.0) == 4
    assert failed_seconds([failed(0.5), exchange(1.5), exchange(2.5), failed(3.5), exchange(4.2)], 0.0) == 2
    assert failed_seconds([exchange(0.5), exchange(9.5)], 0.0) == 0
    assert failed_seconds([failed(100.5), failed(103.5), exchange(104.2)], 100.4) == 4


def test_the_endpoint_of_a_crashed_pod_is_named() -> None:
    seen = timeline(
        workload(90.0),
        pod(90.0, "orders-old", uid="uid-old", ready=True, started_at=10.0),
        endpoints(90.0, orders_old=True),
        endpoints(101.5, orders_old=False),
    )
    verdict = involuntary_disruption(observation(broken(100.0, 105.0), [crash_fault()], timeline=seen), TIGHT)
    assert "until the endpoint of orders-old left, 1.50 s after the first" in verdict.next_step


_moments = st.floats(90, 149).map(lambda at: round(at, 3))
_failures = st.lists(st.builds(failed, _moments), max_size=6)


@settings(max_examples=60, deadline=None)
@given(_failures, _failures, st.sampled_from([TIGHT, DAILY]))
def test_more_failures_never_improve_the_verdict(
    some: list[Exchange], more: list[Exchange], objectives: Objectives
) -> None:
    base = involuntary_disruption(observation([*CLEAN, *some], [crash_fault()]), objectives)
    worse = involuntary_disruption(observation([*CLEAN, *some, *more], [crash_fault()]), objectives)
    assert worse.outcome.severity >= base.outcome.severity


@settings(max_examples=30, deadline=None)
@given(_failures, st.integers(0, 2**32), st.integers(0, 500))
def test_neither_order_nor_earlier_control_matters(some: list[Exchange], seed: int, padding: int) -> None:
    base = involuntary_disruption(observation([*CLEAN, *some], [crash_fault()]), TIGHT)
    shuffled = [*CLEAN, *some, *(exchange(n / 10) for n in range(padding))]
    random.Random(seed).shuffle(shuffled)
    padded = involuntary_disruption(observation(shuffled, [crash_fault()]), TIGHT)
    assert (padded.outcome, padded.observed, padded.next_step) == (
        base.outcome,
        base.observed,
        base.next_step,
    )
