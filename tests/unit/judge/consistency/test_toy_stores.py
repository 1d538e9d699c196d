"""The checkers against a store with planted bugs: each bug is caught, and the correct store passes."""

import pytest
from toy_stores import MODELS, simulate

from seatrial.judge.consistency import check_bank, check_idempotency
from seatrial.model.verdict import Outcome

CHECKERS = {"bank": check_bank, "idempotency": check_idempotency}
CAUGHT = [("bank", "lost-update"), ("idempotency", "lost-update"), ("idempotency", "double-apply")]
"""Bugs that show in nearly every history of the model: a total is blind to a transfer that happens twice."""


def caught(model: str, bug: str, seeds: range) -> int:
    """How many of the histories are invalid."""
    verdicts = [CHECKERS[model](simulate(model, seed, bug)) for seed in seeds]
    return sum(verdict.outcome is Outcome.FAILED for verdict in verdicts)


@pytest.mark.parametrize("model", MODELS)
def test_the_correct_store_passes(model: str) -> None:
    for seed in range(40):
        verdict = CHECKERS[model](simulate(model, seed))
        assert verdict.outcome is Outcome.PASSED, (seed, verdict.explain())


@pytest.mark.parametrize(("model", "bug"), CAUGHT)
def test_each_planted_bug_is_caught(model: str, bug: str) -> None:
    assert caught(model, bug, range(10)) >= 7


def test_a_counter_example_has_a_few_lines() -> None:
    for model, bug in CAUGHT:
        verdicts = [CHECKERS[model](simulate(model, seed, bug)) for seed in range(4)]
        for verdict in (v for v in verdicts if v.outcome is Outcome.FAILED):
            assert 2 <= len(verdict.reasons) <= 6, (model, bug, verdict.explain())


def test_a_seed_gives_one_history() -> None:
    assert simulate("bank", 3) == simulate("bank", 3)
    assert simulate("bank", 3) != simulate("bank", 4)
