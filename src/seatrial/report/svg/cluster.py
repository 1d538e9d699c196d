"""Lanes of what the cluster did: replicas wanted and ready, autoscaler decisions, the life of each pod."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from seatrial.report.lives import Decision, PodLife, PodState, Replicas
from seatrial.report.series import Point, thinned
from seatrial.report.svg.axis import Axis
from seatrial.report.svg.lane import Key, Lane, curves, lane, nice_top
from seatrial.report.svg.markup import element, join, percent, step_path
from seatrial.report.text import count, number, one_line, shortened

REPLICAS_HEIGHT = 56.0
ROW_HEIGHT = 25.0
MOST_PODS = 24
_DECISION_WIDTH = 3.0

_STATE_WORDS = {
    PodState.PENDING: "pending",
    PodState.STARTING: "starting",
    PodState.READY: "ready",
    PodState.UNREADY: "no longer ready",
    PodState.TERMINATING: "terminating",
}


def replicas_lane(identity: str, axis: Axis, found: Replicas, autoscaled: Sequence[Decision]) -> Lane:
    """Wanted as a dashed step over ready; each decision of the autoscaler as a diamond with its number."""
    amounts = [value for _, value in (*found.wanted, *found.ready)] + [float(d.after) for d in autoscaled]
    top = nice_top(max([*amounts, 1.0]))
    height = REPLICAS_HEIGHT

    def y(amount: float) -> float:
        return height - amount / top * (height - 6)

    until = axis.x(axis.end)
    wanted, ready = (
        [(axis.x(at), y(value)) for at, value in thinned(_from_begin(axis, steps))]
        for steps in (found.wanted, found.ready)
    )
    ready_line = step_path(ready, until)
    filled = f"{ready_line}V{height:g}H{ready[0][0]:.1f}Z" if ready else ""
    body = [
        curves(
            height,
            ("ready-area", filled),
            ("ready-line", ready_line),
            ("wanted", step_path(wanted, until)),
        ),
        *(_diamond(axis, decision, y(decision.after)) for decision in autoscaled),
    ]
    keys = [Key("wanted", "wanted", "line"), Key("ready-line", "ready", "line")]
    if autoscaled:
        keys.append(Key("decision", "autoscaler decides", "diamond"))
    labels = [(y(top), number(top)), (height, "0")]
    name = f"Replicas of {found.workload or found.name}"
    return lane(
        identity, name, _replicas_finding(axis, found, autoscaled), height + 4, body, labels=labels, keys=keys
    )


def _from_begin(axis: Axis, steps: Sequence[Point]) -> list[Point]:
    """Steps inside of the axis, with the value that held when it began."""
    before = [value for at, value in steps if at <= axis.begin]
    inside = [(at, value) for at, value in steps if axis.begin < at <= axis.end]
    return [(axis.begin, before[-1]), *inside] if before else inside


def _diamond(axis: Axis, decision: Decision, y: float) -> Markup:
    at = axis.percent(decision.at)
    words = f"{axis.since(decision.at)}: {decision.before} to {decision.after} replicas"
    why = f" ({one_line(decision.why, 200)})" if decision.why else ""
    anchor, dx = ("end", -8) if at > 90 else ("start", 8)
    return element(
        "g",
        element("title", f"{words}{why}"),
        # A square on its corner: nested svg, because a rotation cannot be about a percentage.
        element(
            "svg",
            element("path", d="M0 -5L5 0L0 5L-5 0Z", class_="decision"),
            x=percent(at), y=max(y, 6), overflow="visible",
        ),
        element(
            "text", str(decision.after), x=percent(at), y=max(y, 6), dx=dx, dy="-0.3em", text_anchor=anchor,
        ),
    )  # fmt: skip


def _replicas_finding(axis: Axis, found: Replicas, autoscaled: Sequence[Decision]) -> str:
    wanted = [value for _, value in _from_begin(axis, found.wanted)]
    ready = [value for _, value in _from_begin(axis, found.ready)]
    if not wanted or not ready:
        return "Not seen in this time."
    parts = [f"{_range(wanted)} wanted, {_range(ready)} ready"]
    if autoscaled:
        last = autoscaled[-1]
        parts.append(
            f"the autoscaler decided {count(len(autoscaled), 'time')}, "
            f"first at {axis.since(autoscaled[0].at)}, last to {last.after} at {axis.since(last.at)}"
        )
    return "; ".join(parts) + "."


def _range(values: Sequence[float]) -> str:
    low, high = min(values), max(values)
    return number(low) if low == high else f"{number(low)} to {number(high)}"


def pods_lane(identity: str, axis: Axis, lives: Sequence[PodLife]) -> Lane:
    """A row for each pod: its name over a bar of its states. Those to which something happened come first."""
    inside = [life for life in lives if life.spans[-1].end >= axis.begin and life.spans[0].begin <= axis.end]
    shown = sorted(inside, key=lambda life: not life.changed)[:MOST_PODS]
    shown.sort(key=lambda life: (life.spans[0].begin, life.name))
    rows = [_row(axis, life, number) for number, life in enumerate(shown)]
    states = dict.fromkeys(span.state for life in shown for span in life.spans)
    keys = [Key(f"pod-{state}", _STATE_WORDS[state]) for state in PodState if state in states]
    hidden = len(inside) - len(shown)
    finding = _pods_finding(inside) + (f" {count(hidden, 'pod')} not drawn." if hidden else "")
    return lane(identity, "Pods", finding, max(len(shown), 1) * ROW_HEIGHT + 2, rows, keys=keys)


def _row(axis: Axis, life: PodLife, number: int) -> Markup:
    top = number * ROW_HEIGHT
    bars = [_state_bar(axis, life, index, top + 14) for index in range(len(life.spans))]
    begin = axis.percent(life.spans[0].begin)
    late = begin > 50
    position = axis.percent(life.spans[-1].end) if late else begin
    anchor = "end" if late else "start"
    words = shortened(life.name)
    name = element("text", words, x=percent(position), y=top + 11, text_anchor=anchor, class_="pod-name")
    return element("g", name, join(bars))


def _state_bar(axis: Axis, life: PodLife, index: int, top: float) -> Markup:
    span = life.spans[index]
    left, right = axis.percent(span.begin), axis.percent(span.end)
    # Bars end where their axis ends: nothing is known beyond.
    width = min(max(right - left, 0.2), 100 - min(left, 99.8))
    reason = f", {one_line(span.reason, 80)}" if span.reason else ""
    name = shortened(life.name, 80)
    words = f"{name}: {_STATE_WORDS[span.state]}{reason}, {axis.since(span.begin)} to {axis.since(span.end)}"
    if span.end <= axis.begin or span.begin >= axis.end:
        return Markup("")
    return element(
        "rect", element("title", words), x=percent(min(left, 99.8)), width=percent(width), y=top, height=7,
        class_=f"pod-{span.state}",
    )  # fmt: skip


def _pods_finding(lives: Sequence[PodLife]) -> str:
    came = sum(not life.existed_before for life in lives)
    went = sum(any(span.state is PodState.TERMINATING for span in life.spans) for life in lives)
    lost = sum(any(span.state is PodState.UNREADY for span in life.spans) for life in lives)
    parts = [count(len(lives), "pod")]
    if came:
        parts.append(f"{came} came")
    if went:
        parts.append(f"{went} {'was' if went == 1 else 'were'} terminated")
    if lost:
        parts.append(f"{lost} lost readiness")
    return ", ".join(parts) + ("." if len(parts) > 1 else ", nothing happened to them.")
