"""Histories made of exchanges and measurements, judged by the checkers that they are made for."""

from dataclasses import replace

import pytest
from observations import crash_fault, dropped, exchange, failed, unknown

from seatrial.judge.consistency import (
    check_idempotency,
    idempotency_history,
    judged,
    money_is_conserved,
    one_effect_each,
)
from seatrial.model.exchange import Exchange
from seatrial.model.fault import FaultRecord
from seatrial.model.measurement import Measurement, MeasurementOutcome
from seatrial.model.observation import TROUBLE, Arm, Observation
from seatrial.model.system import System
from seatrial.model.system_file import parse_system
from seatrial.model.verdict import Outcome, Verdict

PASSED, FAILED, INCONCLUSIVE = Outcome.PASSED, Outcome.FAILED, Outcome.INCONCLUSIVE


def look(identity: str, copies: int | None, at: float = 50.0) -> Measurement:
    outcome = MeasurementOutcome.COULD_NOT_TRY if copies is None else MeasurementOutcome.ANSWERED
    return Measurement("read-back", identity, at, at + 1, outcome, {"copies": copies})


def total(answer: object, at: float, step: str = "before") -> Measurement:
    answered = MeasurementOutcome.ANSWERED
    return Measurement("invariant", "money", at, at + 1, answered, {"answer": answer}, step=step)


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


MOVES = [replace(write(number), journey="pay") for number in range(0, 120)]
SYSTEM = parse_system(
    """
apiVersion: seatrial/v1
kind: System
metadata: {name: bank}
target: {context: none, namespace: none}
entry: {url: "http://127.0.0.1:1"}
workloads: {store: {kind: StatefulSet, name: store}}
journeys:
  browse: {request: {path: /}}
  pay: {request: {path: /pay}, conserves: money}
capabilities: {store: {product: postgres}}
invariants: [{name: money, requirement: Same., database: bank, sql: select 1, equals: 100}]
""",
    source="bank.yaml",
)
OTHER = replace(total(7, 200, step="after"), name="other")
STILL = SYSTEM.model_copy(update={"journeys": {"browse": SYSTEM.journeys["browse"]}})
CRASH = crash_fault(50.0, 60.0)
BEFORE_IT, AFTER_IT = total(100, -9), total(100, 200, step="after")


def moved(
    *measurements: Measurement, exchanges: list[Exchange] = MOVES, system: System | None = SYSTEM,
    faults: tuple[FaultRecord, ...] = (CRASH,),
) -> Verdict:  # fmt: skip
    arm = Arm(tuple(exchanges), faults=faults, measurements=measurements)
    return money_is_conserved(Observation({TROUBLE: arm}, journey="browse", system=system))


def test_money_is_neither_made_nor_lost() -> None:
    verdict = moved(BEFORE_IT, AFTER_IT)
    assert verdict.outcome is PASSED, verdict.explain()
    assert verdict.observed == "120 acknowledged transfers, total read 2 times"


def test_the_example_names_the_transfers_by_their_keys() -> None:
    verdict = moved(BEFORE_IT, total(99, 200, step="after"))
    assert "transfer 'k119': ok" in verdict.reasons[-2]
    keyless = [replace(one, key="") for one in MOVES]
    verdict = moved(BEFORE_IT, total(99, 200, step="after"), exchanges=keyless)
    assert "transfer '119000': ok" in verdict.reasons[-2]


def test_another_total_after_the_crash_has_failed_however_little_was_seen() -> None:
    for exchanges in (MOVES, MOVES[:1], [failed(1)]):
        verdict = moved(BEFORE_IT, total(99, 200, step="after"), exchanges=exchanges)
        assert verdict.outcome is FAILED
        assert "another total, first 99" in verdict.observed


@pytest.mark.parametrize(
    ("verdict", "outcome", "words"),
    [
        (moved(BEFORE_IT), INCONCLUSIVE, "no total of money was read after the faults"),
        (moved(AFTER_IT), INCONCLUSIVE, "no total of money was read before the faults"),
        (moved(BEFORE_IT, total("much", 200, step="after")), INCONCLUSIVE, "1 answer of money without"),
        (moved(BEFORE_IT, replace(AFTER_IT, name="other")), INCONCLUSIVE, "read after the faults"),
        (moved(BEFORE_IT, AFTER_IT, exchanges=MOVES[40:89]), INCONCLUSIVE, "49 of 50 transfers acknowledged"),
        (moved(BEFORE_IT, AFTER_IT, exchanges=MOVES[40:90]), PASSED, "50 acknowledged transfers"),
        (moved(BEFORE_IT, AFTER_IT, exchanges=[*MOVES[:50], *MOVES[61:]]), INCONCLUSIVE, "0 of 3 transfers"),
        (moved(BEFORE_IT, AFTER_IT, exchanges=MOVES[:53]), PASSED, "53 acknowledged transfers"),
        (moved(BEFORE_IT, AFTER_IT, exchanges=MOVES[:52]), INCONCLUSIVE, "2 of 3 transfers at work"),
        (
            moved(BEFORE_IT, AFTER_IT, exchanges=[write(n) for n in range(120)]),
            INCONCLUSIVE,
            "0 acknowledged",
        ),
        (moved(BEFORE_IT, AFTER_IT, faults=()), Outcome.ERROR, "no fault was injected"),
        (moved(BEFORE_IT, AFTER_IT, system=None), Outcome.UNSUPPORTED, "no journey of the system file"),
        (moved(BEFORE_IT, AFTER_IT, system=STILL), Outcome.UNSUPPORTED, "no journey of the system file"),
        (
            moved(BEFORE_IT, AFTER_IT, replace(AFTER_IT, name="other", value={"answer": 7})),
            PASSED,
            "read 2 times",
        ),
        (moved(BEFORE_IT, AFTER_IT, look("money", 1)), PASSED, "read 2 times"),
    ],
)
def test_a_total_that_is_the_same_shows_little_where_little_was_seen(
    verdict: Verdict, outcome: Outcome, words: str
) -> None:
    assert verdict.outcome is outcome, verdict.explain()
    assert words in verdict.observed


def test_what_was_left_out_never_hides_a_failure() -> None:
    sent = [exchange(3), *AGAIN]
    verdict = judged(idempotency_history(sent, [look("o1", 2)]), check_idempotency)
    assert verdict.outcome is FAILED
    assert "1 request without a key" in verdict.reasons


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
