"""Disruption budgets: whether they cover, whether they block."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from seatrial.declared.makers import is_any_made
from seatrial.declared.objects import Resource, Workload, bound_of, minimum_of
from seatrial.declared.rule import WORKLOAD, Found, Level, Severity, rule
from seatrial.declared.rules.applies import is_misspelt, wants_company
from seatrial.declared.values import (
    brief,
    dig,
    is_zero,
    percentage,
    selects,
    selects_nothing_in_particular,
    sequence,
    text,
    whole,
)

_ZONES = 3
"""Zones assumed when a workload asks to be spread over them; the usual number in a region."""


def kept_available(budget: Resource, replicas: int) -> int | None:
    """Pods that must stay available out of `replicas`, or None when the budget does not say.

    Percentages of minAvailable and maxUnavailable round up, as the disruption controller rounds them.
    """
    least, most = budget.spec.get("minAvailable"), budget.spec.get("maxUnavailable")
    if least is not None:
        return _count(least, replicas)
    unavailable = _count(most, replicas)
    return None if unavailable is None else max(replicas - unavailable, 0)


def _count(value: Any, replicas: int) -> int | None:
    share = percentage(value)
    return whole(value) if share is None else math.ceil(share * replicas / 100)


def wants_budget(workload: Workload) -> bool:
    """A workload of replicas that must not all be evicted at once."""
    return wants_company(workload) and workload.replicas != 0


def is_budgeted(workload: Workload) -> bool:
    return workload.replicated and bool(workload.budgets)


def budgeted_and_scaled(workload: Workload) -> bool:
    return bool(workload.budgets) and bool(workload.autoscalers)


def spread_over_zones(workload: Workload) -> bool:
    """Budgeted, and asked to be spread over zones."""
    constraints = [
        item for item in sequence(workload.pod.get("topologySpreadConstraints")) if item.__class__ is dict
    ]
    return is_budgeted(workload) and any("zone" in text(item.get("topologyKey")) for item in constraints)


@rule(
    "orchestration.disruption-budget",
    WORKLOAD,
    Level.CORE,
    Severity.WARNING,
    must="A replicated workload SHOULD be covered by a disruption budget.",
    why="Without one a node drain may evict all of its pods at once. A workload that writes one replica is "
    "excused: a budget could only block.",
    fix="Add a PodDisruptionBudget with `maxUnavailable: 1` and the workload's labels, in its namespace.",
    source="tasks/run-application/configure-pdb/",
    when=wants_budget,
    anchors="RES-01",
)
def disruption_budget(workload: Workload) -> Iterator[Found]:
    if not workload.budgets and not _is_kept_otherwise(workload):
        yield ("metadata", "name"), "no PodDisruptionBudget selects its pods"


def _is_kept_otherwise(workload: Workload) -> bool:
    """Whether a budget of another kind (OpenKruise), or one that somebody makes, covers its pods."""
    target = ("spec", "targetRef", "name")
    return is_any_made(workload.graph, "PodDisruptionBudget", workload.namespace) or any(
        budget.namespace == workload.namespace
        and (
            dig(budget.data, *target) == workload.name
            or selects(budget.spec.get("selector"), workload.pod_labels)
        )
        for budget in workload.graph.of("PodUnavailableBudget.policy.kruise.io")
    )


@rule(
    "orchestration.budget-blocks",
    "PodDisruptionBudget",
    Level.CORE,
    Severity.ERROR,
    must="A disruption budget MUST allow at least one eviction.",
    why="A budget that never does makes every node drain hang until someone deletes it, usually in an "
    "incident.",
    fix="Use `maxUnavailable: 1`, and run more replicas than must stay available.",
    source="concepts/workloads/pods/disruptions/#pod-disruption-budgets",
    anchors="RES-03",
    variants=("blocking-budget",),
)
def budget_blocks(budget: Resource) -> Iterator[Found]:
    least, most = budget.spec.get("minAvailable"), budget.spec.get("maxUnavailable")
    if is_zero(most):
        yield ("spec", "maxUnavailable"), f"{brief(most)} allows no eviction, ever"
    elif (percentage(least) or 0) >= 100:
        yield ("spec", "minAvailable"), f"{brief(least)} allows no eviction, ever"
    else:
        yield from _blocked_by_size(budget, least)


def _blocked_by_size(budget: Resource, written: Any) -> Iterator[Found]:
    if written is None or not budget.selected or not all(workload.replicated for workload in budget.selected):
        return
    if any("replicas" not in workload.spec and not workload.autoscalers for workload in budget.selected):
        return  # the number is left to someone else; orchestration.replicas speaks of that
    total = sum(workload.least_replicas for workload in budget.selected)
    autoscaled = any(workload.autoscalers for workload in budget.selected)
    least = _count(written, total)
    if least is None:
        return
    if total and (least == total or (least > total and not autoscaled)):
        names = ", ".join(sorted(workload.title for workload in budget.selected))
        share = "" if percentage(written) is None else f" ({written} of {total}, rounded up)"
        yield ("spec", "minAvailable"), f"{least}{share} must stay available, and {names} runs {total}"


@rule(
    "scaling.budget-within-minimum",
    WORKLOAD,
    Level.CORE,
    Severity.ERROR,
    must="A disruption budget MUST NOT ask for more pods than the autoscaler may scale in to.",
    why="At night the autoscaler reaches its minimum, and from then on no node can be drained.",
    fix="Use maxUnavailable, or a minAvailable below minReplicas.",
    source="tasks/run-application/configure-pdb/#arbitrary-controllers-and-selectors",
    when=budgeted_and_scaled,
    anchors="RES-04",
)
def budget_within_minimum(workload: Workload) -> Iterator[Found]:
    for autoscaler in workload.autoscalers:
        minimum = minimum_of(autoscaler)
        for budget in workload.budgets:
            least = budget.spec.get("minAvailable")
            written = bound_of(autoscaler, "min") in autoscaler.spec
            kept = _count(least, minimum) if least is not None and written else None
            if kept is not None and kept > minimum:
                told = f"{budget.title} keeps {brief(least)}, {autoscaler.title} scales in to {minimum}"
                yield ("metadata", "name"), told


@rule(
    "orchestration.budget-policy",
    "PodDisruptionBudget",
    Level.CORE,
    Severity.WARNING,
    must="A disruption budget SHOULD say what it keeps: minAvailable or maxUnavailable, one of the two.",
    why="With neither it protects nothing, with both the API server refuses it.",
    fix="Set `maxUnavailable: 1`.",
    source="tasks/run-application/configure-pdb/#specifying-a-poddisruptionbudget",
    anchors="RES-02",
)
def budget_policy(budget: Resource) -> Iterator[Found]:
    least, most = budget.spec.get("minAvailable"), budget.spec.get("maxUnavailable")
    if least is None and most is None:
        yield ("spec",), "it has neither minAvailable nor maxUnavailable"
    elif least is not None and most is not None:
        yield ("spec", "minAvailable"), "it has both minAvailable and maxUnavailable"


@rule(
    "orchestration.budget-unhealthy-pods",
    "PodDisruptionBudget",
    Level.OPTIONAL,
    Severity.NOTE,
    must="A disruption budget SHOULD let pods be evicted that do not work anyway.",
    why="By default a crash-looping pod blocks the drain of its node. Optional: a store that is recovering "
    "may be counted as not working, too.",
    fix="Set `unhealthyPodEvictionPolicy: AlwaysAllow`.",
    source="tasks/run-application/configure-pdb/#unhealthy-pod-eviction-policy",
    anchors="RES-02",
)
def budget_unhealthy_pods(budget: Resource) -> Iterator[Found]:
    if budget.spec.get("unhealthyPodEvictionPolicy") != "AlwaysAllow":
        yield ("spec",), "unhealthyPodEvictionPolicy is not AlwaysAllow"


@rule(
    "orchestration.budget-selects",
    "PodDisruptionBudget",
    Level.CORE,
    Severity.WARNING,
    must="A disruption budget SHOULD select pods.",
    why="One that selects none protects nothing and looks as if it did.",
    fix="Use the labels of the workload's pod template, in the workload's namespace.",
    source="tasks/run-application/configure-pdb/",
    anchors="RES-06",
)
def budget_selects(budget: Resource) -> Iterator[Found]:
    selector = budget.spec.get("selector")
    if not budget.selected and not budget.graph.others_may_match(budget.namespace, selector):
        yield ("spec", "selector"), "its selector matches no workload of the input"
    elif selects_nothing_in_particular(selector) and not is_misspelt(budget, "spec", "selector"):
        yield ("spec", "selector"), "its selector is empty: it counts every pod of the namespace as one group"


@rule(
    "orchestration.one-budget",
    WORKLOAD,
    Level.CORE,
    Severity.ERROR,
    must="A pod MUST be covered by one disruption budget at most.",
    why="The Eviction API answers 500 when two match: the pod can never be evicted.",
    fix="Remove one, or make their selectors disjoint.",
    source="tasks/run-application/configure-pdb/#arbitrary-controllers-and-selectors",
    when=is_budgeted,
    anchors="RES-06",
)
def one_budget(workload: Workload) -> Iterator[Found]:
    if len(workload.budgets) > 1:
        names = ", ".join(sorted(budget.title for budget in workload.budgets))
        yield ("metadata", "name"), f"{len(workload.budgets)} budgets select its pods: {names}"


@rule(
    "orchestration.budget-zone",
    WORKLOAD,
    Level.OPTIONAL,
    Severity.NOTE,
    must="A disruption budget SHOULD tolerate the loss of one zone.",
    why="When a zone is drained for maintenance its whole share of pods must move. Optional: assumes three "
    "zones.",
    fix="Allow a third of the replicas to be unavailable, or run more.",
    source="concepts/workloads/pods/disruptions/",
    when=spread_over_zones,
    anchors="RES-05",
)
def budget_zone(workload: Workload) -> Iterator[Found]:
    replicas = workload.least_replicas
    for budget in workload.budgets:
        kept = kept_available(budget, replicas)
        share = math.ceil(replicas / _ZONES)
        if kept is not None and kept > replicas - share:
            yield (
                ("metadata", "name"),
                f"{budget.title} keeps {kept} of {replicas}; a zone holds {share} of them",
            )
