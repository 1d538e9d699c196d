"""Whether a namespace's quota has room for what its workloads declare."""

from __future__ import annotations

import math
from collections.abc import Iterator

from seatrial.declared.kinds import TEMPLATES
from seatrial.declared.namespaces import may_be_one
from seatrial.declared.objects import Resource, Workload
from seatrial.declared.pods import is_given
from seatrial.declared.rule import WORKLOAD, Found, Level, Severity, rule
from seatrial.declared.rules.rollouts import is_deployment
from seatrial.declared.values import Path, brief, dig, mapping, percentage, sequence, text, whole
from seatrial.model.pod_resources import as_written, counted
from seatrial.model.quantity import thousandths


def is_limited(workload: Workload) -> bool:
    """Whether its namespace has a quota."""
    return workload.replicated and bool(_quotas(workload))


def _quotas(workload: Workload) -> list[Resource]:
    return [
        quota
        for quota in workload.graph.of("ResourceQuota")
        if may_be_one(quota.namespace, workload.namespace)
        and not mapping(quota.spec.get("scopeSelector"))
        and not set(map(text, sequence(quota.spec.get("scopes")))) - {"NotTerminating"}
    ]


def is_counted(workload: Workload) -> bool:
    """Whether a quota of its namespace counts what its containers may ask for."""
    return any(_BY_ENTRY.keys() & mapping(quota.spec.get("hard")).keys() for quota in _quotas(workload))


@rule(
    "delivery.quota-counts",
    WORKLOAD,
    Level.CORE,
    Severity.ERROR,
    must="A pod MUST declare what a quota of its namespace counts.",
    why="The quota refuses each pod that does not say how much of it each container takes: the controller "
    "has no replicas, and says so in its events only.",
    fix="Set the request or limit on every container, or a LimitRange with defaults beside the quota.",
    source="concepts/policy/resource-quotas/#compute-resource-quota",
    when=is_counted,
)
def quota_counts(workload: Workload) -> Iterator[Found]:
    told: set[tuple[str, str]] = set()
    for quota in _quotas(workload):
        for entry, (kind, name) in _BY_ENTRY.items():
            if entry not in mapping(quota.spec.get("hard")) or (kind, name) in told:
                continue
            for container in workload.every_container:
                if not is_given(container, kind, name):
                    told.add((kind, name))
                    where = container.at("resources", kind)
                    yield where, f"{quota.title} counts {brief(entry)}, and {brief(container.name)} has none"
                    break


_BY_ENTRY = {
    **{f"{kind}.{name}": (kind, name) for kind in ("requests", "limits") for name in ("cpu", "memory")},
    **{name: ("requests", name) for name in ("cpu", "memory")},
}
"""Entries of a quota for which each container must ask, and what it is then asked for."""


def _surge_needed(workload: Workload, replicas: int) -> int:
    """How many pods beside its replicas a rollout needs in order to move at all: 1, or none."""
    if not is_deployment(workload) or dig(workload.spec, "strategy", "type") == "Recreate":
        return 0
    away = mapping(dig(workload.spec, "strategy", "rollingUpdate")).get("maxUnavailable", "25%")
    share = percentage(away)
    number = whole(away) if share is None else math.floor(replicas * share / 100)  # as its controller rounds
    return 0 if number else 1


def _missing(workload: Workload, pods: int) -> Iterator[str]:
    """For each quota without room for that many of its pods beside the others: the first entry that lacks."""
    workload.graph.require_read(*TEMPLATES)
    for quota in _quotas(workload):
        for name, written in sorted(mapping(quota.spec.get("hard")).items()):
            hard, each = thousandths(written), counted(str(name), workload.pod)
            if hard is None or not each:
                continue
            others = _declared(quota, str(name)) - workload.least_replicas * each
            if pods * each + others > hard:
                rest = f", and the other workloads {as_written(others)}" if others else ""
                told = f"{pods} pods take {as_written(pods * each)}{rest}"
                yield f"{quota.title} has {as_written(hard)} of {brief(name)}: {told}"
                break


def _declared(quota: Resource, name: str) -> int:
    """What the replicated workloads of its namespace declare of one of its entries, in thousandths."""
    totals = quota.graph.memo.setdefault("quotas", {})
    key = (quota.namespace, name)
    if key not in totals:
        totals[key] = sum(
            workload.least_replicas * counted(name, workload.pod)
            for workload in quota.graph.workloads
            if workload.replicated and may_be_one(workload.namespace, quota.namespace)
        )
    total: int = totals[key]
    return total


@rule(
    "delivery.quota-room",
    WORKLOAD,
    Level.CORE,
    Severity.ERROR,
    must="A quota MUST have room for the replicas of its namespace, and for the pod that a rollout needs.",
    why="With maxUnavailable 0 the new pod comes before an old one goes: a quota that is full refuses it, "
    "and no version is ever rolled out. So it refuses the replacement of a pod that is still ending.",
    fix="Raise the quota by one pod of each workload, or allow maxUnavailable 1.",
    source="concepts/policy/resource-quotas/",
    when=is_limited,
    variants=("quota-without-room",),
)
def quota_room(workload: Workload) -> Iterator[Found]:
    replicas = workload.least_replicas
    surge = _surge_needed(workload, replicas)
    for told in _missing(workload, replicas + surge):
        path: Path = ("spec", "strategy") if surge else ("spec", "replicas")
        yield path, told + (" with the one of a rollout" if surge else "")


@rule(
    "scaling.quota-room",
    WORKLOAD,
    Level.EXTENDED,
    Severity.WARNING,
    must="A quota SHOULD have room for the replicas that an autoscaler may add.",
    why="At the peak the pods are refused, and the autoscaler reports that it has scaled.",
    fix="Raise the quota, or lower maxReplicas to what it admits.",
    source="concepts/policy/resource-quotas/",
    when=is_limited,
)
def scaling_room(workload: Workload) -> Iterator[Found]:
    for autoscaler in workload.autoscalers:
        most = whole(autoscaler.spec.get("maxReplicas", autoscaler.spec.get("maxReplicaCount")))
        if most is not None and most > workload.least_replicas:
            for told in _missing(workload, most):
                yield ("metadata", "name"), f"{autoscaler.title} may ask for more than there is: {told}"
