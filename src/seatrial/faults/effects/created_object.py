"""An object that a fault creates, such as a NetworkPolicy, and that is deleted again."""

from __future__ import annotations

import copy
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from seatrial.errors import SeatrialError
from seatrial.faults.effects.base import Effect, effect
from seatrial.kube.api import Object
from seatrial.kube.client import Kube
from seatrial.kube.errors import Conflict

MARK = "seatrial.dev/created-by"
GONE_SECONDS = 60.0


@effect("created-object")
@dataclass(frozen=True)
class CreatedObject(Effect):
    """One object, with a mark by which a later process knows that it is ours: its uid is not known before."""

    body: Object
    namespace: str
    mark: str

    @classmethod
    def planned(cls, body: Mapping[str, Any], *, namespace: str) -> Self:
        """The effect of creating `body`, marked; an empty `namespace` means cluster scope."""
        mark = uuid.uuid4().hex
        marked = copy.deepcopy(dict(body))
        annotations = marked["metadata"].setdefault("annotations", {})
        annotations[MARK] = mark
        return cls(marked, namespace, mark)

    def __str__(self) -> str:
        return f"{self.body['kind'].lower()}/{self.body['metadata']['name']}"

    @property
    def touches(self) -> frozenset[str]:
        return frozenset([f"{self.namespace}/{self}"])

    def apply(self, kube: Kube) -> None:
        try:
            kube.create(self.body, namespace=self.namespace)
        except Conflict as error:
            if not self._is_ours(self._find(kube)):
                raise SeatrialError(f"{self} is there already, and is not ours", where=error.what) from error

    def revert(self, kube: Kube) -> str:
        current = self._find(kube)
        if current is None:
            return f"{self} is gone"
        if not self._is_ours(current):
            return f"{self} is another object of that name, which is left as it is"
        kind, name, uid = self.body["kind"], current["metadata"]["name"], current["metadata"]["uid"]
        deleted = kube.remove(kind, name, uid=uid, namespace=self.namespace, within_seconds=GONE_SECONDS)
        return f"{self} deleted" if deleted else f"{self} is gone"

    def _find(self, kube: Kube) -> Object | None:
        return kube.find(self.body["kind"], self.body["metadata"]["name"], namespace=self.namespace)

    def _is_ours(self, current: Object | None) -> bool:
        annotations = {} if current is None else current["metadata"].get("annotations") or {}
        return bool(annotations.get(MARK) == self.mark)
