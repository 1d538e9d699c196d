"""What a million good requests cost, and what several numbers of replicas show together."""

from dataclasses import replace

import pytest
from test_capacity_verdict import OBJECTIVES, PLAN, WHOLE, changed, searched, use

from seatrial.judge.capacity.series import judge_series
from seatrial.judge.capacity.verdict import judge_capacity
from seatrial.model.capacity import CapacityRun
from seatrial.model.prices import Prices
from seatrial.model.verdict import Outcome

GIB = 1024.0**3
PRICES = Prices(currency="EUR", core_hour=0.03, gib_hour=0.004)
USES = (
    use(40, request_cores=0.25, memory_bytes=0.5 * GIB, memory_request_bytes=2 * GIB),
    use(80, request_cores=0.25, memory_bytes=1.0 * GIB, memory_request_bytes=None),
)
"""0.25 and 0.4 cores, 2 and 1 GiB count: the request, or what was used where that is more."""
PRICED = changed(WHOLE, uses=USES, replicas={"api": 2, "gateway": 1})


def cost(run: CapacityRun = PRICED, prices: Prices = PRICES):
    verdict = judge_capacity(run, OBJECTIVES, prices=prices)
    return verdict, [each for each in verdict.reasons if each.startswith("cost:")]


def test_the_cost_has_its_arithmetic_at_both_ends_of_the_capacity():
    verdict, (told,) = cost()
    low, high = (verdict.numbers[f"capacity_{end}_per_second"] for end in ("low", "high"))
    hourly = 0.65 * 0.03 + 3 * 0.004
    assert "0.65 cores x 0.03 + 3 GiB x 0.004 + 3 pods x 0 make 0.0315 EUR an hour" in told
    dear, cheap = (hourly / (rate * 3_600) * 1e6 for rate in (low, high))
    assert verdict.numbers["cost_per_million_low"] == pytest.approx(cheap, rel=1e-4)
    assert verdict.numbers["cost_per_million_high"] == pytest.approx(dear, rel=1e-4)
    assert told.startswith(f"cost: {cheap:.3g} to {dear:.3g} EUR for a million good requests: ")
    assert told.endswith(f"{low:.3g} to {high:.3g} requests/s are served, 100.0 % of them good")


def test_bad_requests_cost_and_are_not_counted():
    trials = tuple(
        replace(each, slow=each.requests // 200 if each.slow == 0 else each.slow) for each in PRICED.trials
    )
    clean, bad = (cost(run)[0].numbers for run in (PRICED, replace(PRICED, trials=trials)))
    ratio = bad["cost_per_million_high"] * bad["capacity_low_per_second"]
    ratio /= clean["cost_per_million_high"] * clean["capacity_low_per_second"]
    assert ratio == pytest.approx(1 / 0.995, rel=0.003)


def test_a_price_for_replicas_counts_every_pod():
    verdict, (told,) = cost(prices=Prices(replica_hour=1.0))
    assert "3 pods x 1 make 3 USD an hour" in told
    assert verdict.numbers["cost_per_million_high"] > 1


@pytest.mark.parametrize(
    ("run", "why"),
    [
        (changed(WHOLE, uses=()), "the containers were not looked at"),
        (replace(changed(WHOLE, uses=()), unseen="exec is forbidden"), "exec is forbidden"),
        (replace(PRICED, unseen="4 further containers were not looked at"), "4 further containers"),
        (changed(WHOLE, uses=(use(10),)), "the memory of app of api was not looked at"),
    ],
)
def test_a_cost_that_is_not_known_is_not_made_up(run, why):
    verdict, (told,) = cost(run)
    assert told.startswith("cost: unknown, ")
    assert why in told
    assert verdict.numbers["cost_per_million_low"] is None


def test_without_prices_or_capacity_nothing_is_said_of_cost():
    assert "cost" not in judge_capacity(PRICED, OBJECTIVES).explain()
    assert cost(searched(10_000))[1] == []


SERIES = {1: searched(40), 2: searched(80), 3: searched(118)}


def test_several_numbers_of_replicas_have_an_interval_each_and_what_the_next_one_adds():
    verdict = judge_series(SERIES, OBJECTIVES)
    assert verdict.outcome is Outcome.PASSED
    low = {count: verdict.numbers[f"{count}_replicas_capacity_low_per_second"] for count in SERIES}
    high = {count: verdict.numbers[f"{count}_replicas_capacity_high_per_second"] for count in SERIES}
    assert all(low[count] < true < high[count] for count, true in ((1, 40), (2, 80), (3, 118)))
    assert verdict.observed.startswith(
        f"1 replica of api: {low[1]:.3g} to {high[1]:.3g}; 2 replicas of api: "
    )
    assert verdict.observed.endswith("; requests/s at p99 300 ms, 95%")
    grown = f"from 1 to 2: 1 more replica added {low[2] - high[1]:.3g} to {high[2] - low[1]:.3g} requests/s"
    assert verdict.reasons[0] == grown
    assert (
        "peak not identified in the tested range, 1 replica to 3: the last step still" in verdict.reasons[2]
    )


def test_a_replica_that_adds_nothing_is_told_and_then_the_peak_is_in_the_range():
    """Planted: what all replicas share ends at 80/s, whatever their number."""
    verdict = judge_series({1: searched(40), 2: searched(80), 3: searched(80)}, OBJECTIVES)
    assert "from 2 to 3: the intervals do not tell that 1 more replica added anything" in verdict.reasons[1]
    assert "peak not identified" not in verdict.explain()


def test_one_number_of_replicas_tells_nothing_of_growth():
    verdict = judge_series({2: searched(80)}, OBJECTIVES)
    assert verdict.outcome is Outcome.PASSED
    assert "added" not in verdict.explain()


def test_the_least_replicas_are_those_that_were_measured_and_one():
    low = judge_series(SERIES, OBJECTIVES).numbers["2_replicas_capacity_low_per_second"]
    assert (
        f"minReplicas 3: 2 replicas surely serve {low:.3g} requests/s, the planned rate is 60 "
        "(`load.arrivals`), and one may be gone; where a zone may be gone 4 over 2 zones"
    ) in judge_series(SERIES, OBJECTIVES, planned=60).explain()
    assert "minReplicas" not in judge_series(SERIES, OBJECTIVES, planned=600).explain()


@pytest.mark.parametrize(
    ("wanted", "outcome", "fewest"),
    [
        (60, Outcome.PASSED, "2 replicas are"),
        (105, Outcome.PASSED, "3 replicas are"),
        (300, Outcome.FAILED, ""),
    ],
)
def test_what_must_be_sustained_is_judged_with_the_most_replicas(wanted, outcome, fewest):
    verdict = judge_series(SERIES, OBJECTIVES, wanted)
    assert verdict.outcome is outcome
    if fewest:
        assert f"maxReplicas {int(fewest[0]) + 1}, with one that may be gone" in verdict.explain()
    assert (f"{fewest} the fewest that surely serve {wanted} requests/s" in verdict.explain()) == bool(fewest)


def test_a_number_without_an_answer_leaves_the_whole_without_one():
    verdict = judge_series({**SERIES, 4: CapacityRun(PLAN, (), role="api")}, OBJECTIVES)
    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert "4 replicas of api: no answer (no trial says anything of the system)" in verdict.observed
    assert verdict.next_step


def test_limits_and_cost_are_told_for_each_number():
    verdict = judge_series({1: searched(40), 2: searched(80)}, OBJECTIVES, prices=PRICES)
    told = [each for each in verdict.reasons if each.startswith(("1 replica: ", "2 replicas: "))]
    assert [each for each in told if "cost: unknown, the memory of" in each] == [
        "1 replica: cost: unknown, the memory of app of api was not looked at",
        "2 replicas: cost: unknown, the memory of app of api was not looked at",
    ]


def test_requests_and_target_are_advised_from_the_most_replicas():
    verdict = judge_series({1: searched(40), 2: searched(80)}, OBJECTIVES)
    told = [each for each in verdict.reasons if "CPU request" in each or "target utilisation" in each]
    assert [each.partition(": ")[0] for each in told] == ["2 replicas", "2 replicas"]
