"""Whether the API server would take objects: what each rule yields is decided in `declared/server/`."""

from __future__ import annotations

from collections.abc import Iterator

from seatrial.declared.objects import Resource
from seatrial.declared.rule import RESOURCE, Found, Level, Severity, rule
from seatrial.declared.server.misfit import LABEL, MISSING, TOGETHER, TYPE, UNKNOWN, VALUE

_VALIDATION = "reference/using-api/api-concepts/#field-validation"


def _of(resource: Resource, *sorts: str) -> Iterator[Found]:
    return ((misfit.path, misfit.seen) for misfit in resource.graph.misfits(resource) if misfit.sort in sorts)


@rule(
    "delivery.field-types",
    RESOURCE,
    Level.CORE,
    Severity.ERROR,
    must="Fields MUST have the type that the API takes, and those that it needs MUST be there.",
    why="The API server refuses the object. YAML makes it easy: `value: 8080` is a number, `value: on` a "
    "boolean.",
    fix="Quote text that looks like a number or a boolean; add what is missing.",
    source="reference/kubernetes-api/",
    anchors="CFG-02",
)
def field_types(resource: Resource) -> Iterator[Found]:
    return _of(resource, TYPE, MISSING)


@rule(
    "delivery.unknown-field",
    RESOURCE,
    Level.CORE,
    Severity.ERROR,
    must="Every field MUST be one that the API knows.",
    why="An unknown field is dropped or refused: a misspelt probe or limit looks as if it were there.",
    fix="Correct the spelling, or move the field to where it belongs.",
    source=_VALIDATION,
    anchors="CFG-02",
)
def unknown_field(resource: Resource) -> Iterator[Found]:
    return _of(resource, UNKNOWN)


@rule(
    "delivery.field-values",
    RESOURCE,
    Level.CORE,
    Severity.ERROR,
    must="Names, numbers and words of a choice MUST be such as the API takes.",
    why="The API server refuses the object: capitals in a name, port 70000, an unknown policy.",
    fix="Write one of the values that the finding names.",
    source="concepts/overview/working-with-objects/names/",
    anchors="CFG-02",
)
def field_values(resource: Resource) -> Iterator[Found]:
    return _of(resource, VALUE)


@rule(
    "delivery.fields-together",
    RESOURCE,
    Level.CORE,
    Severity.ERROR,
    must="Fields of an object MUST fit each other.",
    why="The API server refuses the object, however right each field is: a mount of a volume that is "
    "not there, a selector that does not match its own pods, a deadline shorter than the wait within it.",
    fix="Change one of the two fields that the finding names.",
    source=_VALIDATION,
    anchors="CFG-02",
)
def fields_together(resource: Resource) -> Iterator[Found]:
    return _of(resource, TOGETHER)


@rule(
    "delivery.label-values",
    RESOURCE,
    Level.CORE,
    Severity.ERROR,
    must="Labels and annotations MUST be legal: text, and a label's value at most 63 characters of letters, "
    "digits, `-`, `_` and `.`.",
    why="The API server refuses the object.",
    fix="Shorten the value, or keep it in an annotation; quote numbers and booleans.",
    source="concepts/overview/working-with-objects/labels/#syntax-and-character-set",
    anchors="CFG-06",
)
def label_values(resource: Resource) -> Iterator[Found]:
    return _of(resource, LABEL)
