"""One object of a built-in kind against the table and the server's rules: why it would be refused."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any, NamedTuple

from seatrial.declared.server.fields import Forms, enforced, forms_of, not_enforced
from seatrial.declared.server.formats import is_base64, is_quantity, is_time, not_empty, qualified
from seatrial.declared.server.misfit import (
    LABEL,
    MISSING,
    TOGETHER,
    TYPE,
    UNKNOWN,
    VALUE,
    Misfit,
    nearest,
    sort_of,
)
from seatrial.declared.server.rules import RULES
from seatrial.declared.server.rules.metadata import named
from seatrial.declared.server.table import Field, Kubernetes
from seatrial.declared.values import Path, brief

_SORTS: dict[str, tuple[str, tuple[type, ...]]] = {
    "s": ("text", (str,)),
    "b": ("a boolean", (bool,)),
    "i": ("a whole number", (int,)),
    "l": ("a whole number", (int,)),
    "n": ("a number", (int, float)),
    "m": ("a mapping", (dict,)),
    "t": ("a time such as 2027-01-31T00:00:00Z", (str,)),
    "y": ("base64 text", (str, list)),
    "q": ("a quantity such as 500m or 2Gi", (str, int, float)),
    "x": ("a whole number or text", (str, int)),
    "o": ("anything", (object,)),
}
_DECODERS: dict[str, Callable[[Any], bool]] = {"q": is_quantity, "y": is_base64, "t": is_time}
_BELOW_ONLY_READ = frozenset({"status", "managedFields"})
"""Fields that the server fills in: what is written there is decoded and then dropped."""
_NEVER_LOOKED_AT = frozenset({("autoscaling.v2.MetricIdentifier", "selector")})
_WRITTEN_BY_THE_SERVER = frozenset({"selfLink", "uid", "resourceVersion", "generation"})


_METADATA: tuple[Path, str] = (("metadata",), "meta.v1.ObjectMeta")
_TEMPLATED: dict[tuple[str, str], tuple[tuple[Path, str], ...]] = {
    ("argoproj.io", "Rollout"): ((("spec", "template"), "core.v1.PodTemplateSpec"),),
}
"""Custom resources that hold a definition of Kubernetes, and where."""
_LABELLED = frozenset({"labels", "annotations"})
_FREE_FINALIZERS = frozenset(
    {
        *("admissionregistration.k8s.io", "apiextensions.k8s.io", "apiregistration.k8s.io"),
        *("coordination.k8s.io", "node.k8s.io", "policy"),
    }
)
"""Groups whose objects have finalizers without a domain, as custom resources may."""
_OF_ITS_CONTROLLER: frozenset[Path] = frozenset(
    {("spec", "template", "spec", "hostname"), ("spec", "template", "spec", "subdomain")}
)
"""What a StatefulSet's controller sets in each pod: the server does not look at it."""


def _about_labels(misfit: Misfit) -> Misfit:
    """Labels and annotations have a rule of their own."""
    below = misfit.path[misfit.path.index("metadata") + 1 :] if "metadata" in misfit.path else ()
    return misfit._replace(sort=LABEL) if below[:1] in (("labels",), ("annotations",)) else misfit


class _Shape(NamedTuple):
    """A definition, made ready: its fields, forms of their values, the required ones, and its rules."""

    fields: dict[str, Field]
    forms: dict[str, Forms]
    required: tuple[str, ...]
    rules: tuple[Callable[[Any], Iterator[tuple[Path, str]]], ...]


class Server:
    """What one version's API server takes."""

    def __init__(self, kubernetes: Kubernetes) -> None:
        self.kubernetes = kubernetes
        self._shapes: dict[str, _Shape] = {}

    def misfits(self, data: dict[str, Any]) -> list[Misfit]:
        """Everything for which the server would refuse an object; nothing for kinds that are not built in."""
        api, kind = data.get("apiVersion"), data.get("kind")
        if api.__class__ is not str or kind.__class__ is not str:
            return []
        definition = self.kubernetes.definition_of(str(api), str(kind))
        found: list[Misfit] = []
        if definition is not None:
            self._walk(definition, data, (), found, False)
            if self.kubernetes.is_cluster_wide(str(api), str(kind)):
                found = [misfit for misfit in found if misfit.path != ("metadata", "namespace")]
            if kind == "StatefulSet":
                found = [each for each in found if each.sort == TYPE or each.path not in _OF_ITS_CONTROLLER]
            if str(api).partition("/")[0] in _FREE_FINALIZERS:
                found = [each for each in found if not _is_free_finalizer(each.path, data)]
            found.extend(Misfit(path, VALUE, seen) for path, seen in named(data))
        elif not self.kubernetes.has_group(str(api).rpartition("/")[0]):
            self._custom(data, str(api).rpartition("/")[0], str(kind), found)
        return [_about_labels(misfit) if _LABELLED & set(misfit.path) else misfit for misfit in found]

    def _custom(self, data: dict[str, Any], group: str, kind: str, found: list[Misfit]) -> None:
        """What is known of custom resources: their metadata, and a pod template where they have one."""
        for path, definition in (_METADATA, *_TEMPLATED.get((group, kind), ())):
            value: Any = data
            for key in path:
                value = value.get(key) if value.__class__ is dict else None
            if value.__class__ is dict:
                self._walk(definition, value, path, found, False)
        found[:] = [each for each in found if not _is_free_finalizer(each.path, data)]
        found.extend(Misfit(path, VALUE, seen) for path, seen in named(data, built_in=False))

    def _shape(self, definition: str) -> _Shape:
        shape = self._shapes.get(definition)
        if shape is None:
            fields = self.kubernetes.fields_of(definition)
            lax = not_enforced(definition)
            required = (*(name for name, field in fields.items() if field.required and name not in lax),)
            required += tuple(enforced(definition))
            rules = tuple(RULES.get(definition, ()))
            shape = self._shapes[definition] = _Shape(fields, forms_of(definition), required, rules)
        return shape

    def _walk(
        self, definition: str, data: dict[str, Any], path: Path, found: list[Misfit], read: bool
    ) -> None:
        """Args: read: the object is only decoded here, not validated (a status)."""
        shape = self._shape(definition)
        before = len(found)
        for key, value in data.items():
            field = shape.fields.get(key)
            if field is None:
                found.append(_unknown(key, (*path, key), shape))
            elif value is not None:
                known = len(found)
                only_read = read or _is_only_read(definition, path, key)
                self._field(field, value, (*path, key), found, only_read)
                forms = shape.forms.get(key)
                if forms and not only_read and len(found) == known:
                    found.extend(_malformed(forms, field, value, (*path, key)))
        if read:
            return
        misspelt = {near for key in data if key not in shape.fields and (near := nearest(key, shape.fields))}
        for key in shape.required:
            value = data.get(key)
            if key in misspelt and key not in data:
                continue  # one fault, and the unknown field names it
            if value is None or value == "" or (value == [] and shape.fields[key].wrap):
                found.append(Misfit((*path, key), MISSING, f"`{key}` is required"))
        if shape.rules and not any(item.sort == TYPE for item in found[before:]):
            for rule in shape.rules:
                found.extend(
                    Misfit((*path, *below), TOGETHER, seen)
                    for below, seen in rule(data)
                    if below or not misspelt  # what the whole lacks is the field that is misspelt
                )

    def _field(self, field: Field, value: Any, path: Path, found: list[Misfit], read: bool) -> None:
        if not field.wrap:
            self._value(field, value, path, found, read)
        elif field.wrap == "[":
            if value.__class__ is not list:
                found.append(_wrong_type(value, path, "a list"))
                return
            for index, item in enumerate(value):
                if item is not None:
                    self._value(field, item, (*path, index), found, read)
                elif field.sort == "s" or "." in field.sort:  # null in a list is an empty text or object
                    self._value(field, "" if field.sort == "s" else {}, (*path, index), found, read)
        elif value.__class__ is not dict:
            found.append(_wrong_type(value, path, "a mapping"))
        else:
            for key, item in value.items():
                if item is not None:
                    self._value(field, item, (*path, key), found, read)

    def _value(self, field: Field, value: Any, path: Path, found: list[Misfit], read: bool) -> None:
        plain = _SORTS.get(field.sort)
        if plain is None:
            if field.sort.startswith("["):
                inner = Field("[", field.sort[1:], False, frozenset())
                self._field(inner, value, path, found, read)
            elif value.__class__ is dict:
                self._walk(field.sort, value, path, found, read)
            else:
                found.append(_wrong_type(value, path, "a mapping"))
        elif not _fits(field.sort, value, plain[1]):
            found.append(_wrong_type(value, path, plain[0]))
        elif field.values and not read and value not in field.values and (value != "" or field.wrap):
            taken = ", ".join(sorted(field.values - {""}))
            found.append(Misfit(path, VALUE, f"{brief(value)} is not one of {taken}"))


def _is_free_finalizer(path: Path, data: dict[str, Any]) -> bool:
    """Whether it is a finalizer without a domain, which only kinds of the core must not have."""
    if path[:2] != ("metadata", "finalizers") or len(path) != 3:
        return False
    given = data["metadata"]["finalizers"][path[2]]
    return given.__class__ is str and qualified(given) is None


def _is_only_read(definition: str, path: Path, key: str) -> bool:
    """Whether a field is decoded and not looked at: of metadata within templates, all but the labels."""
    if not path[1:] and key in _BELOW_ONLY_READ:
        return True
    if definition != _METADATA[1] or path == ("metadata",):
        return (definition, key) in _NEVER_LOOKED_AT
    return key not in _LABELLED or path[-2:-1] not in (("template",), ("volumeClaimTemplate",))


def _fits(sort: str, value: Any, classes: tuple[type, ...]) -> bool:
    if sort in "sbm":
        return value.__class__ is classes[0]
    if sort == "o":
        return True
    if sort in "ilx":
        if value.__class__ is str:
            return sort == "x"
        whole = value.__class__ is int or (value.__class__ is float and value.is_integer())
        return whole and (-(2**63) <= value < 2**63 if sort == "l" else -(2**31) <= value < 2**31)
    if value.__class__ not in classes:
        return False
    decode = _DECODERS.get(sort)
    return decode is None or decode(value)


def _wrong_type(value: Any, path: Path, takes: str) -> Misfit:
    return Misfit(path, TYPE, f"{brief(value)} is {sort_of(value)}, the API takes {takes}")


def _unknown(key: str, path: Path, shape: _Shape) -> Misfit:
    near = nearest(key, shape.fields)
    hint = f"; did you mean `{near}`?" if near else ""
    return Misfit(path, UNKNOWN, f"{brief(key)} is no field here{hint}")


def _malformed(forms: Forms, field: Field, value: Any, path: Path) -> Iterator[Misfit]:
    """What is wrong with the form of a field's value, or of each of its values and keys."""
    values: list[tuple[Path, Any]] = [(path, value)]
    if field.wrap == "[":
        empty = "" if field.sort == "s" else None
        values = [((*path, index), empty if item is None else item) for index, item in enumerate(value)]
    elif field.wrap == "{":
        values = [((*path, key), item) for key, item in value.items()]
        for key in value if forms.keys else ():
            if wrong := next(filter(None, (check(key) for check in forms.keys)), None):
                yield Misfit((*path, key), VALUE, wrong)
    for where, item in values:
        if item is None or _is_as_if_unwritten(item, field, forms):
            continue
        if wrong := next(filter(None, (check(item) for check in forms.values)), None):
            yield Misfit(where, VALUE, wrong)


def _is_as_if_unwritten(item: Any, field: Field, forms: Forms) -> bool:
    """Whether a value is the empty text where that counts as none: not where a number may stand, too."""
    if item != "" or field.wrap or not_empty in forms.values:
        return False
    return field.required or field.sort != "x"


@cache
def server_of(version: str | None = None) -> Server:
    """The API server of one version of Kubernetes; without one, of the newest known. Raises BadInput."""
    return Server(Kubernetes(version))
