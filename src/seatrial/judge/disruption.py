"""The judges of a whole observation by its kind of disruption: what suites and experiments call."""

from __future__ import annotations

from seatrial.judge.availability import involuntary_disruption, voluntary_disruption
from seatrial.judge.recovery import recovery
from seatrial.model.fault import Disruption
from seatrial.model.observation import Observation
from seatrial.model.system import Objectives
from seatrial.model.verdict import Outcome, Verdict, merge


def voluntary(observation: Observation) -> Verdict:
    """A voluntary disruption costs no request."""
    return voluntary_disruption(observation, minimum_repetitions=observation.repetitions)


def involuntary(observation: Observation) -> Verdict:
    """An involuntary disruption stays within the error budget and is over within the recovery objective."""
    objectives = objectives_of(observation)
    return merge([involuntary_disruption(observation, objectives), recovery(observation, objectives)])


def by_disruption(observation: Observation) -> Verdict:
    """By the kind of the faults that happened: voluntary only when all of them were."""
    if not observation.faults:
        return Verdict(
            Outcome.ERROR, "no fault was injected and verified", "at least one verified fault",
            "Look at the journal: an action that refuses or fails leaves the system untouched.",
        )  # fmt: skip
    if all(fault.disruption is Disruption.VOLUNTARY for fault in observation.faults):
        return voluntary(observation)
    return involuntary(observation)


def objectives_of(observation: Observation) -> Objectives:
    """The objectives of the system file as it was recorded; the defaults where none was."""
    return Objectives() if observation.system is None else observation.system.objectives
