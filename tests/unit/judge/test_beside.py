"""Which journeys are bystanders, who is named beside them, and where nothing may be said of them."""

from dataclasses import replace
from typing import Any

import pytest
from observations import dropped, exchange, failed, fault, health, observation, timeline, workload
from test_bystander_bounds import SYSTEM

from seatrial.judge.bystanders import bystanders
from seatrial.model.exchange import Exchange, GeneratorHealth
from seatrial.model.observation import Observation
from seatrial.model.system import System
from seatrial.model.verdict import Outcome, Verdict

WORKLOADS = {name: {"kind": "Deployment", "name": name} for name in ("orders", "billing")}


def answers(begin: float, count: int, latency: float = 0.0625, backend: str = "billing") -> list[Exchange]:
    """Of journey `count`, four a second."""
    return of_count([exchange(begin + n / 4, latency=latency, backend=backend) for n in range(count)])


def of_count(sent: list[Exchange]) -> list[Exchange]:
    return [replace(each, journey="count") for each in sent]


def seen(
    sent: list[Exchange], *, faults: int = 1, generator: GeneratorHealth | None = None, **objectives: Any
) -> Observation:
    """While `orders` is disturbed by way of the journey `browse`."""
    system = System.model_validate({**SYSTEM, "workloads": WORKLOADS, "objectives": objectives})
    one = [fault()] * faults
    made = observation(sent, one, timeline=timeline(workload(1.0)), generator=generator)
    return replace(made, target="orders", journey="browse", system=system)


def judged(sent: list[Exchange], since: float | None = None, **how: Any) -> Verdict:
    verdict = bystanders(seen(sent, **how), since)
    assert verdict is not None
    return verdict


LOST = of_count([failed(100.0 + n / 4) for n in range(8)])


def test_a_neighbour_that_breaks_is_named_with_what_was_disturbed() -> None:
    verdict = judged([*answers(90, 20), *LOST, *answers(103, 120)])
    assert verdict.outcome is Outcome.FAILED
    assert verdict.observed.startswith("bystander count of billing: 8 of 128 requests failed")
    assert verdict.next_step.startswith("billing broke while orders was disturbed (journey count): look at")


def test_a_proxy_that_only_says_503_is_not_named_as_the_one_that_serves() -> None:
    refused = [replace(each, backend="orders") for each in LOST]
    assert "bystander count of billing:" in judged([*answers(90, 20), *refused, *answers(103, 120)]).observed


def test_the_subjects_own_requests_are_nobodys_bystander() -> None:
    subject = [exchange(90 + n / 4) for n in range(40)]
    assert bystanders(seen(subject)) is None
    assert bystanders(replace(seen(subject), system=None)) is None


def test_what_was_never_sent_is_not_counted() -> None:
    unsent = of_count([dropped(100.0 + n / 100) for n in range(50)])
    verdict = judged([*answers(90, 20), *answers(100, 120), *unsent])
    assert verdict.passed
    assert verdict.numbers["count_requests"] == 120


@pytest.mark.parametrize(
    ("planned", "latency", "outcome"),
    [(99.0, 0.5, Outcome.INCONCLUSIVE), (99.75, 1.5, Outcome.FAILED), (99.75, None, Outcome.FAILED)],
)
def test_a_request_in_flight_when_it_begins_may_have_been_broken_by_it(
    planned: float, latency: float | None, outcome: Outcome
) -> None:
    """What had failed by then is the bystander's own trouble, which makes it useless as a witness."""
    early = of_count([failed(planned, latency=latency)])
    verdict = judged([*answers(90, 20), *early, *LOST, *answers(103, 120)])
    assert verdict.outcome is outcome
    assert ("failed before anything was disturbed" in verdict.observed) is (outcome is Outcome.INCONCLUSIVE)


class TestLoadStep:
    """Load that fills its own workload, with no fault: what that workload answers may be slow."""

    SLOW = (*answers(90, 40), *answers(100, 120, 0.75))

    def test_a_neighbour_may_not_be_slow(self) -> None:
        verdict = judged([*self.SLOW], since=100.0, faults=0, latency_p99_ms=250)
        assert verdict.outcome is Outcome.FAILED
        assert "p99 750 ms" in verdict.observed

    def test_the_workload_under_load_may_be_slow_and_may_not_fail(self) -> None:
        own = [replace(each, backend="orders") for each in self.SLOW]
        verdict = judged(own, since=100.0, faults=0, latency_p99_ms=250)
        assert verdict.passed
        assert "answered by the workload under load" in verdict.observed
        broken = of_count([failed(101.0 + n / 4) for n in range(20)])
        assert judged([*own, *broken], since=100.0, faults=0, latency_p99_ms=250).outcome is Outcome.FAILED

    def test_in_a_fault_the_disturbed_workload_may_not_be_slow_either(self) -> None:
        own = [replace(each, backend="orders") for each in self.SLOW]
        assert judged(own, latency_p99_ms=250).outcome is Outcome.FAILED


class TestNothingMayBeSaid:
    def test_a_bystander_slow_before_is_judged_where_it_is_the_subject(self) -> None:
        verdict = judged([*answers(80, 60, 0.5), *answers(100, 120, 0.5)], latency_p99_ms=250)
        assert verdict.passed
        assert "60 of 60 answers slow before the disturbance, so not judged" in verdict.observed

    def test_too_few_answers_are_no_pass(self) -> None:
        verdict = judged([*answers(90, 20), *answers(100, 30)])
        assert verdict.outcome is Outcome.INCONCLUSIVE
        assert "30 answers say nothing about a p99" in verdict.observed
        assert "Send 100 requests of it or more." in verdict.next_step

    def test_slow_answers_of_a_late_generator_are_no_failure(self) -> None:
        slow = [*answers(90, 20), *answers(100, 120, 0.75)]
        assert judged(slow, latency_p99_ms=250).outcome is Outcome.FAILED
        verdict = judged(slow, latency_p99_ms=250, generator=health(late=500))
        assert verdict.outcome is Outcome.INCONCLUSIVE
        assert verdict.observed.startswith("bystander count of billing: ")
        assert "late" in verdict.observed
