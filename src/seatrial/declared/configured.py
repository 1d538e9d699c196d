"""How the containers of a pod take a ConfigMap or a Secret, and which ways a change never passes. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from seatrial.declared.values import mapping, maps

HASHED = re.compile(r"-[a-z0-9]{10}$")
"""What Kustomize adds to the name of what it makes of files: their hash, in ten characters."""
FIELDS = {
    "ConfigMap": (("configMap", "name"), "configMapRef", "configMapKeyRef"),
    "Secret": (("secret", "secretName"), "secretRef", "secretKeyRef"),
}
"""Where a pod names one: in a volume (and its name there), in an environment whole, and by key."""


class Way(NamedTuple):
    """One way in which a container takes a ConfigMap or a Secret.

    Attributes:
        name: its full name.
        at_start: whether a running container keeps what it was started with, whatever kubelet does.
    """

    name: str
    words: str
    at_start: bool


def ways_of(pod: Mapping[str, Any], kind: str, name: str) -> list[Way]:
    """Each way in which the containers of a pod's spec take the object, or one of its name with a hash."""
    found = list(_ways(pod, kind))
    exact = [way for way in found if way.name == name]
    return exact or [way for way in found if HASHED.sub("", way.name) == name]


def _ways(pod: Mapping[str, Any], kind: str) -> Iterator[Way]:
    _, whole, by_key = FIELDS[kind]
    volumes = {str(volume.get("name")): dict(volume) for _, volume in maps(pod.get("volumes"))}
    for _, container in maps(pod.get("containers")):
        its = f"container {container.get('name')}"
        for _, mount in maps(container.get("volumeMounts")):
            below = str(mount.get("subPath") or mount.get("subPathExpr") or "")
            how = f"mounted by subPath ({below})" if below else "mounted as a folder"
            for name in _held(volumes.get(str(mount.get("name")), {}), kind):
                yield Way(name, f"{mount.get('mountPath')} of {its} is {how}", bool(below))
        for _, source in maps(container.get("envFrom")):
            name = str(mapping(source.get(whole)).get("name") or "")
            yield Way(name, f"the environment of {its} is made of it", True)
        for _, variable in maps(container.get("env")):
            name = str(mapping(mapping(variable.get("valueFrom")).get(by_key)).get("name") or "")
            yield Way(name, f"the variable {variable.get('name')} of {its} is made of it", True)


def _held(volume: Mapping[str, Any], kind: str) -> Iterator[str]:
    """Names of the objects of that kind in a volume."""
    (field, named), _, _ = FIELDS[kind]
    yield str(mapping(volume.get(field)).get(named) or "")
    for _, source in maps(mapping(volume.get("projected")).get("sources")):
        yield str(mapping(source.get(field)).get("name") or "")
