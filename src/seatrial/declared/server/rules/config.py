"""ConfigMaps, Secrets and namespaces."""

from __future__ import annotations

from typing import Any

from seatrial.declared.server.registry import Wrong, on
from seatrial.declared.values import Pattern, brief, mapping, text

_LEVELS = ("privileged", "baseline", "restricted")
_MOST_BYTES = 1024 * 1024
_VERSION = Pattern(r"latest|v1\.(0|[1-9][0-9]*)")
_NEEDED = {
    "kubernetes.io/dockercfg": (".dockercfg",),
    "kubernetes.io/dockerconfigjson": (".dockerconfigjson",),
    "kubernetes.io/ssh-auth": ("ssh-privatekey",),
    "kubernetes.io/tls": ("tls.crt", "tls.key"),
}


@on("core.v1.ConfigMap")
def config_map(value: dict[str, Any]) -> Wrong:
    """A key stands in one of the two halves, and all of it has a bound."""
    data, binary = mapping(value.get("data")), mapping(value.get("binaryData"))
    for key in data.keys() & binary.keys():
        yield ("data", key), "stands in `binaryData`, too"
    size = sum(len(text(each).encode()) for each in data.values())
    size += sum(len(text(each)) * 3 // 4 for each in binary.values())
    if size > _MOST_BYTES:
        yield ("data",), f"{size} bytes; a ConfigMap may have {_MOST_BYTES}"


@on("core.v1.Secret")
def secret(value: dict[str, Any]) -> Wrong:
    """A typed Secret has the keys of its type, and all of it has a bound."""
    data, plain, kind = mapping(value.get("data")), mapping(value.get("stringData")), text(value.get("type"))
    there = {**data, **plain}
    for key in _NEEDED.get(kind, ()):
        if key not in there:
            yield ("data", key), f"`type: {kind}` needs it"
    if kind == "kubernetes.io/basic-auth" and not {"username", "password"} & there.keys():
        yield ("data", "username"), f"`type: {kind}` needs username or password"
    if kind == "kubernetes.io/service-account-token":
        annotations = mapping(mapping(value.get("metadata")).get("annotations"))
        if not annotations.get("kubernetes.io/service-account.name"):
            yield ("metadata", "annotations"), "a token needs `kubernetes.io/service-account.name`"
    for key in (".dockercfg", ".dockerconfigjson"):
        if (
            kind in _NEEDED
            and key in _NEEDED[kind]
            and key in there
            and not _is_json(data.get(key), plain.get(key))
        ):
            yield ("data" if key not in plain else "stringData", key), "it is no JSON object"
    size = sum(len(text(each)) * 3 // 4 for each in data.values()) + sum(
        len(text(each)) for each in plain.values()
    )
    if size > _MOST_BYTES:
        yield ("data",), f"{size} bytes; a Secret may have {_MOST_BYTES}"


def _is_json(encoded: Any, plain: Any) -> bool:
    import base64
    import json

    try:
        written = plain if plain is not None else base64.b64decode(text(encoded)).decode()
        return json.loads(written).__class__ is dict
    except ValueError:
        return False


@on("core.v1.Namespace")
def pod_security(value: dict[str, Any]) -> Wrong:
    """The levels of pod security are three, each of a version."""
    labels = mapping(mapping(value.get("metadata")).get("labels"))
    for mode in ("enforce", "audit", "warn"):
        key = f"pod-security.kubernetes.io/{mode}"
        level = text(labels.get(key))
        if key in labels and level not in _LEVELS:
            path = ("metadata", "labels", key)
            yield path, f"{brief(level)} is not one of {', '.join(_LEVELS)}"
        key = f"pod-security.kubernetes.io/{mode}-version"
        version = text(labels.get(key))
        if key in labels and not _VERSION.compiled.fullmatch(version):
            path = ("metadata", "labels", key)
            yield path, f"{brief(version)} is no version such as `latest` or `v1.34`"
