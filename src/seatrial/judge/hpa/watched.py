"""What the controller of an autoscaler could see, told from a recorded timeline."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from seatrial.judge.hpa.decide import DEFAULTS
from seatrial.judge.hpa.records import RESOURCES, Autoscaler, Controller, Metric, Pod, Sample, View
from seatrial.model.metric import metric_body
from seatrial.model.quantity import thousandths
from seatrial.model.timeline import AutoscalerSeen, Change, PodSeen, Timeline, UsageSeen


@dataclass(frozen=True)
class Reading:
    """The metrics API as it was from `at` on: the usage of each pod of the workload that it had."""

    at: float
    usage: Mapping[str, UsageSeen]

    def times(self, factor: float) -> Reading:
        """The same with so many times the usage."""
        if factor == 1.0:
            return self
        more = {
            pod: replace(seen, containers={
                name: {resource: round(amount * factor) for resource, amount in amounts.items()}
                for name, amounts in seen.containers.items()
            })
            for pod, seen in self.usage.items()
        }  # fmt: skip
        return replace(self, usage=more)


@dataclass(frozen=True)
class Watched:
    """An autoscaler, and the workload that it scales, in a timeline.

    Usage of pods is on the timeline as it was polled. Pods, Object and External metrics are not: for those
    stands what the controller itself wrote into the status together with its decision.

    Attributes:
        autoscaler, workload: name of the object, and role of what it scales.
        flags: of the cluster's controller.
    """

    timeline: Timeline
    autoscaler: str
    workload: str
    flags: Controller = DEFAULTS

    @cached_property
    def states(self) -> tuple[AutoscalerSeen, ...]:
        return tuple(self.timeline.autoscaler_states(self.autoscaler))

    @cached_property
    def readings(self) -> tuple[Reading, ...]:
        """One for each moment at which the metrics API had something new of the workload's pods.

        Of those only: the controller asks with the target's selector.
        """
        usage: dict[str, UsageSeen] = {}
        found = []
        names = {states[0].name for states in self._pods}
        own = (seen for seen in self.timeline.usages() if seen.pod in names)
        for at, news in itertools.groupby(own, key=lambda seen: seen.at):
            usage = usage | {seen.pod: seen for seen in news}
            found.append(Reading(at, {name: seen for name, seen in usage.items() if seen.containers}))
        return tuple(found)

    @cached_property
    def _pods(self) -> tuple[tuple[PodSeen, ...], ...]:
        return tuple(s for s in self.timeline.pods.values() if s[-1].workload == self.workload)

    def decisions(self) -> Iterator[tuple[AutoscalerSeen, AutoscalerSeen]]:
        """Each state whose desired number differs from the one before, and that one."""
        for before, state in itertools.pairwise(self.states):
            if state.desired != before.desired:
                yield before, state

    def view(self, moment: float, current: int) -> View:
        """The pods as they were at `moment`, with `current` in the target's specification."""
        pods = []
        for states in self._pods:
            seen = [state for state in states if state.at <= moment]
            if seen and seen[-1].change is not Change.DELETED:
                pods.append(_pod(seen))
        return View(moment, current, len(pods), tuple(pods))


def filled(spec: Autoscaler, state: AutoscalerSeen, reading: Reading, view: View) -> list[Autoscaler]:
    """`spec` with its metrics filled in: one for each way that they may have been at `state`.

    More than one where the status holds a share that was cut to a whole number.
    """
    ways = [_filled(metric, number, state, reading, view) for number, metric in enumerate(spec.metrics)]
    return [replace(spec, metrics=chosen) for chosen in itertools.product(*ways)]


def _filled(metric: Metric, number: int, state: AutoscalerSeen, reading: Reading, view: View) -> list[Metric]:
    if metric.kind in RESOURCES:
        found = {pod: _sample(metric, seen) for pod, seen in reading.usage.items()}
        samples = {pod: sample for pod, sample in found.items() if sample is not None}
        return [replace(metric, samples=samples)]
    entry = state.current_metrics[number] if number < len(state.current_metrics) else {}
    current = metric_body(entry).get("current") or {}
    average = thousandths(current.get("averageValue"))
    total = thousandths(current.get("value"))
    if metric.kind == "Pods" and average is not None:
        running = [pod.name for pod in view.pods if pod.phase == "Running" and not pod.deleting]
        return [replace(metric, samples={name: Sample(average, state.at, 0.0) for name in running})]
    if metric.target_type == "Value" and total is not None:
        return [replace(metric, values=(total,))]
    if metric.target_type == "AverageValue" and average is not None:
        # The share of each pod, rounded up: the total lay between these two.
        share = max(view.status_replicas, 1)
        return [replace(metric, values=(total,)) for total in {(average - 1) * share + 1, average * share}]
    return [replace(metric, failure="the status holds no value of it")]


def _sample(metric: Metric, seen: UsageSeen) -> Sample | None:
    """Of one container, or the sum of all; None where one says nothing (`getPodMetrics`)."""
    names = [metric.container] if metric.container else list(seen.containers)
    amounts = [seen.containers.get(name, {}).get(metric.resource) for name in names]
    known = [amount for amount in amounts if amount is not None]
    if not known or len(known) < len(amounts):
        return None
    return Sample(sum(known), seen.measured_at, seen.window_seconds)


def _pod(states: Sequence[PodSeen]) -> Pod:
    last, first = states[-1], states[0]
    since = first.at if first.created_at is None else first.created_at
    for before, state in itertools.pairwise(states):
        if before.ready != state.ready:
            since = state.at
    if last.ready_at is not None:
        since = last.ready_at
    started = next((t for t in (last.scheduled_at, last.created_at, first.at) if t is not None), None)
    return Pod(
        name=last.name,
        phase=last.phase,
        deleting=last.deleting,
        ready="True" if last.ready else "False",
        ready_since=since,
        started_at=started if last.node else None,
        requests=last.requests,
        pod_requests=last.pod_requests,
    )
