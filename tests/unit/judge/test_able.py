"""The first requests of each new pod must be answered in time."""

from __future__ import annotations

from dataclasses import replace

import pytest
from replaced_shop import FIRST, READY_AFTER, by_turns, observed, requests, without_timeline

from seatrial.judge.able import ready_means_able
from seatrial.judge.admissible import judge
from seatrial.model.check import CHECKS
from seatrial.model.exchange import ExchangeOutcome
from seatrial.model.verdict import Outcome

CHECK = CHECKS.get("orchestration.ready-means-able")
NEW = ("p2", "p3", "p4")


def cold(seconds: float, *names: str, everybody: bool = False):
    """Pods of these names answer late until so long after the first one was Ready."""

    def latency(at: float, who: str) -> float:
        number = int(who[1:]) - 2
        young = at < FIRST + 20 * number + READY_AFTER + seconds
        return 2.0 if young and (who in names or everybody) else 0.01

    return latency


def test_it_passes_where_they_are_quick() -> None:
    verdict = judge(CHECK, observed(requests()))
    assert verdict.outcome is Outcome.PASSED, verdict.explain()
    assert verdict.observed == (
        "0 of 150 first answers of 3 new pods took longer than 300 ms or failed; the slowest took 10 ms"
    )


def test_cold_pods_fail_by_name_with_what_others_did_meanwhile() -> None:
    verdict = judge(CHECK, observed(requests(latency=cold(10, *NEW))))
    assert verdict.outcome is Outcome.FAILED
    assert verdict.observed.startswith("50 of the first 50 answers of p2 took longer than 300 ms or failed, ")
    assert "median 2000 ms, from 0.14 s after Ready on; of other pods' then 0 of 49" in verdict.observed
    assert "fill caches" in verdict.next_step
    assert verdict.numbers["unable_pods"] == 3


def test_one_of_three_is_enough() -> None:
    assert ready_means_able(observed(requests(latency=cold(10, "p3")))).outcome is Outcome.FAILED


def test_one_or_two_late_ones_are_what_a_new_process_does() -> None:
    verdict = ready_means_able(observed(requests(latency=cold(0.2, *NEW))))
    assert verdict.outcome is Outcome.PASSED
    assert verdict.numbers["slow_first_answers"] > 0


def test_failed_ones_are_no_answers_in_time() -> None:
    made = [
        replace(each, outcome=ExchangeOutcome.UNKNOWN, status=500) if each.backend == "p3" else each
        for each in requests()
    ]
    verdict = ready_means_able(observed(made))
    assert verdict.outcome is Outcome.FAILED
    assert "of p3 took longer than 300 ms or failed" in verdict.observed


def test_where_all_pods_are_slow_their_age_is_no_reason() -> None:
    made = requests(latency=lambda at, who: 2.0 if 105 <= at < 108 else 0.01)
    verdict = ready_means_able(observed(made))
    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert "other pods were as slow then" in verdict.observed


def test_other_journeys_do_not_count() -> None:
    made = requests(latency=cold(10, *NEW))
    beside = [replace(each, journey="other") if each.latency_seconds > 1 else each for each in made]
    assert ready_means_able(observed(beside)).outcome is Outcome.PASSED


def test_pods_that_were_there_before_the_traffic_are_not_new() -> None:
    late = [each for each in requests(latency=cold(10, "p2")) if each.planned_at > 107]
    verdict = ready_means_able(observed(late))
    assert (verdict.outcome, verdict.numbers["new_pods"]) == (Outcome.INCONCLUSIVE, 2)
    assert verdict.numbers["unable_pods"] == 0


@pytest.mark.parametrize(
    "made",
    [
        observed(requests(per_second=1)),
        observed(requests(named=False)),
        observed(requests(lambda at, serving, number: serving[0])),
        without_timeline(observed(requests())),
        observed(requests(), gaps=((101.0, 102.0),)),
    ],
    ids=["few", "unnamed", "unasked", "unwatched", "gap"],
)
def test_too_little_is_no_pass(made: object) -> None:
    assert ready_means_able(made).outcome is Outcome.INCONCLUSIVE  # type: ignore[arg-type]


def test_a_generator_that_was_late_forbids_a_pass_and_no_failure() -> None:
    for latency, outcome in ((cold(0), Outcome.INCONCLUSIVE), (cold(10, *NEW), Outcome.FAILED)):
        made = observed(requests(by_turns, latency=latency))
        late = replace(made.trouble, generator=replace(made.generator, late=made.generator.planned // 2))
        assert ready_means_able(replace(made, arms={"trouble": late})).outcome is outcome
