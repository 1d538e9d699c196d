"""Plain YAML scalars -> values, as kubectl takes them."""

from __future__ import annotations

import math
from typing import Any

from seatrial.declared.values import Pattern

_TRUE = {"y", "Y", "yes", "Yes", "YES", "on", "On", "ON", "true", "True", "TRUE"}
_FALSE = {"n", "N", "no", "No", "NO", "off", "Off", "OFF", "false", "False", "FALSE"}
_NULL = {"", "~", "null", "Null", "NULL"}
_NOT_A_NUMBER = {
    ".nan",
    ".NaN",
    ".NAN",
    ".inf",
    ".Inf",
    ".INF",
    "+.inf",
    "+.Inf",
    "+.INF",
    "-.inf",
    "-.Inf",
    "-.INF",
}
_MOST_DIGITS = 100
_FLOAT = Pattern(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_INTEGER = Pattern(r"([-+]?)(?:0[xX]([0-9a-fA-F]+)|0[bB]([01]+)|0[oO]?([0-7]+)|(0|[1-9][0-9]*))")


def resolve(written: str) -> Any:
    """The value of a plain scalar, as kubectl takes it."""
    first = written[:1]
    if first in "+-.0123456789" and first:
        return _number(written, first)
    if written in _TRUE:
        return True
    if written in _FALSE:
        return False
    return None if written in _NULL else written


def _number(written: str, first: str) -> Any:
    if written in _NOT_A_NUMBER:
        return math.nan if written[-1] in "nN" else math.inf
    last = written[-1]
    if last not in "0123456789." and "0x" not in written.lower():
        return written  # 100m, 64Mi, 30s: far the most
    bare = written if first == "." else written.replace("_", "")
    integer = _INTEGER.compiled.fullmatch(bare)
    if integer is not None:
        return _integer(bare, written, *integer.groups())
    return float(bare) if _FLOAT.compiled.fullmatch(bare) else written


def _integer(bare: str, written: str, sign: str, *digits: str | None) -> int | float | str:
    """A number of 64 bits; a longer one is a float where it has digits only, else text."""
    for base, found in zip((16, 2, 8, 10), digits, strict=True):
        if found is not None and len(found) <= _MOST_DIGITS:
            number = -int(found, base) if sign == "-" else int(found, base)
            if -(2**63) <= number < 2**63:
                return number
    return float(bare) if bare.lstrip("+-").isdecimal() else written
