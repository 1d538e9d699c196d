"""An object that a fault deletes and that no controller brings back: it is created again as it was."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from seatrial.errors import FaultRefused
from seatrial.faults.effects.base import Effect, effect
from seatrial.kube.api import Object
from seatrial.kube.client import Kube
from seatrial.kube.errors import Conflict, NotFound
from seatrial.waiting import NotYet, Ready, eventually

GONE_SECONDS = 60.0
OF_THE_SERVER = (
    *("uid", "resourceVersion", "generation", "creationTimestamp", "managedFields", "selfLink"),
    *("deletionTimestamp", "deletionGracePeriodSeconds"),
)
"""Metadata that the API server gives, and that an object must not be created with."""
BY_DELETION = ("foregroundDeletion", "orphan")
"""Finalizers that a deletion itself adds."""


@effect("deleted-object")
@dataclass(frozen=True)
class DeletedObject(Effect):
    """One object as it was. An empty `namespace` means cluster scope."""

    body: Object
    namespace: str
    uid: str

    @classmethod
    def planned(cls, kube: Kube, kind: str, name: str, *, namespace: str) -> Self:
        """The effect of deleting the object.

        Raises:
            NotFound: there is no such object.
            FaultRefused: it is a Secret, whose values must not lie in the journal.
        """
        if kind == "Secret":
            raise FaultRefused(
                f"secret/{name} is not deleted: to bring it back its values would have to be written down"
            )
        current = kube.get(kind, name, namespace=namespace)
        return cls(without_status(current), namespace, current["metadata"]["uid"])

    def __str__(self) -> str:
        return f"{self.body['kind'].lower()}/{self.body['metadata']['name']}"

    @property
    def touches(self) -> frozenset[str]:
        return frozenset([f"{self.namespace}/{self}"])

    def apply(self, kube: Kube) -> None:
        try:
            kube.delete(self.body["kind"], self._name, uid=self.uid, namespace=self.namespace)
        except NotFound:
            return
        except Conflict as error:
            raise FaultRefused(f"{self} was replaced before it could be deleted", where=error.what) from error

    def revert(self, kube: Kube) -> str:
        current = eventually(
            lambda: self._at_rest(kube), within_seconds=GONE_SECONDS, what=f"deletion of {self}"
        )
        if current is not None and current["metadata"]["uid"] == self.uid:
            return f"{self} was as before"
        if current is not None:
            return f"{self} is there again, and is left as it is"
        try:
            kube.create(self.body, namespace=self.namespace)
        except Conflict:
            return f"{self} is there again, and is left as it is"
        return f"{self} created again"

    def _at_rest(self, kube: Kube) -> Ready[Object | None] | NotYet:
        """What has the object's name now; waits while that is being deleted."""
        current = kube.find(self.body["kind"], self._name, namespace=self.namespace)
        if current is not None and current["metadata"].get("deletionTimestamp"):
            return NotYet("it is being deleted")
        return Ready(current)

    @property
    def _name(self) -> str:
        return str(self.body["metadata"]["name"])


def without_status(obj: Mapping[str, Any]) -> Object:
    """The object as somebody would create it: no status, and no metadata that the API server gives."""
    metadata = {key: value for key, value in obj["metadata"].items() if key not in OF_THE_SERVER}
    finalizers = [name for name in metadata.pop("finalizers", None) or () if name not in BY_DELETION]
    if finalizers:
        metadata["finalizers"] = finalizers
    return {key: value for key, value in obj.items() if key != "status"} | {"metadata": metadata}
