"""The checkers of histories on their lines, and the examples that they choose."""

import pytest
from history_building import history, maybe, op, refused

from seatrial.errors import BadInput
from seatrial.judge.consistency import Operation, check_bank, check_idempotency
from seatrial.judge.consistency.finding import example_lines
from seatrial.model.verdict import Outcome, Verdict


def shown(verdict: Verdict) -> list[str]:
    return [line.split(" s  ")[-1] for line in verdict.reasons]


def call(begin: float, end: float, key: str = "k") -> Operation:
    return op("call", {"body": "pay", "answer": 1}, begin, end, key)


def effects(count: int, at: float) -> Operation:
    return op("effects", count, at, at + 1, "k")


@pytest.mark.parametrize(
    ("looks", "words"),
    [
        ([effects(0, 20), effects(1, 30)], "acknowledged without an effect"),
        ([effects(1, 20), effects(0, 30)], "acknowledged without an effect"),
        ([effects(0, 1)], "acknowledged without an effect"),
        ([effects(1, 20), effects(2, 30)], "with more than one effect"),
    ],
)
def test_an_effect_is_there_from_the_first_acknowledgement_on(looks: list[Operation], words: str) -> None:
    verdict = check_idempotency(history(call(0, 1), call(24, 25), *looks))
    assert verdict.outcome is Outcome.FAILED
    assert words in verdict.observed


def test_an_effect_of_a_refusal_is_wrong_even_if_it_is_gone_later() -> None:
    refusals = [refused("call", {"body": "b"}, n, n + 1, "k") for n in (0, 2)]
    verdict = check_idempotency(history(*refusals, effects(1, 10), effects(0, 20)))
    assert "refused and yet with an effect" in verdict.observed


def test_five_calls_and_the_last_look_show_a_wrong_key() -> None:
    calls = [call(n, n + 1) for n in range(7)]
    verdict = check_idempotency(history(*calls, effects(1, 20), effects(2, 30)))
    assert len(shown(verdict)) == 6
    assert shown(verdict)[-1] == "effects k 2: ok"


def test_an_idempotency_history_is_told_in_full() -> None:
    verdict = check_idempotency(history(call(0, 1), call(2, 3), call(2, 3, "other"), effects(1, 20)))
    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert verdict.observed == "2 keys, 1 sent more than once; the effects of 1 key were not looked for"
    assert verdict.numbers == {"keys": 2, "retried": 1, "wrong_keys": 0}


@pytest.mark.parametrize("check", [check_bank, check_idempotency])
def test_a_history_of_another_kind_is_refused(check: object) -> None:
    with pytest.raises(BadInput, match="operation 1 is of kind 'dance'"):
        check(history(op("dance", 1, 0, 1)))  # type: ignore[operator]


def test_an_example_is_six_lines_in_the_order_of_invocation() -> None:
    operations = [op("add", n, n, 99) for n in range(8, 0, -1)]
    lines = example_lines([*operations, operations[0]])
    assert [line.split()[-2] for line in lines] == ["1:", "2:", "3:", "4:", "5:", "6:"]
    both = [op("add", "late", 1, 3), op("add", "early", 1, 2)]
    assert "early" in example_lines(both)[0]
    assert example_lines([maybe("read", None, 1.5, "x")]) == (
        "     1.500 s to          - s  read x None: unknown",
    )


def test_a_long_value_is_cut_to_sixty_characters() -> None:
    (whole,) = example_lines([op("add", "x" * 58, 0, 1)])
    assert f"add '{'x' * 58}': ok" in whole
    (cut,) = example_lines([op("add", "x" * 59, 0, 1)])
    assert f"add '{'x' * 56}...: ok" in cut


def test_mappings_are_the_same_answer_whatever_the_order_of_their_keys() -> None:
    same = [{"a": 1, "b": 2}, {"b": 2, "a": 1}]
    calls = [op("call", {"body": one, "answer": one}, n, n + 0.5, "k") for n, one in enumerate(same)]
    assert check_idempotency(history(*calls, effects(1, 10))).outcome is Outcome.PASSED
