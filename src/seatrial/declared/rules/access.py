"""The rights that roles and bindings give."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from seatrial.declared.escalation import escalation, is_limited_by_name, names
from seatrial.declared.objects import Resource
from seatrial.declared.rule import Found, Level, Severity, rule
from seatrial.declared.values import brief, mapping, maps, sequence, text

_ROLES, _BINDINGS = "Role|ClusterRole", "RoleBinding|ClusterRoleBinding"
_PRACTICE = "concepts/security/rbac-good-practices/"
_BUILT_IN = {"cluster-admin", "admin", "edit", "view"}
_EXEMPT = {"gce:podsecuritypolicy:calico-sa"}
_ALL_VERBS = {"get", "list", "watch", "create", "update", "patch", "delete"}
_SYSTEM = "kube-system"
"""Its roles are the cluster's own."""
_EVERYBODY = {"system:anonymous", "system:unauthenticated", "system:authenticated", "system:masters"} | {
    "system:serviceaccounts"
}


def is_own(resource: Resource) -> bool:
    """Not one of the roles or bindings that Kubernetes brings itself."""
    return not resource.name.startswith(("system:", "kubeadm:")) and resource.name not in _BUILT_IN | _EXEMPT


def rights(role: Resource) -> list[tuple[int, set[str], set[str], set[str]]]:
    """Each rule of a role: its index, API groups, resources and verbs."""
    found = []
    for index, given in maps(role.data.get("rules")):
        groups, resources, verbs = (
            {text(item) for item in sequence(given.get(field))}
            for field in ("apiGroups", "resources", "verbs")
        )
        found.append((index, groups, resources, verbs))
    return found


def may(
    role: Resource, group: str, resources: set[str], verbs: set[str], *, named: bool = False
) -> int | None:
    """The index of the first rule that gives one of the verbs on one of the resources of a group, or None.

    Args:
        named: leave out what a `*` allows: `security.wildcard-rights` speaks of that role already.
    """
    for index, groups, given, allowed in rights(role):
        if named and is_wildcard(given, allowed):
            continue
        given_one = "*" in given or any(names(given, each) for each in resources)
        if groups & {group, "*"} and given_one and allowed & (verbs | {"*"}):
            return index
    return None


def role_of(binding: Resource) -> tuple[str, str, Resource | None]:
    """Kind and name that a binding refers to, and the role if the input has it."""
    reference = mapping(binding.data.get("roleRef"))
    kind, name = text(reference.get("kind")), text(reference.get("name"))
    if kind == "Role":
        return kind, name, binding.graph.find(kind, binding.namespace, name)
    return kind, name, binding.graph.find("ClusterRole", "", name)


@rule(
    "security.cluster-admin",
    _BINDINGS,
    Level.CORE,
    Severity.ERROR,
    must="A binding MUST NOT give all rights.",
    why="Whoever gets hold of that account owns the cluster, or the namespace.",
    fix="Bind a role with the verbs and resources that are needed.",
    source=_PRACTICE,
    when=is_own,
    anchors="SEC-16",
)
def cluster_admin(binding: Resource) -> Iterator[Found]:
    kind, name, role = role_of(binding)
    if _gives_everything(kind, name, role):
        yield ("roleRef",), f"{kind} {brief(name)} may do everything"


def _gives_everything(kind: str, name: str, role: Resource | None) -> bool:
    if kind == "ClusterRole" and name == "cluster-admin":
        return True
    return role is not None and any(
        "*" in groups and "*" in resources and ("*" in verbs or verbs >= _ALL_VERBS)
        for _, groups, resources, verbs in rights(role)
    )


def is_wildcard(resources: set[str], verbs: set[str]) -> bool:
    """Whether it allows all resources or all verbs: one finding says so, and no other rule repeats it."""
    return "*" in resources or "*" in verbs


@rule(
    "security.wildcard-rights",
    _ROLES,
    Level.CORE,
    Severity.WARNING,
    must="A role SHOULD name what it allows.",
    why="A `*` also allows what does not exist yet: every new resource, verb and API group is included.",
    fix="List verbs, resources and their API groups.",
    source=_PRACTICE,
    when=is_own,
    anchors="SEC-16",
)
def wildcard_rights(role: Resource) -> Iterator[Found]:
    for index, groups, resources, verbs in rights(role):
        fields = [field for field, given in (("resources", resources), ("verbs", verbs)) if "*" in given]
        if "*" in groups and "resources" not in fields:
            fields.append("apiGroups")
        if fields and not escalation(groups, resources, verbs, wide=is_wide(role)):
            yield ("rules", index, fields[0]), f"it allows all {' and all '.join(fields)}"


def is_wide(role: Resource) -> bool:
    """Whether a role is of the whole cluster."""
    return role.kind == "ClusterRole"


@rule(
    "security.secret-access",
    _ROLES,
    Level.EXTENDED,
    Severity.WARNING,
    must="A role SHOULD NOT read Secrets in general.",
    why="Every token and password of the namespace, or of the cluster, is then one call away; list is as "
    "good as get.",
    fix="Name single Secrets in resourceNames, and only get.",
    source=f"{_PRACTICE}#listing-secrets",
    when=is_own,
    anchors="SEC-16",
)
def secret_access(role: Resource) -> Iterator[Found]:
    for index, groups, resources, verbs in rights(role):
        if is_wildcard(resources, verbs) or not (groups & {"", "*"} and "secrets" in resources):
            continue
        named = bool(sequence(role.data["rules"][index].get("resourceNames")))
        if verbs & {"list", "watch"} or ("get" in verbs and not named):
            yield ("rules", index), f"it may {', '.join(sorted(verbs))} secrets"


_MAKING_PODS = (
    ("", {"pods", "replicationcontrollers"}),
    ("apps", {"deployments", "daemonsets", "statefulsets", "replicasets"}),
    ("batch", {"jobs", "cronjobs"}),
)


@rule(
    "security.pod-creation",
    _ROLES,
    Level.EXTENDED,
    Severity.WARNING,
    must="A role SHOULD NOT create pods in general, nor create or change what creates them.",
    why="Whoever may create a pod may use every Secret and service account of the namespace; a changed "
    "template is a new pod.",
    fix="Leave it to the controllers.",
    source=f"{_PRACTICE}#workload-creation",
    when=is_own,
    anchors="SEC-16",
)
def pod_creation(role: Resource) -> Iterator[Found]:
    for done, verbs in (("create", {"create"}), ("change", {"update", "patch"})):
        for group, made in _MAKING_PODS:
            templates = made if done == "create" else made - {"pods"}
            index = may(role, group, templates, verbs, named=True)
            # rights to change single objects have been given by name
            if index is None or (done == "change" and role.data["rules"][index].get("resourceNames")):
                continue
            given = set(map(text, sequence(role.data["rules"][index].get("resources"))))
            yield ("rules", index), f"it may {done} {', '.join(sorted(given & templates))}"
            return


_ENTERING = (
    ({"pods/exec", "pods/attach"}, {"get", "create"}),
    ({"pods/ephemeralcontainers"}, {"update", "patch"}),
)
"""A container that is put into a running pod is a command in it, too."""


def _enters(role: Resource, *, named: bool) -> int | None:
    """The index of the first rule by which it may run commands in pods, or None."""
    found = (may(role, "", resources, verbs, named=named) for resources, verbs in _ENTERING)
    return next((index for index in found if index is not None), None)


@rule(
    "security.pod-exec",
    _ROLES,
    Level.EXTENDED,
    Severity.WARNING,
    must="A role SHOULD NOT run commands in pods.",
    why="It reads their environment, files and tokens, and leaves few traces.",
    fix="Remove pods/exec, pods/attach and pods/ephemeralcontainers; give them to people for a time.",
    source=_PRACTICE,
    when=is_own,
    anchors="SEC-16",
)
def pod_exec(role: Resource) -> Iterator[Found]:
    index = _enters(role, named=True)
    if index is not None:
        yield ("rules", index), "it may exec into or attach to pods"


@rule(
    "security.pod-exec-binding",
    _BINDINGS,
    Level.EXTENDED,
    Severity.WARNING,
    must="A binding SHOULD NOT let anyone run commands in pods.",
    why="It reads their environment, files and tokens, and leaves few traces.",
    fix="Bind a role without pods/exec and pods/attach.",
    source=_PRACTICE,
    when=is_own,
    anchors="SEC-16",
)
def pod_exec_binding(binding: Resource) -> Iterator[Found]:
    kind, name, role = role_of(binding)
    by_name = kind == "ClusterRole" and name in ("admin", "edit")
    enters = role is not None and _enters(role, named=False) is not None
    if (by_name or enters) and not _gives_everything(kind, name, role):  # security.cluster-admin says that
        yield ("roleRef",), f"{kind} {brief(name)} may exec into or attach to pods"


@rule(
    "security.binding-role",
    _BINDINGS,
    Level.EXTENDED,
    Severity.WARNING,
    must="A binding SHOULD refer to a role that exists.",
    why="It gives nothing today, and everything that someone later puts under that name.",
    fix="Correct the name, or deliver the role too.",
    source="reference/access-authn-authz/rbac/#rolebinding-and-clusterrolebinding",
    when=is_own,
    anchors="SEC-16",
)
def binding_role(binding: Resource) -> Iterator[Found]:
    kind, name, role = role_of(binding)
    provided = (
        name in _BUILT_IN or name.startswith("system:")
        if kind == "ClusterRole"
        else binding.namespace == _SYSTEM
    )
    if role is None and not provided:
        yield ("roleRef",), f"there is no {kind or 'role'} {brief(name)} in the input"


@rule(
    "security.escalating-rights",
    _ROLES,
    Level.CORE,
    Severity.ERROR,
    must="A role MUST NOT be able to give itself more rights.",
    why="escalate and bind on roles, impersonate, rights on admission webhooks, approving certificates, "
    "making tokens or volumes, and nodes/proxy lead to cluster-admin. To create roles and bindings does "
    "not: the server takes none that gives more than its maker has.",
    fix="Remove the verb or the resource.",
    source=f"{_PRACTICE}#privilege-escalation-risks",
    when=is_own,
    anchors="SEC-16",
)
def escalating_rights(role: Resource) -> Iterator[Found]:
    found = []
    for index, groups, resources, verbs in rights(role):
        single = {text(name) for name in sequence(role.data["rules"][index].get("resourceNames"))}
        limited = is_limited_by_name(resources, verbs, single)
        seen = "" if limited else escalation(groups, resources, verbs, wide=is_wide(role))
        if seen:
            found.append((index, seen))
    approves = any("certificatesigningrequests" in seen for _, seen in found)
    for index, seen in found:
        if not (approves and seen.endswith(" signers")):  # two halves of one right
            yield ("rules", index), seen


@rule(
    "security.public-binding",
    _BINDINGS,
    Level.CORE,
    Severity.ERROR,
    must="A binding MUST NOT give rights to everybody.",
    why="Anonymous or any authenticated caller, each pod of the cluster included, gets them.",
    fix="Bind named users, groups or service accounts.",
    source=f"{_PRACTICE}#least-privilege",
    when=is_own,
    anchors="SEC-17",
)
def public_binding(binding: Resource) -> Iterator[Found]:
    for index, subject in maps(binding.data.get("subjects")):
        name: Any = subject.get("name")
        if text(name) in _EVERYBODY:
            yield ("subjects", index), f"it gives rights to {brief(name)}"
