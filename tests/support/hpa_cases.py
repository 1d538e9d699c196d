"""Random cases for the autoscaler's oracle, in the form that tests/differential/hpa reads.

Ages are seconds before the decision and end in .5, where windows and periods are whole: no case lies on the
edge of a window, where the moment at which the controller reads its clock would decide.
"""

from __future__ import annotations

import random
from typing import Any

from seatrial.judge.hpa import (
    Autoscaler,
    Behavior,
    Controller,
    Decision,
    Memory,
    Metric,
    Pod,
    Policy,
    Rules,
    Sample,
    View,
    decide,
)

Case = dict[str, Any]


def random_case(chance: random.Random) -> Case:
    """One case: pods, metrics, limits, what the controller remembers."""
    replicas = chance.choice([0, 1, 1, 2, 2, 3, 4, 5, 6, 8, 10, 20])
    pods = [
        _pod(chance, number) for number in range(max(0, replicas + chance.choice([-1, 0, 0, 0, 0, 1, 3])))
    ]
    minimum = chance.choice([1, 1, 1, 1, 2, min(max(replicas, 1), 3)])
    scale_to_zero = chance.random() < 0.15
    if scale_to_zero and chance.random() < 0.5:
        minimum = 0
    behavior = None
    if chance.random() < 0.6:
        behavior = {"Up": _rules(chance), "Down": _rules(chance)}
    kinds = chance.sample(
        ["cpu", "memory", "container", "Pods", "Object", "External"], chance.choice([1, 1, 1, 2, 3])
    )
    pressure = chance.choice([0.3, 0.6, 0.9, 1.0, 1.05, 1.1, 1.3, 2.0, 5.0])
    return {
        "Spec": replicas,
        "Status": max(0, replicas + chance.choice([0, 0, 0, 0, -1, 1])),
        "Minimum": minimum,
        "Maximum": max(minimum, replicas if chance.random() < 0.95 else 1, 1)
        + chance.choice([0, 2, 5, 10, 30]),
        "Pods": pods,
        "Metrics": [_metric(chance, kind, pods, replicas, pressure) for kind in kinds],
        "Behavior": behavior,
        "Recommendations": _past(chance, [0, 1, 2, 3, 4, 5, 6, 8, 10, 15, 25], 400),
        "Grown": _past(chance, [1, 2, 3, 4], 200) if behavior else [],
        "Shrunk": _past(chance, [1, 2, 3, 4], 200) if behavior else [],
        "ScaleToZero": scale_to_zero,
        "ScaledToZero": scale_to_zero and chance.random() < 0.7,
    }


def _past(chance: random.Random, counts: list[int], oldest: int) -> list[dict[str, Any]]:
    size = chance.choice([0, 0, 1, 2, 5])
    ages = sorted((chance.randint(0, oldest) + 0.5 for _ in range(size)), reverse=True)
    return [{"Age": age, "Count": chance.choice(counts)} for age in ages]


def _pod(chance: random.Random, number: int) -> Case:
    started = chance.choice([None] * 1 + [chance.randint(0, 700) + 0.5] * 9)
    ready_age = (started or 0) - chance.choice([0, 0, 2, 5, 20, 29, 30, 31, 60, 200])
    containers = {"app": {"cpu": chance.choice([50, 100, 100, 250, 333]), "memory": 128_000}}
    if chance.random() < 0.3:
        containers["proxy"] = {"cpu": chance.choice([10, 50]), "memory": 32_000}
    if chance.random() < 0.02:
        del containers["app"][chance.choice(["cpu", "memory"])]
    return {
        "Name": f"pod-{number}",
        "Phase": chance.choices(["Running", "Pending", "Failed", "Succeeded", "Unknown"], [88, 6, 3, 2, 1])[
            0
        ],
        "Deleting": chance.random() < 0.05,
        "Ready": chance.choices(["True", "False", "Unknown", ""], [80, 14, 3, 3])[0],
        "ReadyAge": max(ready_age, 0.5),
        "StartAge": started,
        "Requests": containers,
        "PodRequests": {"cpu": chance.choice([120, 400])} if chance.random() < 0.05 else {},
    }


def _metric(chance: random.Random, kind: str, pods: list[Case], replicas: int, pressure: float) -> Case:
    metric: Case = {"Kind": kind, "TargetType": "AverageValue", "Resource": "", "Container": "", "Target": 0}
    metric |= {"Samples": {}, "Values": [], "Failure": ""}
    if kind in ("Object", "External"):
        metric["TargetType"] = chance.choice(["AverageValue", "Value"])
        metric["Target"] = chance.choice([500, 1000, 3000, 10_000])
        factor = max(replicas, 1) if metric["TargetType"] == "AverageValue" else 1
        total = round(metric["Target"] * factor * pressure * chance.uniform(0.9, 1.1))
        parts = 1 if kind == "Object" else chance.choice([1, 2, 3])
        metric["Values"] = [total // parts + (number < total % parts) for number in range(parts)]
    else:
        metric |= _resource(chance, kind)
        metric["Samples"] = _samples(chance, metric, pods, pressure)
    if chance.random() < 0.06:
        metric["Failure"] = "the metrics API is away"
    return metric


def _resource(chance: random.Random, kind: str) -> Case:
    if kind == "Pods":
        return {"Kind": "Pods", "Target": chance.choice([1000, 5000, 12_345])}
    utilization = chance.random() < 0.75
    found = {
        "Kind": "ContainerResource" if kind == "container" else "Resource",
        "Resource": "memory" if kind == "memory" else "cpu",
        "Container": chance.choice(["app", "app", "app", "proxy"]) if kind == "container" else "",
        "TargetType": "Utilization" if utilization else "AverageValue",
    }
    plain = [100_000, 160_000] if kind == "memory" else [60, 100, 250]
    return found | {
        "Target": chance.choice([1, 50, 60, 75, 80, 100, 130, 200]) if utilization else chance.choice(plain)
    }


def _samples(chance: random.Random, metric: Case, pods: list[Case], pressure: float) -> dict[str, Case]:
    samples = {}
    names = [pod["Name"] for pod in pods if chance.random() < 0.93]
    if chance.random() < 0.04:
        names.append("gone-already")
    for name in names:
        base = metric["Target"]
        if metric["TargetType"] == "Utilization":
            request = 128_000 if metric["Resource"] == "memory" else 100
            base = request * metric["Target"] / 100
        samples[name] = {
            "Value": round(base * pressure * chance.choice([1.0, 1.0, chance.uniform(0.2, 1.8)])),
            "Age": chance.randint(0, 60) + 0.5,
            "Window": chance.choice([10.0, 15.0, 30.0]),
        }
    return samples


def _rules(chance: random.Random) -> Case | None:
    if chance.random() < 0.2:
        return None
    policies = None
    if chance.random() < 0.7:
        policies = [
            {
                "Kind": chance.choice(["Pods", "Percent"]),
                "Value": chance.choice([1, 2, 4, 10, 50, 100, 150]),
                "Period": chance.choice([1, 15, 60, 180]),
            }
            for _ in range(chance.choice([1, 1, 2, 3]))
        ]
    return {
        "Stabilization": chance.choice([None, 0, 0, 30, 60, 300]),
        "Select": chance.choice([None, "Max", "Min", "Disabled"]) if chance.random() < 0.6 else None,
        "Policies": policies,
        "Tolerance": chance.choice([0, 20, 50, 57, 100, 290]) if chance.random() < 0.3 else None,
    }


def decided(case: Case) -> Decision:
    """What the oracle says of a case. The decision is at time 0."""
    return decide(*_inputs(case))


def _inputs(case: Case) -> tuple[Autoscaler, View, Memory, Controller]:
    behavior = case["Behavior"]
    spec = Autoscaler(
        maximum=case["Maximum"],
        minimum=case["Minimum"],
        metrics=tuple(_read_metric(metric) for metric in case["Metrics"]),
        behavior=None
        if behavior is None
        else Behavior(_read_rules(behavior["Up"]), _read_rules(behavior["Down"])),
        scaled_to_zero=case["ScaledToZero"],
    )
    view = View(0.0, case["Spec"], case["Status"], tuple(_read_pod(pod) for pod in case["Pods"]))
    memory = Memory(
        *(
            tuple((-past["Age"], past["Count"]) for past in case[key])
            for key in ("Recommendations", "Grown", "Shrunk")
        )
    )
    return spec, view, memory, Controller(scale_to_zero=case["ScaleToZero"])


def _read_pod(pod: Case) -> Pod:
    return Pod(
        name=pod["Name"],
        phase=pod["Phase"],
        deleting=pod["Deleting"],
        ready=pod["Ready"],
        ready_since=-pod["ReadyAge"],
        started_at=None if pod["StartAge"] is None else -pod["StartAge"],
        requests=pod["Requests"],
        pod_requests=pod["PodRequests"],
    )


def _read_metric(metric: Case) -> Metric:
    samples = {
        name: Sample(sample["Value"], -sample["Age"], sample["Window"])
        for name, sample in metric["Samples"].items()
    }
    return Metric(
        kind=metric["Kind"],
        target_type=metric["TargetType"],
        target=metric["Target"],
        resource=metric["Resource"],
        container=metric["Container"],
        samples=samples,
        values=tuple(metric["Values"]),
        failure=metric["Failure"],
    )


def _read_rules(rules: Case | None) -> Rules:
    if rules is None:
        return Rules()
    policies = rules["Policies"]
    return Rules(
        stabilization_seconds=rules["Stabilization"],
        select=rules["Select"],
        policies=None
        if policies is None
        else tuple(Policy(p["Kind"], p["Value"], p["Period"]) for p in policies),
        tolerance=None if rules["Tolerance"] is None else rules["Tolerance"] * 0.001,
    )
