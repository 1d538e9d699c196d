"""Reading values of untrusted shape: every helper accepts anything and never raises."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

Path = tuple[str | int, ...]
"""Where a value stands in an object, e.g. ("spec", "containers", 0, "image")."""

_NO_MAPPING: dict[str, Any] = {}
_NO_LIST: list[Any] = []


class Pattern:
    """A regular expression that is compiled when it is first used: most inputs need few of them."""

    __slots__ = ("_compiled", "_flags", "_written")

    def __init__(self, written: str, flags: int = 0) -> None:
        self._written = written
        self._flags = flags
        self._compiled: re.Pattern[str] | None = None

    @property
    def compiled(self) -> re.Pattern[str]:
        if self._compiled is None:
            self._compiled = re.compile(self._written, self._flags)
        return self._compiled


def mapping(value: Any) -> dict[str, Any]:
    """The value if it is a mapping, else an empty one. Do not change what is returned."""
    return value if value.__class__ is dict else _NO_MAPPING


def sequence(value: Any) -> list[Any]:
    """The value if it is a list, else an empty one. Do not change what is returned."""
    return value if value.__class__ is list else _NO_LIST


def text(value: Any) -> str:
    """The value if it is a string, else the empty string."""
    return value if value.__class__ is str else ""


def whole(value: Any) -> int | None:
    """The value if it is a whole number (a boolean is not), else None."""
    if value.__class__ is int:
        return int(value)
    if value.__class__ is float and value.is_integer():
        return int(value)
    return None


def dig(value: Any, *keys: str) -> Any:
    """The value below nested mapping keys, or None where one is missing."""
    for key in keys:
        if value.__class__ is not dict:
            return None
        value = value.get(key)
    return value


def maps(value: Any) -> list[tuple[int, dict[str, Any]]]:
    """The mappings in a list, each with its index; other items are left out."""
    if value.__class__ is not list:
        return []
    return [(index, item) for index, item in enumerate(value) if item.__class__ is dict]


def percentage(value: Any) -> float | None:
    """The number of "40%", or None when the value is no percentage."""
    written = text(value).strip()
    if not written.endswith("%"):
        return None
    try:
        return float(written[:-1])
    except ValueError:
        return None


def is_zero(value: Any) -> bool:
    """Whether a number or percentage is 0; so, as the API server reads it, is a text without digits."""
    if value.__class__ is str:
        return bool(value.rstrip("%").strip("0") == "")
    return whole(value) == 0


def selects(selector: Any, labels: Mapping[str, Any]) -> bool:
    """Whether a LabelSelector matches labels. An empty selector matches all; one that is no mapping, none."""
    if selector.__class__ is not dict:
        return False
    for key, value in mapping(selector.get("matchLabels")).items():
        if key not in labels or labels[key] != value:
            return False
    return all(_holds(expression, labels) for _, expression in maps(selector.get("matchExpressions")))


def _holds(expression: dict[str, Any], labels: Mapping[str, Any]) -> bool:
    key, operator = text(expression.get("key")), expression.get("operator")
    values = sequence(expression.get("values"))
    if operator == "In":
        return key in labels and labels[key] in values
    if operator == "NotIn":
        return key not in labels or labels[key] not in values
    if operator == "Exists":
        return key in labels
    return operator == "DoesNotExist" and key not in labels


def selects_nothing_in_particular(selector: Any) -> bool:
    """Whether a LabelSelector is empty: it then matches every pod."""
    return not mapping(selector).get("matchLabels") and not mapping(selector).get("matchExpressions")


def printable(written: str) -> str:
    """A text on one line, without characters that a terminal would act on."""
    if written.isprintable():
        return written
    return "".join(letter if letter.isprintable() else "?" for letter in " ".join(written.split()))


def plain(path: Path) -> str:
    """A path as people write it: spec.containers[0].image."""
    written = ""
    for part in path:
        written += f"[{part}]" if part.__class__ is int else f".{part}" if written else str(part)
    return printable(written)


def brief(value: Any, limit: int = 60) -> str:
    """A value in backticks, cut to a readable length."""
    written = printable(str(value))
    return f"`{written if len(written) <= limit else written[: limit - 1] + '…'}`"
