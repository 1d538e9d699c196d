"""Custom resources against the schemas of their definitions, as a server with strict validation.

A schema is structural: it says the type of every field, so what it does not name is unknown, unless
`x-kubernetes-preserve-unknown-fields` keeps it. Rules in CEL (`x-kubernetes-validations`) are not evaluated.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from seatrial.declared.server.bounds import bounds
from seatrial.declared.server.formats import dns_label_1035, path_segment
from seatrial.declared.server.misfit import MISSING, TOGETHER, TYPE, UNKNOWN, VALUE, Misfit, nearest, sort_of
from seatrial.declared.values import Path, brief, dig, mapping, maps, sequence, text

_KEEPS, _EITHER = "x-kubernetes-preserve-unknown-fields", "x-kubernetes-int-or-string"
_EMBEDDED = "x-kubernetes-embedded-resource"
_METADATA_TEXT = (
    "annotations creationTimestamp deletionGracePeriodSeconds deletionTimestamp finalizers generateName "
    "generation labels managedFields name namespace ownerReferences resourceVersion selfLink uid"
)
_METADATA = frozenset(_METADATA_TEXT.split())
_OF_EVERY_OBJECT = frozenset({"apiVersion", "kind", "metadata"})
_NUMBERS = ("integer", "number")
_TYPES: dict[str, tuple[str, tuple[type, ...]]] = {
    "object": ("a mapping", (dict,)),
    "array": ("a list", (list,)),
    "string": ("text", (str,)),
    "boolean": ("a boolean", (bool,)),
    "number": ("a number", (int, float)),
    "integer": ("a whole number", (int,)),
}


class Custom(NamedTuple):
    """One version of a custom kind.

    Attributes:
        schema: of its objects. prunes: whether unknown fields are dropped, and refused where asked strictly.
        status: whether `status` is a resource of its own, which is not judged with the object.
    """

    schema: dict[str, Any]
    prunes: bool = True
    status: bool = False


class Schemas:
    """Schemas of custom resources, by group, version and kind.

    Args:
        definitions: CustomResourceDefinitions, decoded; others are left out.
    """

    def __init__(self, definitions: Iterable[dict[str, Any]] = ()) -> None:
        self._known: dict[tuple[str, str, str], Custom] = {}
        self._served: dict[tuple[str, str], list[str]] = {}
        for definition in definitions:
            self.add_definition(definition)

    def add(self, group: str, version: str, kind: str, schema: dict[str, Any]) -> None:
        """A schema that does not stand in a CustomResourceDefinition; the kind's case does not count."""
        self._known.setdefault((group, version, kind.lower()), Custom(schema))

    def add_definition(self, definition: dict[str, Any]) -> None:
        """Take the schemas of a CustomResourceDefinition; other objects have none."""
        spec = mapping(definition.get("spec"))
        group, kind = text(spec.get("group")), text(dig(spec, "names", "kind")).lower()
        if definition.get("kind") != "CustomResourceDefinition" or not group or not kind:
            return
        served = self._served.setdefault((group, kind), [])
        written = maps(spec.get("versions")) or [(0, {"name": spec.get("version"), "served": True})]
        for _, version in written:
            name = text(version.get("name"))
            schema = dig(version, "schema", "openAPIV3Schema") or dig(spec, "validation", "openAPIV3Schema")
            if version.get("served") is True:
                served.append(name)
            if schema.__class__ is dict:
                status = "status" in mapping(version.get("subresources") or spec.get("subresources"))
                prunes = spec.get("preserveUnknownFields") is not True
                self._known[group, name, kind] = Custom(schema, prunes, status)

    def misfits(self, data: dict[str, Any]) -> list[Misfit]:
        """Why the server would refuse an object; nothing where its kind is not known here."""
        group, _, version = text(data.get("apiVersion")).rpartition("/")
        kind = text(data.get("kind")).lower()
        served = self._served.get((group, kind))
        if served is not None and version not in served:
            told = f"{brief(version)} is not served, {', '.join(served) or 'no version'} is"
            return [Misfit(("apiVersion",), VALUE, told)]
        custom = self._known.get((group, version, kind))
        if custom is None:
            return []
        schema = {**custom.schema, _EMBEDDED: True}  # every object has metadata, named or not
        found = list(_walk(schema, data, (), custom.prunes))
        if not any(dig(data, "metadata", field) for field in ("name", "generateName")):
            found.append(Misfit(("metadata", "name"), MISSING, "it has no name"))
        if custom.status:
            found = [each for each in found if each.path[:1] != ("status",) or each.sort == UNKNOWN]
        return found


def misfits_of(schema: dict[str, Any], value: Any) -> list[Misfit]:
    """What is wrong with a value of a schema: a field's default, for one."""
    return list(_walk(schema, value, (), True))


def _walk(schema: dict[str, Any], value: Any, path: Path, prunes: bool) -> Iterator[Misfit]:
    """What is wrong with a value; `prunes`: whether a field that no schema names is wrong, too."""
    wrong = _type_of(schema, value)
    if wrong:
        yield Misfit(path, TYPE, f"{brief(value)} is {sort_of(value)}, the API takes {wrong}")
        return
    if value.__class__ is dict:
        yield from _mapping(schema, value, path, prunes)
    elif value.__class__ is list:
        items = mapping(schema.get("items"))
        for index, item in enumerate(value):
            yield from _walk(items, item, (*path, index), prunes)
        yield from _list(schema, value, path)
    yield from (Misfit(path, VALUE, seen) for seen in bounds(schema, value))
    yield from _combined(schema, value, path)


def _type_of(schema: dict[str, Any], value: Any) -> str:
    """What the API takes instead, in words; empty where the type fits."""
    if value is None:
        nullable = schema.get("nullable") is True or not schema.get("type")
        return "" if nullable else _TYPES.get(text(schema.get("type")), ("something", ()))[0]
    if schema.get(_EITHER) is True:
        fits = value.__class__ is str or value.__class__ is int
        return "" if fits else "a whole number or text"
    if schema.get("format") and schema.get("type") not in _NUMBERS and value.__class__ in (str, list):
        return ""  # the server takes a list for bytes, which a text with a format may be
    words, classes = _TYPES.get(text(schema.get("type")), ("", (value.__class__,)))
    whole = words == "a whole number" and value.__class__ is float and value.is_integer()
    return "" if whole or value.__class__ in classes else words


def _mapping(schema: dict[str, Any], value: dict[str, Any], path: Path, prunes: bool) -> Iterator[Misfit]:
    if path and schema.get(_EMBEDDED) is True:
        yield from _embedded(value, path)
    properties, rest = mapping(schema.get("properties")), schema.get("additionalProperties")
    own = _OF_EVERY_OBJECT if schema.get(_EMBEDDED) is True else frozenset()
    for key, item in value.items():
        if key in own and (not path or key not in properties):
            continue  # metadata and the like are judged for every object alike
        inner = properties.get(key, rest)
        if item is None and inner.__class__ is dict and inner.get("nullable") is not True:
            continue  # dropped before anything is judged
        if inner.__class__ is dict:
            yield from _walk(inner, item, (*path, key), prunes)
        elif prunes and inner is not True and schema.get(_KEEPS) is not True:
            yield _unknown(key, (*path, key), properties)
    near = {nearest(key, properties) for key in value if key not in properties}
    for key in sequence(schema.get("required")):
        inner = mapping(properties.get(key))
        absent = key not in value or (value[key] is None and inner.get("nullable") is not True)
        if absent and "default" not in inner and key not in near and key not in own:
            yield Misfit((*path, key), MISSING, f"`{key}` is required")


def _embedded(value: dict[str, Any], path: Path) -> Iterator[Misfit]:
    """An object within another one has its kind and version, and metadata as every object."""
    for key in ("apiVersion", "kind"):
        if not value.get(key):
            yield Misfit((*path, key), MISSING, f"`{key}` is required")
        elif value[key].__class__ is not str:
            yield Misfit((*path, key), TYPE, f"{brief(value[key])} is {sort_of(value[key])}, not text")
    kind, metadata = text(value.get("kind")), value.get("metadata")
    if kind and (wrong := dns_label_1035(kind.lower())):
        yield Misfit((*path, "kind"), VALUE, wrong)
    if metadata is not None and metadata.__class__ is not dict:
        yield Misfit((*path, "metadata"), TYPE, f"{brief(metadata)} is {sort_of(metadata)}, not a mapping")
    for key, item in mapping(metadata).items():
        where = (*path, "metadata", key)
        if key not in _METADATA:
            yield Misfit(where, UNKNOWN, f"{brief(key)} is no field here")
        elif key in ("name", "namespace") and item is not None and item.__class__ is not str:
            yield Misfit(where, TYPE, f"{brief(item)} is {sort_of(item)}, not text")
    if wrong := path_segment(text(mapping(metadata).get("name"))):
        yield Misfit((*path, "metadata", "name"), VALUE, wrong)


def _unknown(key: str, path: Path, properties: dict[str, Any]) -> Misfit:
    near = nearest(key, properties)
    hint = f"; did you mean `{near}`?" if near else ""
    return Misfit(path, UNKNOWN, f"{brief(key)} is no field here{hint}")


def _list(schema: dict[str, Any], value: list[Any], path: Path) -> Iterator[Misfit]:
    """Lists that are sets or maps hold each member once."""
    sort, keys = schema.get("x-kubernetes-list-type"), sequence(schema.get("x-kubernetes-list-map-keys"))
    if sort not in ("set", "map"):
        return
    properties = mapping(mapping(schema.get("items")).get("properties"))
    defaults = {key: mapping(properties.get(key)).get("default") for key in keys}
    known: list[Any] = []
    for index, item in enumerate(value):
        name = item if sort == "set" else [mapping(item).get(key, defaults[key]) for key in keys]
        if name in known:
            told = brief(name if sort == "set" else ", ".join(map(str, name)))
            yield Misfit((*path, index), TOGETHER, f"{told} stands in the list already")
        known.append(name)


def _combined(schema: dict[str, Any], value: Any, path: Path) -> Iterator[Misfit]:
    """allOf, anyOf, oneOf and not: they name no fields of their own, so nothing is unknown to them."""
    for part in sequence(schema.get("allOf")):
        yield from _walk(mapping(part), value, path, False)
    for word, least, most in (("anyOf", 1, None), ("oneOf", 1, 1)):
        parts = [mapping(part) for part in sequence(schema.get(word))]
        if not parts:
            continue
        failing = [list(_walk(part, value, path, False)) for part in parts]
        fitting = sum(not each for each in failing)
        if fitting < least:
            inner = min(failing, key=len)[0]
            yield Misfit(path, TOGETHER, f"it fits none of {len(parts)} forms; of the nearest: {inner.seen}")
        elif most is not None and fitting > most:
            yield Misfit(path, TOGETHER, f"it fits {fitting} forms of which only one may be used")
    if schema.get("not").__class__ is dict and not any(_walk(schema["not"], value, path, False)):
        yield Misfit(path, TOGETHER, "it has a form that is excluded here")
