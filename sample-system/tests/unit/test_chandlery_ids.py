"""Ids are ordered by the time of their making, and unique."""

import time

import pytest
from chandlery import ids


def test_ids_of_one_process_strictly_increase():
    made = [ids.new_id() for _ in range(20_000)]
    assert made == sorted(set(made))


def test_ids_increase_even_when_the_clock_steps_back(monkeypatch: pytest.MonkeyPatch):
    before = ids.new_id()
    now = time.time_ns()
    monkeypatch.setattr(ids.time, "time_ns", lambda: now - 3_600_000_000_000)
    assert ids.new_id() > before


def test_an_id_tells_the_millisecond_of_its_making():
    before = time.time_ns() // 1_000_000
    made = ids.new_id()
    after = time.time_ns() // 1_000_000
    assert before <= made.int >> 80 <= after
    assert (made.version, made.variant) == (7, "specified in RFC 4122")


def test_what_is_no_id_is_none():
    assert ids.parse_id("rope") is None
