"""What a schema says of single values: choices, ranges, lengths, patterns, formats."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

from seatrial.declared.server.formats import address, dns_label, is_base64, is_time, network, subdomain
from seatrial.declared.values import Pattern, brief, text

_LONGEST_MATCHED = 256
"""Longer texts are not held to patterns: the server's engine takes linear time, this one may not."""
_DATE = Pattern(r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])")
_UUID = Pattern(r"[0-9a-fA-F]{8}-?([0-9a-fA-F]{4}-?){3}[0-9a-fA-F]{12}")
_DURATION = Pattern(
    r"[-+]?(\d+(\.\d*)?|\.\d+)(ns|us|µs|ms|s|m|h)((\d+(\.\d*)?|\.\d+)(ns|us|µs|ms|s|m|h))*|0|\d+\s*[a-zµ]+"
)
"""As Go writes it, or a number and a word: `5 minutes`."""
_URI = Pattern(r"(/|[A-Za-z][A-Za-z0-9+.-]*:)[^\x00-\x20\x7f]*")
_MAIL = Pattern(r"[^@\s<>]+@[^@\s<>]+|.*<[^@\s<>]+@[^@\s<>]+>")
_MAC = Pattern(
    r"[0-9a-fA-F]{2}([:-])([0-9a-fA-F]{2}\1){4}[0-9a-fA-F]{2}(\1[0-9a-fA-F]{2}){0,14}|([0-9a-fA-F]{4}\.){2,9}[0-9a-fA-F]{4}"
)

_FORMATS: dict[str, Callable[[str], bool]] = {
    "datetime": is_time,
    "uri": lambda written: bool(_URI.compiled.fullmatch(written)),
    "email": lambda written: bool(_MAIL.compiled.fullmatch(written)),
    "mac": lambda written: bool(_MAC.compiled.fullmatch(written)),
    "k8sshortname": lambda written: dns_label(written) is None,
    "k8slongname": lambda written: subdomain(written) is None,
    "date": lambda written: bool(_DATE.compiled.fullmatch(written)),
    "byte": is_base64,
    "ipv4": lambda written: address(written) is None and ":" not in written,
    "ipv6": lambda written: address(written) is None and ":" in written,
    "cidr": lambda written: network(written) is None,
    "uuid": lambda written: bool(_UUID.compiled.fullmatch(written)),
    "duration": lambda written: bool(_DURATION.compiled.fullmatch(written)),
}
_ROUNDING = 1e-9
_RANGES = {"int32": (-(2**31), 2**31 - 1)}


def bounds(schema: dict[str, Any], value: Any) -> Iterator[str]:
    """What is wrong with a value of the right type, in words."""
    taken = schema.get("enum") or None  # an empty choice is none
    if taken.__class__ is list and not any(value == each and type(value) is type(each) for each in taken):
        words = ", ".join(str(each) for each in taken[:12])
        yield f"{brief(value)} is not one of {words}{' …' if len(taken) > 12 else ''}"
    if value.__class__ is str:
        yield from _of_text(schema, value)
        yield from _of_size(schema, len(value), "Length", "characters")
    elif value.__class__ is int or value.__class__ is float:
        yield from _of_number(schema, value)
    elif value.__class__ is list:
        yield from _of_size(schema, len(value), "Items", "items")
    elif value.__class__ is dict:
        yield from _of_size(schema, len(value), "Properties", "fields")


def _of_size(schema: dict[str, Any], size: int, what: str, words: str) -> Iterator[str]:
    least, most = schema.get(f"min{what}"), schema.get(f"max{what}")
    if least.__class__ is int and size < least:
        yield f"it has {size} {words}, at least {least} are needed"
    if most.__class__ is int and size > most:
        yield f"it has {size} {words}, at most {most} are taken"


def _of_number(schema: dict[str, Any], value: float) -> Iterator[str]:
    lowest, highest = _RANGES.get(text(schema.get("format")), (None, None))
    least, most = _number(schema.get("minimum", lowest)), _number(schema.get("maximum", highest))
    if least is not None and (value < least or (value == least and schema.get("exclusiveMinimum") is True)):
        yield f"{value} is below {least}"
        return
    if most is not None and (value > most or (value == most and schema.get("exclusiveMaximum") is True)):
        yield f"{value} is above {most}"
        return
    step = _number(schema.get("multipleOf"))
    if step and value.__class__ is int and step < 1:
        yield f"{value} is whole, and the API takes no whole number where the step is {step}"
    elif step and abs(value / step - round(value / step)) > _ROUNDING:
        yield f"{value} is no multiple of {step}"


def _number(value: Any) -> float | None:
    return value if value.__class__ is int or value.__class__ is float else None


def _of_text(schema: dict[str, Any], value: str) -> Iterator[str]:
    is_format = _FORMATS.get(text(schema.get("format")).replace("-", ""))
    if is_format is not None and not is_format(value):
        yield f"{brief(value)} is no {schema['format']}"
    pattern = _compiled(text(schema.get("pattern")))
    if pattern is not None and len(value) <= _LONGEST_MATCHED and not pattern.search(value):
        yield f"{brief(value)} does not match {brief(schema['pattern'])}"


def is_broken(pattern: str) -> bool:
    """Whether a pattern is no regular expression in any dialect."""
    return _read(pattern).__class__ is str


@cache
def _compiled(pattern: str) -> re.Pattern[str] | None:
    """A pattern as this engine reads it; None where it cannot (the server's is RE2)."""
    found = _read(pattern) if pattern else None
    return found if isinstance(found, re.Pattern) else None


def _read(pattern: str) -> re.Pattern[str] | str | None:
    """A pattern; what is wrong with it; or None where only RE2 knows."""
    if _ONLY_RE2.compiled.search(pattern):
        return None
    written = pattern.replace(r"\z", r"\Z")
    for name, letters in _CLASSES.items():
        written = written.replace(f"[:{name}:]", letters)
    written = _END.compiled.sub(
        lambda match: match.group(1) or r"\Z", written
    )  # `$` also is before a line's end
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of what may mean something else in a Python to come
            return re.compile(written, re.ASCII)
    except re.error as error:
        return error.msg if error.msg.startswith(_BROKEN) else None


_BROKEN = ("missing ), ", "unbalanced parenthesis", "unterminated", "nothing to repeat")
_CLASSES = {
    **{"alnum": "0-9A-Za-z", "alpha": "A-Za-z", "digit": "0-9", "lower": "a-z", "upper": "A-Z"},
    **{"xdigit": "0-9A-Fa-f", "word": r"\w", "space": r"\s"},
}
_ONLY_RE2 = Pattern(r"\[:\^|\[:(?:ascii|blank|cntrl|graph|print|punct):|\\[QEpPC]|\(\?[a-zA-Z-]*[msU]")
"""What means something else here, or nothing."""
_END = Pattern(r"(\\.|\[\^?\]?(?:\\.|[^\]])*\])|\$")
"""An escape or a set of letters, which stay; else the end."""
