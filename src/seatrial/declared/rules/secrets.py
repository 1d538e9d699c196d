"""Secrets in places that are not for them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from seatrial.declared.objects import Container, Resource
from seatrial.declared.rule import EVERY_CONTAINER, Found, Level, Severity, rule
from seatrial.declared.values import Pattern, brief, mapping, maps, text

_NAME = Pattern(
    r"passw(?:or)?d|passphrase|secret|(?:^|[_\-.])token(?:$|[_\-.])|(?:api|access|private|signing|batch)[_\-.]?key"
    r"|encryption[_\-.]?key|credential|(?:^|_)key_content|(?:^|[_\-.])pwd(?:$|[_\-.])",
    re.IGNORECASE,
)
_ABOUT_TEXT = (
    "file path dir directory folder name names namespace ref url uri host hosts port ttl ms seconds "
    "minutes hours days enabled enable disabled timeout length size count policy type kind issuer "
    "audience header prefix suffix expiry expiration expires expire age period interval window duration "
    "lifetime validity rotation mode id backend backends algorithm algorithms algo cipher hasher "
    "hashers arn arns class provider providers store stores manager engine driver plugin method scheme "
    "strategy format encoding charset version region location source endpoint service server address "
    "domain realm scope scopes grant claim claims attribute field column table bucket topic queue mount "
    "volume label annotation selector env variable required optional allowed complexity strength "
    "iterations rounds cost retries attempts limit cache index status state user username email "
    "template pattern regex validator validators validation storage renewal leeway skew"
)
_ABOUT = frozenset(_ABOUT_TEXT.split())
"""Last words of names that say where a secret is, of what sort, or how it is treated."""
_AT_THE_END = tuple(word for word in _ABOUT if len(word) > 3)
_SWITCHES = frozenset(
    ["enable", "disable", "use", "has", "allow", "require", "skip", "with", "max", "min", "num", "is"]
)
"""First words of names that hold a choice or a bound."""
_NAME_WORDS = Pattern(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_CONTENT = Pattern(
    r"-{3,}\s*BEGIN[ A-Z]*PRIVATE KEY|\bAKIA[0-9A-Z]{16}\b|\bgh[pousr]_[A-Za-z0-9]{36}\b"
    r"|\bxox[abprs]-[A-Za-z0-9-]{20,}"
    r"|://[^/\s:@]+:[^/\s:@$({<]+@[^/\s]"
)
_HARMLESS = Pattern(r"(?:\s*|true|false|\d{1,5}|none|null|disabled|/[\w./-]*|\$[({].*[)}])", re.IGNORECASE)


_WORDS = ("passw", "passphrase", "secret", "token", "key", "credential", "pwd")
_MARKS = ("BEGIN", "AKIA", "ghp_", "gho_", "ghu_", "ghs_", "ghr_", "xox")
"""Without one of these (or a URL with @) the expressions above cannot match; to look for them is cheaper."""


def _may_hold_a_key(value: str) -> bool:
    return ("@" in value and "://" in value) or any(mark in value for mark in _MARKS)


def looks_secret(name: str, value: str) -> str:
    """Why a named value looks like a secret, or the empty string."""
    if _may_hold_a_key(value) and _CONTENT.compiled.search(value):
        return "its value looks like a key, a token or a URL with a password"
    if not any(word in name.lower() for word in _WORDS):
        return ""
    if _NAME.compiled.search(name) and not _is_about(name) and not _HARMLESS.compiled.fullmatch(value):
        return "its name says that it is a secret"
    return ""


def _is_about(name: str) -> bool:
    """Whether a name speaks about a secret (`TOKEN_FILE`, `passwordBackend`) and does not hold it."""
    words = [word.lower() for word in _NAME_WORDS.compiled.findall(name)]
    return bool(words) and (words[-1] in _ABOUT or words[-1].endswith(_AT_THE_END) or words[0] in _SWITCHES)


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
            if _may_hold_a_key(text(word)) and _CONTENT.compiled.search(text(word)):
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
