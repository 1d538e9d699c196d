"""Pods and their templates as a whole: what may not stand in either, resources of the pod itself."""

from __future__ import annotations

from typing import Any

from seatrial.declared.server.formats import float_of
from seatrial.declared.server.registry import Wrong, on
from seatrial.declared.values import Path, brief, dig, mapping, maps, sequence, text

_APPARMOR = "container.apparmor.security.beta.kubernetes.io/"
_ROUNDING = 1 + 1e-9
_FOR_PODS = ("cpu", "memory")
_OLD = {"Unconfined": "unconfined", "RuntimeDefault": "runtime/default"}
"""Types of profiles as annotations wrote them; a local one has its name behind `localhost/`."""


@on("core.v1.Pod", "core.v1.PodTemplateSpec")
def debugged(pod: dict[str, Any]) -> Wrong:
    """Ephemeral containers are put into pods that run already."""
    if sequence(dig(pod, "spec", "ephemeralContainers")):
        yield (
            ("spec", "ephemeralContainers"),
            "they are added to a running pod (kubectl debug), never written",
        )


@on("core.v1.Pod")
def placed(pod: dict[str, Any]) -> Wrong:
    """What is only asked of a pod itself: no node while gates hold it, images without spaces around."""
    spec = mapping(pod.get("spec"))
    if spec.get("nodeName") and sequence(spec.get("schedulingGates")):
        yield ("spec", "nodeName"), "may not be set where `schedulingGates` hold the pod"
    for field in ("containers", "initContainers"):
        for index, container in maps(spec.get(field)):
            image = text(container.get("image"))
            if image != image.strip():
                yield ("spec", field, index, "image"), f"{brief(image)} has spaces around it"
    for index, volume in maps(spec.get("volumes")):
        if volume.get("image") is not None and not mapping(volume["image"]).get("reference"):
            yield ("spec", "volumes", index, "image", "reference"), "`reference` is required"


@on("core.v1.Pod", "core.v1.PodTemplateSpec")
def profiles_agree(pod: dict[str, Any]) -> Wrong:
    """An old annotation says of AppArmor what the field says."""
    annotations = mapping(dig(pod, "metadata", "annotations"))
    if not any(key.startswith(_APPARMOR) for key in annotations):
        return
    of_pod = dig(pod, "spec", "securityContext", "appArmorProfile")
    for field in ("containers", "initContainers"):
        for index, container in maps(dig(pod, "spec", field)):
            profile = mapping(dig(container, "securityContext", "appArmorProfile") or of_pod)
            old = annotations.get(f"{_APPARMOR}{text(container.get('name'))}")
            kind = text(profile.get("type"))
            wanted = _OLD.get(kind, f"localhost/{text(profile.get('localhostProfile'))}")
            if kind and old is not None and old != wanted:
                path = ("spec", field, index, "securityContext", "appArmorProfile")
                yield path, f"the annotation says {brief(old)}, the field {kind}"


@on("core.v1.PodSpec")
def own_resources(spec: dict[str, Any]) -> Wrong:
    """A pod asks for no less than its containers do together, and only for what they can share."""
    own = spec.get("resources")
    if own is None:
        return
    if dig(spec, "os", "name") == "windows":
        yield ("resources",), "may not be set for a Windows pod"
        return
    if mapping(own).get("claims") is not None:
        yield ("resources", "claims"), "may not be set for the pod as a whole"
    for field in ("limits", "requests"):
        for name in mapping(mapping(own).get(field)):
            if name not in _FOR_PODS and not name.startswith("hugepages-"):
                yield ("resources", field, name), f"{brief(name)} cannot be asked for by the pod as a whole"
    asked = mapping(mapping(own).get("requests"))
    for name in _FOR_PODS:
        together = _together(spec, name)
        if name in asked and together > float_of(asked[name]) * _ROUNDING:
            seen = f"{brief(asked[name])} is less than what its containers ask for together"
            yield ("resources", "requests", name), seen


def _together(spec: dict[str, Any], name: str) -> float:
    """What the containers of a pod ask for, as its scheduler counts: sidecars add to all that follow them."""
    running = sum(_asked(container, name) for _, container in maps(spec.get("containers")))
    beside = most = 0.0
    for _, container in maps(spec.get("initContainers")):
        each = _asked(container, name)
        if container.get("restartPolicy") == "Always":
            beside += each
            most = max(most, beside)
        else:
            most = max(most, beside + each)
    return max(running + beside, most)


def _asked(container: dict[str, Any], name: str) -> float:
    given = dig(container, "resources", "requests", name)
    given = dig(container, "resources", "limits", name) if given is None else given
    return 0.0 if given is None else float_of(given)


@on("core.v1.PodResourceClaim")
def one_claim(claim: dict[str, Any]) -> Wrong:
    """A claim is named, or made from a template."""
    fields = ("resourceClaimName", "resourceClaimTemplateName")
    if (claim.get(fields[0]) is None) == (claim.get(fields[1]) is None):
        yield (), f"it needs {' or '.join(fields)}, and only one of them"


@on("core.v1.PodSpec")
def by_system(spec: dict[str, Any]) -> Wrong:
    """What depends on the operating system or on users of the pod's own."""
    for field in ("containers", "initContainers"):
        for index, container in maps(spec.get(field)):
            path: Path = (field, index)
            if dig(container, "lifecycle", "stopSignal") is not None and not dig(spec, "os", "name"):
                yield (*path, "lifecycle", "stopSignal"), "needs `os.name` of the pod"
            unmasked = dig(container, "securityContext", "procMount") == "Unmasked"
            if unmasked and spec.get("hostUsers") is not False:
                yield (*path, "securityContext", "procMount"), "Unmasked needs `hostUsers: false`"
            if container.get("volumeDevices") and spec.get("hostUsers") is False:
                yield (*path, "volumeDevices"), "may not be set beside `hostUsers: false`"
    if spec.get("hostnameOverride") and spec.get("hostNetwork") is True:
        yield ("hostnameOverride",), "may not be set beside `hostNetwork`"
    for index, each in maps(dig(spec, "securityContext", "sysctls")):
        if spec.get("hostNetwork") is True and text(each.get("name")).startswith("net."):
            yield ("securityContext", "sysctls", index, "name"), "may not be set beside `hostNetwork`"
    yield from _host_processes(spec)


def _host_processes(spec: dict[str, Any]) -> Wrong:
    """Either all containers of a Windows pod are processes of the host, on its network, or none is."""
    of_pod = dig(spec, "securityContext", "windowsOptions", "hostProcess")
    own = [
        ((field, index), dig(container, "securityContext", "windowsOptions", "hostProcess"))
        for field in ("containers", "initContainers")
        for index, container in maps(spec.get(field))
    ]
    there = [path for path, given in own if (of_pod if given is None else given) is True]
    if there and len(there) < len(own):
        yield there[0], "all containers of a pod are processes of the host, or none is"
    if there and spec.get("hostNetwork") is not True:
        yield ("hostNetwork",), "processes of the host need `hostNetwork: true`"


@on("core.v1.Container")
def restart_rules(container: dict[str, Any]) -> Wrong:
    """Rules about restarts say for which exit codes, beside a policy for all others."""
    rules = maps(container.get("restartPolicyRules"))
    if rules and not container.get("restartPolicy"):
        yield ("restartPolicy",), "`restartPolicyRules` need it"
    for index, rule in rules:
        if text(rule.get("action")) not in ("Restart", "RestartAllContainers"):
            seen = f"{brief(rule.get('action'))} is not one of Restart, RestartAllContainers"
            yield ("restartPolicyRules", index, "action"), seen
        if rule.get("exitCodes") is None:
            yield ("restartPolicyRules", index, "exitCodes"), "`exitCodes` is required"
    if len(rules) > 20:
        yield ("restartPolicyRules",), f"{len(rules)} of them; at most 20"


@on("core.v1.Container", "core.v1.EphemeralContainer")
def devices(container: dict[str, Any]) -> Wrong:
    """A volume is a file system or a device of a container, and a path one of them."""
    mounts = maps(container.get("volumeMounts"))
    names, paths = ({text(mount.get(key)) for _, mount in mounts} for key in ("name", "mountPath"))
    known: set[str] = set()
    for index, device in maps(container.get("volumeDevices")):
        path = text(device.get("devicePath"))
        if text(device.get("name")) in names:
            yield ("volumeDevices", index, "name"), f"{brief(device['name'])} is mounted, too"
        if path and path in known | paths:
            yield ("volumeDevices", index, "devicePath"), f"{brief(path)} stands twice"
        known.add(path)
