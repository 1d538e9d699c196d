"""Definitions of custom resources: their names, versions and schemas."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from seatrial.declared.server.bounds import is_broken
from seatrial.declared.server.formats import dns_label_1035, subdomain
from seatrial.declared.server.registry import Wrong, duplicates, on
from seatrial.declared.server.structural import misfits_of
from seatrial.declared.values import Path, brief, dig, mapping, maps, sequence, text

_COLUMNS = ("integer", "number", "string", "boolean", "date")
_COLUMN_FORMATS = ("byte", "date", "date-time", "double", "float", "int32", "int64", "password")
_TYPES = ("array", "boolean", "integer", "number", "object", "string")
_JUNCTORS = ("allOf", "anyOf", "oneOf")
_NOT_IN_JUNCTORS = (
    *("type", "default", "title", "description", "nullable", "additionalProperties"),
    *("x-kubernetes-preserve-unknown-fields", "x-kubernetes-embedded-resource", "x-kubernetes-int-or-string"),
    *("x-kubernetes-list-map-keys", "x-kubernetes-list-type", "x-kubernetes-map-type"),
    "x-kubernetes-validations",
)
_EMBEDDED = "x-kubernetes-embedded-resource"
_FREE, _EITHER = "x-kubernetes-preserve-unknown-fields", "x-kubernetes-int-or-string"
_SHAPES: tuple[tuple[str, tuple[type, ...], str], ...] = (
    ("items", (dict,), "no schema"),
    ("additionalProperties", (dict, bool), "neither a schema nor a boolean"),
)
_OF_METADATA = {"type", "properties", "default"}
_FORBIDDEN = ("$ref", "$schema", "additionalItems", "definitions", "dependencies", "id", "patternProperties")
_SAID_EMPTY = {
    *("$ref", "additionalItems", "additionalProperties", "default", "dependencies", "example"),
    *("externalDocs", "items", "not", "properties", "required", "x-kubernetes-list-map-keys"),
    *("x-kubernetes-list-type", "x-kubernetes-map-type", "x-kubernetes-validations"),
}
"""Words that count even where their value is empty; others are then as if they were not written."""
_SCALED = (
    ("specReplicasPath", (".spec.",)),
    ("statusReplicasPath", (".status.",)),
    ("labelSelectorPath", (".spec.", ".status.")),
)
_OF_BOTH = [{"type": "integer"}, {"type": "string"}]
_APPROVED = "api-approved.kubernetes.io"


@on("apiextensions.v1.CustomResourceDefinition")
def names(definition: dict[str, Any]) -> Wrong:
    """The object's name is made of the names that it defines; groups of Kubernetes need an approval."""
    spec = mapping(definition.get("spec"))
    group, plural = text(spec.get("group")), text(dig(spec, "names", "plural"))
    name = text(dig(definition, "metadata", "name"))
    if group and plural and name and name != f"{plural}.{group}":
        yield ("metadata", "name"), f"{brief(name)} must be plural and group, {brief(f'{plural}.{group}')}"
    if group and (wrong := subdomain(group) or (None if "." in group else f"{brief(group)} has no dot")):
        yield ("spec", "group"), wrong
    for field in ("plural", "singular", "kind", "listKind"):
        written = text(dig(spec, "names", field))
        checked = written.lower() if field.lower().endswith("kind") else written
        if written and (wrong := dns_label_1035(checked)):
            yield ("spec", "names", field), wrong
    for field in ("shortNames", "categories"):
        for index, each in enumerate(sequence(dig(spec, "names", field))):
            if wrong := dns_label_1035(text(each)):
                yield ("spec", "names", field, index), wrong
    if group.endswith((".k8s.io", ".kubernetes.io")) and not dig(
        definition, "metadata", "annotations", _APPROVED
    ):
        yield ("metadata", "annotations"), f"a group of Kubernetes' own needs `{_APPROVED}`"


@on("apiextensions.v1.CustomResourceDefinitionSpec")
def versions(spec: dict[str, Any]) -> Wrong:
    """Versions are told apart, and exactly one of them is stored."""
    if spec.get("scope") not in (None, "", "Cluster", "Namespaced"):
        yield ("scope",), f"{brief(spec['scope'])} is not one of Cluster, Namespaced"
    if spec.get("preserveUnknownFields") is True:
        yield (
            ("preserveUnknownFields",),
            "must be false; use `x-kubernetes-preserve-unknown-fields` in the schema",
        )
    listed = maps(spec.get("versions"))
    stored = [index for index, version in listed if version.get("storage") is True]
    if listed and len(stored) != 1:
        yield ("versions",), f"{len(stored)} versions have `storage: true`, exactly one must"
    known: set[str] = set()
    for index, version in listed:
        name = text(version.get("name"))
        if name in known:
            yield ("versions", index, "name"), f"{brief(name)} stands twice"
        elif name and (wrong := dns_label_1035(name)):
            yield ("versions", index, "name"), wrong
        known.add(name)


@on("apiextensions.v1.CustomResourceConversion")
def conversion(value: dict[str, Any]) -> Wrong:
    """Only a webhook converts, and it has an address."""
    if value.get("strategy") not in (None, "", "None", "Webhook"):
        yield ("strategy",), f"{brief(value['strategy'])} is not one of None, Webhook"
    client = dig(value, "webhook", "clientConfig")
    if value.get("strategy") == "Webhook":
        if client is None:
            yield ("webhook", "clientConfig"), "`strategy: Webhook` needs it"
        elif (mapping(client).get("url") is None) == (mapping(client).get("service") is None):
            yield ("webhook", "clientConfig"), "it needs `url` or `service`, and only one of them"
    elif value.get("webhook") is not None:
        yield ("webhook",), "needs `strategy: Webhook`"


@on("apiextensions.v1.CustomResourceDefinitionVersion")
def version(value: dict[str, Any]) -> Wrong:
    """A version has a structural schema; its columns and its scale are read from fields of it."""
    schema = dig(value, "schema", "openAPIV3Schema")
    if schema is None:
        yield ("schema", "openAPIV3Schema"), "`openAPIV3Schema` is required"
    else:
        for path, seen in _root(mapping(schema)):
            yield ("schema", "openAPIV3Schema", *path), seen
    if value.get("deprecationWarning") is not None and value.get("deprecated") is not True:
        yield ("deprecationWarning",), "needs `deprecated: true`"
    for index, column in maps(value.get("additionalPrinterColumns")):
        if text(column.get("type")) not in ("", *_COLUMNS):
            seen = f"{brief(column['type'])} is not one of {', '.join(_COLUMNS)}"
            yield ("additionalPrinterColumns", index, "type"), seen
        if text(column.get("format")) not in ("", *_COLUMN_FORMATS):
            seen = f"{brief(column['format'])} is not one of {', '.join(_COLUMN_FORMATS)}"
            yield ("additionalPrinterColumns", index, "format"), seen
        if column.get("jsonPath") and not text(column["jsonPath"]).startswith("."):
            seen = f"{brief(column['jsonPath'])} does not begin with `.`"
            yield ("additionalPrinterColumns", index, "jsonPath"), seen
    scale = mapping(dig(value, "subresources", "scale"))
    for field, begin in _SCALED:
        if scale.get(field) and not text(scale[field]).startswith(begin):
            words = " or ".join(f"`{each}`" for each in begin)
            yield ("subresources", "scale", field), f"{brief(scale[field])} does not begin with {words}"
    yield from _selectable(value, mapping(schema))


def _selectable(version: dict[str, Any], schema: dict[str, Any]) -> Wrong:
    """Fields by which objects can be selected are there, hold one plain value, and are no metadata."""
    for index, each in maps(version.get("selectableFields")):
        path = text(each.get("jsonPath"))
        field: Any = schema
        for name in path.removeprefix(".").split("."):
            field = mapping(mapping(field).get("properties")).get(name)
        if path and (not path.startswith(".") or path.startswith(".metadata") or field is None):
            yield ("selectableFields", index, "jsonPath"), f"{brief(path)} is no field such as `.spec.name`"
        elif path and mapping(field).get("type") not in ("string", "boolean", "integer"):
            yield ("selectableFields", index, "jsonPath"), f"{brief(path)} is no text, number or boolean"
    for index, name in duplicates(version.get("selectableFields"), "jsonPath"):
        yield ("selectableFields", index, "jsonPath"), f"{brief(name)} stands twice"


def _root(schema: dict[str, Any]) -> Wrong:
    if schema.get("type") not in (None, "", "object"):
        yield ("type",), f"{brief(schema['type'])}: a resource is an object"
    if schema.get("additionalProperties") is not None:
        yield ("additionalProperties",), "may not be used at the root"
    if schema.get("nullable") is True:
        yield ("nullable",), "may not be true at the root"
    metadata = mapping(mapping(schema.get("properties")).get("metadata"))
    names = set(mapping(metadata.get("properties")))
    if names - {"name", "generateName"} or any(
        _is_said(word, metadata[word]) for word in metadata.keys() - _OF_METADATA
    ):
        yield ("properties", "metadata"), "it may only restrict name and generateName"
    for path, below in _below((), schema):
        for inner, seen in _structural(below):
            yield (*path, *inner), seen


def _below(path: Path, schema: dict[str, Any]) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Every schema of a value, the root's first."""
    waiting = [(path, schema)]
    while waiting:
        here, each = waiting.pop()
        yield here, each
        for name, inner in mapping(each.get("properties")).items():
            waiting.append(((*here, "properties", name), mapping(inner)))
        for field in ("items", "additionalProperties"):
            if each.get(field).__class__ is dict:
                waiting.append(((*here, field), each[field]))


def _structural(schema: dict[str, Any]) -> Wrong:
    """What a schema of one value must have for the server to know each field of it."""
    kind, either, free = text(schema.get("type")), schema.get(_EITHER) is True, schema.get(_FREE) is True
    if kind and kind not in _TYPES:
        yield ("type",), f"{brief(kind)} is not one of {', '.join(_TYPES)}"
    elif not kind and not either and not free:
        yield ("type",), f"`type` is required (or `{_FREE}`, or `{_EITHER}`)"
    for field, classes, words in _SHAPES:
        if schema.get(field) is not None and schema[field].__class__ not in classes:
            yield (field,), f"{brief(schema[field])} is {words}"
    if schema.get("pattern") and is_broken(text(schema["pattern"])):
        yield ("pattern",), f"{brief(schema['pattern'])} is no regular expression"
    if kind == "array" and schema.get("items") is None:
        yield ("items",), "`type: array` needs it"
    if schema.get("properties") and schema.get("additionalProperties") not in (None, False):
        yield ("additionalProperties",), "may not be set beside `properties`"
    if either and free:
        yield (_FREE,), f"may not be set beside `{_EITHER}`"
    if schema.get(_EMBEDDED) is True and not (kind == "object" and (free or schema.get("properties"))):
        yield (_EMBEDDED,), f"needs `type: object`, and properties or `{_FREE}`"
    yield from _words(schema)
    yield from _list(schema, kind)
    yield from _junctors(schema, (), free_first=either)
    yield from _default(schema)


def _is_said(word: str, value: Any) -> bool:
    """Whether a word of a schema says something; 0 does."""
    if value is None or value is False:
        return value is False and word == _FREE
    return word in _SAID_EMPTY or value not in ("", [], {})


def _words(schema: dict[str, Any]) -> Wrong:
    """Words that no schema may use, in any place."""
    for field in _FORBIDDEN:
        if _is_said(field, schema.get(field)):
            yield (field,), "a structural schema has none"
    if schema.get(_FREE) is False:
        yield (_FREE,), "must be true, or left out"
    if schema.get("uniqueItems") is True:
        yield ("uniqueItems",), "may not be true; use `x-kubernetes-list-type: set`"
    sort = schema.get("x-kubernetes-map-type")
    if sort is not None and (sort not in ("atomic", "granular") or schema.get("type") != "object"):
        yield ("x-kubernetes-map-type",), "it is atomic or granular, and needs `type: object`"


def _list(schema: dict[str, Any], kind: str) -> Wrong:
    sort, keys = schema.get("x-kubernetes-list-type"), sequence(schema.get("x-kubernetes-list-map-keys"))
    if sort not in (None, "atomic", "set", "map"):
        yield ("x-kubernetes-list-type",), f"{brief(sort)} is not one of atomic, set, map"
    if sort is not None and kind != "array":
        yield ("x-kubernetes-list-type",), "needs `type: array`"
    if (sort == "map") != bool(keys):
        yield ("x-kubernetes-list-map-keys",), "needed where the list's type is map, and only there"
    if len(keys) != len(set(map(str, keys))):
        yield ("x-kubernetes-list-map-keys",), "a key stands twice"
    items = mapping(schema.get("items"))
    properties = mapping(items.get("properties"))
    for index, key in enumerate(keys):
        inner = properties.get(key) if key.__class__ is str else None
        if inner is None:
            yield ("x-kubernetes-list-map-keys", index), f"{brief(key)} is no field of the items"
        elif key not in sequence(items.get("required")) and "default" not in mapping(inner):
            yield ("x-kubernetes-list-map-keys", index), f"{brief(key)} must be required, or have a default"


def _junctors(schema: dict[str, Any], path: Path, *, free_first: bool) -> Wrong:
    """allOf and the like restrict values; they define no fields."""
    parts: list[tuple[Path, dict[str, Any]]] = [
        ((*path, field, index), part) for field in _JUNCTORS for index, part in maps(schema.get(field))
    ]
    if schema.get("not").__class__ is dict:
        parts.append(((*path, "not"), schema["not"]))
    for where, part in parts:
        if free_first and where[-2:-1] == ("anyOf",) and _is_of_both(schema):
            continue  # how int-or-string was written before there was a word for it
        yield from _in_junctor(part, where, free_first=free_first and where == (*path, "allOf", 0))


def _is_of_both(schema: dict[str, Any]) -> bool:
    parts = [part for _, part in maps(schema.get("anyOf"))]
    return [{key: part[key] for key in part if _is_said(key, part[key])} for part in parts] == _OF_BOTH


def _in_junctor(part: dict[str, Any], path: Path, *, free_first: bool) -> Wrong:
    for field in _NOT_IN_JUNCTORS:
        if part.get(field) not in (None, "", [], False) or (part.get(field) == "" and field in _SAID_EMPTY):
            yield (*path, field), "may not stand below allOf, anyOf, oneOf or not"
    for inner, seen in _words(part):
        yield (*path, *inner), seen
    yield from _junctors(part, path, free_first=free_first)
    for name, inner in mapping(part.get("properties")).items():
        yield from _in_junctor(mapping(inner), (*path, "properties", name), free_first=False)
    if part.get("items").__class__ is dict:
        yield from _in_junctor(part["items"], (*path, "items"), free_first=False)


def _default(schema: dict[str, Any]) -> Wrong:
    """A default is a value that the schema takes."""
    if schema.get("default") is None:
        return
    for misfit in misfits_of(schema, schema["default"]):
        yield ("default", *misfit.path), misfit.seen
