"""A lane of how much CPU and disks were wanted where the nodes run."""

from __future__ import annotations

from collections.abc import Sequence

from seatrial.judge.saturation import SATURATED_FRACTION, Pressure
from seatrial.model.pressure import CpuSeen, DiskSeen
from seatrial.report.series import thinned
from seatrial.report.svg.axis import Axis
from seatrial.report.svg.lane import Key, Lane, curves, lane
from seatrial.report.svg.markup import step_path

HEIGHT = 40.0


def cpu_lane(
    identity: str,
    axis: Axis,
    samples: Sequence[CpuSeen],
    disk: Sequence[DiskSeen],
    while_failing: Pressure | None,
) -> Lane:
    """The part of each second in which some task waited for CPU, or a disk, and of all CPUs that was used."""

    def y(fraction: float) -> float:
        return HEIGHT - min(max(fraction, 0.0), 1.0) * (HEIGHT - 6)

    waited = [(each.at - each.span_seconds, _waited(each)) for each in samples]
    busy = [(each.at - each.span_seconds, each.busy) for each in samples]
    stalled = [(each.at - each.span_seconds, _waited(each)) for each in disk]
    until = axis.x(samples[-1].at)
    waited_line, busy_line, disk_line = (
        step_path([(axis.x(at), y(value)) for at, value in thinned(points)], until) if points else ""
        for points in (waited, busy, stalled)
    )
    most = max(samples, key=_waited)
    quiet = (
        f"some tasks waited for CPU at most {_waited(most) * 100:.0f} % of a second, at {axis.since(most.at)}"
    )
    finding = f"{while_failing or quiet}."
    return lane(
        identity,
        f"CPU{' and disks' if disk else ''} of {samples[0].source}",
        finding[:1].upper() + finding[1:],
        HEIGHT + 4,
        [curves(HEIGHT, ("ready-line", waited_line), ("wanted", busy_line), ("disk-line", disk_line))],
        labels=[
            (y(1.0), "100 %"),
            (y(SATURATED_FRACTION), f"{SATURATED_FRACTION * 100:.0f} %"),
            (HEIGHT, "0"),
        ],
        keys=[
            Key("ready-line", "some task waited for CPU", "line"),
            Key("wanted", "CPU used", "line"),
            *([Key("disk-line", "some task waited for a disk", "line")] if disk else []),
        ],
    )


def _waited(sample: CpuSeen | DiskSeen) -> float:
    return sample.waited_seconds / sample.span_seconds if sample.span_seconds > 0 else 0.0
