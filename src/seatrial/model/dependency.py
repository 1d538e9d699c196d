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
"""Kind of the measurement: what the proxy has counted so far."""


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

    def __sub__(self, before: Carried) -> Carried:
        """What was counted since."""
        mine, theirs = self.plain(), before.plain()
        return Carried(**{name: mine[name] - theirs[name] for name in mine})
