"""From a namespace's objects to what a system file can say of them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from seatrial.declared.graph import Graph
from seatrial.declared.objects import Workload
from seatrial.declared.proposal.entry import Route, Way, doors_in, is_pattern, routes_in, ways_in
from seatrial.declared.values import mapping, text, whole

KINDS = ("Deployment", "StatefulSet")
_NAME = re.compile(r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$")
_LONGEST_NAME = 63


@dataclass(frozen=True)
class ProposedJourney:
    """A request that the objects know of.

    Attributes:
        why: where its path comes from.
    """

    name: str
    path: str
    why: str


@dataclass(frozen=True)
class ProposedWorkload:
    """A Deployment or a StatefulSet.

    Attributes:
        state: `stateless`, `stateful`, or empty where the objects do not say.
        autoscaled: name of its HorizontalPodAutoscaler.
        facts: what the objects say of it, in words.
        journeys: what reaches it.
        store: the product that its image looks like, for a hint; or empty.
    """

    role: str
    kind: str
    name: str
    state: str
    autoscaled: str
    facts: tuple[str, ...]
    journeys: tuple[ProposedJourney, ...]
    store: str


@dataclass(frozen=True)
class Proposal:
    """What can be said of a system.

    Attributes:
        ways: ways in, the best one first.
        doors: name and port of the Services that can be asked from inside the cluster.
        left_out: what runs pods and is not described, with the reason.
    """

    namespace: str
    ways: tuple[Way, ...]
    doors: tuple[tuple[str, int], ...]
    workloads: tuple[ProposedWorkload, ...]
    left_out: tuple[str, ...]

    @property
    def journeys(self) -> list[ProposedJourney]:
        """Every journey once, in the order of the workloads."""
        return list({each.name: each for workload in self.workloads for each in workload.journeys}.values())


def propose(graph: Graph, namespace: str) -> Proposal:
    """What the objects of a namespace say of the system.

    Args:
        namespace: as the graph has it: empty for objects that name none.
    """
    ways, routes = ways_in(graph, namespace), routes_in(graph, namespace)
    mine = [workload for workload in graph.workloads if workload.namespace == namespace]
    described = [workload for workload in mine if not _why_not(workload)]
    roles = _roles(described)
    return Proposal(
        namespace,
        tuple(ways),
        tuple(doors_in(graph, namespace)),
        tuple(_described(each, roles[id(each)], routes, ways[:1]) for each in described),
        tuple(f"{each.kind} {each.name}: {_why_not(each)}" for each in mine if _why_not(each)),
    )


def _why_not(workload: Workload) -> str:
    """Why a workload cannot be described; empty when it can."""
    if workload.type not in KINDS:
        reasons = {
            "DaemonSet": "one pod on each node, so none can be replaced by another",
            "CronJob": "its pods end by themselves",
            "Job": "its pods end by themselves",
            "Pod": "no controller replaces it",
        }
        return reasons.get(workload.type, "only Deployments and StatefulSets can be described")
    if not _NAME.match(workload.name) or len(workload.name) > _LONGEST_NAME:
        return "its name is not one that a system file takes (small letters, digits, dashes)"
    return ""


def _roles(workloads: list[Workload]) -> dict[int, str]:
    names = [workload.name for workload in workloads]
    return {
        id(each): each.name if names.count(each.name) == 1 else f"{each.name}-{each.kind.lower()}"
        for each in workloads
    }


def _described(workload: Workload, role: str, routes: list[Route], ways: list[Way]) -> ProposedWorkload:
    autoscaler = next(iter(workload.autoscalers), None)
    return ProposedWorkload(
        role, workload.kind, workload.name, _state(workload),
        "" if autoscaler is None else autoscaler.name, tuple(_facts(workload)),
        tuple(_journeys(workload, role, routes, ways)), _store(workload),
    )  # fmt: skip


def _state(workload: Workload) -> str:
    claims = any("persistentVolumeClaim" in volume for _, volume in workload.volumes)
    if workload.claim_templates or claims:
        return "stateful" if workload.type == "StatefulSet" else ""
    return "stateless" if workload.type == "Deployment" else ""


def _facts(workload: Workload) -> Iterator[str]:
    if not workload.autoscalers:
        yield _plural(workload.replicas, "replica")
    ports = [
        f"{text(port.get('name'))} {whole(port.get('containerPort'))}".strip()
        for container in workload.containers for _, port in container.ports
    ]  # fmt: skip
    yield f"ports {', '.join(ports)}" if ports else "no declared port"
    for service in workload.services:
        yield f"Service {service.name}"
    for budget in workload.budgets:
        for key in ("minAvailable", "maxUnavailable"):
            if key in budget.spec:
                yield f"budget {budget.name}: {key} {budget.spec[key]}"
    for autoscaler in workload.autoscalers:
        least, most = autoscaler.spec.get("minReplicas", 1), autoscaler.spec.get("maxReplicas", "?")
        yield f"HorizontalPodAutoscaler {autoscaler.name}: {least} to {most}"
    if workload.claim_templates or any("persistentVolumeClaim" in volume for _, volume in workload.volumes):
        yield "keeps a volume"


def _journeys(
    workload: Workload, role: str, routes: list[Route], ways: list[Way]
) -> Iterator[ProposedJourney]:
    services = {service.name for service in workload.services}
    found = [route for route in routes if route.service in services]
    for route in {route.path: route for route in found}.values():
        yield ProposedJourney(_journey_name(role, route.path), route.path, f"a path of {route.why}")
    if found:
        return
    for way in ways:
        if workload in way.reaches and (path := _probe_path(workload, way)):
            why = f"the readiness probe of {workload.kind} {workload.name}"
            yield ProposedJourney(_journey_name(role, path), path, why)
            return


def _probe_path(workload: Workload, way: Way) -> str:
    """The path of a readiness probe on the very port that the way leads to; empty when there is none."""
    for container in workload.containers:
        ask = mapping(mapping(container.data.get("readinessProbe")).get("httpGet"))
        names = {text(port.get("name")): whole(port.get("containerPort")) for _, port in container.ports}

        def number(port: object, known: dict[str, int | None] = names) -> int | None:
            return known.get(text(port)) if text(port) else whole(port)

        path = text(ask.get("path")) or ("/" if ask else "")
        if not is_pattern(path) and number(ask.get("port")) in {number(port) for port in way.ports} - {None}:
            return path
    return ""


def _journey_name(role: str, path: str) -> str:
    rest = re.sub(r"[^a-z0-9]+", "-", path.lower()).strip("-")
    return f"{role}-{rest}" if rest else role


def _store(workload: Workload) -> str:
    images = [container.image.rpartition("/")[2].partition(":")[0] for container in workload.containers]
    return "postgres" if any(re.match(r"postgres(ql)?(-|$)", image) for image in images) else ""


def _plural(number: int, what: str) -> str:
    return f"{number} {what}" + ("" if number == 1 else "s")
