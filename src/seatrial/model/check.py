"""Checks: a scenario and a judge under one id, with requirement and remediation, one file each."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from seatrial.model.fault import Disruption
from seatrial.model.observation import Record
from seatrial.model.scenario import SCENARIOS, Need, Scenario, Subject
from seatrial.model.system import System
from seatrial.model.verdict import Mode
from seatrial.registry import Registry


class Level(StrEnum):
    CORE = "core"
    """Every cloud-native backend is expected to hold it."""
    EXTENDED = "extended"
    """Holds for backends that declare the capability."""
    PROVISIONAL = "provisional"
    """New or newly stricter; may still change."""


CORE, EXTENDED, PROVISIONAL = Level

FAMILIES = (
    "container", "orchestration", "discovery", "gateway", "dependencies", "data",
    "scaling", "observability", "delivery", "security", "cost",
)  # fmt: skip
_ID = re.compile(r"^[a-z]+\.[a-z0-9]+(-[a-z0-9]+)*$")


@dataclass(frozen=True)
class Every:
    """Every observation whose scenario makes one of these kinds of disruption."""

    disruptions: frozenset[Disruption]

    def __str__(self) -> str:
        return f"every {' or '.join(sorted(self.disruptions))} disruption"


def every(*disruptions: Disruption) -> Every:
    """Judge all observations of these kinds; the worst verdict wins. None given: every kind."""
    return Every(frozenset(disruptions or (Disruption.VOLUNTARY, Disruption.INVOLUNTARY)))


@dataclass(frozen=True)
class Check:
    """A property with its id, requirement and remediation.

    Attributes:
        scenario: the scenario whose observation is judged, or every one of a kind; empty for a declared rule.
        records: what the observation must have kept; one that was not kept makes the verdict inconclusive.
        needs: further needs than the scenario's.
        shows: ids of the declared rules whose effect this check shows.
        judge: from an observation to a verdict; pure.
        tells_others: its judge tells itself what somebody else did: that does not void the observation.
    """

    id: str
    level: Level
    scenario: str | Every
    records: frozenset[Record]
    needs: tuple[Need, ...]
    requirement: str
    remediation: str
    shows: tuple[str, ...]
    text: str
    judge: Callable[..., Any]
    mode: Mode = Mode.PROVEN
    tells_others: bool = False

    @property
    def family(self) -> str:
        return self.id.partition(".")[0]

    def scenarios(self) -> list[Scenario]:
        """The scenarios whose observations it judges."""
        if isinstance(self.scenario, Every):
            wanted = self.scenario.disruptions
            return [item for item in SCENARIOS.all().values() if item.disruption in wanted]
        return [SCENARIOS.get(self.scenario)] if self.scenario else []

    def subjects(self, system: System) -> list[Subject]:
        """What it judges in this system: workloads that have all needs of its scenario and its own."""
        if isinstance(self.scenario, Every) or not self.scenario:
            return []
        found = SCENARIOS.get(self.scenario).subjects(system)
        return [subject for subject in found if all(item.holds(subject) for item in self.needs)]

    def all_needs(self) -> list[Need]:
        """Its own needs and its scenario's, by name."""
        own = {item.name: item for item in self.needs}
        if isinstance(self.scenario, str) and self.scenario:
            own |= {item.name: item for item in SCENARIOS.get(self.scenario).needs}
        return [own[name] for name in sorted(own)]


CHECKS: Registry[Check] = Registry("check", "seatrial.suites")


def check(
    id: str,  # noqa: A002 - the word that stands at each test
    *,
    level: Level,
    requirement: str,
    remediation: str,
    scenario: str | Every = "",
    records: Iterable[Record] = (),
    needs: Iterable[Need] = (),
    shows: Iterable[str] = (),
    mode: Mode = Mode.PROVEN,
    tells_others: bool = False,
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Make a test function a check.

    Raises:
        ValueError: an id that is not `family.readable-name`, or a proven check without a scenario.
    """
    if not _ID.match(id) or id.split(".", maxsplit=1)[0] not in FAMILIES:
        raise ValueError(f"{id!r} is not family.readable-name with a family of {', '.join(FAMILIES)}")
    if mode is Mode.PROVEN and not scenario:
        raise ValueError(f"{id}: a proven check names the scenario that it judges")

    def decorate(test: Callable[..., Any]) -> Callable[..., Any]:
        made = Check(
            id, level, scenario, frozenset(records), tuple(needs), requirement, remediation, tuple(shows),
            " ".join((test.__doc__ or "").split()), test, mode, tells_others,
        )  # fmt: skip
        test.__seatrial_check__ = made  # type: ignore[attr-defined]
        return CHECKS.decorator(id, lambda _: made)(test) if mode is Mode.PROVEN else test

    return decorate


def check_of(test: object) -> Check | None:
    """The check that a test function is, or None."""
    found = getattr(test, "__seatrial_check__", None)
    return found if isinstance(found, Check) else None
