"""What a container may do to its node: users, capabilities, file systems, kernel filters."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from seatrial.declared.objects import Container, Workload
from seatrial.declared.rule import EVERY_CONTAINER, WORKLOAD, Found, Level, Severity, rule
from seatrial.declared.values import brief, dig, mapping, maps, sequence, text, whole

_RESTRICTED = "concepts/security/pod-security-standards/#restricted"
_BASELINE = "concepts/security/pod-security-standards/#baseline"
_CONTEXT = "tasks/configure-pod-container/security-context/"

_DEFAULT_TEXT = (
    "AUDIT_WRITE CHOWN DAC_OVERRIDE FOWNER FSETID KILL MKNOD NET_BIND_SERVICE NET_RAW "
    "SETFCAP SETGID SETPCAP SETUID SYS_CHROOT"
)
_DEFAULT = frozenset(_DEFAULT_TEXT.split())
"""Capabilities that container runtimes give by default; whoever drops these has none left."""
_HARMLESS = {"NET_BIND_SERVICE"}
_KERNEL = {"SYS_ADMIN", "SYS_MODULE", "SYS_PTRACE", "SYS_RAWIO", "NET_ADMIN", "BPF", "DAC_READ_SEARCH", "ALL"}
_SAFE_TEXT = (
    "kernel.shm_rmid_forced net.ipv4.ip_local_port_range net.ipv4.ip_unprivileged_port_start "
    "net.ipv4.tcp_syncookies net.ipv4.ping_group_range net.ipv4.ip_local_reserved_ports "
    "net.ipv4.tcp_keepalive_time net.ipv4.tcp_fin_timeout net.ipv4.tcp_keepalive_intvl "
    "net.ipv4.tcp_keepalive_probes net.ipv4.tcp_rmem net.ipv4.tcp_wmem"
)
_SAFE_SYSCTLS = frozenset(_SAFE_TEXT.split())


def inherited(container: Container, field: str) -> Any:
    """A setting of the container, or of its pod where the container has none."""
    value = container.security.get(field)
    return mapping(container.workload.pod.get("securityContext")).get(field) if value is None else value


def capabilities(container: Container, kind: str) -> list[tuple[int, str]]:
    """Names in capabilities.add or .drop, in capitals and without CAP_, each with its index."""
    given = sequence(dig(container.security, "capabilities", kind))
    return [
        (index, name.upper().removeprefix("CAP_"))
        for index, name in enumerate(given)
        if name.__class__ is str
    ]


@rule(
    "security.privileged",
    EVERY_CONTAINER,
    Level.CORE,
    Severity.ERROR,
    must="A container MUST NOT be privileged.",
    why="It has every right of the node: whoever breaks in owns the cluster.",
    fix="Remove `privileged: true`; add the one capability that is needed.",
    source=_BASELINE,
    anchors="SEC-01",
)
def privileged(container: Container) -> Iterator[Found]:
    if container.security.get("privileged") is True:
        yield container.at("securityContext", "privileged"), "it is privileged"


@rule(
    "security.privilege-escalation",
    EVERY_CONTAINER,
    Level.CORE,
    Severity.WARNING,
    must="A container SHOULD NOT be able to gain rights.",
    why="A setuid binary in its image is enough to become root. The default is to allow it.",
    fix="Set `allowPrivilegeEscalation: false`.",
    source=_RESTRICTED,
    anchors="SEC-02",
)
def privilege_escalation(container: Container) -> Iterator[Found]:
    value = container.security.get("allowPrivilegeEscalation")
    if value is not False:
        path = container.at("securityContext", "allowPrivilegeEscalation")
        yield path, "it is allowed" if value is True else "it is allowed by default (not written)"


@rule(
    "security.run-as-non-root",
    EVERY_CONTAINER,
    Level.CORE,
    Severity.ERROR,
    must="A container MUST run as another user than root, and say so.",
    why="Root in a container is root in the kernel: any flaw in its isolation gives the node away.",
    fix="Set `runAsNonRoot: true` (and runAsUser where the image names no user).",
    source=_RESTRICTED,
    anchors="SEC-03",
    variants=("root-user",),
)
def run_as_non_root(container: Container) -> Iterator[Found]:
    user = whole(inherited(container, "runAsUser"))
    non_root = inherited(container, "runAsNonRoot")
    if user == 0:
        yield container.at("securityContext", "runAsUser"), "runAsUser is 0"
    elif non_root is not True and user is None:
        seen = (
            "runAsNonRoot is false" if non_root is False else "neither runAsNonRoot nor runAsUser is written"
        )
        yield container.at("securityContext", "runAsNonRoot"), seen
    elif non_root is False:
        yield container.at("securityContext", "runAsNonRoot"), "runAsNonRoot is false"


@rule(
    "security.high-user-id",
    EVERY_CONTAINER,
    Level.OPTIONAL,
    Severity.NOTE,
    must="A container SHOULD use user and group ids of 10000 or more.",
    why="Low ids may be real users of the node. Optional: user namespaces solve it better, and many images "
    "use 1000.",
    fix="Set runAsUser and runAsGroup to 10000 or more.",
    source=_CONTEXT,
    anchors="SEC-04",
)
def high_user_id(container: Container) -> Iterator[Found]:
    for field in ("runAsUser", "runAsGroup"):
        value = whole(inherited(container, field))
        if value is None or value < 10_000:
            yield (
                container.at("securityContext", field),
                f"{field} is {'not written' if value is None else value}",
            )


@rule(
    "security.mesh-user-id",
    EVERY_CONTAINER,
    Level.CORE,
    Severity.WARNING,
    must="A container SHOULD NOT use user id 1337.",
    why="Istio lets that user's traffic pass around its proxy, and with it around every policy.",
    fix="Use another id.",
    source="https://istio.io/latest/docs/ops/deployment/application-requirements/",
    anchors="SEC-04",
)
def mesh_user_id(container: Container) -> Iterator[Found]:
    if whole(inherited(container, "runAsUser")) == 1337:
        yield container.at("securityContext", "runAsUser"), "runAsUser is 1337"


@rule(
    "security.read-only-root",
    EVERY_CONTAINER,
    Level.CORE,
    Severity.WARNING,
    must="A container's own file system SHOULD be read-only.",
    why="An intruder cannot then leave tools behind, and state cannot hide where it is lost.",
    fix="Set `readOnlyRootFilesystem: true`, with an emptyDir for what must be written.",
    source=_CONTEXT,
    anchors="SEC-05",
)
def read_only_root(container: Container) -> Iterator[Found]:
    if container.security.get("readOnlyRootFilesystem") is not True:
        yield container.at("securityContext", "readOnlyRootFilesystem"), "its file system can be written"


@rule(
    "security.added-capabilities",
    EVERY_CONTAINER,
    Level.CORE,
    Severity.ERROR,
    must="A container MUST NOT be given capabilities beyond NET_BIND_SERVICE.",
    why="Many of them, SYS_ADMIN and NET_ADMIN first, are as good as being root on the node.",
    fix="Drop ALL and add back only NET_BIND_SERVICE, if a port below 1024 must be bound.",
    source=_RESTRICTED,
    anchors="SEC-06",
)
def added_capabilities(container: Container) -> Iterator[Found]:
    for index, name in capabilities(container, "add"):
        if name not in _HARMLESS:
            grave = ", which is as good as root on the node" if name in _KERNEL else ""
            yield container.at("securityContext", "capabilities", "add", index), f"{name} is added{grave}"


@rule(
    "security.dropped-capabilities",
    EVERY_CONTAINER,
    Level.CORE,
    Severity.WARNING,
    must="A container SHOULD drop all capabilities.",
    why="The runtime gives 14 by default; NET_RAW alone lets it forge packets to its neighbours.",
    fix="Set `capabilities.drop: [ALL]`.",
    source=_RESTRICTED,
    anchors="SEC-07",
)
def dropped_capabilities(container: Container) -> Iterator[Found]:
    dropped = {name for _, name in capabilities(container, "drop")}
    if "ALL" in dropped or dropped >= _DEFAULT:
        return
    kept = sorted(_DEFAULT - dropped)
    seen = f"it keeps {', '.join(kept)}" if dropped else "none is dropped"
    yield container.at("securityContext", "capabilities", "drop"), seen


@rule(
    "security.kernel-filter",
    EVERY_CONTAINER,
    Level.CORE,
    Severity.WARNING,
    must="A container SHOULD run under seccomp (or AppArmor, or SELinux).",
    why="Without a filter it may make every system call; kernel flaws are reached through the rare ones.",
    fix="Set `seccompProfile: {type: RuntimeDefault}` on the pod.",
    source=_RESTRICTED,
    anchors="SEC-08",
)
def kernel_filter(container: Container) -> Iterator[Found]:
    kind = dig(inherited(container, "seccompProfile"), "type")
    if kind in ("RuntimeDefault", "Localhost"):
        return
    annotation = text(
        container.workload.pod_annotations.get(
            f"container.apparmor.security.beta.kubernetes.io/{container.name}"
        )
    )
    armour = dig(inherited(container, "appArmorProfile"), "type")
    named = armour in ("RuntimeDefault", "Localhost") or (annotation and annotation != "unconfined")
    if not named and not mapping(inherited(container, "seLinuxOptions")):
        seen = (
            "seccomp is Unconfined"
            if kind == "Unconfined"
            else "no seccomp, AppArmor or SELinux profile is set"
        )
        yield container.at("securityContext", "seccompProfile"), seen


@rule(
    "security.proc-mount",
    EVERY_CONTAINER,
    Level.CORE,
    Severity.ERROR,
    must="A container MUST see /proc masked.",
    why="Unmasked, it shows and changes settings of the node's kernel.",
    fix="Remove procMount.",
    source=_BASELINE,
    anchors="SEC-13",
)
def proc_mount(container: Container) -> Iterator[Found]:
    kind = text(container.security.get("procMount"))
    if kind not in ("", "Default"):
        yield container.at("securityContext", "procMount"), f"procMount is {brief(kind)}"


@rule(
    "security.sysctls",
    WORKLOAD,
    Level.CORE,
    Severity.ERROR,
    must="A pod MUST set safe sysctls only.",
    why="Others change the node for all its pods, and kubelets refuse them unless told otherwise.",
    fix="Remove it, or set it on the node.",
    source=_BASELINE,
    anchors="SEC-13",
)
def sysctls(workload: Workload) -> Iterator[Found]:
    for index, sysctl in maps(dig(workload.pod, "securityContext", "sysctls")):
        name = text(sysctl.get("name"))
        if name not in _SAFE_SYSCTLS:
            yield workload.at("securityContext", "sysctls", index), f"{brief(name)} is not a safe sysctl"


@rule(
    "security.privileged-port",
    EVERY_CONTAINER,
    Level.EXTENDED,
    Severity.WARNING,
    must="A container SHOULD listen on ports from 1024 up.",
    why="A port below needs root, a capability or a sysctl; the Service can still offer 80 or 443.",
    fix="Listen on e.g. 8080, and map it in the Service.",
    source="concepts/services-networking/service/#field-spec-ports",
    anchors="SEC-13",
)
def privileged_port(container: Container) -> Iterator[Found]:
    for index, port in container.ports:
        number = whole(port.get("containerPort"))
        if number is not None and 0 < number < 1024:
            yield container.at("ports", index, "containerPort"), f"port {number} is below 1024"
