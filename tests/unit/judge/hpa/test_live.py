"""Decisions of an autoscaler, simulated with a clock of its own, explained from a recorded timeline."""

from __future__ import annotations

import dataclasses
import itertools
import random

import pytest
from hpa_building import down, pod, resource, up

from seatrial.judge.hpa import (
    Autoscaler,
    Behavior,
    Memory,
    Metric,
    Rules,
    Sample,
    View,
    cycles_to_reach,
    decide,
    decision_lags,
    explain_decisions,
)
from seatrial.model.timeline import AutoscalerSeen, Change, Clock, PodSeen, Seen, Timeline, UsageSeen
from seatrial.model.verdict import Outcome, Verdict

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
        self.known: dict[str, Sample] = {}
        self.desired = BOUNDS[0]
        self.number = 0

    def run(self, seconds: int, load: dict[int, int]) -> Timeline:
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
            self._poll(now + poll)
        ordered = tuple(sorted(self.seen, key=lambda item: item.at))
        return Timeline(0.0, float(seconds), Clock(0.0, 0.1, 0.0), ordered)

    def _scrape(self, now: float, total: int) -> None:
        ready = [name for name, born in self.born.items() if born + 3 <= now]
        each = min(total // max(len(ready), 1), LIMIT)
        self.samples = {name: Sample(each, now, 15.0) for name in ready}

    def _poll(self, at: float) -> None:
        """The recorder beside: what is new in the metrics API comes onto the timeline."""
        for name in [name for name in self.known if name not in self.samples]:
            del self.known[name]
            self.seen.append(UsageSeen(at, name, 0.0, 15.0, {}))
        for name, sample in self.samples.items():
            if self.known.get(name) != sample:
                self.known[name] = sample
                self.seen.append(UsageSeen(at, name, sample.at, 15.0, {"app": {"cpu": sample.value}}))

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
                at,
                Change.MODIFIED,
                "orders",
                "Deployment/orders",
                *BOUNDS,
                current,
                wanted,
                (),
                (),
                spec_of(self.behavior),
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
        requests=REQUESTS,
    )


def spec_of(behavior: Behavior | None) -> dict[str, object]:
    """The manifest's spec that says what CPU, BOUNDS and `behavior` say."""
    target = {"type": "Utilization", "averageUtilization": CPU.target}
    spec: dict[str, object] = {
        "minReplicas": BOUNDS[0],
        "maxReplicas": BOUNDS[1],
        "metrics": [{"type": "Resource", "resource": {"name": "cpu", "target": target}}],
    }
    if behavior is not None:
        spec["behavior"] = {
            "scaleUp": rules_of(behavior.scale_up),
            "scaleDown": rules_of(behavior.scale_down),
        }
    return spec


def rules_of(rules: Rules) -> dict[str, object]:
    policies = rules.policies and [
        {"type": p.kind, "value": p.value, "periodSeconds": p.period_seconds} for p in rules.policies
    ]
    written = {"policies": policies, "stabilizationWindowSeconds": rules.stabilization_seconds}
    return {name: value for name, value in written.items() if value is not None}


def explain(timeline: Timeline) -> Verdict:
    return explain_decisions(timeline, autoscaler="orders", workload="orders")


LOAD = {20: 60, 100: 700, 400: 80}
BEHAVIORS = [None, down(window=60), up(("Pods", 1, 30), window=0), Behavior()]


@pytest.mark.parametrize("behavior", BEHAVIORS, ids=["none", "down 60 s", "one pod in 30 s", "defaults"])
@pytest.mark.parametrize("seed", range(4))
def test_every_decision_of_a_right_autoscaler_is_explained(behavior: Behavior | None, seed: int) -> None:
    verdict = explain(World(seed, behavior).run(800, LOAD))
    assert verdict.outcome is Outcome.PASSED, verdict.explain()
    assert verdict.numbers["decisions"] >= 3
    assert any("cpu: " in reason and "ceil(" in reason for reason in verdict.reasons)


@pytest.mark.parametrize("off", [-1, 1, 2])
def test_a_wrong_decision_is_named_with_the_nearest_right_one(off: int) -> None:
    timeline = World(1, down(window=60)).run(380, LOAD)
    decisions = [n for n, s in enumerate(timeline.seen) if isinstance(s, AutoscalerSeen)]
    seen = list(timeline.seen)
    first = seen[decisions[1]]
    assert isinstance(first, AutoscalerSeen)
    seen[decisions[1]] = dataclasses.replace(first, desired=first.desired + off)
    verdict = explain(dataclasses.replace(timeline, seen=tuple(seen)))
    assert verdict.outcome is Outcome.FAILED
    assert f"NOT explained; nearest is {first.desired}: cpu: " in verdict.explain()


def test_without_decisions_or_readings_nothing_is_claimed() -> None:
    quiet = World(1, None).run(60, {20: 60})
    assert explain(quiet).outcome is Outcome.INCONCLUSIVE
    watched = World(1, None).run(300, LOAD)
    unread = tuple(item for item in watched.seen if not isinstance(item, UsageSeen))
    verdict = explain(dataclasses.replace(watched, seen=unread))
    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert "no reading of the metrics lies near" in verdict.explain()


def test_the_time_before_a_decision_is_told_by_stage() -> None:
    timeline = World(1, None).run(380, {20: 104, 100: 700})
    told = list(decision_lags(timeline, autoscaler="orders", workload="orders", since=30.0))
    assert told[0].startswith("usage was over the target but within tolerance for ")
    assert "after the step, " in told[1]
    assert told[1].endswith(" s after it was measured")
    assert told[2].startswith("the controller decided ")
    grown = next(b for a, b in itertools.pairwise(timeline.autoscaler_states()) if b.desired > a.desired)
    served, decided = (float(line.split(" s ")[0].rsplit(" ", 1)[1]) for line in told[1:])
    assert served + decided == pytest.approx(grown.at - 30.0, abs=0.2)


def test_without_a_decision_to_grow_no_time_is_told() -> None:
    quiet = World(1, None).run(60, {20: 60})
    assert list(decision_lags(quiet, autoscaler="orders", workload="orders", since=30.0)) == []


def of_status(kind: str, target: dict[str, object], current: dict[str, object], desired: int) -> Timeline:
    """One decision from 2 replicas that rests on a metric which only the status holds."""
    field = kind[:1].lower() + kind[1:]
    spec = {
        "maxReplicas": 10,
        "metrics": [{"type": kind, field: {"metric": {"name": "lag"}, "target": target}}],
        "behavior": {},
    }
    written = ({"type": kind, field: {"metric": {"name": "lag"}, "current": current}},)
    pods = [seen_pod(0.0, f"orders-{n}", -3600.0, ready_at=-3500.0) for n in range(2)]
    before, after = (
        AutoscalerSeen(
            at, Change.MODIFIED, "orders", "Deployment/orders", 1, 10, 2, wanted, (), (), spec, now
        )
        for at, wanted, now in ((0.0, 2, ()), (30.0, desired, written))
    )
    return Timeline(0.0, 60.0, Clock(0.0, 0.1, 0.0), (*pods, before, after))


@pytest.mark.parametrize(
    ("kind", "target", "current", "desired"),
    [
        # 2 pods at 15 for each, target 10: ceil(1.5 x 2) = 3
        ("Pods", {"type": "AverageValue", "averageValue": "10"}, {"averageValue": "15"}, 3),
        # 45 of 30, both ready: ceil(1.5 x 2) = 3
        ("Object", {"type": "Value", "value": "30"}, {"value": "45"}, 3),
        # The share of two pods is 25.001 at most, so the total was 50.002 at most: ceil(50.002 / 10) = 6
        ("External", {"type": "AverageValue", "averageValue": "10"}, {"averageValue": "25001m"}, 6),
        # ... or 50.001 and no more than that; a share of 25 means 49.999 to 50: 5
        ("External", {"type": "AverageValue", "averageValue": "10"}, {"averageValue": "25"}, 5),
    ],
)
def test_metrics_that_only_the_status_holds(
    kind: str, target: dict[str, object], current: dict[str, object], desired: int
) -> None:
    right = explain(of_status(kind, target, current, desired))
    assert right.outcome is Outcome.PASSED, right.explain()
    wrong = explain(of_status(kind, target, current, desired + 1))
    assert wrong.outcome is Outcome.FAILED
    assert f"nearest is {desired}: lag: " in wrong.explain()


def test_a_metric_that_nothing_tells_of_is_no_explanation() -> None:
    verdict = explain(of_status("Object", {"type": "Value", "value": "30"}, {}, 3))
    assert verdict.outcome is Outcome.FAILED
    assert "the status holds no value of it" in verdict.explain()


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
