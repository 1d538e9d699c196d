"""Which exchanges belong to a disruption."""

import math

from observations import dropped, exchange, failed, fault, observation, unknown

from seatrial.judge.windows import failures, split, windows


def test_a_window_reaches_from_acceptance_to_settled() -> None:
    (window,) = windows(observation([], [fault(100.0, 103.0)]))
    assert (window.begin, window.end) == (100.0, 103.0)


def test_a_window_stays_open_until_the_effect_was_seen() -> None:
    """A replacement is often ready before the old pod has gone (verified_at is 100.5)."""
    (window,) = windows([fault(100.0, 100.2)])
    assert window.end == 100.5


def test_touching_windows_merge_and_others_do_not() -> None:
    spans = windows([fault(110.0, 112.0), fault(100.0, 104.0), fault(103.0, 106.0)])
    assert [(s.begin, s.end, len(s.faults)) for s in spans] == [(100.0, 106.0, 2), (110.0, 112.0, 1)]


def test_a_short_window_inside_a_long_one_does_not_end_it() -> None:
    (span,) = windows([fault(100.0, 110.0), fault(101.0, 102.0)])
    assert (span.begin, span.end) == (100.0, 110.0)


def test_a_fault_that_never_settled_leaves_its_window_open() -> None:
    assert windows([fault(100.0, None)])[0].end == math.inf


def test_exchanges_are_sorted_by_their_planned_time() -> None:
    spans = windows([fault(100.0, 101.0)])
    all_of_them = [exchange(at) for at in (99.0, 99.995, 100.0, 100.5, 101.0, 101.01)]
    parts = split([*all_of_them, dropped(100.6)], spans)
    assert [e.planned_at for e in parts.begun] == [100.0, 100.5, 101.0]
    assert [e.planned_at for e in parts.in_flight] == [99.995]
    assert [e.planned_at for e in parts.control] == [99.0, 101.01]


def test_an_unanswered_request_is_in_flight_when_the_fault_comes() -> None:
    parts = split([unknown(80.0, latency=None)], windows([fault()]))
    assert len(parts.in_flight) == 1


def test_a_request_between_two_windows_belongs_to_the_second_only_if_still_open() -> None:
    spans = windows([fault(100.0, 101.0), fault(110.0, 111.0)])
    parts = split([exchange(105.0), exchange(109.9, latency=0.2)], spans)
    assert [e.planned_at for e in parts.control] == [105.0]
    assert [e.planned_at for e in parts.in_flight] == [109.9]


def test_dropped_arrivals_are_no_failures_of_the_system() -> None:
    assert [e.planned_at for e in failures([dropped(1.0), failed(2.0), unknown(3.0), exchange(4.0)])] == [
        2,
        3,
    ]
