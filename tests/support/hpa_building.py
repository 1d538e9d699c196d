"""Short ways to write what an autoscaler's controller sees. It decides at time 0; ages are seconds."""

from __future__ import annotations

from dataclasses import replace
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

OLD = 3600.0


def pod(number: int = 0, request: int = 100, **more: Any) -> Pod:
    """A pod that has been Ready for an hour, one container `app`; `request` is of CPU and memory."""
    started = more.pop("age", OLD)
    ready_for = more.pop("ready_for", started)
    return Pod(
        name=f"pod-{number}",
        started_at=None if started is None else -started,
        ready_since=-(ready_for if ready_for is not None else 0.0),
        requests=more.pop("requests", {"app": {"cpu": request, "memory": request}}),
        **more,
    )


def pods(count: int, request: int = 100) -> tuple[Pod, ...]:
    return tuple(pod(number, request) for number in range(count))


def resource(target: int, *usage: int | None, kind: str = "cpu", **more: Any) -> Metric:
    """Utilization in percent; `usage` is thousandths of pod-0, pod-1, ..; None is no sample."""
    age, window = more.pop("sample_age", 5.0), more.pop("window", 15.0)
    samples = {f"pod-{n}": Sample(value, -age, window) for n, value in enumerate(usage) if value is not None}
    fields: dict[str, Any] = {"kind": "Resource", "target_type": "Utilization", "resource": kind, **more}
    return Metric(target=target, samples=samples, **fields)


def plain(target: int, *usage: int | None, **more: Any) -> Metric:
    """AverageValue of a Pods metric."""
    fields: dict[str, Any] = {"kind": "Pods", "target_type": "AverageValue", "name": "rps", **more}
    return replace(resource(target, *usage), **{"resource": "", **fields})


def total(kind: str, target_type: str, target: int, *values: int) -> Metric:
    """An Object or External metric."""
    return Metric(kind=kind, target_type=target_type, target=target, name="jobs", values=values)  # type: ignore[arg-type]


BROKEN = resource(50, failure="the metrics API is away")


def asked(
    metric: Metric | tuple[Metric, ...],
    seen: tuple[Pod, ...] | int,
    *,
    spec: int | None = None,
    status: int | None = None,
    bounds: tuple[int, int] = (1, 100),
    behavior: Behavior | None = None,
    memory: Memory | None = None,
    scaled_to_zero: bool = False,
    **flags: Any,
) -> Decision:
    """The decision.

    By default spec and status are the number of pods, and the controller remembers nothing that matters any
    more. `Memory()` is a controller that has just started.
    """
    found = pods(seen) if isinstance(seen, int) else seen
    current = len(found) if spec is None else spec
    metrics = metric if isinstance(metric, tuple) else (metric,)
    autoscaler = Autoscaler(bounds[1], metrics, bounds[0], behavior, scaled_to_zero)
    view = View(0.0, current, current if status is None else status, found)
    remembered = recommended((400, 0)) if memory is None else memory
    return decide(autoscaler, view, remembered, Controller(**flags))


def up(*policies: tuple[str, int, int], **more: Any) -> Behavior:
    return Behavior(scale_up=rules(*policies, **more))


def down(*policies: tuple[str, int, int], **more: Any) -> Behavior:
    return Behavior(scale_down=rules(*policies, **more))


def rules(
    *policies: tuple[str, int, int], window: int | None = None, select: Any = None, **more: Any
) -> Rules:
    listed = tuple(Policy(kind, value, period) for kind, value, period in policies) or None  # type: ignore[arg-type]
    return Rules(window, select, listed, more.get("tolerance"))


def past(*items: tuple[float, int]) -> tuple[tuple[float, int], ...]:
    """(age, number) pairs, as the controller remembers them."""
    return tuple((-age, number) for age, number in items)


def recommended(*items: tuple[float, int]) -> Memory:
    return Memory(recommendations=past(*items))
