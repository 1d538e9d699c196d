"""A load step of an autoscaled workload by hand, as the checks of `scaling` judge it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from observations import autoscaler, exchange, health, pod, stream, timeline, workload

from seatrial.judge.scaling import follows_load
from seatrial.model.exchange import GeneratorHealth
from seatrial.model.observation import TROUBLE, Arm, Observation
from seatrial.model.step import StepRecord
from seatrial.model.system import System
from seatrial.model.timeline import Change, PodSeen, Seen
from seatrial.model.verdict import Verdict

# Load from 100 to 300; replicas needed: 4; objectives: up in 150 s, down in 300 s.
BEFORE: list[Seen] = [workload(90.0, 2, 2), autoscaler(90.0, 2)]
UP: list[Seen] = [
    autoscaler(115.0, 2, metrics=("cpu 134 % of 60 %",)),
    autoscaler(130.0, 5, metrics=("cpu 134 % of 60 %",), conditions=("AbleToScale",)),
    workload(130.1, 5, 2),
    pod(130.2, "orders-a", uid="a", change=Change.ADDED, node=""),
    pod(130.3, "orders-a", uid="a"),
    pod(131.0, "orders-a", uid="a", started_at=131.0),
    pod(132.5, "orders-a", uid="a", started_at=131.0, ready=True),
    workload(133.0, 5, 4),
    workload(134.0, 5, 5),
]
NEW_POD = [state for state in UP if isinstance(state, PodSeen)]
DOWN: list[Seen] = [
    autoscaler(400.0, 2, current=5, metrics=("cpu 5 % of 60 %",)),
    workload(400.1, 2, 5, current=5),
    pod(400.2, "orders-a", uid="a", started_at=131.0, ready=True, deleting=True),
    workload(401.0, 2, 2),
    pod(406.2, "orders-a", uid="a", change=Change.DELETED, deleting=True),
]
TRAFFIC = stream(90, 500, per_second=20, backend="orders-a")


SYSTEM = System.model_validate(
    {
        "apiVersion": "seatrial/v1",
        "kind": "System",
        "metadata": {"name": "shop"},
        "target": {"context": "nowhere", "namespace": "shop"},
        "entry": {"url": "http://127.0.0.1:1"},
        "workloads": {
            "orders": {
                "kind": "Deployment",
                "name": "orders",
                "autoscaled": "orders",
                "load_step": {"journey": "quote", "per_second": 100, "replicas": 4},
            }
        },
        "journeys": {name: {"request": {"path": "/"}} for name in ("browse", "quote")},
        "objectives": {"scale_up_seconds": 150, "scale_down_seconds": 300},
    }
)
FIRST_OF_THE_LOAD = replace(exchange(100.0), journey="quote")


def observed(
    seen: list[Seen],
    exchanges: list[Any] | None = None,
    *,
    ledger: bool = False,
    generator: GeneratorHealth | None = None,
    load_ended_at: float | None = 300.0,
    watched_until: float = 700.0,
    gaps: tuple[tuple[float, float], ...] = (),
) -> Observation:
    """Of a load that began at 100; `load_ended_at` None: it was never ended."""
    steps = [StepRecord("1", "traffic", "load", 99.9, 100.1)]
    if load_ended_at is not None:
        steps.append(StepRecord("2", "stop", "load", load_ended_at, load_ended_at + 1))
    arm = Arm(
        (FIRST_OF_THE_LOAD, *(TRAFFIC if exchanges is None else exchanges)),
        health(),
        timeline=replace(timeline(*seen, ended_at=watched_until), gaps=gaps, ledger=ledger),
        steps=tuple(steps),
        streams={"load": generator or health(20000)},
    )
    return Observation({TROUBLE: arm}, target="orders", system=SYSTEM)


def judged(seen: list[Seen], exchanges: list[Any] | None = None, **more: Any) -> Verdict:
    return follows_load(observed(seen, exchanges, **more))
