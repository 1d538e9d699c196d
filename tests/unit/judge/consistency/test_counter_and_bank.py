"""Counter bounds and the constant total of a bank."""

import random

import pytest
from history_building import history, maybe, op, refused

from seatrial.errors import BadInput
from seatrial.judge.consistency import Operation, check_bank, check_counter
from seatrial.model.exchange import ExchangeOutcome
from seatrial.model.verdict import Outcome

PASSED, FAILED, UNKNOWN = Outcome.PASSED, Outcome.FAILED, Outcome.INCONCLUSIVE


@pytest.mark.parametrize(
    ("adds", "read", "possible"),
    [
        ([op("add", 5, 0, 1)], (2, 3), {5}),
        ([op("add", 5, 0, 1), op("add", 2, 0, 1)], (2, 3), {7}),
        ([op("add", 5, 0, 2.5)], (2, 3), {0, 1, 2, 3, 4, 5}),
        ([op("add", 5, 2.5, 9)], (2, 3), {0, 1, 2, 3, 4, 5}),
        ([op("add", 5, 3.5, 9)], (2, 3), {0}),
        ([op("add", 5, 3, 9)], (2, 3), {0, 1, 2, 3, 4, 5}),
        ([op("add", 5, 0, 2)], (2, 3), {0, 1, 2, 3, 4, 5}),
        ([maybe("add", 5, 0)], (2, 3), {0, 1, 2, 3, 4, 5}),
        ([refused("add", 5, 0, 1), op("add", 1, 0, 1)], (2, 3), {1}),
        ([op("add", 5, 0, 1), op("add", -2, 0, 1)], (2, 3), {3}),
        ([op("add", 5, 0, 1), maybe("add", -2, 0)], (2, 3), {3, 4, 5}),
        ([op("add", 5, 0, 1), op("add", -2, 2.5, 9)], (2, 3), {3, 4, 5}),
        ([op("add", -3, 0, 1)], (2, 3), {-3}),
    ],
)
def test_exactly_the_possible_reads_pass(
    adds: list[Operation], read: tuple[float, float], possible: set[int]
) -> None:
    accepted = {
        value
        for value in range(-9, 15)
        if check_counter(history(*adds, op("read", value, *read))).outcome is PASSED
    }
    assert accepted == possible


def test_the_bounds_hold_all_that_any_order_can_give() -> None:
    """Against a count by hand: each add that may be before the read is in or out."""
    chance = random.Random(7)
    for _ in range(300):
        adds = []
        for _ in range(chance.randint(1, 5)):
            begin = chance.randint(0, 8)
            outcome = chance.choice([ExchangeOutcome.OK, ExchangeOutcome.UNKNOWN])
            adds.append(op("add", chance.randint(-4, 4), begin, begin + chance.randint(0, 4), "", outcome))
        begin, end = 4.0, 6.0
        sure = [
            a
            for a in adds
            if a.outcome is ExchangeOutcome.OK and a.completed is not None and a.completed < begin
        ]
        open_ones = [a for a in adds if a not in sure and a.invoked <= end]
        low = sum(a.value for a in sure) + sum(min(a.value, 0) for a in open_ones)
        high = sum(a.value for a in sure) + sum(max(a.value, 0) for a in open_ones)
        for value in range(low - 2, high + 3):
            verdict = check_counter(history(*adds, op("read", value, begin, end)))
            assert verdict.outcome is (PASSED if low <= value <= high else FAILED)


def test_a_read_out_of_bounds_is_told_with_its_bounds_and_the_adds() -> None:
    verdict = check_counter(history(op("add", 5, 0, 1), op("add", 2, 0, 2.5), op("read", 9, 2, 3)))
    assert "9 read where 5 to 7 is possible" in verdict.observed
    assert len(verdict.reasons) == 3


@pytest.mark.parametrize(
    "operations",
    [[], [op("add", 1, 0, 1)], [op("read", 0, 0, 1)], [op("add", 1, 0, 1), maybe("read", None, 2)]],
)
def test_a_counter_that_was_not_used_tells_nothing(operations: list[Operation]) -> None:
    assert check_counter(history(*operations)).outcome is UNKNOWN


@pytest.mark.parametrize("value", ["5", None, True, [1]])
def test_a_counter_holds_numbers(value: object) -> None:
    with pytest.raises(BadInput, match="a counter holds numbers"):
        check_counter(history(op("add", value, 0, 1)))


OPEN = op("open", {"a": 50, "b": 50}, 0, 1)
MOVE = op("transfer", {"from": "a", "to": "b", "amount": 10}, 1, 2)


@pytest.mark.parametrize(
    ("operations", "outcome", "words"),
    [
        ([OPEN, MOVE, op("read", {"a": 40, "b": 60}, 3, 4)], PASSED, "1 acknowledged transfer, 1 snapshot"),
        ([OPEN, MOVE, op("read", {"a": 50, "b": 50}, 3, 4)], PASSED, "1 snapshot"),
        ([OPEN, MOVE, op("read", {"a": 40, "b": 50}, 3, 4)], FAILED, "another total, first 90"),
        ([OPEN, MOVE, op("read", {"a": 100}, 3, 4)], PASSED, "1 snapshot"),
        (
            [OPEN, MOVE, op("read", {"a": -10, "b": 110}, 3, 4)],
            FAILED,
            "1 snapshot with a balance below zero",
        ),
        ([MOVE, op("read", {"a": 9}, 3, 4), op("read", {"a": 8}, 5, 6)], FAILED, "another total, first 8"),
        ([MOVE, op("read", {"a": 8}, 5, 6), op("read", {"a": 9}, 3, 4)], FAILED, "another total, first 8"),
        ([OPEN, MOVE, maybe("read", None, 3)], UNKNOWN, "no snapshot was read"),
        ([OPEN, op("read", {"a": 100}, 3, 4)], UNKNOWN, "no transfer was acknowledged"),
        ([], UNKNOWN, "the history is empty"),
    ],
)
def test_banks(operations: list[Operation], outcome: Outcome, words: str) -> None:
    verdict = check_bank(history(*operations))
    assert verdict.outcome is outcome
    assert words in verdict.observed


def test_total_and_overdraft_can_be_given() -> None:
    seen = history(MOVE, op("read", {"a": -10, "b": 110}, 3, 4))
    assert check_bank(seen, total=100, negative_allowed=True).outcome is PASSED
    assert check_bank(seen, total=99, negative_allowed=True).outcome is FAILED


def test_the_example_is_the_snapshot_before_the_transfers_between_and_the_bad_one() -> None:
    verdict = check_bank(
        history(
            op("read", {"a": 100}, 0, 1),
            op("transfer", "old", 0, 0.5),
            op("read", {"a": 100}, 2, 3),
            op("transfer", "t1", 4, 5),
            maybe("transfer", "t2", 4),
            op("read", {"a": 90}, 6, 7),
        )
    )
    assert [line.split("  ")[-1] for line in verdict.reasons] == [
        "read {'a': 100}: ok",
        "transfer 't1': ok",
        "transfer 't2': unknown",
        "read {'a': 90}: ok",
    ]


@pytest.mark.parametrize("value", [None, 5, {"a": "5"}, {"a": True}])
def test_a_snapshot_maps_accounts_to_numbers(value: object) -> None:
    with pytest.raises(BadInput, match="a snapshot maps accounts to balances"):
        check_bank(history(op("read", value, 0, 1)))
