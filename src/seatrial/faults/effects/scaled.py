"""A workload that a fault scales, and that gets its number of replicas of before again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from seatrial.errors import SeatrialError
from seatrial.faults.effects.base import Effect, effect, same_object
from seatrial.kube.api import Object
from seatrial.kube.client import Kube


@effect("scaled")
@dataclass(frozen=True)
class Scaled(Effect):
    """A Deployment or StatefulSet of the namespace, scaled through its `scale` subresource."""

    object_kind: str
    name: str
    uid: str
    original: int
    written: int

    @classmethod
    def planned(cls, kube: Kube, kind: str, name: str, replicas: int) -> Self:
        """The effect of scaling to `replicas`. Raises NotFound."""
        current = kube.get(kind, name)
        return cls(kind, name, current["metadata"]["uid"], replicas_of(current), replicas)

    def __str__(self) -> str:
        return f"{self.object_kind.lower()}/{self.name}"

    @property
    def touches(self) -> frozenset[str]:
        return frozenset([f"replicas of {self}"])

    def apply(self, kube: Kube) -> None:
        if kube.get(self.object_kind, self.name)["metadata"]["uid"] != self.uid:
            raise SeatrialError(f"{self} was replaced before it could be scaled")
        kube.scale(self.object_kind, self.name, self.written)

    def revert(self, kube: Kube) -> str:
        current = same_object(kube.find(self.object_kind, self.name), self.uid)
        if isinstance(current, str):
            return f"{self} {current}"
        replicas = replicas_of(current)
        if replicas == self.original:
            return f"{self} was as before"
        if replicas != self.written:
            return f"{self} is left as it is: somebody else scaled it to {replicas}"
        kube.scale(self.object_kind, self.name, self.original)
        return f"{self} scaled back to {self.original}"


def replicas_of(workload: Object) -> int:
    """The replicas that a workload wants; 1 where it does not say."""
    replicas = (workload.get("spec") or {}).get("replicas")
    return 1 if replicas is None else int(replicas)
