"""A fault that was injected, verified and reverted."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final


class Disruption(StrEnum):
    """Whether somebody chose to disturb, in Kubernetes' words; decides how failures are charged."""

    VOLUNTARY = "voluntary"
    """Delete with grace, evict, drain, rollout, scale-in: no request may fail."""
    INVOLUNTARY = "involuntary"
    """SIGKILL, node loss, partition: charged to the error budget, bounded by the recovery objective."""
    NONE = "none"
    """Measurements only."""


VOLUNTARY, INVOLUNTARY, NONE = Disruption


@dataclass(frozen=True)
class Target:
    """The object that a fault hits."""

    kind: str
    namespace: str
    name: str
    uid: str = ""

    def __str__(self) -> str:
        return f"{self.kind.lower()}/{self.name}"


METRICS_OUTAGE, ADD_REPLICA, RESTART_CONTROLLERS = "metrics-outage", "add-replica", "restart-controllers"
"""Names of faults that a judge tells apart in one observation."""
FREEZE_PROCESS: Final = "freeze-process"
SCALE_TO_ZERO: Final = "scale-to-zero"
"""Names of the faults of which a workload's `alerts` must tell (`model.part.Alerted`)."""
TRACES = "traces"
"""In the details of a fault: names of the fields that it leaves changed, on purpose."""
BUDGETS_KEPT = "budgets"
"""In the details of a drain: what each disruption budget over its pods keeps healthy."""
BAD_REVISION = "revision_bad"
"""In the details of a bad rollout: the revision whose pods do not work, on purpose."""
PODS_BEFORE = "pods_before"
"""In the details of a rollout: the names of the pods that it replaced."""
BLOCKED = "blocked_by_budget"
"""In the details of a fault that was impossible: a disruption budget does not allow it."""
NO_PROBE = "no_probe"
"""In the details of a fault that was impossible: no probe is declared that could notice it."""
FROZEN = "container_id"
"""In the details of a frozen process: the container's id, as the API server has it."""
ACTS_WITHIN = "acts_within_seconds"
"""In the details of a frozen process: how long its liveness probe may take by its own arithmetic."""
ZONE = "Zone"
"""The kind of a target that is all nodes of a zone; no object of the API server is one."""
NODES = "nodes"
"""In the details of a loss: the names of the nodes that were lost together."""
ONE_ZONE = "one_zone"
"""In the details of a loss that was impossible: all ready pods of the role are in one of several zones."""
LOST_PODS, TOLERATED, TIED = "lost", "tolerated_seconds", "tied"
"""In the details of a loss: the pods that were there, for how long each tolerates that (None: for ever), and
those whose volume lies there."""
GRACE = "grace_seconds"
"""In the details of what lets pods end: their grace period."""
ABSENT_KEPT = "absent_kept_seconds"
"""In the details of a name outage: for how long the cluster's DNS keeps that a name is absent, if it says."""
ARGUMENTS = "arguments"
"""In the details of a fault: what its step gave it, by name."""
TRIED = "tried"
"""In the details of a fault that was impossible: that showed in the trying, and was reverted."""


@dataclass(frozen=True)
class FaultRecord:
    """What is known of one fault. All times are monotonic seconds of this machine.

    Attributes:
        id: unique in the run; also the name of its journal entry.
        fault: the fault's name, e.g. `delete-pod`.
        disruption: planned or crash.
        target: what was hit, or would have been.
        workload: the role of the workload in the system file.
        injected_at: the API server (or the node) took the request; when impossible, it was found to be so.
        verified_at: its effect was seen; None when it was not (then it must not be judged).
        effect: what was seen, in words, e.g. "uid 3f.. gone after 0.7 s, replaced by shop-abc".
        available_at: as many pods ready as wanted, endpoints serving; None if never again. Of a held fault:
            after it was reverted.
        reverted_at: it was reverted, or there was nothing to revert; None while it is held.
        seed: the seed that picked the victim.
        replacement: name of the pod that took the victim's place, if any.
        impossible: why it could not be injected at all, with its arithmetic; then nothing was disturbed.
        details: fault-specific facts for the evidence folder.
        held: whether it stays in place until it is released.
    """

    id: str
    fault: str
    disruption: Disruption
    target: Target
    workload: str
    injected_at: float
    verified_at: float | None
    effect: str
    available_at: float | None
    reverted_at: float | None
    seed: int
    replacement: str = ""
    impossible: str = ""
    details: Mapping[str, Any] = field(default_factory=dict)
    held: bool = False

    @property
    def verified(self) -> bool:
        return self.verified_at is not None

    @property
    def nodes(self) -> frozenset[str]:
        """The names of the nodes that it hit, by a drain or a loss; none where it hit something else."""
        of_target = (self.target.name,) if self.target.kind == "Node" else ()
        return frozenset((*of_target, *self.details.get(NODES, ())))


def traces_of(faults: Iterable[FaultRecord]) -> dict[str, set[str]]:
    """What these faults leave changed on purpose: names of fields by object, as `deployment/shop`."""
    found = defaultdict[str, set[str]](set)
    for fault in faults:
        if fields := fault.details.get(TRACES, ()):
            found[f"{fault.target.kind.lower()}/{fault.target.name}"] |= {*map(str, fields)}
    return found
