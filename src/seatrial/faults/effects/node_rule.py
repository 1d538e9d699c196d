"""A rule on a node of our own kind cluster that drops what the node itself sends to a pod."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import Self

from seatrial.cluster.docker import inspect
from seatrial.faults.effects.base import Effect, effect
from seatrial.faults.kind_nodes import run_on_node, running_container
from seatrial.kube.client import Kube

HEADERS_BYTES = 120
"""Of IP and TCP together, at most: what is sent begins before."""


@effect("node-rule")
@dataclass(frozen=True)
class NodeRule(Effect):
    """Drops kubelet's probes of one port of a pod: what other pods send passes another chain.

    It stands in the table mangle, which is asked before the table filter: there the network's own program
    accepts whatever a node sends to its pods, and puts itself first again with each pod that comes or goes.

    Attributes:
        container_id: the engine's id of the node, so that another one of that name is left alone.
        begins: only what begins so is dropped; empty for everything.
    """

    node: str
    container_id: str
    address: str
    port: int
    begins: str = ""

    @classmethod
    def planned(cls, node: str, address: str, port: int, begins: str = "") -> Self:
        """The effect of such a rule.

        Raises:
            SeatrialError: the engine does not run the node.
        """
        return cls(node, running_container(node)["Id"], address, port, begins)

    def __str__(self) -> str:
        return f"the rule for port {self.port} of {self.address} on node/{self.node}"

    @property
    def touches(self) -> frozenset[str]:
        return frozenset([f"what node/{self.node} sends to port {self.port} of {self.address}"])

    def apply(self, kube: Kube) -> None:  # noqa: ARG002
        known, insert = self._command("-C"), self._command("-I")
        self._run(f"{known} 2>/dev/null || {insert}", doing="dropping probes")

    def revert(self, kube: Kube) -> str:  # noqa: ARG002
        found = inspect("container", self.node)
        if found is None or found["Id"] != self.container_id:
            return f"{self} is gone with its node"
        if not found["State"]["Running"]:
            return f"{self} is gone: its node does not run, and rules do not outlast that"
        self._run(f"while {self._command('-D')} 2>/dev/null; do :; done", doing="allowing probes again")
        return f"{self} taken away"

    def _command(self, action: str) -> str:
        """The command line that adds, looks for or takes away the rule."""
        # Matched is the one packet that holds the request's first line, however often it is sent again.
        reach = str(HEADERS_BYTES + len(self.begins))
        words = (
            ("-m", "string", "--algo", "bm", "--to", reach, "--string", self.begins) if self.begins else ()
        )
        program = "ip6tables" if ":" in self.address else "iptables"
        return shlex.join(
            (
                program, "--wait", "5", "-t", "mangle", action, "OUTPUT",
                "-d", self.address, "-p", "tcp", "--dport", str(self.port), *words,
                "-j", "DROP",
            )
        )  # fmt: skip

    def _run(self, script: str, *, doing: str) -> None:
        run_on_node(self.node, "sh", "-c", script, doing=doing)
