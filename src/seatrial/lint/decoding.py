"""YAML and JSON text -> decoded documents that know their lines, read the way kubectl reads them.

kubectl turns YAML 1.1 into JSON: `y`, `on` and `no` are booleans, 0777 is octal, 08 is 8, a date and 1:30 are
text, keys become text, a merge key counts where it stands (seen with kubectl 1.32). One thing is stricter:
kubectl keeps the last of two equal keys and loses the other silently; here that is an error.
"""

from __future__ import annotations

import base64
import math
from sys import intern
from typing import Any

import yaml
from yaml.nodes import MappingNode, ScalarNode

from seatrial.declared.values import brief
from seatrial.errors import BadInput
from seatrial.lint.document import PLAIN, TEXT, Document, composer_of, unreadable
from seatrial.lint.scalars import resolve

_TAG = "tag:yaml.org,2002:"
_MOST_SHARED = 32
"""Letters of a plain value that is kept once for all documents of a text: `http`, `true`, `100m`."""
_MOST_EXPANDED = 200_000
"""Values that a document may grow to by its aliases; far above any manifest, far below what hurts."""


def decode(text: str, source: str) -> list[Document]:
    """Read every document of a text; empty ones are left out.

    Args:
        text: YAML, or JSON objects one after the other.
        source: name of the file, for messages.

    Raises:
        BadInput: the text is not readable, naming file, document and line.
    """
    if text.lstrip()[:1] == "{":
        return _decode_either(text, source)
    return _decode_yaml(text, source)


def _decode_either(text: str, source: str) -> list[Document]:
    """A text that begins as JSON does, and may be YAML in flow style: as kubectl, JSON is tried first."""
    from seatrial.lint.json_text import NotJson, decode_json

    try:
        return decode_json(text, source)
    except NotJson as as_json:
        try:
            return _decode_yaml(text, source)
        except BadInput:
            raise as_json from None


def parse(text: str) -> Any:
    """The first document of a YAML text that stands inside another file; None when it cannot be read."""
    try:
        documents = decode(text, "")
    except BadInput:
        return None
    return documents[0].data if documents else None


def _decode_yaml(text: str, source: str) -> list[Document]:
    documents: list[Document] = []
    number = 0
    plain: dict[str, Any] = {}
    has_anchors = "&" in text
    try:
        composer = composer_of(text)
        while composer.check_node():
            node = composer.get_node()
            number += 1
            data = _Builder(source, number, text, plain, has_anchors=has_anchors).build(node)
            if node is not None and data is not None:
                begin = text.rfind("\n", 0, node.start_mark.index) + 1
                own = text[begin : node.end_mark.index]
                documents.append(Document(source, number, node.start_mark.line + 1, data, own))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        problem = ", ".join(part for part in (error.context, error.problem) if part) or "not valid YAML"
        line = mark.line + 1 if mark else 1
        raise unreadable(source, number + 1, line, f"not valid YAML: {problem}", text) from None
    except (yaml.YAMLError, UnicodeError) as error:
        problem = str(error).splitlines()[0]
        raise unreadable(source, number + 1, 1, f"not valid YAML: {problem}", text) from None
    except RecursionError:
        raise unreadable(source, max(number, 1), 1, "nested too deeply", text) from None
    return documents


class _Builder:
    """Nodes of one document -> plain values."""

    def __init__(
        self, source: str, number: int, text: str, plain: dict[str, Any], *, has_anchors: bool
    ) -> None:
        self._source = source
        self._text = text
        self._number = number
        self._plain = plain
        self._shared: dict[int, tuple[Any, int]] | None = {} if has_anchors else None
        self._open: set[int] = set()
        self._expanded = 0

    def build(self, node: Any) -> Any:
        kind = node.__class__
        if kind is ScalarNode:
            return self._scalar(node)
        if self._shared is None:
            return self._mapping(node) if kind is MappingNode else [self.build(item) for item in node.value]
        return self._build_shared(node, kind, self._shared)

    def _build_shared(self, node: Any, kind: Any, shared: dict[int, tuple[Any, int]]) -> Any:
        """As `build`, where an anchor may make one node stand in several places, or in itself."""
        known = shared.get(id(node))
        if known is not None:
            self._expanded += known[1]
            if self._expanded > _MOST_EXPANDED:
                raise self._bad(node, f"its aliases stand for more than {_MOST_EXPANDED:,} values")
            return known[0]
        if id(node) in self._open:
            raise self._bad(node, "an anchor contains itself")
        self._open.add(id(node))
        before = self._expanded
        self._expanded += 1 + len(node.value)
        value = self._mapping(node) if kind is MappingNode else [self.build(item) for item in node.value]
        self._open.discard(id(node))
        shared[id(node)] = (value, self._expanded - before)
        return value

    def _mapping(self, node: Any) -> dict[str, Any]:
        built: dict[str, Any] = {}
        own = 0
        for key_node, value_node in node.value:
            key = key_node.value
            if key == "<<" and key_node.tag in (PLAIN, f"{_TAG}merge"):
                self._merge(built, value_node)
                continue
            if key_node.tag != TEXT or key_node.__class__ is not ScalarNode:
                key = self._key(key_node)
            plain = value_node.__class__ is ScalarNode
            built[intern(key)] = self._scalar(value_node) if plain else self.build(value_node)
            own += 1
        if own != len(built):
            self._refuse_duplicates(node)
        return built

    def _refuse_duplicates(self, node: Any) -> None:
        lines: dict[str, int] = {}
        for key_node, _ in node.value:
            if key_node.value == "<<" and key_node.tag in (PLAIN, f"{_TAG}merge"):
                continue
            key = self._key(key_node)
            if key in lines:
                problem = f"the key `{key}` stands twice in one mapping (first in line {lines[key]})"
                raise self._bad(key_node, problem)
            lines[key] = key_node.start_mark.line + 1

    def _merge(self, built: dict[str, Any], node: Any) -> None:
        sources = [node] if node.__class__ is MappingNode else list(reversed(node.value))
        for source in sources:
            merged = self.build(source) if source.__class__ is MappingNode else None
            if merged is None:
                raise self._bad(node, "a merge key (<<) takes a mapping or a list of mappings")
            built.update(merged)

    def _key(self, node: Any) -> str:
        if node.__class__ is not ScalarNode:
            raise self._bad(node, "a key is a mapping or a list; JSON has no such keys")
        value = self._scalar(node)
        if value.__class__ is str:
            return str(value)
        if value is None:
            raise self._bad(node, "a key is null; JSON has no such keys")
        if value.__class__ is bool:
            return "true" if value else "false"
        return str(int(value)) if value.__class__ is float and value.is_integer() else str(value)

    def _scalar(self, node: Any) -> Any:
        tag, written = node.tag, node.value
        if tag == TEXT:
            return written
        if tag != PLAIN:
            return self._tagged(node, tag.removeprefix(_TAG), written)
        if written in self._plain:
            return self._plain[written]
        value = resolve(written)
        if value.__class__ is float and not math.isfinite(value):
            raise self._bad(node, f"{brief(written)} cannot be written in JSON")
        if len(written) <= _MOST_SHARED:
            self._plain[written] = value
        return value

    def _tagged(self, node: Any, tag: str, written: str) -> Any:
        if tag == "binary":
            try:
                return base64.b64decode(written, validate=False).decode("utf-8", errors="replace")
            except ValueError:
                raise self._bad(node, "!!binary is not base64") from None
        if tag in ("int", "float", "bool", "null"):
            return resolve(written)
        return written

    def _bad(self, node: Any, problem: str) -> BadInput:
        return unreadable(self._source, self._number, node.start_mark.line + 1, problem, self._text)
