"""The order of outcomes, and how verdicts combine: the worst wins and nothing is lost."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seatrial.model.verdict import Outcome, Verdict, merge


def verdict(outcome: Outcome, word: str = "x", **more: object) -> Verdict:
    return Verdict(outcome, f"seen {word}", f"allowed {word}", **more)  # type: ignore[arg-type]


def test_the_order_from_worst_to_best() -> None:
    ranked = sorted(Outcome, key=lambda outcome: outcome.severity, reverse=True)
    assert [outcome.value for outcome in ranked] == [
        "failed",
        "error",
        "inconclusive",
        "unsupported",
        "skipped",
        "passed",
    ]


def test_only_these_make_a_run_red() -> None:
    assert {o.value for o in Outcome if o.makes_red} == {"failed", "error", "inconclusive"}


def test_nothing_at_all_is_never_a_pass() -> None:
    assert Outcome.worst([]) is Outcome.INCONCLUSIVE
    assert merge([]).outcome is Outcome.INCONCLUSIVE


@given(st.lists(st.sampled_from(Outcome), min_size=1))
def test_the_worst_wins_in_any_order(outcomes: list[Outcome]) -> None:
    worst = Outcome.worst(outcomes)
    assert worst in outcomes
    assert all(outcome.severity <= worst.severity for outcome in outcomes)
    assert merge(verdict(o) for o in reversed(outcomes)).outcome is worst
    assert merge(verdict(o) for o in outcomes).passed == all(o is Outcome.PASSED for o in outcomes)


def test_merging_keeps_the_words_of_the_worst_and_the_numbers_of_all() -> None:
    merged = merge(
        [
            verdict(Outcome.PASSED, "a", numbers={"a_seconds": 1}, reasons=("one",)),
            verdict(Outcome.FAILED, "b", next_step="Do b.", numbers={"b_seconds": 2}, reasons=("two", "one")),
            verdict(Outcome.FAILED, "c", next_step="Do c."),
            verdict(Outcome.INCONCLUSIVE, "d", next_step="Do d."),
        ]
    )
    assert merged.observed == "seen b; seen c"
    assert merged.next_step == "Do b. Do c."
    assert merged.numbers == {"a_seconds": 1, "b_seconds": 2}
    assert merged.reasons == ("one", "two")


def test_the_same_words_are_said_once() -> None:
    merged = merge(
        [verdict(Outcome.ERROR, "a", next_step="Do a."), verdict(Outcome.ERROR, "a", next_step="Do a.")]
    )
    assert (merged.observed, merged.expected, merged.next_step) == ("seen a", "allowed a", "Do a.")


@pytest.mark.parametrize(
    ("given", "text"),
    [
        (verdict(Outcome.PASSED), "observed seen x\nexpected allowed x"),
        (
            verdict(Outcome.FAILED, reasons=("why",), next_step="Do."),
            "observed seen x\nexpected allowed x\n         why\nnext     Do.",
        ),
    ],
)
def test_a_verdict_explains_itself(given: Verdict, text: str) -> None:
    assert given.explain() == text
