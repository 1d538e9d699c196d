"""A workload under load with its autoscaler, simulated with a clock of its own, as a timeline shows it."""

from __future__ import annotations

import dataclasses
import random

from hpa_building import pod

from seatrial.judge.hpa import (
    Autoscaler,
    Behavior,
    Memory,
    Metric,
    Rules,
    Sample,
    View,
    decide,
    explain_decisions,
)
from seatrial.model.timeline import AutoscalerSeen, Change, Clock, PodSeen, Seen, Timeline, UsageSeen
from seatrial.model.verdict import Verdict

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
        limits={"app": {"cpu": LIMIT}},
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
