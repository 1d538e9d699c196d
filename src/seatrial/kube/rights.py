"""Rights as rules of Roles, and whether a user has them, asked before anything is touched."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from seatrial.errors import NotAllowed
from seatrial.kube.client import Kube
from seatrial.kube.kinds import KNOWN
from seatrial.model.right import VERBS, Right, Use

PRINTS = "`seatrial rights --disruptive`"
"""The command whose output has every rule that may lack."""


@dataclass(frozen=True)
class Rule:
    """One rule of a Role, and who needs it.

    Attributes:
        right: one of those that it gives; all are about the same objects.
        verbs: of all of them.
    """

    right: Right
    verbs: tuple[str, ...]
    uses: tuple[Use, ...]

    def needing(self, verbs: Iterable[str]) -> list[Use]:
        """Who needs at least one of these verbs."""
        asked = set(verbs)
        return [use for use in self.uses if asked & set(use.right.verbs)]


def rules_of(uses: Iterable[Use], beside: Iterable[Use] = ()) -> list[Rule]:
    """One rule for each resource that is used, in the order in which they are first named.

    Args:
        beside: what somebody is allowed already.
    """
    given: dict[tuple[str, ...], set[str]] = {}
    for use in beside:
        given.setdefault(_place(use.right), set()).update(use.right.verbs)
    by_place: dict[tuple[str, ...], list[Use]] = {}
    for use in dict.fromkeys(uses):
        if set(use.right.verbs) - given.get(_place(use.right), set()):
            by_place.setdefault(_place(use.right), []).append(use)
    found = []
    for place, mine in by_place.items():
        wanted = {verb for use in mine for verb in use.right.verbs} - given.get(place, set())
        found.append(Rule(mine[0].right, tuple(verb for verb in VERBS if verb in wanted), tuple(mine)))
    return found


def _place(right: Right) -> tuple[str, ...]:
    resource = KNOWN[right.kind]
    return resource.group, resource_name(right), right.name, right.namespace


def resource_name(right: Right) -> str:
    """The resource as a rule names it, e.g. `pods/eviction`."""
    plural = KNOWN[right.kind].plural
    return f"{plural}/{right.subresource}" if right.subresource else plural


def object_name(right: Right, namespace: str) -> str:
    """The only object that it is about; empty for every one. A namespace may be read by a Role inside it."""
    return namespace if right.kind == "Namespace" else right.name


def in_namespace(right: Right) -> bool:
    """Whether a Role in a namespace can give it, or only a ClusterRole."""
    return KNOWN[right.kind].namespaced or right.kind == "Namespace"


def rule_text(right: Right, verbs: Iterable[str], namespace: str) -> str:
    """The rule that gives these verbs, as YAML on one line."""
    quoted = ", ".join(f'"{verb}"' for verb in verbs)
    name = object_name(right, namespace)
    only = f', resourceNames: ["{name}"]' if name else ""
    group, resource = KNOWN[right.kind].group, resource_name(right)
    return f'{{apiGroups: ["{group}"], resources: ["{resource}"]{only}, verbs: [{quoted}]}}'


def refused_verbs(kube: Kube, right: Right) -> list[str]:
    """Those verbs of a right that this user does not have (SelfSubjectAccessReview).

    Raises:
        SeatrialError: the question is not answered.
    """
    namespace = right.namespace or kube.namespace
    name = object_name(right, namespace)
    return [
        verb for verb in right.verbs
        if not kube.can_i(
            verb, right.kind, subresource=right.subresource, name="" if verb == "create" else name,
            namespace=namespace if in_namespace(right) else "",
        )
    ]  # fmt: skip


def names_of(right: Right, namespace: str) -> str:
    """The resource as a person reads it, e.g. `leases.coordination.k8s.io seatrial`."""
    group, only = KNOWN[right.kind].group, object_name(right, namespace)
    full = f"{resource_name(right)}.{group}" if group else resource_name(right)
    return f"{full} {only}" if only else full


def require_rights(kube: Kube, needed: Iterable[Use]) -> None:
    """Check that this user has every right without which nothing can be carried out.

    Raises:
        NotAllowed: one lacks; names each verb and resource, who needs it, and the command that prints the
            Role that has it.
        SeatrialError: the question is not answered.
    """
    found, lacking = [], []
    for rule in rules_of(use for use in needed if not use.right.without):
        right = replace(rule.right, verbs=rule.verbs)
        if refused := refused_verbs(kube, right):
            namespace = right.namespace or kube.namespace
            place = f" in namespace {namespace}" if in_namespace(right) else ""
            whom = ", ".join(dict.fromkeys(use.by for use in rule.needing(refused)))
            found.append(f"not allowed to {', '.join(refused)} {names_of(right, namespace)}{place}")
            found[-1] += f" (needed by {whom})"
            kind = "Role" if in_namespace(right) else "ClusterRole"
            lacking.append(f"a {kind} with {rule_text(right, refused, namespace)}")
    if found:
        raise NotAllowed(
            "; ".join(found),
            where=f"{kube.server}, context {kube.context}; nothing was touched",
            next_step=f"{PRINTS} prints every Role for whoever may bind them; what lacks is "
            f"{', and '.join(lacking)}",
        )
