"""Safe retries: one key, one effect, one answer."""

import pytest
from history_building import history, maybe, op, refused

from seatrial.errors import BadInput
from seatrial.judge.consistency import Operation, check_idempotency
from seatrial.model.verdict import Outcome

PASSED, FAILED, UNKNOWN = Outcome.PASSED, Outcome.FAILED, Outcome.INCONCLUSIVE


def call(begin: float, end: float, *, body: str = "pay 5", answer: str = "o-1", key: str = "k") -> Operation:
    return op("call", {"body": body, "answer": answer}, begin, end, key)


def effects(count: int, at: float = 20.0, key: str = "k") -> Operation:
    return op("effects", count, at, at + 1, key)


LOST = maybe("call", {"body": "pay 5"}, 0, "k")


@pytest.mark.parametrize(
    ("operations", "outcome", "words"),
    [
        ([call(0, 1), call(2, 3), effects(1)], PASSED, "1 key, 1 sent more than once"),
        ([call(0, 3), call(1, 4), effects(1)], PASSED, "1 sent more than once"),
        ([LOST, call(2, 3), effects(1)], PASSED, "1 sent more than once"),
        ([LOST, LOST, effects(1)], PASSED, "1 sent more than once"),
        ([LOST, LOST, effects(0)], PASSED, "1 sent more than once"),
        ([LOST, LOST, effects(2)], FAILED, "1 key with more than one effect"),
        ([call(0, 1), call(2, 3), effects(2)], FAILED, "1 key with more than one effect"),
        ([call(0, 1), call(2, 3), effects(0)], FAILED, "1 key acknowledged without an effect"),
        ([call(2, 3), call(4, 5), effects(0, at=0), effects(1)], PASSED, "1 sent more than once"),
        ([call(0, 1), call(2, 3, answer="o-2"), effects(1)], FAILED, "1 key answered in different ways"),
        ([call(0, 1), call(2, 3, body="pay 6"), effects(1)], FAILED, "1 key accepted with two bodies"),
        ([call(0, 1), refused("call", {"body": "pay 6"}, 2, 3, "k"), effects(1)], PASSED, "1 sent"),
        ([refused("call", {"body": "b"}, 0, 1, "k")] * 2 + [effects(0)], PASSED, "1 sent more than once"),
        (
            [refused("call", {"body": "b"}, 0, 1, "k")] * 2 + [effects(1)],
            FAILED,
            "refused and yet with an effect",
        ),
        ([call(0, 1), effects(1)], UNKNOWN, "no key was sent twice"),
        ([call(0, 1), call(2, 3)], UNKNOWN, "the effects of 1 key were not looked for"),
        ([call(0, 1), call(2, 3), maybe("effects", None, 20, "k")], UNKNOWN, "not looked for"),
        ([], UNKNOWN, "the history is empty"),
        (
            [
                call(0, 1),
                call(0, 1),
                effects(1),
                call(0, 1, key="l"),
                call(2, 3, key="l"),
                effects(2, key="l"),
            ],
            FAILED,
            "2 keys, 2 sent more than once: 1 key with more than one effect",
        ),
    ],
)
def test_keys(operations: list[Operation], outcome: Outcome, words: str) -> None:
    verdict = check_idempotency(history(*operations))
    assert verdict.outcome is outcome
    assert words in verdict.observed


def test_the_wrong_key_is_shown_with_its_calls_and_effects() -> None:
    good = [call(0, 1, key="good"), call(2, 3, key="good"), effects(1, key="good")]
    verdict = check_idempotency(history(*good, call(0, 1), call(2, 3), effects(2)))
    assert len(verdict.reasons) == 3
    assert all(" k " in line for line in verdict.reasons)


@pytest.mark.parametrize(
    ("operation", "words"),
    [
        (op("call", "pay", 0, 1, "k"), "a call has the value"),
        (op("call", {"answer": 1}, 0, 1, "k"), "a call has the value"),
        (op("effects", -1, 0, 1, "k"), "`effects` counts them"),
        (op("effects", True, 0, 1, "k"), "`effects` counts them"),
        (op("effects", [1], 0, 1, "k"), "`effects` counts them"),
    ],
)
def test_values_of_another_form_are_refused(operation: Operation, words: str) -> None:
    with pytest.raises(BadInput, match=words):
        check_idempotency(history(operation))
