"""Fields of objects by path, also inside lists; and the JSON patch that sets them. Pure.

A path is a tuple of keys from the root of the object. A part written `[key=value]` selects the item of a list
whose field `key` has that value: ("spec", "template", "spec", "containers", "[name=app]", "image").
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterable, Mapping
from typing import Any

from seatrial.errors import BadInput

Path = tuple[str, ...]

_ITEM = re.compile(r"\[([^=\]]+)=([^\]]*)\]")


def in_words(path: Path) -> str:
    """The path as people write it, e.g. `spec.template.spec.containers[name=app].image`."""
    return ".".join(path).replace(".[", "[")


def value_at(obj: Mapping[str, Any], path: Path) -> Any:
    """The value at a path; None when absent."""
    here: Any = obj
    for part in path:
        selects = _ITEM.fullmatch(part)
        if selects and isinstance(here, list):
            index = _index(here, *selects.groups())
            here = None if index is None else here[index]
        else:
            here = here.get(part) if isinstance(here, Mapping) else None
    return here


def json_patch(obj: Mapping[str, Any], values: Iterable[tuple[Path, Any]]) -> list[dict[str, Any]]:
    """Operations that set each path of `obj` to its value; None removes the field or the list's item.

    Raises:
        BadInput: a path leads through a list item that is not there, or through a plain value.
    """
    changed = copy.deepcopy(dict(obj))
    return [operation for path, value in values for operation in _set(changed, path, value)]


def _set(obj: dict[str, Any], path: Path, value: Any) -> list[dict[str, Any]]:
    operations: list[dict[str, Any]] = []
    here: Any = obj
    pointer = ""
    for position, part in enumerate(path):
        last = position == len(path) - 1
        selects = _ITEM.fullmatch(part)
        if selects and isinstance(here, list):
            index = _index(here, *selects.groups())
            if index is None and not last:
                raise BadInput(f"there is no item {part} in {in_words(path[:position])}")
            if last:
                return operations + _set_item(here, pointer, index, value)
            assert index is not None
            here, pointer = here[index], f"{pointer}/{index}"
        elif isinstance(here, dict):
            pointer = f"{pointer}/{part.replace('~', '~0').replace('/', '~1')}"
            if last:
                return operations + _set_key(here, pointer, part, value)
            if here.get(part) is None:
                if value is None:
                    return operations
                here[part] = [] if _ITEM.fullmatch(path[position + 1]) else {}
                operations.append({"op": "add", "path": pointer, "value": copy.deepcopy(here[part])})
            here = here[part]
        else:
            raise BadInput(f"{in_words(path[:position])} holds nothing that {part} could name")
    return operations


def _set_key(here: dict[str, Any], pointer: str, key: str, value: Any) -> list[dict[str, Any]]:
    if value is None:
        return [{"op": "remove", "path": pointer}] if here.pop(key, None) is not None else []
    here[key] = value
    return [{"op": "add", "path": pointer, "value": value}]


def _set_item(here: list[Any], pointer: str, index: int | None, value: Any) -> list[dict[str, Any]]:
    if index is None and value is None:
        return []
    if index is None:
        here.append(value)
        return [{"op": "add", "path": f"{pointer}/-", "value": value}]
    if value is None:
        del here[index]
        return [{"op": "remove", "path": f"{pointer}/{index}"}]
    here[index] = value
    return [{"op": "replace", "path": f"{pointer}/{index}", "value": value}]


def _index(items: list[Any], key: str, value: str) -> int | None:
    for index, item in enumerate(items):
        if isinstance(item, Mapping) and str(item.get(key)) == value:
            return index
    return None
