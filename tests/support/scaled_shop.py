"""A shop whose orders are scaled out under a load step, with a neighbour that shares a store with them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from load_steps import BEFORE, DOWN, UP, observed
from observations import exchange, pod, stream

from seatrial.judge.neighbours import breaks_no_neighbour
from seatrial.model.exchange import Exchange, ExchangeOutcome
from seatrial.model.log import LogLine
from seatrial.model.observation import TROUBLE, Observation
from seatrial.model.system import System
from seatrial.model.timeline import Change, PodSeen, Seen
from seatrial.model.verdict import Verdict

# The load lasts from 100 to 300; one pod of orders is added at 130.2, runs at 131, and is gone at 406.2.
OWN = [
    replace(pod(1.0, f"orders-{n}", uid=f"o{n}", started_at=0.5, ready=True), ip=f"10.0.1.{n}")
    for n in (1, 2)
]
ADDED = [
    *(state for state in UP if not isinstance(state, PodSeen)),
    *(replace(state, ip="10.0.1.9") for state in UP if isinstance(state, PodSeen)),
    *(
        replace(pod(at, "orders-b", uid="b", started_at=131.0 if at > 131 else None, **more), ip="10.0.1.8")
        for at, more in ((130.9, {"change": Change.ADDED}), (131.5, {}), (132.5, {"ready": True}))
    ),
]
GONE = [
    *DOWN, pod(400.3, "orders-b", uid="b", started_at=131.0, ready=True, deleting=True),
    pod(407.0, "orders-b", uid="b", change=Change.DELETED, deleting=True),
]  # fmt: skip
STOCK = replace(pod(1.0, "stock-1", uid="s1", started_at=0.5, ready=True), workload="stock", ip="10.0.2.1")
STORE = replace(pod(1.0, "store-0", uid="d0", started_at=0.5, ready=True), workload="store", ip="10.0.3.1")
SOUND: list[Seen] = [*BEFORE, *OWN, STOCK, STORE, *ADDED, *GONE]
NO_SLOT = "FATAL:  remaining connection slots are reserved for roles with the SUPERUSER attribute"


def system(*, own_cluster: bool = False, **count: Any) -> System:
    step = {"journey": "quote", "per_second": 100, "replicas": 4}
    target: dict[str, Any] = {"namespace": "shop"}
    target |= {"kind": {"config": "kind.yaml"}} if own_cluster else {"context": "nowhere"}
    return System.model_validate(
        {
            "apiVersion": "seatrial/v1",
            "kind": "System",
            "metadata": {"name": "shop"},
            "target": target,
            "entry": {"url": "http://127.0.0.1:1", "served_by": "x-pod"},
            "workloads": {
                "orders": {"kind": "Deployment", "name": "orders", "autoscaled": "orders", "load_step": step},
                "stock": {"kind": "Deployment", "name": "stock"},
                "store": {"kind": "StatefulSet", "name": "store"},
            },
            "journeys": {
                "browse": {"request": {"path": "/"}, "through": ["orders", "store"]},
                "quote": {"request": {"path": "/"}, "through": ["orders"]},
                "count": {"request": {"path": "/"}, "through": ["stock", "store"], **count},
                "place": {"request": {"path": "/"}, "through": ["orders", "stock"]},
            },
            "objectives": {"scale_up_seconds": 150, "scale_down_seconds": 300},
        }
    )


def sent(
    fails: Callable[[float], bool] = lambda _: False,
    late: Callable[[float], bool] = lambda _: False,
    *,
    per_second: float = 5.0,
    backend: str = "stock-1",
    until: float = 420.0,
) -> list[Exchange]:
    """Requests of `count`, which stock answers, from 90 on."""
    made = [replace(e, journey="count", backend=backend) for e in stream(90, until, per_second=per_second)]
    return [
        replace(e, outcome=ExchangeOutcome.UNKNOWN, status=503, error="status 503", backend="")
        if fails(e.planned_at)
        else replace(e, completed_at=e.planned_at + (2.0 if late(e.planned_at) else 0.01))
        for e in made
    ]


def counted(before: int, then: int, *, failed: tuple[int, int] = (0, 0)) -> list[Exchange]:
    """So many requests of `count` before and after the first replica was added, of each so many failed."""

    def one(at: float, *, fails: bool) -> Exchange:
        made = exchange(at, ExchangeOutcome.UNKNOWN if fails else ExchangeOutcome.OK)
        return replace(made, journey="count", backend="" if fails else "stock-1")

    return [
        *(one(100 + place / 100, fails=place < failed[0]) for place in range(before)),
        *(one(140 + place / 100, fails=place < failed[1]) for place in range(then)),
    ]


def step(
    exchanges: Sequence[Exchange] | None = None,
    seen: Sequence[Seen] = SOUND,
    *,
    logs: Sequence[LogLine] | None = (),
    described: System | None = None,
    **more: Any,
) -> Observation:
    own = stream(90, 420, per_second=1, backend="orders-1")
    made = observed(list(seen), [*own, *(sent() if exchanges is None else exchanges)], **more)
    arm = replace(made.trouble, logs=None if logs is None else tuple(logs))
    return replace(made, arms={TROUBLE: arm}, journey="browse", system=described or system())


def judged(*given: Any, **more: Any) -> Verdict:
    return breaks_no_neighbour(step(*given, **more))


def during(at: float) -> bool:
    return 140 <= at < 180
