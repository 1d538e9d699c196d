"""Whom an answer names: which pod had a name or an address at that time, and which workload. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from seatrial.model.exchange import Exchange
from seatrial.model.observation import Observation
from seatrial.model.timeline import Change, PodSeen


@dataclass(frozen=True)
class Holder:
    """A pod that had a name or an address, from when to when (infinite where it had it at the end)."""

    since: float
    until: float
    pod: PodSeen


@dataclass(frozen=True)
class Known:
    """The names under which an answer may tell who it is from.

    Attributes:
        holders: for each name and address of pods those that had it, in the order in which they got it: a
            StatefulSet gives names again, and a network its addresses.
        workloads: role by the name of its object, or by the role itself.
    """

    holders: Mapping[str, Sequence[Holder]]
    workloads: Mapping[str, str]
    # Of what answers say that means the same at all times: most of a million say one of a few things.
    _same: dict[str, Sequence[tuple[str, PodSeen | None]]] = field(
        default_factory=dict, compare=False, repr=False
    )
    _same_who: dict[str, frozenset[str]] = field(default_factory=dict, compare=False, repr=False)

    @classmethod
    def of(cls, observation: Observation) -> Known:
        holders: dict[str, list[Holder]] = {}
        for states in observation.timeline.pods.values() if observation.timeline else ():
            for name, since, until in _held(states):
                holders.setdefault(name, []).append(Holder(since, until, states[-1]))
        system = observation.system
        roles = {} if system is None else {spec.name: role for role, spec in system.workloads.items()}
        return cls(
            {name: sorted(found, key=lambda one: one.since) for name, found in holders.items()},
            {**{role: role for role in (*roles.values(), *subjects(observation))}, **roles},
        )

    def pod(self, exchange: Exchange, role: str) -> PodSeen | None:
        """The first pod of the workload that the answer names."""
        named = self._named(exchange)
        return next((pod for _, pod in named if pod is not None and pod.workload == role), None)

    def answered(self, exchange: Exchange) -> frozenset[str]:
        """Who took part: roles; pods of no workload of the system file by what owns them, else by name."""
        said = exchange.backend
        if (found := self._same_who.get(said)) is not None:
            return found
        found = frozenset(
            self.workloads[name] if pod is None else whose(pod)
            for name, pod in self._named(exchange)
            if pod is not None or name in self.workloads
        )
        if said in self._same:
            self._same_who[said] = found
        return found

    def _named(self, exchange: Exchange) -> Sequence[tuple[str, PodSeen | None]]:
        """Each name in an answer, with the pod that had it when the answer came."""
        said = exchange.backend
        if (found := self._same.get(said)) is not None:
            return found
        found = [(name, self._at(name, exchange)) for name in _told(exchange)]
        if all(len(self.holders.get(name, ())) < 2 for name, _ in found):
            self._same[said] = found
        return found

    def _at(self, name: str, exchange: Exchange) -> PodSeen | None:
        """The pod that had a name when the answer came; None where no pod ever had it."""
        return self.at(name, exchange.planned_at if exchange.completed_at is None else exchange.completed_at)

    def at(self, name: str, moment: float) -> PodSeen | None:
        """The pod that had a name or an address at a moment; None where no pod ever had it.

        Where several had it, the last that got it: an address is given again before the old pod's object is
        gone. Where none had it any more, or yet, the nearest in time: an answer may be ahead of the watch.
        """
        holders = self.holders.get(name)
        if not holders:
            return None
        before = [one for one in holders if one.since <= moment]
        there = [one for one in before if moment < one.until]
        return (there or before or holders[:1])[-1].pod


def whose(pod: PodSeen) -> str:
    """A pod's role; where it has none what owns it, else its name."""
    return pod.workload or (f"a pod of {pod.owner}" if pod.owner else f"pod {pod.name}")


def _held(states: Sequence[PodSeen]) -> Iterator[tuple[str, float, float]]:
    """(name or address, from, to) of one pod, as the watch saw it."""
    since: dict[str, float] = {}
    for number, state in enumerate(states):
        names = {state.name, state.ip} - {""}
        if number and state.change is Change.DELETED:
            names.clear()
        for name in since.keys() - names:
            yield name, since.pop(name), state.at
        for name in names:
            since.setdefault(name, state.at)
    for name, at in since.items():
        yield name, at, math.inf


def _told(exchange: Exchange) -> Iterator[str]:
    """What the answer says, name by name: it may have come by way of several."""
    return (name for part in exchange.backend.split(",") if (name := part.strip()))


def subjects(observation: Observation) -> frozenset[str]:
    """The roles that the observation is about: its target, else the workloads of its faults."""
    system, target = observation.system, observation.target
    if target and (system is None or target in system.workloads):
        return frozenset({target})
    return frozenset(fault.workload for fault in observation.faults if fault.workload)
