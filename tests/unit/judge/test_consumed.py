"""Messages in the hands of pods that are killed and scaled in, and what the invariants say afterwards."""

from __future__ import annotations

from dataclasses import replace

import pytest
from observations import crash_fault, exchange, failed, fault, pod, timeline

from seatrial.judge.consumed import consumers_lose_nothing
from seatrial.model.counted import REDELIVERED, CounterRead, CounterSeries
from seatrial.model.exchange import Exchange
from seatrial.model.fault import Disruption, FaultRecord
from seatrial.model.measurement import INVARIANT, Measurement, MeasurementOutcome
from seatrial.model.observation import AFTER, BEFORE, TROUBLE, Arm, Observation
from seatrial.model.system_file import parse_system
from seatrial.model.timeline import Change, Timeline
from seatrial.model.verdict import Outcome, Verdict

COUNTER = "redelivered_total"
TEXT = """
apiVersion: seatrial/v1
kind: System
metadata: {name: shop}
target: {context: none, namespace: none}
entry: {url: "http://127.0.0.1:1"}
workloads:
  till:
    kind: Deployment
    name: till
    consumes: {journey: browse, redelivered: redelivered_total, invariants: [orders-end, paid-once]}
journeys: {browse: {request: {method: POST, path: /}}, look: {request: {path: /}}}
capabilities: {store: {product: postgres}, metrics: {product: prometheus, service: prometheus}}
invariants:
  - {name: orders-end, requirement: They end., database: orders, sql: select 1}
  - {name: paid-once, requirement: Once., database: orders, sql: select 1}
  - {name: elsewhere, requirement: Else., database: orders, sql: select 1}
"""
SHOP = parse_system(TEXT, source="shop.yaml")
ALL = parse_system(TEXT.replace(", invariants: [orders-end, paid-once]", ""), source="shop.yaml")
FAULTS = (crash_fault(100.0, 105.0), crash_fault(110.0, 115.0), fault(120.0, 130.0))
SENT = [exchange(100.0 + number * 0.5) for number in range(60)]


def asked(name: str, step: str, *, holds: bool = True) -> Measurement:
    value = {"holds": holds, "requirement": f"{name}.", "rows": [] if holds else [{"id": 7}]}
    return Measurement(INVARIANT, name, 1.0, 2.0, MeasurementOutcome.ANSWERED, value, step=step)


def counter(*values: float, pod: str = "a", begin: float = 1000.0) -> Measurement:
    points = tuple((begin + 5 * number, value) for number, value in enumerate(values))
    read = CounterRead((CounterSeries({"pod": pod}, points),), begin, 5.0, False)
    return read.measurement(COUNTER, 1.0, 2.0, kind=REDELIVERED)


HELD = [asked(name, step) for step in (BEFORE, AFTER) for name in ("orders-end", "paid-once", "elsewhere")]
COUNTED = [counter(2), counter(2, 2, 9)]


def judged(
    sent: list[Exchange] = SENT, measured: list[Measurement] | None = None,
    faults: tuple[FaultRecord, ...] = FAULTS, system: object = SHOP, seen: Timeline | None = None,
) -> Verdict:  # fmt: skip
    looks = HELD + COUNTED if measured is None else measured
    arms = {TROUBLE: Arm(tuple(sent), faults=faults, measurements=tuple(looks), timeline=seen)}
    kind = Disruption.INVOLUNTARY
    return consumers_lose_nothing(
        Observation(arms, target="till", disruption=kind, journey="look", system=system)  # type: ignore[arg-type]
    )


def broken(name: str, step: str = AFTER) -> list[Measurement]:
    kept = [one for one in HELD if (one.name, one.step) != (name, step)]
    return [*kept, asked(name, step, holds=False), *COUNTED]


def test_what_holds_again_passes_where_messages_came_again() -> None:
    verdict = judged()
    assert verdict.outcome is Outcome.PASSED, verdict.explain()
    assert verdict.observed == (
        "2 of 2 invariants held; 42 requests accepted meanwhile, 7 messages delivered again"
    )
    assert verdict.expected == "orders-end, paid-once hold again after pods with messages in hand were killed"
    assert (verdict.numbers["asked_meanwhile"], verdict.numbers["redelivered"]) == (42, 7)


def test_a_lost_or_doubled_effect_is_named() -> None:
    verdict = judged(measured=broken("paid-once"))
    assert verdict.outcome is Outcome.FAILED
    assert "paid-once broken after the disruption" in verdict.observed
    assert verdict.next_step.startswith("Acknowledge a message only after its effect is committed")
    assert "Follow paid-once" in verdict.next_step
    assert (
        judged(measured=[one for one in broken("paid-once") if one.kind != REDELIVERED]).outcome
        is Outcome.FAILED
    )


@pytest.mark.parametrize(("gone", "killed"), [(131.0, True), (129.9, False)])
def test_a_grace_that_is_shorter_than_a_job_is_named(gone: float, killed: bool) -> None:
    """Report 18: consumers are scaled in while they process, grace 10 s, jobs of 30 s."""
    going = [replace(pod(at, "till-a", uid="a", deleting=True), workload="till") for at in (120.0, gone)]
    gone_now = replace(going[1], change=Change.DELETED)
    scaled_in = replace(FAULTS[2], fault="hold-replicas", workload="till", details={"grace_seconds": 10})
    faults, seen = (*FAULTS[:2], scaled_in), timeline(going[0], gone_now)
    lost = judged(measured=broken("paid-once"), faults=faults, seen=seen)
    words = "till-a was scaled in and killed with what it had in hand: its grace of 10 s is less than a"
    assert (words in " ".join(lost.reasons)) is killed
    assert ("Raise terminationGracePeriodSeconds" in lost.next_step) is killed
    idempotent = judged(faults=faults, seen=seen)
    assert idempotent.passed
    assert (words in " ".join(idempotent.reasons)) is killed


def test_only_the_invariants_that_are_named_count_and_all_without_names() -> None:
    assert judged(measured=broken("elsewhere")).passed
    assert judged(measured=broken("elsewhere"), system=ALL).outcome is Outcome.FAILED
    assert judged(system=ALL).observed.startswith("3 of 3 invariants held")


def test_what_was_broken_before_is_an_error() -> None:
    assert judged(measured=broken("paid-once", BEFORE)).outcome is Outcome.ERROR


@pytest.mark.parametrize(
    ("sent", "counted", "words"),
    [
        (SENT, [counter(2), counter(2, 2, 2)], "no message was in the hands of a pod that was killed"),
        (SENT, [counter(2)], "was not read before and after"),
        (SENT, [counter(2), replace(counter(2), outcome=MeasurementOutcome.REFUSED, reason="away")],
         "could not be read: away"),
        (SENT[:29], COUNTED, "of 30 requests that lead to messages too few were accepted"),
        ([failed(each.planned_at) for each in SENT], COUNTED, "too few were accepted"),
        ([replace(each, journey="look") for each in SENT], COUNTED, "too few were accepted"),
        ([replace(each, sent_at=each.planned_at + 90) for each in SENT], COUNTED, "too few were accepted"),
    ],
)  # fmt: skip
def test_without_messages_in_hand_nothing_is_shown(
    sent: list[Exchange], counted: list[Measurement], words: str
) -> None:
    verdict = judged(sent, [*HELD, *counted])
    assert verdict.outcome is Outcome.INCONCLUSIVE, verdict.explain()
    assert words in verdict.observed
    assert f"`{COUNTER}`" in verdict.next_step


def test_a_process_that_began_anew_counts_from_zero_and_a_new_one_too() -> None:
    anew = [counter(5), counter(5, 0, 1)]
    assert judged(measured=HELD + anew).numbers["redelivered"] == 1
    other = [counter(5), counter(0, 4, pod="b")]
    assert judged(measured=HELD + other).numbers["redelivered"] == 4


def test_as_many_as_are_needed_are_enough() -> None:
    begun = [each for each in SENT if 100 <= each.planned_at <= 105 or 110 <= each.planned_at <= 115]
    few = [*begun, *(exchange(120.0 + number) for number in range(8))]
    assert judged(few).passed
    assert judged(few[:-1]).outcome is Outcome.INCONCLUSIVE


def test_without_verified_faults_nothing_is_judged() -> None:
    assert judged(faults=()).outcome is Outcome.ERROR
    assert judged(faults=(replace(FAULTS[0], verified_at=None),)).outcome is Outcome.ERROR
