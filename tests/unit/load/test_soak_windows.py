"""Latency by parts of a run, as workers report it for a soak."""

import pytest

from seatrial.load.windows import Windows, windows_of
from seatrial.model.exchange import Exchange, ExchangeOutcome


def exchange(at: float, took: float, outcome: ExchangeOutcome = ExchangeOutcome.OK) -> Exchange:
    return Exchange(0, "look", 100 + at, 100 + at, 100 + at + took, outcome)


def test_each_request_counts_in_the_part_in_which_it_was_planned():
    windows = Windows(10)
    for at, took in ((0, 0.01), (9.9, 30.0), (10.0, 0.02), (35.0, 0.04)):
        windows.take(exchange(at, took))
    rows = windows.rows()
    assert [(at, count) for at, count, _, _ in rows] == [(0, 2), (10, 1), (30, 1)]
    assert [p99 for *_, p99 in rows] == pytest.approx([30_000, 20, 40], rel=0.001)
    assert rows[0][2] == pytest.approx(10, rel=0.001)


def test_failures_begin_the_time_and_are_no_latency():
    windows = Windows(10)
    windows.take(exchange(0, 0.001, ExchangeOutcome.FAILED))
    windows.take(exchange(12, 0.02))
    assert [(at, count) for at, count, _, _ in windows.rows()] == [(10, 1)]


def test_nobody_asked_and_nothing_is_counted():
    windows = Windows(0)
    windows.take(exchange(0, 0.01))
    assert windows.rows() == []


def test_parts_of_all_workers_stand_by_their_time():
    one, other = [(0.0, 5, 1.0, 2.0), (10.0, 4, 1.0, 2.0)], [[0.0, 6, 3.0, 4.0]]
    assert [(each.at, each.requests) for each in windows_of([*one, *other])] == [(0, 5), (0, 6), (10, 4)]
