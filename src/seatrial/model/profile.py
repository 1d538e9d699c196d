"""What a profile carries out: which scenarios, on which workloads, judged by which checks."""

from __future__ import annotations

from seatrial.model.check import CHECKS, CORE, Check, Every
from seatrial.model.plan import Profile
from seatrial.model.scenario import SCENARIOS, Scenario, Subject
from seatrial.model.system import System
from seatrial.model.verdict import named


def included(profile: Profile, scenario: Scenario) -> bool:
    """Whether a scenario is carried out at all."""
    return profile is Profile.FULL or any(check.level is CORE for check in _judging(scenario))


def carried_on(profile: Profile, scenario: Scenario, system: System) -> list[Subject]:
    """The workloads that a scenario is carried out on, in the order of the system file."""
    found = scenario.subjects(system)
    if profile is Profile.FULL:
        return found
    wanted: list[str] = []
    for check in _judging(scenario) if included(profile, scenario) else ():
        roles = [subject.role for subject in check.subjects(system)]
        if roles and not set(roles) & set(wanted):
            wanted.append(roles[0])
    return [subject for subject in found if subject.role in wanted]


def judged_by(profile: Profile, check: Check, system: System) -> list[Subject]:
    """The workloads that a check judges; none for a check of a whole kind of disruption."""
    if not isinstance(check.scenario, str) or not check.scenario:
        return []
    carried = {subject.role for subject in carried_on(profile, SCENARIOS.get(check.scenario), system)}
    return [subject for subject in check.subjects(system) if subject.role in carried]


def leaves_out(profile: Profile, check: Check, system: System) -> bool:
    """Whether a check judges nothing in this profile that it judges in the full one."""
    if isinstance(check.scenario, Every):
        return False
    return bool(check.subjects(system)) and not judged_by(profile, check, system)


def results_of(profile: Profile, check: Check, system: System) -> list[str]:
    """The names of the results that a check reports; one of the system where no workload has its needs."""
    if leaves_out(profile, check, system):
        return []
    subjects = [subject.role for subject in judged_by(profile, check, system)]
    return [named(check.id, subject) for subject in subjects or ["system"]]


def _judging(scenario: Scenario) -> list[Check]:
    """The checks of this scenario alone, those of level core first: the workload they take serves all."""
    found = [check for check in CHECKS.all().values() if check.scenario == scenario.id]
    return sorted(found, key=lambda check: check.level is not CORE)
