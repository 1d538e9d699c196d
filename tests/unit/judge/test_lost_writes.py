"""Acknowledged writes survive a crash: a traffic stream and what was read back of it."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from observations import crash_fault, dropped, exchange, failed, unknown

from seatrial.judge.consistency import acknowledged_writes, lost_writes
from seatrial.judge.consistency.writes import tally
from seatrial.model.exchange import Exchange
from seatrial.model.measurement import ReadBack
from seatrial.model.observation import TROUBLE, Arm, Observation
from seatrial.model.verdict import Outcome

FAULTS = [crash_fault(100.0, 103.0)]


def write(number: int, at: float | None = None) -> Exchange:
    moment = 98.0 + number / 100 if at is None else at
    return exchange(moment, key=f"k{number}", answer_id=f"id{number}", sequence=number)


WRITES = [write(n) for n in range(300)]
READS = [ReadBack(f"id{n}", 110.0 + n / 1000, 1) for n in range(300)]


def test_all_there_passes() -> None:
    verdict = lost_writes(WRITES, READS, FAULTS)
    assert verdict.outcome is Outcome.PASSED
    assert verdict.numbers["writes_acknowledged"] == 300
    assert verdict.numbers["writes_at_work_in_crash"] == 101


def test_one_lost_write_fails_with_an_example_a_person_can_read() -> None:
    reads = [*READS[:199], ReadBack("id199", 110.5, 0), *READS[200:]]
    verdict = lost_writes(WRITES, reads, FAULTS)
    assert verdict.outcome is Outcome.FAILED
    assert verdict.reasons == (
        "   -0.010 s  write k199 sent",
        "   +0.000 s  kill-pod on pod/orders-old accepted",
        "   +0.000 s  answered 200, id id199",
        "  +10.500 s  read id199: absent",
    )
    assert "Acknowledge only after" in verdict.next_step


@pytest.mark.parametrize(
    ("attempts", "reads", "outcome", "word"),
    [
        ([], [ReadBack("stranger", 110, 1)], Outcome.FAILED, "1 unexpected"),
        ([unknown(101.0, key="u1")], [ReadBack("u1", 110, 1)], Outcome.PASSED, "1 of 1 unknown recovered"),
        ([unknown(101.0, key="u1")], [ReadBack("u1", 110, 0)], Outcome.PASSED, "0 of 1 unknown recovered"),
        ([unknown(101.0, key="u1")], [ReadBack("u1", 110, 2)], Outcome.FAILED, "1 duplicated"),
        ([unknown(101.0, key="u1")], [ReadBack("x", 110, 1)], Outcome.PASSED, "1 of 1 unknown recovered"),
        (
            [unknown(101.0, key="u1")],
            [ReadBack("x", 110, 1), ReadBack("y", 110, 1)],
            Outcome.FAILED,
            "1 unexpected, 0 duplicated, 1 of 1 unknown recovered",
        ),
        ([failed(101.0, key="f1")], [ReadBack("f1", 110, 1)], Outcome.FAILED, "1 unexpected"),
        ([failed(101.0, key="f1")], [ReadBack("f1", 110, 0)], Outcome.PASSED, "0 unexpected"),
        ([], [ReadBack("id7", 111, 2)], Outcome.FAILED, "1 duplicated"),
        ([], [ReadBack("id7", 109, 0)], Outcome.PASSED, "0 acknowledged writes lost"),
        ([], [ReadBack("id7", 111, 0)], Outcome.FAILED, "1 acknowledged write lost of 300"),
        ([], [ReadBack("id7", 111, None)], Outcome.PASSED, "0 acknowledged writes lost"),
        ([write(900)], [], Outcome.INCONCLUSIVE, "1 acknowledged write never read back"),
        ([write(900)], [ReadBack("id900", 110, None)], Outcome.INCONCLUSIVE, "never read back"),
        ([write(900)], [ReadBack("k900", 110, 1)], Outcome.PASSED, "lost of 301"),
        ([dropped(101.0)], [], Outcome.PASSED, "0 unexpected"),
    ],
)
def test_each_class_of_write(attempts: list, reads: list, outcome: Outcome, word: str) -> None:  # type: ignore[type-arg]
    verdict = lost_writes([*WRITES, *attempts], [*READS, *reads], FAULTS)
    assert verdict.outcome is outcome
    assert word in verdict.observed


def test_weak_evidence_is_inconclusive() -> None:
    few = lost_writes(WRITES[100:250], READS, FAULTS)
    assert few.outcome is Outcome.FAILED, "reads of writes that are not in the history are unexpected"
    few = lost_writes(WRITES[150:300], READS[150:], FAULTS)
    assert few.outcome is Outcome.INCONCLUSIVE
    assert "150 of 200 acknowledged writes" in few.observed
    early = [write(n, 10.0 + n / 100) for n in range(300)]
    idle = lost_writes(early, READS, FAULTS)
    assert idle.outcome is Outcome.INCONCLUSIVE
    assert "0 of 5 writes at work in the crash" in idle.observed
    assert lost_writes([], [], FAULTS).outcome is Outcome.INCONCLUSIVE


def test_no_crash_and_an_unproven_one_are_errors() -> None:
    assert lost_writes(WRITES, READS, []).outcome is Outcome.ERROR
    assert lost_writes(WRITES, READS, [crash_fault(proven=False)]).outcome is Outcome.ERROR


_outcomes = st.lists(st.sampled_from(["ok", "failed", "unknown"]), max_size=12)
_copies = st.lists(st.sampled_from([None, 0, 1, 1, 1, 2]), min_size=12, max_size=12)


@settings(max_examples=200, deadline=None)
@given(_outcomes, _copies)
def test_every_attempt_is_in_exactly_one_class(outcomes: list[str], copies: list[int | None]) -> None:
    make = {"ok": exchange, "failed": failed, "unknown": unknown}
    attempts = [make[outcome](float(n), key=f"k{n}") for n, outcome in enumerate(outcomes)]
    reads = [ReadBack(f"k{n}", 50.0, copies[n]) for n in range(len(outcomes))]
    found = tally(attempts, reads)
    classes = [found.present, found.lost, found.recovered, found.vanished, found.never_read, found.refused]
    sequences = [attempt.key for one in classes for attempt in one] + found.unexpected
    assert sorted(sequences) == sorted(attempt.key for attempt in attempts)


@settings(max_examples=60, deadline=None)
@given(st.sets(st.integers(0, 299)), st.sets(st.integers(0, 299)))
def test_more_losses_never_improve_the_verdict(some: set[int], more: set[int]) -> None:
    def verdict(lost: set[int]) -> Outcome:
        reads = [ReadBack(f"id{n}", 110.0, 0 if n in lost else 1) for n in range(300)]
        return lost_writes(WRITES, reads, FAULTS).outcome

    assert verdict(some | more).severity >= verdict(some).severity


def test_only_the_subjects_writes_are_looked_for() -> None:
    others = tuple(replace(write(n), journey="transfer") for n in range(300, 400))
    reads = tuple(read.measurement(109.0) for read in READS)
    arm = Arm(
        (*WRITES[100:], *others), faults=tuple(FAULTS), warm_up=(*WRITES[:100], *others), measurements=reads
    )
    verdict = acknowledged_writes(Observation({TROUBLE: arm}, journey="browse"))
    assert verdict.outcome is Outcome.PASSED, verdict.explain()
    assert verdict.numbers["writes_acknowledged"] == 300
