"""Secrets in places that are not for them."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator
from typing import Any

from seatrial.declared.objects import Container, Resource, Workload
from seatrial.declared.rule import EVERY_CONTAINER, RESOURCE, Found, Level, Severity, rule
from seatrial.declared.secrets.names import can_be_secret, is_secret, says_password, words
from seatrial.declared.secrets.shapes import shape_in
from seatrial.declared.secrets.texts import secret_in, secret_in_file
from seatrial.declared.values import Path, Pattern, brief, dig, mapping, maps, sequence, text

_PROBES = ("startupProbe", "readinessProbe", "livenessProbe")
_HOOKS = ("postStart", "preStop")


def looks_secret(name: str, value: str) -> str:
    """Why a named value looks like a secret, or the empty string."""
    if is_secret(name, value):
        return "its name says that it is a secret"
    return secret_in_file(name, value) if _is_a_file(value) else secret_in(value)


def _is_a_file(value: str) -> bool:
    """Whether it is several lines, JSON or XML."""
    return "\n" in value.strip() or value.lstrip().startswith(("{", "<"))


@rule(
    "security.literal-secret",
    EVERY_CONTAINER,
    Level.CORE,
    Severity.ERROR,
    must="A secret MUST come from a Secret, not stand in the manifest.",
    why="It is then in version control, in every rendering and in the output of `kubectl describe`; one in "
    "an argument is in the node's list of processes, too.",
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
    yield from _in_command(container)
    for kind, name in [(kind, "") for kind in _PROBES] + [("lifecycle", hook) for hook in _HOOKS]:
        path = (kind, name) if name else (kind,)
        handler = dig(container.data, *path)
        for number, header in maps(dig(handler, "httpGet", "httpHeaders")):
            reason = looks_secret(text(header.get("name")), text(header.get("value")))
            if reason:
                where = container.at(*path, "httpGet", "httpHeaders", number, "value")
                yield where, f"{brief(text(header.get('name')))} is written out: {reason}"
        reason = secret_in(_line(sequence(dig(handler, "exec", "command"))))
        if reason:
            yield container.at(*path, "exec", "command"), reason


def _line(command: list[Any]) -> str:
    return "\n".join(map(text, command))


def _in_command(container: Container) -> Iterator[Found]:
    """In the command or its arguments: the word that holds it, or the flag whose value is the next word."""
    for field in ("command", "args"):
        command = sequence(container.data.get(field))
        alone = [(index, secret_in(text(word))) for index, word in enumerate(command)]
        found = [(index, reason) for index, reason in alone if reason]
        for index, reason in found:
            yield container.at(field, index), reason
        together = "" if found else secret_in(_line(command))
        if together:
            yield container.at(field), together


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
        written = text(value)
        reason = "" if _is_a_file(written) else looks_secret(key, written)
        reason = reason or secret_in_file(key, written)
        if reason:
            yield ("data", key), f"{brief(key)}: {reason}"
    for key, value in mapping(config_map.data.get("binaryData")).items():
        reason = secret_in_file(key, _decoded(value))
        if reason:
            yield ("binaryData", key), f"{brief(key)}: {reason}"


def _decoded(value: Any) -> str:
    try:
        return base64.b64decode(text(value), validate=False).decode("utf-8", "replace")
    except (binascii.Error, ValueError):
        return ""


_SETTINGS = ("values", "valuescontent", "config", "configuration", "properties", "yaml", "ini", "conf")
"""How fields of custom resources are called that hold settings as text, not a program."""
_OF_THE_SERVER = frozenset({"managedFields", "status"})
_READ_ELSEWHERE = _OF_THE_SERVER | {"env", "command", "args", "containers", "initContainers"}
"""Fields of workloads; in other objects (a PodTemplate, a workflow, a function) nobody else reads them."""
_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
"""A copy of the object itself."""


def is_plain_object(resource: Resource) -> bool:
    """Not one of those that other rules read for secrets, and no schema."""
    return resource.type not in ("Secret", "ConfigMap", "CustomResourceDefinition")


@rule(
    "security.secret-in-object",
    RESOURCE,
    Level.CORE,
    Severity.ERROR,
    must="An object other than a Secret MUST NOT hold a password, a key or a token.",
    why="Annotations and the fields of custom resources are read by everybody who may list the object, and "
    "none is encrypted at rest.",
    fix="Refer to a Secret from the field, and change what stood there.",
    source="concepts/security/secrets-good-practices/",
    when=is_plain_object,
    anchors="CFG-13",
)
def secret_in_object(resource: Resource) -> Iterator[Found]:
    foreign = "." in resource.group and not isinstance(resource, Workload)
    unread = _READ_ELSEWHERE if isinstance(resource, Workload) else _OF_THE_SERVER
    for path, name, value in _texts(resource.data, unread):
        shape = shape_in(value)
        if shape:
            yield path, f"it holds {shape}"
        elif "env" in path and path[-1] == "value" and (reason := looks_secret(name, value)):
            yield path, f"{brief(name)} is written out: {reason}"
        elif foreign and says_password(name) and can_be_secret(value) and " " not in value:
            yield path, f"{brief(name)} is written out"
        elif foreign and name.lower().endswith(_SETTINGS) and (reason := secret_in_file(name, value)):
            yield path, f"{brief(name)}: {reason}"


def _texts(data: dict[str, Any], unread: frozenset[str]) -> Iterator[tuple[Path, str, str]]:
    """Every text of an object with its path and name, without what others read.

    The name is the last key above it, or beside it where it is the `value` of something with a `name`.
    """
    waiting: list[tuple[Path, str, Any]] = [((), "", data)]
    while waiting:
        path, name, value = waiting.pop()
        if value.__class__ is str:
            if len(value) > 5:
                yield path, name, value
        elif value.__class__ is dict:
            beside = text(value.get("name")) or "value"
            waiting.extend(
                ((*path, key), beside if key == "value" else key, one)
                for key, one in value.items()
                if key not in unread and key != _APPLIED
            )
        elif value.__class__ is list:
            waiting.extend(((*path, index), name, one) for index, one in enumerate(value))


_PUBLIC_TEXT = (
    "user username login host hostname port database dbname name namespace server endpoint region bucket "
    "type crt cert certificate ca pub public url uri address id"
)
_PUBLIC = frozenset(_PUBLIC_TEXT.split())
"""Last words of keys whose value need not be secret."""


_GENERATED = Pattern(r"-[2456789bcdfghkmt]{10}$")
"""Ends the name of what a kustomization generates: the letters of its hashes."""


def is_written(secret: Resource) -> bool:
    """It stands in a file: not read from a server, not generated from values elsewhere, not encrypted."""
    return (
        "uid" not in mapping(secret.data.get("metadata"))
        and secret.labels.get("app.kubernetes.io/managed-by") != "Helm"
        and not _GENERATED.compiled.search(secret.name)
        and "sops" not in secret.data
    )


@rule(
    "security.committed-secret",
    "Secret",
    Level.EXTENDED,
    Severity.WARNING,
    must="A Secret SHOULD NOT stand among the manifests with its value.",
    why="base64 is no encryption: whoever may read the repository, a copy of it or its history has the "
    "secret, and nobody can take it back.",
    fix="Deliver it by an operator (ExternalSecret, SealedSecret, SOPS) or create it by hand; and change it.",
    source="concepts/security/secrets-good-practices/",
    when=is_written,
    anchors="CFG-12",
)
def committed_secret(secret: Resource) -> Iterator[Found]:
    written = {key: text(value) for key, value in mapping(secret.data.get("stringData")).items()}
    encoded = {key: _decoded(value) for key, value in mapping(secret.data.get("data")).items()}
    for field, entries in (("stringData", written), ("data", encoded)):
        held = sorted(key for key, value in entries.items() if _is_held(key, value))
        if held:
            yield (
                (field, held[0]),
                f"it holds {', '.join(map(brief, held[:3]))}"
                + (f" and {len(held) - 3} more" if len(held) > 3 else ""),
            )


_CONFIGURATION = (".yaml", ".yml", ".json", ".ini", ".conf", ".cfg", ".toml", ".properties", ".xml", ".sh")


def _is_held(key: str, value: str) -> bool:
    if "\n" in value.strip() or key.endswith(_CONFIGURATION):
        return bool(secret_in_file(key, value))
    last = (words(key) or [""])[-1]
    return bool(secret_in(value)) or (last not in _PUBLIC and can_be_secret(value))
