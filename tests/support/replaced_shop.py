"""A shop whose three pods of `catalogue` are replaced one after the other, each answer naming its pod."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from seatrial.model.exchange import Exchange, ExchangeOutcome, GeneratorHealth
from seatrial.model.fault import Disruption, FaultRecord, Target
from seatrial.model.observation import TROUBLE, Arm, Observation
from seatrial.model.system_file import parse_system
from seatrial.model.timeline import (
    Change,
    Clock,
    Endpoint,
    EndpointsSeen,
    PodSeen,
    Seen,
    ServiceSeen,
    Timeline,
    WorkloadSeen,
)

FILE = """
apiVersion: seatrial/v1
kind: System
metadata: {name: shop}
target: {context: theirs, namespace: shop}
entry: {url: "http://127.0.0.1:1", ENTRY}
workloads:
  catalogue: {kind: Deployment, name: catalogue, stateless: true, journey: browse}
  gateway: {kind: Deployment, name: gateway}
journeys:
  browse: {request: {path: /}, THROUGH}
"""
BEGAN, FIRST, EVERY, ENDED = 50.0, 100.0, 20.0, 165.0
TRAFFIC = (90.0, 160.0)
READY_AFTER, DELETED = 5.0, ("p0", "p1", "p2")
"""Pods p0 and p1 are there; p0, p1, p2 are deleted at 100, 120, 140, and p2, p3, p4 Ready 5 s later each."""

Answering = Callable[[float, Sequence[str], int], str]
"""From a moment, the pods that serve then and the number of the request to the pod that answers."""


def by_turns(at: float, serving: Sequence[str], number: int) -> str:
    return serving[number % len(serving)]


def pod(at: float, name: str, *, ready: bool = True, deleting: bool = False, gone: bool = False) -> PodSeen:
    change = Change.DELETED if gone else Change.MODIFIED
    return PodSeen(
        at, change, name, f"uid-{name}", "catalogue", "node", f"10.0.0.{name[1:]}", "Running", ready, 0, (),
        "ReplicaSet/catalogue-1", None, None, None, None, deleting, revision="1",
    )  # fmt: skip


def listed(at: float, *names: str, unready: Sequence[str] = (), service: str = "catalogue") -> EndpointsSeen:
    ends = [Endpoint("", name, name not in unready, True, False) for name in (*names, *unready)]
    return EndpointsSeen(at, Change.MODIFIED, f"{service}-slice", service, tuple(ends))


def course(*, listed_after: float = 0.05, left_after: float = 0.05) -> list[Seen]:
    """What the watches saw; `listed_after` and `left_after`: how late endpoints follow."""
    seen: list[Seen] = [
        WorkloadSeen(BEGAN, Change.ADDED, "Deployment", "catalogue", "catalogue", 2, 2, 2, 2),
        ServiceSeen(BEGAN, Change.ADDED, "catalogue"),
        pod(BEGAN, "p0"), pod(BEGAN, "p1"), listed(BEGAN, "p0", "p1"),
    ]  # fmt: skip
    for number, old in enumerate(DELETED):
        at, stays, new = FIRST + EVERY * number, f"p{number + 1}", f"p{number + 2}"
        seen += [
            pod(at, old, deleting=True),
            pod(at + 0.1, new, ready=False),
            pod(at + READY_AFTER, new),
            pod(at + 12, old, ready=False, deleting=True, gone=True),
            listed(at + left_after, stays),
            listed(at + READY_AFTER + listed_after, stays, new),
        ]
    return seen


def serving(at: float) -> list[str]:
    """The pods that serve at a moment, when endpoints follow at once and senders too."""
    rounds = int((at - FIRST) // EVERY) + 1 if at >= FIRST else 0
    rounds = min(rounds, len(DELETED))
    stays, new = f"p{rounds}", f"p{rounds + 1}"
    fresh = rounds == 0 or at - (FIRST + EVERY * (rounds - 1)) >= READY_AFTER + 0.1
    return [stays, new] if fresh else [stays]


def requests(
    answering: Answering = by_turns, *, latency: Callable[[float, str], float] = lambda at, pod: 0.01,
    per_second: int = 50, named: bool = True,
) -> tuple[Exchange, ...]:  # fmt: skip
    begin, end = TRAFFIC
    made = []
    for number in range(int((end - begin) * per_second)):
        at = begin + number / per_second
        who = answering(at, serving(at), number)
        took = latency(at, who)
        made.append(
            Exchange(
                number, "browse", at, at, at + took, ExchangeOutcome.OK, 200, backend=who if named else ""
            )
        )
    return tuple(made)


def faults() -> tuple[FaultRecord, ...]:
    return tuple(
        FaultRecord(
            f"fault-{n}", "delete-pod", Disruption.VOLUNTARY, Target("Pod", "shop", old, f"uid-{old}"),
            "catalogue", FIRST + EVERY * n, FIRST + EVERY * n + 12, "gone", FIRST + EVERY * n + 12,
            FIRST + EVERY * n + 12, 1, f"p{n + 2}",
        )
        for n, old in enumerate(DELETED)
    )  # fmt: skip


def observed(
    exchanges: Sequence[Exchange], seen: Sequence[Seen] | None = None, *, served_by: str = "served_by: x-pod",
    through: str = "through: [gateway, catalogue]", gaps: tuple[tuple[float, float], ...] = (),
) -> Observation:  # fmt: skip
    """The observation of delete-pod on the catalogue."""
    timeline = Timeline(BEGAN, ENDED, Clock(0.0, 0.1, 0.0), tuple(course() if seen is None else seen), gaps)
    sent = tuple(exchanges)
    health = GeneratorHealth(len(sent), len(sent), 0, 0, 0.010, 0.002, 0.03)
    file = FILE.replace("ENTRY", served_by).replace("THROUGH", through).replace(", }", "}")
    return Observation(
        {TROUBLE: Arm(sent, health, faults(), timeline)}, "delete-pod.catalogue", "delete-pod", "catalogue",
        Disruption.VOLUNTARY, "browse", 3, parse_system(file, source="shop.yaml"),
    )  # fmt: skip


def without_timeline(made: Observation) -> Observation:
    return replace(made, arms={TROUBLE: replace(made.trouble, timeline=None)})
