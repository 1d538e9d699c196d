"""Containers: probes, environment, mounts, ports, security."""

from __future__ import annotations

from typing import Any

from seatrial.declared.server.formats import float_of
from seatrial.declared.server.registry import Wrong, duplicates, exactly_one, on
from seatrial.declared.values import brief, dig, mapping, maps, sequence, text

_HANDLERS = ("exec", "httpGet", "tcpSocket", "grpc")


@on("core.v1.Container")
def probes(container: dict[str, Any]) -> Wrong:
    """What succeeds once has succeeded, but for readiness; readiness ends no container."""
    for field in ("livenessProbe", "startupProbe"):
        threshold = mapping(container.get(field)).get("successThreshold")
        if threshold not in (None, 0, 1):
            yield (field, "successThreshold"), f"{brief(threshold)}: it must be 1"
    if mapping(container.get("readinessProbe")).get("terminationGracePeriodSeconds") is not None:
        yield ("readinessProbe", "terminationGracePeriodSeconds"), "a readiness probe ends no container"


@on("core.v1.Container")
def restart(container: dict[str, Any]) -> Wrong:
    """Whether a container restarts by itself is one of three."""
    if container.get("restartPolicy") not in (None, "Always", "OnFailure", "Never"):
        seen = f"{brief(container['restartPolicy'])} is not one of Always, OnFailure, Never"
        yield ("restartPolicy",), seen


@on("core.v1.Probe")
def probe_handler(probe: dict[str, Any]) -> Wrong:
    """A probe has exactly one way to ask."""
    yield from exactly_one(probe, _HANDLERS, "a handler")


@on("core.v1.LifecycleHandler")
def hook_handler(hook: dict[str, Any]) -> Wrong:
    """A hook has exactly one thing to do."""
    yield from exactly_one(hook, ("exec", "httpGet", "tcpSocket", "sleep"), "a handler")


@on("core.v1.HTTPGetAction")
def scheme(action: dict[str, Any]) -> Wrong:
    """HTTP or HTTPS, in capitals."""
    if action.get("scheme") not in (None, "", "HTTP", "HTTPS"):
        yield ("scheme",), f"{brief(action['scheme'])} is not one of HTTP, HTTPS"


@on("core.v1.EnvVar")
def source(variable: dict[str, Any]) -> Wrong:
    """A variable has a value, or exactly one place that it comes from."""
    if variable.get("valueFrom") is None:
        return
    fields = ("fieldRef", "resourceFieldRef", "configMapKeyRef", "secretKeyRef", "fileKeyRef")
    for path, seen in exactly_one(variable["valueFrom"], fields, "a source"):
        yield ("valueFrom", *path), seen
    if variable.get("value"):
        yield ("valueFrom",), "may not be set beside `value`"


@on("core.v1.EnvFromSource")
def environment_source(value: dict[str, Any]) -> Wrong:
    """One ConfigMap or one Secret."""
    yield from exactly_one(value, ("configMapRef", "secretRef"), "a source")


@on("core.v1.Container", "core.v1.EphemeralContainer")
def unique(container: dict[str, Any]) -> Wrong:
    """Port names, mount paths and resources are told apart."""
    for index, name in duplicates(container.get("ports"), "name"):
        yield ("ports", index, "name"), f"{brief(name)} stands twice"
    for index, path in duplicates(container.get("volumeMounts"), "mountPath"):
        yield ("volumeMounts", index, "mountPath"), f"{brief(path)} is mounted twice"
    for index, path in duplicates(container.get("volumeDevices"), "name"):
        yield ("volumeDevices", index, "name"), f"{brief(path)} stands twice"
    for index, name in duplicates(container.get("resizePolicy"), "resourceName"):
        yield ("resizePolicy", index, "resourceName"), f"{brief(name)} stands twice"


@on("core.v1.VolumeMount")
def mount(value: dict[str, Any]) -> Wrong:
    """A mount has one sub-path; one that is read-only all the way down is read-only."""
    if value.get("subPath") and value.get("subPathExpr"):
        yield ("subPathExpr",), "may not be set beside `subPath`"
    deep = value.get("recursiveReadOnly")
    if deep in ("Enabled", "IfPossible"):
        if value.get("readOnly") is not True:
            yield ("recursiveReadOnly",), f"{deep} needs `readOnly: true`"
        if value.get("mountPropagation") not in (None, "None"):
            yield ("recursiveReadOnly",), f"{deep} needs `mountPropagation: None`"
    elif deep not in (None, "Disabled"):
        yield ("recursiveReadOnly",), f"{brief(deep)} is not one of Disabled, IfPossible, Enabled"


@on("core.v1.Container", "core.v1.EphemeralContainer")
def security(container: dict[str, Any]) -> Wrong:
    """A privileged container cannot be denied escalation."""
    context = mapping(container.get("securityContext"))
    if context.get("allowPrivilegeEscalation") is False:
        path = ("securityContext", "allowPrivilegeEscalation")
        if context.get("privileged") is True:
            yield path, "may not be false where `privileged` is true"
        if "CAP_SYS_ADMIN" in sequence(dig(context, "capabilities", "add")):
            yield path, "may not be false where CAP_SYS_ADMIN is added"
    propagations = [each.get("mountPropagation") for _, each in maps(container.get("volumeMounts"))]
    if "Bidirectional" in propagations and context.get("privileged") is not True:
        index = propagations.index("Bidirectional")
        yield ("volumeMounts", index, "mountPropagation"), "Bidirectional needs a privileged container"


@on("core.v1.SeccompProfile", "core.v1.AppArmorProfile")
def profile(value: dict[str, Any]) -> Wrong:
    """A profile on the node is named, another is not."""
    named = bool(value.get("localhostProfile"))
    if (value.get("type") == "Localhost") != named:
        yield ("localhostProfile",), "needed where `type` is Localhost, and only there"


@on("core.v1.ResourceRequirements")
def requests_within_limits(value: dict[str, Any]) -> Wrong:
    """No request is above its limit; what cannot be shared has both alike."""
    limits, requests = mapping(value.get("limits")), mapping(value.get("requests"))
    for name, request in requests.items():
        limit = limits.get(name)
        if limit is None:
            if ("/" in name and not name.startswith("kubernetes.io/")) or name.startswith("hugepages-"):
                yield ("requests", name), "needs a limit of the same amount"
        elif float_of(request) > float_of(limit):
            yield ("requests", name), f"{brief(request)} is more than the limit {brief(limit)}"
        elif ("/" in name or name.startswith("hugepages-")) and float_of(request) != float_of(limit):
            yield (
                ("requests", name),
                f"{brief(request)} is not the limit {brief(limit)}: {name} is not shared",
            )
    for name in {*limits, *requests}:
        if name.startswith("hugepages-") and not {"cpu", "memory"} & {*limits, *requests}:
            yield ("limits", name), "huge pages need cpu or memory beside them"
        for field, given in (("limits", limits), ("requests", requests)):
            if "/" in name and name in given and float_of(given[name]) % 1:
                yield (field, name), f"{brief(given[name])} is no whole number"


@on("core.v1.ContainerResizePolicy")
def resized(value: dict[str, Any]) -> Wrong:
    """Only these can be resized."""
    if text(value.get("resourceName")) not in ("", "cpu", "memory"):
        yield ("resourceName",), f"{brief(value['resourceName'])} is not one of cpu, memory"
    if text(value.get("restartPolicy")) not in ("", "NotRequired", "RestartContainer"):
        seen = f"{brief(value['restartPolicy'])} is not one of NotRequired, RestartContainer"
        yield ("restartPolicy",), seen
