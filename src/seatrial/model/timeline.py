"""What the cluster did, as seen by watches, on one clock.

Each record is a change seen at `at`: monotonic seconds of this machine when the watch event arrived.
Fields ending in `_at` inside a record are the API server's own times mapped to the same clock with the
measured offset (`Clock`); they have the server's resolution of one second.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from seatrial.model.ledger import ActSeen, Writer
from seatrial.model.pressure import CpuSeen, DiskSeen


class Change(StrEnum):
    ADDED = "added"
    MODIFIED = "modified"
    DELETED = "deleted"


@dataclass(frozen=True)
class Clock:
    """How server times are mapped: `monotonic = server_epoch + offset_seconds`.

    Attributes:
        offset_seconds: measured from the API server's Date header (resolution 1 s, narrowed by repetition).
        error_seconds: half the width of the interval in which the true offset lies.
        epoch_offset_seconds: `time.time() - time.monotonic()` of this machine, for printing wall times.
    """

    offset_seconds: float
    error_seconds: float
    epoch_offset_seconds: float


@dataclass(frozen=True, slots=True)
class PodSeen:
    at: float
    change: Change
    name: str
    uid: str
    workload: str
    """Role in the system file, or empty for a pod of none of them."""
    node: str
    ip: str
    phase: str
    ready: bool
    restarts: int
    container_ids: tuple[str, ...]
    owner: str
    created_at: float | None
    scheduled_at: float | None
    started_at: float | None
    """When the last of its containers started."""
    ready_at: float | None
    """When the Ready condition last became true; None while not ready."""
    deleting: bool
    reason: str = ""
    """Why it waits or ended, e.g. CrashLoopBackOff, OOMKilled, Unschedulable."""
    requests: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    """Thousandths, by container (sidecars included) and resource."""
    limits: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    """The same for its limits."""
    pod_requests: Mapping[str, int] = field(default_factory=dict)
    """Thousandths, by resource, when the pod itself has requests."""
    revision: str = ""
    """Of the template that it was made from."""
    disruption: str = ""
    """Reason of its condition DisruptionTarget, e.g. EvictionByEvictionAPI."""
    images: tuple[str, ...] = ()
    """What its containers really run, by digest, in the order of their names; empty before they run."""
    last_end: str = ""
    """How a container of it ended before it was started again, e.g. OOMKilled; of several the latest."""
    last_end_at: float | None = None
    init_reason: str = ""
    """Why an init container of it waits or failed."""
    pre_stop_seconds: float | None = None
    """How long its preStop hook sleeps before SIGTERM, 0 without a hook; None where that is not known."""
    ended_at: float | None = None
    """When the last of its containers ended; None while one runs, and where that was not told."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    ip: str
    pod: str
    ready: bool
    serving: bool
    terminating: bool


@dataclass(frozen=True, slots=True)
class EndpointsSeen:
    at: float
    change: Change
    slice_name: str
    service: str
    endpoints: tuple[Endpoint, ...]


@dataclass(frozen=True, slots=True)
class ServiceSeen:
    """What a Service says of which pods get whose traffic."""

    at: float
    change: Change
    name: str
    publish_not_ready_addresses: bool = False
    session_affinity: str = "None"
    headless: bool = False


@dataclass(frozen=True, slots=True)
class WorkloadSeen:
    """A Deployment or StatefulSet."""

    at: float
    change: Change
    kind: str
    name: str
    workload: str
    wanted: int
    """spec.replicas"""
    current: int
    ready: int
    updated: int
    revision: str = ""
    generation: int = 0
    """Grows with each change of its spec; 0 where it was not recorded."""
    writers: tuple[Writer, ...] = ()
    strategy: str = ""
    """How a rollout replaces its pods, e.g. "RollingUpdate, maxSurge 1"; empty where it was not recorded."""


@dataclass(frozen=True, slots=True)
class ReplicaSetSeen:
    """How many pods a ReplicaSet wants: whether its controller has a reason to delete one."""

    at: float
    change: Change
    name: str
    wanted: int


@dataclass(frozen=True, slots=True)
class AutoscalerSeen:
    at: float
    change: Change
    name: str
    target: str
    """kind/name of the scaled object"""
    minimum: int
    maximum: int
    current: int
    desired: int
    metrics: tuple[str, ...]
    """Each metric in words, e.g. "cpu 134 % of 60 %"."""
    conditions: tuple[str, ...]
    """Each true condition or its failure, e.g. "ScalingLimited: TooManyReplicas"."""
    spec: Mapping[str, Any] = field(default_factory=dict)
    """As in the object: what the controller goes by."""
    current_metrics: tuple[Mapping[str, Any], ...] = ()
    """status.currentMetrics, as in the object."""
    writers: tuple[Writer, ...] = ()

    def scales(self, workload: WorkloadSeen) -> bool:
        """Whether it scales that workload; its target is compared without regard to case."""
        return self.target.lower() == f"{workload.kind}/{workload.name}".lower()


@dataclass(frozen=True, slots=True)
class UsageSeen:
    """What the metrics API said of one pod, at the first poll that found it new.

    Attributes:
        measured_at: end of the window that was measured.
        containers: thousandths by container and resource; empty when the API has the pod no more.
    """

    at: float
    pod: str
    measured_at: float
    window_seconds: float
    containers: Mapping[str, Mapping[str, int]]


@dataclass(frozen=True, slots=True)
class NodeSeen:
    at: float
    change: Change
    name: str
    ready: bool
    schedulable: bool


@dataclass(frozen=True, slots=True)
class EventSeen:
    at: float
    kind: str
    """kind of the object the event is about"""
    name: str
    reason: str
    message: str
    warning: bool
    count: int = 1


Seen = (
    PodSeen
    | EndpointsSeen
    | ServiceSeen
    | WorkloadSeen
    | AutoscalerSeen
    | NodeSeen
    | EventSeen
    | UsageSeen
    | ActSeen
    | ReplicaSetSeen
    | CpuSeen
    | DiskSeen
)


@dataclass(frozen=True)
class Timeline:
    """All that was seen from `began_at` to `ended_at`, in the order of arrival.

    Attributes:
        gaps: spans (from, to) in which a watch was broken and something may have been missed.
        notes: what could not be watched and why, e.g. nodes without permission.
        ledger: whether Seatrial's own acts were recorded; without them nobody else can be told from it.
    """

    began_at: float
    ended_at: float
    clock: Clock
    seen: tuple[Seen, ...]
    gaps: tuple[tuple[float, float], ...] = ()
    notes: tuple[str, ...] = ()
    ledger: bool = False
    pods: Mapping[str, tuple[PodSeen, ...]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        # Several watches deliver side by side: a record may come after a later one of another watch.
        object.__setattr__(self, "seen", tuple(sorted(self.seen, key=lambda item: item.at)))
        by_uid: dict[str, list[PodSeen]] = {}
        for item in self.seen:
            if isinstance(item, PodSeen):
                by_uid.setdefault(item.uid, []).append(item)
        object.__setattr__(self, "pods", {uid: tuple(states) for uid, states in by_uid.items()})

    def workload_states(self, workload: str) -> Iterator[WorkloadSeen]:
        return (s for s in self.seen if isinstance(s, WorkloadSeen) and s.workload == workload)

    def endpoint_states(self, service: str = "") -> Iterator[EndpointsSeen]:
        return (s for s in self.seen if isinstance(s, EndpointsSeen) and service in ("", s.service))

    def service_states(self, name: str = "") -> Iterator[ServiceSeen]:
        """None of an observation that was recorded before Services were watched."""
        return (s for s in self.seen if isinstance(s, ServiceSeen) and name in ("", s.name))

    def autoscaler_states(self, name: str = "") -> Iterator[AutoscalerSeen]:
        return (s for s in self.seen if isinstance(s, AutoscalerSeen) and name in ("", s.name))

    def usages(self) -> Iterator[UsageSeen]:
        return (s for s in self.seen if isinstance(s, UsageSeen))

    def acts(self) -> Iterator[ActSeen]:
        return (s for s in self.seen if isinstance(s, ActSeen))

    def cpu(self) -> Iterator[CpuSeen]:
        return (s for s in self.seen if isinstance(s, CpuSeen))

    def disk(self) -> Iterator[DiskSeen]:
        """None of an observation that was recorded before disks were watched."""
        return (s for s in self.seen if isinstance(s, DiskSeen))

    def events(self) -> Iterator[EventSeen]:
        return (s for s in self.seen if isinstance(s, EventSeen))
