"""The search for a capacity: its rates, its end, and whether its interval holds the truth."""

from dataclasses import replace

import pytest
from mdc import CASES, searched

from seatrial.errors import BadInput
from seatrial.judge.capacity.estimate import Estimate
from seatrial.judge.capacity.search import Search, badness, held
from seatrial.model.capacity import CapacityRun, ContainerUse, SearchPlan, Trial

AVAILABILITY = 0.999
PLAN = SearchPlan(first=10, highest=1_000)


def trial(rate: float, *, good: bool = True, **more) -> Trial:
    requests = round(rate * 12)
    return Trial(rate, 12, requests, 0, 0 if good else requests // 2, **more)


def sharp(capacity: float, plan: SearchPlan = PLAN) -> tuple[Search, list[float]]:
    """A search on a system that holds everything below its capacity and nothing above."""
    search, rates = Search(plan, AVAILABILITY), []
    while (rate := search.next_rate()) is not None:
        rates.append(rate)
        search.take(trial(rate, good=rate <= capacity))
    return search, rates


def test_the_interval_holds_the_truth_of_a_simulated_server_nine_times_of_ten():
    plan = SearchPlan(seconds=10)
    holding = 0
    for number in range(10):
        server = CASES[number % 2]
        found, _ = searched(server, plan, f"{number}")
        assert found.identified
        holding += found.low <= server.capacity <= found.high
    assert holding >= 9


def test_a_truth_that_is_another_is_not_held():
    server = replace(CASES[0], service=CASES[0].service * 1.3)
    found, _ = searched(server, SearchPlan(seconds=10), "1")
    assert found.high < server.capacity


def test_the_ramp_goes_up_by_its_factor_and_stops_at_the_first_rate_that_is_not_held():
    search, rates = sharp(50)
    assert rates[:5] == [10, 15, 22.5, 33.8, 50.7]
    assert max(rates[5:]) < 50.7 * 1.1
    found = search.found()
    assert found.low < 50 < found.high <= found.low * 1.12
    assert found.held_at <= 50


def test_rates_are_tried_again_on_both_sides_of_the_capacity():
    _, rates = sharp(45)
    after = rates[5:]
    assert len(after) >= PLAN.fewest
    assert min(sum(rate <= 45 for rate in after), sum(rate > 45 for rate in after)) >= 2


def test_a_first_rate_that_is_too_high_is_lowered():
    search, rates = sharp(5)
    assert rates[:3] == [10, 6.67, 4.45]
    assert search.found().low < 5 < search.found().high


def test_a_system_that_holds_nothing_ends_the_search_soon():
    search, rates = sharp(0)
    assert len(rates) == 7
    assert "not even 0.88" in search.found().why
    assert not search.found().identified


def test_a_system_that_holds_everything_has_no_peak_in_the_range():
    search, rates = sharp(10_000, SearchPlan(first=10, highest=100))
    assert rates[-1] == 100
    assert search.found().why == (
        "peak not identified in the tested range, 10 to 100 requests/s: 100 requests/s were held"
    )


def test_a_capacity_at_the_end_of_the_range_is_not_identified():
    search = Search(SearchPlan(first=10, highest=100), AVAILABILITY)
    while (rate := search.next_rate()) is not None:
        search.take(Trial(rate, 12, 1_000, 0, slow=11 if rate == 100 else 0))
    assert not search.found().identified
    assert "not identified in the tested range" in search.found().why


def test_void_trials_are_made_again_and_then_given_up():
    search = Search(PLAN, AVAILABILITY, [trial(10)])
    for _ in range(3):
        assert search.next_rate() == 15
        search.take(trial(15, void="the generator was late"))
    assert search.next_rate() is None
    assert not search.found().identified
    again = Search(PLAN, AVAILABILITY, [trial(10), trial(15, void="late"), trial(15)])
    assert again.next_rate() == 22.5


def test_nothing_valid_finds_nothing():
    assert "no trial" in Search(PLAN, AVAILABILITY, [trial(10, void="late")] * 3).found().why


def test_a_search_that_was_cut_short_says_so():
    trials = [trial(10), trial(15, good=False), trial(12)]
    assert "only 1 of 12 trials" in Search(PLAN, AVAILABILITY, trials).found().why


def test_the_same_trials_give_the_same_answer_at_once_and_one_by_one():
    search, rates = sharp(50)
    assert Search(PLAN, AVAILABILITY, [trial(r, good=r <= 50) for r in rates]).found() == search.found()


def test_failures_and_slow_requests_both_make_a_trial_bad():
    assert held(Trial(10, 12, 1_000, failed=1, slow=10), AVAILABILITY)
    assert not held(Trial(10, 12, 1_000, failed=2, slow=0), AVAILABILITY)
    assert not held(Trial(10, 12, 1_000, failed=0, slow=11), AVAILABILITY)
    assert badness(Trial(10, 12, 1_000, failed=1, slow=5), AVAILABILITY) == pytest.approx(1.0)
    assert not held(Trial(10, 12, 0, 0, 0), AVAILABILITY)


def test_an_estimate_without_trials_is_the_whole_range():
    low, middle, high = Estimate(10, 1_000, allowed=0.01).quantiles(0.025, 0.5, 0.975)
    assert low < 12
    assert middle == pytest.approx(100, rel=0.02)
    assert high > 850


def test_more_trials_make_the_interval_narrower():
    estimate = Estimate(10, 1_000, allowed=0.01)
    widths = []
    for _ in range(3):
        estimate.add(90, 0, 1_000)
        estimate.add(110, 400, 1_000)
        low, high = estimate.quantiles(0.025, 0.975)
        widths.append(high / low)
    assert widths == sorted(widths, reverse=True)
    assert low < 100 < high


@pytest.mark.parametrize(
    "wrong",
    [
        {"first": 0}, {"first": -1}, {"first": 3_000}, {"highest": 1e9}, {"factor": 1.0}, {"seconds": 0},
        {"width": 0}, {"confidence": 1.0}, {"fewest": 0}, {"fewest": 50, "most": 40}, {"errors_bound": 0},
        {"first": float("nan")}, {"highest": float("inf")},
    ],
)  # fmt: skip
def test_a_search_that_could_find_nothing_is_refused(wrong):
    with pytest.raises(BadInput, match=next(iter(wrong))):
        SearchPlan(**wrong)


def test_a_run_comes_back_from_its_record():
    use = ContainerUse("api", "api-1", "app", 0.4, 0.5, 0.25, 0.2)
    run = CapacityRun(PLAN, (trial(10, uses=(use,), replicas={"api": 2}),), held=("hpa",), role="api")
    assert CapacityRun.from_data(run.to_data()) == run
