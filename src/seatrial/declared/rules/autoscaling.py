"""Autoscalers: target, range, and what they need in order to work."""

from __future__ import annotations

from collections.abc import Iterator

from seatrial.declared.kinds import TEMPLATES
from seatrial.declared.objects import Resource, Workload, minimum_of
from seatrial.declared.rule import WORKLOAD, Found, Level, Severity, rule
from seatrial.declared.rules.applies import replicated
from seatrial.declared.values import brief, dig, mapping, maps, text, whole
from seatrial.model.quantity import quantity

_AUTOSCALER = "HorizontalPodAutoscaler"


def targets_a_known_kind(autoscaler: Resource) -> bool:
    """Whether its target could be in the input: a custom resource may scale, too, and is not judged."""
    reference = mapping(autoscaler.spec.get("scaleTargetRef"))
    return text(reference.get("kind")) in {kind.partition(".")[0] for kind in TEMPLATES}


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
    must="An autoscaler MUST point at a workload that exists.",
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
    name = f"{text(reference.get('kind'))}/{text(reference.get('name'))}"
    if target is None:
        yield (
            ("spec", "scaleTargetRef"),
            f"there is no {name} in namespace {brief(autoscaler.namespace)} of the input",
        )
    elif text(reference.get("apiVersion")) not in ("", text(target.data.get("apiVersion"))):
        yield (
            ("spec", "scaleTargetRef", "apiVersion"),
            f"{name} is {brief(text(target.data.get('apiVersion')))}",
        )


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
    minimum = minimum_of(autoscaler)
    if minimum < 2:
        written = "" if "minReplicas" in autoscaler.spec else " (none is written)"
        yield ("spec", "minReplicas"), f"it scales in to {minimum}{written}"


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
    minimum, maximum = minimum_of(autoscaler), whole(autoscaler.spec.get("maxReplicas"))
    if maximum == minimum:
        yield ("spec", "maxReplicas"), f"{maximum} is its minimum, too"


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
    wanted = {
        text(dig(metric, "resource", "name"))
        for _, metric in maps(autoscaler.spec.get("metrics"))
        if dig(metric, "resource", "target", "type") == "Utilization"
    }
    if "targetCPUUtilizationPercentage" in autoscaler.spec:
        wanted.add("cpu")
    for workload in autoscaler.selected:
        for container in workload.containers:
            for name in sorted(wanted):
                if name not in container.requests and name not in container.limits:
                    told = f"container {brief(container.name)} of {workload.title} requests no {name}"
                    yield ("spec", "metrics"), told


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
    if not limits or None in limits or None in requests:
        return None
    requested = sum(request for request in requests if request is not None)
    return 100 * sum(limit for limit in limits if limit is not None) / requested if requested > 0 else None


@rule(
    "scaling.one-autoscaler",
    WORKLOAD,
    Level.CORE,
    Severity.ERROR,
    must="A workload MUST have one autoscaler at most.",
    why="Two set the same number in turn: the workload flaps.",
    fix="Put both metrics into one autoscaler.",
    source="tasks/run-application/horizontal-pod-autoscale/",
    when=is_autoscaled,
    anchors="SCL-03",
)
def one_autoscaler(workload: Workload) -> Iterator[Found]:
    if len(workload.autoscalers) > 1:
        names = ", ".join(sorted(autoscaler.title for autoscaler in workload.autoscalers))
        yield ("metadata", "name"), f"{len(workload.autoscalers)} scale it: {names}"


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
