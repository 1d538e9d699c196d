"""Autoscalers, budgets, quotas and ranges."""

from __future__ import annotations

from typing import Any

from seatrial.declared.server.formats import float_of
from seatrial.declared.server.registry import Wrong, on, values_fit
from seatrial.declared.values import brief, mapping, maps, sequence, text, whole

_WITH_VALUES = ("PriorityClass", "VolumeAttributesClass")
_OF_PODS = {"pods", "cpu", "memory"} | {
    f"{bound}.{name}" for bound in ("requests", "limits") for name in ("cpu", "memory", "ephemeral-storage")
}
"""What the server itself counts of some pods, or of some claims."""
_OF_CLAIMS = {"persistentvolumeclaims", "requests.storage"}
_COUNTED_BY_SCOPE = {
    "BestEffort": {"pods"},
    "VolumeAttributesClass": _OF_CLAIMS,
    **dict.fromkeys(("NotBestEffort", "Terminating", "NotTerminating", "PriorityClass"), _OF_PODS),
    "CrossNamespacePodAffinity": _OF_PODS,
}
_WITHOUT_GROUP = "ReplicationController"
_METRICS = {
    "Object": "object",
    "Pods": "pods",
    "Resource": "resource",
    "External": "external",
    "ContainerResource": "containerResource",
}


@on("autoscaling.v2.HorizontalPodAutoscalerSpec", "autoscaling.v1.HorizontalPodAutoscalerSpec")
def bounds(spec: dict[str, Any]) -> Wrong:
    """The most replicas are not fewer than the least."""
    least, most = whole(spec.get("minReplicas")), whole(spec.get("maxReplicas"))
    if most is not None and most < (1 if least is None else least):
        yield ("maxReplicas",), f"{most} is less than minReplicas, {1 if least is None else least}"


@on("autoscaling.v2.HPAScalingRules")
def policies(rules: dict[str, Any]) -> Wrong:
    """An empty list of policies is none, and no list is the default."""
    if rules.get("policies") == []:
        yield ("policies",), "it needs a policy; leave the list out for the default"


@on("autoscaling.v2.HorizontalPodAutoscalerSpec", "autoscaling.v1.HorizontalPodAutoscalerSpec")
def target_version(spec: dict[str, Any]) -> Wrong:
    """What is scaled is named with its API group."""
    reference = mapping(spec.get("scaleTargetRef"))
    version = text(reference.get("apiVersion"))
    if "/" not in version and reference.get("kind") != _WITHOUT_GROUP:
        yield ("scaleTargetRef", "apiVersion"), f"{brief(version)} has no API group, such as apps/v1"


@on("autoscaling.v2.MetricSpec")
def metric(value: dict[str, Any]) -> Wrong:
    """A metric has the settings of its type, and no others."""
    own = _METRICS.get(text(value.get("type")))
    if own is None:
        return
    if value.get(own) is None:
        yield (own,), f"`type: {value['type']}` needs it"
    for field in _METRICS.values():
        if field != own and value.get(field) is not None:
            yield (field,), f"may not be set where `type` is {value['type']}"


@on("autoscaling.v2.MetricTarget")
def target(value: dict[str, Any]) -> Wrong:
    """A target has a type of its own."""
    if value.get("type") not in ("Utilization", "Value", "AverageValue"):
        yield ("type",), f"{brief(value.get('type'))} is not one of Utilization, Value, AverageValue"


@on("autoscaling.v2.ResourceMetricSource", "autoscaling.v2.ContainerResourceMetricSource")
def resource_target(value: dict[str, Any]) -> Wrong:
    """The use of a resource is aimed at by a share or by an amount."""
    goal = mapping(value.get("target"))
    there = [field for field in ("averageUtilization", "averageValue") if goal.get(field) is not None]
    if not there:
        yield ("target",), "it needs averageUtilization or averageValue"
    elif len(there) > 1:
        yield ("target", "averageValue"), "may not be set beside `averageUtilization`"


@on("autoscaling.v2.PodsMetricSource")
def pods_target(value: dict[str, Any]) -> Wrong:
    """A metric of pods is aimed at by its average."""
    if mapping(value.get("target")).get("averageValue") is None:
        yield ("target", "averageValue"), "`averageValue` is required"


@on("autoscaling.v2.ExternalMetricSource", "autoscaling.v2.ObjectMetricSource")
def outer_target(value: dict[str, Any]) -> Wrong:
    """A metric of something else is aimed at by its value or by its average over the pods."""
    goal = mapping(value.get("target"))
    if goal.get("value") is None and goal.get("averageValue") is None:
        yield ("target",), "it needs value or averageValue"


@on("autoscaling.v2.ExternalMetricSource")
def one_target(value: dict[str, Any]) -> Wrong:
    """One of the two, not both."""
    goal = mapping(value.get("target"))
    if goal.get("value") is not None and goal.get("averageValue") is not None:
        yield ("target", "averageValue"), "may not be set beside `value`"


@on("policy.v1.PodDisruptionBudgetSpec")
def budget(spec: dict[str, Any]) -> Wrong:
    """One bound, not two."""
    if spec.get("minAvailable") is not None and spec.get("maxUnavailable") is not None:
        yield ("maxUnavailable",), "may not be set beside `minAvailable`"


@on("core.v1.ResourceQuotaSpec")
def scopes(spec: dict[str, Any]) -> Wrong:
    """Scopes that contradict each other."""
    selector = maps(mapping(spec.get("scopeSelector")).get("matchExpressions"))
    named = sequence(spec.get("scopes"))
    for pair in (("BestEffort", "NotBestEffort"), ("Terminating", "NotTerminating")):
        if set(pair) <= set(map(str, named)):
            yield ("scopes",), f"{pair[0]} and {pair[1]} contradict each other"
    for name in mapping(spec.get("hard")):
        for each in (*map(text, named), *(text(item.get("scopeName")) for _, item in selector)):
            if "/" not in name and name not in _COUNTED_BY_SCOPE.get(each, {name}):
                yield ("hard", name), f"the scope {each} has none of it"
    for name, amount in mapping(spec.get("hard")).items():
        counted = name.startswith(("count/", "services", "pods", "secrets", "configmaps")) or name in (
            *("persistentvolumeclaims", "resourcequotas", "replicationcontrollers"),
        )
        if counted and float_of(amount) % 1:
            yield ("hard", name), f"{brief(amount)} is no whole number"


@on("core.v1.ScopedResourceSelectorRequirement")
def scope(value: dict[str, Any]) -> Wrong:
    """Operators have the values that they take."""
    operator, values = text(value.get("operator")), sequence(value.get("values"))
    yield from values_fit(operator, values)
    if value.get("scopeName") not in _WITH_VALUES and operator and operator != "Exists":
        yield ("operator",), "this scope takes only Exists"


@on("core.v1.LimitRangeSpec")
def ranges(spec: dict[str, Any]) -> Wrong:
    """One item for each type; its bounds in order."""
    known: set[Any] = set()
    for index, item in maps(spec.get("limits")):
        if item.get("type") in known:
            yield ("limits", index, "type"), f"{brief(item['type'])} stands twice"
        known.add(item.get("type"))
        for path, seen in _in_order(item):
            yield ("limits", index, *path), seen
        if item.get("type") == "Pod":
            for field in ("default", "defaultRequest"):
                if item.get(field):
                    yield ("limits", index, field), "may not be set where `type` is Pod"
        storage = any("storage" in mapping(item.get(field)) for field in ("min", "max"))
        if item.get("type") == "PersistentVolumeClaim" and not storage:
            yield ("limits", index), "a claim needs a least or most storage"


def _in_order(item: dict[str, Any]) -> Wrong:
    order = ("min", "defaultRequest", "default", "max")
    names = {name for field in order for name in mapping(item.get(field))}
    for name in sorted(names):
        written = [
            (field, mapping(item.get(field))[name]) for field in order if name in mapping(item.get(field))
        ]
        for position, (field, amount) in enumerate(written):
            for later, more in written[position + 1 :]:
                if float_of(amount) > float_of(more):
                    yield (field, name), f"{brief(amount)} is more than {later}, {brief(more)}"
    least, most = mapping(item.get("min")), mapping(item.get("max"))
    for name, ratio in mapping(item.get("maxLimitRequestRatio")).items():
        if float_of(ratio) < 1:
            yield ("maxLimitRequestRatio", name), f"{brief(ratio)} is less than 1"
        smallest = float_of(least.get(name))
        if smallest and name in most and float_of(ratio) > float_of(most[name]) / smallest:
            yield ("maxLimitRequestRatio", name), f"{brief(ratio)} is more than max is of min"
