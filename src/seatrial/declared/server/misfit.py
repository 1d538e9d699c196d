"""What is wrong with an object: the field, the kind of misfit, and words for it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from seatrial.declared.values import Path

UNKNOWN, TYPE, MISSING, VALUE, TOGETHER, LABEL = "unknown", "type", "missing", "value", "together", "label"
"""Kinds of misfit: what is wrong with a field."""


class Misfit(NamedTuple):
    """What the server would refuse: the field, the kind of misfit, and what was seen."""

    path: Path
    sort: str
    seen: str


def sort_of(value: Any) -> str:
    """What a decoded value is, in words."""
    sorts = {"str": "text", "bool": "a boolean", "list": "a list", "dict": "a mapping", "NoneType": "null"}
    return sorts.get(type(value).__name__, "a number")


def nearest(key: Any, fields: Iterable[str]) -> str | None:
    """The field that a misspelt key was probably meant to be."""
    import difflib

    return next(iter(difflib.get_close_matches(str(key), list(fields), n=1, cutoff=0.6)), None)
