"""Recording what the cluster does, by watches, on one clock."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable
from typing import Self, TypeVar

from seatrial.errors import SeatrialError
from seatrial.kube import clock as server_clock
from seatrial.kube import ownership, records
from seatrial.kube.api import Object
from seatrial.kube.client import Kube
from seatrial.kube.logs import PodLogs
from seatrial.kube.ours import is_ours
from seatrial.kube.pressure import PressurePoll
from seatrial.kube.usage import UsagePoll
from seatrial.kube.watch import Watch
from seatrial.model.log import Logs
from seatrial.model.right import reading
from seatrial.model.system import System
from seatrial.model.timeline import Change, Clock, PodSeen, Seen, Timeline, WorkloadSeen
from seatrial.waiting import NotYet, Ready, eventually

Value = TypeVar("Value")

KINDS = (
    "Pod",
    "EndpointSlice",
    "Service",
    "Deployment",
    "StatefulSet",
    "ReplicaSet",
    "HorizontalPodAutoscaler",
    "Node",
    "Event",
)

CLUSTER_WIDE = "Node"
"""The only kind without which a scenario can be carried out and judged."""
RIGHTS = (
    *reading([kind for kind in KINDS if kind != CLUSTER_WIDE], "list", "watch"),
    *reading([CLUSTER_WIDE], "list", "watch", without="what happens to nodes explains no failure"),
)

_PLAIN: dict[str, Callable[[Object, float, Change], Seen | None]] = {
    "EndpointSlice": records.endpoints_seen,
    "Service": records.service_seen,
    "ReplicaSet": ownership.replica_set_seen,
    "Node": records.node_seen,
}
ESTABLISH_SECONDS = 20.0
JOIN_SECONDS = 5.0


class Recorder:
    """Records from entering to leaving the context; see `recorder`.

    Args:
        follow_logs: also follow the logs of all pods.
    """

    def __init__(self, kube: Kube, system: System, *, follow_logs: bool = False) -> None:
        self.kube = kube
        self.system = system
        self._roles = records.Roles(system)
        self._lock = threading.Lock()
        self._seen: list[Seen] = []
        self._gaps: list[tuple[float, float]] = []
        self._notes: list[str] = []
        self._watches: list[Watch] = []
        self._polls: list[UsagePoll | PressurePoll] = []
        self._follow_logs = follow_logs
        self._logs: PodLogs | None = None
        self._clock: Clock | None = None
        self._began_at = 0.0
        self._ended_at: float | None = None

    def __enter__(self) -> Self:
        """Measure the clock and start every watch; returns when all have their first list.

        Raises:
            ClusterUnreachable: no answer.
            Forbidden: a kind may not be watched without which nothing can be judged.
            WaitExpired: a watch did not start; with its last error.
        """
        self._clock = server_clock.measure(self.kube)
        self._began_at = time.monotonic()
        self._logs = PodLogs(self.kube, self.clock) if self._follow_logs else None
        self._watches = [Watch(self.kube, kind, self._deliver, self._gap, self._note) for kind in KINDS]
        if any(workload.autoscaled for workload in self.system.workloads.values()):
            self._polls.append(UsagePoll(self.kube, self.clock, self._keep, self._note))
        if self.system.target.kind is not None:
            self._polls.append(PressurePoll(self._keep, self._note))
        self.kube.listeners.append(self._keep)
        for thread in self._threads:
            thread.start()
        try:
            eventually(
                self._established,
                within_seconds=ESTABLISH_SECONDS,
                every_seconds=0.02,
                what="watches started",
            )
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._stop()

    @property
    def _threads(self) -> list[Watch | UsagePoll | PressurePoll]:
        return [*self._watches, *self._polls]

    @property
    def clock(self) -> Clock:
        if self._clock is None:
            raise SeatrialError("the recorder was not started", next_step="use it as a context manager")
        return self._clock

    def snapshot(self) -> Timeline:
        """All that was seen so far. A watch that is broken right now shows as a gap up to now."""
        clock = self.clock
        with self._lock:
            now = time.monotonic() if self._ended_at is None else self._ended_at
            broken = [since for since in (watch.open_gap() for watch in self._watches) if since is not None]
            gaps = [*self._gaps, *((since, now) for since in broken if since < now)]
            return Timeline(
                began_at=self._began_at,
                ended_at=now,
                clock=clock,
                seen=tuple(self._seen),
                gaps=tuple(sorted(gaps)),
                notes=tuple(self._notes),
                ledger=True,
            )

    def logs(self) -> Logs | None:
        """What the pods wrote since the beginning; None when their logs were not followed."""
        return None if self._logs is None else self._logs.logs()

    def wait(
        self,
        predicate: Callable[[Timeline], Ready[Value] | NotYet],
        *,
        within_seconds: float,
        what: str,
        next_step: str = "",
    ) -> Value:
        """Ask `predicate` about the growing timeline until it answers Ready. Raises WaitExpired."""
        return eventually(
            lambda: predicate(self.snapshot()),
            within_seconds=within_seconds,
            every_seconds=0.05,
            what=what,
            next_step=next_step,
        )

    def _established(self) -> Ready[None] | NotYet:
        for watch in self._watches:
            if watch.forbidden is not None and watch.kind != CLUSTER_WIDE:
                raise watch.forbidden
        missing = [watch for watch in self._watches if not watch.established.is_set()]
        if not missing:
            return Ready(None)
        return NotYet("; ".join(f"{watch.name}: {watch.last_error or 'no list yet'}" for watch in missing))

    def _stop(self) -> None:
        with self._lock:
            self._ended_at = time.monotonic()
        with contextlib.suppress(ValueError):
            self.kube.listeners.remove(self._keep)
        for thread in self._threads:
            thread.stop()
        if self._logs is not None:
            self._logs.stop()
        for thread in self._threads:
            thread.join(JOIN_SECONDS)
        alive = [thread.name for thread in self._threads if thread.is_alive()]
        if alive:
            self._note(f"did not end within {JOIN_SECONDS:g} s: {', '.join(alive)}")

    def _gap(self, since: float, until: float) -> None:
        with self._lock:
            if self._ended_at is None:
                self._gaps.append((since, until))

    def _note(self, text: str) -> None:
        with self._lock:
            self._notes.append(text)

    def _deliver(self, obj: Object, change: Change, at: float, initial: bool) -> None:
        seen = self._record(obj, change, at, initial)
        if seen is not None:
            self._keep(seen)

    def _keep(self, seen: Seen) -> None:
        with self._lock:
            if self._ended_at is None:
                self._seen.append(seen)

    def _record(self, obj: Object, change: Change, at: float, initial: bool) -> Seen | None:
        kind = obj["kind"]
        if is_ours(obj):
            return None  # no part of the system
        if kind == "Pod":
            if self._logs is not None and change is not Change.DELETED:
                self._logs.see(obj, initial=initial)
            return records.pod_seen(obj, at, change, self._roles, self.clock)
        if kind in _PLAIN:
            return _PLAIN[kind](obj, at, change)
        if kind == "HorizontalPodAutoscaler":
            return records.autoscaler_seen(obj, at, change, self.clock)
        if kind in ("Deployment", "StatefulSet"):
            return records.workload_seen(obj, at, change, self._roles, self.clock)
        # Events that were there before tell of earlier times, and one that expires tells nothing.
        return None if initial or change is Change.DELETED else records.event_seen(obj, at)


def pods_now(timeline: Timeline, workload: str = "") -> list[PodSeen]:
    """The last state of each pod that is not gone, of one role or of all, by name."""
    last = [states[-1] for states in timeline.pods.values()]
    alive = [pod for pod in last if pod.change is not Change.DELETED and workload in ("", pod.workload)]
    return sorted(alive, key=lambda pod: pod.name)


def workload_now(timeline: Timeline, workload: str) -> WorkloadSeen | None:
    """The last state of the workload with that role, or None when it was never seen."""
    last = None
    for state in timeline.workload_states(workload):
        last = state
    return None if last is None or last.change is Change.DELETED else last
