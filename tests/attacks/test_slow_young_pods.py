"""Tried: pods need 400 ms a request in their first 15 s; the objective is 200 ms, and no request fails."""

from dataclasses import replace

import pytest
from observations import failed, fault, health, observation, pod, stream, timeline

from seatrial.judge.disruption import voluntary
from seatrial.model.exchange import Exchange
from seatrial.model.observation import TROUBLE, Observation
from seatrial.model.system import System
from seatrial.model.verdict import Outcome

SYSTEM = {
    "apiVersion": "seatrial/v1",
    "kind": "System",
    "metadata": {"name": "shop"},
    "target": {"context": "nowhere", "namespace": "shop"},
    "entry": {"url": "http://127.0.0.1:1", "served_by": "x-pod"},
    "workloads": {"orders": {"kind": "Deployment", "name": "orders", "stateless": True}},
    "journeys": {"browse": {"request": {"path": "/"}}},
}
FAULTS = tuple(fault(at, at + 12.0, uid=f"old-{at:g}") for at in (100.0, 120.0, 140.0))
READY = {f"new-{each.injected_at:g}": each.injected_at + 2.0 for each in FAULTS}
STATES = [
    state
    for name, at in READY.items()
    for state in (pod(at - 1.5, name, uid=name), pod(at, name, uid=name, ready=True))
]
OLD = pod(50.0, "old", uid="old", ready=True)


def seen(
    *, warm_seconds: float = 15.0, slow: float = 0.4, named: bool = True, everywhere: bool = False
) -> Observation:
    """Each replaced pod has a successor that answers every second request, slowly while it is young."""

    def answer(number: int, sent: Exchange) -> Exchange:
        young = [(name, at) for name, at in READY.items() if at <= sent.planned_at < at + 18.0]
        name, ready_at = young[0] if young and number % 2 else ("old", 0.0)
        late = everywhere or sent.planned_at - ready_at < warm_seconds
        during = any(each.injected_at <= sent.planned_at <= each.injected_at + 12 for each in FAULTS)
        latency = slow if late and during else 0.01
        return replace(sent, completed_at=sent.planned_at + latency, backend=name if named else "")

    exchanges = [answer(number, sent) for number, sent in enumerate(stream(90, 170))]
    made = observation(exchanges, FAULTS, timeline=timeline(OLD, *STATES))
    return with_objectives(replace(made, target="orders", journey="browse"), latency_p99_ms=200)


def with_objectives(observed: Observation, **objectives: object) -> Observation:
    return replace(observed, system=System.model_validate(SYSTEM | {"objectives": objectives}))


def test_slow_answers_of_young_pods_fail_and_are_put_down_to_their_age() -> None:
    verdict = voluntary(seen())
    assert verdict.outcome is Outcome.FAILED
    assert verdict.observed == "p99 400 ms of 3603 answers during the disruptions"
    assert verdict.expected == "p99 at most 200 ms during the disruptions"
    assert "1500 of 1500 slow answers came from new pods (new-100, new-120, new-140)" in verdict.next_step
    assert "in their first 9.99 s after Ready (p99 400 ms, 10 ms from others)" in verdict.next_step


def test_pods_that_are_warm_when_they_are_ready_pass() -> None:
    verdict = voluntary(seen(warm_seconds=0.0))
    assert verdict.outcome is Outcome.PASSED, verdict.explain()
    assert "p99 10 ms of 3603 answers" in verdict.observed
    assert verdict.numbers["disruption_latency_p99_ms"] == 10.0


@pytest.mark.parametrize(("slow", "outcome"), [(0.1999, Outcome.PASSED), (0.2001, Outcome.FAILED)])
def test_the_objective_is_the_limit(slow: float, outcome: Outcome) -> None:
    assert voluntary(seen(slow=slow)).outcome is outcome


def test_latency_that_every_pod_has_is_not_put_down_to_the_young_ones() -> None:
    verdict = voluntary(seen(everywhere=True))
    assert verdict.outcome is Outcome.FAILED
    assert "Answers of old and new pods alike were slow" in verdict.next_step


def test_without_names_it_has_failed_and_no_cause_is_made_up() -> None:
    verdict = voluntary(seen(named=False))
    assert verdict.outcome is Outcome.FAILED
    assert "No answer says which pod it came from" in verdict.next_step


def test_a_fault_may_have_an_objective_of_its_own() -> None:
    wide = {"delete-pod": 500}
    assert voluntary(with_objectives(seen(), disruption_latency_p99_ms=wide)).outcome is Outcome.PASSED
    other = with_objectives(seen(), latency_p99_ms=200, disruption_latency_p99_ms={"drain-node": 500})
    assert voluntary(other).outcome is Outcome.FAILED


def test_a_late_generator_makes_latency_no_failure_of_the_system() -> None:
    late = seen()
    arm = replace(late.trouble, generator=health(1000, late=100))
    assert voluntary(replace(late, arms={TROUBLE: arm})).outcome is Outcome.INCONCLUSIVE


def test_failed_requests_and_slow_ones_are_both_told() -> None:
    both = seen()
    arm = replace(both.trouble, exchanges=(*both.exchanges, failed(105.0)))
    verdict = voluntary(replace(both, arms={TROUBLE: arm}))
    assert verdict.outcome is Outcome.FAILED
    assert "1 of 3604 requests begun" in verdict.observed
    assert "p99 400 ms" in verdict.observed


def test_pods_that_were_slow_before_are_not_cleared_by_the_few_that_are_young() -> None:
    """Young pods gave most of the slow answers, but others were no faster than the objective allows."""
    young = seen()
    slow = [
        replace(e, completed_at=e.planned_at + 0.4) if e.backend == "old" and not n % 40 else e
        for n, e in enumerate(young.exchanges)
    ]
    verdict = voluntary(replace(young, arms={TROUBLE: replace(young.trouble, exchanges=tuple(slow))}))
    assert verdict.outcome is Outcome.FAILED
    assert "Answers of old and new pods alike were slow" in verdict.next_step
