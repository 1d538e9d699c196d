"""Faults as bands across all lanes, their numbers above, and the recovery from each by phase."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

from markupsafe import Markup

from seatrial.judge.windows import fault_end
from seatrial.model.fault import FaultRecord
from seatrial.report.observed import FaultView
from seatrial.report.svg.axis import Axis
from seatrial.report.svg.markup import element, join, percent
from seatrial.report.text import one_line

MARK_HEIGHT = 20.0
MARK_ROWS = 3
MOST_MARKS = 40
_MARK_PERCENT = 5.5
"""Width of a mark in percent of a narrow page: nearer ones go into the next row."""
_LETTER_PERCENT = 0.72
"""Width of a letter in percent of a wide page."""
PHASE_HEIGHT = 15.0


def draw_bands(axis: Axis, faults: Sequence[FaultRecord], gaps: Sequence[tuple[float, float]]) -> Markup:
    """The ground of a chart: a band from the injection of each fault until its end."""
    parts = [_gap(axis, begin, end) for begin, end in gaps if end > axis.begin and begin < axis.end]
    for fault in faults:
        if fault.impossible:
            continue
        left = axis.percent(fault.injected_at)
        end = fault_end(fault)
        width = max(axis.percent(axis.end if math.isinf(end) else end) - left, 0.15)
        parts.append(
            element("rect", x=percent(left), width=percent(width), y="0", height="100%", class_="fault-band")
        )
    for fault in faults:
        at = percent(axis.percent(fault.injected_at))
        parts.append(element("line", x1=at, x2=at, y1="0", y2="100%", class_="fault-line"))
    return element("svg", join(parts), class_="bands", width="100%", height="100%", aria_hidden="true")


def _gap(axis: Axis, begin: float, end: float) -> Markup:
    left = axis.percent(begin)
    width = max(axis.percent(end) - left, 0.15)
    return element("rect", x=percent(left), width=percent(width), y="0", height="100%", class_="gap")


def draw_marks(axis: Axis, faults: Sequence[FaultRecord]) -> Markup:
    """A numbered mark for each fault, with its name where the page is wide enough."""
    rows: list[float] = []
    parts: list[Markup] = []
    positions = [axis.percent(fault.injected_at) for fault in faults[:MOST_MARKS]]
    for number, position in enumerate(positions):
        row = next((n for n, last in enumerate(rows) if position - last >= _MARK_PERCENT), len(rows))
        row = min(row, MARK_ROWS - 1)
        rows[row : row + 1] = [position]
        after = positions[number + 1] if number + 1 < len(positions) else 100.0
        parts.append(_mark(position, row, number, faults[number], after))
    height = max(len(rows), 1) * MARK_HEIGHT
    return element("svg", join(parts), class_="marks", width="100%", height=height, aria_hidden="true")


def _mark(position: float, row: int, number: int, fault: FaultRecord, after: float) -> Markup:
    y = row * MARK_HEIGHT + 9
    label = one_line(f"{fault.fault} {fault.target.name}", 60)
    room = after - position - 2.5
    if len(label) * _LETTER_PERCENT > room:
        label = one_line(fault.fault, 30)
    name = element("text", label, x=percent(position), dx=13, y=y, dy="0.35em", class_="mark-name")
    return element(
        "g",
        element("title", f"{number + 1}: {one_line(fault.fault)} on {one_line(str(fault.target))}"),
        element("circle", cx=percent(position), cy=y, r=8, class_="mark"),
        element("text", str(number + 1), x=percent(position), y=y, dy="0.35em", class_="mark-number"),
        name if len(label) * _LETTER_PERCENT <= room and not row else Markup(""),
    )


_STEPS = (
    ("created", "pending", "created"),
    ("scheduled", "starting", "scheduled"),
    ("started", "warming", "started"),
    ("ready", "ready", "Ready"),
)
"""Phase of the replacement, the mark from there on, and its word."""


def draw_recovery(fault: FaultView, identity: str, longest_seconds: float) -> Markup:
    """Two bars on one scale from the fault to `longest_seconds`: what clients saw, and the replacement."""
    found = fault.phases

    def x(seconds: float) -> float:
        return min(max(seconds / max(longest_seconds, 0.001), 0.0), 1.0) * 100

    parts: list[Markup] = []
    if found.first_error is not None and found.last_error is not None:
        parts.append(_bar("failed", x(found.first_error.seconds), x(found.last_error.seconds), 0))
    if found.latency_back is not None and found.latency_back.seconds > 0:
        at = percent(x(found.latency_back.seconds))
        parts.append(element("line", x1=at, x2=at, y1=0, y2=PHASE_HEIGHT - 4, class_="latency-back"))
    moments = [(mark, getattr(found, name)) for name, mark, _ in _STEPS]
    known = [(mark, moment.seconds) for mark, moment in moments if moment is not None]
    available = fault.available_after_seconds
    end = max([longest_seconds if available is None else available, *(seconds for _, seconds in known)])
    for (mark, begin), (_, following) in itertools.pairwise([*known, ("", end)]):
        parts.append(_bar(f"pod-{mark}", x(begin), x(following), PHASE_HEIGHT))
    return element(
        "svg",
        element("title", f"Recovery from fault {fault.record.id}", id=f"{identity}-title"),
        element("desc", found.sentence() or "No phase was seen.", id=f"{identity}-desc"),
        join(parts),
        class_="recovery",
        role="img",
        aria_labelledby=f"{identity}-title {identity}-desc",
        width="100%",
        height=PHASE_HEIGHT * 2,
    )


def _bar(kind: str, left: float, right: float, top: float) -> Markup:
    width = max(right - left, 0.8)
    return element(
        "rect",
        x=percent(min(left, 100 - width)),
        width=percent(width),
        y=top + 1,
        height=PHASE_HEIGHT - 5,
        class_=kind,
    )
