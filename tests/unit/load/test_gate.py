"""What a load run's verdict is, from its numbers alone."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from load_results import OBJECTIVES, result, summary

from seatrial.load.gate import AVAILABILITY, judge_load
from seatrial.load.summary import LoadSummary, WorkerResult
from seatrial.model.verdict import Outcome


@pytest.mark.parametrize(
    ("run", "outcome", "named"),
    [
        (summary(result([5.0] * 6_000)), Outcome.PASSED, "0 of 6000"),
        (summary(result([5.0] * 6_000, bad=60)), Outcome.FAILED, "60 x status 503"),
        (summary(result([5.0] * 1_000)), Outcome.INCONCLUSIVE, "0 of 1000"),
        (summary(result([5.0] * 6_000, bad=6)), Outcome.INCONCLUSIVE, "6 of 6000"),
        (
            summary(result([5.0] * 5_800 + [900.0] * 200)),
            Outcome.FAILED,
            "200 of 6000 requests over the limit",
        ),
        (summary(result([5.0] * 5_940 + [900.0] * 60)), Outcome.INCONCLUSIVE, "60 of 6000"),
        (summary(result([5.0] * 5_934 + [900.0] * 66)), Outcome.INCONCLUSIVE, "66 of 6000"),
        (summary(result([5.0] * 6_000, dropped=1)), Outcome.INCONCLUSIVE, "dropped 1"),
        (summary(result([5.0] * 6_000, late=90)), Outcome.INCONCLUSIVE, "late"),
        (summary(result([5.0] * 6_000, bad=60, late=90)), Outcome.FAILED, "60 of 6000"),
        (summary(result([900.0] * 6_000, late=90)), Outcome.INCONCLUSIVE, "late"),
        (summary(result([])), Outcome.ERROR, "no request was sent"),
        (summary(), Outcome.ERROR, "no request was sent"),
        (summary(result([5.0] * 6_000), workers=2), Outcome.ERROR, "1 of the workers"),
    ],
)
def test_the_verdict_follows_the_evidence(run, outcome, named) -> None:
    verdict = judge_load(run, OBJECTIVES)
    assert verdict.outcome is outcome
    assert named in verdict.observed


def test_a_load_meant_to_saturate_is_not_judged_by_its_latency() -> None:
    slow = summary(result([900.0] * 6_000))
    assert judge_load(slow, OBJECTIVES).outcome is Outcome.FAILED
    assert judge_load(slow, OBJECTIVES, judged=(AVAILABILITY,)).outcome is Outcome.PASSED


def test_an_inconclusive_sample_is_told_how_long_would_do() -> None:
    verdict = judge_load(summary(result([5.0] * 1_000)), OBJECTIVES)
    assert "Run for 172 s or more: about 2861 requests can tell." in verdict.next_step


def test_a_replay_is_never_told_to_run_for_longer_than_its_trace() -> None:
    replay = replace(summary(result([5.0] * 1_000)), replayed=True)
    verdict = judge_load(LoadSummary.from_data(replay.to_data()), OBJECTIVES)
    assert "Replay a longer trace: about 2861 requests can tell." in verdict.next_step
    assert "Run for" not in verdict.next_step


@settings(max_examples=10, deadline=None)
@given(st.lists(st.lists(st.integers(1, 100_000), max_size=50), min_size=1, max_size=3))
def test_workers_add_up_without_loss(shares: list[list[int]]) -> None:
    whole = [latency for share in shares for latency in share]
    added = summary(*(result(share) for share in shares))
    alone = summary(result(whole))
    assert added.sent == added.from_planned.total_count == len(whole)
    assert added.percentile_ms(99) == alone.percentile_ms(99)
    assert added.slower_than(300) == alone.slower_than(300)
    assert added.slower_than(300) == sum(latency > 300 for latency in whole)


def test_a_result_survives_its_trip_to_the_master() -> None:
    sent = result([5.0, 6.0], bad=1)
    assert WorkerResult.from_data(sent.to_data()) == sent


def test_a_latency_that_fails_names_the_slowest_journey() -> None:
    slow, quick = [412.0] * 720, [5.0] * 2_880
    run = summary(result([*slow, *quick], journeys={"place-order": slow, "browse": quick}))
    verdict = judge_load(run, OBJECTIVES)
    assert verdict.outcome is Outcome.FAILED
    assert "place-order is the slowest, p99 412 ms" in verdict.observed
    again = LoadSummary.from_data(run.to_data())
    assert judge_load(again, OBJECTIVES) == verdict


def refused(**errors: int) -> LoadSummary:
    """A run in which nobody answered as expected; as a generator tells it, which counts each as sent."""
    number = sum(errors.values())
    return replace(summary(result([1.0] * number)), outcomes={"ok": 0, "failed": number}, errors=errors)


def test_where_nothing_takes_a_connection_the_reason_is_told_and_nothing_is_passed():
    verdict = judge_load(refused(**{"connection refused": 374}), OBJECTIVES)
    assert verdict.outcome is Outcome.ERROR
    assert verdict.observed == "none of 374 requests could be sent (374 x connection refused)"
    assert "seatrial doctor" in verdict.next_step


@pytest.mark.parametrize("answered", ["status 401", "others"])
def test_what_answered_or_may_have_was_reached_and_has_failed(answered: str):
    seen = refused(**{"connection refused": 5_000, answered: 1_000})
    seen = replace(seen, errors={error: n for error, n in seen.errors.items() if error != "others"})
    verdict = judge_load(seen, OBJECTIVES)
    assert verdict.outcome is Outcome.FAILED


def test_where_no_worker_reported_that_is_why_nothing_was_sent():
    verdict = judge_load(summary(workers=2), OBJECTIVES)
    assert verdict.outcome is Outcome.ERROR
    assert verdict.observed == "no request was sent: 2 of the workers never reported what they sent"
