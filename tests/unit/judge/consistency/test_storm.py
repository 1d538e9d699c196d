"""A storm of retries: what was sent five times under each key, and what became of it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from observations import crash_fault, exchange, failed, unknown

from seatrial.judge.consistency.storm import retries_are_safe
from seatrial.model.exchange import Exchange
from seatrial.model.fault import Disruption, FaultRecord
from seatrial.model.measurement import (
    OTHER_BODY,
    READ_BACK,
    Measurement,
    MeasurementOutcome,
    again_measurement,
)
from seatrial.model.observation import TROUBLE, Arm, Observation
from seatrial.model.system_file import parse_system
from seatrial.model.verdict import Outcome, Verdict

SHOP = parse_system(
    """
apiVersion: seatrial/v1
kind: System
metadata: {name: shop}
target: {context: none, namespace: none}
entry: {url: "http://127.0.0.1:1"}
workloads: {orders: {kind: Deployment, name: orders, stateless: true}}
journeys:
  look: {request: {path: /}}
  browse: {request: {method: POST, path: /}, idempotent: true, through: [orders]}
""",
    source="shop.yaml",
)
CRASH = crash_fault(4.0, 6.0)
KEYS = 24


def copies(number: int, *answers: str, backend: str = "") -> list[Exchange]:
    """Five copies of one write: three at once, two later; an empty answer is a refusal."""
    key, begun = f"k{number}", number * 0.25
    given = answers or (f"o{number}", "", "", f"o{number}", f"o{number}")
    times = (begun, begun, begun, begun + 0.4, begun + 1.5)
    return [
        exchange(at, key=key, answer_id=answer, backend=backend) if answer else failed(at, key=key)
        for at, answer in zip(times, given, strict=True)
    ]


STORM = [copy for number in range(KEYS) for copy in copies(number)]


def look(identity: str, found: int = 1) -> Measurement:
    return Measurement(READ_BACK, identity, 50.0, 51.0, MeasurementOutcome.ANSWERED, {"copies": found})


def other(number: int, *, refused: bool = True, fair: bool = True) -> Measurement:
    sent = failed(40.0 + number, key=f"k{number}") if refused else exchange(40.0 + number, key=f"k{number}")
    return again_measurement(replace(sent, status=422 if refused else 202), OTHER_BODY, fair=fair)


FOUND = [look(f"o{number}") for number in range(KEYS)]
OTHERS = [other(number) for number in range(5)]
UNTRIED = Measurement(OTHER_BODY, "", 1, 2, MeasurementOutcome.COULD_NOT_TRY, reason="no number")


def judged(
    sent: list[Exchange] = STORM, measured: list[Measurement] | None = None,
    faults: tuple[FaultRecord, ...] = (CRASH,),
) -> Verdict:  # fmt: skip
    looks = FOUND + OTHERS if measured is None else measured
    arms = {TROUBLE: Arm(tuple(sent), faults=faults, measurements=tuple(looks))}
    kind = Disruption.INVOLUNTARY
    return retries_are_safe(Observation(arms, target="orders", disruption=kind, journey="look", system=SHOP))


def changed(number: int, *answers: str) -> list[Exchange]:
    """The storm in which one key was answered otherwise."""
    kept = [each for each in STORM if each.key != f"k{number}"]
    return [*kept, *copies(number, *answers)]


def test_one_effect_and_one_answer_each_pass() -> None:
    verdict = judged()
    assert verdict.outcome is Outcome.PASSED, verdict.explain()
    assert verdict.observed == (
        "24 keys, 24 sent more than once; 24 sent several times at once; copies at work in the crash: 41; "
        "other bodies refused: 5 of 5"
    )
    assert verdict.numbers == {
        "keys": 24, "retried": 24, "wrong_keys": 0, "keys_at_once": 24, "keys_answered_again": 24,
        "copies_at_work_in_fault": 41, "other_bodies": 5, "other_bodies_refused": 5,
    }  # fmt: skip


def test_two_effects_of_copies_at_once_are_told_as_such() -> None:
    sent = changed(3, "o3", "p3", "", "p3", "p3")
    verdict = judged(sent, [*FOUND, look("p3"), *OTHERS])
    assert verdict.outcome is Outcome.FAILED
    assert "1 key with more than one effect" in verdict.observed
    assert verdict.reasons[0] == "1 key: another answer to copies that were under way at the same time"
    assert verdict.next_step.startswith("Make looking for the key and keeping it one step")
    assert verdict.numbers["keys_at_once"] == 24


def test_a_key_that_another_pod_does_not_know_is_told_as_such() -> None:
    mine = [*copies(3, backend="a")[:4], exchange(2.25, key="k3", answer_id="p3", backend="b")]
    verdict = judged([*(each for each in STORM if each.key != "k3"), *mine], [*FOUND, look("p3"), *OTHERS])
    assert verdict.reasons[0] == "1 key: another answer to copies that different pods answered"
    assert verdict.next_step.startswith("Keep keys with their answers where all pods see them")


def test_an_answer_that_is_forgotten_is_told_as_such() -> None:
    verdict = judged(changed(3, "o3", "", "", "o3", "p3"), [*FOUND, look("p3"), *OTHERS])
    assert verdict.reasons[0] == "1 key: another answer to copies that were sent one after the other"
    assert "for longer than clients try again" in verdict.next_step


def test_another_body_that_is_accepted_fails() -> None:
    verdict = judged(measured=[*FOUND, *OTHERS[:4], other(4, refused=False)])
    assert verdict.outcome is Outcome.FAILED
    assert "1 key accepted with two bodies" in verdict.observed
    assert "compare before acting" in verdict.next_step


@pytest.mark.parametrize(
    ("sent", "measured", "words"),
    [
        (STORM[: 19 * 5], FOUND + OTHERS, "19 of 20 keys were sent at once"),
        ([e for e in STORM if e.sequence % 250 or e.ok], FOUND + OTHERS, "of 20 keys were sent at once"),
        ([e for n in range(KEYS) for e in copies(n, f"o{n}", "", "", "", "")], FOUND + OTHERS,
         "0 of 20 keys were answered more than once"),
        ([replace(e, sent_at=e.planned_at + 90, completed_at=e.planned_at + 91) for e in STORM],
         FOUND + OTHERS, "0 of 10 copies were at work when the pod was killed"),
        (STORM, FOUND, "0 of 5 other bodies were surely refused"),
        (STORM, FOUND + OTHERS[:4], "4 of 5 other bodies were surely refused"),
        (STORM, [*FOUND, *OTHERS[:4], other(5, fair=False)],
         "4 of 5 other bodies were surely refused (1 were refused with a key of their own, too)"),
        (STORM, [*FOUND, UNTRIED], "0 of 5 other bodies were surely refused (no number)"),
        (STORM, FOUND[:-1] + OTHERS, "the effects of 1 key were not looked for"),
    ],
)  # fmt: skip
def test_too_little_seen_does_not_pass(sent: list[Exchange], measured: list[Measurement], words: str) -> None:
    verdict = judged(sent, measured)
    assert verdict.outcome is Outcome.INCONCLUSIVE, verdict.explain()
    assert words in verdict.observed


def test_as_much_as_is_asked_for_is_enough() -> None:
    assert judged(STORM[: 20 * 5]).passed, "20 keys"


def test_an_answer_that_never_came_overlaps_what_was_sent_after_it() -> None:
    open_ = [each if each.ok else unknown(each.begun_at, latency=None, key=each.key) for each in STORM]
    assert judged(open_).outcome is Outcome.PASSED


def test_without_a_verified_crash_nothing_is_judged() -> None:
    assert judged(faults=()).outcome is Outcome.ERROR
    assert "not verified" in judged(faults=(replace(CRASH, verified_at=None),)).observed


def test_requests_of_other_journeys_are_not_judged() -> None:
    other_journey = replace(exchange(3.0, key="k3", answer_id="p3"), journey="look")
    assert judged([*STORM, other_journey]).passed
