"""Tried: a 99th percentile of fewer than 100 requests, one of them slow; and 37 % that fail under load."""

import pytest
from observations import OBJECTIVES, crash_fault, exchange, failed, fault, health, observation, stream

from seatrial.judge.disruption import voluntary
from seatrial.judge.latency import latency_inside, p99_ms
from seatrial.judge.load_step import LoadStep
from seatrial.judge.recovery import recovery
from seatrial.judge.scaling import answered
from seatrial.judge.steady import steady
from seatrial.load.gate import LATENCY, judge_load
from seatrial.load.summary import LoadSummary, WorkerResult, summarize
from seatrial.model.exchange import Exchange, GeneratorHealth
from seatrial.model.verdict import Outcome
from seatrial.traffic.tally import histogram

SLOW = 5.0


def few(count: int, slow: int = 0, begin: float = 100.0) -> list[Exchange]:
    """So many answers within 1 s, some of them slow."""
    return [
        exchange(begin + n / count, latency=SLOW if n < slow else 0.01, backend="orders")
        for n in range(count)
    ]


@pytest.mark.parametrize("slow", [0, 1, 99])
def test_fewer_than_a_hundred_have_no_99th_percentile(slow: int) -> None:
    assert p99_ms(few(99, slow)) is None
    assert p99_ms(few(100, slow)) is not None
    assert p99_ms([*few(99, slow), failed(100.5)]) is None, "what was not answered has no latency"


@pytest.mark.parametrize("slow", [0, 1, 99])
def test_inside_a_disruption_they_are_inconclusive(slow: int) -> None:
    seen = observation([*stream(90, 100), *few(99, slow), *stream(101.5, 110)], [fault()])
    verdict = latency_inside(seen, OBJECTIVES)
    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert "99 answers during the disruptions say nothing about a p99" in verdict.observed
    assert voluntary(seen).outcome is Outcome.INCONCLUSIVE


@pytest.mark.parametrize(("slow", "outcome"), [(1, Outcome.PASSED), (2, Outcome.FAILED)])
def test_a_hundred_have_one(slow: int, outcome: Outcome) -> None:
    seen = observation([*stream(90, 100), *few(100, slow), *stream(101.5, 110)], [fault()])
    assert latency_inside(seen, OBJECTIVES).outcome is outcome


@pytest.mark.parametrize("slow", [0, 1, 99])
def test_before_a_fault_they_are_inconclusive(slow: int) -> None:
    assert steady(few(99, slow), health(99), OBJECTIVES).outcome is Outcome.INCONCLUSIVE


@pytest.mark.parametrize("slow", [1, 99])
def test_they_make_no_band_of_usual_latency(slow: int) -> None:
    seen = observation([*few(99, slow, begin=90.0), *stream(100, 140)], [crash_fault()])
    assert recovery(seen, OBJECTIVES).outcome is Outcome.INCONCLUSIVE


def load_of(count: int, slow: int) -> LoadSummary:
    taken = histogram()
    for number in range(count):
        taken.record_value(5_000_000 if number < slow else 5_000)
    text = taken.encode().decode()
    kept = GeneratorHealth(count, count, 0, 0, 0.01, 0.001, 0.05)
    result = WorkerResult(kept, {"ok": count}, {"from_planned": text, "from_sent": text})
    return summarize([result], began_at=0.0, ended_at=60.0, workers=1)


@pytest.mark.parametrize("slow", [0, 1, 50, 99])
def test_in_a_load_test_they_are_inconclusive(slow: int) -> None:
    verdict = judge_load(load_of(99, slow), OBJECTIVES, judged=(LATENCY,))
    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert verdict.observed == "99 requests say nothing about a p99"
    assert judge_load(load_of(100, 50), OBJECTIVES, judged=(LATENCY,)).outcome is Outcome.FAILED


def test_a_third_of_failures_under_load_fails_whatever_the_replicas_did() -> None:
    step = LoadStep("orders", "orders", 100.0, 160.0, 4)
    sent = [failed(100 + n / 10) if n % 100 < 37 else exchange(100 + n / 10) for n in range(600)]
    verdict = answered(step, sent, OBJECTIVES)
    assert verdict.outcome is Outcome.FAILED
    assert "222 of 600 requests failed during the load" in verdict.observed
