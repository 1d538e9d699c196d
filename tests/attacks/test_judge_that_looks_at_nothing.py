"""Tried: a judge, as an extension may have, passes whatever it sees: unverified faults, one of three."""

from dataclasses import replace

import pytest
from observations import fault, observation, pod, stream, timeline, workload

from seatrial.judge.admissible import judge, judge_every
from seatrial.model.check import CORE, Check, every
from seatrial.model.fault import Disruption
from seatrial.model.observation import EXCHANGES, TIMELINE, Observation, Record
from seatrial.model.verdict import Mode, Outcome, Verdict

THREE = tuple(fault(100.0 + 20 * number, 101.0 + 20 * number) for number in range(3))


def shown(faults=THREE, *, gaps=(), repetitions: int = 3, **changes) -> Observation:
    seen = replace(timeline(workload(0.0), pod(0.0, "orders-a", uid="a", ready=True)), gaps=gaps)
    made = observation(stream(90.0, 160.0), faults, timeline=seen)
    return replace(made, repetitions=repetitions, **changes)


def passes(records: frozenset[Record] = frozenset(), scenario="delete-pod", what=Outcome.PASSED) -> Check:
    def blind(_: Observation) -> Verdict:
        return Verdict(what, "all is well", "all is well")

    return Check("data.own", CORE, scenario, records, (), "It MUST.", "Do.", (), "", blind, Mode.PROVEN)


def test_of_what_was_seen_it_passes() -> None:
    assert judge(passes(frozenset({EXCHANGES, TIMELINE})), shown()).passed


@pytest.mark.parametrize("which", [0, 1, 2])
@pytest.mark.parametrize("what", [Outcome.PASSED, Outcome.FAILED])
def test_a_fault_whose_effect_nobody_saw_is_never_judged(which: int, what: Outcome) -> None:
    unseen = tuple(
        replace(each, verified_at=None) if number == which else each for number, each in enumerate(THREE)
    )
    verdict = judge(passes(what=what), shown(unseen))
    assert verdict.outcome is Outcome.ERROR
    assert "1 of 3 faults not verified" in verdict.observed


def test_one_that_was_impossible_is_the_judges_matter() -> None:
    untried = replace(THREE[2], verified_at=None, impossible="a budget allows none")
    assert judge(passes(), shown((*THREE, untried))).passed


def test_one_of_three_is_too_few_for_a_pass_and_hides_no_failure() -> None:
    verdict = judge(passes(), shown(THREE[:1]))
    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert "1 of 3 repetitions" in verdict.observed
    assert judge(passes(what=Outcome.FAILED), shown(THREE[:1])).outcome is Outcome.FAILED


def test_a_watch_that_was_broken_meanwhile_forbids_a_pass_of_whoever_needs_it() -> None:
    broken = shown(gaps=((119.0, 130.0),))
    verdict = judge(passes(frozenset({TIMELINE})), broken)
    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert "a watch was broken 1 time during it" in verdict.observed
    assert judge(passes(frozenset({EXCHANGES})), broken).passed
    assert judge(passes(frozenset({TIMELINE}), what=Outcome.FAILED), broken).outcome is Outcome.FAILED
    assert judge(passes(frozenset({TIMELINE})), shown(gaps=((140.5, 141.0),))).outcome is Outcome.INCONCLUSIVE
    assert judge(passes(frozenset({TIMELINE})), shown(gaps=((105.0, 118.0),))).passed, "between two of them"


def test_a_check_of_every_disruption_is_held_to_it_too() -> None:
    verdict, _ = judge_every(passes(scenario=every()), [shown(), shown(THREE[:2], target="till")])
    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert "on till" in verdict.observed


def test_where_nothing_is_disturbed_on_purpose_no_fault_is_asked_for() -> None:
    assert judge(passes(), shown((), disruption=Disruption.NONE, repetitions=0)).passed
    assert judge(passes(), shown((), repetitions=3)).passed, "a load step changes the replicas by itself"
