"""Scenarios: which traffic runs while which faults happen, declared in one file each."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from seatrial.model.fault import Disruption
from seatrial.model.step import Steps
from seatrial.model.system import Journey, System, Workload
from seatrial.registry import Registry

SYSTEM = "system"
"""What is said in place of a role where a scenario is carried out once, on the system as a whole."""
_ID = re.compile(r"^[a-z0-9]+(-[a-z0-9]+)*$")


@dataclass(frozen=True)
class Subject:
    """What a scenario is carried out on, and a check judges: one workload of the system, or all of it.

    Attributes:
        role: the workload's role in the system file; `SYSTEM` for all of it, which has no `workload`.
    """

    role: str
    system: System

    @property
    def workload(self) -> Workload:
        return self.system.workloads[self.role]

    @property
    def journey(self) -> str:
        """Name of the journey that exercises the workload."""
        return self.system.journey_of(self.role)

    @property
    def journey_spec(self) -> Journey:
        return self.system.journeys[self.journey]

    def __str__(self) -> str:
        return self.role


@dataclass(frozen=True)
class Need:
    """Something that a system must have for a scenario or a check to apply.

    Attributes:
        name: as it stands in messages.
        text: what the system file must say, in words.
        holds: whether a subject has it.
    """

    name: str
    text: str
    holds: Callable[[Subject], bool]

    def __str__(self) -> str:
        return self.name


NEEDS: Registry[Need] = Registry("need", "seatrial.scenarios.needs")


def need(name: str) -> Callable[[Callable[[Subject], bool]], Need]:
    """Make a function of a subject a need; its docstring says what the system file must have."""

    def decorate(function: Callable[[Subject], bool]) -> Need:
        made = Need(name, " ".join((function.__doc__ or "").split()), function)
        NEEDS.decorator(name, lambda _: made)(function)
        return made

    return decorate


@dataclass(frozen=True)
class Look:
    """What a scenario reads of the cluster before it is planned; it changes nothing.

    Attributes:
        kinds: of the objects; those that may not be read are left out.
        fix: from a subject and these objects to the subject with everything that the plan takes from them;
            raises SeatrialError where no plan can be carried out.
    """

    kinds: tuple[str, ...]
    fix: Callable[[Subject, Sequence[Mapping[str, Any]]], Subject]


@dataclass(frozen=True)
class Scenario:
    """A plan of steps for a subject.

    Attributes:
        id: stable; stands in reports and names the experiment.
        disruption: the kind of disruption that it makes, or none.
        needs: what a subject must have.
        plan: makes the steps for one subject.
        text: what it does, in words.
        repetitions: how many verified faults a verdict needs.
        traces: what it leaves behind on purpose, e.g. a revision number.
        look: what is read of the cluster before the plan is made; None for nothing.
        whole: whether it is carried out once on the system, and not on each workload.
    """

    id: str
    disruption: Disruption
    needs: tuple[Need, ...]
    plan: Callable[[Subject], Steps]
    text: str
    repetitions: int = 3
    traces: tuple[str, ...] = ()
    look: Look | None = None
    whole: bool = False

    def lacking(self, subject: Subject) -> list[Need]:
        """The needs that the subject does not have."""
        return [item for item in self.needs if not item.holds(subject)]

    def subjects(self, system: System) -> list[Subject]:
        """The workloads of the system that have all needs, or the system where it has them."""
        every = [Subject(role, system) for role in ([SYSTEM] if self.whole else system.workloads)]
        return [subject for subject in every if not self.lacking(subject)]


SCENARIOS: Registry[Scenario] = Registry("scenario", "seatrial.scenarios")


def scenario(
    id: str,  # noqa: A002 - the word that stands at each scenario
    *,
    disruption: Disruption,
    needs: Iterable[Need] = (),
    repetitions: int = 3,
    traces: Iterable[str] = (),
    look: Look | None = None,
    whole: bool = False,
) -> Callable[[Callable[[Subject], Steps]], Callable[[Subject], Steps]]:
    """Make a function from a subject to steps a scenario. Raises ValueError for an id that is no name."""
    if not _ID.match(id):
        raise ValueError(f"{id!r} is no name of a scenario: small letters, digits and dashes")

    def make(plan: Callable[[Subject], Steps]) -> Scenario:
        text = " ".join((plan.__doc__ or "").split())
        ordered = tuple(sorted(needs, key=str))
        return Scenario(id, disruption, ordered, plan, text, repetitions, tuple(traces), look, whole)

    return SCENARIOS.decorator(id, make)
