"""Total queue: nothing lost, doubled, made up or out of order."""

import itertools
import random

import pytest
from history_building import history, maybe, op, refused

from seatrial.errors import BadInput
from seatrial.judge.consistency import Operation, check_queue
from seatrial.model.verdict import Outcome

PASSED, FAILED, UNKNOWN = Outcome.PASSED, Outcome.FAILED, Outcome.INCONCLUSIVE
A, B = op("enqueue", "a", 0, 1, "k"), op("enqueue", "b", 2, 3, "k")
EMPTY = op("drain", [], 20, 21)


@pytest.mark.parametrize(
    ("operations", "outcome", "words"),
    [
        (
            [A, B, op("dequeue", "a", 4, 5), op("dequeue", "b", 6, 7), EMPTY],
            PASSED,
            "2 accepted messages, 2 taken",
        ),
        ([A, B, op("drain", ["b", "a"], 20, 21)], PASSED, "2 taken"),
        ([A, B, op("dequeue", "b", 4, 5), EMPTY], FAILED, "1 lost"),
        ([A, op("dequeue", None, 4, 5)], FAILED, "1 lost"),
        ([A, op("dequeue", None, 0, 5)], UNKNOWN, "1 accepted message neither taken nor surely lost"),
        ([A, op("dequeue", None, 0.5, 5), op("dequeue", "a", 6, 7)], PASSED, "1 taken"),
        ([A, B, op("dequeue", "a", 4, 5)], UNKNOWN, "nobody saw the queue empty"),
        ([A, maybe("dequeue", None, 4), EMPTY], UNKNOWN, "neither taken nor surely lost"),
        ([A, B, maybe("dequeue", None, 4), EMPTY], FAILED, "1 lost"),
        ([A, refused("dequeue", None, 4, 5), EMPTY], FAILED, "1 lost"),
        ([maybe("enqueue", "m", 0, "k"), EMPTY], PASSED, "0 accepted messages"),
        ([maybe("enqueue", "m", 0, "k"), op("dequeue", "m", 2, 3), EMPTY], PASSED, "1 taken"),
        ([refused("enqueue", "m", 0, 1, "k"), op("dequeue", "m", 2, 3), EMPTY], FAILED, "1 unexpected"),
        ([op("dequeue", "x", 2, 3), EMPTY], FAILED, "1 unexpected"),
        ([op("dequeue", "b", 0, 1), B, EMPTY], FAILED, "1 unexpected"),
        ([A, op("dequeue", "a", 2, 3), op("dequeue", "a", 4, 5), EMPTY], FAILED, "1 duplicated"),
        ([A, op("dequeue", "a", 2, 3), op("drain", ["a"], 4, 5)], FAILED, "1 duplicated"),
        ([A, B, op("dequeue", "b", 4, 5), op("dequeue", "a", 6, 7), EMPTY], FAILED, "1 reordered"),
        ([A, B, op("dequeue", "b", 4, 6), op("dequeue", "a", 5, 7), EMPTY], PASSED, "2 taken"),
        ([], UNKNOWN, "the history is empty"),
    ],
)
def test_queues(operations: list[Operation], outcome: Outcome, words: str) -> None:
    verdict = check_queue(history(*operations))
    assert verdict.outcome is outcome
    assert words in verdict.observed


def test_messages_of_two_keys_have_no_order() -> None:
    other = op("enqueue", "b", 2, 3, "other")
    seen = history(A, other, op("dequeue", "b", 4, 5), op("dequeue", "a", 6, 7), EMPTY)
    assert check_queue(seen).outcome is PASSED


def test_duplicates_may_be_allowed() -> None:
    seen = history(A, B, op("dequeue", "a", 4, 5), op("dequeue", "b", 6, 7), op("dequeue", "a", 8, 9), EMPTY)
    assert check_queue(seen).outcome is FAILED
    verdict = check_queue(seen, at_least_once=True)
    assert verdict.outcome is PASSED
    assert verdict.numbers["duplicated"] == 1


def test_a_reordered_pair_is_shown_with_both_enqueues_and_both_takers() -> None:
    verdict = check_queue(history(A, B, op("dequeue", "b", 4, 5), op("dequeue", "a", 6, 7), EMPTY))
    assert [line.split("  ")[-1] for line in verdict.reasons] == [
        "enqueue k 'a': ok",
        "enqueue k 'b': ok",
        "dequeue 'b': ok",
        "dequeue 'a': ok",
    ]


def test_a_lost_message_is_shown_with_the_look_that_missed_it() -> None:
    verdict = check_queue(history(A, EMPTY))
    assert [line.split("  ")[-1] for line in verdict.reasons] == ["enqueue k 'a': ok", "drain []: ok"]


def test_order_agrees_with_trying_every_pair() -> None:
    chance = random.Random(3)
    reordered = 0
    for _ in range(1500):
        operations: list[Operation] = []
        for number in range(chance.randint(2, 5)):
            begin = chance.randint(0, 8)
            operations.append(op("enqueue", number, begin, begin + chance.randint(0, 3), chance.choice("kl")))
            taken = begin + chance.randint(0, 8)
            operations.append(op("dequeue", number, taken, taken + chance.randint(0, 3)))
        pairs = list(zip(operations[::2], operations[1::2], strict=True))
        expected = any(
            one.key == two.key and one.end < two.invoked and two_out.end < one_out.invoked
            for (one, one_out), (two, two_out) in itertools.permutations(pairs, 2)
        )
        early = any(taker.end < enqueue.invoked for enqueue, taker in pairs)
        assert not early
        verdict = check_queue(history(*operations, op("drain", [], 90, 91)))
        assert (verdict.outcome is FAILED) == expected
        reordered += expected
    assert 100 < reordered < 1400


def test_a_drain_that_is_no_list_is_refused() -> None:
    with pytest.raises(BadInput, match="a drain holds a list"):
        check_queue(history(op("drain", "a", 0, 1)))
