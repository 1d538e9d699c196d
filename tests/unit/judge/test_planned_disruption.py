"""A voluntary disruption costs no request, and weak evidence is never a pass."""

import dataclasses
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from observations import (
    dropped,
    endpoints,
    exchange,
    failed,
    fault,
    health,
    observation,
    pod,
    stream,
    three_faults,
    timeline,
    unknown,
    warning,
    workload,
)

from seatrial.judge.availability import voluntary_disruption
from seatrial.judge.findings import longest_gap
from seatrial.model.exchange import Exchange
from seatrial.model.timeline import Change
from seatrial.model.verdict import Outcome, Verdict

CLEAN = [*stream(90, 91), *stream(99, 102), *stream(109, 112), *stream(119, 122), exchange(129.9)]


def test_clean_traffic_through_three_disruptions_passes() -> None:
    verdict = voluntary_disruption(observation(CLEAN, three_faults()))
    assert verdict.outcome is Outcome.PASSED
    assert "0 of 303 requests begun during 3 disruptions (delete-pod) failed" in verdict.observed
    assert "95 % interval 0.0 % to 1.3 %" in verdict.observed


@pytest.mark.parametrize(
    ("extra", "outcome", "words"),
    [
        ([failed(100.5)], Outcome.FAILED, "connection refused"),
        ([unknown(100.5)], Outcome.FAILED, "timeout"),
        ([unknown(100.5, latency=None)], Outcome.FAILED, "timeout"),
        ([failed(99.9, latency=0.2)], Outcome.FAILED, "1 that was in flight"),
        ([failed(111.0)], Outcome.FAILED, "first failure 1.00 s after the fault"),
        ([failed(95.0)], Outcome.ERROR, "control failed"),
        ([failed(115.0)], Outcome.ERROR, "control failed"),
        ([failed(129.0)], Outcome.ERROR, "control failed"),
        ([failed(95.0), failed(100.5)], Outcome.FAILED, "begun during"),
        ([dropped(100.5)], Outcome.PASSED, "0 of 303"),
    ],
)
def test_where_a_failure_lies_decides(extra: list[Exchange], outcome: Outcome, words: str) -> None:
    verdict = voluntary_disruption(observation([*CLEAN, *extra], three_faults()))
    assert verdict.outcome is outcome
    assert words in verdict.observed


def test_a_failure_in_the_warm_up_is_told_and_charges_nobody() -> None:
    seen = observation(CLEAN, three_faults(), warm_up=[exchange(80.0), failed(80.1)])
    verdict = voluntary_disruption(seen)
    assert verdict.outcome is Outcome.PASSED
    assert "before the traffic was steady 1 of 2 requests failed (1x connection refused)" in verdict.observed
    assert verdict.numbers["warm_up_failed"] == 1


@pytest.mark.parametrize(
    ("generator", "words"),
    [
        (health(4000, dropped=1), "dropped 1 of 4000 arrivals"),
        (health(4000, late=40), "1.0 % of its arrivals"),
    ],
)
def test_a_lagging_generator_is_inconclusive(generator: object, words: str) -> None:
    verdict = voluntary_disruption(observation(CLEAN, three_faults(), generator=generator))  # type: ignore[arg-type]
    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert words in verdict.observed


def test_a_lagging_generator_does_not_excuse_a_failure() -> None:
    verdict = voluntary_disruption(
        observation([*CLEAN, failed(100.5)], three_faults(), generator=health(dropped=1))
    )
    assert verdict.outcome is Outcome.FAILED


def test_too_few_repetitions_or_requests_are_inconclusive() -> None:
    few = voluntary_disruption(observation(CLEAN, three_faults()[:2]), minimum_requests=100)
    assert few.outcome is Outcome.INCONCLUSIVE
    assert "2 of 3 repetitions" in few.observed
    sparse = voluntary_disruption(observation(stream(90, 130, per_second=50), three_faults()))
    assert sparse.outcome is Outcome.INCONCLUSIVE
    assert "153 of 200 requests" in sparse.observed


def test_no_fault_and_an_unproven_fault_are_errors() -> None:
    assert voluntary_disruption(observation(CLEAN)).outcome is Outcome.ERROR
    faults = (*three_faults()[:2], fault(120.0, 121.0, proven=False))
    verdict = voluntary_disruption(observation([*CLEAN, failed(100.5)], faults))
    assert verdict.outcome is Outcome.ERROR
    assert "1 of 3 faults not verified: delete-pod on pod/orders-old" in verdict.observed


def test_a_fault_that_never_settled_failed_and_says_what_is_missing() -> None:
    seen = timeline(
        workload(125.0, wanted=2, ready=1),
        pod(121.0, "orders-x", uid="x", reason="ImagePullBackOff"),
        warning(122.0, "no such image"),
    )
    faults = (*three_faults()[:2], fault(120.0, None))
    verdict = voluntary_disruption(observation(CLEAN, faults, timeline=seen))
    assert verdict.outcome is Outcome.FAILED
    assert "1 fault never became available again" in verdict.observed
    assert "1 of 2 ready; orders-x is ImagePullBackOff" in verdict.next_step
    assert "no such image" in verdict.next_step


def test_control_traffic_never_dilutes() -> None:
    """One failure in a window of 303, after an hour of clean control: still 1 of 304."""
    hour = [exchange(1000 + n) for n in range(3600)]
    verdict = voluntary_disruption(observation([*CLEAN, failed(100.505), *hour], three_faults()))
    assert verdict.outcome is Outcome.FAILED
    assert "1 of 304 requests" in verdict.observed


def test_longest_gap_reaches_from_answer_to_answer() -> None:
    requests = [exchange(1.0), failed(2.0), failed(3.0), exchange(5.0), exchange(9.0), failed(9.5)]
    assert longest_gap(requests) == 4.0
    assert longest_gap([exchange(1.0), exchange(9.0)]) == 0.0
    assert longest_gap([exchange(1.0), failed(9.0)]) == 8.0


_moments = st.floats(90, 130).map(lambda at: round(at, 3))
_failures = st.lists(st.builds(failed, _moments), max_size=5)


@settings(max_examples=60, deadline=None)
@given(_failures, _failures, st.sampled_from([0, 1]), st.integers(1, 3))
def test_more_failures_never_improve_the_verdict(
    some: list[Exchange], more: list[Exchange], drops: int, faults: int
) -> None:
    generator = health(dropped=drops)
    base = observation([*CLEAN, *some], three_faults()[:faults], generator=generator)
    worse = observation([*CLEAN, *some, *more], three_faults()[:faults], generator=generator)
    assert voluntary_disruption(worse).outcome.severity >= voluntary_disruption(base).outcome.severity


@settings(max_examples=30, deadline=None)
@given(_failures, st.integers(0, 2000), st.integers(1, 3))
def test_padding_the_control_changes_nothing(some: list[Exchange], padding: int, faults: int) -> None:
    base = voluntary_disruption(observation([*CLEAN, *some], three_faults()[:faults]))
    pad = [exchange(200 + n / 10) for n in range(padding)]
    padded = voluntary_disruption(observation([*CLEAN, *some, *pad], three_faults()[:faults]))
    assert (padded.outcome, padded.expected) == (base.outcome, base.expected)
    same = {key: value for key, value in padded.numbers.items() if key != "control_requests"}
    assert same == {key: value for key, value in base.numbers.items() if key != "control_requests"}


@settings(max_examples=30, deadline=None)
@given(_failures, st.integers(0, 2**32))
def test_the_order_of_exchanges_does_not_matter(some: list[Exchange], seed: int) -> None:
    shuffled = [*CLEAN, *some]
    random.Random(seed).shuffle(shuffled)
    ordered = voluntary_disruption(observation([*CLEAN, *some], three_faults()))
    assert voluntary_disruption(observation(shuffled, three_faults())) == ordered


def old_pod(*, left: float, gone: float = 101.0) -> tuple[object, ...]:
    return (
        workload(90.0),
        pod(90.0, "orders-old", uid="uid-old", ready=True, started_at=10.0),
        endpoints(90.0, orders_old=True, orders_other=True),
        pod(100.01, "orders-old", uid="uid-old", ready=True, started_at=10.0, deleting=True),
        endpoints(left, orders_old=False, orders_other=True),
        pod(gone, "orders-old", uid="uid-old", change=Change.DELETED, deleting=True),
    )


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        (
            [failed(100.1), failed(100.8)],
            "endpoint of orders-old left 0.90 s after deletion began, and 2 requests sent meanwhile failed: "
            "a preStop sleep of at least 0.9 s would have sufficed.",
        ),
        ([failed(99.9, latency=0.5)], "1 request sent before the deletion of orders-old began failed"),
        ([failed(102.5)], "1 request failed 1.59 s and more after the endpoint of orders-old had left"),
        ([failed(100.1, backend="orders-other")], "a preStop sleep"),
    ],
)
def test_the_cause_is_read_from_the_end_of_the_old_pod(bad: list[Exchange], words: str) -> None:
    seen = timeline(*old_pod(left=100.91, gone=103.0))  # type: ignore[arg-type]
    verdict = voluntary_disruption(observation([*CLEAN, *bad], [fault(100.0, 103.0)], timeline=seen))
    assert verdict.outcome is Outcome.FAILED
    assert words in verdict.next_step


def test_a_pod_that_no_service_lists_is_not_blamed() -> None:
    """A worker without a Service, ended by the same drain, answers no client."""
    worker = (
        pod(90.0, "relay-1", uid="relay", ready=True),
        pod(100.3, "relay-1", uid="relay", ready=True, deleting=True),
        pod(103.0, "relay-1", uid="relay", change=Change.DELETED, deleting=True),
    )
    seen = timeline(*old_pod(left=100.91, gone=103.0), *worker)  # type: ignore[arg-type]
    drained = dataclasses.replace(
        fault(), target=dataclasses.replace(fault().target, kind="Node", name="worker")
    )
    verdict = voluntary_disruption(observation([*CLEAN, failed(100.5)], [drained], timeline=seen))
    assert "relay-1" not in verdict.next_step
    assert "endpoint of orders-old left" in verdict.next_step


def test_one_replica_is_cause_enough() -> None:
    seen = timeline(workload(90.0, wanted=1, ready=1))
    verdict = voluntary_disruption(observation([*CLEAN, failed(100.5)], three_faults(), timeline=seen))
    assert "orders has 1 replica" in verdict.next_step


def test_a_fault_of_no_workload_blames_no_object_without_a_role() -> None:
    alone = dataclasses.replace(workload(90.0, wanted=1, ready=1), workload="", name="stranger")
    faults = [dataclasses.replace(f, workload="", available_at=None) for f in three_faults()]
    verdict = voluntary_disruption(observation([*CLEAN, failed(100.5)], faults, timeline=timeline(alone)))
    assert "stranger" not in verdict.next_step
    unavailable = voluntary_disruption(observation(CLEAN, faults))
    assert "the system was not available again after delete-pod" in unavailable.next_step


@pytest.mark.parametrize(
    ("ready_at", "words"), [(100.45, "no readiness probe"), (102.0, "must not succeed before it can answer")]
)
def test_failures_after_the_new_pod_serves_are_put_down_to_it(ready_at: float, words: str) -> None:
    seen = timeline(
        workload(90.0),
        pod(100.1, change=Change.ADDED),
        pod(100.4, started_at=100.4, ready_at=ready_at, ready=True),
        endpoints(100.5, orders_new=True),
    )
    verdict = voluntary_disruption(observation([*CLEAN, failed(100.6)], three_faults(), timeline=seen))
    assert "1 request failed up to 0.10 s after orders-new began to serve" in verdict.next_step
    assert words in verdict.next_step


def test_without_records_no_cause_is_made_up() -> None:
    nothing = voluntary_disruption(observation([*CLEAN, failed(100.5)], three_faults()))
    assert "No timeline was recorded" in nothing.next_step
    empty = voluntary_disruption(observation([*CLEAN, failed(100.5)], three_faults(), timeline=timeline()))
    assert "No cause found" in empty.next_step


def test_the_pods_of_a_drained_node_are_victims_too() -> None:
    seen = timeline(*old_pod(left=100.91))  # type: ignore[arg-type]
    drained = dataclasses.replace(
        fault(), target=dataclasses.replace(fault().target, kind="Node", name="worker")
    )
    verdict = voluntary_disruption(observation([*CLEAN, failed(100.5)], [drained], timeline=seen))
    assert "endpoint of orders-old left" in verdict.next_step


def test_pauses_that_the_traffic_has_by_itself_are_no_gap_in_the_evidence() -> None:
    """A client that sends in bursts is as silent in the disruption as before it."""
    inside = [*stream(100, 101), *stream(104.5, 110)]

    def judged(*before: Exchange) -> Verdict:
        seen = observation([*before, *inside], [fault(100.0, 106.0)])
        return voluntary_disruption(seen, minimum_repetitions=1)

    assert judged(*stream(80, 84), *stream(88, 100)).outcome is Outcome.PASSED
    steady = judged(*stream(80, 100))
    assert steady.outcome is Outcome.INCONCLUSIVE
    assert "no request was begun for 3.51 s of a disruption" in steady.observed
    assert judged().outcome is Outcome.INCONCLUSIVE, "without traffic before nothing excuses a silence"
