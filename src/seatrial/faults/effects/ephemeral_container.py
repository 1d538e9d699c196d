"""A container that a fault adds to a running pod, and that goes only together with the pod."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from seatrial.errors import SeatrialError
from seatrial.faults.effects.base import Effect, effect
from seatrial.kube.api import Object
from seatrial.kube.client import Kube

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
        if not kube.remove("Pod", self.pod, uid=self.uid, within_seconds=GONE_SECONDS):
            return f"{self} is gone, and the container with it"
        return f"{self} deleted, for its container {self.name} could not be taken away"

    def _has_it(self, pod: Object) -> bool:
        containers = (pod.get("spec") or {}).get("ephemeralContainers") or ()
        return any(container["name"] == self.name for container in containers)
