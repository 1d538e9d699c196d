"""Pods: their containers and volumes together."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from seatrial.declared.server.registry import Wrong, duplicates, on
from seatrial.declared.values import Path, brief, mapping, maps, sequence, text, whole

_LISTS = ("containers", "initContainers", "ephemeralContainers")
_TEMPLATED = (
    *("apps.v1.DeploymentSpec", "apps.v1.ReplicaSetSpec", "apps.v1.StatefulSetSpec", "apps.v1.DaemonSetSpec"),
    *("core.v1.ReplicationControllerSpec", "batch.v1.JobSpec", "core.v1.PodTemplate"),
)
"""Definitions with a pod template in `template`."""
_NOT_ON_WINDOWS = (
    *("appArmorProfile", "seLinuxOptions", "seccompProfile", "fsGroup", "fsGroupChangePolicy", "sysctls"),
    *("runAsUser", "runAsGroup", "supplementalGroups", "supplementalGroupsPolicy", "seLinuxChangePolicy"),
)
_NOT_IN_WINDOWS_CONTAINERS = (
    *("appArmorProfile", "seLinuxOptions", "seccompProfile", "capabilities", "readOnlyRootFilesystem"),
    *("privileged", "allowPrivilegeEscalation", "procMount", "runAsUser", "runAsGroup"),
)


def _containers(spec: dict[str, Any]) -> Iterator[tuple[Path, dict[str, Any]]]:
    for field in _LISTS:
        for index, container in maps(spec.get(field)):
            yield (field, index), container


@on("core.v1.PodSpec")
def names(spec: dict[str, Any]) -> Wrong:
    """Containers are told apart by their names, of whatever list, and volumes by theirs."""
    known: set[str] = set()
    for path, container in _containers(spec):
        name = text(container.get("name"))
        if name and name in known:
            yield (*path, "name"), f"{brief(name)} is the name of another container, too"
        known.add(name)
    for index, name in duplicates(spec.get("volumes"), "name"):
        yield ("volumes", index, "name"), f"{brief(name)} is the name of another volume, too"


def mounted(spec: dict[str, Any], claims: set[str]) -> Wrong:
    """Every mount names a volume of the pod, or a claim template of its set."""
    volumes = {text(volume.get("name")): volume for _, volume in maps(spec.get("volumes"))}
    for path, container in _containers(spec):
        for index, mount in maps(container.get("volumeMounts")):
            name = text(mount.get("name"))
            if name and name not in volumes and name not in claims:
                yield (*path, "volumeMounts", index, "name"), f"{brief(name)} is no volume of the pod"
        for index, device in maps(container.get("volumeDevices")):
            volume = mapping(volumes.get(text(device.get("name"))))
            backed = any(volume.get(kind) is not None for kind in ("persistentVolumeClaim", "ephemeral"))
            if device.get("name") and not backed and device.get("name") not in claims:
                yield (
                    (*path, "volumeDevices", index, "name"),
                    f"{brief(device['name'])} is no claim of the pod",
                )


@on("core.v1.Pod")
def mounts(pod: dict[str, Any]) -> Wrong:
    """Every mount of a pod names one of its volumes."""
    for path, seen in mounted(mapping(pod.get("spec")), set()):
        yield ("spec", *path), seen


@on(*_TEMPLATED)
def mounts_of_template(value: dict[str, Any]) -> Wrong:
    """As `mounts`; the claim templates of a StatefulSet are volumes, too."""
    templates = sequence(value.get("volumeClaimTemplates"))
    claims = {text(mapping(mapping(each).get("metadata")).get("name")) for each in templates}
    for path, seen in mounted(mapping(mapping(value.get("template")).get("spec")), claims):
        yield ("template", "spec", *path), seen


@on("core.v1.PodSpec")
def starts(spec: dict[str, Any]) -> Wrong:
    """What only a container that keeps running may have."""
    for index, container in maps(spec.get("initContainers")):
        if container.get("restartPolicy") == "Always":
            continue
        for field in ("lifecycle", "livenessProbe", "readinessProbe", "startupProbe"):
            if container.get(field) is not None:
                yield (
                    ("initContainers", index, field),
                    "an init container may not have it, unless it restarts Always",
                )


@on("core.v1.PodSpec")
def host_ports(spec: dict[str, Any]) -> Wrong:
    """A port of the node is taken once; on the node's network it is the container's own."""
    taken: set[tuple[Any, ...]] = set()
    for index, container in maps(spec.get("containers")):
        for number, port in maps(container.get("ports")):
            host = port.get("hostPort")
            path = ("containers", index, "ports", number, "hostPort")
            if spec.get("hostNetwork") is True:
                if host not in (None, 0, port.get("containerPort")):
                    yield path, f"{host}: with `hostNetwork` it must be the containerPort"
                host = port.get("containerPort")
            key = (host, port.get("protocol") or "TCP", port.get("hostIP") or "")
            if host not in (None, 0) and key in taken:
                yield path, f"{host} is taken by another port of the pod"
            taken.add(key)


@on("core.v1.PodSpec")
def sleeps(spec: dict[str, Any]) -> Wrong:
    """A hook does not sleep longer than the grace period."""
    written = whole(spec.get("terminationGracePeriodSeconds"))
    grace = 30 if written is None else max(written, 1) if written < 0 else written
    for path, container in _containers(spec):
        for hook in ("preStop", "postStart"):
            action = mapping(mapping(container.get("lifecycle")).get(hook)).get("sleep")
            seconds = whole(mapping(action).get("seconds"))
            if seconds is not None and not 0 <= seconds <= grace:
                yield (
                    (*path, "lifecycle", hook, "sleep", "seconds"),
                    f"{seconds} is not within 0 to the grace period, {grace}",
                )


@on("core.v1.PodSpec")
def name_resolution(spec: dict[str, Any]) -> Wrong:
    """A pod without the cluster's DNS names its servers; bounds of the resolver."""
    servers = sequence(mapping(spec.get("dnsConfig")).get("nameservers"))
    searches = sequence(mapping(spec.get("dnsConfig")).get("searches"))
    if spec.get("dnsPolicy") == "None" and not servers:
        yield ("dnsConfig", "nameservers"), "`dnsPolicy: None` needs one"
    if len(servers) > 3:
        yield ("dnsConfig", "nameservers"), f"{len(servers)} of them; at most 3"
    if len(searches) > 32:
        yield ("dnsConfig", "searches"), f"{len(searches)} of them; at most 32"


@on("core.v1.PodSpec")
def operating_system(spec: dict[str, Any]) -> Wrong:
    """Fields that only the other operating system has."""
    name = mapping(spec.get("os")).get("name")
    if name == "windows":
        for field in ("hostPID", "hostIPC", "shareProcessNamespace", "hostUsers"):
            if spec.get(field) or (
                field in ("shareProcessNamespace", "hostUsers") and spec.get(field) is not None
            ):
                yield (field,), "may not be set for a Windows pod"
        yield from _forbidden(spec.get("securityContext"), _NOT_ON_WINDOWS, ("securityContext",))
        for path, container in _containers(spec):
            context = container.get("securityContext")
            yield from _forbidden(context, _NOT_IN_WINDOWS_CONTAINERS, (*path, "securityContext"))
    elif name == "linux":
        for path, value in (((), spec), *_containers(spec)):
            if mapping(value.get("securityContext")).get("windowsOptions") is not None:
                yield (*path, "securityContext", "windowsOptions"), "may not be set for a Linux pod"


def _forbidden(context: Any, fields: tuple[str, ...], path: Path) -> Wrong:
    for field in fields:
        if mapping(context).get(field) not in (None, []):
            yield (*path, field), "may not be set for a Windows pod"


@on("core.v1.PodSpec")
def shared(spec: dict[str, Any]) -> Wrong:
    """Processes are shared within the pod or with the node, not both."""
    if spec.get("shareProcessNamespace") is True and spec.get("hostPID") is True:
        yield ("shareProcessNamespace",), "may not be set beside `hostPID`"
    if spec.get("hostUsers") is False:
        for field in ("hostNetwork", "hostPID", "hostIPC"):
            if spec.get(field) is True:
                yield (field,), "may not be set where `hostUsers` is false"
    if spec.get("setHostnameAsFQDN") is True and spec.get("hostnameOverride"):
        yield ("hostnameOverride",), "may not be set beside `setHostnameAsFQDN`"


@on("core.v1.PodSecurityContext")
def sysctls(context: dict[str, Any]) -> Wrong:
    """Kernel parameters are told apart by their names."""
    for index, name in duplicates(context.get("sysctls"), "name"):
        yield ("sysctls", index, "name"), f"{brief(name)} stands twice"


@on("core.v1.PodSpec")
def gates(spec: dict[str, Any]) -> Wrong:
    """Scheduling gates are told apart by their names."""
    for index, name in duplicates(spec.get("schedulingGates"), "name"):
        yield ("schedulingGates", index, "name"), f"{brief(name)} stands twice"


@on("core.v1.PodSpec")
def claimed(spec: dict[str, Any]) -> Wrong:
    """A container uses resource claims of its pod."""
    known = {claim.get("name") for _, claim in maps(spec.get("resourceClaims"))}
    for path, container in _containers(spec):
        for index, claim in maps(mapping(container.get("resources")).get("claims")):
            if claim.get("name") not in known:
                seen = f"{brief(claim.get('name'))} is no resource claim of the pod"
                yield (*path, "resources", "claims", index, "name"), seen


@on("core.v1.PodSpec")
def environment_files(spec: dict[str, Any]) -> Wrong:
    """A file with variables lies on an emptyDir of the pod."""
    volumes = [volume for _, volume in maps(spec.get("volumes")) if volume.get("emptyDir") is not None]
    empty = {volume.get("name") for volume in volumes}
    for path, container in _containers(spec):
        for index, variable in maps(container.get("env")):
            reference = mapping(mapping(variable.get("valueFrom")).get("fileKeyRef"))
            if reference.get("volumeName") and reference["volumeName"] not in empty:
                seen = f"{brief(reference['volumeName'])} is no emptyDir of the pod"
                yield (*path, "env", index, "valueFrom", "fileKeyRef", "volumeName"), seen
