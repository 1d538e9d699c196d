"""Histories made of exchanges and measurements, judged by the checkers that they are made for."""

from dataclasses import replace

import pytest
from observations import dropped, exchange, failed, unknown

from seatrial.judge.consistency import (
    bank_history,
    check_bank,
    check_idempotency,
    check_set,
    idempotency_history,
    judged,
    set_history,
)
from seatrial.judge.consistency.from_exchanges import one_effect_each
from seatrial.model.exchange import Exchange
from seatrial.model.measurement import Measurement, MeasurementOutcome
from seatrial.model.observation import TROUBLE, Arm, Observation
from seatrial.model.verdict import Outcome

PASSED, FAILED, INCONCLUSIVE = Outcome.PASSED, Outcome.FAILED, Outcome.INCONCLUSIVE


def look(identity: str, copies: int | None, at: float = 50.0) -> Measurement:
    outcome = MeasurementOutcome.COULD_NOT_TRY if copies is None else MeasurementOutcome.ANSWERED
    return Measurement("read-back", identity, at, at + 1, outcome, {"copies": copies})


def listing(*elements: str, at: float = 50.0) -> Measurement:
    return Measurement("listing", "orders", at, at + 1, MeasurementOutcome.ANSWERED, {"elements": elements})


def total(answer: object, at: float) -> Measurement:
    return Measurement("invariant", "money", at, at + 1, MeasurementOutcome.ANSWERED, {"answer": answer})


def balances(at: float, **of: int) -> Measurement:
    rows = [{"id": account, "balance": balance} for account, balance in of.items()]
    return Measurement("invariant", "money", at, at + 1, MeasurementOutcome.ANSWERED, {"rows": rows})


def write(number: int, at: float | None = None, key: str = "", answer: str = "") -> Exchange:
    return exchange(
        float(number) if at is None else at, key=key or f"k{number}", answer_id=answer or f"o{number}"
    )


AGAIN = [write(1), write(1, at=2)]


@pytest.mark.parametrize(
    ("exchanges", "looks", "outcome", "words"),
    [
        (AGAIN, [look("o1", 1)], PASSED, "1 key, 1 sent more than once"),
        (AGAIN, [look("k1", 1)], PASSED, "1 key, 1 sent more than once"),
        ([unknown(1, key="k1"), write(1, at=2)], [look("o1", 1)], PASSED, "1 sent more than once"),
        ([unknown(1, key="k1"), unknown(2, key="k1")], [look("k1", 0)], PASSED, "1 sent more than once"),
        (AGAIN, [look("o1", 2)], FAILED, "more than one effect"),
        (AGAIN, [look("k1", 2)], FAILED, "more than one effect"),
        (AGAIN, [look("o1", 0)], FAILED, "acknowledged without an effect"),
        (AGAIN, [look("o1", 0), look("o1", 1, at=60)], PASSED, "1 key"),
        (
            [write(1), write(1, at=2, answer="o2")],
            [look("o1", 1), look("o2", 1)],
            FAILED,
            "more than one effect",
        ),
        ([write(1), write(1, at=2, answer="o2")], [look("k1", 1)], FAILED, "answered in different ways"),
        (
            [failed(1, key="k1"), failed(2, key="k1")],
            [look("k1", 1)],
            FAILED,
            "refused and yet with an effect",
        ),
        ([write(1)], [look("o1", 1)], INCONCLUSIVE, "no key was sent twice"),
        (AGAIN, [], INCONCLUSIVE, "effects of 1 key were not looked for"),
        (AGAIN, [look("o1", None)], INCONCLUSIVE, "effects of 1 key were not looked for"),
        ([*AGAIN, exchange(3)], [look("o1", 1)], INCONCLUSIVE, "1 request without a key"),
        ([*AGAIN, dropped(3)], [look("o1", 1)], PASSED, "1 key"),
    ],
)
def test_one_key_has_one_effect(
    exchanges: list[Exchange], looks: list[Measurement], outcome: Outcome, words: str
) -> None:
    verdict = judged(idempotency_history(exchanges, looks), check_idempotency)
    assert verdict.outcome is outcome, verdict.explain()
    assert words in verdict.observed


def test_two_bodies_under_one_key_are_seen_when_something_tells_them_apart() -> None:
    built = idempotency_history(AGAIN, [look("k1", 1)], body_of=lambda one: str(one.planned_at))
    assert "accepted with two bodies" in judged(built, check_idempotency).observed


WRITES = [write(number) for number in range(4)]
LOOKS = [look(f"o{number}", 1) for number in range(4)]


@pytest.mark.parametrize(
    ("exchanges", "measurements", "outcome", "words"),
    [
        (WRITES, LOOKS, PASSED, "4 acknowledged elements"),
        (WRITES, [*LOOKS[:3], look("o3", 0)], FAILED, "1 lost"),
        (WRITES, [*LOOKS[:3], look("o3", 0), look("o3", 1, at=60)], PASSED, "4 acknowledged"),
        (WRITES, [*LOOKS[:3], look("o3", 2)], FAILED, "1 duplicated"),
        (WRITES, LOOKS[:3], INCONCLUSIVE, "1 acknowledged write never read back"),
        (WRITES, [*LOOKS[:2], look("o2", None), look("o3", 0)], FAILED, "1 lost"),
        ([*WRITES, unknown(9, key="k9")], [*LOOKS, look("k9", 1)], PASSED, "1 of 1 unknown recovered"),
        ([*WRITES, unknown(9, key="k9")], [*LOOKS, look("k9", 0)], PASSED, "0 of 1 unknown recovered"),
        ([*WRITES, failed(9, key="k9")], [*LOOKS, look("k9", 1)], FAILED, "1 unexpected"),
        ([*WRITES, unknown(9, key="k1")], LOOKS, PASSED, "4 acknowledged elements"),
        ([*WRITES, dropped(9)], LOOKS, PASSED, "4 acknowledged elements"),
        (WRITES, [listing("o0", "o1", "o2", "o3")], PASSED, "4 acknowledged"),
        (WRITES, [listing("o0", "o1", "o2")], FAILED, "1 lost"),
        (WRITES, [listing("o0", "o1", "o2", "o3", "o4")], FAILED, "1 unexpected"),
        (WRITES, [listing("o0", "o1", "o2", "o3", "o3")], FAILED, "1 duplicated"),
        (WRITES, [], INCONCLUSIVE, "never read"),
    ],
)
def test_what_was_acknowledged_is_there_once(
    exchanges: list[Exchange], measurements: list[Measurement], outcome: Outcome, words: str
) -> None:
    verdict = judged(set_history(exchanges, measurements), check_set)
    assert verdict.outcome is outcome, verdict.explain()
    assert words in verdict.observed


def test_a_listing_by_key_explains_a_write_whose_id_nobody_was_told() -> None:
    sent = [*WRITES, unknown(9, key="k9")]
    found = [listing("k0", "k1", "k2", "k3", "k9")]
    assert judged(set_history(sent, found, by="key"), check_set).outcome is PASSED
    assert judged(set_history(sent, found), check_set).outcome is FAILED


@pytest.mark.parametrize(
    ("measurements", "outcome", "words"),
    [
        ([total(100, 0), total(100, 50)], PASSED, "4 acknowledged transfers, 2 snapshots"),
        ([total(100, 0), total(99, 50)], FAILED, "another total"),
        ([balances(0, bank=60, shop=40), balances(50, bank=30, shop=70)], PASSED, "2 snapshots"),
        ([balances(0, bank=60, shop=40), balances(50, bank=30, shop=75)], FAILED, "another total"),
        ([balances(0, bank=60, shop=40), balances(50, bank=110, shop=-10)], FAILED, "below zero"),
        ([total(100, 0), total("much", 50)], INCONCLUSIVE, "1 answer of money without balances"),
        ([], INCONCLUSIVE, "no snapshot was read"),
    ],
)
def test_money_is_neither_made_nor_lost(
    measurements: list[Measurement], outcome: Outcome, words: str
) -> None:
    verdict = judged(bank_history(WRITES, measurements, invariant="money"), check_bank)
    assert verdict.outcome is outcome, verdict.explain()
    assert words in verdict.observed


def test_what_was_left_out_never_hides_a_failure() -> None:
    verdict = judged(set_history(WRITES, [look("o0", 0)]), check_set)
    assert verdict.outcome is FAILED
    assert "3 acknowledged writes never read back" in verdict.reasons


def test_the_subjects_writes_of_the_warm_up_count_and_those_of_others_do_not() -> None:
    other = replace(write(2), journey="pay")
    arm = Arm((write(1, at=2), other), warm_up=(write(1),), measurements=(look("o1", 1),))
    verdict = one_effect_each(Observation({TROUBLE: arm}, journey="browse"))
    assert verdict.outcome is PASSED
    assert verdict.observed == "1 key, 1 sent more than once"


def test_what_never_left_the_generator_is_no_call() -> None:
    unsent = replace(write(2), sent_at=None, completed_at=None)
    built = idempotency_history([*AGAIN, unsent, dropped(3.0)], [look("o1", 1)])
    assert [operation.kind for operation in built.history.operations] == ["call", "call", "effects"]


def test_the_effects_were_looked_for_from_the_first_look_to_the_last() -> None:
    writes = [write(1), write(1, at=2, answer="o2")]
    built = idempotency_history(writes, [look("o1", 1, at=40.0), look("o2", 1, at=60.0)])
    effects = built.history.operations[-1]
    assert (effects.value, effects.invoked, effects.completed) == (2, 40.0, 61.0)
