"""The path of failed requests: only what lies on it can be why they failed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from seatrial.model.exchange import Exchange
from seatrial.model.observation import Observation
from seatrial.model.timeline import Change, EventSeen, PodSeen, Timeline, WorkloadSeen


@dataclass(frozen=True)
class Path:
    """The workloads that journeys pass.

    Attributes:
        roles: in the system file; empty when they are not known, then everything is on the path.
    """

    roles: frozenset[str] = frozenset()

    def holds(self, workload: str) -> bool:
        return not self.roles or workload in self.roles

    def pods(self, timeline: Timeline) -> list[tuple[PodSeen, ...]]:
        """The states of each pod on the path."""
        return [states for states in timeline.pods.values() if self.holds(states[-1].workload)]

    def events(self, timeline: Timeline) -> list[EventSeen]:
        """The events about workloads on the path, and about what belongs to them by its name."""
        if not self.roles:
            return list(timeline.events())
        names = {states[-1].name for states in self.pods(timeline)}
        owners = {s.name for s in timeline.seen if isinstance(s, WorkloadSeen) and s.workload in self.roles}
        return [
            event
            for event in timeline.events()
            if event.name in names | owners or any(event.name.startswith(f"{owner}-") for owner in owners)
        ]

    def __str__(self) -> str:
        return ", ".join(sorted(self.roles))


def path_of(observation: Observation, failed: Sequence[Exchange]) -> Path:
    """The path of the journeys of `failed`, as the recorded system file says; everything without one."""
    journeys = dict.fromkeys(exchange.journey for exchange in failed) or {observation.journey: None}
    system = observation.system
    if system is None:
        return Path()
    paths = [system.path_of(journey) for journey in journeys]
    return Path(frozenset().union(*paths) if all(paths) else frozenset())


def ready_counts(timeline: Timeline, workload: str) -> list[tuple[float, int]]:
    """How many pods of a workload could answer, each time that it changed."""
    ready: set[str] = set()
    counts: list[tuple[float, int]] = []
    for seen in timeline.seen:
        if not isinstance(seen, PodSeen) or seen.workload != workload:
            continue
        if seen.ready and not seen.deleting and seen.change is not Change.DELETED:
            ready.add(seen.uid)
        else:
            ready.discard(seen.uid)
        if not counts or counts[-1][1] != len(ready):
            counts.append((seen.at, len(ready)))
    return counts
