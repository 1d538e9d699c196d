"""Schedules plan what they say: rate, order, the same each time, and shares that make up the whole."""

from itertools import chain, islice, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seatrial.errors import BadInput
from seatrial.traffic.schedule import (
    Constant,
    Poisson,
    Ramp,
    Replay,
    Schedule,
    Step,
    Steps,
    highest_rate,
    parse,
    sliced,
)

rates = st.floats(0.1, 200)
durations = st.floats(0.1, 10)
finite = st.one_of(
    st.builds(Constant, rates, durations),
    st.builds(Poisson, rates, st.integers(0, 2**32), durations),
    st.builds(Ramp, rates, st.floats(0, 200), durations),
    st.builds(
        lambda *steps: Steps(steps), st.builds(Step, rates, durations), st.builds(Step, st.just(0), durations)
    ),
    st.lists(st.floats(0, 100), min_size=1).map(lambda times: Replay(tuple(sorted(times)))),
)


@given(finite)
def test_times_never_fall_and_stay_within_the_duration(schedule: Schedule) -> None:
    times = list(schedule.planned())
    assert times == sorted(times)
    assert all(0 <= at <= schedule.duration_seconds for at in times)


@given(finite)
def test_the_same_plan_gives_the_same_times(schedule: Schedule) -> None:
    assert list(schedule.planned()) == list(schedule.planned())


@given(finite, st.integers(1, 7))
def test_the_shares_of_all_workers_are_the_whole_schedule(schedule: Schedule, workers: int) -> None:
    shares = [list(sliced(schedule.planned(), index, workers)) for index in range(workers)]
    assert sorted(chain(*shares)) == list(enumerate(schedule.planned()))
    sizes = [len(share) for share in shares]
    assert max(sizes) - min(sizes) <= 1


@given(rates, durations)
def test_constant_has_its_rate_everywhere(rate: float, seconds: float) -> None:
    times = list(Constant(rate, seconds).planned())
    assert abs(len(times) - rate * seconds) <= 1
    assert all(later - sooner == pytest.approx(1 / rate) for sooner, later in pairwise(times))


@given(st.floats(0, 200), st.floats(0.1, 200), durations)
def test_ramp_plans_the_area_under_its_line(begin: float, end: float, seconds: float) -> None:
    schedule = Ramp(begin, end, seconds)
    times = list(schedule.planned())
    assert abs(len(times) - (begin + end) / 2 * seconds) <= 1.01
    for number, at in islice(enumerate(times), 0, None, 17):
        assert begin * at + (end - begin) * at**2 / (2 * seconds) == pytest.approx(number, abs=1e-3)


def test_ramp_down_to_nothing_ends() -> None:
    assert len(list(Ramp(100, 0, 2).planned())) in (100, 101)


def test_poisson_has_its_mean_rate_and_exponential_gaps() -> None:
    times = list(Poisson(100, 7, 100).planned())
    gaps = [later - sooner for sooner, later in pairwise(times)]
    mean = sum(gaps) / len(gaps)
    deviation = (sum((gap - mean) ** 2 for gap in gaps) / len(gaps)) ** 0.5
    assert len(times) == pytest.approx(10_000, rel=0.04)
    assert deviation == pytest.approx(mean, rel=0.05)
    assert times != list(Poisson(100, 8, 100).planned())


def test_steps_change_their_rate_at_their_times() -> None:
    times = list(parse("steps:10x2,0x1,50x1").planned())
    assert [sum(1 for at in times if begin <= at < begin + 1) for begin in range(4)] == [10, 10, 0, 50]


def test_an_endless_schedule_goes_on() -> None:
    assert list(islice(Constant(10).planned(), 3)) == pytest.approx([0, 0.1, 0.2])
    assert next(islice(Constant(10).planned(), 100_000, None)) == 10_000


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("constant:100", Constant(100)),
        ("constant:100:30", Constant(100, 30)),
        ("poisson:5", Poisson(5, 3)),
        ("poisson:5:9", Poisson(5, 3, 9)),
        ("ramp:10:200:60", Ramp(10, 200, 60)),
        ("steps:50x60,150x120", Steps((Step(50, 60), Step(150, 120)))),
        ("replay:0,0.5,2", Replay((0, 0.5, 2))),
    ],
)
def test_words_are_understood(text: str, expected: Schedule) -> None:
    assert parse(text, seed=3) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "100",
        "constant",
        "constant:",
        "constant:-1",
        "constant:nan",
        "constant:inf",
        "constant:10:0",
        "constant:10:1:2",
        "poisson:10:1:2",
        "steps:",
        "steps:0x10",
        "steps:5",
        "ramp:1:2",
        "ramp:0:0:5",
        "poisson:x",
        "sine:1",
        "constant:1e9",
        "replay:",
        "replay:2,1",
        "replay:-1",
        "replay:x",
    ],
)
def test_words_that_plan_nothing_are_refused(text: str) -> None:
    with pytest.raises(BadInput):
        parse(text)


def test_a_worker_that_does_not_exist_is_refused() -> None:
    with pytest.raises(BadInput):
        sliced([0.0], 2, 2)


@pytest.mark.parametrize(
    ("words", "rate"),
    [
        ("constant:60", 60), ("poisson:5:10", 5), ("ramp:200:10:120", 200), ("steps:50x30,20x5", 50),
        ("spike:10:90:5", 90), ("replay:0,1,2", None),
    ],
)  # fmt: skip
def test_the_highest_rate_of_a_schedule_is_known_where_it_has_rates(words, rate) -> None:
    assert highest_rate(words) == rate
