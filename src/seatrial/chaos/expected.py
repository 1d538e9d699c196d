"""What an experiment will report, read from its file before it is run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from seatrial.chaos.generate import CONTROL, is_unedited
from seatrial.chaos.order import Order, experiment_id
from seatrial.harness.estimate import seconds_on
from seatrial.model.scenario import Subject
from seatrial.model.system import System
from seatrial.model.verdict import named


def results_of(
    experiment: Mapping[str, Any], system: System, roles: Sequence[str] = ()
) -> tuple[tuple[str, ...], float]:
    """The names of its results, one for each workload, and how many seconds it usually takes (0: unknown).

    Args:
        roles: those that the surroundings will choose where the experiment names none.

    Raises:
        LookupError, TypeError, AttributeError, SeatrialError: the experiment does not say it.
    """
    providers = [control["provider"] for control in experiment.get("controls", ())]
    order = Order(**next(each["arguments"] for each in providers if each.get("module") == CONTROL))
    scenario = order.the_scenario()
    if scenario is None:
        return (named(experiment_id(experiment["title"]), order.role),), 0.0
    unedited = is_unedited(experiment, scenario)
    id_ = experiment_id(scenario.id if unedited else experiment["title"])
    subjects = [Subject(role, system) for role in order.roles or roles] or scenario.subjects(system)
    about = sum(seconds_on(scenario, subject) for subject in subjects)
    return tuple(named(id_, subject.role) for subject in subjects), about
