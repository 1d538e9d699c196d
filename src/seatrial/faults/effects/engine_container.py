"""A node of our own kind cluster whose container is killed or frozen, and that gets back into the cluster."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal, Self

from seatrial.cluster.docker import KIND_LABEL, docker, inspect
from seatrial.cluster.hermetic import has_rules
from seatrial.errors import SeatrialError
from seatrial.faults.effects.base import Effect, effect
from seatrial.faults.kind_nodes import running_container
from seatrial.kube.api import Object
from seatrial.kube.client import Kube
from seatrial.kube.pod_status import condition
from seatrial.waiting import NotYet, Ready, eventually

READY_SECONDS = 120.0
"""3 s were measured from the start of the container; a busy machine takes longer."""


@effect("engine-container")
@dataclass(frozen=True)
class EngineContainer(Effect):
    """The container that is a kind node.

    Attributes:
        node: its name, and that of the Node.
        container_id: the engine's id, so that another container of that name is left alone.
        state: what the fault makes of it.
        sealed: whether it had the rules that keep its packets on this machine; then it must have them again.
        addresses: of its pods. Nobody closes their connections when a node dies, and the pods come back with
            others: for two minutes the kernel of another node would send a new connection there when it still
            knows an old one from the same port.
    """

    node: str
    container_id: str
    state: Literal["killed", "frozen"]
    sealed: bool
    addresses: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        # The journal, which is JSON, gives a list.
        object.__setattr__(self, "addresses", tuple(self.addresses))

    @classmethod
    def planned(cls, node: str, state: Literal["killed", "frozen"], addresses: Iterable[str] = ()) -> Self:
        """The effect of killing or freezing the node's container.

        Raises:
            SeatrialError: the engine does not run it.
        """
        return cls(
            node, running_container(node)["Id"], state, has_rules(node), tuple(sorted(set(addresses) - {""}))
        )

    def __str__(self) -> str:
        return f"node/{self.node}"

    @property
    def touches(self) -> frozenset[str]:
        return frozenset([f"container of {self}"])

    def apply(self, kube: Kube) -> None:  # noqa: ARG002
        order = "kill" if self.state == "killed" else "pause"
        docker(order, self.container_id, doing=f"{order} {self}")

    def revert(self, kube: Kube) -> str:
        found = inspect("container", self.node)
        if found is None:
            return f"{self} is gone: its container was removed"
        if found["Id"] != self.container_id:
            return f"{self} was replaced by another container, which is left as it is"
        # What the API server says of a node that was killed a moment ago is old news for forty seconds.
        before = heartbeat(kube.get("Node", self.node)) if not found["State"]["Running"] else ""
        started = self._start(found["State"])
        eventually(
            lambda: self._back(kube, before),
            within_seconds=READY_SECONDS,
            every_seconds=0.5,
            what=f"{self} back",
        )
        if self.state == "killed":
            forget_connections(found["Config"]["Labels"].get(KIND_LABEL, ""), self.addresses)
        return f"{self} {started}, it is Ready"

    def _start(self, state: dict[str, Any]) -> str:
        if state.get("Paused"):
            docker("unpause", self.container_id, doing=f"thawing {self}")
            return "thawed"
        if not state.get("Running"):
            docker("start", self.container_id, doing=f"starting {self}")
            return "started again"
        return "ran already"

    def _back(self, kube: Kube, before: str) -> Ready[None] | NotYet:
        try:
            node = kube.get("Node", self.node)
        except SeatrialError as error:
            return NotYet(error.what)
        if condition(node, "Ready").get("status") != "True":
            return NotYet("it is not Ready")
        if heartbeat(node) == before:
            return NotYet("its kubelet has not reported since it was started")
        if self.sealed and not has_rules(self.node):
            return NotYet("the rules that keep its packets on this machine are not loaded")
        return Ready(None)


def heartbeat(node: Object) -> str:
    """When the node's kubelet last reported its state, as the API server writes it."""
    return str(condition(node, "Ready").get("lastHeartbeatTime") or "")


def forget_connections(cluster: str, addresses: Iterable[str]) -> None:
    """Let the nodes of a kind cluster forget the connections that they still know to these addresses."""
    forget = "; ".join(f"conntrack -D -r {each}; conntrack -D -d {each}" for each in addresses)
    if not forget:
        return
    listing = ("ps", "--filter", f"label={KIND_LABEL}={cluster}", "--format", "{{.Names}}")
    for node in docker(*listing, doing="listing the nodes").split():
        # The exit code of conntrack says only whether there was an entry.
        docker("exec", node, "sh", "-c", f"{{ {forget}; }} >/dev/null 2>&1; true", doing="forgetting")
