"""Text of a system file -> `System`, with line, key and the nearest valid name in each error."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError

from seatrial.errors import BadInput
from seatrial.model.system import System

_HELP = "docs/your-system.md lists every key; `seatrial schema` prints the JSON Schema for your editor."


class _StrictLoader(yaml.SafeLoader):
    """SafeLoader that refuses a key written twice in one mapping (YAML would keep the last silently)."""


def _mapping_without_duplicates(loader: _StrictLoader, node: yaml.MappingNode) -> dict[Any, Any]:
    seen: set[Any] = set()
    for key_node, _ in node.value:
        key = loader.construct_object(key_node)
        if not isinstance(key_node, yaml.ScalarNode):
            raise yaml.constructor.ConstructorError(
                None, None, "a key must be plain text, not a list or mapping", key_node.start_mark
            )
        if key in seen:
            raise yaml.constructor.ConstructorError(
                None, None, f"the key `{key}` stands here a second time", key_node.start_mark
            )
        seen.add(key)
    return loader.construct_mapping(node, deep=True)


_StrictLoader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping_without_duplicates)


def parse_system(text: str, *, source: str) -> System:
    """Read one system.

    Args:
        text: the YAML document.
        source: name of the file, for messages.

    Raises:
        BadInput: naming each fault with its line, key and, for an unknown key, the nearest valid name.
    """
    try:
        root = yaml.compose(text, Loader=_StrictLoader)
        data = yaml.load(text, Loader=_StrictLoader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        problem = error.problem or "not valid YAML"
        raise BadInput(f"the system file is not valid YAML: {problem}", where=f"{source}:{line}") from None
    except yaml.YAMLError as error:
        raise BadInput(f"the system file is not valid YAML: {error}", where=source) from None
    if not isinstance(data, dict):
        raise BadInput("the system file holds no mapping", where=source, next_step=_HELP)
    try:
        return System.model_validate(data)
    except ValidationError as error:
        lines = [_sentence(problem, root, source) for problem in error.errors()]
        raise BadInput(
            f"the system file has {len(lines)} fault{'s' if len(lines) > 1 else ''}",
            where="\n           ".join(lines),
            next_step=_HELP,
        ) from None


def _sentence(problem: Any, root: yaml.Node | None, source: str) -> str:
    path = tuple(problem["loc"])
    line = _line_of(root, path)
    key = ".".join(str(part) for part in path) or "(file)"
    if problem["type"] == "extra_forbidden":
        nearest = difflib.get_close_matches(str(path[-1]), list(_valid_names(path[:-1])), n=1, cutoff=0.5)
        hint = f"; did you mean `{nearest[0]}`?" if nearest else ""
        return f"{source}:{line}: unknown key `{key}`{hint}"
    if problem["type"] == "missing":
        return f"{source}:{line}: `{key}` is missing"
    message = problem["msg"].removeprefix("Value error, ")
    given = problem.get("input")
    shown = f" (given: {given!r})" if isinstance(given, str | int | float | bool) else ""
    return f"{source}:{line}: `{key}`: {message}{shown}"


def _line_of(node: yaml.Node | None, path: Sequence[str | int]) -> int:
    """The line of the deepest node on `path` that exists, counted from 1."""
    line = node.start_mark.line + 1 if node is not None else 1
    for part in path:
        found = None
        if isinstance(node, yaml.MappingNode):
            for key_node, value_node in node.value:
                if key_node.value == str(part):
                    found, line = value_node, key_node.start_mark.line + 1
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
            found = node.value[part]
            line = found.start_mark.line + 1
        if found is None:
            break
        node = found
    return line


def _valid_names(path: Sequence[str | int]) -> Iterator[str]:
    """Names that a mapping at `path` may have, found by walking the models."""
    model: Any = System
    for part in path:
        model = _step(model, part)
        if model is None:
            return
    if isinstance(model, type) and issubclass(model, BaseModel):
        for name, field in model.model_fields.items():
            yield field.alias or name


def _step(annotation: Any, part: str | int) -> Any:
    """The model found under `part` of `annotation`, or None."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        for name, field in annotation.model_fields.items():
            if part in (name, field.alias):
                return _unwrap(field.annotation)
        return None
    return annotation.item if isinstance(annotation, _Container) else None


def _unwrap(annotation: Any) -> Any:
    """The model inside `X | None`, `dict[str, X]` or `tuple[X, ...]`; the latter two as a `_Container`."""
    arguments = getattr(annotation, "__args__", ())
    models = [a for a in arguments if isinstance(a, type) and issubclass(a, BaseModel)]
    if not models:
        return annotation
    if getattr(annotation, "__origin__", None) in (dict, tuple):
        return _Container(models[0])
    return models[0]


class _Container:
    """Stands for dict[str, X] or tuple[X, ...] while walking: any step leads to X."""

    def __init__(self, item: type[BaseModel]) -> None:
        self.item = item
