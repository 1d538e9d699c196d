"""A decoded document that knows its lines, and the parser behind it."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import yaml
import yaml.composer
from yaml.events import AliasEvent
from yaml.nodes import MappingNode, ScalarNode, SequenceNode

from seatrial.declared.values import Pattern
from seatrial.errors import BadInput

try:
    from yaml._yaml import CParser
except ImportError as missing:  # a PyYAML built without libyaml would be ten times slower
    raise BadInput(
        "PyYAML was built without libyaml",
        where="package pyyaml",
        next_step="install a PyYAML wheel, or libyaml's headers before building it",
    ) from missing

PLAIN, TEXT = "", "!"
_ANCHOR = Pattern(r"(?:^|[\s\[{,])&([\w-]+)")


class Composer(CParser):
    """libyaml's composer without PyYAML's resolvers: it marks plain scalars, and `_Builder` reads them."""

    def resolve(self, kind: Any, _value: Any, implicit: Any) -> str:
        return PLAIN if kind is ScalarNode and implicit[0] else TEXT

    def descend_resolver(self, _parent: Any, _index: Any) -> None:
        return

    def ascend_resolver(self) -> None:
        return


class RenewingComposer(yaml.composer.Composer):
    """As `Composer`, of texts that give one anchor to several values: each alias means the last before it.

    libyaml refuses such texts; kubectl and the YAML specification take them. Slower, so for these only.
    """

    resolve = Composer.resolve
    descend_resolver = Composer.descend_resolver
    ascend_resolver = Composer.ascend_resolver

    def __init__(self, text: str) -> None:
        super().__init__()
        parser = CParser(text)
        self.check_event, self.peek_event = parser.check_event, parser.peek_event
        self.get_event = parser.get_event

    def compose_node(self, parent: Any, index: Any) -> Any:
        event: Any = self.peek_event()
        if not isinstance(event, AliasEvent):
            self.anchors.pop(event.anchor, None)
        return super().compose_node(parent, index)


def composer_of(text: str) -> Composer | RenewingComposer:
    """What composes the nodes of a text."""
    names = _ANCHOR.compiled.findall(text) if "&" in text else []
    return Composer(text) if len(names) == len(set(names)) else RenewingComposer(text)


class Document:
    """One decoded document.

    It keeps its text and not the parser's nodes, which take fifty times as much memory: few documents are
    asked for a place.

    Attributes:
        source: name of its file. number: its place in the file, from 1. line: its first line, from 1.
        data: the decoded value.
    """

    __slots__ = ("_text", "data", "line", "number", "source")

    def __init__(self, source: str, number: int, line: int, data: Any, text: str = "") -> None:
        self.source = source
        self.number = number
        self.line = line
        self.data = data
        self._text = text

    def locate(self, path: tuple[str | int, ...]) -> tuple[int, int]:
        """Line and column, from 1, of the value at a path, or of its nearest ancestor that is written."""
        offset = self.line - 1
        node, mark = _compose(self._text), None
        for part in path:
            found = _child(node, part)
            if found is None:
                break
            mark, node = found
        mark = mark or getattr(node, "start_mark", None)
        return (self.line, 1) if mark is None else (mark.line + 1 + offset, mark.column + 1)


def _child(node: Any, part: str | int) -> tuple[Any, Any] | None:
    if node.__class__ is MappingNode:
        merged: list[Any] = []
        for key, value in node.value:
            if key.value == part:
                return key.start_mark, value
            if key.value == "<<":
                merged += [value] if value.__class__ is MappingNode else value.value
        for source in merged:
            found = _child(source, part)
            if found is not None:
                return found
        return None
    if node.__class__ is SequenceNode and part.__class__ is int and part < len(node.value):
        return node.value[part].start_mark, node.value[part]
    return None


@lru_cache(maxsize=8)
def _compose(text: str) -> Any:
    """The nodes of a document's text; None where YAML cannot read what JSON could."""
    try:
        composer = composer_of(text)
        return composer.get_node() if composer.check_node() else None
    except yaml.YAMLError:
        return None


def unreadable(source: str, number: int, line: int, problem: str, text: str = "") -> BadInput:
    """The error for a text that cannot be read: file, line and document."""
    next_step = "mend the file; nothing in it was judged"
    if "{{" in text:
        next_step = "this looks like a template: render it first (helm template CHART | seatrial lint -)"
    return BadInput(problem, where=f"{source}:{line} (document {number})", next_step=next_step)
