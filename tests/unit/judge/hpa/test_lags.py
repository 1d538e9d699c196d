"""Where the time went before a decision: two pods of 100m, target 50 %, on a timeline made by hand."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from hpa_world import seen_pod, spec_of

from seatrial.judge.hpa import cycles_in_words, decision_lags
from seatrial.judge.load_step import LoadStep
from seatrial.judge.scaling import rises
from seatrial.model.exchange import GeneratorHealth
from seatrial.model.objectives import Objectives
from seatrial.model.timeline import AutoscalerSeen, Change, Clock, PodSeen, Seen, Timeline, UsageSeen

PODS = [seen_pod(0.0, f"orders-{n}", -3600.0, ready_at=-3500.0) for n in range(2)]
WITHIN, OVER = 52, 100
"""Usage of each pod: 4 % over the target, which is tolerated, and twice the target."""

CPU_SPEC = spec_of(None)
MEMORY = {
    "type": "Resource",
    "resource": {"name": "memory", "target": {"type": "Utilization", "averageUtilization": 50}},
}


def scaler(at: float, desired: int, spec: dict[str, Any] = CPU_SPEC) -> AutoscalerSeen:
    return AutoscalerSeen(at, Change.MODIFIED, "orders", "Deployment/orders", 2, 10, 2, desired, (), (), spec)


def used(at: float, amount: int, *, age: float = 1.5) -> list[UsageSeen]:
    containers = {"app": {"cpu": amount}}
    return [UsageSeen(at, f"orders-{n}", at - age + n / 4, 15.0, containers) for n in range(2)]


def told(*usage: list[UsageSeen], since: float = 5.0, spec: dict[str, Any] = CPU_SPEC) -> list[str]:
    seen: list[Seen] = [
        *PODS,
        scaler(0.0, 2, spec),
        scaler(60.0, 4, spec),
        *(s for one in usage for s in one),
    ]
    timeline = Timeline(0.0, 100.0, Clock(0.0, 0.1, 0.0), tuple(seen))
    return list(decision_lags(timeline, autoscaler="orders", workload="orders", since=since))


ASKED = [
    "usage that asked for more was first served 35.0 s after the step, 1.25 s after it was measured",
    "the controller decided 20.0 s later (it looks every 15 s)",
]


def tolerated(length: str) -> str:
    return f"usage was over the target but within tolerance for {length}"


@pytest.mark.parametrize("spec", [CPU_SPEC, {**CPU_SPEC, "metrics": [*CPU_SPEC["metrics"], MEMORY]}])  # type: ignore[misc]
def test_tolerance_age_and_period_are_told_apart(spec: dict[str, Any]) -> None:
    lines = told(used(10.0, WITHIN), used(25.0, WITHIN + 1), used(40.0, OVER), used(50.0, WITHIN), spec=spec)
    assert lines == [tolerated("30.0 s"), *ASKED]


def test_usage_before_the_step_and_below_the_target_was_not_tolerated() -> None:
    assert told(used(5.0, WITHIN), used(25.0, 50), used(40.0, OVER)) == ASKED
    assert told(used(10.0, WITHIN), used(25.0, 40), used(40.0, OVER)) == [tolerated("15.0 s"), *ASKED]


def test_a_decision_without_a_reading_that_asked_for_it_leaves_only_the_tolerance() -> None:
    assert told(used(10.0, WITHIN)) == [tolerated("50.0 s")]
    assert told(used(10.0, WITHIN), used(30.0, WITHIN + 1)) == [tolerated("50.0 s")]
    assert told(used(60.0, OVER)) == []
    assert told(used(40.0, OVER), since=60.0) == []


def test_usage_that_was_measured_later_than_it_was_served_is_new() -> None:
    assert "0.00 s after it was measured" in told(used(40.0, OVER, age=-0.5))[0]


def cycles(spec: dict[str, Any], *pods: PodSeen, states: bool = True, wanted: int = 9) -> str:
    seen = (*pods, *([scaler(0.0, 2, spec)] if states else []))
    timeline = Timeline(0.0, 100.0, Clock(0.0, 0.1, 0.0), seen)
    return cycles_in_words(timeline, autoscaler="orders", workload="orders", wanted=wanted)


def with_metrics(*metrics: object) -> dict[str, Any]:
    return {**CPU_SPEC, "metrics": list(metrics)}


def test_cycles_are_told_for_the_utilization_of_cpu_only() -> None:
    (cpu,) = CPU_SPEC["metrics"]  # type: ignore[misc]
    both = {"requests": {"app": {"cpu": 100, "memory": 100}}, "limits": {"app": {"cpu": 200, "memory": 200}}}
    pod = dataclasses.replace(PODS[0], **both)
    assert "it takes 2 decisions or more from 2 to 9 replicas" in cycles(with_metrics(MEMORY, cpu), pod)
    assert cycles(with_metrics(MEMORY), pod) == ""
    average = {
        "type": "Resource",
        "resource": {"name": "cpu", "target": {"type": "AverageValue", "averageValue": "50m"}},
    }
    assert cycles(with_metrics(average), pod) == ""
    assert cycles(CPU_SPEC, states=True) == ""
    assert cycles(CPU_SPEC, pod, states=False) == ""
    assert cycles(CPU_SPEC, dataclasses.replace(pod, workload="shop")) == ""


def test_a_container_without_a_limit_hides_nothing() -> None:
    requests = {"app": {"cpu": 100}, "proxy": {"cpu": 100}}
    one = dataclasses.replace(PODS[0], requests=requests, limits={"app": {"cpu": 200}, "proxy": {}})
    assert cycles(CPU_SPEC, one) == ""
    all_of_them = dataclasses.replace(one, limits={"app": {"cpu": 200}, "proxy": {"cpu": 100}})
    assert "a pod uses 300m CPU at most and requests 200m" in cycles(CPU_SPEC, all_of_them)
    none = dataclasses.replace(one, requests={"app": {}, "proxy": {}})
    assert cycles(CPU_SPEC, none) == ""
    named = {
        "type": "ContainerResource",
        "containerResource": {
            "name": "cpu",
            "container": "app",
            "target": {"type": "Utilization", "averageUtilization": 50},
        },
    }
    assert "a pod uses 200m CPU at most and requests 100m" in cycles(with_metrics(named), one)


def test_a_rise_is_told_with_where_the_time_before_the_decision_went() -> None:
    seen = (*PODS, scaler(0.0, 2), scaler(60.0, 4), *used(40.0, OVER), *used(59.0, OVER))
    timeline = Timeline(0.0, 100.0, Clock(0.0, 0.1, 0.0), seen)
    generator = GeneratorHealth(1000, 1000, 0, 0, 0.01, 0.001, 0.03)
    step = LoadStep("orders", "orders", 5.0, 90.0, 9)
    reasons = rises(timeline, step, Objectives(), generator).reasons
    assert reasons[-3:] == (
        *ASKED,
        "a pod uses 200m CPU at most and requests 100m: with a target of 50 % it takes 2 decisions or more "
        "from 2 to 9 replicas",
    )
