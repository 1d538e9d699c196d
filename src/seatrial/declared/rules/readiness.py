"""Whether pods become Ready when they are, and get traffic only then."""

from __future__ import annotations

from collections.abc import Iterator

from seatrial.declared.objects import Container, Resource, Workload
from seatrial.declared.rule import CONTAINER, WORKLOAD, Found, Level, Severity, rule
from seatrial.declared.rules.access import rights
from seatrial.declared.rules.gateways import ROUTES, backends
from seatrial.declared.rules.probes import has_liveness, patience_seconds, probe
from seatrial.declared.rules.services import selects_pods
from seatrial.declared.values import brief, maps, text, whole

_KNOWN_GATES = (
    *("target-health.elbv2.k8s.aws/", "target-health.alb.ingress.k8s.aws/", "cloud.google.com/"),
    *("apps.kruise.io/", "InPlaceUpdateReady", "KruisePodReady", "networking.gke.io/"),
    "service.readiness.alibabacloud.com/",
)
"""Conditions that well-known controllers set."""
_SHORTEST_SECONDS = 5


@rule(
    "orchestration.readiness-gate",
    WORKLOAD,
    Level.CORE,
    Severity.WARNING,
    must="A readiness gate SHOULD be one that some controller sets.",
    why="A pod whose condition nobody sets is never Ready: it gets no traffic, and its rollout does "
    "not move.",
    fix="Remove the gate, or deliver the controller, with the right to patch pods/status.",
    source="concepts/workloads/pods/pod-lifecycle/#pod-readiness-gate",
)
def readiness_gate(workload: Workload) -> Iterator[Found]:
    for index, gate in maps(workload.pod.get("readinessGates")):
        condition = text(gate.get("conditionType"))
        if not condition.startswith(_KNOWN_GATES) and not _somebody_sets_conditions(workload):
            path = workload.at("readinessGates", index, "conditionType")
            yield path, f"nothing in the input may set {brief(condition)}: no role has patch on pods/status"


def _somebody_sets_conditions(workload: Workload) -> bool:
    return any(
        groups & {"", "*"}
        and resources & {"pods/status", "*/status", "*"}
        and verbs & {"patch", "update", "*"}
        for kind in ("ClusterRole", "Role")
        for role in workload.graph.of(kind)
        for _, groups, resources, verbs in rights(role)
    )


def publishes_unready(service: Resource) -> bool:
    return selects_pods(service) and service.spec.get("publishNotReadyAddresses") is True


@rule(
    "discovery.ready-endpoints",
    "Service",
    Level.CORE,
    Severity.ERROR,
    must="A Service that clients use MUST list Ready pods only.",
    why="publishNotReadyAddresses makes readiness mean nothing: each pod that starts, ends or is overloaded "
    "gets its share of requests. It is for the discovery of peers, by a headless Service.",
    fix="Remove it; peers that must find each other before they are Ready get a headless Service of "
    "their own.",
    source="concepts/services-networking/service/#headless-services",
    when=publishes_unready,
)
def ready_endpoints(service: Resource) -> Iterator[Found]:
    path = ("spec", "publishNotReadyAddresses")
    if service.spec.get("clusterIP") != "None":
        yield path, "pods that are not Ready get traffic, too"
        return
    for kind in ("Ingress", *ROUTES):
        for route in service.graph.of(kind):
            if any(
                service is route.graph.find("Service", each.namespace, each.name) for each in backends(route)
            ):
                yield path, f"{route.title} sends requests to pods that are not Ready"


@rule(
    "orchestration.hair-trigger",
    CONTAINER,
    Level.CORE,
    Severity.WARNING,
    must="Liveness SHOULD forgive a moment.",
    why="A pause of the process, a busy node or one lost packet restarts it, most likely under load, and "
    "the others, which get its share, are next.",
    fix=f"Let the probe fail three times or more, and {_SHORTEST_SECONDS} s or longer, before it kills.",
    source="concepts/workloads/pods/probes/",
    when=has_liveness,
)
def hair_trigger(container: Container) -> Iterator[Found]:
    given = probe(container, "livenessProbe")
    threshold, timeout = whole(given.get("failureThreshold")), whole(given.get("timeoutSeconds"))
    patience = patience_seconds(given)
    path = container.at("livenessProbe")
    if threshold == 1 and (timeout or 1) < _SHORTEST_SECONDS:
        yield (*path, "failureThreshold"), f"one answer that takes longer than {timeout or 1} s kills it"
    elif patience < _SHORTEST_SECONDS:
        yield path, f"{patience} s without an answer kill it"
