"""Controllers: their selectors, strategies, and what their pods may not have."""

from __future__ import annotations

from typing import Any

from seatrial.declared.server.registry import Wrong, on
from seatrial.declared.values import (
    brief,
    dig,
    is_zero,
    mapping,
    maps,
    selects,
    selects_nothing_in_particular,
    whole,
)

_ALWAYS = (
    "apps.v1.DeploymentSpec",
    "apps.v1.ReplicaSetSpec",
    "apps.v1.StatefulSetSpec",
    "apps.v1.DaemonSetSpec",
)


@on(*_ALWAYS)
def selector_matches(spec: dict[str, Any]) -> Wrong:
    """The selector is not empty, and matches the labels of the template."""
    selector = spec.get("selector")
    if selector is None:
        return
    if selects_nothing_in_particular(selector):
        yield ("selector",), "the selector is empty"
    elif not selects(selector, mapping(dig(spec, "template", "metadata", "labels"))):
        yield ("selector",), "the selector does not match the labels of the pod template"


@on(*_ALWAYS, "core.v1.ReplicationControllerSpec")
def always_restarted(spec: dict[str, Any]) -> Wrong:
    """A controller's pods restart always, and have no deadline."""
    pod = mapping(dig(spec, "template", "spec"))
    if pod.get("restartPolicy") not in (None, "", "Always"):
        yield (
            ("template", "spec", "restartPolicy"),
            f"{brief(pod['restartPolicy'])}: a controller's pods need Always",
        )
    if pod.get("activeDeadlineSeconds") is not None:
        yield ("template", "spec", "activeDeadlineSeconds"), "a controller's pods may have no deadline"


@on("core.v1.ReplicationControllerSpec")
def labels_match(spec: dict[str, Any]) -> Wrong:
    """A replication controller has a template; its selector is a plain mapping of that template's labels."""
    if spec.get("template") is None:
        return
    labels = mapping(dig(spec, "template", "metadata", "labels"))
    selector = mapping(spec.get("selector")) or labels
    if not selector:
        yield ("selector",), "the selector is empty"
    elif any(labels.get(key) != value for key, value in selector.items()):
        yield ("selector",), "the selector does not match the labels of the pod template"


@on("apps.v1.DeploymentSpec")
def deadline(spec: dict[str, Any]) -> Wrong:
    """The progress deadline is longer than the time that a pod must be ready."""
    written = spec.get("progressDeadlineSeconds")
    limit, ready = 600 if written is None else whole(written), whole(spec.get("minReadySeconds")) or 0
    if limit is not None and limit <= ready:
        seen = f"{limit} s, and `minReadySeconds` is {ready} s: the deadline must be longer"
        yield ("progressDeadlineSeconds",) if written is not None else ("minReadySeconds",), seen


@on("apps.v1.DeploymentStrategy")
def strategy(value: dict[str, Any]) -> Wrong:
    """Only a rolling update has parameters, and one of them is not 0."""
    kind, rolling = value.get("type") or "RollingUpdate", value.get("rollingUpdate")
    if kind == "Recreate" and rolling is not None:
        yield ("rollingUpdate",), "may not be set where `type` is Recreate"
    unavailable, surge = mapping(rolling).get("maxUnavailable"), mapping(rolling).get("maxSurge")
    if kind == "RollingUpdate" and is_zero(unavailable) and is_zero(surge):
        yield ("rollingUpdate", "maxUnavailable"), "may not be 0 where `maxSurge` is 0"


@on("apps.v1.DaemonSetUpdateStrategy")
def daemon_strategy(value: dict[str, Any]) -> Wrong:
    """Exactly one of surge and unavailability is not 0."""
    if value.get("type") not in (None, "", "RollingUpdate"):
        return
    rolling = mapping(value.get("rollingUpdate"))
    surge = rolling.get("maxSurge", 0)
    unavailable = rolling.get("maxUnavailable")
    unavailable = 1 if unavailable is None else unavailable
    surging = surge is not None and not is_zero(surge)
    if is_zero(unavailable) and not surging:
        yield ("rollingUpdate", "maxUnavailable"), "may not be 0 where `maxSurge` is 0"
    elif not is_zero(unavailable) and surging:
        yield (
            ("rollingUpdate", "maxSurge"),
            "may not be set where `maxUnavailable` is not 0 (it is 1 unless written)",
        )


@on("apps.v1.StatefulSetSpec")
def claims_have_names(spec: dict[str, Any]) -> Wrong:
    """A claim template is a volume of the pods, by its name."""
    for index, claim in maps(spec.get("volumeClaimTemplates")):
        if not dig(claim, "metadata", "name"):
            yield ("volumeClaimTemplates", index, "metadata", "name"), "it has no name"


@on("apps.v1.StatefulSetUpdateStrategy")
def stateful_strategy(value: dict[str, Any]) -> Wrong:
    """Only a rolling update has parameters."""
    if value.get("type") == "OnDelete" and value.get("rollingUpdate") is not None:
        yield ("rollingUpdate",), "may not be set where `type` is OnDelete"
    unavailable = mapping(value.get("rollingUpdate")).get("maxUnavailable")
    if unavailable is not None and is_zero(unavailable):
        yield ("rollingUpdate", "maxUnavailable"), "may not be 0"
