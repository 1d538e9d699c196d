"""Requests and limits: what a container is given and what it may cost."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from seatrial.declared.namespaces import may_be_one
from seatrial.declared.objects import Container, Resource, Workload
from seatrial.declared.pods import is_given, pod_resources
from seatrial.declared.rule import EVERY_CONTAINER, WORKLOAD, Found, Level, Severity, rule
from seatrial.declared.values import Path, brief, dig, mapping, maps, text
from seatrial.model.quantity import quantity

_MANAGING = "concepts/configuration/manage-resources-containers/"
_MEBIBYTE = 1024.0 * 1024.0


_QUOTAS_OF_SEVERAL = (
    *("ClusterResourceQuota.quota.openshift.io", "HierarchicalResourceQuota.hnc.x-k8s.io"),
    "Tenant.capsule.clastix.io",
)
"""Kinds that bound several namespaces together; which ones is theirs to say."""


def is_first(container: Container) -> bool:
    """Whether it is its pod's first: with it the pod's own resources are judged, once."""
    return container is container.workload.every_container[0]


def _of_pod(container: Container, kind: str) -> dict[str, Any]:
    return pod_resources(container.workload, kind) if is_first(container) else {}


def has_cpu_limit(container: Container) -> bool:
    return "cpu" in container.limits or "cpu" in _of_pod(container, "limits")


def has_resources(container: Container) -> bool:
    pods = _of_pod(container, "requests") or _of_pod(container, "limits")
    return bool(container.requests) or bool(container.limits) or bool(pods)


def _amount(container: Container, kind: str, name: str) -> float | None:
    given = container.requests if kind == "requests" else container.limits
    return quantity(given.get(name))


def _request(name: str, why: str) -> None:
    @rule(
        f"cost.{name}-request",
        EVERY_CONTAINER,
        Level.CORE,
        Severity.WARNING,
        must=f"A container SHOULD request its {name}.",
        why=why,
        fix=f"Set resources.requests.{name} to what it uses on a usual day.",
        source=_MANAGING,
        anchors="RSC-01",
    )
    def check(container: Container) -> Iterator[Found]:
        # A limit without a request is taken as the request by the API server.
        if not is_given(container, "requests", name):
            yield container.at("resources", "requests"), f"it requests no {name}"


_request(
    "cpu", "The scheduler takes it for nothing and overfills nodes; autoscaling by utilisation has no base."
)
_request("memory", "The scheduler overfills nodes, and this pod is among the first to be evicted.")


@rule(
    "cost.memory-limit",
    EVERY_CONTAINER,
    Level.CORE,
    Severity.ERROR,
    must="A container MUST have a memory limit.",
    why="A leak otherwise takes the whole node, and its neighbours are killed for it.",
    fix="Set resources.limits.memory above the highest use seen.",
    source=_MANAGING,
    anchors="RSC-02",
    variants=("no-limits",),
)
def memory_limit(container: Container) -> Iterator[Found]:
    if not is_given(container, "limits", "memory"):
        yield container.at("resources", "limits"), "it has no memory limit"


@rule(
    "cost.cpu-limit",
    EVERY_CONTAINER,
    Level.OPTIONAL,
    Severity.NOTE,
    must="A container MAY have a CPU limit.",
    why="Tools contradict each other. Side taken: requests already share the CPU fairly, and a limit "
    "throttles in the middle of a burst on an idle node; where a limit is wanted (batch, tenants), "
    "select this rule.",
    fix="Set resources.limits.cpu well above the request.",
    source=_MANAGING,
    anchors="RSC-03",
)
def cpu_limit(container: Container) -> Iterator[Found]:
    if not is_given(container, "limits", "cpu"):
        yield container.at("resources", "limits"), "it has no CPU limit"


@rule(
    "cost.cpu-headroom",
    EVERY_CONTAINER,
    Level.EXTENDED,
    Severity.WARNING,
    must="A CPU limit SHOULD leave room above the request.",
    why="With limit and request equal, every burst is throttled: latency rises although the node is idle, "
    "and an autoscaler sees at most 100 %. Some tools want them equal for pinned cores; select "
    "cost.guaranteed then.",
    fix="Raise the limit to twice the request or more, or remove it.",
    source=_MANAGING,
    when=has_cpu_limit,
    anchors="RSC-04",
    variants=("cpu-limit-equals-request",),
)
def cpu_headroom(container: Container) -> Iterator[Found]:
    yield from _without_headroom(container.requests, container.limits, container.at("resources"))
    requests, limits = _of_pod(container, "requests"), _of_pod(container, "limits")
    yield from _without_headroom(requests, limits, container.workload.at("resources"))


def _without_headroom(requests: dict[str, Any], limits: dict[str, Any], path: Path) -> Iterator[Found]:
    limit, request = quantity(limits.get("cpu")), quantity(requests.get("cpu"))
    if limit is not None and (limit if request is None else request) == limit:
        told = "equals the request" if request is not None else "is the request too (none is written)"
        yield (*path, "limits", "cpu"), f"{brief(limits['cpu'])} {told}"


@rule(
    "cost.plausible-quantity",
    EVERY_CONTAINER,
    Level.CORE,
    Severity.ERROR,
    must="A quantity MUST be in the unit that was meant.",
    why="`memory: 400m` is 0.4 bytes and `cpu: 500` is 500 cores: the first is killed at once, the second "
    "never placed.",
    fix="Write memory in Mi or Gi, and CPU in m or cores.",
    source=f"{_MANAGING}#meaning-of-memory",
    when=has_resources,
    anchors="RSC-01",
)
def plausible_quantity(container: Container) -> Iterator[Found]:
    for kind, given in (("requests", container.requests), ("limits", container.limits)):
        yield from _implausible(given, container.at("resources", kind))
        yield from _implausible(_of_pod(container, kind), container.workload.at("resources", kind))


def _implausible(given: dict[str, Any], path: Path) -> Iterator[Found]:
    for name, written in given.items():
        amount = quantity(written)
        if amount is None:
            continue
        if name in ("memory", "ephemeral-storage") and 0 < amount < _MEBIBYTE:
            yield (*path, name), f"{name} {brief(written)} is {amount:g} bytes"
        elif name == "cpu" and amount > 256:
            yield (*path, name), f"cpu {brief(written)} is {amount:g} cores"


@rule(
    "cost.guaranteed",
    EVERY_CONTAINER,
    Level.OPTIONAL,
    Severity.NOTE,
    must="A latency-critical container MAY request exactly what it is limited to.",
    why="Its pod is then of class Guaranteed: the last to be evicted, and able to own cores. Optional: it "
    "costs the peak all day.",
    fix="Set requests equal to limits, for CPU and memory.",
    source="concepts/workloads/pods/pod-qos/",
    anchors="RSC-04",
)
def guaranteed(container: Container) -> Iterator[Found]:
    if pod_resources(container.workload, "limits"):
        return  # the class of a pod with resources of its own comes from those alone
    for name in ("cpu", "memory"):
        limit, request = _amount(container, "limits", name), _amount(container, "requests", name)
        if limit is None or (request is not None and request != limit):
            yield container.at("resources"), f"{name} request and limit are not equal"


@rule(
    "cost.ephemeral-storage",
    EVERY_CONTAINER,
    Level.OPTIONAL,
    Severity.NOTE,
    must="A container SHOULD bound the disk it takes from its node.",
    why="Logs and emptyDirs of one pod can fill the node, and the kubelet then evicts others. Optional: few "
    "set it.",
    fix="Set ephemeral-storage in requests and limits.",
    source=f"{_MANAGING}#local-ephemeral-storage",
    anchors="RSC-05",
)
def ephemeral_storage(container: Container) -> Iterator[Found]:
    if not is_given(container, "limits", "ephemeral-storage"):
        yield container.at("resources", "limits"), "it has no ephemeral-storage limit"


@rule(
    "cost.namespace-quota",
    "Namespace",
    Level.OPTIONAL,
    Severity.NOTE,
    must="A namespace SHOULD have a ResourceQuota or a LimitRange.",
    why="One team's mistake otherwise takes the cluster. Optional: platforms often set them centrally.",
    fix="Add a ResourceQuota.",
    source="concepts/policy/resource-quotas/",
    anchors="RSC-06",
)
def namespace_quota(namespace: Resource) -> Iterator[Found]:
    limits = [limit for kind in ("ResourceQuota", "LimitRange") for limit in namespace.graph.of(kind)]
    others = any(namespace.graph.of(kind) for kind in _QUOTAS_OF_SEVERAL)
    if not others and not any(may_be_one(limit.namespace, namespace.name) for limit in limits):
        yield ("metadata", "name"), "it has neither a ResourceQuota nor a LimitRange"


@rule(
    "cost.memory-volume",
    WORKLOAD,
    Level.CORE,
    Severity.WARNING,
    must="An emptyDir in memory SHOULD have a limit.",
    why="Its files count as memory of the container that writes them, which is killed for them; without a "
    "memory limit they fill the node.",
    fix="Set emptyDir.sizeLimit, below the memory limits of the containers that mount it.",
    source="concepts/storage/volumes/#emptydir",
)
def memory_volume(workload: Workload) -> Iterator[Found]:
    for index, volume in workload.volumes:
        given = mapping(volume.get("emptyDir"))
        if given.get("medium") != "Memory":
            continue
        size, name = given.get("sizeLimit"), text(volume.get("name"))
        if size is None:
            yield workload.at("volumes", index, "emptyDir"), f"{brief(name)} has no sizeLimit"
            continue
        for container in workload.containers:
            limit = quantity(dig(container.data, "resources", "limits", "memory"))
            mounts = {text(mount.get("name")) for _, mount in maps(container.data.get("volumeMounts"))}
            if name in mounts and limit is not None and (quantity(size) or 0) > limit:
                seen = f"{brief(size)} is more than the memory limit of `{container.name}`"
                yield workload.at("volumes", index, "emptyDir", "sizeLimit"), seen
                break
