"""A custom kind, an object of it that the server takes, and changes with what the server says of each."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import yaml

DEFINITION, FULL = yaml.safe_load_all(
    (Path(__file__).parent / "server_custom.yaml").read_text(encoding="utf-8")
)

CASES: list[tuple[str, Any, bool]] = [
    ("spec", KeyError, False),
    ("extra", 1, False),
    ("spec.extra", 1, False),
    ("spec.name", "x", False),
    ("spec.name", "much-too-long", False),
    ("spec.name", "Upper", False),
    ("spec.name", KeyError, False),
    ("spec.name", None, False),
    ("spec.name", 5, False),
    ("spec.mode", KeyError, True),
    ("spec.mode", None, True),
    ("spec.mode", "Other", False),
    ("spec.size", 0, False),
    ("spec.size", 11, False),
    ("spec.size", 2.0, True),
    ("spec.size", 2.5, False),
    ("spec.size", "3", False),
    ("spec.size", True, False),
    ("spec.ratio", 0, False),
    ("spec.ratio", 0.7, False),
    ("spec.ratio", 2, False),
    ("spec.ratio", 2.5, True),
    ("spec.on", "yes", False),
    ("spec.on", None, True),
    ("spec.port", "http", True),
    ("spec.port", 1.5, False),
    ("spec.port", [], False),
    ("spec.when", "yesterday", False),
    ("spec.address", "10.0.0.256", False),
    ("spec.address", "::1", False),
    ("spec.network", "10.0.0.0", False),
    ("spec.maybe", "x", True),
    ("spec.free.known", 5, False),
    ("spec.free.more", [1], True),
    ("spec.labels", {"a": 1}, False),
    ("spec.labels", {"a": "1", "b": "2", "c": "3"}, False),
    ("spec.labels", {"a": None}, True),
    ("spec.template.anything", {"x": 1}, True),
    ("spec.template.kind", KeyError, False),
    ("spec.template.kind", "1", False),
    ("spec.template.apiVersion", 1, False),
    ("spec.template.metadata", "t", False),
    ("spec.template.metadata.names", "t", False),
    ("spec.template.metadata.name", 1, False),
    ("spec.template.metadata.name", "a/b", False),
    ("metadata.name", KeyError, False),
    ("spec.tags", ["a", "a"], False),
    ("spec.tags", ["a", None], False),
    ("spec.tags", ["a", "b", "c", "d"], False),
    ("spec.parts", [], False),
    ("spec.parts", [{"name": "a"}, {"name": "a"}], False),
    ("spec.parts", [{"name": "a"}, {"name": "a", "kind": "plain"}], False),
    ("spec.parts", [{"weight": 1}], False),
    ("spec.parts.0.wait", 1, False),
    ("spec.parts", "a", False),
    ("spec.source", {}, False),
    ("spec.source", {"url": "a", "file": "b"}, False),
    ("spec.source", {"file": "b"}, True),
    ("spec.either", {"a": 4}, False),
    ("spec.either", {"a": 4, "b": 1}, True),
    ("spec.never", {"a": 1, "b": 1}, False),
    ("spec.every", 1, False),
    ("spec.every", 5, False),
    ("spec.step", 0.7, True),
    ("spec.step", 0.35, False),
    ("spec.uri", "https://example.com/a?b=c#d", True),
    ("spec.uri", "example.com", False),
    ("spec.mail", "Shop <shop@example.com>", True),
    ("spec.mail", "shop", False),
    ("spec.mac", "00-00-5e-00-53-01", True),
    ("spec.mac", "00:00:5e", False),
    ("spec.pause", "5 minutes", True),
    ("spec.pause", "soon", False),
    ("spec.words", "abc$12", True),
    ("spec.words", "abc-", False),
    ("spec.words", "abc\n", False),
    ("status", {"phase": "Broken"}, True),
    ("status", {"phas": "Ready"}, False),
]
"""Path, new value (KeyError: taken away), whether the server takes it."""


def changed(path: str, value: Any) -> dict[str, Any]:
    """The object with one field set or taken away."""
    data: dict[str, Any] = copy.deepcopy(FULL)
    *parents, last = path.split(".")
    inner: Any = data
    for part in parents:
        inner = inner[int(part)] if isinstance(inner, list) else inner[part]
    if value is KeyError:
        del inner[last]
    else:
        inner[last] = value
    return data
