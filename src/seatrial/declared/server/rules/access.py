"""Roles and bindings."""

from __future__ import annotations

from typing import Any

from seatrial.declared.server.formats import subdomain
from seatrial.declared.server.registry import Wrong, on
from seatrial.declared.values import brief, mapping, maps, sequence, text

_GROUP = "rbac.authorization.k8s.io"


@on("rbac.v1.Role", "rbac.v1.ClusterRole")
def rules(role: dict[str, Any]) -> Wrong:
    """A rule is about resources or about addresses outside of them, the latter only for the whole cluster."""
    for index, rule in maps(role.get("rules")):
        path = ("rules", index)
        if sequence(rule.get("nonResourceURLs")):
            if role.get("kind") == "Role":
                yield (*path, "nonResourceURLs"), "a Role has none, only a ClusterRole"
            if any(rule.get(field) for field in ("apiGroups", "resources", "resourceNames")):
                yield (*path, "nonResourceURLs"), "may not be set beside resources"
            continue
        for field in ("apiGroups", "resources"):
            if not rule.get(field):
                yield (
                    (*path, field),
                    f'`{field}` is required (`""` is the core group)'
                    if field == "apiGroups"
                    else ("`resources` is required"),
                )


@on("rbac.v1.RoleBinding", "rbac.v1.ClusterRoleBinding")
def bindings(binding: dict[str, Any]) -> Wrong:
    """A binding names a role of this API, and accounts with their namespaces."""
    reference, wide = mapping(binding.get("roleRef")), binding.get("kind") == "ClusterRoleBinding"
    if reference.get("apiGroup") not in (None, "", _GROUP):
        yield ("roleRef", "apiGroup"), f"{brief(reference['apiGroup'])} is not {_GROUP}"
    kinds = ("ClusterRole",) if wide else ("Role", "ClusterRole")
    if reference.get("kind") and reference["kind"] not in kinds:
        yield ("roleRef", "kind"), f"{brief(reference['kind'])} is not {' or '.join(kinds)}"
    for index, subject in maps(binding.get("subjects")):
        for path, seen in _subject(subject, wide):
            yield ("subjects", index, *path), seen


def _subject(subject: dict[str, Any], wide: bool) -> Wrong:
    kind, group = text(subject.get("kind")), text(subject.get("apiGroup"))
    if kind == "ServiceAccount":
        if group:
            yield ("apiGroup",), "a ServiceAccount is of the core group: leave it out"
        if wide and not subject.get("namespace"):
            yield ("namespace",), "a ServiceAccount needs it here"
        if subject.get("name") and (wrong := subdomain(text(subject["name"]))):
            yield ("name",), wrong
    elif kind in ("User", "Group"):
        if group not in ("", _GROUP):
            yield ("apiGroup",), f"{brief(group)} is not {_GROUP}"
    elif kind:
        yield ("kind",), f"{brief(kind)} is not one of ServiceAccount, User, Group"
