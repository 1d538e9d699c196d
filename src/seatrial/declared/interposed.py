"""What a proxy between a Service and its pods needs: their ports, and policies that let it through. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from seatrial.declared.policies import about_ingress, declared_ports, is_here
from seatrial.declared.values import dig, mapping, maps, selects, sequence, text, whole

Object = Mapping[str, Any]
_TCP = ("", "TCP")


def behind(service: Object, pods: Iterable[Object]) -> list[Object]:
    """The pods that a Service selects."""
    selector = mapping(dig(service, "spec", "selector"))
    return [pod for pod in pods if selector.items() <= mapping(pod["metadata"].get("labels")).items()]


def ports_behind(service: Object, pods: Sequence[Object]) -> dict[str, int] | str:
    """The pods' ports to which a Service leads, by their names there; or why a proxy cannot have them."""
    found: dict[str, int] = {}
    for _, port in maps(dig(service, "spec", "ports")):
        number = text(port.get("port")) or str(port.get("port"))
        if text(port.get("protocol")) not in _TCP:
            return f"its port {number} is {port.get('protocol')}, and the proxy carries TCP only"
        target = port.get("targetPort") or port.get("port")
        numbers = {_number(target, pod) for pod in pods}
        if len(numbers) != 1 or (only := next(iter(numbers))) is None:
            return f"its port {number} leads to no port that all its pods have"
        found[target if isinstance(target, str) else f"port-{only}"] = only
    return found or "it has no ports"


def _number(target: Any, pod: Object) -> int | None:
    return declared_ports(pod).get(target) if isinstance(target, str) else whole(target)


def policies_between(
    policies: Sequence[Object],
    selector: Mapping[str, str],
    pods: Sequence[Object],
    ours: Mapping[str, str],
    namespace: Mapping[str, str],
) -> list[Object] | str:
    """The specs of policies that put a proxy where network policies let the dependency be; or why none can.

    Policies add up, and a pod that none selects is open: none of these selects a pod that is open without it.

    Args:
        selector: by which the Service finds its pods.
        pods: these pods.
        ours: labels of the proxy.
        namespace: labels of the namespace of all of them.
    """
    limited = [bool(about_ingress(policies, mapping(pod["metadata"].get("labels")))) for pod in pods]
    if any(limited) and not all(limited):
        return "network policies limit who may reach some of its pods, and not the others"
    proxy, dependency = {"matchLabels": dict(ours)}, {"matchLabels": dict(selector)}
    labels = mapping(pods[0]["metadata"].get("labels"))
    admitted = [
        rule for one in about_ingress(policies, labels) for rule in sequence(dig(one, "spec", "ingress"))
    ]
    return [
        {
            "podSelector": proxy, "policyTypes": ["Ingress", "Egress"],
            "ingress": admitted if all(limited) else [{}], "egress": [{"to": [{"podSelector": dependency}]}],
        },
        *([_admitting(dependency, proxy)] if all(limited) else []),
        *_senders(policies, labels, ours, namespace),
    ]  # fmt: skip


def _admitting(pods: Object, peer: Object) -> Object:
    return {"podSelector": pods, "policyTypes": ["Ingress"], "ingress": [{"from": [{"podSelector": peer}]}]}


def _senders(
    policies: Iterable[Object], dependency: Object, ours: Object, namespace: Mapping[str, str]
) -> Iterator[Object]:
    """For each policy that names the dependency to whom pods may send: one that names the proxy."""
    for policy in policies:
        spec = mapping(policy.get("spec"))
        kinds = sequence(spec.get("policyTypes")) or (["Egress"] if "egress" in spec else [])
        rules = [rule for _, rule in maps(spec.get("egress"))] if "Egress" in kinds else []
        peers = [peer for rule in rules for _, peer in maps(rule.get("to"))]
        if any(not rule.get("to") for rule in rules) or any(_named(peer, ours, namespace) for peer in peers):
            continue
        if any(_named(peer, dependency, namespace) for peer in peers):
            yield {
                "podSelector": mapping(spec.get("podSelector")), "policyTypes": ["Egress"],
                "egress": [{"to": [{"podSelector": {"matchLabels": dict(ours)}}]}],
            }  # fmt: skip


def _named(peer: Object, labels: Object, namespace: Mapping[str, str]) -> bool:
    """Whether a peer is this pod by its labels; an address may be anybody's."""
    if "ipBlock" in peer:
        return False
    here = (
        is_here(peer, namespace) if "podSelector" in peer else selects(peer["namespaceSelector"], namespace)
    )
    return here and selects(mapping(peer.get("podSelector")), labels)
