"""Invariants around a disruption: what broke is named with its rows, what is unknown never passes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from observations import fault

from seatrial.judge.invariants import invariants_hold, invariants_of
from seatrial.model.measurement import Measurement, MeasurementOutcome
from seatrial.model.observation import AFTER, BEFORE, Arm, observed
from seatrial.model.verdict import Outcome

ANSWERED, REFUSED, COULD_NOT_TRY = MeasurementOutcome

ROWS = [{"id": f"a{number}", "balance": -number} for number in range(5)]


def held(name: str = "balance", **value: Any) -> Measurement:
    given = {"holds": True, "rows": [], "requirement": "No balance is below zero."} | value
    return Measurement("invariant", name, 1.0, 2.0, ANSWERED, given)


def broken(name: str = "balance", **value: Any) -> Measurement:
    return held(name, **({"holds": False, "rows": ROWS} | value))


def unanswered(name: str = "balance", outcome: MeasurementOutcome = COULD_NOT_TRY) -> Measurement:
    value = {"requirement": "No balance is below zero."}
    return Measurement("invariant", name, 1.0, 2.0, outcome, value, "not allowed to create pods/exec")


def test_what_held_and_still_holds_passes_with_its_count() -> None:
    verdict = invariants_hold([held(), held("stock")], [held(), held("stock")])
    assert verdict.outcome is Outcome.PASSED
    assert verdict.observed == "2 of 2 invariants held"
    assert verdict.numbers["invariants_held"] == 2
    assert verdict.next_step == ""


def test_what_broke_is_named_with_its_requirement_and_first_rows() -> None:
    verdict = invariants_hold([held(), held("stock")], [broken(), held("stock")])
    assert verdict.outcome is Outcome.FAILED
    assert verdict.observed == "1 of 2 invariants held; balance broken after the disruption"
    assert verdict.reasons == (
        "balance, broken after: No balance is below zero. (5 rows against it, first 3:)",
        '  {"id": "a0", "balance": 0}',
        '  {"id": "a1", "balance": -1}',
        '  {"id": "a2", "balance": -2}',
    )
    assert verdict.next_step.startswith("Follow balance: ")
    assert "`converge_seconds`" in verdict.next_step


def test_another_answer_is_shown_beside_the_expected_one() -> None:
    verdict = invariants_hold([held()], [broken(rows=[{"sum": 9}], answer=9, expected=10)])
    assert "(answered 9, expected 10)" in verdict.reasons[0]
    more = invariants_hold([held()], [broken(more_rows=True)])
    assert "more than 5 rows against it" in more.reasons[0]


def test_long_answers_are_cut_where_they_no_longer_fit() -> None:
    fits = invariants_hold([held()], [broken(rows=[{"text": "é" * 148}])]).reasons[1]
    assert fits == '  {"text": "' + "é" * 148 + '"}'
    cut = invariants_hold([held()], [broken(rows=[{"text": "é" * 149}])]).reasons[1]
    assert cut.endswith("é...")
    assert len(cut) == 162
    three = invariants_hold([held()], [broken(rows=ROWS[:3])])
    assert "(3 rows against it:)" in three.reasons[0]


def test_what_an_observation_measured_is_sorted_by_its_step() -> None:
    before, after = replace(held(), step=BEFORE), replace(broken(), step=AFTER)
    assert invariants_of(observed(Arm(measurements=(after, before)))).outcome is Outcome.FAILED
    assert invariants_of(observed(Arm(measurements=(before,)))).outcome is Outcome.INCONCLUSIVE


def test_what_was_broken_before_is_an_error_and_says_so() -> None:
    verdict = invariants_hold([broken(), held("stock")], [held(), held("stock")])
    assert verdict.outcome is Outcome.ERROR
    assert "balance broken before it" in verdict.observed
    assert "Repair the data of balance first" in verdict.next_step
    both = invariants_hold([broken(), held("stock")], [broken(), broken("stock")])
    assert both.outcome is Outcome.FAILED, "another one that broke is still the disruption's doing"
    assert "balance broken before it" in both.observed
    assert "stock broken after the disruption" in both.observed
    mixed = invariants_hold([broken(), held("stock")], [held(), unanswered("stock")])
    assert "answerable" not in mixed.next_step, "what was broken before comes first"


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ([held()], [unanswered()], "not answered after (could-not-try): not allowed to create pods/exec"),
        ([held()], [unanswered(outcome=REFUSED)], "not answered after (refused)"),
        ([unanswered()], [held()], "not answered before (could-not-try)"),
        ([unanswered()], [broken()], "not answered before (could-not-try)"),
        ([held()], [], "not asked after the disruption"),
        ([], [held()], "not asked before the disruption"),
        ([], [broken()], "not asked before the disruption"),
        ([held()], [held(), unanswered()], "not answered after"),
    ],
)
def test_what_is_not_known_is_inconclusive_by_name(
    before: list[Measurement], after: list[Measurement], words: str
) -> None:
    verdict = invariants_hold([*before, held("stock")], [*after, held("stock")])
    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert "1 of 2 invariants held; balance without an answer" in verdict.observed
    assert any(reason.startswith("balance: ") and words in reason for reason in verdict.reasons)
    assert verdict.next_step == "Make balance answerable, then run again."


def test_one_of_several_answers_is_enough_to_fail() -> None:
    assert invariants_hold([held()], [held(), broken(), unanswered()]).outcome is Outcome.FAILED
    assert invariants_hold([held(), broken()], [held()]).outcome is Outcome.ERROR


def test_none_declared_is_unsupported() -> None:
    other = Measurement("read-back", "o1", 1.0, 2.0, ANSWERED, {"holds": False})
    verdict = invariants_hold([other], [other])
    assert verdict.outcome is Outcome.UNSUPPORTED
    assert "`invariants`" in verdict.next_step


def test_an_answer_without_a_judgement_is_no_pass() -> None:
    assert invariants_hold([held()], [held(holds=None)]).outcome is Outcome.FAILED


_STATES = st.sampled_from(["held", "broken", "unanswered", "absent"])
_MAKE = {"held": held, "broken": broken, "unanswered": unanswered}


@given(st.lists(st.tuples(_STATES, _STATES), max_size=6))
def test_the_outcome_is_the_worst_and_every_invariant_counts_once(states: list[tuple[str, str]]) -> None:
    sides: tuple[list[Measurement], list[Measurement]] = ([], [])
    for number, pair in enumerate(states):
        for side, state in zip(sides, pair, strict=True):
            if state != "absent":
                side.append(_MAKE[state](f"i{number}"))
    seen = [pair for pair in states if pair != ("absent", "absent")]
    expected = Outcome.PASSED if seen else Outcome.UNSUPPORTED
    if any(pair != ("held", "held") for pair in seen):
        expected = Outcome.INCONCLUSIVE
    if any(before == "broken" for before, _ in seen):
        expected = Outcome.ERROR
    if ("held", "broken") in seen:
        expected = Outcome.FAILED
    verdict = invariants_hold(*sides)
    assert verdict.outcome is expected
    if seen:
        counts = [
            verdict.numbers[f"invariants_{word}"]
            for word in ("held", "broken", "broken_before", "not_answered")
        ]
        assert sum(counts) == verdict.numbers["invariants"] == len(seen)
    assert verdict.passed or verdict.next_step


def test_the_first_broken_invariant_is_the_one_to_follow() -> None:
    verdict = invariants_hold([held(), held("stock")], [broken(), broken("stock")])
    assert verdict.next_step.startswith("Follow balance: ")


def test_the_first_of_several_is_the_one_to_repair_or_to_make_answerable() -> None:
    both = [held(), held("stock")]
    spoiled = invariants_hold([broken(), broken("stock")], both)
    assert spoiled.next_step.startswith("Repair the data of balance first")
    assert invariants_hold(both, [unanswered(), unanswered("stock")]).next_step.startswith("Make balance ")


def test_where_no_fault_could_be_made_that_they_hold_says_nothing() -> None:
    measured = (replace(held(), step=BEFORE), replace(held(), step=AFTER))
    untried = replace(fault(), verified_at=None, impossible="a budget allows none")
    assert invariants_of(observed(Arm(measurements=measured, faults=(untried, fault())))).passed
    verdict = invariants_of(observed(Arm(measurements=measured, faults=(untried,))))
    assert (verdict.outcome, verdict.observed) == (Outcome.UNSUPPORTED, "nothing was disturbed")
    lost = (replace(held(), step=BEFORE), replace(broken(), step=AFTER))
    assert invariants_of(observed(Arm(measurements=lost, faults=(untried,)))).outcome is Outcome.FAILED
