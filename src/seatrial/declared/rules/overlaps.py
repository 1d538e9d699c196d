"""Things that are there twice over: controllers and autoscalers of the same pods."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from seatrial.declared.kinds import TEMPLATES
from seatrial.declared.objects import Resource, Workload
from seatrial.declared.rule import WORKLOAD, Found, Level, Severity, rule
from seatrial.declared.rules.autoscaling import has_target, is_autoscaled
from seatrial.declared.values import brief, dig, mapping, maps, selects, sequence, text

_VERTICAL = "VerticalPodAutoscaler.autoscaling.k8s.io"


_ADOPTING = ("ReplicaSet", "ReplicationController", "DaemonSet")
"""They select by what is written. A Deployment adds a hash, a StatefulSet takes names only."""


def selector_of(workload: Workload) -> dict[str, Any] | None:
    """The LabelSelector by which a controller finds its pods; None where it has none of its own."""
    given = workload.spec.get("selector")
    if workload.type == "ReplicationController":
        return {"matchLabels": mapping(given) or workload.pod_labels}
    if workload.type in ("Job", "CronJob", "Pod") or given.__class__ is not dict or not given:
        return None
    return mapping(given)


def selects_by_label(workload: Workload) -> bool:
    return selector_of(workload) is not None


def _others(workload: Workload) -> list[Workload]:
    """Other workloads of its namespace whose pods its selector matches."""
    workload.graph.require_read(*TEMPLATES)
    found = workload.graph.matching(workload.namespace, selector_of(workload))
    others = [other for other in found if other is not workload and not _is_same(other, workload)]
    return sorted(others, key=lambda other: other.title)


def _is_same(one: Workload, other: Workload) -> bool:
    """Whether they are one object that stands in the input twice, or one in the place of another."""
    return one.name == other.name


@rule(
    "orchestration.own-selector",
    WORKLOAD,
    Level.CORE,
    Severity.ERROR,
    must="Two controllers MUST NOT select the same pods.",
    why="Each counts the other's pods as its own: replicas are wrong, an autoscaler averages both, one "
    "budget and one Service hold both, and pods that lose their owner change hands.",
    fix="Give each a label of its own in its selector and in its pod template.",
    source="concepts/workloads/controllers/deployment/#selector",
    when=selects_by_label,
)
def own_selector(workload: Workload) -> Iterator[Found]:
    for other in _others(workload):
        theirs = selector_of(other)
        if theirs is not None and selects(theirs, workload.pod_labels) and workload.title > other.title:
            yield ("spec", "selector"), f"it selects the pods of {other.title}, which selects its own"
            return
        if other.type == "Pod" and workload.type in _ADOPTING:
            yield ("spec", "selector"), f"it takes {other.title} for one of its own, and may delete it"
            return


@rule(
    "scaling.one-autoscaler",
    WORKLOAD,
    Level.CORE,
    Severity.ERROR,
    must="A workload MUST have one autoscaler at most.",
    why="Two set the same number in turn: the workload flaps. Two whose workloads select the same pods stand "
    "still, both (AmbiguousSelector).",
    fix="Put both metrics into one autoscaler; give each workload a selector of its own.",
    source="tasks/run-application/horizontal-pod-autoscale/",
    when=is_autoscaled,
    anchors="SCL-03",
)
def one_autoscaler(workload: Workload) -> Iterator[Found]:
    if len(workload.autoscalers) > 1:
        names = ", ".join(sorted(autoscaler.title for autoscaler in workload.autoscalers))
        yield ("metadata", "name"), f"{len(workload.autoscalers)} scale it: {names}"
    if selects_by_label(workload):
        for other in _others(workload):
            if other.autoscalers and not {*other.autoscalers} & {*workload.autoscalers}:
                both = sorted(each.title for each in [*workload.autoscalers, *other.autoscalers])
                told = f"{', '.join(both)} find the same pods, and neither scales"
                yield ("spec", "selector"), f"it matches the pods of {other.title}: {told}"


@rule(
    "scaling.own-pods",
    "HorizontalPodAutoscaler",
    Level.CORE,
    Severity.ERROR,
    must="An autoscaler MUST measure the pods of its own workload only.",
    why="It takes the pods from the workload's selector: what other pods use is averaged in, and it adds "
    "replicas for a load that is not theirs, or none for one that is.",
    fix="Narrow the workload's selector (that means a new Deployment: selectors cannot be changed), or "
    "change the other pods' labels.",
    source="tasks/run-application/horizontal-pod-autoscale/#how-does-a-horizontalpodautoscaler-work",
    when=has_target,
)
def own_pods(autoscaler: Resource) -> Iterator[Found]:
    for workload in autoscaler.selected:
        if selects_by_label(workload):
            for other in _others(workload):
                yield (
                    ("spec", "scaleTargetRef"),
                    f"the selector of {workload.title} matches {other.title}, too",
                )


@rule(
    "scaling.vertical-and-horizontal",
    _VERTICAL,
    Level.CORE,
    Severity.ERROR,
    must="A workload MUST NOT be scaled in both directions by the same resource.",
    why="The vertical one changes the requests that the horizontal one divides by: the two follow each "
    "other, and replicas and requests swing.",
    fix="Take that resource out of the vertical one (controlledResources), or set its updateMode to Off.",
    source="https://github.com/kubernetes/autoscaler/blob/master/vertical-pod-autoscaler/docs/known-limitations.md",
)
def vertical_and_horizontal(vertical: Resource) -> Iterator[Found]:
    target = mapping(vertical.spec.get("targetRef"))
    workload = vertical.graph.find(text(target.get("kind")), vertical.namespace, text(target.get("name")))
    if dig(vertical.spec, "updatePolicy", "updateMode") == "Off" or not isinstance(workload, Workload):
        return
    for autoscaler in workload.autoscalers:
        both = sorted(_measured(autoscaler) & _controlled(vertical))
        if both:
            yield (
                ("spec", "targetRef"),
                f"{autoscaler.title} scales {brief(workload.name)} by {', '.join(both)}",
            )


def _controlled(vertical: Resource) -> set[str]:
    """Resources whose requests it changes."""
    policies = maps(dig(vertical.spec, "resourcePolicy", "containerPolicies"))
    written = [policy.get("controlledResources") for _, policy in policies if policy.get("mode") != "Off"]
    if policies and all(given is not None for given in written):
        return {text(name) for given in written for name in sequence(given)}
    return {"cpu", "memory"}


def _measured(autoscaler: Resource) -> set[str]:
    """Resources by whose use it scales."""
    named = {text(dig(metric, "resource", "name")) for _, metric in maps(autoscaler.spec.get("metrics"))}
    named |= {text(dig(one, "containerResource", "name")) for _, one in maps(autoscaler.spec.get("metrics"))}
    named |= {text(trigger.get("type")) for _, trigger in maps(autoscaler.spec.get("triggers"))}
    return named | ({"cpu"} if "targetCPUUtilizationPercentage" in autoscaler.spec else set())
