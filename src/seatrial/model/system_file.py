"""Text of a system file -> `System`, with line, key and the nearest valid name in each error."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import yaml
from pydantic import BaseModel, ValidationError

from seatrial.errors import BadInput
from seatrial.model.system import System

Path = Sequence[str | int]

_HELP = "docs/your-system.md lists every key; `seatrial schema` prints the JSON Schema for your editor."


if TYPE_CHECKING:
    _Safe = yaml.SafeLoader
else:  # The parser in C takes a tenth of the time: people wait for a file with two thousand workloads.
    _Safe = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _StrictLoader(_Safe):
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
        root, data = _read(text)
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
        raise faulty(_sentence(problem, root, source) for problem in error.errors()) from None


def _read(text: str) -> tuple[yaml.Node | None, Any]:
    """The one document of a text, as nodes with their lines and as plain data."""
    loader = _StrictLoader(text)
    try:
        root = loader.get_single_node()
        return root, None if root is None else loader.construct_document(root)
    finally:
        loader.dispose()


def faulty(sentences: Iterable[str]) -> BadInput:
    """The error for a system file with these faults, each a sentence that begins with its line."""
    lines = list(sentences)
    return BadInput(
        f"the system file has {len(lines)} fault{'s' if len(lines) > 1 else ''}",
        where="\n           ".join(lines),
        next_step=_HELP,
    )


def faults_of_part(
    error: ValidationError, model: type[BaseModel], at: Path, *, text: str, source: str
) -> list[str]:
    """Sentences for what is wrong with a part of the file that was checked after the file was read.

    Args:
        model: what the part should have been.
        at: where the part stands in the file, key by key.
    """
    root = yaml.compose(text, Loader=_StrictLoader)
    return [_sentence(problem, root, source, at=tuple(at), model=model) for problem in error.errors()]


def line_of(text: str, at: Path) -> int:
    """The line of the deepest key on the path `at` that stands in the file, counted from 1."""
    return _line_of(yaml.compose(text, Loader=_StrictLoader), at)


def _sentence(
    problem: Any, root: yaml.Node | None, source: str, *, at: Path = (), model: type[BaseModel] = System
) -> str:
    loc = tuple(problem["loc"])
    path = (*at, *loc)
    line = _line_of(root, path or _named_path(problem["msg"]))
    key = ".".join(str(part) for part in path) or "(file)"
    if problem["type"] == "extra_forbidden":
        names = list(_valid_names(loc[:-1], model))
        nearest = difflib.get_close_matches(str(path[-1]), names, n=1, cutoff=0.5)
        hint = f"; did you mean `{nearest[0]}`?" if nearest else ""
        return f"{source}:{line}: unknown key `{key}`{hint}"
    if problem["type"] == "missing":
        return f"{source}:{line}: `{key}` is missing"
    message = problem["msg"].removeprefix("Value error, ")
    given = problem.get("input")
    shown = f" (given: {given!r})" if isinstance(given, str | int | float | bool) else ""
    return f"{source}:{line}: `{key}`: {message}{shown}"


def _named_path(message: str) -> Path:
    """The path with which a message about all of the file begins, e.g. `workloads.shop.journey names ...`."""
    words = message.removeprefix("Value error, ").split()
    return tuple(int(part) if part.isdigit() else part for part in words[0].split(".")) if words else ()


def _line_of(node: yaml.Node | None, path: Path) -> int:
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


def _valid_names(path: Path, root: type[BaseModel]) -> Iterator[str]:
    """Names that a mapping at `path` below `root` may have, found by walking the models."""
    model: Any = root
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
    """The model inside `X | None`, or inside dict[str, X], list[X], tuple[X, ...] as a `_Container`."""
    arguments = getattr(annotation, "__args__", ())
    models = [a for a in arguments if isinstance(a, type) and issubclass(a, BaseModel)]
    if not models:
        return annotation
    if getattr(annotation, "__origin__", None) in (dict, list, tuple):
        return _Container(models[0])
    return models[0]


class _Container:
    """Stands for dict[str, X], list[X] or tuple[X, ...] while walking: any step leads to X."""

    def __init__(self, item: type[BaseModel]) -> None:
        self.item = item
