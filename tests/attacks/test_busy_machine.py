"""A machine without CPU excuses our own cluster at most, and only where nothing else explains a failure."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import pytest

SUPPORT = str(Path(__file__).parents[1] / "support")
if SUPPORT not in sys.path:
    sys.path.insert(0, SUPPORT)

from drained_shop import FOREIGN, cpu, drain, leaving, observed, pod, request, traffic, unhealthy  # noqa: E402

from seatrial.judge.disruption import voluntary  # noqa: E402
from seatrial.model.exchange import Exchange  # noqa: E402
from seatrial.model.observation import TROUBLE  # noqa: E402
from seatrial.model.timeline import Seen  # noqa: E402
from seatrial.model.verdict import Outcome  # noqa: E402

FAILING = (110.0, 113.0)
GONE: tuple[Seen, ...] = tuple(cpu(60.0, 140.0, waited=0.87))
FREE: tuple[Seen, ...] = tuple(cpu(60.0, 140.0, waited=0.1, busy=0.3))


def test_failures_without_another_cause_are_inconclusive_and_named_with_figures() -> None:
    verdict = voluntary(observed(traffic(FAILING), *GONE))
    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert "30 of 300 requests begun" in verdict.observed or "30 of 301 requests begun" in verdict.observed, (
        verdict.observed
    )
    assert (
        "some tasks waited for CPU 87 % of the 3.91 s in which requests failed, "
        "and 100 % of this machine's CPU was used"
    ) in verdict.observed
    assert "more CPU" in verdict.next_step


def test_on_a_foreign_cluster_it_is_a_cause_and_no_excuse() -> None:
    verdict = voluntary(observed(traffic(FAILING), *GONE, target=FOREIGN))
    assert verdict.outcome is Outcome.FAILED
    assert verdict.next_step.startswith("Some tasks waited for CPU 87 % of the 3.91 s")


def test_a_flaw_with_evidence_of_its_own_stays_failed() -> None:
    """A pod without a preStop sleep, on a machine without CPU: what fails is the pod."""
    flaw = leaving("catalogue-old", at=109.9, left_at=113.5)
    verdict = voluntary(observed(traffic(FAILING), *GONE, *flaw))
    assert verdict.outcome is Outcome.FAILED
    assert "a preStop sleep of at least 3.1 s would have sufficed" in verdict.next_step
    assert "Beside that, some tasks waited for CPU 87 %" in verdict.next_step


def test_a_probe_that_failed_stays_failed() -> None:
    """Probes that give up on a busy pod are the operator's choice: the requests fail because of them."""
    left = [pod(50.0, "catalogue-a"), pod(110.0, "catalogue-a", ready=False), pod(113.0, "catalogue-a")]
    told = unhealthy(109.5, "catalogue-a", "Readiness probe failed: context deadline exceeded")
    verdict = voluntary(observed(traffic(FAILING), *GONE, *left, told))
    assert verdict.outcome is Outcome.FAILED
    assert "readiness probe failed: context deadline exceeded" in verdict.next_step


@pytest.mark.parametrize(
    "seen",
    [
        [],
        cpu(60.0, 100.0, waited=0.9),
        cpu(114.0, 140.0, waited=1.0),
        [*cpu(60.0, 112.5, waited=0.1, busy=0.2), *cpu(112.5, 140.0, waited=1.0)],
        cpu(60.0, 140.0, waited=0.79),
        cpu(60.0, 140.0, waited=1.0, busy=0.6),
        FREE,
    ],
    ids=["no record", "before", "after", "part of it", "not all", "throttled on an idle machine", "free"],
)
def test_failures_while_there_was_cpu_stay_failed(seen: list[Seen]) -> None:
    assert voluntary(observed(traffic(FAILING), *seen)).outcome is Outcome.FAILED


def test_most_of_what_failed_must_have_failed_without_cpu() -> None:
    """Twenty requests fail in a second with CPU, then one in each of nine seconds without."""
    burst = [request(110.0 + n / 20, ok=False) for n in range(20)]
    single = [request(112.5 + n, ok=False) for n in range(9)]
    seen = [*cpu(60.0, 112.0, waited=0.1, busy=0.2), *cpu(112.0, 140.0, waited=1.0)]
    assert voluntary(observed([*traffic(), *burst, *single], *seen)).outcome is Outcome.FAILED


def test_requests_must_not_go_on_failing_when_there_is_cpu_again() -> None:
    """Twenty requests fail in a second without CPU, then one in each of nine seconds with it."""
    burst = [request(110.0 + n / 20, ok=False) for n in range(20)]
    single = [request(112.5 + n, ok=False) for n in range(9)]
    seen = [*cpu(60.0, 112.0, waited=1.0), *cpu(112.0, 140.0, waited=0.1, busy=0.2)]
    assert voluntary(observed([*traffic(), *burst, *single], *seen)).outcome is Outcome.FAILED


def slow(begin: float, end: float) -> list[Exchange]:
    """Every answer in this time takes a second."""
    return [
        replace(each, completed_at=each.planned_at + 1.0) if begin <= each.planned_at < end else each
        for each in traffic()
    ]


def test_slow_answers_are_excused_alike() -> None:
    verdict = voluntary(observed(slow(110.0, 113.0), *GONE))
    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert "some tasks waited for CPU 87 % of the 4.90 s in which requests were slow" in verdict.observed
    foreign = voluntary(observed(slow(110.0, 113.0), *GONE, target=FOREIGN))
    assert foreign.outcome is Outcome.FAILED
    assert "Some tasks waited for CPU 87 % of the 4.90 s in which requests were slow" in foreign.next_step
    assert voluntary(observed(slow(110.0, 113.0), *FREE)).outcome is Outcome.FAILED


def test_slow_answers_of_new_pods_stay_failed() -> None:
    """A pod that is slow while it is new, and others are not, is the flaw, whatever the machine did."""
    new = [pod(105.0, "catalogue-new", ready=False), pod(109.9, "catalogue-new")]
    answers = [
        replace(e, backend="catalogue-new") if 110 <= e.planned_at < 113 else e for e in slow(110.0, 113.0)
    ]
    beside = [
        replace(e, sequence=e.sequence + 100_000, backend="catalogue-old")
        for e in traffic()
        if 110 <= e.planned_at < 113
    ]
    verdict = voluntary(observed([*answers, *beside], *GONE, pod(1.0, "catalogue-old"), *new))
    assert verdict.outcome is Outcome.FAILED
    assert "30 of 30 slow answers came from new pods (catalogue-new)" in verdict.next_step
    alone = voluntary(observed(answers, *GONE, *new))
    assert alone.outcome is Outcome.INCONCLUSIVE, "nobody knows how quick an old pod would have been"
    assert "30 of 30 slow answers came from new pods (catalogue-new)" in " ".join(alone.reasons)
    assert voluntary(observed(answers, *FREE, *new)).outcome is Outcome.FAILED


def test_it_never_touches_a_pass() -> None:
    assert voluntary(observed(traffic(), *GONE)).outcome is Outcome.PASSED


def test_a_system_that_never_became_available_again_has_failed() -> None:
    assert voluntary(observed(traffic(FAILING), *GONE, fault=drain(None))).outcome is Outcome.FAILED


def test_one_of_several_faults_that_never_was_over_is_enough() -> None:
    made = observed(traffic(FAILING), *GONE)
    two = (drain(), replace(drain(None), id="drain-2", injected_at=135.0, verified_at=136.0))
    never = replace(made, arms={TROUBLE: replace(made.trouble, faults=two)})
    assert voluntary(never).outcome is Outcome.FAILED


def test_without_a_system_file_nothing_is_known_to_be_our_own() -> None:
    assert voluntary(replace(observed(traffic(FAILING), *GONE), system=None)).outcome is Outcome.FAILED
