"""Recovery on the line and beside it: the latency band, its length, and what a verdict says of each phase."""

import dataclasses

import pytest
from observations import OBJECTIVES, crash_fault, endpoints, exchange, failed, observation, pod, timeline

from seatrial.judge.phases import Moment, Phases, phases
from seatrial.judge.recovery import recovery
from seatrial.model.exchange import Exchange
from seatrial.model.observation import Observation
from seatrial.model.timeline import Change, PodSeen
from seatrial.model.verdict import Outcome

CONTROL = [exchange(90 + n / 10, latency=0.25) for n in range(100)]
"""Ten requests a second up to the fault at 100, all answered after 0.25 s: the band reaches to 0.5 s."""


def after(*slow: tuple[float, float, float], end: float = 120.0) -> list[Exchange]:
    """Ten a second from 100 to `end`; in each (begin, end, latency) of `slow` with that latency."""
    requests = []
    for number in range(round((end - 100) * 10)):
        at = 100 + number / 10
        latency = next((held for begin, until, held in slow if begin <= at < until), 0.25)
        requests.append(exchange(at, latency=latency))
    return requests


def back(requests: list[Exchange], control: list[Exchange] | None = None) -> float | None:
    faults = [crash_fault()]
    seen = observation([*(CONTROL if control is None else control), *requests], faults)
    found = phases(seen, faults[0]).latency_back
    return None if found is None else found.seconds


def test_the_band_is_twice_the_latency_of_the_control() -> None:
    assert back(after((102, 103, 0.5))) == 0.0
    assert back(after((102, 103, 0.51))) == 3.0


def test_the_band_is_never_narrower_than_a_quarter_of_the_objective() -> None:
    quick = [dataclasses.replace(e, completed_at=e.planned_at + 0.001) for e in CONTROL]
    assert back(after((100, 120, 0.07499)), quick) == 0.0
    assert back(after((100, 120, 0.07501)), quick) is None


@pytest.mark.parametrize(("count", "expected"), [(99, None), (100, 0.0)])
def test_a_hundred_requests_of_control_make_a_band(count: int, expected: float | None) -> None:
    assert back(after(), CONTROL[:count]) == expected


def test_three_slow_requests_among_those_of_five_seconds_are_not_surely_more_than_one_in_a_hundred() -> None:
    def second(slow: int) -> list[Exchange]:
        return [exchange(102 + n / 100, latency=1.0 if n < slow else 0.25) for n in range(100)]

    others = [e for e in after() if not 102 <= e.planned_at < 103]
    assert [back([*others, *second(slow)]) for slow in (0, 3, 4)] == [0.0, 0.0, 3.0]
    uneven = [dataclasses.replace(e, completed_at=e.planned_at + 2) for e in CONTROL[:1]]
    assert back(after((102, 103, 0.51)), [*uneven, *CONTROL[1:]]) == 3.0
    twice = [dataclasses.replace(e, completed_at=e.planned_at + 2) for e in CONTROL[:2]]
    assert back(after((102, 103, 0.51)), [*twice, *CONTROL[2:]]) == 0.0


def test_the_control_is_what_was_sent_before_the_first_fault() -> None:
    assert back([e for e in after() if e.planned_at != 100.0], [*CONTROL[:99], exchange(100.0)]) is None
    faults = [crash_fault(100.0, 101.0), crash_fault(110.0, 111.0, identity="second")]
    seen = observation([*CONTROL, *after((101, 114, 1.0))], faults)
    second = phases(seen, faults[1]).latency_back
    assert second is not None
    assert second.seconds == 4.0


def test_no_traffic_after_the_fault_shows_no_latency() -> None:
    assert back([]) is None


def test_the_third_fault_does_not_concern_the_first() -> None:
    faults = [crash_fault(at, at + 1, identity=f"{at}") for at in (100.0, 110.0, 115.0)]
    seen = observation([*CONTROL, *after(), failed(112.0)], faults)
    assert phases(seen, faults[0]).last_error is None


def phase_names(*states: PodSeen) -> dict[str, Moment]:
    seen = observation([], [crash_fault()], timeline=timeline(*states))
    return {name: moment for name, moment in phases(seen, seen.faults[0]) if moment is not None}


def test_a_phase_that_was_not_reached_is_not_told() -> None:
    assert set(phase_names(pod(100.5, change=Change.ADDED), pod(101.0))) == {"created", "scheduled"}
    assert phase_names(pod(99.0, uid="other", name="other")) == {}


def test_a_pod_seen_to_be_created_is_timed_by_the_watch() -> None:
    added = phase_names(pod(100.5, change=Change.ADDED, created_at=100.0))
    assert added["created"] == Moment(0.5, 0.05)
    assert phase_names(pod(100.5))["created"] == Moment(0.5, 0.05)
    assert phase_names(pod(100.5, created_at=99.5))["created"] == Moment(0.0, 1.1)


def test_failures_of_the_control_make_no_band() -> None:
    assert back(after(), [*CONTROL[:99], *(failed(95.0) for _ in range(50))]) is None


def test_the_band_must_hold_for_five_seconds() -> None:
    assert back(after((100, 103, 1.0), end=108)) == 3.0
    assert back(after((100, 103, 1.0), end=107)) is None
    assert back(after((100, 101, 1.0), (105, 106, 1.0), end=112)) == 6.0


def test_a_second_without_traffic_is_not_in_the_band() -> None:
    assert back([e for e in after() if not 102 <= e.planned_at < 103]) == 3.0


def test_a_second_with_a_failure_is_not_in_the_band() -> None:
    many = [exchange(102 + n / 200, latency=0.25) for n in range(200)]
    assert back([*after(), *many, failed(102.5)]) == 3.0


def test_latency_must_stay_in_its_band_until_the_fault_has_settled() -> None:
    faults = [crash_fault(100.0, 109.5)]
    seen = observation([*CONTROL, *after((109, 110, 1.0))], faults)
    found = phases(seen, faults[0]).latency_back
    assert found is not None
    assert found.seconds == 10.0
    unsettled = [crash_fault(100.0, None)]
    assert (
        phases(observation([*CONTROL, *after((119, 120, 1.0))], unsettled), unsettled[0]).latency_back is None
    )


def test_of_a_fault_that_never_settled_the_last_second_counts_too() -> None:
    unsettled = [crash_fault(100.0, None)]
    for at in (119.5, 118.5):
        seen = observation([*CONTROL, *after(), failed(at)], unsettled)
        assert phases(seen, unsettled[0]).latency_back is None
    seen = observation([*CONTROL, *after(), failed(112.5)], unsettled)
    assert phases(seen, unsettled[0]).latency_back == Moment(13.0, 1.0)


def test_the_request_of_the_very_moment_counts_for_the_fault_that_begins_then() -> None:
    assert back(after((100, 100.15, 1.0))) == 1.0, "two slow ones of fifty are too many"
    assert back(after((100.05, 100.15, 1.0))) == 0.0, "one is not"
    faults = [crash_fault(100.0, None), crash_fault(110.0, 111.0, identity="second")]
    seen = observation([*CONTROL, *after((110, 110.15, 1.0))], faults)
    assert phases(seen, faults[0]).latency_back == Moment(0.0, 0.0)
    assert phases(seen, faults[1]).latency_back == Moment(1.0, 1.0)


def test_the_traffic_of_the_next_fault_is_not_this_ones() -> None:
    faults = [crash_fault(100.0, 101.0), crash_fault(110.0, 111.0, identity="second")]
    bad = [failed(109.995), failed(110.0), failed(112.0)]
    seen = observation([*CONTROL, *after((110, 112, 1.0)), *bad], faults)
    first, second = phases(seen, faults[0]), phases(seen, faults[1])
    assert first.last_error is not None
    assert round(first.last_error.seconds, 3) == 9.995
    assert first.latency_back is not None
    assert first.latency_back.seconds == 0.0
    assert second.latency_back is not None
    assert second.latency_back.seconds == 3.0


def test_errors_are_timed_as_finely_as_requests_were_sent() -> None:
    seen = observation([failed(100.0), failed(100.5), exchange(101.0), exchange(102.0)], [crash_fault()])
    found = phases(seen, seen.faults[0])
    assert found.first_error == Moment(0.0, pytest.approx(2 / 3))
    assert found.last_error == Moment(0.5, pytest.approx(2 / 3))
    two = observation([failed(100.5), exchange(101.5)], [crash_fault()])
    assert phases(two, two.faults[0]).first_error == Moment(0.5, 1.0)
    alone = observation([failed(100.5)], [crash_fault()])
    assert phases(alone, alone.faults[0]).first_error == Moment(0.5, 0.0)


def test_a_request_in_flight_at_the_fault_fails_at_once() -> None:
    cut = observation([failed(99.5, latency=0.75)], [crash_fault()])
    assert phases(cut, cut.faults[0]).first_error == Moment(0.0, 0.0)
    over = observation([failed(99.5, latency=0.5)], [crash_fault()])
    assert phases(over, over.faults[0]).first_error is None


def test_a_coarse_moment_says_how_coarse_it_is() -> None:
    assert str(Moment(3.2, 1.1)) == "3 s (+-1)"
    assert str(Moment(3.2, 1.0)) == "3 s (+-1)"
    assert str(Moment(3.2, 0.99)) == "3.20 s"


def test_phases_are_told_in_the_order_of_time() -> None:
    told = Phases(first_error=Moment(2.0, 0.1), created=Moment(0.5, 0.1), serving=Moment(1.0, 0.1)).sentence()
    assert told == "replacement created 0.50 s, endpoint serving 1.00 s, first client error 2.00 s"


def seen_with(
    *requests: Exchange, recovery_seconds: float = 5.0, end: float = 120.0, **more: object
) -> tuple:  # type: ignore[type-arg]
    objectives = OBJECTIVES.model_copy(update={"recovery_seconds": recovery_seconds})
    return observation([*CONTROL, *after(end=end), *requests], [crash_fault()], **more), objectives  # type: ignore[arg-type]


def test_a_recovery_is_told_in_full() -> None:
    watched = timeline(
        pod(100.5, change=Change.ADDED, node=""),
        pod(100.75),
        pod(102.0, started_at=101.0),
        pod(102.5, started_at=101.0, ready=True),
        endpoints(102.75, orders_new=True),
    )
    verdict = recovery(*seen_with(failed(100.25), failed(100.5), timeline=watched))
    assert verdict.outcome is Outcome.PASSED
    assert verdict.observed == (
        "last client error 0.50 s, usual latency again 1 s (+-1) after kill-pod on pod/orders-old"
    )
    assert verdict.expected == "last client error and usual latency within 5.00 s of the fault"
    assert verdict.reasons == (
        "recovery from kill-pod on pod/orders-old: first client error 0.25 s, last client error 0.50 s, "
        "replacement created 0.50 s, scheduled 0.75 s, latency back 1 s (+-1), started 2.00 s, Ready 2.50 s, "
        "endpoint serving 2.75 s",
    )
    assert verdict.numbers == {
        "fault-100_first_error_seconds": 0.25,
        "fault-100_last_error_seconds": 0.5,
        "fault-100_created_seconds": 0.5,
        "fault-100_scheduled_seconds": 0.75,
        "fault-100_started_seconds": 2.0,
        "fault-100_ready_seconds": 2.5,
        "fault-100_serving_seconds": 2.75,
        "fault-100_latency_back_seconds": 1.0,
    }
    late = recovery(*seen_with(failed(100.25), failed(105.25), timeline=watched))
    assert late.outcome is Outcome.FAILED
    assert late.next_step == "The longest step was until started: 1.25 s."


def test_the_longest_step_may_be_the_first() -> None:
    watched = timeline(pod(104.0, change=Change.ADDED, node=""), pod(107.5))
    late = recovery(*seen_with(failed(106.0), timeline=watched))
    assert late.next_step == "The longest step was until replacement created: 4.00 s."


def test_the_last_error_may_be_exactly_at_the_limit() -> None:
    assert recovery(*seen_with(failed(104.0), recovery_seconds=5.0)).outcome is Outcome.PASSED
    assert recovery(*seen_with(failed(104.0), recovery_seconds=4.9)).outcome is Outcome.FAILED
    on_it = recovery(*seen_with(failed(104.0), recovery_seconds=4.0))
    assert on_it.observed.startswith("last client error 4.00 s, usual latency again")


def test_without_a_replacement_the_reader_is_sent_to_the_record() -> None:
    verdict = recovery(*seen_with(failed(109.0)))
    assert verdict.next_step == "No replacement was seen: the fault's record and the events tell why."
    assert verdict.observed == "last client error 9.00 s after kill-pod on pod/orders-old"


@pytest.mark.parametrize(
    ("last", "outcome"), [(110.9, Outcome.INCONCLUSIVE), (111.0, Outcome.FAILED), (112.0, Outcome.FAILED)]
)
def test_latency_that_never_came_back_fails_when_it_was_watched_long_enough(
    last: float, outcome: Outcome
) -> None:
    """Long enough: the limit of 5 s, the band's 5 s and one second more."""
    slow = [*after((100, 130, 1.0), end=110.0), exchange(last, latency=1.0)]
    objectives = OBJECTIVES.model_copy(update={"recovery_seconds": 5.0})
    seen = observation([*CONTROL, *slow], [crash_fault()])
    verdict = recovery(seen, objectives)
    assert verdict.outcome is outcome
    assert verdict.observed == (
        "no client error after kill-pod on pod/orders-old; latency was not seen to be in its band for 5 s"
    )
    few = observation([*CONTROL[:99], *slow], [crash_fault()])
    assert recovery(few, objectives).outcome is Outcome.INCONCLUSIVE
    enough = observation([*CONTROL[:100], *slow], [crash_fault()])
    assert recovery(enough, objectives).outcome is outcome


def test_two_faults_never_show_that_latency_stays_away() -> None:
    faults = [crash_fault(100.0, 101.0), crash_fault(119.0, 119.5, identity="second")]
    seen: Observation = observation([*CONTROL, *after((100, 130, 1.0))], faults)
    objectives = OBJECTIVES.model_copy(update={"recovery_seconds": 5.0})
    assert recovery(seen, objectives).outcome is Outcome.INCONCLUSIVE


def test_a_fault_that_never_settled_says_so() -> None:
    seen = observation([*CONTROL, *after()], [crash_fault(100.0, None)])
    assert recovery(seen, OBJECTIVES).observed == (
        "no client error after kill-pod on pod/orders-old, which never became available again"
    )
