"""ConfigMaps, Secrets and webhooks."""

from __future__ import annotations

from typing import Any

from seatrial.declared.server.registry import Wrong, duplicates, on
from seatrial.declared.values import brief, mapping, text

_LEVELS = ("privileged", "baseline", "restricted")
_MOST_BYTES = 1024 * 1024
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


@on(
    "admissionregistration.v1.ValidatingWebhookConfiguration",
    "admissionregistration.v1.MutatingWebhookConfiguration",
)
def webhooks(value: dict[str, Any]) -> Wrong:
    """Webhooks are told apart by their names."""
    for index, name in duplicates(value.get("webhooks"), "name"):
        yield ("webhooks", index, "name"), f"{brief(name)} stands twice"


@on("admissionregistration.v1.ValidatingWebhook", "admissionregistration.v1.MutatingWebhook")
def webhook(value: dict[str, Any]) -> Wrong:
    """A webhook that has no side effects in a dry run, in a version of the review that there is."""
    if value.get("sideEffects") not in (None, "None", "NoneOnDryRun"):
        yield ("sideEffects",), f"{brief(value['sideEffects'])} is not one of None, NoneOnDryRun"
    versions = value.get("admissionReviewVersions")
    if versions.__class__ is list and not {"v1", "v1beta1"} & set(map(str, versions)):
        yield ("admissionReviewVersions",), "it needs v1 or v1beta1"
    if versions.__class__ is list and len(versions) != len(set(map(str, versions))):
        yield ("admissionReviewVersions",), "a version stands twice"


@on("admissionregistration.v1.WebhookClientConfig")
def client(value: dict[str, Any]) -> Wrong:
    """A webhook is reached at an address or by a Service."""
    if (value.get("url") is None) == (value.get("service") is None):
        yield (), "it needs `url` or `service`, and only one of them"
    if value.get("url") is not None and not text(value["url"]).startswith("https://"):
        yield ("url",), f"{brief(value['url'])} does not begin with https://"


@on("core.v1.Namespace")
def pod_security(value: dict[str, Any]) -> Wrong:
    """The levels of pod security are three."""
    labels = mapping(mapping(value.get("metadata")).get("labels"))
    for mode in ("enforce", "audit", "warn"):
        level = labels.get(f"pod-security.kubernetes.io/{mode}")
        if level is not None and level not in _LEVELS:
            path = ("metadata", "labels", f"pod-security.kubernetes.io/{mode}")
            yield path, f"{brief(level)} is not one of {', '.join(_LEVELS)}"
