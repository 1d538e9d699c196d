"""Where pods run: spread, pinning, priority."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from seatrial.declared.objects import Workload
from seatrial.declared.rule import WORKLOAD, Found, Level, Severity, rule
from seatrial.declared.rules.applies import long_running, wants_company
from seatrial.declared.values import brief, dig, mapping, maps, selects, text

_HOST = "kubernetes.io/hostname"


def _constraints(workload: Workload) -> list[tuple[int, dict[str, Any]]]:
    return maps(workload.pod.get("topologySpreadConstraints"))


def _anti_affinity_terms(workload: Workload) -> list[dict[str, Any]]:
    given = mapping(dig(workload.pod, "affinity", "podAntiAffinity"))
    required = [term for _, term in maps(given.get("requiredDuringSchedulingIgnoredDuringExecution"))]
    preferred = maps(given.get("preferredDuringSchedulingIgnoredDuringExecution"))
    return required + [mapping(weighted.get("podAffinityTerm")) for _, weighted in preferred]


def has_constraints(workload: Workload) -> bool:
    return bool(_constraints(workload)) or bool(_anti_affinity_terms(workload))


def not_a_daemon(workload: Workload) -> bool:
    return workload.type != "DaemonSet"


@rule(
    "orchestration.host-spread",
    WORKLOAD,
    Level.CORE,
    Severity.WARNING,
    must="Replicas SHOULD be spread over nodes.",
    why="The scheduler may put all of them on one node, whose loss is then an outage.",
    fix=f"Add a topologySpreadConstraint over {_HOST} (ScheduleAnyway), or preferred anti-affinity over it.",
    source="concepts/scheduling-eviction/topology-spread-constraints/",
    when=wants_company,
    anchors="RES-07",
)
def host_spread(workload: Workload) -> Iterator[Found]:
    given = [item for _, item in _constraints(workload)] + _anti_affinity_terms(workload)
    own = [item for item in given if selects(item.get("labelSelector"), workload.pod_labels)]
    keys = sorted({text(item.get("topologyKey")) for item in own})
    if _HOST not in keys:
        other = f" (only over {', '.join(keys)})" if keys else ""
        yield workload.pod_path, f"nothing spreads its replicas over nodes{other}"


@rule(
    "orchestration.topology-spread",
    WORKLOAD,
    Level.OPTIONAL,
    Severity.NOTE,
    must="A replicated workload SHOULD have a topology spread constraint.",
    why="It also keeps the spread even, which anti-affinity does not. Optional: anti-affinity is enough for "
    "few replicas.",
    fix="Add a constraint over nodes, and one over zones where there are several.",
    source="concepts/scheduling-eviction/topology-spread-constraints/",
    when=wants_company,
    anchors="RES-08",
)
def topology_spread(workload: Workload) -> Iterator[Found]:
    if not _constraints(workload):
        yield workload.pod_path, "it has no topologySpreadConstraints"


@rule(
    "orchestration.spread-selects",
    WORKLOAD,
    Level.CORE,
    Severity.WARNING,
    must="A spread constraint SHOULD select the workload's own pods, an anti-affinity term someone's.",
    why="One that counts other pods, or none, spreads nothing and looks as if it did.",
    fix="Use the pod template's own labels.",
    source="concepts/scheduling-eviction/topology-spread-constraints/#topologyspreadconstraints-field",
    when=has_constraints,
    anchors="RES-07",
)
def spread_selects(workload: Workload) -> Iterator[Found]:
    for index, item in _constraints(workload):
        if not selects(item.get("labelSelector"), workload.pod_labels):
            path = workload.at("topologySpreadConstraints", index, "labelSelector")
            yield path, "its labelSelector does not match the pods it stands in"
    for term in _anti_affinity_terms(workload):
        if not _keeps_away_from_someone(workload, term):
            yield workload.at("affinity", "podAntiAffinity"), "a term matches no workload of the input"


def _keeps_away_from_someone(workload: Workload, term: dict[str, Any]) -> bool:
    """Whether an anti-affinity term matches own or other pods; other namespaces may not be in the input."""
    selector = term.get("labelSelector")
    if "namespaces" in term or "namespaceSelector" in term or selects(selector, workload.pod_labels):
        return True
    graph = workload.graph
    return bool(graph.matching(workload.namespace, selector)) or graph.others_may_match(
        workload.namespace, selector
    )


@rule(
    "orchestration.node-pinning",
    WORKLOAD,
    Level.CORE,
    Severity.WARNING,
    must="A workload SHOULD NOT be pinned to one node.",
    why="It cannot move when that node goes. One tool wants a node affinity on every workload; side taken: "
    "groups of nodes by label are fine, a single host is not.",
    fix="Select nodes by what they offer (a label), not by name.",
    source="concepts/scheduling-eviction/assign-pod-node/",
    when=not_a_daemon,
    anchors="RES-10",
)
def node_pinning(workload: Workload) -> Iterator[Found]:
    if text(workload.pod.get("nodeName")):
        yield workload.at("nodeName"), f"nodeName is {brief(workload.pod['nodeName'])}"
    if _HOST in mapping(workload.pod.get("nodeSelector")):
        yield workload.at("nodeSelector", _HOST), "nodeSelector names one host"
    path = ("affinity", "nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution", "nodeSelectorTerms")
    for index, term in maps(dig(workload.pod, *path)):
        for number, expression in maps(term.get("matchExpressions")):
            values = expression.get("values")
            if expression.get("key") == _HOST and values.__class__ is list and len(values) == 1:
                yield workload.at(*path, index, "matchExpressions", number), "nodeAffinity requires one host"


@rule(
    "orchestration.tolerates-everything",
    WORKLOAD,
    Level.EXTENDED,
    Severity.WARNING,
    must="A workload SHOULD NOT tolerate every taint.",
    why="It is then placed on control-plane nodes and stays on nodes that are known to be broken.",
    fix="Tolerate the taints it needs, by key.",
    source="concepts/scheduling-eviction/taint-and-toleration/",
    when=not_a_daemon,
    anchors="RES-10",
)
def tolerates_everything(workload: Workload) -> Iterator[Found]:
    for index, toleration in maps(workload.pod.get("tolerations")):
        if toleration.get("operator") == "Exists" and not toleration.get("key"):
            yield workload.at("tolerations", index), "it tolerates every taint"


@rule(
    "orchestration.priority-class",
    WORKLOAD,
    Level.OPTIONAL,
    Severity.NOTE,
    must="A workload SHOULD have a priority class.",
    why="It decides who is evicted first when a node is full. Optional: it means nothing while all have the "
    "same.",
    fix="Set priorityClassName.",
    source="concepts/scheduling-eviction/pod-priority-preemption/",
    when=long_running,
    anchors="RES-09",
)
def priority_class(workload: Workload) -> Iterator[Found]:
    if not text(workload.pod.get("priorityClassName")):
        yield workload.pod_path, "it has no priorityClassName"
