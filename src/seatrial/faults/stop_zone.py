"""Kill every node of a zone of our own kind cluster, as when a datacenter loses its power."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping

from seatrial.faults.base import Impossible
from seatrial.faults.lost import RIGHTS, Lost, NodesLost
from seatrial.faults.nodes import takes_pods
from seatrial.faults.registry import fault
from seatrial.faults.victims import candidates
from seatrial.kube.api import Object
from seatrial.kube.timeline import Recorder
from seatrial.model.fault import ONE_ZONE, ZONE, Disruption, Target

ZONE_LABEL = "topology.kubernetes.io/zone"


@fault(
    "stop-zone",
    disruption=Disruption.INVOLUNTARY,
    expected_seconds=80,
    at_most_seconds=600,
    rights=RIGHTS,
)
class StopZone(NodesLost):
    """Kill the containers of all nodes of the zone of a role's pod; reverting it starts them again.

    Nothing is tried where all ready pods of the role, or all nodes that take pods, are in one zone.

    Args:
        role, pod, selector, node, seed, allow_last_with_data: see `NodesLost`.
    """

    def choices(self, recorder: Recorder, nodes: Collection[Object]) -> list[Lost] | Impossible:
        zones = by_zone(nodes)
        ready = candidates(recorder.snapshot(), recorder.system, self.role, spare_last=False)
        if reason := one_zone(nodes):
            return Impossible(Target(ZONE, "", next(iter(zones), "")), self.role, self.seed, reason)
        mine = zones_of((pod.node for pod in ready), zones)
        if len(mine) == 1:
            reason = f"all ready pods of {self.role} ({len(ready)}) run in zone {mine[0]}"
            return Impossible(Target(ZONE, "", mine[0]), self.role, self.seed, reason, {ONE_ZONE: True})
        chosen = zones_of(self.nodes(recorder), zones)
        return [Lost(Target(ZONE, "", name), tuple(zones[name])) for name in chosen]


def zone_of(node: Object) -> str:
    """The zone that a node's labels name; empty for none."""
    return str((node["metadata"].get("labels") or {}).get(ZONE_LABEL) or "")


def by_zone(nodes: Iterable[Object]) -> dict[str, list[str]]:
    """Names of all nodes by their zone, sorted; those without one are left out."""
    found = defaultdict[str, list[str]](list)
    for node in nodes:
        if zone := zone_of(node):
            found[zone].append(node["metadata"]["name"])
    return {zone: sorted(found[zone]) for zone in sorted(found)}


def zones_of(nodes: Iterable[str], zones: Mapping[str, Collection[str]]) -> list[str]:
    """The zones in which these nodes lie, each once and in that order."""
    names = {node: zone for zone, members in zones.items() for node in members}
    return list(dict.fromkeys(names[node] for node in nodes if node in names))


def one_zone(nodes: Iterable[Object]) -> str:
    """Why no zone can be lost here, with the count; empty where nodes in two zones take pods."""
    able = [node for node in nodes if takes_pods(node)]
    zones = by_zone(able)
    without = sum(not zone_of(node) for node in able)
    if len(zones) >= 2 and not without:
        return ""
    named = ", ".join(f"{zone} ({len(members)})" for zone, members in zones.items()) or "none"
    left = f"; {without} without the label {ZONE_LABEL}" if without else ""
    return f"{len(able)} nodes take pods, in the zones: {named}{left}"
