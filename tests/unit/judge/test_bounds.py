"""Where the judges of availability draw their lines: what lies exactly on one, and just beyond it."""

import dataclasses

import pytest
from observations import (
    CRASHES,
    crash_fault,
    dropped,
    exchange,
    failed,
    fault,
    health,
    observation,
    stream,
    three_faults,
    timeline,
    unknown,
)

from seatrial.judge.availability import involuntary_disruption, voluntary_disruption
from seatrial.judge.evidence import gaps_in, generator_weakness, unwatched
from seatrial.judge.findings import longest_gap
from seatrial.judge.outage import failed_seconds, outages
from seatrial.judge.windows import split, windows
from seatrial.model.exchange import Exchange
from seatrial.model.objectives import Objectives
from seatrial.model.verdict import Outcome, Verdict

CLEAN = stream(90, 150, per_second=20)
DAILY = Objectives(availability=0.999, budget_window_hours=24, recovery_seconds=10)


def broken(*spans: tuple[float, float]) -> list[Exchange]:
    """Traffic of 20 a second from 90 to 150 in which all requests in [begin, end) of `spans` failed."""
    return [failed(e.planned_at) if any(a <= e.planned_at < b for a, b in spans) else e for e in CLEAN]


def test_a_fault_accepted_as_the_one_before_ends_makes_one_window_with_it() -> None:
    (span,) = windows([fault(100.0, 101.0), fault(101.0, 102.0)])
    assert (span.begin, span.end) == (100.0, 102.0)


def test_a_later_window_merges_with_the_last_one_only() -> None:
    spans = windows([fault(100.0, 101.0), fault(110.0, 112.0), fault(111.0, 113.0), fault(112.5, 114.0)])
    assert [(s.begin, s.end, len(s.faults)) for s in spans] == [(100.0, 101.0, 1), (110.0, 114.0, 3)]


def test_a_request_answered_as_the_window_begins_was_not_in_flight() -> None:
    parts = split([exchange(99.5, latency=0.5), exchange(99.5, latency=0.75)], windows([fault()]))
    assert (len(parts.control), len(parts.in_flight)) == (1, 1)


def test_exactly_the_least_evidence_is_enough() -> None:
    seen = observation([*stream(99, 102), *stream(109, 112), *stream(119, 122)], three_faults())
    assert voluntary_disruption(seen, minimum_requests=303).outcome is Outcome.PASSED
    assert voluntary_disruption(seen, minimum_requests=304).outcome is Outcome.INCONCLUSIVE
    assert voluntary_disruption(seen, minimum_repetitions=4).outcome is Outcome.INCONCLUSIVE


def test_a_failed_voluntary_disruption_is_told_in_full() -> None:
    bad = [failed(100.505), failed(110.505), unknown(99.995, latency=0.5)]
    clean = [e for e in CLEAN if 98 < e.planned_at < 122]
    verdict = voluntary_disruption(observation([*clean, *bad], three_faults()))
    assert verdict.observed == (
        "2 of 65 requests begun during 3 disruptions (delete-pod) failed (3.1 %, 95 % interval 0.8 % to "
        "10.5 %), and 1 that was in flight: 2x connection refused, 1x timeout 5 s; longest gap 0.05 s, first "
        "failure 0.00 s after the fault"
    )
    assert verdict.numbers == {
        "requests_in_disruption": 65,
        "requests_in_flight_at_fault": 1,
        "failed_in_disruption": 3,
        "failed_fraction_low": 0.008479,
        "failed_fraction_high": 0.105427,
        "repetitions": 3,
        "disruption_seconds": 3.0,
        "longest_gap_seconds": 0.05,
        "first_failure_seconds": 0.0,
        "control_requests": 416,
        "control_failed": 0,
        "warm_up_requests": 0,
        "warm_up_failed": 0,
        "arrivals_dropped": 0,
        "arrivals_late_fraction": 0.0,
    }


def test_the_first_failure_counts_from_the_fault_before_it() -> None:
    for at, after in ((100.25, 0.25), (110.0, 0.0), (110.5, 0.5), (101.0, 1.0)):
        verdict = voluntary_disruption(observation([*CLEAN, failed(at)], three_faults()))
        assert verdict.numbers["first_failure_seconds"] == after


def test_a_fault_without_an_end_disturbs_until_the_last_request() -> None:
    verdict = involuntary_disruption(observation(CLEAN, [crash_fault(100.0, None)]), DAILY)
    assert verdict.numbers["disruption_seconds"] == 49.95
    silent = involuntary_disruption(observation(stream(90, 95), [crash_fault(100.0, None)]), DAILY)
    assert silent.numbers["disruption_seconds"] == 0.0


@pytest.mark.parametrize(
    ("at", "where"),
    [
        (95.0, "5.00 s before the first fault"),
        (101.01, "0.01 s after the workload was available again"),
        (115.0, "4.00 s after the workload was available again"),
        (129.0, "8.00 s after the workload was available again"),
    ],
)
def test_a_failure_of_the_control_is_placed_by_the_fault_before_it(at: float, where: str) -> None:
    seen = observation([*stream(90, 130), failed(at), failed(129.5)], three_faults())
    verdict = voluntary_disruption(seen)
    assert verdict.outcome is Outcome.ERROR
    assert where in verdict.next_step
    assert "2 requests of the control failed (2x connection refused)" in verdict.observed


def test_the_longest_gap_ends_with_the_answer_and_begins_with_the_one_before() -> None:
    assert longest_gap([failed(1.0), failed(3.0), exchange(4.0), exchange(9.0)]) == 3.0
    assert longest_gap([exchange(1.0), failed(2.0), exchange(3.0), failed(7.0), exchange(8.0)]) == 5.0
    assert longest_gap([exchange(1.0), failed(2.0), exchange(2.0), exchange(9.0)]) == 1.0
    assert longest_gap([]) == 0.0


def test_what_a_crash_may_cost_is_said_beforehand() -> None:
    verdict = involuntary_disruption(observation(CLEAN, [crash_fault()]), DAILY)
    assert verdict.expected == "86.4 s failed (99.9 % over 24 h), each outage at most 10.0 s"
    assert verdict.numbers["budget_seconds"] == 86.4
    assert (verdict.numbers["outages"], verdict.numbers["longest_outage_seconds"]) == (0, 0.0)
    assert (
        verdict.observed
        == "0 failed seconds after 1 involuntary disruption: none of 21 requests begun during them failed"
    )


def test_a_budget_may_be_used_up_to_the_last_second() -> None:
    seen = observation(
        [failed(100.0 + n) for n in range(450)] + stream(550, 560), [crash_fault(100.0, 560.0)]
    )
    half = Objectives(availability=0.75, budget_window_hours=0.5, recovery_seconds=450)  # 450 s
    assert involuntary_disruption(seen, half).outcome is Outcome.PASSED
    less = Objectives(availability=0.75, budget_window_hours=0.49, recovery_seconds=450)  # 441 s
    assert involuntary_disruption(seen, less).outcome is Outcome.FAILED


def test_the_charge_begins_with_the_first_of_several_crashes() -> None:
    seen = observation(broken((105.0, 107.0), (125.0, 126.0)), CRASHES)
    verdict = involuntary_disruption(seen, DAILY)
    assert verdict.outcome is Outcome.PASSED
    assert verdict.observed == (
        "3 failed seconds after 2 involuntary disruptions: 60 requests failed (60x connection refused) in 2 "
        "outages, the longest 2.00 s, beginning 5.00 s after the first fault"
    )


def test_seconds_are_counted_from_the_first_crash() -> None:
    """Both lie in the fourth second after 100.25; by the clock, or after 120.5, they lie in two."""
    crashes = [crash_fault(100.25, 101.5), crash_fault(120.5, 121.0)]
    seen = observation([*CLEAN, failed(103.3), failed(104.2)], crashes)
    assert involuntary_disruption(seen, DAILY).numbers["failed_seconds"] == 1


def test_an_answer_from_before_the_crash_ends_no_outage() -> None:
    hung = unknown(99.0, latency=5.0)
    verdict = involuntary_disruption(observation([*CLEAN, hung], [crash_fault()]), DAILY)
    assert verdict.numbers["longest_outage_seconds"] == 1.0
    assert verdict.numbers["outages"] == 1


def test_one_request_a_second_is_traffic_enough_and_less_is_not() -> None:
    each_second = stream(90, 130, per_second=1)
    seen = observation(each_second, [crash_fault(100.0, 110.0)])
    assert involuntary_disruption(seen, DAILY).outcome is Outcome.PASSED
    gap = observation([e for e in each_second if e.planned_at != 109.0], [crash_fault(100.0, 110.0)])
    assert involuntary_disruption(gap, DAILY).outcome is Outcome.INCONCLUSIVE
    assert "no request was begun for 2.00 s" in involuntary_disruption(gap, DAILY).observed


def test_a_second_is_answered_by_what_was_planned_in_it() -> None:
    flapping = [failed(100.5), exchange(101.5), exchange(102.5), failed(103.5), exchange(104.5)]
    assert failed_seconds(flapping, 100.4) == 2


def test_an_outage_ends_after_five_clean_seconds_and_not_before() -> None:
    assert [o.closed for o in outages([failed(1.0), exchange(6.0)])] == [True]
    assert [o.closed for o in outages([failed(1.0), exchange(5.9)])] == [False]
    assert [o.closed for o in outages([failed(1.0), failed(4.0), exchange(7.0)])] == [False]
    assert len(outages([failed(1.0), failed(5.9), failed(10.8)])) == 1
    assert len(outages([failed(1.0), failed(6.0)])) == 2
    (answered_at_once,) = outages([exchange(0.0), failed(2.0), exchange(2.0), exchange(9.0)])
    assert answered_at_once.end == 2.0


def test_dropped_arrivals_neither_fail_a_second_nor_answer_in_it() -> None:
    assert failed_seconds([failed(0.5), dropped(1.5), failed(2.5), exchange(3.5)], 0.0) == 3
    assert failed_seconds([dropped(0.5), exchange(1.5)], 0.0) == 0
    assert failed_seconds([failed(0.5), failed(1.0), exchange(1.25)], 0.0) == 2


def test_one_late_arrival_in_a_hundred_is_too_many() -> None:
    assert generator_weakness(health(1000, late=9)) == ""
    late = dataclasses.replace(health(1000, late=10), lateness_p99_seconds=0.75, late_after_seconds=0.0625)
    assert generator_weakness(late) == (
        "the generator sent 1.0 % of its arrivals more than 62.5 ms late (99th percentile 750 ms)"
    )
    assert generator_weakness(health(1000, dropped=1)) == "the generator dropped 1 of 1000 arrivals"


def test_a_gap_of_a_watch_counts_where_it_lies_in_a_window() -> None:
    gaps = ((90.0, 100.0), (95.0, 100.5), (100.25, 100.75), (100.875, 115.0), (121.0, 130.0))
    seen = dataclasses.replace(timeline(), gaps=gaps)
    spans = windows(three_faults())
    assert gaps_in(seen, spans) == [
        (100.0, 100.5),
        (100.25, 100.75),
        (100.875, 101.0),
        (110.0, 111.0),
    ]


def test_what_was_not_watched_is_named_from_the_first_gap_to_the_last() -> None:
    passed = Verdict(Outcome.PASSED, "fine", "fine")
    assert unwatched(passed, []) is passed
    torn = unwatched(passed, [(100.0, 100.5), (99.0, 101.0), (110.0, 110.5)])
    assert torn.outcome is Outcome.INCONCLUSIVE
    assert torn.observed == "fine; a watch was broken 3 times during it, between 99.0 s and 110.5 s"
