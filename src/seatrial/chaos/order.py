"""What an experiment asks of the verdict control: its arguments, and the workloads that it is about."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from seatrial.errors import BadInput
from seatrial.model.check import CHECKS
from seatrial.model.failure import require
from seatrial.model.scenario import SCENARIOS, Scenario, Subject
from seatrial.model.system import System
from seatrial.model.verdict import Outcome, Verdict
from seatrial.settings import Settings

LEAST_REPETITIONS = 1
"""Fewer verified faults than this are no evidence at all."""
REPETITIONS = 3
"""How many faults an experiment without a scenario must verify, unless it says otherwise."""
PER_SECOND = 100.0
ROLES_VARIABLE = "SEATRIAL_ROLES"
"""The workloads of an experiment that names a scenario and no `roles`; every one it applies to without it."""


@dataclass(frozen=True)
class Order:
    """What an experiment asks of the verdict control; its arguments.

    An experiment names a scenario, or describes all by itself with `role`.

    Attributes:
        role: of the workload in the system file, for an experiment without a scenario.
        journey: name of the journey to send, or empty for the one of the workload.
        per_second: arrivals per second.
        repetitions: how many faults must be verified for a verdict; None for the scenario's.
        scenario: whose steps are carried out, once for each role.
        roles: which workloads; every one that the scenario applies to when empty.
        checks: ids of the checks that judge an edited experiment, beside the kind of its disruption.
    """

    role: str = ""
    journey: str = ""
    per_second: float = PER_SECOND
    repetitions: int | None = None
    scenario: str = ""
    roles: Sequence[str] = ()
    checks: Sequence[str] = ()

    def faults(self) -> list[str]:
        """What is wrong with the arguments, each a sentence."""
        return list(self._faults())

    def _faults(self) -> Iterator[str]:
        whole = isinstance(self.repetitions, int) and not isinstance(self.repetitions, bool)
        if self.repetitions is not None and not (whole and self.repetitions >= LEAST_REPETITIONS):
            yield f"repetitions is {self.repetitions!r}: at least 1 fault must be verified"
        if not isinstance(self.per_second, int | float) or not 0 < self.per_second <= 2000:
            yield f"per_second is {self.per_second!r}: more than 0 and at most 2000 are possible"
        if not isinstance(self.role, str) or not (self.role or self.scenario):
            yield "role is missing: it names a workload of the system file; or name a `scenario`"
        if self.scenario and (self.role or self.journey or self.per_second != PER_SECOND):
            yield "role, journey and per_second are not for a scenario: name `roles`, and edit its method"
        if (self.roles or self.checks) and not self.scenario:
            yield "`roles` and `checks` belong to a `scenario`"
        yield from _unknown_names(self)

    def the_scenario(self) -> Scenario | None:
        """The scenario that it names, or None."""
        return SCENARIOS.get(self.scenario) if self.scenario else None

    def at_least(self) -> int:
        """How many faults must be verified."""
        if self.repetitions is not None:
            return self.repetitions
        return REPETITIONS if (found := self.the_scenario()) is None else found.repetitions


def _unknown_names(order: Order) -> Iterator[str]:
    for key in ("roles", "checks"):
        names = getattr(order, key)
        if isinstance(names, str) or not all(isinstance(name, str) for name in names):
            yield f"{key} is {names!r}: it must be a list of names"
            return
    try:
        found = order.the_scenario()
        checks = [CHECKS.get(name) for name in order.checks]
    except BadInput as error:
        yield f"{error.what}: {error.next_step}"
        return
    for check in checks:
        if found is not None and found not in check.scenarios():
            yield f"the check {check.id} does not judge the scenario {found.id}"


def experiment_id(title: str) -> str:
    """The id in reports, from an experiment's title: `experiment.pods-are-replaced`."""
    return "experiment." + (re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")[:60] or "untitled")


def subjects_of(order: Order, system: System, settings: Settings) -> list[Subject]:
    """The workloads that an experiment is carried out on, one after the other.

    Raises:
        BadInput: the system file does not have one that is named, or that one lacks what the scenario needs.
        NotPassed: no workload has what the scenario needs; that is unsupported.
    """
    scenario = order.the_scenario()
    chosen = os.environ.get(ROLES_VARIABLE, "").replace(",", " ").split() if scenario is not None else []
    named = order.roles or ([order.role] if order.role else chosen)
    for role in named:
        if role not in system.workloads:
            raise BadInput(
                f"the experiment names a workload that the system file does not have: {role}",
                where=str(settings.system_path), next_step=f"It has {', '.join(system.workloads)}.",
            )  # fmt: skip
    subjects = [Subject(role, system) for role in named]
    if scenario is None:
        return subjects
    for subject in subjects:
        if lacking := scenario.lacking(subject):
            raise BadInput(
                f"the scenario {scenario.id} does not apply to {subject}", where=str(settings.system_path),
                next_step=f"It needs {'; '.join(need.text for need in lacking)}.",
            )  # fmt: skip
    return subjects or _applicable(scenario, system)


def _applicable(scenario: Scenario, system: System) -> list[Subject]:
    found = scenario.subjects(system)
    if not found:
        require(
            Verdict(
                Outcome.UNSUPPORTED,
                f"no workload of the system file has what the scenario {scenario.id} needs",
                f"at least one workload that is {'; '.join(need.text for need in scenario.needs)}",
                "Declare it in the system file if the system has it; docs/your-system.md says how.",
            )
        )
    return found
