"""Autoscalers: target, range, and what they need in order to work."""

from __future__ import annotations

from collections.abc import Iterator

from seatrial.declared.kinds import KEDA, TEMPLATES
from seatrial.declared.objects import Resource, Workload, bound_of, minimum_of
from seatrial.declared.pods import is_given, pod_resources
from seatrial.declared.rule import WORKLOAD, Found, Level, Severity, rule
from seatrial.declared.rules.applies import replicated
from seatrial.declared.scalers import scaled_by
from seatrial.declared.values import Path, brief, dig, mapping, maps, text, whole
from seatrial.model.quantity import quantity

_AUTOSCALER = f"HorizontalPodAutoscaler|{KEDA}"
_WITHOUT_SCALE = ("DaemonSet", "Job", "CronJob", "Pod")


def targets_a_known_kind(autoscaler: Resource) -> bool:
    """Whether its target could be in the input: a custom resource may scale, too, and is not judged."""
    if autoscaler.graph.lacks(*TEMPLATES):
        return False
    kind, _, _ = scaled_by(autoscaler)
    return kind.partition(".")[0] in {known.partition(".")[0] for known in TEMPLATES}


def has_target(autoscaler: Resource) -> bool:
    return bool(autoscaler.selected)


def is_autoscaled(workload: Workload) -> bool:
    return bool(workload.autoscalers)


def is_autoscaled_and_written(workload: Workload) -> bool:
    """Autoscaled, and not read from a server: there the number is the autoscaler's own."""
    return bool(workload.autoscalers) and "uid" not in mapping(workload.data.get("metadata"))


@rule(
    "scaling.autoscaler-target",
    _AUTOSCALER,
    Level.CORE,
    Severity.ERROR,
    must="An autoscaler MUST point at a workload that exists and can be scaled.",
    why="One that points nowhere reports it in its status only, and the workload never scales.",
    fix="Correct apiVersion, kind and name of scaleTargetRef, and the namespace.",
    source="tasks/run-application/horizontal-pod-autoscale/",
    when=targets_a_known_kind,
    anchors="SCL-03",
    variants=("wrong-hpa-target",),
)
def autoscaler_target(autoscaler: Resource) -> Iterator[Found]:
    reference = mapping(autoscaler.spec.get("scaleTargetRef"))
    target = autoscaler.graph.target_of(autoscaler)
    kind, _, written = scaled_by(autoscaler)
    name = f"{kind.partition('.')[0]}/{written}"
    if target is None:
        yield (
            ("spec", "scaleTargetRef"),
            f"there is no {name} in {_place(autoscaler)}the input",
        )
    elif target.type in _WITHOUT_SCALE:
        yield ("spec", "scaleTargetRef", "kind"), f"{target.kind}: it has no replicas that could be scaled"
    elif text(reference.get("apiVersion")) not in ("", text(target.data.get("apiVersion"))):
        yield (
            ("spec", "scaleTargetRef", "apiVersion"),
            f"{name} is {brief(text(target.data.get('apiVersion')))}",
        )


def _place(autoscaler: Resource) -> str:
    return f"namespace {brief(autoscaler.namespace)} of " if autoscaler.namespace else ""


@rule(
    "scaling.autoscaler-minimum",
    _AUTOSCALER,
    Level.CORE,
    Severity.WARNING,
    must="An autoscaler SHOULD keep two replicas or more.",
    why="At its minimum a single pod is left: the quiet hour is when a drain becomes an outage. Tools ask "
    "for two or three; two survive the loss of one. Not written means 1.",
    fix="Set minReplicas to 2.",
    source="tasks/run-application/horizontal-pod-autoscale/",
    anchors="SCL-04",
)
def autoscaler_minimum(autoscaler: Resource) -> Iterator[Found]:
    minimum, field = minimum_of(autoscaler), bound_of(autoscaler, "min")
    to_none = autoscaler.type == KEDA and not any(workload.served for workload in autoscaler.selected)
    if minimum < 2 and not to_none:  # what takes work from a queue may be away while there is none
        written = "" if field in autoscaler.spec else " (none is written)"
        yield ("spec", field), f"it scales in to {minimum}{written}"


@rule(
    "scaling.autoscaler-range",
    _AUTOSCALER,
    Level.CORE,
    Severity.ERROR,
    must="An autoscaler MUST be able to add replicas.",
    why="With maxReplicas at its minimum it never does anything, and looks as if it would.",
    fix="Set maxReplicas above minReplicas, to what the peak needs.",
    source="tasks/run-application/horizontal-pod-autoscale/",
    anchors="SCL-04",
)
def autoscaler_range(autoscaler: Resource) -> Iterator[Found]:
    field = bound_of(autoscaler, "max")
    maximum = whole(autoscaler.spec.get(field))
    if maximum == minimum_of(autoscaler):
        yield ("spec", field), f"{maximum} is its minimum, too"


@rule(
    "scaling.static-replicas",
    WORKLOAD,
    Level.CORE,
    Severity.WARNING,
    must="A workload under an autoscaler SHOULD NOT write its number of replicas.",
    why="Each apply sets it back, in the middle of a peak.",
    fix="Remove spec.replicas.",
    source="tasks/run-application/horizontal-pod-autoscale/#migrating-deployments-and-statefulsets-to-horizontal-autoscaling",
    when=is_autoscaled_and_written,
    anchors="SCL-05",
)
def static_replicas(workload: Workload) -> Iterator[Found]:
    if whole(workload.spec.get("replicas")) is not None:
        scaler = min(autoscaler.title for autoscaler in workload.autoscalers)
        yield ("spec", "replicas"), f"{workload.replicas} is written, and {scaler} scales it"


@rule(
    "scaling.metric-has-request",
    _AUTOSCALER,
    Level.CORE,
    Severity.ERROR,
    must="A workload scaled by utilisation MUST request that resource in every container.",
    why="Utilisation is a share of the request: with one missing the metric is unknown and nothing scales.",
    fix="Set the request on every container, sidecars included, or scale on ContainerResource.",
    source="tasks/run-application/horizontal-pod-autoscale/#how-does-a-horizontalpodautoscaler-work",
    when=has_target,
    anchors="RSC-01",
)
def metric_has_request(autoscaler: Resource) -> Iterator[Found]:
    for path, name in _utilisations(autoscaler):
        for workload in autoscaler.selected:
            if not _of_pods(workload, name):
                for container in workload.containers:
                    if not is_given(container, "requests", name):
                        told = f"container {brief(container.name)} of {workload.title} requests no {name}"
                        yield path, told


def _utilisations(autoscaler: Resource) -> Iterator[tuple[Path, str]]:
    """Each resource by whose utilisation in all containers it scales, and where that stands."""
    if autoscaler.type == KEDA:
        for index, trigger in maps(autoscaler.spec.get("triggers")):
            kind = text(trigger.get("metricType")) or text(dig(trigger, "metadata", "type"))
            one = dig(trigger, "metadata", "containerName")
            if trigger.get("type") in ("cpu", "memory") and kind in ("", "Utilization") and not one:
                yield ("spec", "triggers", index), trigger["type"]
        return
    for index, metric in maps(autoscaler.spec.get("metrics")):
        name = text(dig(metric, "resource", "name"))
        if name and dig(metric, "resource", "target", "type") == "Utilization":
            yield ("spec", "metrics", index), name
    if "targetCPUUtilizationPercentage" in autoscaler.spec:
        yield ("spec", "targetCPUUtilizationPercentage"), "cpu"


def _of_pods(workload: Workload, name: str) -> float | None:
    """A pod's own request, as the autoscaler and the server's defaults take it; None where it has none."""
    requests, limits = pod_resources(workload, "requests"), pod_resources(workload, "limits")
    if not requests and not limits:
        return None
    parts = [quantity(container.requests.get(name)) for container in workload.containers]
    written = [part for part in parts if part is not None]
    own = quantity(requests.get(name))
    return own if own is not None else sum(written) if written else quantity(limits.get(name))


@rule(
    "scaling.reachable-target",
    _AUTOSCALER,
    Level.CORE,
    Severity.ERROR,
    must="An autoscaler's utilisation target MUST be below what the limits let a pod use.",
    why="Utilisation is a share of the requests, and a pod is stopped at its limits: with the target above "
    "their ratio the load can rise for ever and nothing scales.",
    fix="Lower averageUtilization (60 to 80 is usual), or raise the limits.",
    source="tasks/run-application/horizontal-pod-autoscale/#how-does-a-horizontalpodautoscaler-work",
    when=has_target,
    anchors="SCL-03",
    variants=("wrong-hpa-target",),
)
def reachable_target(autoscaler: Resource) -> Iterator[Found]:
    for index, metric in maps(autoscaler.spec.get("metrics")):
        name = text(dig(metric, "resource", "name"))
        target = whole(dig(metric, "resource", "target", "averageUtilization"))
        if target is None:
            continue
        for workload in autoscaler.selected:
            most = _most_utilisation(workload, name)
            if most is not None and target >= most:
                path = ("spec", "metrics", index, "resource", "target", "averageUtilization")
                yield path, f"{target} % is never exceeded: {workload.title} is stopped at {most:.0f} %"


def _most_utilisation(workload: Workload, name: str) -> float | None:
    """The highest utilisation, in percent, that a workload's limits allow; None without limits."""
    limits = [quantity(container.limits.get(name)) for container in workload.containers]
    requests = [
        quantity(container.requests.get(name, container.limits.get(name)))
        for container in workload.containers
    ]
    whole_limit = quantity(pod_resources(workload, "limits").get(name))
    limit = whole_limit if whole_limit is not None else _sum(limits)
    of_pods = _of_pods(workload, name)
    request = of_pods if of_pods is not None else _sum(requests)
    return 100 * limit / request if limit is not None and request else None


def _sum(amounts: list[float | None]) -> float | None:
    """All together; None where one is not known."""
    known = [amount for amount in amounts if amount is not None]
    return sum(known) if known and len(known) == len(amounts) else None


@rule(
    "scaling.autoscaler-exists",
    WORKLOAD,
    Level.OPTIONAL,
    Severity.NOTE,
    must="A stateless workload SHOULD have an autoscaler.",
    why="Load changes faster than people do. Optional: many workloads never need it, and some must not.",
    fix="Add a HorizontalPodAutoscaler with two or more replicas as its minimum.",
    source="tasks/run-application/horizontal-pod-autoscale/",
    when=replicated,
    anchors="SCL-02",
)
def autoscaler_exists(workload: Workload) -> Iterator[Found]:
    if workload.type in ("Deployment", "Rollout.argoproj.io") and not workload.autoscalers:
        yield ("metadata", "name"), "no autoscaler points at it"
