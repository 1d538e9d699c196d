"""Text with holes: {uuid}, {n}, {random.N}, {response.FIELD}, {env.NAME}; `{{` and `}}` stand for braces.

All text of one request is filled from one `Fill`, so that {uuid} is the same value in path, headers and body.
{env.NAME} is filled where the text is split, by whoever sends: what is recorded has the name only.
"""

from __future__ import annotations

import json
import os
import re
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from random import Random
from typing import Any

from seatrial.errors import BadInput

_HOLE = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|[{}]")
_RANDOM = re.compile(r"random\.([1-9][0-9]{0,17})")
_RESPONSE = re.compile(r"response\.([A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*)")
_ENVIRONMENT = re.compile(r"env\.([A-Za-z_][A-Za-z0-9_]*)")
_HELP = (
    "known are {uuid}, {n}, {random.N}, in headers {env.NAME}, and in acknowledged.read.path "
    "{response.FIELD}; {{ and }} are braces."
)


@dataclass
class Fill:
    """Values for the holes of one request.

    Attributes:
        number: for {n}: number of the arrival in its schedule.
        generator: draws {random.N}: a whole number from 0 to N-1.
        key: for {uuid}; made at first use when empty. Never seeded: a key that an earlier run has used
            would be answered from the system's memory and prove nothing.
        answer_id: for {response.FIELD}.
    """

    number: int
    generator: Random
    key: str = ""
    answer_id: str = ""

    def value(self, hole: str) -> str:
        if hole == "n":
            return str(self.number)
        if hole == "uuid":
            if not self.key:
                self.key = _random_uuid()
            return self.key
        if hole.startswith("random."):
            return str(self.generator.randrange(int(hole[len("random.") :])))
        return self.answer_id


class Template:
    """Text split into literals and holes once, filled quickly many times."""

    def __init__(self, literals: tuple[str, ...], holes: tuple[str, ...]) -> None:
        self.literals = literals
        self.holes = holes

    def fill(self, fill: Fill) -> str:
        if not self.holes:
            return self.literals[0]
        parts = [self.literals[0]]
        for hole, literal in zip(self.holes, self.literals[1:], strict=True):
            parts.append(fill.value(hole))
            parts.append(literal)
        return "".join(parts)

    def __add__(self, other: Template) -> Template:
        """Both texts as one."""
        seam = self.literals[-1] + other.literals[0]
        return Template((*self.literals[:-1], seam, *other.literals[1:]), self.holes + other.holes)

    @property
    def response_fields(self) -> tuple[str, ...]:
        """The FIELD of each {response.FIELD}, in order, without repetition."""
        prefix = "response."
        return tuple(dict.fromkeys(h.removeprefix(prefix) for h in self.holes if h.startswith(prefix)))


def compile_text(
    text: str, *, where: str, response_allowed: bool = False, environment_allowed: bool = False
) -> Template:
    """Split `text` at its holes.

    Args:
        where: names the journey and the key, for the message.
        response_allowed: whether {response.FIELD} has a meaning here.
        environment_allowed: whether {env.NAME} has.

    Raises:
        BadInput: for an unknown hole, a lone brace, or a variable that is not set.
    """
    literals, holes = [""], list[str]()
    end = 0
    for match in _HOLE.finditer(text):
        literals[-1] += text[end : match.start()]
        end = match.end()
        if match.group() in ("{{", "}}"):
            literals[-1] += match.group()[0]
            continue
        hole = match.group(1)
        if environment_allowed and hole and (named := _ENVIRONMENT.fullmatch(hole)):
            literals[-1] += _from_environment(named.group(1), where)
            continue
        _check_hole(hole, match.group(), text, where, response_allowed)
        holes.append(hole)
        literals.append("")
    literals[-1] += text[end:]
    return Template(tuple(literals), tuple(holes))


def environment_of(texts: Iterable[str]) -> dict[str, str]:
    """The variables that texts name by {env.NAME} and that are set, for whoever fills them elsewhere."""
    holes = (match.group(1) or "" for text in texts for match in _HOLE.finditer(text))
    names = {named.group(1) for hole in holes if (named := _ENVIRONMENT.fullmatch(hole))}
    return {name: os.environ[name] for name in sorted(names & os.environ.keys())}


def with_environment(text: str, *, where: str) -> str:
    """A text that is no template, with each {env.NAME} filled. Raises BadInput: a variable is not set."""
    return re.sub(rf"\{{{_ENVIRONMENT.pattern}\}}", lambda m: _from_environment(m.group(1), where), text)


def _from_environment(name: str, where: str) -> str:
    if (value := os.environ.get(name)) is None:
        raise BadInput(
            f"the environment has no variable {name}", where=where,
            next_step="Set it for this command; its value is sent and nowhere recorded.",
        )  # fmt: skip
    return value


def compile_json(value: Any, *, where: str) -> Template:
    """A JSON document whose strings (not its keys) are templates.

    What fills a hole is digits or hexadecimal, which JSON need not escape: so the document is written once,
    with a mark for each hole, and split there.
    """
    mark = uuid.uuid4().hex
    holes: list[str] = []

    def marked(item: Any) -> Any:
        if isinstance(item, str):
            template = compile_text(item, where=where)
            first, *rest = template.literals
            pieces = [first]
            for hole, literal in zip(template.holes, rest, strict=True):
                holes.append(hole)
                pieces.append(mark + literal)
            return "".join(pieces)
        if isinstance(item, Mapping):
            return {key: marked(inner) for key, inner in item.items()}
        if isinstance(item, list | tuple):
            return [marked(inner) for inner in item]
        return item

    try:
        text = json.dumps(marked(value), separators=(",", ":"), allow_nan=False)
    except (TypeError, ValueError) as error:
        raise BadInput(f"the body is no JSON: {error}", where=where) from None
    return Template(tuple(text.split(mark)), tuple(holes))


def _random_uuid() -> str:
    """A version 4 UUID as text, without the cost of a UUID object."""
    digits = os.urandom(16).hex()
    variant = "89ab"[int(digits[16], 16) & 3]
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-{variant}{digits[17:20]}-{digits[20:]}"


def _check_hole(hole: str | None, written: str, text: str, where: str, response_allowed: bool) -> None:
    if hole is None:
        raise BadInput(f"a lone `{written}` in `{text}`", where=where, next_step=_HELP)
    if hole in ("n", "uuid") or _RANDOM.fullmatch(hole):
        return
    if _RESPONSE.fullmatch(hole):
        if response_allowed:
            return
        raise BadInput(f"{written} cannot be filled before there is an answer", where=where, next_step=_HELP)
    if _ENVIRONMENT.fullmatch(hole):
        raise BadInput(f"{written} is filled in headers only", where=where, next_step=_HELP)
    raise BadInput(f"unknown template {written} in `{text}`", where=where, next_step=_HELP)
