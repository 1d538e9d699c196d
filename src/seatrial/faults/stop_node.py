"""Kill a node of our own kind cluster, as when a machine loses its power: an involuntary disruption."""

from __future__ import annotations

from collections.abc import Collection

from seatrial.faults.lost import RIGHTS, Lost, NodesLost
from seatrial.faults.registry import fault
from seatrial.kube.api import Object
from seatrial.kube.timeline import Recorder
from seatrial.model.fault import Disruption, Target


@fault(
    "stop-node",
    disruption=Disruption.INVOLUNTARY,
    expected_seconds=80,
    at_most_seconds=600,
    rights=RIGHTS,
)
class StopNode(NodesLost):
    """Kill the container of the worker node that holds a pod of a role; reverting it starts it again.

    Args:
        role, pod, selector, node, seed, allow_last_with_data: see `NodesLost`.
    """

    def choices(self, recorder: Recorder, nodes: Collection[Object]) -> list[Lost]:
        uids = {node["metadata"]["name"]: node["metadata"]["uid"] for node in nodes}
        return [Lost(Target("Node", "", name, uids.get(name, "")), (name,)) for name in self.nodes(recorder)]
