"""Secrets in places that are not for them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from seatrial.declared.objects import Container, Resource
from seatrial.declared.rule import EVERY_CONTAINER, Found, Level, Severity, rule
from seatrial.declared.values import brief, mapping, maps, text

_NAME = re.compile(
    r"passw(?:or)?d|passphrase|secret|(?:^|[_\-.])token(?:$|[_\-.])|(?:api|access|private|signing|batch)[_\-.]?key"
    r"|encryption[_\-.]?key|credential|(?:^|_)key_content|(?:^|[_\-.])pwd(?:$|[_\-.])",
    re.IGNORECASE,
)
_NOT_THE_SECRET = re.compile(
    r"_?(?:file|path|dir|directory|name|namespace|ref|url|uri|host|port|ttl|seconds|minutes|enabled|enable|timeout|"
    r"length|policy|type|issuer|audience|header|expiry|expiration|mode|id)$",
    re.IGNORECASE,
)
_CONTENT = re.compile(
    r"-{3,}\s*BEGIN[ A-Z]*PRIVATE KEY|\bAKIA[0-9A-Z]{16}\b|\bgh[pousr]_[A-Za-z0-9]{36}\b"
    r"|\bxox[abprs]-[A-Za-z0-9-]{20,}"
    r"|://[^/\s:@]+:[^/\s:@$({<]+@[^/\s]"
)
_HARMLESS = re.compile(r"(?:\s*|true|false|\d{1,5}|none|null|disabled|/[\w./-]*|\$[({].*[)}])", re.IGNORECASE)


def looks_secret(name: str, value: str) -> str:
    """Why a named value looks like a secret, or the empty string."""
    if _CONTENT.search(value):
        return "its value looks like a key, a token or a URL with a password"
    if _NAME.search(name) and not _NOT_THE_SECRET.search(name) and not _HARMLESS.fullmatch(value):
        return "its name says that it is a secret"
    return ""


@rule(
    "security.literal-secret",
    EVERY_CONTAINER,
    Level.CORE,
    Severity.ERROR,
    must="A secret MUST come from a Secret, not stand in the manifest.",
    why="It is then in version control, in every rendering and in the output of `kubectl describe`.",
    fix="Use valueFrom.secretKeyRef, or better a mounted file; and change the secret, which is no longer "
    "one.",
    source="concepts/configuration/secret/#using-secrets-as-environment-variables",
    anchors="CFG-12",
    variants=("literal-secret",),
)
def literal_secret(container: Container) -> Iterator[Found]:
    for index, entry in maps(container.data.get("env")):
        name = text(entry.get("name"))
        reason = looks_secret(name, text(entry.get("value"))) if entry.get("value") is not None else ""
        if reason:
            yield container.at("env", index, "value"), f"{brief(name)} is written out: {reason}"
    for field in ("command", "args"):
        words = container.data.get(field)
        for index, word in enumerate(words if words.__class__ is list else []):
            if _CONTENT.search(text(word)):
                yield container.at(field, index), "it looks like a key, a token or a URL with a password"


@rule(
    "security.config-map-secret",
    "ConfigMap",
    Level.CORE,
    Severity.ERROR,
    must="A ConfigMap MUST NOT hold secrets.",
    why="It is not encrypted at rest, and far more accounts may read it.",
    fix="Move the entry to a Secret, and change it.",
    source="concepts/configuration/configmap/",
    anchors="CFG-13",
)
def config_map_secret(config_map: Resource) -> Iterator[Found]:
    for key, value in mapping(config_map.data.get("data")).items():
        reason = looks_secret(key, text(value))
        if reason:
            yield ("data", key), f"{brief(key)}: {reason}"
