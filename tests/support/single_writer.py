"""A workload `writer` that is deleted at 100 and rolled out at 120: its pods are a, then b, then c."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from observations import CLOCK, fault, observation

from seatrial.judge.one_writer import one_writer_at_a_time
from seatrial.model.fault import Disruption, Target
from seatrial.model.observation import Observation
from seatrial.model.timeline import Change, PodSeen, Seen, Timeline, WorkloadSeen
from seatrial.model.verdict import Verdict

FAULTS = (
    replace(fault(100.0, 110.0, name="w-a", uid="a"), workload="writer"),
    replace(
        fault(120.0, 140.0), fault="rollout-restart", workload="writer", target=Target("Deployment", "n", "w")
    ),
)


def state(name: str, at: float, change: Change = Change.MODIFIED, **more: Any) -> PodSeen:
    made = PodSeen(
        at, change, f"w-{name}", name, "writer", "node-1", "10.0.0.1", "Running", False, 0, (f"c-{name}",),
        "ReplicaSet/w-1", None, None, None, None, False, revision="1",
    )  # fmt: skip
    return replace(made, **more)


def begins(name: str, created: float, started: int, **more: Any) -> list[PodSeen]:
    """A pod that is created, gets its node at once, and is told to run a second after it started."""
    return [
        replace(state(name, created, Change.ADDED, phase="Pending", **more), node=""),
        state(name, created + 0.1, phase="Pending", **more),
        state(name, started + 1.0, started_at=float(started), **more),
    ]


def ends(name: str, deleting: float, ended: int, *, told: float | None = None, **more: Any) -> list[PodSeen]:
    """It is told to end, and is told to have ended and to be gone a second after it did."""
    at = ended + 1.0 if told is None else told
    over: dict[str, Any] = {"deleting": True, "phase": "Succeeded", "ended_at": float(ended), **more}
    return [
        state(name, deleting, started_at=50.0, deleting=True, **more),
        state(name, at, **over),
        state(name, at + 0.1, Change.DELETED, **over),
    ]


def workload(wanted: int = 1, strategy: str = "Recreate") -> WorkloadSeen:
    return WorkloadSeen(
        1.0, Change.ADDED, "Deployment", "w", "writer", wanted, 1, 1, 1, strategy=strategy
    )  # fmt: skip


FIRST = [state("a", 1.0, Change.ADDED, started_at=50.0)]
SOUND: list[Seen] = [
    workload(), *FIRST,
    *ends("a", 100.1, 103), *begins("b", 104.5, 105),
    *ends("b", 120.1, 123), *begins("c", 124.5, 125, revision="2"),
]  # fmt: skip

THEN = SOUND[8:]
"""What the rollout does after the deletion."""


def seen(*states: Any, faults: Any = FAULTS, gaps: Any = (), ledger: bool = False) -> Observation:
    recorded = tuple(item for one in states for item in (one if isinstance(one, list) else [one]))
    timeline = Timeline(0.0, 200.0, CLOCK, recorded, gaps=gaps, ledger=ledger)
    return replace(
        observation([], faults, timeline=timeline), target="writer", scenario="replace-writer",
        disruption=Disruption.VOLUNTARY,
    )  # fmt: skip


def judged(*states: Any, **more: Any) -> Verdict:
    return one_writer_at_a_time(seen(*states, **more))
