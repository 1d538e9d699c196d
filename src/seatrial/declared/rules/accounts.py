"""The service accounts that pods run as."""

from __future__ import annotations

from collections.abc import Iterator

from seatrial.declared.makers import is_made
from seatrial.declared.namespaces import may_be_one
from seatrial.declared.objects import Resource, Surroundings, Workload
from seatrial.declared.rule import WORKLOAD, Found, Level, Severity, rule
from seatrial.declared.rules.applies import long_running
from seatrial.declared.rules.platform import is_platform
from seatrial.declared.values import brief, maps, text

_ALL_OF_A_NAMESPACE = "system:serviceaccounts:"


def account_name(workload: Workload) -> str:
    """The service account of its pods."""
    name = text(workload.pod.get("serviceAccountName")) or text(workload.pod.get("serviceAccount"))
    return name or "default"


@rule(
    "security.service-account-token",
    WORKLOAD,
    Level.CORE,
    Severity.WARNING,
    must="A pod that does not call the API server SHOULD NOT carry a token for it.",
    why="A stolen token is the first step from one container to the cluster. Pods of an account that some "
    "binding of the input gives rights to are taken to need it.",
    fix="Set `automountServiceAccountToken: false` on the pod or its service account.",
    source="tasks/configure-pod-container/configure-service-account/#opt-out-of-api-credential-automounting",
    anchors="SEC-14",
)
def service_account_token(workload: Workload) -> Iterator[Found]:
    own = workload.pod.get("automountServiceAccountToken")
    account = workload.graph.find("ServiceAccount", workload.namespace, account_name(workload))
    of_account = None if account is None else account.data.get("automountServiceAccountToken")
    if (of_account if own is None else own) is False or _has_rights(workload):
        return
    path = workload.at("automountServiceAccountToken")
    yield path, "a token is mounted" if own is True else "a token is mounted by default"


def _has_rights(workload: Workload) -> bool:
    name = account_name(workload)
    if name == "default":
        return False
    memo = workload.graph.memo
    if "bound accounts" not in memo:
        memo["bound accounts"] = _bound_accounts(workload.graph)
    return any(may_be_one(each, workload.namespace) for each in memo["bound accounts"].get(name, ()))


def _bound_accounts(graph: Surroundings) -> dict[str, set[str]]:
    """Namespaces of the service accounts that bindings give rights to, by name."""
    found: dict[str, set[str]] = {}
    for kind in ("RoleBinding", "ClusterRoleBinding"):
        for binding in graph.of(kind):
            for _, subject in maps(binding.data.get("subjects")):
                if subject.get("kind") == "ServiceAccount":
                    namespace = text(subject.get("namespace")) or binding.namespace
                    found.setdefault(text(subject.get("name")), set()).add(namespace)
    return found


@rule(
    "security.service-account",
    WORKLOAD,
    Level.EXTENDED,
    Severity.WARNING,
    must="A workload SHOULD have a service account of its own, and it SHOULD exist.",
    why="Rights given to `default` are given to every pod of the namespace; a missing account keeps pods "
    "from being made.",
    fix="Add a ServiceAccount and name it in serviceAccountName.",
    source="concepts/security/service-accounts/",
    when=long_running,
    anchors="SEC-15",
)
def service_account(workload: Workload) -> Iterator[Found]:
    name, path = account_name(workload), workload.at("serviceAccountName")
    if name == "default":
        yield path, "it runs as the namespace's default account"
    elif workload.graph.find("ServiceAccount", workload.namespace, name) is None and not is_made(
        workload.graph, "ServiceAccount", workload.namespace, name
    ):
        yield path, f"there is no ServiceAccount {brief(name)} in the input"


@rule(
    "security.service-account-field",
    WORKLOAD,
    Level.EXTENDED,
    Severity.NOTE,
    must="A pod SHOULD name its account by serviceAccountName.",
    why="`serviceAccount` is deprecated; when both are written and differ, readers and tools disagree.",
    fix="Rename the field.",
    source="reference/kubernetes-api/workload-resources/pod-v1/#security-context",
    anchors="CFG-20",
)
def service_account_field(workload: Workload) -> Iterator[Found]:
    if text(workload.pod.get("serviceAccount")) and not text(workload.pod.get("serviceAccountName")):
        yield workload.at("serviceAccount"), "the deprecated field is used alone"


@rule(
    "security.shared-account",
    "RoleBinding|ClusterRoleBinding",
    Level.EXTENDED,
    Severity.WARNING,
    must="A binding SHOULD give rights to an account of one workload, not to one that others share.",
    why="Every pod that names no account runs as `default`: whatever is started in the namespace later has "
    "the rights, too.",
    fix="Make a ServiceAccount for the workload that needs the rights, and bind that.",
    source="concepts/security/rbac-good-practices/#least-privilege",
    anchors="SEC-17",
)
def shared_account(binding: Resource) -> Iterator[Found]:
    for index, subject in maps(binding.data.get("subjects")):
        kind, name = subject.get("kind"), text(subject.get("name"))
        namespace = text(subject.get("namespace")) or binding.namespace
        if kind == "ServiceAccount" and name == "default" and not is_platform(namespace):
            yield ("subjects", index), "it gives rights to every pod that names no account"
        elif kind == "Group" and name.startswith(_ALL_OF_A_NAMESPACE):
            namespace = name.removeprefix(_ALL_OF_A_NAMESPACE)
            if namespace and not is_platform(namespace):
                yield ("subjects", index), f"it gives rights to every account of {brief(namespace)}"
