"""What others need of a workload, and the trouble that a proxy before it makes."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from pydantic import Field

from seatrial.model.part import Name, Part

INTERPOSE = "interpose"
"""The fault that puts a proxy between a dependency's Service and its pods."""
DISTURB = "disturb-dependency"
"""The fault that lets this proxy make trouble."""
DOWN, SLOW, WRONG, NONE = "down", "slow", "wrong", "none"
"""Connections are reset; answers come late; HTTP requests get wrong answers; all passes as it comes."""
SERVICE, TROUBLE, DELAY = "service", "trouble", "delay_seconds"
"""In the details of these faults: the Service, what trouble it was, and by how much answers were delayed."""
PROXIED = "proxied"
"""Kind of the measurement: what the proxy has counted so far (`Carried`)."""
PHASES = "phases"
"""Also in its value: what came to the proxy, by what it did meanwhile (`Phase`)."""
CARRIED, COUNTED = "carried", "before"
"""In the details of these faults: the proxy's counts when it was in place, and before the trouble."""
WRONG_ANSWERS = ("500", "429", "200 with a broken body")
"""What the proxy answers wrongly, turn by turn."""


class Dependency(Part):
    """How others reach a workload, and what needs it."""

    service: Name | None = Field(None, description="Service by which others reach it (default: its name).")
    needed_by: tuple[str, ...] = Field(
        (), description="Journeys that may fail while it is down or slow; all others must not."
    )


def require_known(
    dependencies: Mapping[str, Dependency], workloads: Collection[str], journeys: Collection[str]
) -> None:
    """Raise ValueError for a dependency that names no workload or no journey of the system file."""
    for role, dependency in dependencies.items():
        if role not in workloads:
            raise ValueError(f"dependencies.{role} names no workload")
        for name in dependency.needed_by:
            if name not in journeys:
                raise ValueError(f"dependencies.{role}.needed_by names no journey: {name}")


@dataclass(frozen=True)
class Carried:
    """What a proxy has counted since it began.

    Attributes:
        accepted: connections of clients.
        requests: pieces that were the head of an HTTP/1 request.
        asked: pieces that clients sent and that went on to the dependency.
        answered: pieces of its answers that went back.
        reset: connections that were cut on purpose.
        delayed: pieces of answers that were held back on purpose.
        wrong: requests that were answered wrongly on purpose.
        unreachable: connections that the dependency did not take.
    """

    accepted: int = 0
    requests: int = 0
    asked: int = 0
    answered: int = 0
    reset: int = 0
    delayed: int = 0
    wrong: int = 0
    unreachable: int = 0

    def plain(self) -> dict[str, int]:
        """It as plain JSON."""
        return asdict(self)

    @classmethod
    def of(cls, value: Mapping[str, Any]) -> Carried:
        """The counts in what a proxy says; what it does not say is 0."""
        return cls(**{name: int(value.get(name, 0)) for name in cls.__dataclass_fields__})

    def less_than(self, before: Carried) -> bool:
        """Whether something was counted that is not counted any more."""
        mine = self.plain()
        return any(mine[name] < number for name, number in before.plain().items())

    def __sub__(self, before: Carried) -> Carried:
        """What was counted since."""
        mine, theirs = self.plain(), before.plain()
        return Carried(**{name: mine[name] - theirs[name] for name in mine})


@dataclass(frozen=True)
class Phase:
    """What came to a proxy while it did one thing.

    Attributes:
        trouble: what it did; `wrong` in several phases, one for each turn.
        turn: number of the wrong answer (see `WRONG_ANSWERS`).
        after_seconds: from the beginning of the trouble to that of the phase.
        connections: that clients made.
        attempts: HTTP/1 requests; where it was down, connections, for nothing else comes through.
        callers: the attempts by the address that they came from.
    """

    trouble: str
    turn: int
    after_seconds: float
    lasted_seconds: float
    connections: int
    attempts: int
    callers: Mapping[str, int]

    @classmethod
    def all_of(cls, value: Mapping[str, Any]) -> list[list[Phase]]:
        """The phases in what a proxy says, in their order, those of one trouble together."""
        found: list[list[Phase]] = []
        for each in value.get(PHASES, ()):
            phase = cls(**each)
            if not phase.after_seconds or not found:
                found.append([])
            found[-1].append(phase)
        return found
