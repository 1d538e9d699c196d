"""Affinity, spreading and tolerations."""

from __future__ import annotations

from typing import Any

from seatrial.declared.server.formats import label_value, subdomain
from seatrial.declared.server.registry import Wrong, duplicates, on, values_fit
from seatrial.declared.values import Path, brief, mapping, maps, sequence, text


@on("core.v1.Toleration")
def toleration(value: dict[str, Any]) -> Wrong:
    """Operator, key, value and seconds fit each other."""
    operator = text(value.get("operator")) or "Equal"
    if not value.get("key") and operator != "Exists":
        yield ("operator",), "without a `key` it must be Exists"
    if value.get("tolerationSeconds") is not None and value.get("effect") != "NoExecute":
        yield ("tolerationSeconds",), "needs `effect: NoExecute`"
    if operator == "Exists" and value.get("value"):
        yield ("value",), "may not be set where `operator` is Exists"
    if operator == "Equal" and (wrong := label_value(text(value.get("value")))):
        yield ("value",), wrong
    if operator in ("Lt", "Gt"):
        yield ("operator",), f"{operator} is off by default in this version: use Equal or Exists"


@on("core.v1.NodeSelectorRequirement")
def node_requirement(expression: dict[str, Any]) -> Wrong:
    """Operators have the number of values that they take."""
    operator, values = text(expression.get("operator")), sequence(expression.get("values"))
    yield from values_fit(operator, values)
    if operator in ("Gt", "Lt") and len(values) != 1:
        yield ("values",), f"`{operator}` takes one value"


@on("core.v1.PodSpec")
def required_values(spec: dict[str, Any]) -> Wrong:
    """Values of required node affinity are label values; others are not looked at."""
    node = mapping(mapping(spec.get("affinity")).get("nodeAffinity"))
    required = mapping(node.get("requiredDuringSchedulingIgnoredDuringExecution"))
    path = ("affinity", "nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution", "nodeSelectorTerms")
    yield from _values_of(required, path)


@on("core.v1.NodeSelectorTerm")
def node_fields(term: dict[str, Any]) -> Wrong:
    """The only field of a node that can be asked for is its name."""
    for index, each in maps(term.get("matchFields")):
        if each.get("key") not in (None, "metadata.name"):
            yield ("matchFields", index, "key"), f"{brief(each['key'])} is not metadata.name"
        if each.get("operator") not in ("In", "NotIn") or len(sequence(each.get("values"))) != 1:
            yield ("matchFields", index), "it takes In or NotIn, and one value"


@on("core.v1.PodSpec")
def spread(spec: dict[str, Any]) -> Wrong:
    """Constraints are told apart by key and by what happens when they cannot be met."""
    constraints = spec.get("topologySpreadConstraints")
    for index, name in duplicates(constraints, "topologyKey", "whenUnsatisfiable"):
        yield ("topologySpreadConstraints", index), f"{brief(name)} stands twice"
    for index, value in maps(constraints):
        if value.get("minDomains") is not None and value.get("whenUnsatisfiable") == "ScheduleAnyway":
            yield (
                ("topologySpreadConstraints", index, "minDomains"),
                "needs `whenUnsatisfiable: DoNotSchedule`",
            )


@on("core.v1.TopologySpreadConstraint", "core.v1.PodAffinityTerm")
def label_keys(value: dict[str, Any]) -> Wrong:
    """Keys of labels to match need a selector, and stand in it no second time."""
    selector = value.get("labelSelector")
    for field in ("matchLabelKeys", "mismatchLabelKeys"):
        keys = sequence(value.get(field))
        if keys and selector is None:
            yield (field,), "needs a `labelSelector`"
        for index, key in enumerate(keys):
            expressions = maps(mapping(selector).get("matchExpressions"))
            used = {
                *mapping(mapping(selector).get("matchLabels")),
                *(each.get("key") for _, each in expressions),
            }
            if key in used:
                yield (field, index), f"{brief(key)} stands in the labelSelector, too"
    for index, key in enumerate(sequence(value.get("matchLabelKeys"))):
        if key in sequence(value.get("mismatchLabelKeys")):
            yield ("matchLabelKeys", index), f"{brief(key)} stands in `mismatchLabelKeys`, too"


@on("core.v1.NodeSelectorTerm")
def node_names(term: dict[str, Any]) -> Wrong:
    """A node's name is a DNS name."""
    for index, each in maps(term.get("matchFields")):
        for place, value in enumerate(sequence(each.get("values"))):
            if wrong := subdomain(text(value)):
                yield ("matchFields", index, "values", place), wrong


@on("core.v1.VolumeNodeAffinity")
def volume_values(affinity: dict[str, Any]) -> Wrong:
    """Values of a volume's nodes are label values."""
    yield from _values_of(mapping(affinity.get("required")), ("required", "nodeSelectorTerms"))


@on("core.v1.NodeSpec")
def taints(spec: dict[str, Any]) -> Wrong:
    """Taints are told apart by key and effect."""
    for index, name in duplicates(spec.get("taints"), "key", "effect"):
        yield ("taints", index), f"{brief(name)} stands twice"


@on("node.v1.Scheduling")
def tolerations_differ(scheduling: dict[str, Any]) -> Wrong:
    """Tolerations of a runtime class are told apart."""
    fields = ("key", "operator", "value", "effect", "tolerationSeconds")
    for index, name in duplicates(scheduling.get("tolerations"), *fields):
        yield ("tolerations", index), f"{brief(name)} stands twice"


def _values_of(selector: dict[str, Any], path: Path) -> Wrong:
    for index, term in maps(selector.get("nodeSelectorTerms")):
        for number, expression in maps(term.get("matchExpressions")):
            for place, value in enumerate(sequence(expression.get("values"))):
                if value.__class__ is str and (wrong := label_value(value)):
                    yield (*path, index, "matchExpressions", number, "values", place), wrong
