"""Processes of a container on a node of our own kind cluster that are stopped, and go on again."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import Self

from seatrial.cluster.docker import inspect
from seatrial.errors import SeatrialError
from seatrial.faults.effects.base import Effect, effect
from seatrial.faults.kind_nodes import TASKS, run_on_node, running_container, signal_containers
from seatrial.kube.client import Kube


@effect("frozen-container")
@dataclass(frozen=True)
class FrozenContainer(Effect):
    """SIGSTOP for every process of a container: it hangs, while its kernel still accepts connections.

    Attributes:
        node_id: the engine's id of the node, so that another one of that name is left alone.
        container_id: as the node's runtime has it.
    """

    node: str
    node_id: str
    container_id: str

    @classmethod
    def planned(cls, node: str, container_id: str) -> Self:
        """The effect of freezing that container.

        Raises:
            SeatrialError: the engine does not run the node.
        """
        return cls(node, running_container(node)["Id"], container_id)

    def __str__(self) -> str:
        return f"container {self.container_id[:12]} on node/{self.node}"

    @property
    def touches(self) -> frozenset[str]:
        return frozenset([f"processes of {self}"])

    def apply(self, kube: Kube) -> None:  # noqa: ARG002
        self._signal("SIGSTOP")

    def revert(self, kube: Kube) -> str:  # noqa: ARG002
        found = inspect("container", self.node)
        if found is None or found["Id"] != self.node_id or not found["State"]["Running"]:
            return f"{self} is gone with its node"
        if not self.states():
            return f"{self} has ended"
        try:
            self._signal("SIGCONT")
        except SeatrialError:
            if not self.states():
                return f"{self} has ended"
            raise
        return f"{self} goes on"

    def states(self) -> list[str]:
        """The kernel's letter for each of its processes, `T` for a stopped one; none when it has ended."""
        listing = shlex.join((*TASKS, "ps", self.container_id))
        script = (
            f"for pid in $({listing} 2>/dev/null | awk 'NR > 1 {{print $1}}'); "
            "do grep ^State: /proc/$pid/status 2>/dev/null; done; true"
        )
        told = run_on_node(self.node, "sh", "-c", script, doing="looking")
        return [line.split()[1] for line in told.splitlines()]

    def _signal(self, signal: str) -> None:
        signal_containers(self.node, [self.container_id], signal, doing=f"{signal} for {self}")
