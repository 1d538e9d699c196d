"""How many decisions it takes when the CPU limit hides the rest of the load."""

from __future__ import annotations

import dataclasses

import pytest
from hpa_building import pod, resource, up
from hpa_world import World

from seatrial.judge.hpa import Autoscaler, Memory, View, cycles_in_words, cycles_to_reach, decide
from seatrial.model.timeline import PodSeen, Timeline


@pytest.mark.parametrize(
    ("replicas", "wanted", "limit", "target", "cycles"),
    [
        (1, 1, 100, 75, 0),
        (1, 2, 100, 75, 1),  # r = 100/75 = 1.333; ceil(1.33) = 2
        (1, 5, 100, 75, 4),  # 2, 3, 4, 6
        (2, 10, 200, 50, 2),  # r = 4: 8, 32
        (2, 6, 100, 95, None),  # r = 1.05 is within tolerance: it never grows
        (2, 6, 100, 100, None),
        (3, 4, 110, 100, None),  # r = 1.1 is within tolerance, too
        (3, 4, 111, 100, 1),
        (0, 2, 200, 50, None),  # from nothing no ratio leads anywhere
        (1, 120, 120, 100, 20),  # r = 1.2: 2, 3, 4, 5, 6, 8, 10, .. 84, 101, 122
    ],
)
def test_cycles_under_a_limit(
    replicas: int, wanted: int, limit: int, target: int, cycles: int | None
) -> None:
    assert cycles_to_reach(replicas, wanted, request=100, limit=limit, target=target) == cycles


def cycles(timeline: Timeline, wanted: int) -> str:
    return cycles_in_words(timeline, autoscaler="orders", workload="orders", wanted=wanted)


def limited(timeline: Timeline, limits: dict[str, dict[str, int]]) -> Timeline:
    seen = (dataclasses.replace(s, limits=limits) if isinstance(s, PodSeen) else s for s in timeline.seen)
    return dataclasses.replace(timeline, seen=tuple(seen))


def test_cycles_of_a_recorded_autoscaler_are_told() -> None:
    timeline = World(1, None).run(60, {20: 60})
    told = "a pod uses 200m CPU at most and requests 100m: with a target of 50 % it takes "
    assert cycles(timeline, 8) == f"{told}1 decision or more from 2 to 8 replicas"
    assert cycles(timeline, 9) == f"{told}2 decisions or more from 2 to 9 replicas"
    assert cycles(limited(timeline, {"app": {"cpu": 50}}), 3).endswith("the target is never exceeded")
    assert cycles(limited(timeline, {"app": {}}), 3) == ""


def test_the_least_number_of_cycles_is_what_a_saturated_autoscaler_takes() -> None:
    """Against the oracle itself: all pods at their limit, no policy in the way."""
    free = up(("Percent", 100_000, 15), window=0)
    for target in (40, 55, 75, 85):
        replicas, steps = 1, 0
        while replicas < 20:
            metric = resource(target, *[100] * replicas)
            seen = tuple(pod(n) for n in range(replicas))
            view = View(0.0, replicas, replicas, seen)
            replicas = decide(Autoscaler(1000, (metric,), 1, free), view, Memory(((-400.0, 0),))).replicas
            steps += 1
        assert cycles_to_reach(1, 20, request=100, limit=100, target=target) == steps
