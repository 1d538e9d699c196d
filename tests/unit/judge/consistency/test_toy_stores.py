"""The checkers against a store with planted bugs: each bug is caught, and the correct store passes."""

import pytest
from toy_stores import MODELS, simulate

from seatrial.judge.consistency import MODELS as CHECKERS
from seatrial.model.verdict import Outcome

CAUGHT = [
    ("set", "lost-update"),
    ("set", "double-apply"),
    ("set", "ack-before-commit"),
    ("unique-ids", "lost-update"),
    ("unique-ids", "ack-before-commit"),
    ("counter", "lost-update"),
    ("counter", "stale-read"),
    ("counter", "double-apply"),
    ("bank", "lost-update"),
    ("queue", "double-apply"),
    ("queue", "ack-before-commit"),
    ("register", "stale-read"),
    ("search", "stale-read"),
    ("idempotency", "lost-update"),
    ("idempotency", "double-apply"),
]
"""Bugs that show in nearly every history of the model. Others show at times, or cannot (a bank is blind to a
whole transfer that happens twice)."""


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
    assert simulate("queue", 3) == simulate("queue", 3)
    assert simulate("queue", 3) != simulate("queue", 4)
