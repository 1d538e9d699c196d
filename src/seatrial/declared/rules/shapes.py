"""Whether objects have the shape that the API server takes: field names, types, label values."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from seatrial.declared.objects import Resource, Workload
from seatrial.declared.rule import RESOURCE, WORKLOAD, Found, Level, Severity, rule
from seatrial.declared.shapes import check, misfits, sort_of
from seatrial.declared.values import Path, brief, text


@rule(
    "delivery.field-types",
    WORKLOAD,
    Level.CORE,
    Severity.ERROR,
    must="Fields MUST have the type that the API takes, and a pod its containers, each with a name and an "
    "image.",
    why="The API server refuses the object. YAML makes it easy: `value: 8080` is a number, `value: on` a "
    "boolean.",
    fix="Quote text that looks like a number or a boolean.",
    source="reference/kubernetes-api/workload-resources/pod-v1/",
    anchors="CFG-02",
)
def field_types(workload: Workload) -> Iterator[Found]:
    for misfit in misfits(workload):
        if misfit.known:
            yield misfit.path, misfit.seen
    if not workload.pod.get("containers"):
        yield workload.at("containers"), "it has no containers"
    for container in workload.every_container:
        for field in ("name", "image"):
            if not container.data.get(field):
                yield container.path, f"a container has no {field}"


@rule(
    "delivery.unknown-field",
    WORKLOAD,
    Level.CORE,
    Severity.ERROR,
    must="Every field MUST be one that the API knows.",
    why="An unknown field is dropped or refused: a misspelt probe or limit looks as if it were there.",
    fix="Correct the spelling, or move the field to where it belongs.",
    source="reference/using-api/api-concepts/#field-validation",
    anchors="CFG-02",
)
def unknown_field(workload: Workload) -> Iterator[Found]:
    for misfit in misfits(workload):
        if not misfit.known:
            yield misfit.path, misfit.seen


_REFERRERS = "HorizontalPodAutoscaler|PodDisruptionBudget|NetworkPolicy"


@rule(
    "delivery.policy-shape",
    _REFERRERS,
    Level.CORE,
    Severity.ERROR,
    must="Fields of autoscalers, budgets and network policies MUST be known and of the right type.",
    why="A misspelt field of a protection protects nothing.",
    fix="Correct the spelling or the type.",
    source="reference/using-api/api-concepts/#field-validation",
    anchors="CFG-02",
)
def policy_shape(resource: Resource) -> Iterator[Found]:
    for misfit in check(resource.type, resource.data.get("spec"), ("spec",)):
        yield misfit.path, misfit.seen


@rule(
    "delivery.label-values",
    RESOURCE,
    Level.CORE,
    Severity.ERROR,
    must="Labels MUST be legal: values of at most 63 characters of letters, digits, `-`, `_` and `.`, and "
    "text.",
    why="The API server refuses the object.",
    fix="Shorten the value, or keep it in an annotation; quote numbers and booleans.",
    source="concepts/overview/working-with-objects/labels/#syntax-and-character-set",
    anchors="CFG-06",
)
def label_values(resource: Resource) -> Iterator[Found]:
    yield from _illegal_labels(resource.labels, ("metadata", "labels"))
    if isinstance(resource, Workload) and resource.type != "Pod":
        yield from _illegal_labels(resource.pod_labels, (*resource.pod_path[:-1], "metadata", "labels"))
    for key, value in resource.annotations.items():
        if value is not None and value.__class__ is not str:
            yield ("metadata", "annotations", key), f"{brief(value)} is {sort_of(value)}, the API takes text"


def _is_label(written: str) -> bool:
    bare = written.replace("-", "").replace("_", "").replace(".", "")
    return bare.isascii() and bare.isalnum() and written[0].isalnum() and written[-1].isalnum()


def _illegal_labels(labels: dict[str, Any], path: Path) -> Iterator[Found]:
    for key, value in labels.items():
        name = key.rpartition("/")[2]
        if len(name) > 63 or not _is_label(name):
            yield (*path, key), f"{brief(key)} is not a legal label name"
        elif value is not None and value.__class__ is not str:
            yield (*path, key), f"{brief(value)} is {sort_of(value)}, the API takes text"
        elif len(text(value)) > 63 or (value and not _is_label(text(value))):
            yield (*path, key), f"{brief(value)} is not a legal label value"
