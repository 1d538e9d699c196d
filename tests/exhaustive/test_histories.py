"""The long versions of tests/unit/judge/consistency: minutes, not seconds. `make exhaustive` runs them."""

import random
from collections import Counter

import pytest
from brute_force import linearizable_by_force, random_history
from toy_stores import MODELS, simulate

from seatrial.judge.consistency import MODELS as CHECKERS
from seatrial.judge.consistency import check_register, check_search
from seatrial.model.verdict import Outcome

HISTORIES = 20_000
SEEDS = 1_000


def test_zones_and_search_agree_with_brute_force() -> None:
    chance = random.Random(20_000)
    answers: Counter[bool] = Counter()
    for number in range(HISTORIES):
        seen = random_history(chance, longest=7)
        expected = linearizable_by_force(seen.operations)
        zones, search = check_register(seen), check_search(seen)
        told = (zones.numbers["not_linearizable"] == 0, search.numbers["not_linearizable"] == 0)
        assert told == (expected, expected), (number, seen.operations)
        answers[expected] += 1
    print(f"{HISTORIES} histories, {answers[False]} not linearizable, 0 disagreements")  # noqa: T201
    assert min(answers.values()) > HISTORIES / 5


@pytest.mark.parametrize("model", MODELS)
def test_the_correct_store_passes_a_thousand_times(model: str) -> None:
    for seed in range(SEEDS):
        verdict = CHECKERS[model](simulate(model, seed))
        assert verdict.outcome is Outcome.PASSED, (seed, verdict.explain())
