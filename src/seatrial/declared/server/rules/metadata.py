"""Names, label selectors and owners."""

from __future__ import annotations

from typing import Any

from seatrial.declared.server.formats import Form, dns_label, path_segment, subdomain
from seatrial.declared.server.registry import Wrong, on, values_fit
from seatrial.declared.values import brief, mapping, sequence, text, whole

_NAMES: dict[str, Form] = {
    "Namespace": dns_label,
    "Service": dns_label,
    "StatefulSet": dns_label,
    "PodDisruptionBudget": path_segment,
    "Role": path_segment,
    "RoleBinding": path_segment,
    "ClusterRole": path_segment,
    "ClusterRoleBinding": path_segment,
    "APIService": path_segment,
}
"""Kinds whose names have a form other than a DNS name."""
_NUMBERED_TEXT = (
    "CronJob CustomResourceDefinition DaemonSet Deployment DeviceClass DeviceTaintRule EndpointSlice "
    "FlowSchema Ingress IngressClass Job MutatingAdmissionPolicy MutatingAdmissionPolicyBinding "
    "MutatingWebhookConfiguration NetworkPolicy Pod PodDisruptionBudget PodTemplate PriorityClass "
    "PriorityLevelConfiguration ReplicaSet ReplicationController ResourceSlice StatefulSet "
    "ValidatingAdmissionPolicy ValidatingAdmissionPolicyBinding ValidatingWebhookConfiguration"
)
_NUMBERED = frozenset(_NUMBERED_TEXT.split())
"""Kinds whose generation the server itself sets, whatever is written."""
_MOST_ANNOTATED = 256 * 1024


def named(data: dict[str, Any], *, built_in: bool = True) -> Wrong:
    """Every object has a name, in the form of its kind.

    Args:
        built_in: of other kinds a name is a DNS name, where there is one: not all are for an API server.
    """
    metadata = data.get("metadata")
    if metadata is not None and metadata.__class__ is not dict:
        return
    name, generated = mapping(metadata).get("name"), mapping(metadata).get("generateName")
    check = _NAMES.get(text(data.get("kind")), subdomain) if built_in else subdomain
    if not name and not generated and built_in and data.get("kind") != "LimitRange":
        yield ("metadata", "name"), "it has no name"
    generation = whole(mapping(metadata).get("generation")) or 0
    if built_in and generation < 0 and data.get("kind") not in _NUMBERED:
        yield ("metadata", "generation"), f"{generation} is less than 0"
    if name and name.__class__ is str and (wrong := check(name)):
        yield ("metadata", "name"), wrong
    if generated and generated.__class__ is str and (wrong := check(generated.rstrip("-") + "x")):
        yield ("metadata", "generateName"), wrong


@on("meta.v1.ObjectMeta")
def annotations_fit(metadata: dict[str, Any]) -> Wrong:
    """Annotations have a bound together."""
    annotations = mapping(metadata.get("annotations"))
    size = sum(len(key.encode()) + len(text(value).encode()) for key, value in annotations.items())
    if size > _MOST_ANNOTATED:
        yield ("annotations",), f"annotations of {size} bytes; all together may have {_MOST_ANNOTATED}"


@on("meta.v1.OwnerReference")
def owner(reference: dict[str, Any]) -> Wrong:
    """An owner is named by its version."""
    if not text(reference.get("uid")):
        yield ("uid",), "`uid` is required: an owner is a living object, so a manifest cannot name one"


@on("meta.v1.LabelSelectorRequirement")
def requirement(expression: dict[str, Any]) -> Wrong:
    """Operators are known, and have the number of values that they take."""
    operator = text(expression.get("operator"))
    yield from values_fit(operator, sequence(expression.get("values")))
    if operator not in ("", "In", "NotIn", "Exists", "DoesNotExist"):
        yield ("operator",), f"{brief(operator)} is not one of In, NotIn, Exists, DoesNotExist"
