"""The constant total of a bank."""

import math

import pytest
from history_building import history, maybe, op, refused

from seatrial.errors import BadInput
from seatrial.judge.consistency import Operation, check_bank
from seatrial.model.exchange import ExchangeOutcome
from seatrial.model.verdict import Outcome, Verdict

PASSED, FAILED, UNKNOWN = Outcome.PASSED, Outcome.FAILED, Outcome.INCONCLUSIVE
MOVE = op("transfer", "t", 1, 2)
HUGE = 1_000_000_000_000_000


def shown(verdict: Verdict) -> list[str]:
    return [line.split(" s  ")[-1] for line in verdict.reasons]


@pytest.mark.parametrize(
    ("operations", "outcome", "words"),
    [
        ([op("read", 9, 0, 1), MOVE, op("read", 9, 3, 4)], PASSED, "1 acknowledged transfer, total read 2"),
        ([op("read", -9, 0, 1), MOVE, op("read", -9, 3, 4)], PASSED, "total read 2 times"),
        ([op("read", 9, 0, 1), MOVE, op("read", 8, 3, 4)], FAILED, "1 time another total, first 8"),
        ([op("read", 8, 3, 4), MOVE, op("read", 9, 0, 1)], FAILED, "1 time another total, first 8"),
        ([op("read", 0, 0, 1), MOVE, op("read", 1, 3, 4)], FAILED, "1 time another total, first 1"),
        ([op("read", HUGE, 0, 1), MOVE, op("read", HUGE - 7, 3, 4)], FAILED, "first 999999999999993"),
        ([MOVE, maybe("read", None, 3)], UNKNOWN, "no total was read"),
        ([maybe("transfer", "t", 1), op("read", 9, 3, 4)], UNKNOWN, "no transfer was acknowledged"),
        ([], UNKNOWN, "the history is empty"),
    ],
)
def test_banks(operations: list[Operation], outcome: Outcome, words: str) -> None:
    verdict = check_bank(history(*operations))
    assert verdict.outcome is outcome
    assert words in verdict.observed


def test_what_was_expected_is_the_first_total() -> None:
    verdict = check_bank(history(op("read", HUGE, 0, 1), MOVE, op("read", 9, 3, 4), op("read", 8, 5, 6)))
    assert verdict.expected == f"a total of {HUGE} at all times"
    assert "2 times another total, first 9" in verdict.observed
    assert verdict.numbers == {"transfers": 1, "totals_read": 3, "totals_off": 2}
    assert shown(verdict)[-1] == "read 9: ok", "the first that is wrong is shown"


def test_what_was_not_acknowledged_may_happen_at_any_later_time() -> None:
    timed_out = op("transfer", "t", 1, 2, outcome=ExchangeOutcome.UNKNOWN)
    assert (MOVE.end, timed_out.end, maybe("transfer", "t", 1).end) == (2, math.inf, math.inf)
    verdict = check_bank(history(timed_out, op("read", 9, 3, 4), op("read", 8, 5, 6)))
    assert shown(verdict) == ["transfer 't': unknown", "read 9: ok", "read 8: ok"]


def test_the_example_is_the_read_before_the_transfers_between_and_the_bad_one() -> None:
    moves = [op("transfer", n, n, n + 0.5) for n in range(1, 9)]
    refusal, open_one = refused("transfer", "no", 8, 8.5), maybe("transfer", "open", 8.6)
    late, first = op("transfer", "late", 22, 23), op("read", 10, 0, 0.5)
    bad = op("read", 9, 20, 21)
    assert shown(check_bank(history(first, *moves, refusal, open_one, late, bad))) == [
        "read 10: ok",
        *(f"transfer {n}: ok" for n in (6, 7, 8)),
        "transfer 'open': unknown",
        "read 9: ok",
    ]
    again = op("read", 10, 6.6, 6.7)
    assert shown(check_bank(history(first, *moves, again, bad)))[0] == "read 10: ok"
    assert len(shown(check_bank(history(first, *moves, again, bad)))) == 4


@pytest.mark.parametrize("value", [None, "5", {"a": 5}, True])
def test_a_total_is_a_number(value: object) -> None:
    with pytest.raises(BadInput, match="a total is a number"):
        check_bank(history(op("read", value, 0, 1)))
