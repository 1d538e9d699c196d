"""Where the edge of a system lies: the capacities that earlier runs have measured."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Sequence
from pathlib import Path

from seatrial.errors import BadInput, SeatrialError
from seatrial.faults.effects.scaled import replicas_of
from seatrial.faults.hold_replicas import AUTOSCALER, autoscaler_of, bounds_of
from seatrial.kube.client import Kube
from seatrial.model.capacity import CapacityRun
from seatrial.model.edge import Edge, Measured, edge_at_rest
from seatrial.model.system import System
from seatrial.model.verdict import CheckResult
from seatrial.record.reader import read_run
from seatrial.record.writer import slug

LOW = "capacity_low_per_second"
"""Number of a verdict on a capacity; the lower end of its interval. With several numbers of replicas, each
has its own: `3_replicas_capacity_low_per_second`."""


def capacities_of(system: System, reports: Path) -> list[Measured]:
    """What the runs below `reports` have measured of a system, the newest first.

    Raises:
        BadInput: none did.
    """
    found = [each for directory in _newest_first(reports) for each in _capacities(directory, system)]
    if not found:
        raise BadInput(
            f"no run has measured the capacity of {system.metadata.name}", where=str(reports),
            next_step="Measure it first: locust -f loadtests/capacity.py --headless",
        )  # fmt: skip
    return found


def edge_of(measured: Sequence[Measured], system: System, kube: Kube) -> Edge:
    """The edge of a system that is up, by the capacity with as many replicas as it has at rest."""
    roles = dict.fromkeys(each.role for each in measured if each.role in system.workloads)
    rest: dict[str, int] = {}
    for role in roles:
        with contextlib.suppress(SeatrialError):  # the edge says that it is not known
            rest[role] = replicas_at_rest(kube, system, role)
    return edge_at_rest(measured, system.load_shares, rest)


def replicas_at_rest(kube: Kube, system: System, role: str) -> int:
    """What a workload has without load: its autoscaler's minimum, else what it declares.

    Raises:
        SeatrialError: it cannot be asked.
    """
    workload = system.workloads[role]
    obj = kube.get(workload.kind, workload.name)
    name = autoscaler_of(kube, obj)
    return bounds_of(kube.get(AUTOSCALER, name))[0] if name else replicas_of(obj)


def _newest_first(reports: Path) -> list[Path]:
    """Run directories bear the time of their beginning in their names."""
    found = [path for path in reports.glob("*/load") if path.is_dir() and not path.parent.is_symlink()]
    return sorted((path.parent for path in found), key=lambda path: path.name, reverse=True)


def _capacities(directory: Path, system: System) -> Iterator[Measured]:
    with contextlib.suppress(SeatrialError):  # a run that cannot be read has measured nothing
        for result in reversed(read_run(directory).results):
            if result.subject == system.metadata.name:
                yield from _measured(directory, result)


def _measured(directory: Path, result: CheckResult) -> Iterator[Measured]:
    """The capacities of one result: of a single search, or of one with each number of replicas."""
    lows = {
        name: low
        for name, low in result.verdict.numbers.items()
        if name.endswith(LOW) and isinstance(low, int | float) and low > 0
    }
    if not lows:
        return
    searches = _searches(directory / "load" / f"{slug(result.check.partition('.')[2])}.json")
    for name, low in lows.items():
        count = name.removesuffix(LOW).removesuffix("_replicas_")
        run = searches.get(count)
        seen = {each.replicas.get(run.role) for each in run.trials if not each.void} if run else set()
        replicas = seen.pop() if len(seen) == 1 else None
        yield Measured(float(low), directory.name, run.role if run else "", replicas)


def _searches(path: Path) -> dict[str, CapacityRun]:
    """The searches of a load test by their number of replicas, a single one under no number."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        found = {"": data["capacity"]} if "capacity" in data else dict(data["series"])
        return {count: CapacityRun.from_data(each) for count, each in found.items()}
    except (OSError, ValueError, LookupError, TypeError, AttributeError, SeatrialError):
        return {}  # then nobody knows how many replicas there were
