"""What a proxy does to the connections that it carries."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from seatrial.faults.effects.base import Effect, effect
from seatrial.faults.proxied import tell
from seatrial.kube.client import Kube
from seatrial.model.dependency import NONE


@effect("proxy-trouble")
@dataclass(frozen=True)
class ProxyTrouble(Effect):
    """The trouble that the proxy in one pod makes; reverting it lets all pass again.

    Attributes:
        uid: of the pod, so that another one of that name is left alone.
        trouble: its kind, and by how much answers are delayed.
    """

    pod: str
    uid: str
    trouble: dict[str, Any]

    def __str__(self) -> str:
        return f"pod/{self.pod}"

    @property
    def touches(self) -> frozenset[str]:
        return frozenset([f"what {self} does to connections"])

    def apply(self, kube: Kube) -> None:
        tell(kube, self.pod, {"trouble": self.trouble})

    def revert(self, kube: Kube) -> str:
        current = kube.find("Pod", self.pod)
        if current is None or current["metadata"]["uid"] != self.uid:
            return f"{self} is gone, and its trouble with it"
        if (current.get("status") or {}).get("phase") != "Running":
            return f"{self} has ended, and its trouble with it"
        told = tell(kube, self.pod, {"trouble": {"kind": NONE}})
        counts = (
            f"{told['reset']} connections reset, {told['delayed']} answers held back, {told['wrong']} wrong"
        )
        return f"{self} lets all pass again; since it began {counts}"
