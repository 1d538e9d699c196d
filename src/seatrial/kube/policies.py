"""Which NetworkPolicies stand between a pod and the pods behind a Service, as far as it is sure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from seatrial.declared.values import selects
from seatrial.errors import SeatrialError
from seatrial.kube.client import Kube

Object = Mapping[str, Any]


def in_the_way(kube: Kube, labels: Mapping[str, str], service: str) -> list[str]:
    """Policies that may refuse connections from a pod with these labels to a Service, in words.

    A policy is left out when one of its rules surely admits the pod; which of the others refuses is the
    network's secret. Empty as well where they may not be read.
    """
    try:
        policies = kube.objects("NetworkPolicy")
        services = [one for one in kube.objects("Service") if one["metadata"]["name"] == service]
        pods = kube.objects("Pod")
    except SeatrialError:
        return []
    selector = next((one["spec"].get("selector") or {} for one in services), {})
    behind = [
        pod["metadata"].get("labels") or {}
        for pod in pods
        if selector and selector.items() <= (pod["metadata"].get("labels") or {}).items()
    ]
    whom = f"the pods of Service {service}"
    return [words for policy in policies for words in _words(policy, labels, behind, whom)]


def among(kube: Kube, labels: Mapping[str, str], port: int) -> list[str]:
    """The same of connections to a port between two pods with these labels."""
    try:
        policies = kube.objects("NetworkPolicy")
    except SeatrialError:
        return []
    return [words for policy in policies for words in _words(policy, labels, [labels], "the generator", port)]


def _words(
    policy: Object, labels: Mapping[str, str], behind: list[Mapping[str, str]], whom: str,
    port: int | None = None,
) -> Iterator[str]:  # fmt: skip
    spec, name = policy.get("spec") or {}, policy["metadata"]["name"]
    chosen, kinds = spec.get("podSelector") or {}, spec.get("policyTypes") or ["Ingress"]
    if "Egress" in kinds and selects(chosen, labels) and not _admits(spec.get("egress"), "to", behind, port):
        yield f"{name} limits what the generator may reach"
    about_them = "Ingress" in kinds and any(selects(chosen, each) for each in behind)
    if about_them and not _admits(spec.get("ingress"), "from", [labels], port):
        yield f"{name} limits who may reach {whom}"


def _admits(rules: Any, key: str, peers: list[Mapping[str, str]], port: int | None) -> bool:
    """Whether a rule names one of these peers, or any, and the port; without a port each will do."""
    for rule in rules or ():
        if port is not None and not _opens(rule.get("ports"), port):
            continue
        if not rule.get(key):
            return True
        for peer in rule[key]:
            # Namespaces and address blocks may hold these pods: nobody is accused on a guess.
            if "namespaceSelector" in peer or "ipBlock" in peer:
                return True
            if any(selects(peer.get("podSelector") or {}, each) for each in peers):
                return True
    return False


def _opens(ports: Sequence[Object] | None, port: int) -> bool:
    """Whether ports of a rule may hold a TCP port: none are all of them, and a name may be that of any."""
    everything: list[Object] = [{}]
    for each in ports or everything:
        first = each.get("port")
        number = first if isinstance(first, int) else port
        last = each.get("endPort") or number
        if each.get("protocol", "TCP") == "TCP" and number <= port <= last:
            return True
    return False
