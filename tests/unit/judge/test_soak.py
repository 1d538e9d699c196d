"""What a soak shows: drift of latency, memory that grows, containers that end."""

import json
import math
import random
from dataclasses import replace

import pytest

from seatrial.judge.soak.batches import STUDENT, batches, difference, slope, student
from seatrial.judge.soak.drift import drift
from seatrial.judge.soak.lives import lives
from seatrial.judge.soak.memory import memory
from seatrial.judge.soak.verdict import judge_soak
from seatrial.judge.wording import duration, plural
from seatrial.model.objectives import Objectives
from seatrial.model.soak import ContainerLook, LatencyWindow, SoakPlan, SoakRun
from seatrial.model.verdict import Outcome

MIB = 1024.0**2
OBJECTIVES = Objectives(latency_p99_ms=300)
HOUR = 3_600.0


def windows(p50, p99=lambda at: 100.0, *, seconds: float = HOUR, requests: int = 600):
    """Windows of ten seconds; latencies by the seconds since the first arrival."""
    starts = range(0, int(seconds), 10)
    return tuple(LatencyWindow(float(at), requests, p50(at), p99(at)) for at in starts)


def looks(memory_mib, *, seconds: float = HOUR, every: int = 15, limit_mib: float | None = 256, **more):
    """Looks at one container; memory by the seconds since the first."""
    named = {"role": "api", "pod": "api-1", "container": "app"} | more
    limit = None if limit_mib is None else limit_mib * MIB
    return tuple(
        ContainerLook(at=100.0 + at, memory_bytes=memory_mib(at) * MIB, limit_bytes=limit, **named)
        for at in range(0, int(seconds) + 1, every)
    )


def soak(*, seconds: float = HOUR, **more) -> SoakRun:
    return SoakRun(SoakPlan(), 100.0, 100.0 + seconds, **more)


def noise(size: float, seed: int = 1):
    chance = random.Random(seed)
    return lambda: chance.uniform(-size, size)


def flat(value: float, size: float = 0.0, seed: int = 1):
    around = noise(size, seed)
    return lambda at: value + around()


def density(at: float, freedom: int) -> float:
    scale = math.gamma((freedom + 1) / 2) / math.gamma(freedom / 2) / math.sqrt(freedom * math.pi)
    return scale * (1 + at * at / freedom) ** (-(freedom + 1) / 2)


def test_students_quantiles_leave_a_fortieth_above_them():
    for freedom, quantile in enumerate(STUDENT, start=1):
        step = quantile / 2_000
        below = sum(density((number + 0.5) * step, freedom) for number in range(2_000)) * step
        assert below == pytest.approx(0.475, abs=2e-5), freedom
    assert student(1e9) == STUDENT[-1]
    assert (student(5.9), student(6 - 1e-12)) == (STUDENT[4], STUDENT[5])


def test_a_difference_and_a_slope_have_the_numbers_of_the_textbook():
    found = difference([1, 2, 3, 4], [5, 6, 7, 8])
    assert (found.value, found.half_width) == (4, pytest.approx(2.447 * math.sqrt(5 / 6)))
    uneven = difference([1, 2, 3, 4], [5, 7, 9, 11, 13])
    assert uneven.value == 6.5
    assert uneven.half_width == pytest.approx(2.571 * math.sqrt(5 / 12 + 2))
    line = slope([(100, 51), (101, 53), (102, 52), (103, 55), (104, 54)])
    assert line.value == pytest.approx(0.8)
    assert line.half_width == pytest.approx(3.182 * math.sqrt(3.6 / 3 / 10))
    assert slope([(0, 0), (1, 1), (2, 2), (3, 3)]).value == 1


def test_batches_are_means_of_equal_parts_and_empty_ones_are_left_out():
    points = [(0.0, 1.0), (1.0, 3.0), (5.0, 7.0), (10.0, 9.0), (11.0, 1.0)]
    assert batches(points, 0.0, 10.0, 5) == [(0.5, 2.0), (5.0, 7.0), (10.0, 9.0)]
    assert batches(points, 3.0, 3.0, 5) == batches(points, 5.0, 5.0, 5) == []
    assert batches([(0.1, 1.0), (0.4, 3.0)], 0.0, 0.5, 2) == [(0.1, 1.0), (0.4, 3.0)]


def test_a_difference_and_a_slope_hold_their_truth_in_most_of_many_samples():
    held = [0, 0]
    for seed in range(200):
        around = noise(1.0, seed)
        first, last = [5 + around() for _ in range(8)], [7 + around() for _ in range(8)]
        found = difference(first, last)
        line = slope([(at, 3 + 0.5 * at + around()) for at in range(12)])
        held[0] += found.low <= 2 <= found.high
        held[1] += line.low <= 0.5 <= line.high
    assert all(182 <= each <= 198 for each in held), held


def test_an_interval_needs_some_batches():
    assert difference([1.0] * 3, [1.0] * 8) is difference([1.0] * 8, [1.0] * 3) is None
    assert slope([(0, 1), (1, 1), (2, 1)]) is slope([(5, 1)] * 4) is None
    assert difference([1.0] * 4, [3.0] * 4).low == 2.0


def test_a_steady_latency_passes_with_its_figures():
    verdict = drift(soak(windows=windows(flat(20, 2))), OBJECTIVES)
    assert verdict.outcome is Outcome.PASSED
    assert "median 2" in verdict.observed
    assert "p99 100 ms in the first third, 100 ms in the last: +0 ms" in verdict.observed


def test_a_latency_that_grows_fails_and_says_when_the_objective_is_met():
    """Planted: the p99 grows by 60 ms in an hour; the windows' middles lie 36 minutes apart."""
    verdict = drift(soak(windows=windows(flat(20), lambda at: 100 + at / 60)), OBJECTIVES)
    assert verdict.outcome is Outcome.FAILED
    assert verdict.observed.startswith("p99 115 ms in the first third, 151 ms in the last: +36 ms (95 %: +")
    hours = float(verdict.next_step.split("met in ")[1].split(" h")[0])
    assert hours == pytest.approx((300 - 151) / 60, rel=0.02)
    assert verdict.numbers["drift_p99_ms"] == pytest.approx(36, abs=0.2)


def test_a_median_that_grows_fails_though_no_objective_is_near():
    verdict = drift(soak(windows=windows(lambda at: 20 + at / 300)), OBJECTIVES)
    assert verdict.outcome is Outcome.FAILED
    assert verdict.observed.startswith("median 23")
    assert "are met in" not in verdict.next_step


def test_less_than_two_milliseconds_or_a_fifth_is_no_drift():
    assert drift(soak(windows=windows(lambda at: 1 + at / 3_600)), OBJECTIVES).passed
    assert drift(soak(windows=windows(lambda at: 100 + at / 360)), OBJECTIVES).passed
    assert not drift(soak(windows=windows(lambda at: 1 + at / 720)), OBJECTIVES).passed


@pytest.mark.parametrize(
    ("early", "late", "outcome"),
    [
        (0.5, 0.95, Outcome.INCONCLUSIVE),
        (0.5, 0.8, Outcome.FAILED),
        (0.9, 0.95, Outcome.FAILED),
        (None, 0.95, Outcome.FAILED),
    ],
)
def test_a_machine_that_became_busy_doubts_a_drift(early, late, outcome):
    """Planted: latency grows, and something else begins on the machine that the system shares."""
    half = 100.0 + HOUR / 2
    machine = tuple(
        (100.0 + at, early if 100.0 + at < half else late)
        for at in range(0, int(HOUR) + 1, 60)
        if early is not None or 100.0 + at >= half
    )
    growing = windows(lambda at: 20 + at / 60)
    verdict = drift(soak(windows=growing, machine=machine), OBJECTIVES)
    assert verdict.outcome is outcome
    assert ("was 95.0 % busy in the last third and 50.0 % in the first" in verdict.observed) == (
        outcome is Outcome.INCONCLUSIVE
    )
    assert drift(soak(windows=windows(flat(20)), machine=machine), OBJECTIVES).passed


def test_a_quick_beginning_is_warm_up_and_no_drift():
    assert drift(soak(windows=windows(lambda at: 1.0 if at < 360 else 20.0)), OBJECTIVES).passed


def test_latency_that_scatters_too_much_cannot_tell_and_says_how_long_would():
    wild = noise(60, 3)
    verdict = drift(soak(windows=windows(lambda at: 70 + wild(), seconds=600), seconds=600), OBJECTIVES)
    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert "too wide to tell" in verdict.observed
    assert verdict.next_step.startswith("Run for ")
    assert verdict.next_step.endswith("or longer, on a machine without other work.")


@pytest.mark.parametrize("seconds", [0, 60])
def test_a_run_that_is_too_short_says_so(seconds):
    verdict = drift(soak(windows=windows(flat(20), seconds=seconds), seconds=seconds), OBJECTIVES)
    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert "too short to tell a drift" in verdict.observed


def test_windows_with_a_hundred_requests_have_a_p99():
    assert "p99" in drift(soak(windows=windows(flat(20), requests=100)), OBJECTIVES).observed


def test_windows_with_few_requests_have_no_p99():
    verdict = drift(soak(windows=windows(flat(20), lambda at: at, requests=99)), OBJECTIVES)
    assert verdict.passed
    assert "p99" not in verdict.observed


def test_a_leak_is_named_with_its_slope_and_when_the_limit_is_met():
    """Planted: 12 MiB an hour, from 100 MiB on, with a limit of 256."""
    verdict = memory(soak(looks=looks(lambda at: 100 + 12 * at / HOUR)))
    assert verdict.outcome is Outcome.FAILED
    assert verdict.observed == (
        "app of api-1 grows by 12 MiB/h (95 %: 12 to 12): its limit 256 MiB is met in 12 h"
    )
    assert verdict.numbers["leak_mib_per_hour"] == 12
    assert "A leak" in verdict.next_step


def test_a_leak_without_a_limit_is_one_when_memory_doubles_within_the_horizon():
    leaking = looks(lambda at: 100 + 12 * at / HOUR, limit_mib=None)
    assert "twice its memory is met in" in memory(soak(looks=leaking)).observed
    slow = looks(lambda at: 100 + 3 * at / HOUR, limit_mib=None)
    assert memory(soak(looks=slow)).passed


def test_a_slope_that_is_steep_for_a_minute_is_no_leak_yet():
    """As PostgreSQL was seen for 70 s: 48 MiB/h, 137 MiB of 512 in use, which an hour of load fills."""
    filling = looks(lambda at: 137 + 48 * at / HOUR, seconds=70, every=3, limit_mib=512)
    verdict = memory(soak(looks=filling, seconds=70))
    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert "its limit 512 MiB would be met in 7.79 h, more than 20 times this run" in verdict.observed
    assert verdict.next_step == "Run for 23.4 min or longer: memory may only be filling up."
    longer = looks(lambda at: 137 + 48 * at / HOUR, seconds=1_500, limit_mib=512)
    assert memory(soak(looks=longer, seconds=1_500)).outcome is Outcome.FAILED


def test_memory_that_is_steady_shrinks_or_saws_passes():
    saw = looks(lambda at: 100 + (at % 300) / 150)
    assert memory(soak(looks=looks(flat(100, 1)))).passed
    assert memory(soak(looks=looks(lambda at: 100 - at / 360))).passed
    assert memory(soak(looks=saw)).passed


def test_a_cache_that_is_full_after_a_while_is_no_leak():
    filling = looks(lambda at: 100 + 100 * (1 - math.exp(-at / 300)))
    verdict = memory(soak(looks=filling))
    assert verdict.passed, verdict.observed
    assert verdict.observed.startswith("memory of 1 container grows by")


def test_a_slope_that_cannot_tell_says_how_long_would():
    unsteady = looks(flat(100, 40, 5), seconds=900)
    verdict = memory(soak(looks=unsteady, seconds=900))
    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert "too wide to tell" in verdict.observed
    assert verdict.next_step.endswith("MiB/h would use it up.")


def test_too_few_looks_in_the_second_half_say_how_long_would_do():
    verdict = memory(soak(looks=looks(flat(100), seconds=60), seconds=60))
    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert "memory of app of api-1: 3 of 12 parts of the second half were looked at" in verdict.observed
    assert verdict.next_step == "Run for 3 min or longer."


def test_what_was_not_seen_is_no_pass():
    nothing = memory(soak(unseen="exec is forbidden"))
    assert (nothing.outcome, nothing.observed) == (Outcome.INCONCLUSIVE, "memory: exec is forbidden")
    dark = tuple(
        ContainerLook(at=each.at, role="api", pod="api-1", container="sidecar") for each in looks(flat(1))
    )
    part = memory(soak(looks=(*looks(flat(100)), *dark), unseen="no cat"))
    assert part.outcome is Outcome.INCONCLUSIVE
    assert part.observed == "memory of sidecar of api-1 was not seen: no cat"


def ending(**more) -> ContainerLook:
    return ContainerLook(at=100.0 + HOUR, role="api", pod="api-1", container="app", **more)


FIRST = ContainerLook(at=100.0, role="api", pod="api-1", container="app", killed=1)


@pytest.mark.parametrize(
    ("last", "named"),
    [
        (ending(restarts=1, last_end="OOMKilled"), "app of api-1 was restarted 1 time (OOMKilled)"),
        (ending(restarts=2), "app of api-1 was restarted 2 times"),
        (ending(killed=3), "the kernel killed 2 processes of app of api-1 for its memory limit"),
    ],
)
def test_a_container_that_ended_or_lost_a_process_fails_by_name(last, named):
    verdict = lives(soak(looks=(FIRST, last)))
    assert verdict.outcome is Outcome.FAILED
    assert verdict.observed == named
    assert "--previous" in verdict.next_step


def test_containers_that_stay_pass_and_those_that_ended_before_charge_nobody():
    before = ContainerLook(100.0, "api", "api-1", "app", restarts=4, last_end="Error", killed=7)
    after = ending(restarts=4, last_end="Error", killed=7)
    verdict = lives(soak(looks=(before, after)))
    assert verdict.passed
    assert verdict.observed == "1 container without a restart"


def test_a_pod_that_went_away_is_no_pass_unless_an_autoscaler_took_it():
    gone = ContainerLook(100.0, "api", "api-2", "app")
    run = soak(looks=(FIRST, gone, ending(killed=1)))
    assert lives(run).outcome is Outcome.INCONCLUSIVE
    assert lives(run).observed == "pods went away: api-2 of api"
    scaled = lives(soak(looks=(FIRST, gone, ending(killed=1)), autoscaled=("api",)))
    assert scaled.passed
    assert scaled.reasons == ("went away, by its autoscaler: api-2 of api",)


def test_without_a_look_nothing_is_said_of_restarts():
    assert lives(soak(unseen="forbidden")).observed == "restarts: forbidden"
    assert lives(soak()).outcome is Outcome.INCONCLUSIVE


def test_a_cluster_that_cannot_be_reached_is_said_once():
    verdict = judge_soak(soak(unseen="the cluster does not answer: refused (https://nowhere)"), Objectives())
    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert verdict.observed.count("containers: the cluster does not answer: refused (https://nowhere)") == 1
    assert verdict.explain().count("does not answer") == 1


def test_memory_since_the_last_restart_counts():
    """Planted: a leak that was ended by a restart; the restart is what fails, memory is looked at anew."""
    before = looks(lambda at: 100 + at / 20, seconds=1_800)
    after = tuple(
        ContainerLook(each.at + 1_815, "api", "api-1", "app", 100 * MIB, 256 * MIB, 1, "OOMKilled")
        for each in looks(flat(100), seconds=1_785)
    )
    verdict = judge_soak(soak(looks=(*before, *after), windows=windows(flat(20))), OBJECTIVES)
    assert verdict.outcome is Outcome.FAILED
    assert verdict.observed == "app of api-1 was restarted 1 time (OOMKilled)"


def test_a_soak_in_which_nothing_changes_passes_and_comes_back_from_its_record():
    run = soak(looks=looks(flat(100, 0.1)), windows=windows(flat(20, 1)), autoscaled=("api",))
    run = replace(run, machine=((100.0, 0.5), (200.0, 0.6)))
    verdict = judge_soak(run, OBJECTIVES)
    assert verdict.outcome is Outcome.PASSED
    assert SoakRun.from_data(json.loads(json.dumps(run.to_data()))) == run


def test_how_long_to_wait_is_told_in_units_that_one_waits_in():
    told = [duration(seconds) for seconds in (42, 119.6, 120, 7_199, 7_200, 259_199, 777_600)]
    assert told == ["42 s", "120 s", "2 min", "120 min", "2 h", "72 h", "9 days"]


def test_what_ends_in_s_has_its_plural():
    assert [plural(number, "process") for number in (1, 2)] == ["1 process", "2 processes"]
