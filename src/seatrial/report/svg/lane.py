"""One lane of a chart: a heading with its finding in words, and a drawing that says the same."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from seatrial.report.svg.axis import WIDTH
from seatrial.report.svg.markup import element, join


@dataclass(frozen=True)
class Key:
    """An entry of the legend: which mark (a CSS class, drawn as `shape`) means what."""

    mark: str
    text: str
    shape: str = "box"
    """box, line or diamond."""


@dataclass(frozen=True)
class Lane:
    """What the template shows.

    Attributes:
        finding: a sentence; also the description of the drawing for those who cannot see it.
    """

    name: str
    finding: str
    keys: tuple[Key, ...]
    drawing: Markup


Label = tuple[float, str]
"""(y, text) of a horizontal line of the grid."""


def lane(
    identity: str,
    name: str,
    finding: str,
    height: float,
    body: Iterable[Markup],
    *,
    labels: Sequence[Label] = (),
    keys: Sequence[Key] = (),
) -> Lane:
    """A lane whose drawing is `height` pixels high; `identity` must be unique on the page."""
    grid = [element("line", x1="0", x2="100%", y1=y, y2=y, class_="grid") for y, _ in labels]
    scale = [element("text", text, x="100%", y=y, dx=8, dy="0.32em", class_="scale") for y, text in labels]
    drawing = element(
        "svg",
        element("title", name, id=f"{identity}-title"),
        element("desc", finding, id=f"{identity}-desc"),
        join([*grid, *body, *scale]),
        class_="lane-drawing",
        role="img",
        aria_labelledby=f"{identity}-title {identity}-desc",
        width="100%",
        height=height,
    )
    return Lane(name, finding, tuple(keys), drawing)


def curves(height: float, *paths: tuple[str, str]) -> Markup:
    """(class, path data) of curves in units of `WIDTH` by `height`, stretched to the width of the page."""
    drawn = [
        element("path", d=data, class_=kind, vector_effect="non-scaling-stroke")
        for kind, data in paths
        if data
    ]
    return element(
        "svg",
        join(drawn),
        class_="curves",
        width="100%",
        height=height,
        viewBox=f"0 0 {WIDTH:.0f} {height:g}",
        preserveAspectRatio="none",
    )


def nice_top(highest: float) -> float:
    """The next of 1, 2, 5, 10, 20, 50 ... at or above `highest`, or a multiple of it that wastes less."""
    top = 1.0
    while top < highest:
        top *= 10
    for part in (0.2, 0.25, 0.3, 0.4, 0.5, 0.6, 0.8):
        if top * part >= max(highest, 1.0):
            return top * part
    return top
