"""Elements with escaped attributes and text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from markupsafe import Markup, escape

from seatrial.report.series import Point
from seatrial.report.text import clean

Child = str | Markup


def element(name: str, *children: Child, **attributes: str | float | None) -> Markup:
    """`<name ...>children</name>`. `class_` is class, `_` in a name is a hyphen; None leaves one out."""
    written = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(_shown(value))}"'
        for key, value in attributes.items()
        if value is not None
    )
    inside = "".join(child if isinstance(child, Markup) else escape(clean(child)) for child in children)
    return Markup(f"<{name}{written}>{inside}</{name}>" if inside else f"<{name}{written}/>")


def join(parts: Iterable[Markup]) -> Markup:
    return Markup("").join(parts)


def percent(value: float) -> str:
    return f"{value:.3f}".rstrip("0").rstrip(".") + "%"


def _shown(value: str | float) -> str:
    if isinstance(value, str):
        return clean(value)
    return f"{value:.2f}".rstrip("0").rstrip(".")


def line_path(pieces: Iterable[Sequence[Point]]) -> str:
    """Path data of connected pieces; a piece of one point becomes a dot."""
    parts: list[str] = []
    for piece in pieces:
        dot = [(piece[0][0] + 0.01, piece[0][1])] if len(piece) == 1 else []
        parts.append("M" + "L".join(_pair(point) for point in (*piece, *dot)))
    return "".join(parts)


def step_path(points: Sequence[Point], until: float) -> str:
    """Path data that holds each value up to the next point, the last one up to `until`."""
    if not points:
        return ""
    parts = [f"M{_pair(points[0])}"]
    for x, y in points[1:]:
        parts.append(f"H{_short(x)}V{_short(y)}")
    return "".join([*parts, f"H{_short(until)}"])


def area_path(upper: Sequence[Point], lower: Sequence[Point]) -> str:
    """A closed shape between two curves over the same times."""
    return f"M{'L'.join(_pair(point) for point in (*upper, *reversed(lower)))}Z" if upper else ""


def _pair(point: Point) -> str:
    return f"{_short(point[0])} {_short(point[1])}"


def _short(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")
