"""A HorizontalPodAutoscaler's manifest as the oracle's records (autoscaling/v2)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from seatrial.judge.hpa.records import RESOURCES, Autoscaler, Behavior, Metric, Policy, Rules
from seatrial.model.metric import metric_body, metric_name
from seatrial.model.quantity import thousandths

Fields = Mapping[str, Any]


def autoscaler_from(spec: Fields) -> Autoscaler:
    """What `spec` of a HorizontalPodAutoscaler says; its metrics hold no samples yet.

    Raises:
        ValueError: there is no maxReplicas, or a metric has no target, or one that is no quantity.
    """
    if "maxReplicas" not in spec:
        raise ValueError("its spec has no maxReplicas")
    behavior = spec.get("behavior")
    return Autoscaler(
        maximum=int(spec["maxReplicas"]),
        metrics=tuple(metric_from(entry) for entry in spec.get("metrics") or ()),
        minimum=1 if spec.get("minReplicas") is None else int(spec["minReplicas"]),
        behavior=None if behavior is None else behavior_from(behavior),
    )


def metric_from(entry: Fields) -> Metric:
    """One entry of spec.metrics."""
    kind, body = str(entry["type"]), metric_body(entry)
    target = body.get("target") or {}
    target_type = str(target.get("type"))
    resource = str(body.get("name") or "") if kind in RESOURCES else ""
    amount: int | None
    if target_type == "Utilization":
        amount = target.get("averageUtilization")
    else:
        amount = thousandths(target.get("averageValue" if target_type == "AverageValue" else "value"))
    if amount is None:
        raise ValueError(f"the {kind} metric {metric_name(entry)} has no usable target: {dict(target)}")
    return Metric(
        kind=kind,  # type: ignore[arg-type]
        target_type=target_type,  # type: ignore[arg-type]
        target=int(amount),
        name="" if resource else metric_name(entry),
        resource=resource,
        container=str(body.get("container") or ""),
    )


def behavior_from(behavior: Fields) -> Behavior:
    """spec.behavior; a direction that it does not mention keeps the defaults."""
    return Behavior(_rules(behavior.get("scaleUp") or {}), _rules(behavior.get("scaleDown") or {}))


def _rules(given: Fields) -> Rules:
    policies = given.get("policies")
    tolerance = thousandths(given.get("tolerance"))
    return Rules(
        stabilization_seconds=given.get("stabilizationWindowSeconds"),
        select=given.get("selectPolicy"),
        policies=None
        if policies is None
        else tuple(Policy(p["type"], int(p["value"]), int(p["periodSeconds"])) for p in policies),
        tolerance=None if tolerance is None else tolerance / 1000,
    )
