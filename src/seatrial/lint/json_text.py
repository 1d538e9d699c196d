"""JSON text -> decoded documents."""

from __future__ import annotations

import json
from typing import Any

from seatrial.errors import BadInput
from seatrial.lint.document import Document, unreadable


class NotJson(BadInput):
    """A text that is no JSON by its syntax; it may be YAML."""


def decode_json(text: str, source: str) -> list[Document]:
    """Read JSON objects one after the other.

    Raises:
        BadInput: not JSON, or a key stands twice in one object.
    """
    decoder = json.JSONDecoder(object_pairs_hook=_without_duplicates, parse_constant=_no_constant)
    documents: list[Document] = []
    end = len(text) - len(text.lstrip())
    while end < len(text):
        start, line = end, text.count("\n", 0, end) + 1
        try:
            data, end = decoder.raw_decode(text, start)
        except json.JSONDecodeError as error:
            problem = f"not valid JSON: {error.msg}"
            told = unreadable(source, len(documents) + 1, error.lineno, problem, text)
            raise NotJson(told.what, where=told.where, next_step=told.next_step) from None
        except (ValueError, RecursionError) as error:
            problem = str(error) if isinstance(error, ValueError) else "nested too deeply"
            raise unreadable(source, len(documents) + 1, line, f"not valid JSON: {problem}") from None
        documents.append(Document(source, len(documents) + 1, line, data, text=text[start:end]))
        while end < len(text) and text[end].isspace():
            end += 1
    return documents


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    built = dict(pairs)
    if len(built) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise ValueError(f"the key `{twice}` stands twice in one mapping")
    return built


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not a JSON value")
