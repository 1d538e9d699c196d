"""Network policies of other kinds than Kubernetes' own: whether one limits a pod's traffic.

They are only asked whether they cover a pod, so that it is not said to be open. A selector that cannot be
read here counts as matching: what somebody else's controller enforces is not ours to doubt.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from seatrial.declared.makers import is_any_made
from seatrial.declared.objects import Resource, Workload
from seatrial.declared.values import Pattern, dig, mapping, maps, selects, sequence, text

_NAMESPACE = "io.kubernetes.pod.namespace"
_TERM = Pattern(
    r"""(?P<all>all\(\))|(?P<not>!\s*)?has\((?P<has>[\w./-]+)\)"""
    r"""|(?P<key>[\w./-]+)\s*(?P<operator>==|!=)\s*['"](?P<value>[^'"]*)['"]"""
    r"""|(?P<one>[\w./-]+)\s+(?P<without>not\s+)?in\s*\{(?P<values>[^}]*)\}"""
)


def is_limited(workload: Workload, direction: str) -> bool:
    """Whether a policy of another kind limits what comes in to a pod (`Ingress`) or goes out (`Egress`)."""
    if is_any_made(workload.graph, "NetworkPolicy", workload.namespace):
        return True
    return any(
        limits(policy, workload, direction.lower())
        for kind, limits in _KINDS.items()
        for policy in workload.graph.of(kind)
    )


def _reaches(policy: Resource, workload: Workload) -> bool:
    """Whether it is in the pod's namespace, or in none."""
    return (
        policy.kind.startswith(("Cluster", "Global", "CiliumCluster"))
        or policy.namespace == workload.namespace
    )


def _cilium(policy: Resource, workload: Workload, direction: str) -> bool:
    specs = [policy.spec, *(spec for _, spec in maps(policy.data.get("specs")))]
    labels = {**workload.pod_labels, _NAMESPACE: workload.namespace}
    return _reaches(policy, workload) and any(
        "endpointSelector" in spec
        and selects(_without_sources(spec["endpointSelector"]), labels)
        and _closes_by_cilium(spec, direction)
        for spec in specs
    )


def _without_sources(selector: Any) -> dict[str, Any]:
    """A Cilium selector without the sources of its labels (`k8s:app`), and without what only Cilium knows."""
    written = mapping(mapping(selector).get("matchLabels"))
    labels = {key.partition(":")[2] if ":" in key else key: value for key, value in written.items()}
    expressions = [
        {**item, "key": text(item.get("key")).rpartition(":")[2]}
        for _, item in maps(mapping(selector).get("matchExpressions"))
    ]
    return {
        "matchLabels": {key: value for key, value in labels.items() if not key.startswith("io.cilium")},
        "matchExpressions": [item for item in expressions if not item["key"].startswith("io.cilium")],
    }


def _closes_by_cilium(spec: Mapping[str, Any], direction: str) -> bool:
    rules = [*sequence(spec.get(direction)), *sequence(spec.get(f"{direction}Deny"))]
    if not rules or dig(spec, "enableDefaultDeny", direction) is False:
        return False
    entities = "fromEntities" if direction == "ingress" else "toEntities"
    return not any(
        _is_everybody(sequence(rule.get(entities))) and "toPorts" not in rule
        for _, rule in maps(spec.get(direction))
    )


def _is_everybody(entities: list[Any]) -> bool:
    """Whether Cilium's names for groups of peers leave nobody out."""
    return "all" in entities or {"world", "cluster"} <= set(map(text, entities))


def _calico(policy: Resource, workload: Workload, direction: str) -> bool:
    ends = {name for name in ("ingress", "egress") if name in policy.spec}
    types = {text(name).lower() for name in sequence(policy.spec.get("types"))} or ends or {"ingress"}
    open_ones = [
        rule
        for _, rule in maps(policy.spec.get(direction))
        if rule.get("action") == "Allow" and not {"source", "destination", "protocol"} & rule.keys()
    ]
    labels = {**workload.pod_labels, "projectcalico.org/namespace": workload.namespace}
    return (
        _reaches(policy, workload)
        and direction in types
        and not open_ones
        and _selects_by_calico(text(policy.spec.get("selector")), labels)
    )


def _selects_by_calico(selector: str, labels: Mapping[str, Any]) -> bool:
    if "||" in selector or "(" in selector.replace("all()", "").replace("has(", ""):
        return True
    for part in filter(None, (term.strip() for term in selector.split("&&"))):
        match = _TERM.compiled.fullmatch(part)
        if match and not match["all"] and not _holds(match.groupdict(), labels):
            return False
    return True


def _holds(term: dict[str, str | None], labels: Mapping[str, Any]) -> bool:
    if term["has"]:
        return (term["has"] in labels) != bool(term["not"])
    if term["key"]:
        return (labels.get(term["key"]) == term["value"]) == (term["operator"] == "==")
    values = [value.strip(" '\"") for value in (term["values"] or "").split(",")]
    return (labels.get(term["one"] or "") in values) != bool(term["without"])


def _admin(policy: Resource, workload: Workload, direction: str) -> bool:
    pods = mapping(dig(policy.spec, "subject", "pods"))
    denies = any(rule.get("action") == "Deny" for _, rule in maps(policy.spec.get(direction)))
    return denies and (not pods or selects(mapping(pods.get("podSelector")), workload.pod_labels))


def _antrea(policy: Resource, workload: Workload, direction: str) -> bool:
    applied = [item for _, item in maps(policy.spec.get("appliedTo"))]
    chosen = not applied or any(
        selects(mapping(item.get("podSelector")), workload.pod_labels) for item in applied
    )
    denies = any(rule.get("action") in ("Drop", "Reject") for _, rule in maps(policy.spec.get(direction)))
    return _reaches(policy, workload) and chosen and denies


def _firewall(policy: Resource, workload: Workload, direction: str) -> bool:
    denies = any(rule.get("type") == "Deny" for _, rule in maps(policy.spec.get("egress")))
    return direction == "egress" and denies and _reaches(policy, workload)


_KINDS: dict[str, Callable[[Resource, Workload, str], bool]] = {
    "CiliumNetworkPolicy.cilium.io": _cilium,
    "CiliumClusterwideNetworkPolicy.cilium.io": _cilium,
    "NetworkPolicy.projectcalico.org": _calico,
    "GlobalNetworkPolicy.projectcalico.org": _calico,
    "NetworkPolicy.crd.projectcalico.org": _calico,
    "GlobalNetworkPolicy.crd.projectcalico.org": _calico,
    "AdminNetworkPolicy.policy.networking.k8s.io": _admin,
    "BaselineAdminNetworkPolicy.policy.networking.k8s.io": _admin,
    "ClusterNetworkPolicy.policy.networking.k8s.io": _admin,
    "NetworkPolicy.crd.antrea.io": _antrea,
    "ClusterNetworkPolicy.crd.antrea.io": _antrea,
    "EgressFirewall.k8s.ovn.org": _firewall,
    "EgressNetworkPolicy.network.openshift.io": _firewall,
}
"""Each kind, and how it tells whether it limits a pod in a direction."""
