"""What separates a pod from its node and from its neighbours."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from seatrial.declared.addresses import leave_nobody_out
from seatrial.declared.objects import Container, Resource, Workload
from seatrial.declared.other_policies import is_limited
from seatrial.declared.rule import EVERY_CONTAINER, WORKLOAD, Found, Level, Severity, rule
from seatrial.declared.values import (
    brief,
    dig,
    mapping,
    maps,
    selects_nothing_in_particular,
    sequence,
    text,
    whole,
)

_BASELINE = "concepts/security/pod-security-standards/#baseline"
_POLICIES = "concepts/services-networking/network-policies/"
_ON_EVERY_NAMESPACE = ("kubernetes.io/metadata.name", "Exists")
_SOCKETS = ("docker.sock", "containerd.sock", "crio.sock", "cri-dockerd.sock", "podman.sock")


def on_cluster_network(workload: Workload) -> bool:
    """Network policies do not reach pods on the node's own network."""
    return workload.pod.get("hostNetwork") is not True


def is_host_process(workload: Workload) -> bool:
    """Whether its containers are processes of a Windows node: `security.host-process` speaks of all that."""
    return dig(workload.pod, "securityContext", "windowsOptions", "hostProcess") is True


def _host_namespace(name: str, field: str, why: str) -> None:
    @rule(
        f"security.{name}",
        WORKLOAD,
        Level.CORE,
        Severity.ERROR,
        must=f"A pod MUST NOT set {field}.",
        why=why,
        fix=f"Remove {field}.",
        source=_BASELINE,
        anchors="SEC-10",
    )
    def check(workload: Workload) -> Iterator[Found]:
        if workload.pod.get(field) is True and not is_host_process(workload):
            yield workload.at(field), f"{field} is true"


_host_namespace(
    "host-network", "hostNetwork", "It hears the node's traffic, and no network policy reaches it."
)
_host_namespace("host-pid", "hostPID", "It sees every process of the node, with their environments.")
_host_namespace("host-ipc", "hostIPC", "It reads the shared memory of the node's processes.")


@rule(
    "security.host-process",
    EVERY_CONTAINER,
    Level.CORE,
    Severity.ERROR,
    must="A Windows container MUST NOT be a host process.",
    why="It is a process of the node with the node's rights.",
    fix="Remove windowsOptions.hostProcess.",
    source=_BASELINE,
    anchors="SEC-10",
)
def host_process(container: Container) -> Iterator[Found]:
    own = dig(container.security, "windowsOptions", "hostProcess")
    of_pod = dig(container.workload.pod, "securityContext", "windowsOptions", "hostProcess")
    if (of_pod if own is None else own) is True:
        path = (
            container.path
            if own is None
            else container.at("securityContext", "windowsOptions", "hostProcess")
        )
        yield path, "it runs as a process of the host"


@rule(
    "security.host-port",
    EVERY_CONTAINER,
    Level.CORE,
    Severity.ERROR,
    must="A container MUST NOT take a port of its node.",
    why="It bypasses Services and policies, and only one such pod fits on a node.",
    fix="Remove hostPort, and use a Service.",
    source=_BASELINE,
    anchors="NET-05",
)
def host_port(container: Container) -> Iterator[Found]:
    for index, port in container.ports:
        number = whole(port.get("hostPort"))
        if number and on_cluster_network(
            container.workload
        ):  # else security.host-network speaks of all its ports
            yield container.at("ports", index, "hostPort"), f"it takes port {number} of the node"


@rule(
    "security.host-path",
    WORKLOAD,
    Level.CORE,
    Severity.ERROR,
    must="A pod MUST NOT mount paths of its node.",
    why="Read, they leak other pods' secrets; written, they are a way to root on the node.",
    fix="Use a claim, an emptyDir or a ConfigMap.",
    source=_BASELINE,
    anchors="SEC-11",
)
def host_path(workload: Workload) -> Iterator[Found]:
    for index, volume in workload.volumes:
        path = text(dig(volume, "hostPath", "path"))
        if "hostPath" in volume and not _holds_socket(path):
            yield workload.at("volumes", index, "hostPath"), f"it mounts {brief(path)} of the node"


def _holds_socket(path: str) -> bool:
    """Whether a path of the node leads to the runtime's socket; `security.runtime-socket` speaks of it."""
    return path.endswith(_SOCKETS) or path.rstrip("/") in ("/var/run", "/run", "/run/containerd")


@rule(
    "security.runtime-socket",
    WORKLOAD,
    Level.CORE,
    Severity.ERROR,
    must="A pod MUST NOT reach the container runtime's socket.",
    why="Whoever can talk to it can start a privileged container.",
    fix="Remove the mount.",
    source=_BASELINE,
    anchors="SEC-12",
)
def runtime_socket(workload: Workload) -> Iterator[Found]:
    for index, volume in workload.volumes:
        path = text(dig(volume, "hostPath", "path"))
        if _holds_socket(path):
            yield workload.at("volumes", index, "hostPath"), f"{brief(path)} holds the runtime's socket"


@rule(
    "security.network-policy",
    WORKLOAD,
    Level.CORE,
    Severity.WARNING,
    must="A pod SHOULD be covered by network policies for what comes in and what goes out.",
    why="Otherwise every pod of the cluster may call it, and it may call everything: one break-in reaches "
    "all. A policy without rules denies and counts as cover; one that allows everybody on every port "
    "does not.",
    fix="Add a default-deny policy for the namespace, and one that allows what the workload needs.",
    source=_POLICIES,
    when=on_cluster_network,
    anchors="NET-06",
    variants=("open-network",),
)
def network_policy(workload: Workload) -> Iterator[Found]:
    unlimited = []
    workload.graph.require_read("NetworkPolicy")
    for direction in ("Ingress", "Egress"):
        covers = [_cover(alike, direction) for alike in workload.pointing.get("NetworkPolicy", ())]
        open_ones = [title for _, title in covers if title]
        limits = any(limits for limits, _ in covers)
        if (limits and not open_ones) or is_limited(workload, direction):
            continue
        if open_ones:
            yield ("metadata", "name"), f"{min(open_ones)} allows all {direction.lower()}"
        else:
            unlimited.append(direction.lower())
    if unlimited:
        yield ("metadata", "name"), f"no network policy limits its {' or '.join(unlimited)}"


def _cover(alike: list[Resource], direction: str) -> tuple[bool, str]:
    """Whether policies with one selector limit a direction, and the title of one that allows all of it."""
    memo = alike[0].graph.memo.setdefault("security.network-policy", {})
    key = (id(alike), direction)
    if key not in memo:
        policies = [policy for policy in alike if direction in directions(policy)]
        titles = [policy.title for policy in policies if _allows_all(policy, direction)]
        memo[key] = bool(policies), min(titles, default="")
    found: tuple[bool, str] = memo[key]
    return found


def directions(policy: Resource) -> set[str]:
    """What a policy limits: as written, else ingress, and egress when it has such rules."""
    written = policy.spec.get("policyTypes")
    if written:
        return {text(name) for name in sequence(written)}
    return {"Ingress", "Egress"} if "egress" in policy.spec else {"Ingress"}


def _allows_all(policy: Resource, direction: str) -> bool:
    peers = "from" if direction == "Ingress" else "to"
    return any(
        _is_anybody(given.get(peers)) and _is_any_port(given.get("ports"))
        for _, given in maps(policy.spec.get(direction.lower()))
    )


def _is_anybody(peers: Any) -> bool:
    """Whether the peers of a rule leave nobody out: none, every address, or all pods of the cluster."""
    blocks = [mapping(peer.get("ipBlock")) for _, peer in maps(peers)]
    return (
        not peers
        or leave_nobody_out(text(block.get("cidr")) for block in blocks if not block.get("except"))
        or any(
            "namespaceSelector" in peer
            and _is_every_namespace(peer["namespaceSelector"])
            and selects_nothing_in_particular(peer.get("podSelector"))
            for _, peer in maps(peers)
        )
    )


def _is_every_namespace(selector: Any) -> bool:
    """Whether it is empty, or asks only for the label with its name that every namespace has."""
    return not dig(selector, "matchLabels") and all(
        (each.get("key"), each.get("operator")) == _ON_EVERY_NAMESPACE
        for _, each in maps(dig(selector, "matchExpressions"))
    )


def _is_any_port(ports: Any) -> bool:
    """Whether the ports of a rule leave none out: none written, a protocol without one, or a range of all."""
    return not ports or any(
        port.get("port") is None
        or (whole(port.get("port")) in (0, 1) and whole(port.get("endPort")) == 65535)
        for _, port in maps(ports)
    )


@rule(
    "security.network-policy-selects",
    "NetworkPolicy",
    Level.CORE,
    Severity.WARNING,
    must="A network policy SHOULD select pods, and its peers SHOULD exist.",
    why="A policy that selects none protects nothing; one that allows none cuts the caller off, which shows "
    "under load.",
    fix="Use the labels of the pod templates. An empty selector means all pods and is fine.",
    source=_POLICIES,
    anchors="NET-07",
)
def network_policy_selects(policy: Resource) -> Iterator[Found]:
    selector = policy.spec.get("podSelector")
    others = policy.graph.others_may_match(policy.namespace, selector)
    if not policy.selected and not selects_nothing_in_particular(selector) and not others:
        yield ("spec", "podSelector"), "it matches no workload of the input"
    for direction, field in (("ingress", "from"), ("egress", "to")):
        for index, given in maps(policy.spec.get(direction)):
            for number, peer in maps(given.get(field)):
                if _matches_nothing(policy, peer):
                    yield (
                        ("spec", direction, index, field, number),
                        "this peer matches no workload of the input",
                    )


def _matches_nothing(policy: Resource, peer: dict[str, Any]) -> bool:
    """Whether a peer of the policy's own namespace matches nobody; others may not be in the input."""
    selector = peer.get("podSelector")
    if selector is None or "namespaceSelector" in peer or selects_nothing_in_particular(selector):
        return False
    if policy.graph.others_may_match(policy.namespace, selector):
        return False
    return not policy.graph.matching(policy.namespace, selector)
