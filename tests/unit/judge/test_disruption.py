"""A whole observation is judged by its kind of disruption, and never by the other's rules."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from observations import crash_fault, failed, health, observation, stream, three_faults, timeline, workload

from seatrial.judge.disruption import by_disruption, involuntary, objectives_of, of_the_subject, voluntary
from seatrial.model.exchange import Exchange
from seatrial.model.objectives import Objectives
from seatrial.model.observation import TROUBLE, Observation
from seatrial.model.verdict import Outcome, Verdict

WATCHED = timeline(workload(1.0))
CLEAN = observation(stream(90, 140), three_faults(), timeline=WATCHED)
CRASHED = replace(observation(stream(90, 140), [crash_fault(100.0, 103.0)], timeline=WATCHED), repetitions=1)


def test_each_kind_passes_by_its_own_judge() -> None:
    assert voluntary(CLEAN).outcome is Outcome.PASSED
    assert involuntary(CRASHED).outcome is Outcome.PASSED, involuntary(CRASHED).explain()
    assert by_disruption(CLEAN) == voluntary(CLEAN)
    assert by_disruption(CRASHED) == involuntary(CRASHED)


def test_no_fault_is_an_error() -> None:
    assert by_disruption(observation(stream(90, 140))).outcome is Outcome.ERROR


def test_as_many_repetitions_are_needed_as_the_scenario_says() -> None:
    assert voluntary(replace(CLEAN, repetitions=3)).outcome is Outcome.PASSED
    assert voluntary(replace(CLEAN, repetitions=4)).outcome is Outcome.INCONCLUSIVE


def test_the_objectives_are_those_of_the_recorded_system() -> None:
    assert objectives_of(CLEAN) == Objectives()


def among_others(seen: Observation, *others: Exchange) -> Observation:
    """With requests of another journey beside those of the subject, before and after it was steady."""
    theirs = tuple(replace(one, journey="transfer") for one in others)
    arm = replace(seen.trouble, exchanges=(*seen.exchanges, *theirs), warm_up=(*seen.warm_up, *theirs))
    return replace(seen, arms={TROUBLE: arm}, journey="browse")


@pytest.mark.parametrize(("judge", "seen"), [(voluntary, CLEAN), (involuntary, CRASHED)])
def test_requests_of_other_journeys_are_not_the_subjects(
    judge: Callable[[Observation], Verdict], seen: Observation
) -> None:
    others = [failed(at) for at in (95.0, 100.5, 125.0)]
    told = judge(among_others(seen, *others))
    assert told.outcome is Outcome.INCONCLUSIVE, "theirs are judged by themselves"
    assert "bystander transfer: 1 request failed before anything was disturbed" in told.observed
    assert {**told.numbers, **judge(seen).numbers} == told.numbers, "the subject's figures are the same"
    assert by_disruption(among_others(seen, *others)) == told
    unnamed = replace(among_others(seen, *others), journey="")
    assert judge(unnamed).outcome is not Outcome.PASSED, "without a name all requests are the subject's"


def test_the_subject_keeps_its_own_requests_and_the_health_of_all_traffic() -> None:
    late = replace(CLEAN, arms={TROUBLE: replace(CLEAN.trouble, generator=health(late=100))})
    mine = of_the_subject(among_others(late, failed(100.5)))
    assert (mine.exchanges, mine.warm_up) == (CLEAN.exchanges, ())
    assert mine.generator == late.generator
    assert voluntary(among_others(late)).outcome is Outcome.INCONCLUSIVE
    assert voluntary(among_others(CLEAN)).outcome is Outcome.PASSED
