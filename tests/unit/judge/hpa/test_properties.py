"""What must hold for any input."""

from __future__ import annotations

import random

from hpa_building import asked, down, plain, recommended, resource, up
from hpa_cases import decided, random_case
from hypothesis import given, settings
from hypothesis import strategies as st

from seatrial.judge.hpa import Autoscaler, Memory, Pod, View, decide

_usage = st.lists(st.integers(0, 400), min_size=1, max_size=12)
_targets = st.integers(1, 200)
_counts = st.integers(1, 30)
_past = st.lists(st.tuples(st.integers(0, 500).map(lambda n: n + 0.5), st.integers(0, 30)), max_size=6)
FREE = up(("Percent", 100_000, 15), window=0)


@settings(max_examples=150, deadline=None)
@given(_usage, _targets, st.integers(1, 10), st.integers(0, 20), _past)
def test_the_number_stays_within_its_bounds(
    usage: list[int], target: int, minimum: int, width: int, past: list[tuple[float, int]]
) -> None:
    bounds = (minimum, minimum + width)
    decision = asked(resource(target, *usage), len(usage), bounds=bounds, memory=recommended(*past))
    assert bounds[0] <= decision.replicas <= bounds[1]


@settings(max_examples=150, deadline=None)
@given(_usage, _targets, st.integers(0, 11), st.integers(1, 300))
def test_more_load_never_gives_fewer_replicas(usage: list[int], target: int, which: int, more: int) -> None:
    heavier = list(usage)
    heavier[which % len(usage)] += more
    before = asked(resource(target, *usage), len(usage), bounds=(1, 100_000), behavior=FREE)
    after = asked(resource(target, *heavier), len(usage), bounds=(1, 100_000), behavior=FREE)
    assert after.replicas >= before.replicas


@settings(max_examples=150, deadline=None)
@given(_counts, _counts, _past, st.sampled_from([30, 60, 300]))
def test_on_the_way_down_never_below_the_maximum_of_the_window(
    current: int, proposed: int, past: list[tuple[float, int]], window: int
) -> None:
    metric = plain(1, *[0] * current) if proposed == 1 else plain(current, *[proposed] * current)
    decision = asked(metric, current, behavior=down(window=window), memory=recommended(*past))
    recent = [number for age, number in past if age < window]
    if decision.replicas < current:
        assert decision.replicas >= min(max(recent, default=0), current)


@settings(max_examples=150, deadline=None)
@given(_counts, st.integers(1, 20), st.integers(1, 300), st.booleans())
def test_growth_never_exceeds_the_policies(current: int, more: int, percent: int, least: bool) -> None:
    select = "Min" if least else "Max"
    behavior = up(("Pods", more, 60), ("Percent", percent, 60), select=select)
    decision = asked(plain(1, *[1000] * current), current, bounds=(1, 100_000), behavior=behavior)
    by_percent = -(-current * (100 + percent) // 100)
    allowed = (min if least else max)(current + more, by_percent)
    assert decision.replicas <= allowed + 1, "one more by the rounding of the controller's floats"
    assert decision.replicas >= current


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32))
def test_the_order_of_pods_and_metrics_does_not_matter(seed: int) -> None:
    case = random_case(random.Random(seed))
    first = decided(case)
    chance = random.Random(seed)
    chance.shuffle(case["Pods"])
    chance.shuffle(case["Metrics"])
    second = decided(case)
    assert (first.replicas, first.able, first.limited) == (second.replicas, second.able, second.limited)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32))
def test_a_decision_is_explained_and_remembered(seed: int) -> None:
    case = random_case(random.Random(seed))
    decision = decided(case)
    assert decision.why
    assert decision.rescales == (decision.replicas != case["Spec"])
    before = len(case["Recommendations"])
    assert len(decision.memory.recommendations) in (before, before + 1, 1, 2)
    changes = len(decision.memory.grown) + len(decision.memory.shrunk)
    assert changes - len(case["Grown"]) - len(case["Shrunk"]) == (
        1 if decision.rescales and case["Behavior"] is not None else 0
    )


def test_what_is_remembered_is_the_unstabilised_number() -> None:
    decision = asked(plain(10, 2, 2, 2, 2), 4, memory=recommended((20, 4)))
    assert decision.replicas == 4
    assert decision.memory.recommendations[-1] == (0.0, 1)


def test_a_run_of_decisions_stabilises_and_then_shrinks() -> None:
    """Idle after a peak of 6: held for the window of 60 s, then down to 1 at once."""
    memory, current, course = Memory(), 6, []
    for now in range(0, 105, 15):
        seen = tuple(
            Pod(f"pod-{n}", started_at=now - 3600.0, ready_since=now - 3600.0) for n in range(current)
        )
        idle = Autoscaler(100, (plain(10, *[0] * current),), 1, down(window=60))
        decision = decide(idle, View(float(now), current, current, seen), memory)
        memory, current = decision.memory, decision.replicas
        course.append(current)
    assert course == [6, 6, 6, 6, 1, 1, 1]
