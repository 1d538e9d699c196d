"""Which ports of a pod NetworkPolicies close to a pod that none of them names, and whom they let in. Pure.

https://kubernetes.io/docs/concepts/services-networking/network-policies/ has the rules: policies add up.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from seatrial.declared.values import dig, mapping, maps, selects, sequence, text, whole

Object = Mapping[str, Any]
_TCP = ("", "TCP")


@dataclass(frozen=True)
class Closed:
    """A TCP port that some policy opens to named pods only.

    Attributes:
        named_by: policies that name who may connect.
        peers: selectors of those pods, of the policies' own namespace.
        undone_by: policies whose empty rule lets everybody in at every port, so that no name counts.
    """

    port: int
    named_by: tuple[str, ...]
    peers: tuple[Object, ...]
    undone_by: tuple[str, ...] = ()


def about_ingress(policies: Iterable[Object], labels: Mapping[str, str]) -> list[Object]:
    """The policies that limit who may reach a pod with these labels."""
    chosen = []
    for policy in policies:
        spec = mapping(policy.get("spec"))
        kinds = sequence(spec.get("policyTypes")) or ["Ingress"]
        if "Ingress" in kinds and selects(mapping(spec.get("podSelector")), labels):
            chosen.append(policy)
    return chosen


def closed_ports(
    policies: Iterable[Object], pod: Object, stranger: Mapping[str, str], namespace: Mapping[str, str]
) -> list[Closed]:
    """The ports of a pod that a pod with the stranger's labels may surely not reach, by number.

    Left out are ports that a rule opens to everybody, to addresses (the stranger may have one of them), to
    other namespaces only (nobody there can be imitated from here), or to the stranger itself.

    Args:
        namespace: labels of the namespace of both.
    """
    declared = declared_ports(pod)
    named: dict[int, tuple[list[str], list[Object]]] = {}
    public, undone = set[int](), list[str]()
    for policy in about_ingress(policies, mapping(pod["metadata"].get("labels"))):
        name = str(policy["metadata"]["name"])
        for _, rule in maps(dig(policy, "spec", "ingress")):
            peers, ports = sequence(rule.get("from")), set(_ports(rule, declared))
            if not peers and not rule.get("ports"):
                undone.append(name)
            elif not peers or any(_admits(peer, stranger, namespace) for peer in peers):
                public |= ports
            else:
                for port in ports:
                    names, selectors = named.setdefault(port, ([], []))
                    names.append(name)
                    selectors += [peer["podSelector"] for peer in peers if is_here(peer, namespace)]
    return [
        Closed(port, tuple(dict.fromkeys(names)), tuple(selectors), tuple(dict.fromkeys(undone)))
        for port, (names, selectors) in sorted(named.items())
        if port not in public and selectors
    ]


def _admits(peer: Object, labels: Mapping[str, str], namespace: Mapping[str, str]) -> bool:
    """Whether a peer is a pod with these labels, or may be."""
    if "ipBlock" in peer:
        return True
    if "namespaceSelector" in peer and not selects(mapping(peer["namespaceSelector"]), namespace):
        return False
    return selects(mapping(peer.get("podSelector")), labels)


def is_here(peer: Object, namespace: Mapping[str, str]) -> bool:
    """Whether a peer names pods of the policy's own namespace."""
    elsewhere = "namespaceSelector" in peer and not selects(mapping(peer["namespaceSelector"]), namespace)
    return "podSelector" in peer and not elsewhere


def declared_ports(pod: Object) -> dict[str, int]:
    """The pod's TCP ports by name, by number where they have none."""
    return {
        text(port.get("name")) or str(port.get("containerPort")): number
        for _, container in maps(dig(pod, "spec", "containers"))
        for _, port in maps(container.get("ports"))
        if text(port.get("protocol")) in _TCP and (number := whole(port.get("containerPort"))) is not None
    }


def _ports(rule: Object, declared: Mapping[str, int]) -> Iterator[int]:
    given = maps(rule.get("ports"))
    if not given:
        yield from declared.values()
    for _, port in given:
        if text(port.get("protocol")) not in _TCP:
            continue
        written = port.get("port")
        first = declared.get(written) if isinstance(written, str) else whole(written)
        if written is None:
            yield from declared.values()
        elif first is not None:
            last = whole(port.get("endPort")) or first
            yield from {first, *(number for number in declared.values() if first <= number <= last)}


def imitable(
    pods: Sequence[Object], closed: Sequence[Closed], services: Sequence[Object], scaled: Iterable[str]
) -> tuple[Object, Mapping[str, str]] | None:
    """A pod that policies let in and whose labels another pod may carry for a while, and these labels.

    No controller may take the other pod for its own, no autoscaler count it, and no Service send to it though
    it is not ready.

    Args:
        scaled: names of workloads with an autoscaler.
    """
    peers = [peer for one in closed for peer in one.peers]
    excluded = set(scaled)
    for pod in sorted(pods, key=lambda each: str(each["metadata"]["name"])):
        labels, owner = mapping(pod["metadata"].get("labels")), _owner(pod)
        if owner is None or owner in excluded or not any(selects(peer, labels) for peer in peers):
            continue
        own = {name: value for name, value in labels.items() if name not in _OF_ONE_POD}
        if not any(_sends_to_unready(service, own) for service in services):
            return pod, own
    return None


_OF_ONE_POD = (
    "pod-template-hash", "controller-revision-hash", "statefulset.kubernetes.io/pod-name",
    "apps.kubernetes.io/pod-index",
)  # fmt: skip


def _owner(pod: Object) -> str | None:
    """The name of the workload; None where its controller would adopt a pod with the same labels."""
    labels = mapping(pod["metadata"].get("labels"))
    for owner in pod["metadata"].get("ownerReferences") or ():
        kind, name = owner.get("kind"), str(owner.get("name") or "")
        hashed = labels.get("pod-template-hash")
        if kind == "ReplicaSet" and hashed and name.endswith(f"-{hashed}"):
            return name.removesuffix(f"-{hashed}")
        if kind == "StatefulSet":  # it takes only pods that are named as its own are
            return name
    return None


def _sends_to_unready(service: Object, labels: Mapping[str, str]) -> bool:
    spec = mapping(service.get("spec"))
    selector = mapping(spec.get("selector"))
    early = spec.get("publishNotReadyAddresses") is True
    return early and bool(selector) and selector.items() <= labels.items()
