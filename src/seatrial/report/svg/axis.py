"""The one time axis that every lane of a chart shares."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from markupsafe import Markup

from seatrial.report.series import nice_step
from seatrial.report.svg.markup import element, join, percent
from seatrial.report.text import clock_time

WIDTH = 1000.0
"""Width of the drawing in which curves are given; it is stretched to the width of the page."""


@dataclass(frozen=True)
class Tick:
    at: float
    label: str
    wall: str
    always: bool
    """Also shown where the page is narrow."""


@dataclass(frozen=True)
class Axis:
    """From `begin` to `end`, monotonic seconds; the axis counts from `begin`.

    Attributes:
        epoch_offset_seconds: what to add for wall time.
    """

    begin: float
    end: float
    epoch_offset_seconds: float

    @property
    def span(self) -> float:
        return max(self.end - self.begin, 0.001)

    def holds(self, at: float) -> bool:
        return self.begin <= at <= self.end

    def percent(self, at: float) -> float:
        """Where `at` lies, 0 to 100; what lies outside is moved to the edge."""
        return min(max((at - self.begin) / self.span, 0.0), 1.0) * 100

    def x(self, at: float) -> float:
        """The same in the units of curves."""
        return self.percent(at) / 100 * WIDTH

    def since(self, at: float) -> str:
        """`12.3 s` since the axis began."""
        return f"{at - self.begin:.1f} s"

    def ticks(self) -> Iterator[Tick]:
        step = nice_step(self.span, 8)
        minutes = step >= 60
        for number in range(math.floor(self.span / step + 1e-9) + 1):
            offset = number * step
            at = self.begin + offset
            amount = offset / 60 if minutes else offset
            label = f"{amount:.2f}".rstrip("0").rstrip(".") + (" min" if minutes else " s")
            yield Tick(at, label, clock_time(at + self.epoch_offset_seconds), number % 2 == 0)


def draw_axis(axis: Axis) -> Markup:
    """Ticks with seconds and, below, wall time (UTC)."""
    parts: list[Markup] = []
    for tick in axis.ticks():
        position = axis.percent(tick.at)
        anchor = "start" if position < 4 else "end" if position > 96 else "middle"
        kind = "tick" if tick.always else "tick sparse"
        parts.append(
            element(
                "g",
                element("line", x1=percent(position), x2=percent(position), y1=0, y2=5, class_="tick-line"),
                element("text", tick.label, x=percent(position), y=18, text_anchor=anchor),
                element("text", tick.wall, x=percent(position), y=33, text_anchor=anchor, class_="wall"),
                class_=kind,
            )
        )
    return element("svg", join(parts), class_="axis", width="100%", height=38, aria_hidden="true")
