"""Recovery is told by phase, each with its resolution."""

from dataclasses import replace

import pytest
from observations import (
    OBJECTIVES,
    crash_fault,
    endpoints,
    exchange,
    failed,
    health,
    observation,
    pod,
    stream,
    timeline,
    workload,
)

from seatrial.judge.phases import phases
from seatrial.judge.recovery import recovery
from seatrial.model.exchange import Exchange
from seatrial.model.fault import FaultRecord
from seatrial.model.observation import TROUBLE
from seatrial.model.step import StepRecord
from seatrial.model.timeline import Change, Timeline
from seatrial.model.verdict import Outcome


def replaced(**more: object) -> Timeline:
    return timeline(
        workload(90.0),
        pod(90.0, "orders-old", uid="uid-old", ready=True, started_at=10.0),
        endpoints(90.0, orders_old=True),
        pod(100.04, change=Change.ADDED, node=""),
        pod(100.06, node="worker"),
        pod(100.8, started_at=100.0),
        endpoints(100.9, orders_old=False, orders_new=False),
        pod(101.7, started_at=100.0, ready=True, ready_at=101.0),
        endpoints(101.75, orders_new=True),
        **more,  # type: ignore[arg-type]
    )


def traffic(
    *, slow_until: float = 100.0, broken: tuple[float, float] = (0, 0), end: float = 120
) -> list[Exchange]:
    requests = []
    for clean in stream(90, end):
        at = clean.planned_at
        if broken[0] <= at < broken[1]:
            requests.append(failed(at))
        elif 100 <= at < slow_until:
            requests.append(exchange(at, latency=0.2))
        else:
            requests.append(clean)
    return requests


def test_every_phase_is_timed_from_the_acceptance() -> None:
    seen = observation(traffic(broken=(100.1, 101.2)), [crash_fault(100, 102)], timeline=replaced())
    found = phases(seen, seen.faults[0])
    told = {name: None if moment is None else round(moment.seconds, 2) for name, moment in found}
    assert told == {
        "first_error": 0.1,
        "last_error": 1.19,
        "created": 0.04,
        "scheduled": 0.06,
        "started": 0.8,
        "ready": 1.7,
        "serving": 1.75,
        "latency_back": 2.0,
    }
    assert found.ready is not None
    assert found.ready.resolution_seconds < 1
    assert found.sentence().startswith(
        "replacement created 0.04 s, scheduled 0.06 s, first client error 0.10 s"
    )


def test_what_the_watch_did_not_see_happen_has_the_servers_resolution() -> None:
    late = pod(103.0, ready=True, started_at=100.9, ready_at=102.0, created_at=100.0)
    seen = observation(traffic(), [crash_fault(100, 104)], timeline=timeline(late))
    found = phases(seen, seen.faults[0])
    assert found.created is not None
    assert found.ready is not None
    assert (found.created.seconds, found.ready.seconds) == (0.0, 2.0)
    assert found.ready.resolution_seconds == 1.1


def test_a_restarted_container_is_its_own_replacement() -> None:
    fault = crash_fault(100, 103, replacement="")
    seen = timeline(
        pod(90.0, "orders-old", uid="uid-old", ready=True, started_at=10.0),
        pod(100.3, "orders-old", uid="uid-old"),
        pod(101.5, "orders-old", uid="uid-old", started_at=101.0, restarts=1),
        pod(102.5, "orders-old", uid="uid-old", started_at=101.0, restarts=1, ready=True, ready_at=102.0),
    )
    found = phases(observation(traffic(), [fault], timeline=seen), fault)
    assert found.created is None
    assert found.started is not None
    assert (found.started.seconds, found.started.resolution_seconds) == (1.5, 0.05)
    assert found.ready is not None
    assert found.ready.seconds == 2.5


@pytest.mark.parametrize(
    ("slow_until", "expected"), [(100.0, 0.0), (100.2, 1.0), (103.5, 4.0), (118.0, None)]
)
def test_latency_is_back_when_it_stays_in_its_band(slow_until: float, expected: float | None) -> None:
    seen = observation(traffic(slow_until=slow_until), [crash_fault()])
    back = phases(seen, seen.faults[0]).latency_back
    assert (None if back is None else back.seconds) == expected
    assert back is None or back.resolution_seconds == (0.0 if expected == 0.0 else 1.0)


def test_a_calm_before_the_effect_does_not_count_as_recovered() -> None:
    """A pod that is deleted with a preStop sleep disturbs nothing for the first seconds."""
    seen = observation(traffic(broken=(107.0, 108.0)), [crash_fault(100, 109)])
    back = phases(seen, seen.faults[0]).latency_back
    assert back is not None
    assert back.seconds == 8.0


def test_without_control_traffic_there_is_no_band() -> None:
    seen = observation(stream(99.9, 120), [crash_fault()])
    assert phases(seen, seen.faults[0]).latency_back is None
    assert recovery(seen, OBJECTIVES).outcome is Outcome.INCONCLUSIVE


@pytest.mark.parametrize(
    ("broken_until", "limit", "outcome"),
    [
        (101.0, 2.0, Outcome.PASSED),
        (103.0, 2.0, Outcome.FAILED),
        (101.9, 1.95, Outcome.FAILED),  # the last error is at 1.89 s, but latency is back only at 2 s
        (101.9, 2.0, Outcome.PASSED),
    ],
)
def test_the_limit_holds_for_what_clients_see(broken_until: float, limit: float, outcome: Outcome) -> None:
    objectives = OBJECTIVES.model_copy(update={"recovery_seconds": limit})
    seen = observation(traffic(broken=(100.1, broken_until)), [crash_fault(100, 102)], timeline=replaced())
    verdict = recovery(seen, objectives)
    assert verdict.outcome is outcome
    assert "recovery from kill-pod on pod/orders-old" in verdict.reasons[0]
    if outcome is Outcome.FAILED:
        assert "The longest step was until Ready: 0.90 s" in verdict.next_step


def test_each_fault_is_judged_and_errors_belong_to_the_last_one_before() -> None:
    faults = [crash_fault(100, 102), crash_fault(110, 112, identity="second")]
    seen = observation(traffic(broken=(110.5, 111.0)), faults)
    assert phases(seen, faults[0]).last_error is None
    last = phases(seen, faults[1]).last_error
    assert last is not None
    assert round(last.seconds, 2) == 0.99


@pytest.mark.parametrize(
    ("faults", "outcome"),
    [
        ([], Outcome.ERROR),
        ([crash_fault(proven=False)], Outcome.ERROR),
        ([crash_fault(100.0, None)], Outcome.FAILED),
        ([crash_fault()], Outcome.PASSED),
    ],
)
def test_unproven_and_unsettled_faults(faults: list, outcome: Outcome) -> None:  # type: ignore[type-arg]
    assert recovery(observation(traffic(), faults), OBJECTIVES).outcome is outcome


def test_a_short_aftermath_is_inconclusive_and_a_long_slow_one_failed() -> None:
    short = observation(traffic(slow_until=106, end=108), [crash_fault()])
    assert recovery(short, OBJECTIVES).outcome is Outcome.INCONCLUSIVE
    objectives = OBJECTIVES.model_copy(update={"recovery_seconds": 5.0})
    long = observation(traffic(slow_until=120), [crash_fault()])
    assert recovery(long, objectives).outcome is Outcome.FAILED


def test_a_lagging_generator_is_inconclusive() -> None:
    seen = observation(traffic(), [crash_fault()], generator=health(dropped=2))
    assert recovery(seen, OBJECTIVES).outcome is Outcome.INCONCLUSIVE


def held(reverted_at: float) -> FaultRecord:
    """A fault that was in place from 100 s on and was reverted then; available 5 s later."""
    return replace(crash_fault(100.0, reverted_at + 5.0), held=True, reverted_at=reverted_at)


@pytest.mark.parametrize(
    ("broken", "outcome", "words"),
    [
        ([(100.0, 110.0)], Outcome.PASSED, "the revert of"),
        ([(100.0, 110.0), (150.0, 160.0)], Outcome.PASSED, "last client error 9.99 s"),
        ([(100.0, 135.0)], Outcome.FAILED, "last client error 35.0 s after kill-pod"),
        ([(150.0, 185.0)], Outcome.FAILED, "last client error 35.0 s after the revert of kill-pod"),
    ],
)
def test_a_held_fault_disturbs_twice_and_each_time_counts_for_itself(
    broken: list[tuple[float, float]], outcome: Outcome, words: str
) -> None:
    exchanges = [
        failed(e.planned_at) if any(a <= e.planned_at < b for a, b in broken) else e
        for e in stream(80.0, 230.0)
    ]
    verdict = recovery(observation(exchanges, [held(150.0)]), OBJECTIVES)
    assert verdict.outcome is outcome, verdict.explain()
    assert words in verdict.observed


def test_a_held_fault_that_is_over_but_never_available_has_failed() -> None:
    never = replace(held(150.0), available_at=None)
    verdict = recovery(observation(stream(80.0, 230.0), [never]), OBJECTIVES)
    assert verdict.outcome is Outcome.FAILED
    assert "the revert of kill-pod" in verdict.observed


def test_a_fault_disturbs_again_from_when_its_release_began() -> None:
    """A node that starts slows others down before it is Ready, and so before the fault is reverted."""
    exchanges = [failed(e.planned_at) if 146.0 <= e.planned_at < 152.0 else e for e in stream(80.0, 230.0)]
    seen = observation(exchanges, [held(150.0)])
    assert recovery(seen, OBJECTIVES).outcome is Outcome.FAILED
    steps = tuple(
        StepRecord("3", kind, "x", at, at + 9.0)
        for kind, at in (
            ("release", 110.0),
            ("hold", 120.0),
            ("release", 145.0),
            ("wait", 148.0),
            ("release", 151.0),
        )
    )
    released = replace(seen, arms={TROUBLE: replace(seen.trouble, steps=steps)})
    verdict = recovery(released, OBJECTIVES)
    assert verdict.outcome is Outcome.PASSED, verdict.explain()
    assert "last client error 6.99 s" in verdict.observed


def test_a_request_of_the_very_revert_is_the_reverts() -> None:
    exchanges = [failed(e.planned_at) if e.planned_at == 150.0 else e for e in stream(80.0, 230.0)]
    numbers = recovery(observation(exchanges, [held(150.0)]), OBJECTIVES).numbers
    assert numbers["fault-100-revert_last_error_seconds"] == 0.0
    assert "fault-100_last_error_seconds" not in numbers


def test_without_an_error_any_limit_is_met() -> None:
    objectives = OBJECTIVES.model_copy(update={"recovery_seconds": 0.5})
    assert recovery(observation(traffic(), [crash_fault()]), objectives).outcome is Outcome.PASSED
