"""Decisions of an autoscaler, simulated with a clock of its own, explained from a recorded timeline."""

from __future__ import annotations

import dataclasses
import random

import pytest
from hpa_building import down, pod, resource, up

from seatrial.judge.hpa import (
    Autoscaler,
    Behavior,
    Memory,
    Metric,
    Reading,
    Sample,
    View,
    Watched,
    cycles_to_reach,
    decide,
    explain_decisions,
)
from seatrial.model.timeline import AutoscalerSeen, Change, Clock, PodSeen, Seen, Timeline
from seatrial.model.verdict import Outcome

CPU = Metric(kind="Resource", target_type="Utilization", target=50, resource="cpu")
REQUESTS = {"app": {"cpu": 100}}
LIMIT = 200
BOUNDS = (2, 10)


class World:
    """A workload under a load; metrics and autoscaler every 15 s, each at a phase of its own."""

    def __init__(self, seed: int, behavior: Behavior | None) -> None:
        self.chance = random.Random(seed)
        self.behavior = behavior
        self.born: dict[str, float] = {}
        self.seen: list[Seen] = []
        self.memory = Memory()
        self.samples: dict[str, Sample] = {}
        self.readings: list[Reading] = []
        self.desired = BOUNDS[0]
        self.number = 0

    def run(self, seconds: int, load: dict[int, int]) -> Watched:
        scrape, sync, poll = (
            self.chance.uniform(1, 15),
            self.chance.uniform(1, 15),
            self.chance.uniform(0, 1),
        )
        total = 0
        self._resize(0.0, BOUNDS[0], age=3600.0)
        self._announce(0.0, BOUNDS[0])
        for second in range(1, seconds):
            now = float(second)
            total = load.get(second, total)
            if second % 15 == int(scrape) % 15:
                self._scrape(now + 0.2, total)
            if second % 15 == int(sync) % 15:
                self._sync(now + 0.6)
            self.readings.append(Reading(now + poll, {"cpu": dict(self.samples)}))
        ordered = tuple(sorted(self.seen, key=lambda item: item.at))
        timeline = Timeline(0.0, float(seconds), Clock(0.0, 0.1, 0.0), ordered)
        return Watched(timeline, "orders", "orders", (CPU,), REQUESTS, self.readings, self.behavior)

    def _scrape(self, now: float, total: int) -> None:
        ready = [name for name, born in self.born.items() if born + 3 <= now]
        each = min(total // max(len(ready), 1), LIMIT)
        self.samples = {name: Sample(each, now, 15.0) for name in ready}

    def _sync(self, now: float) -> None:
        pods = tuple(self._pod(name, now) for name in self.born)
        spec = Autoscaler(
            BOUNDS[1], (dataclasses.replace(CPU, samples=self.samples),), BOUNDS[0], self.behavior
        )
        decision = decide(spec, View(now, self.desired, len(pods), pods), self.memory)
        self.memory = decision.memory
        before = self.desired
        if decision.rescales:
            self._announce(now + 0.05, before, decision.replicas)
            self._resize(now + 0.1, decision.replicas)

    def _pod(self, name: str, now: float):  # type: ignore[no-untyped-def]
        born = self.born[name]
        ready = born + 3 <= now
        phase = "Running" if born + 1 <= now else "Pending"
        found = pod(0, phase=phase, ready="True" if ready else "False", requests=REQUESTS)
        since = born + 3 if ready else born
        return dataclasses.replace(found, name=name, started_at=born, ready_since=since)

    def _announce(self, at: float, current: int, desired: int | None = None) -> None:
        wanted = current if desired is None else desired
        self.seen.append(
            AutoscalerSeen(
                at, Change.MODIFIED, "orders", "Deployment/orders", *BOUNDS, current, wanted, (), ()
            )
        )

    def _resize(self, at: float, replicas: int, *, age: float = 0.0) -> None:
        self.desired = replicas
        while len(self.born) < replicas:
            name = f"orders-{self.number}"
            self.number += 1
            self.born[name] = born = at - age
            self.seen += [
                seen_pod(max(born, 0.0), name, born, phase="Pending"),
                seen_pod(max(born + 1, 0.0), name, born),
                seen_pod(max(born + 3, 0.0), name, born, ready_at=born + 3),
            ]
        while len(self.born) > replicas:
            name = next(reversed(self.born))
            born = self.born.pop(name)
            self.seen.append(dataclasses.replace(seen_pod(at, name, born), change=Change.DELETED))


def seen_pod(
    at: float, name: str, born: float, *, phase: str = "Running", ready_at: float | None = None
) -> PodSeen:
    return PodSeen(
        at=at,
        change=Change.MODIFIED,
        name=name,
        uid=name,
        workload="orders",
        node="worker",
        ip="",
        phase=phase,
        ready=ready_at is not None,
        restarts=0,
        container_ids=(),
        owner="",
        created_at=born,
        scheduled_at=born,
        started_at=None,
        ready_at=ready_at,
        deleting=False,
    )


LOAD = {20: 60, 100: 700, 400: 80}
BEHAVIORS = [None, down(window=60), up(("Pods", 1, 30), window=0), Behavior()]


@pytest.mark.parametrize("behavior", BEHAVIORS, ids=["none", "down 60 s", "one pod in 30 s", "defaults"])
@pytest.mark.parametrize("seed", range(4))
def test_every_decision_of_a_right_autoscaler_is_explained(behavior: Behavior | None, seed: int) -> None:
    verdict = explain_decisions(World(seed, behavior).run(800, LOAD))
    assert verdict.outcome is Outcome.PASSED, verdict.explain()
    assert verdict.numbers["decisions"] >= 3
    assert any("cpu: " in reason and "ceil(" in reason for reason in verdict.reasons)


@pytest.mark.parametrize("off", [-1, 1, 2])
def test_a_wrong_decision_is_named_with_the_nearest_right_one(off: int) -> None:
    watched = World(1, down(window=60)).run(380, LOAD)
    decisions = [n for n, s in enumerate(watched.timeline.seen) if isinstance(s, AutoscalerSeen)]
    seen = list(watched.timeline.seen)
    first = seen[decisions[1]]
    assert isinstance(first, AutoscalerSeen)
    seen[decisions[1]] = dataclasses.replace(first, desired=first.desired + off)
    wrong = dataclasses.replace(watched, timeline=dataclasses.replace(watched.timeline, seen=tuple(seen)))
    verdict = explain_decisions(wrong)
    assert verdict.outcome is Outcome.FAILED
    assert f"NOT explained; nearest is {first.desired}: cpu: " in verdict.explain()


def test_without_decisions_or_readings_nothing_is_claimed() -> None:
    quiet = World(1, None).run(60, {20: 60})
    assert explain_decisions(quiet).outcome is Outcome.INCONCLUSIVE
    unread = dataclasses.replace(World(1, None).run(300, LOAD), readings=[])
    verdict = explain_decisions(unread)
    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert "no reading of the metrics lies near" in verdict.explain()


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
    ],
)
def test_cycles_under_a_limit(
    replicas: int, wanted: int, limit: int, target: int, cycles: int | None
) -> None:
    assert cycles_to_reach(replicas, wanted, request=100, limit=limit, target=target) == cycles


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
