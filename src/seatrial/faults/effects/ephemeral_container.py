"""A container that a fault adds to a running pod, and that goes only together with the pod."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from seatrial.errors import SeatrialError
from seatrial.faults.effects.base import Effect, effect
from seatrial.kube.api import Object
from seatrial.kube.client import Kube
from seatrial.kube.errors import Conflict, NotFound
from seatrial.waiting import NotYet, Ready, eventually

GONE_SECONDS = 120.0


@effect("ephemeral-container")
@dataclass(frozen=True)
class EphemeralContainer(Effect):
    """An ephemeral container of one pod. It cannot be removed: reverting it replaces the pod."""

    pod: str
    uid: str
    name: str
    body: Object

    @classmethod
    def planned(cls, kube: Kube, pod: str, body: Object) -> Self:
        """The effect of adding the container `body` to the pod. Raises NotFound."""
        return cls(pod, kube.get("Pod", pod)["metadata"]["uid"], str(body["name"]), body)

    def __str__(self) -> str:
        return f"pod/{self.pod}"

    @property
    def touches(self) -> frozenset[str]:
        return frozenset([f"ephemeral container {self.name} of {self}"])

    def apply(self, kube: Kube) -> None:
        current = kube.get("Pod", self.pod)
        if current["metadata"]["uid"] != self.uid:
            raise SeatrialError(f"{self} was replaced before it could be given a container")
        if not self._has_it(current):
            # The strategic merge goes by name, so that containers that others added stay.
            body = {"metadata": {"uid": self.uid}, "spec": {"ephemeralContainers": [self.body]}}
            kube.patch("Pod", self.pod, body, how="strategic", subresource="ephemeralcontainers")

    def revert(self, kube: Kube) -> str:
        current = kube.find("Pod", self.pod)
        if current is None or current["metadata"]["uid"] != self.uid:
            return f"{self} is gone, and the container with it"
        if not self._has_it(current):
            return f"{self} was as before"
        try:
            kube.delete("Pod", self.pod, uid=self.uid)
        except (NotFound, Conflict):
            return f"{self} is gone, and the container with it"
        eventually(lambda: self._gone(kube), within_seconds=GONE_SECONDS, what=f"deletion of {self}")
        return f"{self} deleted, for its container {self.name} could not be taken away"

    def _has_it(self, pod: Object) -> bool:
        containers = (pod.get("spec") or {}).get("ephemeralContainers") or ()
        return any(container["name"] == self.name for container in containers)

    def _gone(self, kube: Kube) -> Ready[None] | NotYet:
        current = kube.find("Pod", self.pod)
        there = current is not None and current["metadata"]["uid"] == self.uid
        return NotYet("it is still there") if there else Ready(None)
