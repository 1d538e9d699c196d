"""Linearizable registers: hand-made cases, and agreement of zones, search and brute force."""

import random
from collections import Counter

import pytest
from brute_force import linearizable_by_force, random_history
from history_building import history, maybe, op, refused

from seatrial.judge.consistency import FIFO, Operation, check_register, check_search
from seatrial.judge.consistency.search import REGISTER, Budget, core, linearizable
from seatrial.model.verdict import Outcome

PASSED, FAILED, UNKNOWN = Outcome.PASSED, Outcome.FAILED, Outcome.INCONCLUSIVE


def w(value: object, begin: float, end: float, key: str = "x") -> Operation:
    return op("write", value, begin, end, key)


def r(value: object, begin: float, end: float, key: str = "x") -> Operation:
    return op("read", value, begin, end, key)


CASES = [
    ("a read after a write sees it", [w(1, 0, 1), r(1, 2, 3)], PASSED),
    ("a read beside a write may see either", [w(1, 0, 3), r(None, 1, 2)], PASSED),
    ("a read beside a write may see either", [w(1, 0, 3), r(1, 1, 2)], PASSED),
    ("the initial value is gone after a write", [w(1, 0, 1), r(None, 2, 3)], FAILED),
    ("a stale read", [w(1, 0, 1), w(2, 2, 3), r(1, 4, 5)], FAILED),
    ("new, then old", [w(1, 0, 1), w(2, 2, 9), r(2, 3, 4), r(1, 5, 6)], FAILED),
    ("old, then new", [w(1, 0, 1), w(2, 2, 9), r(1, 3, 4), r(2, 5, 6)], PASSED),
    ("two readers disagree", [w(1, 0, 9), w(2, 0, 9), r(1, 1, 2), r(2, 3, 4), r(1, 5, 6)], FAILED),
    ("a value from nowhere", [w(1, 0, 1), r(7, 2, 3)], FAILED),
    ("a value from the future", [r(1, 0, 1), w(1, 2, 3)], FAILED),
    ("a value at the same moment", [r(1, 0, 2), w(1, 2, 3)], PASSED),
    ("touching writes are beside each other", [w(1, 0, 1), w(2, 1, 2), r(1, 2, 3)], PASSED),
    ("separate writes are not", [w(1, 0, 1), w(2, 1.1, 2), r(1, 2.1, 3)], FAILED),
    ("a refused write is not seen", [w(1, 0, 1), refused("write", 2, 1, 2, "x"), r(1, 3, 4)], PASSED),
    ("a refused write was seen", [w(1, 0, 1), refused("write", 2, 1, 2, "x"), r(2, 3, 4)], FAILED),
    (
        "an unknown write may show late",
        [w(1, 0, 1), maybe("write", 2, 1, "x"), r(1, 3, 4), r(2, 5, 6)],
        PASSED,
    ),
    ("or never", [w(1, 0, 1), maybe("write", 2, 1, "x"), r(1, 3, 4)], PASSED),
    (
        "but only once",
        [w(1, 0, 1), maybe("write", 2, 1, "x"), r(2, 3, 4), w(3, 5, 6), r(2, 7, 8)],
        FAILED,
    ),
    ("an unknown read tells nothing", [w(1, 0, 1), maybe("read", None, 2, "x"), r(1, 3, 4)], PASSED),
    ("keys are registers of their own", [w(1, 0, 1), w(1, 0, 1, "y"), r(1, 2, 3), r(1, 2, 3, "y")], PASSED),
    ("one bad key is enough", [w(1, 0, 1), r(1, 2, 3), w(1, 0, 1, "y"), r(None, 2, 3, "y")], FAILED),
    ("nothing was read", [w(1, 0, 1)], UNKNOWN),
    ("nothing at all", [], UNKNOWN),
]


@pytest.mark.parametrize(
    ("operations", "outcome"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_registers(operations: list[Operation], outcome: Outcome) -> None:
    assert check_register(history(*operations)).outcome is outcome
    assert check_search(history(*operations)).outcome is outcome
    if outcome is not UNKNOWN:
        assert linearizable_by_force(operations) is (outcome is PASSED)


@pytest.mark.parametrize(
    ("operations", "words", "lines"),
    [
        ([w(1, 0, 1), r(7, 2, 3)], "a read saw 7, which nobody can have written", 1),
        ([r(1, 0, 1), w(1, 2, 3)], "a read saw 1 before it was written", 2),
        ([w(1, 0, 1), r(None, 2, 3)], "x None and x 1 would each have to be older", 2),
    ],
)
def test_what_is_wrong_is_said(operations: list[Operation], words: str, lines: int) -> None:
    verdict = check_register(history(*operations))
    assert words in verdict.observed or words.replace("x None and x 1", "x 1 and x None") in verdict.observed
    assert len(verdict.reasons) == lines


def test_values_written_twice_are_not_judged_by_zones() -> None:
    seen = history(w(1, 0, 1), w(1, 2, 3), r(1, 4, 5))
    verdict = check_register(seen)
    assert verdict.outcome is UNKNOWN
    assert "1 value written more than once" in verdict.observed
    assert check_search(seen).outcome is PASSED


def test_a_stale_read_is_shown_in_a_few_lines() -> None:
    noise = [w(n, n * 10, n * 10 + 1) for n in range(1, 9)] + [
        r(n, n * 10 + 2, n * 10 + 3) for n in range(1, 9)
    ]
    verdict = check_register(history(*noise, r(6, 84, 85)))
    assert [line.split("  ")[-1] for line in verdict.reasons] == [
        "write x 6: ok",
        "write x 7: ok",
        "read x 7: ok",
        "read x 6: ok",
    ]
    assert "6 and x 7 would each have to be older than the other" in verdict.observed
    found = check_search(history(*noise, r(6, 84, 85)))
    assert found.outcome is FAILED
    assert 2 <= len(found.reasons) <= 6


def test_the_core_of_a_search_is_itself_impossible_and_minimal() -> None:
    chance = random.Random(11)
    found = 0
    while found < 60:
        operations = [o for o in random_history(chance, longest=7).operations if o.key == "x"]
        if linearizable(operations, REGISTER, Budget(10_000)) is False:
            found += 1
            kept = core(operations, REGISTER)
            assert not linearizable_by_force(kept)
            for operation in kept:
                if operation.kind == "read":
                    assert linearizable_by_force([o for o in kept if o is not operation])


def agreement(count: int, seed: int, longest: int) -> Counter[bool]:
    """Zones, search and brute force on random histories; how many were linearizable."""
    chance = random.Random(seed)
    answers: Counter[bool] = Counter()
    for number in range(count):
        seen = random_history(chance, longest=longest)
        expected = linearizable_by_force(seen.operations)
        zones, search = check_register(seen), check_search(seen)
        told = (zones.numbers["not_linearizable"] == 0, search.numbers["not_linearizable"] == 0)
        assert told == (expected, expected), (number, seen.operations)
        answers[expected] += 1
    return answers


def test_zones_and_search_agree_with_brute_force() -> None:
    answers = agreement(1500, seed=1, longest=5)
    assert min(answers.values()) > 400


def test_a_spent_budget_is_unknown_and_never_a_pass() -> None:
    crowd = [w(n, 0, 100) for n in range(9)] + [r(n, 101 + n, 101.5 + n) for n in (3, 5)]
    verdict = check_search(history(*crowd), steps=50)
    assert verdict.outcome is UNKNOWN
    assert "1 key undecided after 50 steps" in verdict.observed
    assert check_search(history(*crowd)).outcome is FAILED


@pytest.mark.parametrize(
    ("operations", "outcome"),
    [
        ([w(1, 0, 1), op("cas", [1, 2], 2, 3, "x"), r(2, 4, 5)], PASSED),
        ([w(1, 0, 1), op("cas", [7, 2], 2, 3, "x"), r(1, 4, 5)], FAILED),
        ([w(1, 0, 1), op("cas", [1, 2], 2, 3, "x"), op("cas", [1, 3], 2, 3, "x")], FAILED),
        ([w(1, 0, 1), op("cas", [1, 2], 2, 3, "x"), op("cas", [2, 3], 2, 3, "x"), r(3, 4, 5)], PASSED),
        ([w(1, 0, 1), maybe("cas", [1, 2], 2, "x"), r(1, 4, 5), r(2, 6, 7)], PASSED),
        ([w(1, 0, 1), maybe("cas", [7, 2], 2, "x"), r(2, 6, 7)], FAILED),
        ([w([1], 0, 1), r([1], 2, 3)], PASSED),
        ([w([1], 0, 1), r([2], 2, 3)], FAILED),
    ],
)
def test_compare_and_set(operations: list[Operation], outcome: Outcome) -> None:
    assert check_search(history(*operations)).outcome is outcome


@pytest.mark.parametrize(
    ("takes", "outcome"),
    [
        ([("a", 4, 5), ("b", 6, 7)], PASSED),
        ([("b", 4, 5), ("a", 6, 7)], FAILED),
        ([("b", 4, 6), ("a", 5, 7)], PASSED),
        ([("a", 4, 5), (None, 6, 7)], FAILED),
        ([(None, 0, 1), ("a", 4, 5)], PASSED),
    ],
)
def test_a_strict_queue(takes: list[tuple[object, float, float]], outcome: Outcome) -> None:
    sent = [op("enqueue", "a", 0, 1), op("enqueue", "b", 2, 3)]
    operations = [*sent, *(op("dequeue", value, begin, end) for value, begin, end in takes)]
    assert check_search(history(*operations), FIFO).outcome is outcome
