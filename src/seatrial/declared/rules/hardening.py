"""What a container may do to its node: users, capabilities, file systems, kernel filters."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from seatrial.declared.objects import Container, Workload
from seatrial.declared.rule import EVERY_CONTAINER, WORKLOAD, Found, Level, Severity, rule
from seatrial.declared.rules.applies import is_confined, may_be_confined, on_linux
from seatrial.declared.values import brief, dig, mapping, maps, text, whole

_OLD_SECCOMP = "seccomp.security.alpha.kubernetes.io/"
_RESTRICTED = "concepts/security/pod-security-standards/#restricted"
_BASELINE = "concepts/security/pod-security-standards/#baseline"
_CONTEXT = "tasks/configure-pod-container/security-context/"

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
    when=may_be_confined,
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
    if not on_linux(container):
        yield from _as_administrator(container, non_root)
    elif user == 0:
        yield container.at("securityContext", "runAsUser"), "runAsUser is 0"
    elif non_root is not True and user is None:
        seen = (
            "runAsNonRoot is false" if non_root is False else "neither runAsNonRoot nor runAsUser is written"
        )
        yield container.at("securityContext", "runAsNonRoot"), seen
    elif non_root is False:
        yield container.at("securityContext", "runAsNonRoot"), "runAsNonRoot is false"


def _as_administrator(container: Container, non_root: Any) -> Iterator[Found]:
    """As above, on Windows: users have names there, and the images' own may be the administrator."""
    path = container.at("securityContext", "windowsOptions", "runAsUserName")
    user = text(mapping(inherited(container, "windowsOptions")).get("runAsUserName"))
    if user.lower().endswith(("containeradministrator", "\\system")):
        yield path, f"runAsUserName is {brief(user)}"
    elif not user and non_root is not True:
        yield path, "neither runAsNonRoot nor runAsUserName is written"


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
    when=on_linux,
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
    when=on_linux,
    anchors="SEC-05",
)
def read_only_root(container: Container) -> Iterator[Found]:
    if container.security.get("readOnlyRootFilesystem") is not True:
        yield container.at("securityContext", "readOnlyRootFilesystem"), "its file system can be written"


@rule(
    "security.kernel-filter",
    EVERY_CONTAINER,
    Level.CORE,
    Severity.WARNING,
    must="A container SHOULD run under seccomp (or AppArmor, or SELinux).",
    why="Without a filter it may make every system call; kernel flaws are reached through the rare ones.",
    fix="Set `seccompProfile: {type: RuntimeDefault}` on the pod.",
    source=_RESTRICTED,
    when=is_confined,
    anchors="SEC-08",
)
def kernel_filter(container: Container) -> Iterator[Found]:
    kind = dig(inherited(container, "seccompProfile"), "type")
    if kind in ("RuntimeDefault", "Localhost", "Unconfined"):  # security.unconfined speaks of the last
        return
    annotation = text(
        container.workload.pod_annotations.get(
            f"container.apparmor.security.beta.kubernetes.io/{container.name}"
        )
    )
    armour = dig(inherited(container, "appArmorProfile"), "type")
    named = armour in ("RuntimeDefault", "Localhost") or (annotation and annotation != "unconfined")
    if not named and not mapping(inherited(container, "seLinuxOptions")):
        seen = "no seccomp, AppArmor or SELinux profile is set"
        if any(key.startswith(_OLD_SECCOMP) for key in container.workload.pod_annotations):
            seen = "its seccomp annotation means nothing since Kubernetes 1.27: no profile is set"
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
    when=is_confined,
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
    when=on_linux,
    anchors="SEC-13",
)
def privileged_port(container: Container) -> Iterator[Found]:
    for index, port in container.ports:
        number = whole(port.get("containerPort"))
        if number is not None and 0 < number < 1024:
            yield container.at("ports", index, "containerPort"), f"port {number} is below 1024"
