"""Delivery: how a new version comes, and how an old one comes back."""

from __future__ import annotations

from collections.abc import Iterator

from seatrial.declared.objects import Resource, Workload
from seatrial.declared.rule import RESOURCE, WORKLOAD, Found, Level, Severity, rule
from seatrial.declared.rules.applies import several_replicas
from seatrial.declared.values import Path, brief, dig, percentage, whole


def is_rolled(workload: Workload) -> bool:
    """A workload whose controller replaces its pods by a strategy."""
    return workload.type in ("Deployment", "StatefulSet", "DaemonSet")


def keeps_history(workload: Workload) -> bool:
    return workload.type in ("Deployment", "StatefulSet", "DaemonSet", "Rollout.argoproj.io")


def is_deployment(workload: Workload) -> bool:
    return workload.type == "Deployment"


def strategy_path(workload: Workload) -> Path:
    return ("spec", "strategy" if workload.type == "Deployment" else "updateStrategy")


def rolls_several(workload: Workload) -> bool:
    """Two or more replicas, and a strategy of its own."""
    return is_deployment(workload) and several_replicas(workload)


@rule(
    "delivery.rolling-update",
    WORKLOAD,
    Level.CORE,
    Severity.WARNING,
    must="A workload of several replicas SHOULD be updated a few pods at a time.",
    why="Recreate stops everything first: each release is an outage. OnDelete updates nothing until someone "
    "deletes pods. A single replica with its own volume may be recreated.",
    fix="Use RollingUpdate.",
    source="concepts/workloads/controllers/deployment/#strategy",
    when=is_rolled,
    anchors="RES-11",
)
def rolling_update(workload: Workload) -> Iterator[Found]:
    path = strategy_path(workload)
    kind = dig(workload.spec, str(path[1]), "type")
    if kind == "Recreate" and not (workload.least_replicas < 2 and workload.volumes):
        yield (*path, "type"), "Recreate stops all old pods before the first new one"
    elif kind == "OnDelete":
        yield (*path, "type"), "OnDelete updates nothing by itself"


@rule(
    "delivery.rollout-capacity",
    WORKLOAD,
    Level.CORE,
    Severity.ERROR,
    must="A rolling update MUST keep pods serving.",
    why="maxUnavailable at 100 % takes them all away at once.",
    fix="Use `maxUnavailable: 0` with `maxSurge: 1` (or 25 %).",
    source="concepts/workloads/controllers/deployment/#rolling-update-deployment",
    when=rolls_several,
    anchors="RES-11",
)
def rollout_capacity(workload: Workload) -> Iterator[Found]:
    path = ("spec", "strategy", "rollingUpdate")
    given = dig(workload.spec, "strategy", "rollingUpdate")
    away = dig(given, "maxUnavailable")
    share, number = percentage(away), whole(away)
    if (share or 0) >= 100 or (number or 0) >= workload.least_replicas:
        yield (
            (*path, "maxUnavailable"),
            f"{brief(away)} of {workload.least_replicas} replicas may be away at once",
        )


@rule(
    "delivery.history",
    WORKLOAD,
    Level.CORE,
    Severity.ERROR,
    must="A workload MUST keep an earlier revision to go back to.",
    why="With revisionHistoryLimit 0 `kubectl rollout undo` has nothing to undo to.",
    fix="Remove revisionHistoryLimit (10 by default), or set it to 2 or more.",
    source="concepts/workloads/controllers/deployment/#clean-up-policy",
    when=keeps_history,
    anchors="UPG-02",
)
def history(workload: Workload) -> Iterator[Found]:
    if whole(workload.spec.get("revisionHistoryLimit")) == 0:
        yield ("spec", "revisionHistoryLimit"), "0 revisions are kept"


@rule(
    "delivery.not-paused",
    WORKLOAD,
    Level.CORE,
    Severity.WARNING,
    must="A Deployment SHOULD NOT be left paused.",
    why="Changes are accepted and nothing is rolled out; a fix in an incident is among them.",
    fix="Remove spec.paused.",
    source="concepts/workloads/controllers/deployment/#pausing-and-resuming-a-deployment",
    when=is_deployment,
    anchors="UPG-01",
)
def not_paused(workload: Workload) -> Iterator[Found]:
    if workload.spec.get("paused") is True:
        yield ("spec", "paused"), "it is paused"


@rule(
    "delivery.progress-deadline",
    WORKLOAD,
    Level.EXTENDED,
    Severity.NOTE,
    must="A rollout that does not move SHOULD be reported within ten minutes.",
    why="Until the deadline a stuck rollout looks like a slow one, to people and to pipelines.",
    fix="Leave progressDeadlineSeconds at 600 or lower it, above the time of a start.",
    source="concepts/workloads/controllers/deployment/#progress-deadline-seconds",
    when=is_deployment,
    anchors="UPG-01",
)
def progress_deadline(workload: Workload) -> Iterator[Found]:
    seconds = whole(workload.spec.get("progressDeadlineSeconds"))
    if seconds is not None and seconds > 600:
        yield ("spec", "progressDeadlineSeconds"), f"{seconds} s"


@rule(
    "delivery.recommended-labels",
    WORKLOAD,
    Level.OPTIONAL,
    Severity.NOTE,
    must="A workload SHOULD carry the recommended name label.",
    why="Dashboards, cost reports and owners find it by `app.kubernetes.io/name`. Optional: teams have "
    "their own labels.",
    fix="Add app.kubernetes.io/name and app.kubernetes.io/part-of.",
    source="concepts/overview/working-with-objects/common-labels/",
    anchors="CFG-05",
)
def recommended_labels(workload: Workload) -> Iterator[Found]:
    if "app.kubernetes.io/name" not in workload.labels:
        yield ("metadata", "labels"), "it has no label app.kubernetes.io/name"


@rule(
    "delivery.unique-object",
    RESOURCE,
    Level.CORE,
    Severity.ERROR,
    must="An object MUST stand in the input once.",
    why="Applied one after the other, the last one wins; which one that is depends on the order of files.",
    fix="Remove one, or give it its own name or namespace.",
    source="concepts/overview/working-with-objects/names/",
    anchors="CFG-02",
)
def unique_object(resource: Resource) -> Iterator[Found]:
    if resource.graph.repeated(resource):
        yield ("metadata", "name"), "the input holds another object of this kind, namespace and name"


def is_stateful(workload: Workload) -> bool:
    return workload.type == "StatefulSet"


@rule(
    "delivery.ordered-rollback",
    WORKLOAD,
    Level.EXTENDED,
    Severity.NOTE,
    must="A StatefulSet SHOULD be able to leave a broken version by itself.",
    why="With podManagementPolicy OrderedReady a pod that never becomes Ready stops every later change: to "
    "apply the old version again does not help until somebody deletes the pod by hand.",
    fix="Use podManagementPolicy: Parallel where the order does not matter; else practise the deletion.",
    source="concepts/workloads/controllers/statefulset/#forced-rollback",
    when=is_stateful,
)
def ordered_rollback(workload: Workload) -> Iterator[Found]:
    given = workload.spec.get("podManagementPolicy")
    by_hand = dig(workload.spec, "updateStrategy", "type") == "OnDelete"
    if given in (None, "OrderedReady") and not by_hand:
        seen = "" if given else " (not written)"
        yield (
            ("spec", "podManagementPolicy"),
            f"it is OrderedReady{seen}: a broken version needs a hand to go",
        )
