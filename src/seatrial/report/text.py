"""Words and numbers for people, and text of unknown origin made harmless."""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime
from typing import Any

# What neither XML 1.0 nor a terminal may see: control characters (also of the second range), surrogates,
# non-characters; and the marks that reorder text, with which a name could pose as another.
_UNSAFE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff\u202a-\u202e\u2066-\u2069]"
)
_SPACES = re.compile(r"\s+")
_MARKS = re.compile(r"[\\`*_{}\[\]<>#|~!&@]")

_UNITS = {"_seconds": "s", "_ms": "ms", "_fraction": "%", "_percent": "%", "_bytes": "bytes", "_hours": "h"}


def clean(text: str) -> str:
    """`text` without characters that XML, HTML or a terminal must not be given; each becomes U+FFFD."""
    return _UNSAFE.sub("\ufffd", text.replace("\r\n", "\n").replace("\r", "\n"))


def one_line(text: str, at_most: int = 400) -> str:
    """`text` cleaned, on one line, and cut with an ellipsis."""
    line = _SPACES.sub(" ", clean(text)).strip()
    return line if len(line) <= at_most else f"{line[: at_most - 1].rstrip()}…"


def markdown(text: str, at_most: int = 400) -> str:
    """`text` on one line, as Markdown that shows each character as it is: no link, no tag, no mention."""
    return _MARKS.sub(lambda mark: f"&#{ord(mark[0])};", one_line(text, at_most))


def shortened(name: str, at_most: int = 40) -> str:
    """A name cut in its middle: its end is what differs between pods."""
    name = clean(name)
    if len(name) <= at_most:
        return name
    tail = at_most // 2
    return f"{name[: at_most - tail - 1]}…{name[-tail:]}"


def number(value: float) -> str:
    """Three significant digits, or all those before the point, thousands apart: 0.42, 3.1, 12,480."""
    if not math.isfinite(value):
        return "unlimited" if value > 0 else "unknown"
    if value == int(value) or abs(value) >= 100:
        return f"{value:,.0f}"
    digits = max(0, 2 - math.floor(math.log10(abs(value))))
    shown = f"{value:.{min(digits, 6)}f}"
    return shown.rstrip("0").rstrip(".") if "." in shown else shown


def duration(seconds: float | None) -> str:
    """`0.42 s`, `42 s`, `12 min 30 s`, `2 h 5 min`."""
    if seconds is None:
        return "unknown"
    if seconds < 60:
        return f"{number(round(seconds, 2 if seconds < 10 else 1))} s"
    total = round(seconds)
    if total < 3600:
        return f"{total // 60} min" + (f" {total % 60} s" if total % 60 else "")
    return f"{total // 3600} h" + (f" {total % 3600 // 60} min" if total % 3600 // 60 else "")


def latency(seconds: float) -> str:
    """`4.2 ms` below a second, `1.3 s` above."""
    return f"{number(seconds * 1000)} ms" if seconds < 1 else f"{number(seconds)} s"


def moment(wall: float) -> str:
    """`25 November 2026, 03:04:12 UTC` of seconds since the epoch."""
    at = datetime.fromtimestamp(wall, UTC)
    return f"{at.day} {at:%B %Y, %H:%M:%S} UTC"


def clock_time(wall: float) -> str:
    return f"{datetime.fromtimestamp(wall, UTC):%H:%M:%S}"


def count(amount: int, noun: str, several: str = "") -> str:
    """`1 check`, `2 checks`."""
    return f"{amount:,} {noun if amount == 1 else several or noun + 's'}"


def figure(name: str, value: Any) -> tuple[str, str]:
    """A number of a verdict as (label, value with its unit); the unit is the end of its name.

    A fraction may say more after its unit: failed_fraction_low.
    """
    for ending, unit in _UNITS.items():
        if ending == "_fraction" and ending in name:
            return name.replace("_fraction", "").replace("_", " "), _with_unit(ending, unit, value)
        if name.endswith(ending):
            return name.removesuffix(ending).replace("_", " "), _with_unit(ending, unit, value)
    return name.replace("_", " "), _plain(value)


def _with_unit(ending: str, unit: str, value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return _plain(value)
    if ending == "_fraction":
        return f"{number(value * 100)} %"
    return f"{number(value)} {unit}"


def _plain(value: Any) -> str:
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return number(value)
    if isinstance(value, list | tuple):
        return ", ".join(_plain(item) for item in value)
    return one_line(str(value))
