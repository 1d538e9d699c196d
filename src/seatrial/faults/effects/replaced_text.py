"""A text in a value of a ConfigMap or a Secret that a fault replaces, and that gets back its place."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from seatrial.errors import SeatrialError
from seatrial.faults.effects.base import Effect, effect, same_object
from seatrial.kube.client import Kube
from seatrial.kube.errors import Conflict
from seatrial.waiting import NotYet, Ready, eventually

CONFLICT_SECONDS = 10.0
SECRET = "Secret"


@effect("replaced-text")
@dataclass(frozen=True)
class ReplacedText(Effect):
    """One text in one key, wherever it stands there. The value itself is never kept: it may be secret.

    Attributes:
        new: must not have been in the value before; else it could not be put back.
    """

    object_kind: str
    name: str
    uid: str
    key: str
    old: str
    new: str

    def __str__(self) -> str:
        return f"{self.object_kind.lower()}/{self.name}"

    @property
    def touches(self) -> frozenset[str]:
        return frozenset([f"{self.key} of {self}"])

    def apply(self, kube: Kube) -> None:
        def attempt() -> Ready[None] | NotYet:
            current = kube.get(self.object_kind, self.name)
            if current["metadata"]["uid"] != self.uid:
                raise SeatrialError(f"{self} was replaced before its text could be")
            value = value_of(current, self.key) or ""
            return self._written(kube, current, value.replace(self.old, self.new))

        eventually(attempt, within_seconds=CONFLICT_SECONDS, what=f"text of {self} replaced")

    def revert(self, kube: Kube) -> str:
        current = same_object(kube.find(self.object_kind, self.name), self.uid)
        if isinstance(current, str):
            return f"{self} {current}"
        if self.new not in (value_of(current, self.key) or ""):
            return f"{self} was as before, or somebody else has changed it"

        def attempt() -> Ready[None] | NotYet:
            now = kube.get(self.object_kind, self.name)
            return self._written(kube, now, (value_of(now, self.key) or "").replace(self.new, self.old))

        eventually(attempt, within_seconds=CONFLICT_SECONDS, what=f"text of {self} put back")
        return f"{self} restored"

    def _written(self, kube: Kube, current: Mapping[str, Any], value: str) -> Ready[None] | NotYet:
        """Write the value, as a change of exactly the version that was read."""
        text = base64.b64encode(value.encode()).decode() if self.object_kind == SECRET else value
        version = {"resourceVersion": current["metadata"]["resourceVersion"]}
        try:
            kube.patch(self.object_kind, self.name, {"metadata": version, "data": {self.key: text}})
        except Conflict as error:
            return NotYet(error.what)
        return Ready(None)


def value_of(obj: Mapping[str, Any], key: str) -> str | None:
    """The value of a key as text; None where there is none, or it is no text."""
    value = (obj.get("data") or {}).get(key)
    if value is None or obj.get("kind") != SECRET:
        return None if value is None else str(value)
    try:
        return base64.b64decode(value).decode()
    except ValueError:
        return None
