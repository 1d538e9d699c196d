"""What one metric asks for: the rules of `replica_calculator.go` and `metrics/utilization.go`."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from seatrial.judge.hpa.records import CPU, Controller, Metric, Pod, Proposal, Sample, View

LARGEST = 2**31 - 1


class Unusable(Exception):
    """The metric gives no number; the message says why."""


@dataclass(frozen=True)
class Tolerance:
    """How far the ratio may be off, below and above; both ends belong to it (`Tolerances.isWithin`)."""

    down: float
    up: float

    def holds(self, ratio: float) -> bool:
        return 1.0 - self.down <= ratio <= 1.0 + self.up


@dataclass(frozen=True)
class Groups:
    """The selected pods, sorted (`groupPods`).

    Attributes:
        ready: how many are counted.
        unready: Pending, or for CPU not to be trusted yet.
        missing: without a sample.
        ignored: being deleted, or Failed.
    """

    ready: int
    unready: frozenset[str]
    missing: frozenset[str]
    ignored: frozenset[str]


def group(
    pods: Iterable[Pod], samples: Mapping[str, Sample], resource: str, now: float, flags: Controller
) -> Groups:
    """Sort pods: deleting and Failed first, then Pending, then missing samples, then (CPU only) readiness."""
    ready, unready, missing, ignored = 0, set(), set(), set()
    for pod in pods:
        if pod.deleting or pod.phase == "Failed":
            ignored.add(pod.name)
        elif pod.phase == "Pending":
            unready.add(pod.name)
        elif pod.name not in samples:
            missing.add(pod.name)
        elif resource == CPU and _untrusted(pod, samples[pod.name], now, flags):
            unready.add(pod.name)
        else:
            ready += 1
    return Groups(ready, frozenset(unready), frozenset(missing), frozenset(ignored))


def _untrusted(pod: Pod, sample: Sample, now: float, flags: Controller) -> bool:
    """Whether a pod's CPU says nothing about its load yet.

    In the initialisation period: not ready, or not one whole window was measured since it became so. Later:
    not ready, and never was, which is told from a last transition soon after the start.
    """
    if not pod.ready or pod.started_at is None:
        return True
    if pod.started_at + flags.cpu_initialization_seconds > now:
        return pod.ready == "False" or sample.at < pod.ready_since + sample.window_seconds
    return pod.ready == "False" and pod.started_at + flags.readiness_delay_seconds > pod.ready_since


def propose(metric: Metric, view: View, tolerance: Tolerance, flags: Controller) -> Proposal:
    """What `metric` alone asks for; a proposal without replicas when it gives no number."""
    try:
        if metric.failure:
            raise Unusable(metric.failure)
        if metric.kind in ("Object", "External"):
            return _of_total(metric, view, tolerance)
        return _of_pods(metric, view, tolerance, flags)
    except Unusable as reason:
        return Proposal(metric, None, None, f"{metric.title}: {reason}")


def _of_pods(metric: Metric, view: View, tolerance: Tolerance, flags: Controller) -> Proposal:
    """Resource, ContainerResource and Pods (`GetResourceReplicas`, `calcPlainMetricReplicas`).

    Readiness is looked at for CPU only, and never for Pods metrics.
    """
    if not metric.samples:
        raise Unusable("no metrics were returned")
    if not view.pods:
        raise Unusable("the selector matches no pod")
    resource = metric.resource if metric.kind != "Pods" else ""
    groups = group(view.pods, metric.samples, resource, view.now, flags)
    values = {
        name: sample.value
        for name, sample in metric.samples.items()
        if name not in groups.ignored and name not in groups.unready
    }
    if not values:
        raise Unusable("no sample of a ready pod (pods might be unready)")
    usage_of = _Usage(metric, _requests(metric, view.pods))
    ratio, usage = usage_of.ratio(values)
    current = view.spec_replicas
    growing = bool(groups.unready) and ratio > 1.0
    told = f"{metric.title}: {usage_of.words(usage)}"
    if not growing and not groups.missing:
        if tolerance.holds(ratio):
            return _within(metric, current, usage, told, ratio)
        replicas = math.ceil(ratio * groups.ready)
        return Proposal(
            metric, replicas, usage, f"{told}, ceil({ratio:.4g} x {groups.ready} ready) = {replicas}"
        )
    values |= usage_of.filled(groups, ratio, growing)
    fresh, _ = usage_of.ratio(values)
    apart = f"{len(groups.missing)} missing and {len(groups.unready)} unready"
    told += f"; with {apart} the ratio {ratio:.4g} is {fresh:.4g}"
    if tolerance.holds(fresh) or (ratio < 1.0 < fresh) or (fresh < 1.0 < ratio):
        return Proposal(metric, current, usage, f"{told}: no change")
    replicas = math.ceil(fresh * len(values))
    if (fresh < 1.0 and replicas > current) or (fresh > 1.0 and replicas < current):
        return Proposal(metric, current, usage, f"{told}: {replicas} would be the wrong way")
    return Proposal(metric, replicas, usage, f"{told}, ceil({fresh:.4g} x {len(values)}) = {replicas}")


@dataclass(frozen=True)
class _Usage:
    """How a metric's values become a ratio to its target."""

    metric: Metric
    requests: Mapping[str, int]

    @property
    def percent(self) -> bool:
        return self.metric.target_type == "Utilization"

    def ratio(self, values: Mapping[str, int]) -> tuple[float, int]:
        """Ratio and usage. Utilization is the ratio of sums in whole percent, cut off."""
        if not self.percent:
            average = _cut(sum(values.values()), len(values))
            return average / self.metric.target, average
        known = [name for name in values if name in self.requests]
        requested = sum(self.requests[name] for name in known)
        if requested == 0:
            raise Unusable("no sample belongs to a pod that was found")
        utilization = _cut(100 * sum(values[name] for name in known), requested)
        return utilization / self.metric.target, utilization

    def filled(self, groups: Groups, ratio: float, growing: bool) -> dict[str, int]:
        """Stand-ins: missing pods use all when shrinking, nothing when growing; unready ones nothing then."""
        added: dict[str, int] = {}
        if ratio < 1.0:
            added = {name: self._full(name) for name in groups.missing}
        elif ratio > 1.0:
            added = dict.fromkeys(groups.missing, 0)
        if growing:
            added |= dict.fromkeys(groups.unready, 0)
        return added

    def _full(self, pod: str) -> int:
        """All of the request, or the target where that is more; for plain values the target."""
        if not self.percent:
            return self.metric.target
        return _cut(self.requests[pod] * max(100, self.metric.target), 100)

    def words(self, usage: int) -> str:
        return (
            f"{usage} % of {self.metric.target} %" if self.percent else f"{usage}m of {self.metric.target}m"
        )


def _requests(metric: Metric, pods: Iterable[Pod]) -> dict[str, int]:
    """Each pod's request (`calculateRequests`), for Utilization only: one without makes the metric fail."""
    if metric.target_type != "Utilization":
        return {}
    return {pod.name: _request(metric, pod) for pod in pods}


def _request(metric: Metric, pod: Pod) -> int:
    if pod.pod_requests and not metric.container:
        parts = [r[metric.resource] for r in pod.requests.values() if metric.resource in r]
        if metric.resource not in pod.pod_requests and not parts:
            raise Unusable(f"missing pod-level request for {metric.resource} in pod {pod.name}")
        return pod.pod_requests.get(metric.resource, sum(parts))
    if metric.container and metric.container not in pod.requests:
        raise Unusable(f"container {metric.container} not found in pod {pod.name}")
    names = [metric.container] if metric.container else list(pod.requests)
    for name in names:
        if metric.resource not in pod.requests[name]:
            raise Unusable(f"missing request for {metric.resource} in container {name} of pod {pod.name}")
    return sum(pod.requests[name][metric.resource] for name in names)


def _of_total(metric: Metric, view: View, tolerance: Tolerance) -> Proposal:
    """Object and External.

    Value: the ratio times the Running and Ready pods; from zero replicas the ratio alone, without tolerance.
    AverageValue: usage over target, unless the share of each pod in status.replicas is within tolerance; then
    status.replicas, which is not spec.replicas.
    """
    if not metric.values:
        raise Unusable("no metrics were returned")
    usage = sum(metric.values)
    told = f"{metric.title}: {usage}m of {metric.target}m"
    if metric.target_type == "AverageValue":
        wanted = metric.target * view.status_replicas
        ratio = usage / wanted if wanted else math.inf
        told += " for each pod"
        if tolerance.holds(ratio):
            return _within(metric, view.status_replicas, usage, told, ratio)
        replicas = min(math.ceil(usage / metric.target), LARGEST)
        return Proposal(metric, replicas, usage, f"{told}, ceil({usage} / {metric.target}) = {replicas}")
    ratio = usage / metric.target
    if view.spec_replicas == 0:
        replicas = math.ceil(ratio)
        return Proposal(metric, replicas, usage, f"{told}, from zero: ceil({ratio:.4g}) = {replicas}")
    if tolerance.holds(ratio):
        return _within(metric, view.spec_replicas, usage, told, ratio)
    if not view.pods:
        raise Unusable("the selector matches no pod")
    ready = sum(pod.phase == "Running" and pod.ready == "True" for pod in view.pods)
    replicas = min(math.ceil(ratio * ready), LARGEST)
    return Proposal(metric, replicas, usage, f"{told}, ceil({ratio:.4g} x {ready} ready) = {replicas}")


def _within(metric: Metric, replicas: int, usage: int, told: str, ratio: float) -> Proposal:
    """No change, for the ratio is within tolerance."""
    why = f"{told}, ratio {ratio:.4g} within tolerance"
    return Proposal(metric, replicas, usage, why, tolerated=ratio > 1.0)


def _cut(one: int, other: int) -> int:
    """Whole-number division by a positive number that cuts off towards zero, as the controller's does."""
    quotient = abs(one) // other
    return quotient if one > 0 else -quotient
