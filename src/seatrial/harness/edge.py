"""Where the edge of a system lies: the capacity that an earlier run has measured."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from seatrial.errors import BadInput, SeatrialError
from seatrial.model.edge import Edge
from seatrial.model.system import System
from seatrial.record.reader import read_run

LOW = "capacity_low_per_second"
"""Number of a verdict on a capacity; the lower end of its interval."""


def edge_of(system: System, reports: Path) -> Edge:
    """The edge of a system, by the newest run below `reports` that measured its capacity.

    Raises:
        BadInput: none did.
    """
    for directory in _newest_first(reports):
        for low in _capacities(directory, system):
            return Edge(low, system.load_shares, directory.name)
    raise BadInput(
        f"no run has measured the capacity of {system.metadata.name}", where=str(reports),
        next_step="Measure it first: locust -f loadtests/capacity.py --headless",
    )  # fmt: skip


def _newest_first(reports: Path) -> list[Path]:
    """Run directories bear the time of their beginning in their names."""
    found = [path for path in reports.glob("*/load") if path.is_dir() and not path.parent.is_symlink()]
    return sorted((path.parent for path in found), key=lambda path: path.name, reverse=True)


def _capacities(directory: Path, system: System) -> Iterator[float]:
    with contextlib.suppress(SeatrialError):  # a run that cannot be read has measured nothing
        for result in reversed(read_run(directory).results):
            low = result.verdict.numbers.get(LOW)
            if result.subject == system.metadata.name and isinstance(low, int | float) and low > 0:
                yield float(low)
