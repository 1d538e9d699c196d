"""Rights by which one gives oneself more, up to those of cluster-admin."""

from __future__ import annotations

from typing import NamedTuple


class _Grave(NamedTuple):
    """Resources of a group, the verbs on them with which one gives oneself more, and where they lie.

    Attributes:
        wide: they are of the whole cluster: a role of a namespace that gives everything does not give them.
    """

    group: str
    resources: frozenset[str]
    verbs: frozenset[str]
    wide: bool


def _grave(group: str, resources: str, verbs: str, *, wide: bool) -> _Grave:
    return _Grave(group, frozenset(resources.split()), frozenset(verbs.split()), wide)


_CHANGE = "create update patch"
_ESCALATING = (
    _grave("rbac.authorization.k8s.io", "roles clusterroles", "escalate bind", wide=False),
    _grave("", "serviceaccounts", "impersonate", wide=False),
    _grave("", "serviceaccounts/token", "create", wide=False),
    _grave("", "users groups", "impersonate", wide=True),
    _grave("authentication.k8s.io", "users groups serviceaccounts uids", "impersonate", wide=True),
    _grave(
        "admissionregistration.k8s.io",
        "mutatingwebhookconfigurations validatingwebhookconfigurations",
        _CHANGE,
        wide=True,
    ),
    _grave(
        "admissionregistration.k8s.io",
        "mutatingadmissionpolicies mutatingadmissionpolicybindings",
        _CHANGE,
        wide=True,
    ),
    _grave("", "nodes/proxy", "get create update patch delete", wide=True),
    _grave("", "persistentvolumes", "create", wide=True),
    _grave("certificates.k8s.io", "certificatesigningrequests/approval", "update patch", wide=True),
    _grave("certificates.k8s.io", "signers", "approve sign", wide=True),
    _grave("apiregistration.k8s.io", "apiservices", _CHANGE, wide=True),
)
"""To create or change roles and bindings is none of them: without `escalate` or `bind` the API server takes
only those that give no more than one has. Resources of these names in other groups are not RBAC's at all."""


_HARMLESS_BY_NAME = frozenset({"serviceaccounts/token", "signers"})
_GRAVE_SIGNERS = frozenset(
    f"kubernetes.io/{name}" for name in ("*", "kube-apiserver-client", "kube-apiserver-client-kubelet")
)


_ROLES = frozenset({"roles", "clusterroles"})
_GRAVE_NAMES = frozenset({"cluster-admin", "kubernetes-admin", "admin", "root"})
"""Accounts, and a role, that may do everything."""


def is_limited_by_name(resources: set[str], verbs: set[str], names: set[str]) -> bool:
    """Whether it is given on single objects only, and leads nowhere.

    That is one account, a signer of one's own, or roles that are no more than others.
    """
    if not names:
        return False
    if resources <= _HARMLESS_BY_NAME and not names & _GRAVE_SIGNERS:
        return True
    if verbs & {"*", "escalate"} or any(name.startswith("system:") for name in names):
        return False
    if "bind" in verbs:
        return resources <= _ROLES and "cluster-admin" not in names
    return "impersonate" in verbs and not names & _GRAVE_NAMES


def names(resources: set[str], resource: str) -> bool:
    """Whether a rule's resources name one, by itself or as `*/subresource`; `*` alone names none."""
    _, slash, below = resource.partition("/")
    return resource in resources or (bool(slash) and f"*/{below}" in resources)


def escalation(groups: set[str], resources: set[str], verbs: set[str], *, wide: bool) -> str:
    """By which right of one rule a role can give itself more, in words; empty where by none.

    Args:
        wide: the role is of the whole cluster: its `*` is everything in it.
    """
    if "*" in groups and "*" in resources and "*" in verbs:
        return "it may do everything"
    for grave in _ESCALATING:
        if not groups & {grave.group, "*"}:
            continue
        every = "*" in resources and (wide or not grave.wide)
        given = [each for each in sorted(grave.resources) if every or names(resources, each)]
        allowed = sorted(grave.verbs if "*" in verbs else verbs & grave.verbs)
        if given and allowed:
            return f"it may {' and '.join(allowed)} {', '.join(given)}"
    return ""
