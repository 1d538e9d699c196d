"""Rights by which one gives oneself more, up to those of cluster-admin."""

from __future__ import annotations

_ESCALATING: tuple[tuple[str, str, str], ...] = (
    ("rbac.authorization.k8s.io", "roles clusterroles", "escalate bind"),
    ("", "users groups serviceaccounts", "impersonate"),
    ("authentication.k8s.io", "users groups serviceaccounts uids", "impersonate"),
    (
        "admissionregistration.k8s.io",
        "mutatingwebhookconfigurations validatingwebhookconfigurations",
        "create update patch",
    ),
    ("", "nodes/proxy", "get create update patch delete"),
    ("", "serviceaccounts/token", "create"),
    ("", "persistentvolumes", "create"),
    ("certificates.k8s.io", "certificatesigningrequests/approval", "update patch"),
    ("certificates.k8s.io", "signers", "approve sign"),
    ("apiregistration.k8s.io", "apiservices", "create update patch"),
    (
        "admissionregistration.k8s.io",
        "mutatingadmissionpolicies mutatingadmissionpolicybindings",
        "create update patch",
    ),
)
"""Group, its resources, and the verbs on them with which one gives oneself more.

To create or change roles and bindings is none of them: without `escalate` or `bind` the API server takes only
those that give no more than one has. Resources of these names in other groups are not RBAC's at all.
"""


_HARMLESS_BY_NAME = frozenset({"serviceaccounts/token", "signers"})
_GRAVE_SIGNERS = frozenset(
    f"kubernetes.io/{name}" for name in ("*", "kube-apiserver-client", "kube-apiserver-client-kubelet")
)


_BY_WILDCARD = ("rbac.authorization.k8s.io", "admissionregistration.k8s.io", "authentication.k8s.io")
"""Groups whose `*` is grave; of others `security.wildcard-rights` speaks."""


def is_limited_by_name(resources: set[str], names: set[str]) -> bool:
    """Whether it is given on single objects only, and leads nowhere: one account, a signer of one's own."""
    return bool(names) and resources <= _HARMLESS_BY_NAME and not names & _GRAVE_SIGNERS


def escalation(groups: set[str], resources: set[str], verbs: set[str]) -> str:
    """By which right of one rule a role can give itself more, in words; empty where by none."""
    if "*" in groups and "*" in resources and "*" in verbs:
        return "it may do everything"
    for group, named, grave in _ESCALATING:
        if not groups & {group, "*"}:
            continue
        every = "*" in resources and group in _BY_WILDCARD
        given = set(named.split()) if every else resources & set(named.split())
        allowed = sorted(set(grave.split()) if "*" in verbs else verbs & set(grave.split()))
        if given and allowed:
            return f"it may {' and '.join(allowed)} {', '.join(sorted(given))}"
    return ""
