"""How long things take on a system that does well, from the bounds of their steps; nothing is started."""

from __future__ import annotations

from collections.abc import Iterable

from seatrial.errors import SeatrialError
from seatrial.harness.observe import bound
from seatrial.model.check import CHECKS
from seatrial.model.plan import Profile
from seatrial.model.profile import carried_on
from seatrial.model.scenario import Scenario, Subject
from seatrial.model.system import System

AROUND_SECONDS = 20.0
"""What comes before and after the steps of a scenario: rest, the declared spread, invariants, the control."""


def seconds_on(scenario: Scenario, subject: Subject) -> float:
    """How long a scenario usually takes on a subject; 0 where its plan cannot be made."""
    try:
        return bound(scenario.plan(subject)).expected_seconds + AROUND_SECONDS
    except SeatrialError:
        return 0.0


def scenario_seconds(scenario: Scenario, system: System, profile: Profile = Profile.FULL) -> float:
    """How long a scenario usually takes on every workload that it is carried out on."""
    return sum(seconds_on(scenario, subject) for subject in carried_on(profile, scenario, system))


def suites_seconds(system: System, profile: Profile = Profile.FULL) -> float:
    """How long the suites usually take: each scenario that a check judges, once for each workload."""
    return sum(scenario_seconds(scenario, system, profile) for scenario in judged_scenarios())


def judged_scenarios() -> Iterable[Scenario]:
    """Every scenario that at least one check judges, once."""
    return {each.id: each for check in CHECKS.all().values() for each in check.scenarios()}.values()
