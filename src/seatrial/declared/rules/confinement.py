"""What else keeps a container from its node: profiles, groups, levels of namespaces, priorities."""

from __future__ import annotations

from collections.abc import Iterator

from seatrial.declared.objects import Container, Resource, Workload
from seatrial.declared.rule import EVERY_CONTAINER, WORKLOAD, Found, Level, Severity, rule
from seatrial.declared.rules.hardening import inherited
from seatrial.declared.rules.platform import is_platform
from seatrial.declared.values import brief, dig, mapping, sequence, text, whole

_BASELINE = "concepts/security/pod-security-standards/#baseline"
_APPARMOR = "container.apparmor.security.beta.kubernetes.io/"
_SELINUX_FREE = ("spc_t", "unconfined", "container_runtime_t", "kernel_t", "init_t", "sysadm_t")
"""How SELinux types begin that confine next to nothing. Others are profiles of one's own."""
_POD_SECURITY = "pod-security.kubernetes.io/"
_ENFORCE = f"{_POD_SECURITY}enforce"
_MODES = {f"{mode}{end}" for mode in ("enforce", "audit", "warn") for end in ("", "-version")}


@rule(
    "security.unconfined",
    EVERY_CONTAINER,
    Level.CORE,
    Severity.ERROR,
    must="A container MUST NOT be taken out of its AppArmor, SELinux or seccomp confinement.",
    why="Nodes confine containers by default; `Unconfined`, or an SELinux type such as `spc_t`, switches "
    "that off, and a break-in reaches the node.",
    fix="Remove the setting, or name a profile of your own (Localhost).",
    source=_BASELINE,
)
def unconfined(container: Container) -> Iterator[Found]:
    for field, named in (("appArmorProfile", "AppArmor"), ("seccompProfile", "seccomp")):
        if dig(inherited(container, field), "type") == "Unconfined":
            yield container.at("securityContext", field), f"{named} is Unconfined"
    annotation = f"{_APPARMOR}{container.name}"
    if container.workload.pod_annotations.get(annotation) == "unconfined":
        path = (*container.workload.pod_path[:-1], "metadata", "annotations", annotation)
        yield path, "AppArmor is unconfined"
    selinux = mapping(inherited(container, "seLinuxOptions"))
    kind = text(selinux.get("type"))
    path = container.at("securityContext", "seLinuxOptions")
    if kind.startswith(_SELINUX_FREE):
        yield (*path, "type"), f"its SELinux type is {brief(kind)}"
    for field in ("user", "role"):
        if text(selinux.get(field)):
            yield (*path, field), f"it chooses its SELinux {field}, {brief(text(selinux[field]))}"


@rule(
    "security.root-group",
    EVERY_CONTAINER,
    Level.EXTENDED,
    Severity.WARNING,
    must="A container SHOULD NOT belong to the group root.",
    why="Files of the image and of mounted volumes that root's group may write are then open to it, "
    "whatever its user is.",
    fix="Set runAsGroup and fsGroup to the number of the user's own group.",
    source="tasks/configure-pod-container/security-context/",
)
def root_group(container: Container) -> Iterator[Found]:
    if whole(inherited(container, "runAsGroup")) == 0:
        yield container.at("securityContext", "runAsGroup"), "runAsGroup is 0"
    of_pod = mapping(container.workload.pod.get("securityContext"))
    if container.path != container.workload.every_container[0].path:
        return  # what the pod says is one fault, not one of each container
    if whole(of_pod.get("fsGroup")) == 0:
        yield container.workload.at("securityContext", "fsGroup"), "fsGroup is 0"
    if 0 in [whole(number) for number in sequence(of_pod.get("supplementalGroups"))]:
        yield container.workload.at("securityContext", "supplementalGroups"), "0 is among its groups"


@rule(
    "security.shared-processes",
    WORKLOAD,
    Level.EXTENDED,
    Severity.WARNING,
    must="Containers of a pod SHOULD NOT share their processes.",
    why="With shareProcessNamespace each container can see, signal and read the others: environment, files "
    "and memory of the one with the secrets are open to the sidecar, one that is injected later, too.",
    fix="Remove shareProcessNamespace; debug with an ephemeral container instead.",
    source="tasks/configure-pod-container/share-process-namespace/",
)
def shared_processes(workload: Workload) -> Iterator[Found]:
    if workload.pod.get("shareProcessNamespace") is True:
        alone = len(workload.every_container) == 1
        seen = "every container that joins it shares" if alone else "its containers share"
        yield workload.at("shareProcessNamespace"), f"{seen} one process namespace"


@rule(
    "security.pod-security-level",
    "Namespace",
    Level.CORE,
    Severity.WARNING,
    must="A namespace of applications SHOULD enforce the pod security level baseline or restricted.",
    why="With `privileged` the API server takes a pod that owns its node from everybody who may create one "
    "there; a label that is misspelt enforces nothing.",
    fix=f"Label it {_ENFORCE}=restricted, or baseline.",
    source="concepts/security/pod-security-admission/",
)
def pod_security_level(namespace: Resource) -> Iterator[Found]:
    level = namespace.labels.get(_ENFORCE)
    path = ("metadata", "labels", _ENFORCE)
    for key in namespace.labels:
        if key.startswith(_POD_SECURITY) and key.removeprefix(_POD_SECURITY) not in _MODES:
            yield ("metadata", "labels", key), f"{brief(key)} is no label of pod security: nothing reads it"
    if level == "privileged" and not is_platform(namespace.name):
        yield path, "it enforces `privileged`, which is nothing"


@rule(
    "orchestration.system-priority",
    WORKLOAD,
    Level.CORE,
    Severity.WARNING,
    must="An application SHOULD NOT have a priority of the system.",
    why="Where nodes are full it drives out what the cluster itself runs on: DNS, the network's agents. Some "
    "clusters refuse such pods outside kube-system.",
    fix="Make a PriorityClass of your own, below one billion.",
    source="concepts/scheduling-eviction/pod-priority-preemption/#priorityclass",
)
def system_priority(workload: Workload) -> Iterator[Found]:
    name = text(workload.pod.get("priorityClassName"))
    if name.startswith("system-") and workload.namespace and not is_platform(workload.namespace):
        yield workload.at("priorityClassName"), f"its priority class is {brief(name)}"
