"""Set and unique ids: hand-made histories that must pass, fail, or stay unknown."""

import pytest
from history_building import history, maybe, op, refused

from seatrial.errors import BadInput
from seatrial.judge.consistency import History, Operation, check_set, check_unique_ids
from seatrial.model.verdict import Outcome

PASSED, FAILED, UNKNOWN = Outcome.PASSED, Outcome.FAILED, Outcome.INCONCLUSIVE
ADDED = (op("add", 1, 0, 1), op("add", 2, 1, 2))


@pytest.mark.parametrize(
    ("operations", "outcome", "words"),
    [
        ([*ADDED, op("read", [1, 2], 3, 4)], PASSED, "2 acknowledged elements, 0 of 0 unknown recovered"),
        ([*ADDED, op("read", [2, 1], 2, 4)], PASSED, "1 final read"),
        ([*ADDED, op("read", [1], 3, 4)], FAILED, "1 lost"),
        ([*ADDED, op("read", [], 3, 4)], FAILED, "2 lost"),
        ([*ADDED, op("read", [1, 2, 2], 3, 4)], FAILED, "1 duplicated"),
        ([*ADDED, op("read", [1, 1], 0.5, 1.5), op("read", [1, 2], 3, 4)], FAILED, "1 duplicated"),
        ([*ADDED, op("read", [1, 2, 9], 3, 4)], FAILED, "1 unexpected"),
        ([*ADDED, refused("add", 9, 1, 2), op("read", [1, 2, 9], 3, 4)], FAILED, "1 unexpected"),
        ([*ADDED, refused("add", 9, 1, 2), op("read", [1, 2], 3, 4)], PASSED, "2 acknowledged"),
        ([*ADDED, maybe("add", 9, 1), op("read", [1, 2, 9], 3, 4)], PASSED, "1 of 1 unknown recovered"),
        ([*ADDED, maybe("add", 9, 1), op("read", [1, 2], 3, 4)], PASSED, "0 of 1 unknown recovered"),
        ([*ADDED, maybe("add", 9, 1), op("read", [1, 2, 9, 9], 3, 4)], FAILED, "1 duplicated"),
        ([*ADDED, op("read", [2], 0, 0.5), op("read", [1, 2], 3, 4)], FAILED, "1 unexpected"),
        ([*ADDED, op("read", [2], 0, 1.0), op("read", [1, 2], 3, 4)], PASSED, "1 final read"),
        ([*ADDED, op("read", [1], 1, 1.5), op("read", [1, 2], 3, 4)], PASSED, "1 final read"),
        ([*ADDED, op("read", [1, 2], 3, 4), op("read", [1], 3, 4)], FAILED, "1 lost"),
        ([*ADDED, op("read", [1, 2], 1.5, 4)], UNKNOWN, "1 acknowledged element never read"),
        ([*ADDED, op("read", [2], 1.5, 4)], FAILED, "1 lost"),
        ([*ADDED], UNKNOWN, "2 acknowledged elements never read"),
        ([*ADDED, maybe("read", None, 3)], UNKNOWN, "never read"),
        ([*ADDED, refused("read", None, 3, 4)], UNKNOWN, "never read"),
        ([], UNKNOWN, "the history is empty"),
        ([op("read", [], 1, 2)], PASSED, "0 acknowledged elements"),
        ([op("read", [5], 1, 2)], FAILED, "1 unexpected"),
        ([op("add", [1, 2], 0, 1), op("read", [[1, 2]], 2, 3)], PASSED, "1 acknowledged element"),
        ([op("add", {"id": 1}, 0, 1), op("read", [{"id": 2}], 2, 3)], FAILED, "1 lost, 1 unexpected"),
    ],
)
def test_sets(operations: list[Operation], outcome: Outcome, words: str) -> None:
    verdict = check_set(history(*operations))
    assert verdict.outcome is outcome
    assert words in verdict.observed


def test_a_lost_element_is_shown_with_its_add_and_the_read() -> None:
    verdict = check_set(history(*ADDED, op("read", [1], 3, 4)))
    assert verdict.reasons == (
        "     1.000 s to      2.000 s  add 2: ok",
        "     3.000 s to      4.000 s  read '2 0 times among 1 element': ok",
    )


def test_a_history_without_its_end_is_unknown_whatever_it_shows() -> None:
    good = check_set(history(*ADDED, op("read", [1, 2], 3, 4), complete=False))
    bad = check_set(history(*ADDED, op("read", [1], 3, 4), complete=False))
    assert good.outcome is bad.outcome is UNKNOWN
    assert "the history has no end (so far: 1 lost)" in bad.observed


def test_a_read_that_is_no_list_is_refused() -> None:
    with pytest.raises(BadInput, match="a read of a set is a list, not 7"):
        check_set(history(op("read", 7, 1, 2)))


@pytest.mark.parametrize(
    ("operations", "outcome", "words"),
    [
        ([op("generate", "a", 0, 1), op("generate", "b", 0, 1)], PASSED, "2 ids answered"),
        ([op("generate", "a", 0, 1), op("generate", "a", 2, 3)], FAILED, "1 id given more than once"),
        ([op("generate", "a", 0, 1), maybe("generate", "a", 2), op("generate", "b", 2, 3)], PASSED, "2 ids"),
        ([op("generate", 1, 0, 1), op("generate", "1", 2, 3)], PASSED, "2 ids"),
        ([op("generate", [1], 0, 1), op("generate", [1], 2, 3)], FAILED, "1 id given more than once"),
        ([op("generate", "a", 0, 1)], UNKNOWN, "fewer than two ids"),
        ([], UNKNOWN, "the history is empty"),
    ],
)
def test_unique_ids(operations: list[Operation], outcome: Outcome, words: str) -> None:
    verdict = check_unique_ids(history(*operations))
    assert verdict.outcome is outcome
    assert words in verdict.observed


def test_the_requests_that_share_an_id_are_shown() -> None:
    verdict = check_unique_ids(history(*(op("generate", n % 3, n, n + 1) for n in range(5))))
    assert verdict.numbers["repeated"] == 2
    assert [line.split()[-2] for line in verdict.reasons] == ["0:", "0:"]


def test_another_models_history_is_refused() -> None:
    with pytest.raises(BadInput, match="operation 2 is of kind 'write'"):
        check_set(History([op("add", 1, 0, 1), op("write", 1, 0, 1)]))
