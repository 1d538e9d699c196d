"""A fault that was injected, proven and undone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Disturbance(StrEnum):
    """How a fault is charged (DESIGN section 6)."""

    PLANNED = "planned"
    """Delete with grace, evict, drain, rollout, scale-in: no request may fail."""
    CRASH = "crash"
    """SIGKILL, node loss, partition: charged to the error budget, bounded by the recovery objective."""


@dataclass(frozen=True)
class Target:
    """The object that a fault hits."""

    kind: str
    namespace: str
    name: str
    uid: str = ""

    def __str__(self) -> str:
        return f"{self.kind.lower()}/{self.name}"


@dataclass(frozen=True)
class FaultRecord:
    """What is known of one fault. All times are monotonic seconds of this machine.

    Attributes:
        id: unique in the run; also the name of its undo file.
        fault: the fault's name, e.g. `delete-pod`.
        disturbance: planned or crash.
        target: what was hit.
        workload: the role of the workload in the system file.
        accepted_at: the API server (or the node) took the request.
        proven_at: its effect was seen; None when it was not (then it must not be judged).
        proof: the effect in words, e.g. "uid 3f.. gone after 0.7 s, replaced by orders-abc".
        settled_at: the workload was whole again (as many ready as before, endpoints serving); None if never.
        undone_at: the undo was done, or there was nothing to undo.
        seed: the seed that picked the victim.
        replacement: name of the pod that took the victim's place, if any.
        details: fault-specific facts for the evidence folder.
    """

    id: str
    fault: str
    disturbance: Disturbance
    target: Target
    workload: str
    accepted_at: float
    proven_at: float | None
    proof: str
    settled_at: float | None
    undone_at: float | None
    seed: int
    replacement: str = ""
    details: Mapping[str, Any] = field(default_factory=dict)

    @property
    def proven(self) -> bool:
        return self.proven_at is not None
