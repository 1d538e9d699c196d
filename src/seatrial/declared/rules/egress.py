"""What network policies let out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from seatrial.declared.objects import Resource, Workload
from seatrial.declared.other_policies import is_limited
from seatrial.declared.rule import WORKLOAD, Found, Level, Severity, rule
from seatrial.declared.rules.isolation import directions, on_cluster_network
from seatrial.declared.values import dig, maps, selects, sequence, text, whole

_DNS_PODS = (
    {"k8s-app": "kube-dns"},
    {"k8s-app": "coredns"},
    {"app": "coredns"},
    {"k8s-app": "node-local-dns"},
)
_DNS_NAMESPACES = ("kube-system", "openshift-dns")
_NAMESPACE_NAME = "kubernetes.io/metadata.name"


def looks_up_names(workload: Workload) -> bool:
    """Whether its egress is limited to some peers, and it asks the cluster's DNS for their addresses."""
    own_resolver = text(workload.pod.get("dnsPolicy")) in ("None", "Default")
    return on_cluster_network(workload) and not own_resolver and bool(_allowed(workload))


def _allowed(workload: Workload) -> list[tuple[Resource, dict[str, Any]]]:
    """Each rule that lets something of its out, where its egress is limited at all."""
    return [
        (policy, given)
        for policy in workload.policies
        if "Egress" in directions(policy)
        for _, given in maps(policy.spec.get("egress"))
    ]


@rule(
    "discovery.egress-dns",
    WORKLOAD,
    Level.CORE,
    Severity.WARNING,
    must="A workload whose egress is limited SHOULD be able to look names up.",
    why="Its policies let it call others, and not ask for their addresses: every call by name fails, after "
    "the resolver's timeout of several seconds.",
    fix="Allow UDP and TCP port 53 to k8s-app=kube-dns in the namespace kube-system.",
    source="concepts/services-networking/network-policies/",
    when=looks_up_names,
)
def egress_dns(workload: Workload) -> Iterator[Found]:
    rules = _allowed(workload)
    if any(_is_for_dns(policy, given) for policy, given in rules):
        return
    if all(_is_by_address(given) for _, given in rules):
        return
    if is_limited(workload, "Egress"):  # by policies of another kind, which may allow it
        return
    titles = sorted({policy.title for policy, _ in rules})
    yield ("metadata", "name"), f"{' and '.join(titles)} let it call others, and none allows UDP port 53"


def _is_for_dns(policy: Resource, given: dict[str, Any]) -> bool:
    by_port = any(_holds_dns(port) for _, port in maps(given.get("ports")))
    if given.get("ports") and not by_port:
        return False
    return not given.get("to") or any(
        _may_be_dns(policy, peer, by_port=by_port) for _, peer in maps(given.get("to"))
    )


def _holds_dns(port: dict[str, Any]) -> bool:
    if port.get("protocol") != "UDP":
        return False
    number, last = whole(port.get("port")), whole(port.get("endPort"))
    if number is None:
        return port.get("port") is None or "dns" in text(port.get("port"))
    return number in (53, 5353) or (last is not None and number <= 53 <= last)


def _may_be_dns(policy: Resource, peer: dict[str, Any], *, by_port: bool) -> bool:
    """Whether the cluster's DNS may be among a peer's pods.

    Args:
        by_port: the rule names DNS's own port: it is meant for DNS, whatever the labels of that namespace.
    """
    if "ipBlock" in peer:
        return by_port or not _is_one_address(peer)
    pods, namespaces = peer.get("podSelector"), peer.get("namespaceSelector")
    if namespaces is None:
        others = policy.graph.matching(policy.namespace, pods)
        return policy.namespace in _DNS_NAMESPACES or (by_port and not others)
    here = any(selects(namespaces, {_NAMESPACE_NAME: name}) for name in _DNS_NAMESPACES)
    return by_port or (here and (not pods or any(selects(pods, labels) for labels in _DNS_PODS)))


def _is_by_address(given: dict[str, Any]) -> bool:
    """Whether it leads to single addresses only: no name is needed for them."""
    peers = sequence(given.get("to"))
    return bool(peers) and all(_is_one_address(peer) for peer in peers)


def _is_one_address(peer: Any) -> bool:
    return text(dig(peer, "ipBlock", "cidr")).endswith(("/32", "/128"))
