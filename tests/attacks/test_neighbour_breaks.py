"""Tried: a workload is disturbed and holds, but its neighbour breaks; nobody looked at the neighbour."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest
from observations import (
    crash_fault,
    dropped,
    health,
    observation,
    pod,
    stream,
    three_faults,
    timeline,
    workload,
)

from seatrial.judge.bystanders import bystanders, bystanders_of
from seatrial.judge.disruption import involuntary, voluntary, with_bystanders
from seatrial.model.exchange import Exchange, ExchangeOutcome
from seatrial.model.observation import TROUBLE, Observation
from seatrial.model.system import System
from seatrial.model.verdict import Outcome, Verdict

NEIGHBOUR = replace(pod(80.0, "stock-1", uid="uid-stock"), workload="stock", ip="10.0.0.7")


def system(**more: Any) -> System:
    workloads = {
        name: {"kind": "Deployment", "name": name, "stateless": True} for name in ("orders", "stock")
    }
    workloads["orders"]["load_step"] = {"journey": "burn", "per_second": 10, "replicas": 4}
    journeys = {name: {"request": {"path": "/"}} for name in ("browse", "count", "burn")}
    journeys["count"] |= more
    return System.model_validate(
        {
            "apiVersion": "seatrial/v1",
            "kind": "System",
            "metadata": {"name": "shop"},
            "target": {"context": "nowhere", "namespace": "shop"},
            "entry": {"url": "http://127.0.0.1:1"},
            "workloads": workloads,
            "journeys": journeys,
        }
    )


def beside(
    fails: Callable[[float], bool] = lambda _: False,
    *,
    latency: float = 0.01,
    slow_from: float = 100.0,
    per_second: float = 5.0,
) -> list[Exchange]:
    """Requests of the journey `count`, which the neighbour answers, from 90 to 140; slow from 100 on."""
    sent = [replace(e, journey="count", backend="stock-1") for e in stream(90, 140, per_second=per_second)]
    return [
        replace(e, outcome=ExchangeOutcome.UNKNOWN, status=503, error="status 503", backend="")
        if fails(e.planned_at)
        else replace(e, completed_at=e.planned_at + (latency if e.planned_at >= slow_from else 0.01))
        for e in sent
    ]


def seen(others: Sequence[Exchange], *, crash: bool = False, **more: Any) -> Observation:
    """The subject's own journey holds all along."""
    faults = [crash_fault()] if crash else three_faults()
    watched = timeline(workload(1.0), NEIGHBOUR)
    made = observation([*stream(90, 140), *others], faults, timeline=watched)
    return replace(
        made, target="orders", journey="browse", system=system(**more), disruption=faults[0].disruption
    )


def judged(observed: Observation) -> Verdict:
    return involuntary(observed) if observed.faults[0].fault == "kill-pod" else voluntary(observed)


@pytest.mark.parametrize("crash", [False, True])
def test_a_neighbour_that_holds_is_no_matter(crash: bool) -> None:
    verdict = judged(seen(beside(), crash=crash))
    assert verdict.outcome is Outcome.PASSED, verdict.explain()
    assert "bystander count of stock" in verdict.observed


def test_a_neighbour_that_breaks_has_failed_and_is_named_with_its_journey() -> None:
    verdict = judged(seen(beside(lambda at: 100 <= at < 110)))
    assert verdict.outcome is Outcome.FAILED
    assert "bystander count of stock: 50 of 200 requests failed (50x status 503)" in verdict.observed
    assert "stock broke while orders was disturbed (journey count)" in verdict.next_step


def test_after_a_crash_it_has_its_error_budget_and_no_more() -> None:
    assert judged(seen(beside(lambda at: 100 <= at < 104), crash=True)).outcome is Outcome.PASSED
    tight = seen(beside(lambda at: 100 <= at < 104), crash=True, objectives={"availability": 0.99999})
    assert judged(tight).outcome is Outcome.FAILED
    long = judged(seen(beside(lambda at: 100 <= at < 135), crash=True))
    assert long.outcome is Outcome.FAILED
    assert "bystander count of stock: 35 failed seconds, longest outage 35.0 s" in long.observed


def test_a_slow_neighbour_has_failed_by_its_own_objective() -> None:
    slow = beside(latency=0.4)
    verdict = judged(seen(slow))
    assert verdict.outcome is Outcome.FAILED
    assert "bystander count of stock: p99 400 ms" in verdict.observed
    assert judged(seen(slow, objectives={"latency_p99_ms": 500})).outcome is Outcome.PASSED
    assert judged(seen(slow, objectives={"disruption_latency_p99_ms": {"delete-pod": 500}})).passed
    late = seen(slow)
    arm = replace(late.trouble, generator=health(1000, late=100))
    assert bystanders(replace(late, arms={TROUBLE: arm})).outcome is Outcome.INCONCLUSIVE  # type: ignore[union-attr]


def test_a_neighbour_that_was_slow_before_is_not_put_down_to_the_disturbance() -> None:
    verdict = judged(seen(beside(latency=0.4, slow_from=0.0)))
    assert verdict.outcome is Outcome.PASSED
    assert "48 of 48 answers slow before the disturbance" in verdict.observed


def test_its_availability_is_its_own_too() -> None:
    twice = beside(lambda at: 100.0 <= at < 100.4)
    assert judged(seen(twice)).outcome is Outcome.FAILED
    assert judged(seen(twice, objectives={"availability": 0.9})).outcome is Outcome.PASSED


@pytest.mark.parametrize("slow", [0.01, 9.0])
def test_few_of_its_requests_are_inconclusive(slow: float) -> None:
    verdict = judged(seen(beside(latency=slow, per_second=2.0)))
    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert "80 answers say nothing about a p99" in verdict.observed


def test_what_it_failed_before_is_not_the_disturbances_doing() -> None:
    verdict = judged(seen(beside(lambda at: at < 95)))
    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert "failed before anything was disturbed" in verdict.observed


def test_what_was_in_flight_then_is_the_disturbances_doing() -> None:
    cut = replace(beside(lambda at: True)[49], completed_at=100.1)
    assert cut.planned_at == 99.8
    [found] = bystanders_of(seen([*beside()[:49], cut, *beside()[50:]]), 100.0)
    assert cut in found.sent
    assert len(found.before) == 49
    unanswered = replace(cut, completed_at=None)
    [found] = bystanders_of(seen([unanswered]), 100.0)
    assert found.sent == (unanswered,)


def test_load_for_an_autoscaler_is_no_bystander() -> None:
    load = [replace(e, journey="burn") for e in beside(lambda at: at > 100)]
    assert bystanders(seen(load)) is None
    assert judged(seen(load)).outcome is Outcome.PASSED


def test_under_a_load_step_a_neighbour_must_hold_and_the_loaded_workload_may_be_slow() -> None:
    step = replace(seen(beside(latency=0.4)), scenario="load-step")
    calm = Verdict(Outcome.PASSED, "rose", "rise")
    arm = replace(step.trouble, faults=())
    under_load = replace(step, arms={TROUBLE: arm})
    assert with_bystanders(under_load, calm, 100.0).outcome is Outcome.FAILED
    own = tuple(replace(e, backend="orders") for e in under_load.exchanges)
    loaded = replace(under_load, arms={TROUBLE: replace(arm, exchanges=own)})
    assert with_bystanders(loaded, calm, 100.0).outcome is Outcome.PASSED
    assert with_bystanders(under_load, calm) == calm, "nothing was disturbed"


def test_every_other_user_action_is_a_bystander() -> None:
    assert system().bystanders_of("browse") == ["count"]
    assert system().bystanders_of("count") == ["browse"]
    writes = system(request={"method": "POST", "path": "/"})
    assert writes.bystanders_of("browse", only_reading=True) == []
    assert writes.bystanders_of("browse") == ["count"]


def test_in_a_fault_a_journey_of_the_disturbed_workload_must_be_in_time_too() -> None:
    slow = [replace(e, backend="orders") for e in beside(latency=0.4)]
    assert judged(seen(slow)).outcome is Outcome.FAILED


def test_arrivals_that_were_never_sent_are_not_its_failures() -> None:
    never = [replace(e, journey="count") for e in map(dropped, (100.5, 101.5, 102.5, 103.5))]
    [found] = bystanders_of(seen([*beside(), *never]), 100.0)
    assert len(found.before) + len(found.sent) == len(beside())
