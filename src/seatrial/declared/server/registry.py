"""How a rule about a definition's fields together is declared."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from seatrial.declared.values import Path

Wrong = Iterator[tuple[Path, str]]
"""The field at fault, below the value that was asked about, and what is wrong with it."""
Check = Callable[[dict[str, Any]], Wrong]

RULES: dict[str, list[Check]] = {}
"""Of each definition, filled by importing seatrial.declared.server.rules."""


def on(*definitions: str) -> Callable[[Check], Check]:
    """The decorated generator is asked about every value of these definitions, at any depth."""

    def register(check: Check) -> Check:
        for definition in definitions:
            RULES.setdefault(definition, []).append(check)
        return check

    return register


def duplicates(items: Any, *keys: str) -> Iterator[tuple[int, str]]:
    """Index and name of each item of a list that repeats an earlier one's keys."""
    known: set[tuple[str, ...]] = set()
    for index, item in enumerate(items if items.__class__ is list else ()):
        if item.__class__ is not dict:
            continue
        name = tuple(str(item.get(key) or "") for key in keys)
        if any(name) and name in known:
            yield index, " ".join(filter(None, name))
        known.add(name)


def values_fit(operator: str, values: Any) -> Wrong:
    """In and NotIn have values, Exists and DoesNotExist have none; of other operators nothing is said."""
    if operator in ("In", "NotIn") and not values:
        yield ("values",), f"`{operator}` needs values"
    elif operator in ("Exists", "DoesNotExist") and values:
        yield ("values",), f"`{operator}` takes no values"


def exactly_one(data: dict[str, Any], fields: tuple[str, ...], what: str) -> Wrong:
    """One of some fields must be there, and no second one."""
    there = [field for field in fields if data.get(field) is not None]
    if not there:
        yield (), f"it needs {what}: {', '.join(fields[:5])}{' …' if len(fields) > 5 else ''}"
    for field in there[1:]:
        yield (field,), f"beside `{there[0]}`: only one of them may be set"
