"""From a manifest to the oracle's records."""

import pytest

from seatrial.judge.hpa import Autoscaler, Behavior, Metric, Policy, Rules, autoscaler_from


def metric(kind: str, **body: object) -> dict[str, object]:
    return {"type": kind, kind[:1].lower() + kind[1:]: body}


def test_every_kind_of_metric() -> None:
    spec = {
        "maxReplicas": 8,
        "metrics": [
            metric("Resource", name="cpu", target={"type": "Utilization", "averageUtilization": 60}),
            metric("Resource", name="memory", target={"type": "AverageValue", "averageValue": "64Mi"}),
            metric(
                "ContainerResource",
                name="cpu",
                container="app",
                target={"type": "AverageValue", "averageValue": "250m"},
            ),
            metric("Pods", metric={"name": "rps"}, target={"type": "AverageValue", "averageValue": "1k"}),
            metric("Object", metric={"name": "queue"}, target={"type": "Value", "value": "30"}),
            metric("External", metric={"name": "lag"}, target={"type": "AverageValue", "averageValue": 5}),
        ],
    }
    assert autoscaler_from(spec) == Autoscaler(
        8,
        (
            Metric("Resource", "Utilization", 60, resource="cpu"),
            Metric("Resource", "AverageValue", 64 * 1024**2 * 1000, resource="memory"),
            Metric("ContainerResource", "AverageValue", 250, resource="cpu", container="app"),
            Metric("Pods", "AverageValue", 1_000_000, name="rps"),
            Metric("Object", "Value", 30_000, name="queue"),
            Metric("External", "AverageValue", 5_000, name="lag"),
        ),
    )


def test_behavior_keeps_what_is_not_written_open() -> None:
    spec = {
        "minReplicas": 0,
        "maxReplicas": 3,
        "behavior": {
            "scaleUp": {
                "stabilizationWindowSeconds": 0,
                "tolerance": "0.05",
                "policies": [{"type": "Pods", "value": 2, "periodSeconds": 15}],
            },
            "scaleDown": {"selectPolicy": "Disabled"},
        },
    }
    found = autoscaler_from(spec)
    assert found.minimum == 0
    assert found.behavior == Behavior(
        Rules(0, None, (Policy("Pods", 2, 15),), 0.05), Rules(select="Disabled")
    )
    assert autoscaler_from({"maxReplicas": 3}).behavior is None


def test_a_metric_without_a_target_is_named() -> None:
    spec = {"maxReplicas": 3, "metrics": [metric("Pods", metric={"name": "rps"}, target={"type": "Value"})]}
    with pytest.raises(ValueError, match="the Pods metric rps has no usable target"):
        autoscaler_from(spec)
