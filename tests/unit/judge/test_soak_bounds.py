"""Where the verdicts of a soak turn, and how long a longer one is said to need."""

from dataclasses import replace

import pytest
from test_soak import HOUR, MIB, OBJECTIVES, flat, looks, noise, soak, windows

from seatrial.judge.soak.batches import batches, difference, slope
from seatrial.judge.soak.drift import ALLOWED, ALLOWED_MS, drift
from seatrial.judge.soak.memory import memory
from seatrial.judge.wording import duration
from seatrial.model.objectives import Objectives
from seatrial.model.verdict import Outcome


def stepped(last: float):
    """Ten milliseconds in the first third, another value in the last, without any scatter."""
    return windows(lambda at: 10.0 if at < 1_980 else last)


def test_a_drift_of_exactly_what_is_allowed_passes_and_one_of_more_fails():
    assert drift(soak(windows=stepped(12.0)), OBJECTIVES).outcome is Outcome.PASSED
    verdict = drift(soak(windows=stepped(12.01)), OBJECTIVES)
    assert verdict.outcome is Outcome.FAILED
    assert verdict.next_step == (
        "Look for what grows with time or with requests: a table, a queue, a cache, connections."
    )
    assert verdict.observed.endswith("+2.01 ms (95 %: +2.01 to +2.01)")


@pytest.mark.parametrize(("limit", "told"), [(151.5, True), (150.4, False), (100, False), (1_000, True)])
def test_a_pace_is_told_while_the_objective_lies_ahead(limit, told):
    growing = windows(flat(20), lambda at: 100 + at / 60)
    verdict = drift(soak(windows=growing), Objectives(latency_p99_ms=limit))
    assert verdict.outcome is Outcome.FAILED
    assert (f"At this pace {limit:g} ms are met in " in verdict.next_step) is told


def test_an_objective_that_is_met_at_last_lies_ahead_no_more():
    grown = windows(flat(20), lambda at: 100.0 if at < 1_980 else 130.0)
    verdict = drift(soak(windows=grown), Objectives(latency_p99_ms=130))
    assert verdict.outcome is Outcome.FAILED
    assert "At this pace" not in verdict.next_step


def test_a_run_that_is_too_short_says_how_many_windows_it_had_and_how_long_would_do():
    verdict = drift(soak(windows=windows(flat(20), seconds=60), seconds=60), OBJECTIVES)
    assert verdict.observed.startswith("latency: 1 windows in a third in 60 s: too short to tell a drift")
    assert verdict.next_step == "Run for 2.22 min or longer."
    nothing = drift(soak(), OBJECTIVES)
    assert nothing.observed.startswith(
        "latency: no request was answered as expected after the warm-up in 60 min"
    )
    assert nothing.next_step == "Run for longer."


def clamped(factor: float) -> float:
    return min(max(factor, 1.1), 100.0)


@pytest.mark.parametrize(
    ("size", "growth", "seed"), [(60, 0, 3), (100, 0, 1), (60, 24, 5), (40, 16, 2), (300, 0, 4)]
)
def test_how_long_a_drift_would_need_follows_from_its_interval(size, growth, seed):
    around = noise(size, seed)
    some = windows(lambda at: 400 + growth * at / 100 + around(), seconds=600)
    verdict = drift(soak(windows=some, seconds=600), OBJECTIVES)
    kept = [(each.at, each.p50_ms) for each in some if each.at >= 60]
    third = (600 - kept[0][0]) / 3
    first = [value for _, value in batches(kept, kept[0][0], kept[0][0] + third, 8)]
    last = [value for _, value in batches(kept, 600 - third, 600, 8)]
    found, before = difference(first, last), sum(first) / len(first)
    allowed = max(ALLOWED * before, ALLOWED_MS)
    if found.low > allowed or found.high <= allowed:
        assert verdict.outcome is (Outcome.FAILED if found.low > allowed else Outcome.PASSED)
        return
    room = allowed - abs(found.value)
    factor = (found.half_width / room) ** 2 if room > 0 else 4.0
    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert verdict.next_step.startswith(f"Run for {duration(600 * clamped(factor))} or longer, on a machine")


def test_a_machine_is_looked_at_in_whole_thirds_and_doubts_from_its_bounds_on():
    growing = windows(lambda at: 20 + at / 60)
    edges = ((100 + HOUR / 3, 0.5), (100 + 2 * HOUR / 3, 0.9))
    assert drift(soak(windows=growing, machine=edges), OBJECTIVES).outcome is Outcome.INCONCLUSIVE
    inside = ((100 + HOUR / 3 + 1, 0.5), (100 + 2 * HOUR / 3 - 1, 0.9))
    assert drift(soak(windows=growing, machine=inside), OBJECTIVES).outcome is Outcome.FAILED


@pytest.mark.parametrize(
    ("size", "growth", "seed"), [(40, 0, 5), (20, 0, 1), (20, 12, 2), (30, 40, 3), (5, 3, 4)]
)
def test_how_long_a_slope_would_need_follows_from_its_interval(size, growth, seed):
    around = noise(size, seed)
    seen = looks(lambda at: 100 + growth * at / HOUR + around(), seconds=900)
    verdict = memory(soak(looks=seen, seconds=900))
    means = batches([(look.at, look.memory_bytes) for look in seen], 550, 1_000, 12)
    found = slope(means)
    hourly, half = found.value * HOUR / MIB, found.half_width * HOUR / MIB
    allowed = (256 - seen[-1].memory_bytes / MIB) / 24
    if hourly + half < allowed or hourly - half >= allowed:
        assert verdict.outcome is not Outcome.ERROR
        return
    factor = (half / abs(allowed - hourly)) ** (2 / 3)
    wait = duration(900 * clamped(factor))
    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert verdict.next_step == f"Run for {wait} or longer: {allowed:.3g} MiB/h would use it up."


def test_no_run_is_advised_that_is_longer_than_a_hundred_of_this():
    """Planted: a limit that is used up at just the slope that is seen, so that no run would tell."""
    grown = flat(100, 40, 5)
    seen = looks(grown, seconds=900)
    found = slope(batches([(look.at, look.memory_bytes) for look in seen], 550, 1_000, 12))
    limit = seen[-1].memory_bytes / MIB + 24 * found.value * HOUR / MIB
    near = [replace(look, limit_bytes=(limit + 0.001) * MIB) for look in seen]
    verdict = memory(soak(looks=tuple(near), seconds=900))
    assert verdict.next_step.startswith("Run for 25 h or longer: ")
