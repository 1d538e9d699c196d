"""Each journey of a load test is judged by its own objective, all others together by the system's."""

import pytest
from load_results import OBJECTIVES, result, summary

from seatrial.load.gate import judge_load
from seatrial.load.summary import LoadSummary
from seatrial.model.objectives import JourneyObjectives
from seatrial.model.verdict import Outcome

WIDE = {"place-order": JourneyObjectives(latency_p99_ms=1_000)}
STRICT = {"place-order": JourneyObjectives(latency_p99_ms=50)}


def run(orders: list[float], looks: list[float], **failures) -> LoadSummary:
    journeys = {"place-order": orders, "browse": looks}
    bad = sum(sum(each.values()) for each in failures.values())
    named = {name.replace("_", "-"): each for name, each in failures.items()}
    return summary(result([*orders, *looks], bad=bad, journeys=journeys, failures=named))


def test_a_slow_journey_passes_by_its_own_wider_objective():
    seen = run([500.0] * 720, [5.0] * 2_880)
    assert judge_load(seen, OBJECTIVES).outcome is Outcome.FAILED
    verdict = judge_load(seen, OBJECTIVES, own=WIDE)
    assert verdict.outcome is Outcome.PASSED
    assert "place-order: p99 500 ms from planned time, 0 of 720 requests over the limit" in verdict.observed
    assert "place-order: p99 1000 ms; p99 300 ms" in verdict.expected
    assert verdict.numbers["place-order_latency_p99_ms"] == pytest.approx(500, rel=0.001)
    assert verdict.numbers["latency_p99_ms"] == pytest.approx(5, rel=0.001)


def test_a_journey_that_is_worse_than_its_own_objective_is_not_hidden_by_the_others():
    """Planted: place-order takes 60 ms where it may take 50, which the system's objective leaves it."""
    seen = run([60.0] * 720, [5.0] * 2_880)
    assert judge_load(seen, OBJECTIVES).passed
    verdict = judge_load(seen, OBJECTIVES, own=STRICT)
    assert verdict.outcome is Outcome.FAILED
    assert verdict.observed == "place-order: p99 60 ms from planned time, 720 of 720 requests over the limit"
    assert verdict.expected == "place-order: p99 50 ms"
    assert verdict.next_step == "See what place-order waits for: CPU, a pool, or another service."


def test_what_is_left_is_judged_by_the_objective_of_the_system():
    verdict = judge_load(run([500.0] * 720, [400.0] * 2_880), OBJECTIVES, own=WIDE)
    assert verdict.outcome is Outcome.FAILED
    assert verdict.observed.startswith("p99 400 ms from planned time, 2880 of 2880 requests over the limit")
    assert verdict.observed.endswith("; browse is the slowest, p99 400 ms")


def test_failures_count_against_the_availability_of_their_own_journey():
    """Planted: a tenth of the orders fail, which is 2 % of all requests."""
    own = {"place-order": JourneyObjectives(availability=0.95), "browse": JourneyObjectives(availability=0.5)}
    seen = run([5.0] * 720, [5.0] * 2_880, place_order={"status 503": 72})
    verdict = judge_load(seen, OBJECTIVES, own=own)
    assert verdict.outcome is Outcome.FAILED
    assert verdict.observed == "place-order: 72 of 720 requests not answered as expected (72 x status 503)"
    assert verdict.numbers["browse_not_answered_as_expected"] == 0
    assert "not_answered_as_expected" not in verdict.numbers


def test_a_rare_journey_cannot_tell_and_says_how_long_would_do():
    own = {"place-order": JourneyObjectives(availability=0.999)}
    verdict = judge_load(run([5.0] * 720, [5.0] * 2_880), OBJECTIVES, own=own)
    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert verdict.observed == "place-order: 0 of 720 requests not answered as expected"
    assert verdict.next_step == "Run for 230 s or more: about 2753 requests of place-order can tell."
    few = judge_load(run([5.0] * 99, [5.0] * 2_880), OBJECTIVES, own=WIDE)
    assert few.observed == "place-order: 99 requests say nothing about a p99"


def test_a_journey_that_was_never_sent_is_named_once():
    verdict = judge_load(run([], [5.0] * 6_000), OBJECTIVES, own=STRICT)
    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert verdict.observed == "no request of place-order was sent"


def test_objectives_of_journeys_that_are_not_sent_here_change_nothing():
    seen = run([5.0] * 720, [5.0] * 2_880)
    other = {"report": JourneyObjectives(latency_p99_ms=1, availability=0.5)}
    assert judge_load(seen, OBJECTIVES, own=other) == judge_load(seen, OBJECTIVES)


def test_failures_by_journey_add_up_over_workers_and_survive_the_disk():
    one = result([5.0] * 10, bad=2, journeys={"look": [5.0] * 10}, failures={"look": {"reset": 2}})
    whole = summary(one, one)
    assert whole.failures == {"look": {"reset": 4}}
    assert LoadSummary.from_data(whole.to_data()).failures == whole.failures
