"""Fields of an object that a fault writes, and that get their values of before again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from seatrial.errors import SeatrialError
from seatrial.faults.effects.base import Effect, effect, same_object
from seatrial.faults.effects.fields import Path, in_words, json_patch, value_at
from seatrial.faults.effects.stuck_pods import delete_stuck_pods
from seatrial.kube.api import Object
from seatrial.kube.client import Kube
from seatrial.kube.errors import Conflict
from seatrial.waiting import NotYet, Ready, eventually

CONFLICT_SECONDS = 10.0
TEMPLATE: Path = ("spec", "template")


@dataclass(frozen=True)
class FieldChange:
    """One field that a fault writes.

    Attributes:
        path: see `effects.fields`.
        original: value before, None for absent.
        written: the fault's value as the API server keeps it, None for removed.
    """

    path: Path
    original: Any
    written: Any


@effect("object-fields")
@dataclass(frozen=True)
class ObjectFields(Effect):
    """Fields of one object. An empty `namespace` means cluster scope."""

    object_kind: str
    name: str
    namespace: str
    uid: str
    fields: tuple[FieldChange, ...]

    @classmethod
    def planned(cls, kube: Kube, kind: str, name: str, values: Mapping[Path, Any], *, namespace: str) -> Self:
        """The effect of writing `values`; the API server is asked what it would keep, and changes nothing.

        Raises:
            NotFound: there is no such object.
            SeatrialError: the API server would refuse the change.
        """
        obj = kube.get(kind, name, namespace=namespace)
        operations = json_patch(obj, values.items())
        kept = kube.patch(kind, name, operations, how="json", namespace=namespace, dry_run=True)
        fields = [FieldChange(path, value_at(obj, path), value_at(kept, path)) for path in values]
        return cls(kind, name, namespace, obj["metadata"]["uid"], tuple(fields))

    @classmethod
    def from_payload(cls, payload: Mapping[str, Any]) -> Self:
        fields = tuple(FieldChange(tuple(f["path"]), f["original"], f["written"]) for f in payload["fields"])
        return cls(**{**payload, "fields": fields})

    def __str__(self) -> str:
        return f"{self.object_kind.lower()}/{self.name}"

    @property
    def touches(self) -> frozenset[str]:
        return frozenset(f"{in_words(item.path)} of {self.namespace}/{self}" for item in self.fields)

    def apply(self, kube: Kube) -> None:
        def attempt() -> Ready[None] | NotYet:
            current = kube.get(self.object_kind, self.name, namespace=self.namespace)
            if current["metadata"]["uid"] != self.uid:
                raise SeatrialError(f"{self} was replaced before its fields could be written")
            try:
                self._write(kube, current, [(item.path, item.written) for item in self.fields])
            except Conflict as error:
                return NotYet(error.what)  # a kubelet reports its node all the time
            return Ready(None)

        eventually(attempt, within_seconds=CONFLICT_SECONDS, what=f"fields of {self} written")

    def revert(self, kube: Kube) -> str:
        """Restore the fields, unless somebody changed one of them since: then the object is their affair.

        A field that has its original value again is no reason to leave the others.
        """

        def attempt() -> Ready[str] | NotYet:
            try:
                return Ready(self._restore(kube))
            except Conflict as error:
                return NotYet(error.what)  # changed between reading and writing: look at it again

        return eventually(attempt, within_seconds=CONFLICT_SECONDS, what=f"fields of {self} restored")

    def _restore(self, kube: Kube) -> str:
        current = same_object(kube.find(self.object_kind, self.name, namespace=self.namespace), self.uid)
        if isinstance(current, str):
            return f"{self} {current}"
        foreign = [in_words(item.path) for item in self.fields if changed_by_others(current, item)]
        if foreign:
            return f"{self} is left as it is: {', '.join(foreign)} was changed by somebody else"
        to_restore = [item for item in self.fields if still_written(current, item)]
        if to_restore:
            current = self._write(kube, current, [(item.path, item.original) for item in to_restore])
        sentence = f"{self} restored" if to_restore else f"{self} was as before"
        if self.object_kind == "StatefulSet" and any(item.path[:2] == TEMPLATE for item in self.fields):
            # Also when the template was restored already: the process that did it may have been killed then.
            sentence += delete_stuck_pods(kube, current)
        return sentence

    def _write(self, kube: Kube, current: Object, values: list[tuple[Path, Any]]) -> Object:
        """Set each path to its value, as a change of exactly the version that was read."""
        operations = json_patch(current, values)
        version = current["metadata"]["resourceVersion"]
        operations.append({"op": "replace", "path": "/metadata/resourceVersion", "value": version})
        return kube.patch(self.object_kind, self.name, operations, how="json", namespace=self.namespace)


def still_written(current: Mapping[str, Any], change: FieldChange) -> bool:
    """Whether the field still has the value that the fault wrote, and needs restoring."""
    return bool(value_at(current, change.path) == change.written != change.original)


def changed_by_others(current: Mapping[str, Any], change: FieldChange) -> bool:
    """Whether the field has neither the value of before nor the fault's; absent and false are the same."""
    value = value_at(current, change.path)
    return value not in (change.written, change.original) and (bool(value) or bool(change.original))
