"""The verdict and the record of searches for a capacity."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from seatrial.errors import BadInput
from seatrial.judge.capacity.series import judge_series
from seatrial.judge.capacity.verdict import judge_capacity
from seatrial.load.figures import WorkerFigures, with_workers
from seatrial.load.outcome import Conclusion, LoadRun
from seatrial.model.capacity import CapacityRun
from seatrial.model.system import System
from seatrial.traffic.schedule import highest_rate

REQUIREMENT = "How many requests a second the system serves within its objectives MUST be known."


def planned_rate(system: System) -> float | None:
    """The highest rate that the system file plans; None where its load has none, such as a replay."""
    try:
        return highest_rate(system.load.arrivals)
    except BadInput:
        return None  # a trace by file, or none that this load test is about


class CapacityConclusion(Conclusion):
    """Judges searches instead of one load."""

    requirement = REQUIREMENT
    keeps_exchanges = False

    def conclude_search(
        self,
        run: LoadRun,
        found: Mapping[int, CapacityRun],
        workers: Sequence[WorkerFigures],
        *,
        say: bool,
    ) -> None:
        """The searches ended, one for each number of replicas: judge them and write their result.

        Args:
            workers: those in the cluster, over all searches.
        """
        wanted, objectives = self.system.load.capacity_per_second, self.system.objectives
        prices, planned = self.system.prices, planned_rate(self.system)
        data = {
            "wanted": wanted,
            "planned": planned,
            "objectives": objectives.model_dump(exclude_none=True),
            "prices": None if prices is None else prices.model_dump(),
            "workers": [each.to_data() for each in workers],
        }
        if len(found) == 1:
            (one,) = found.values()
            verdict = judge_capacity(one, objectives, wanted, prices, planned)
            data["capacity"] = one.to_data()
        else:
            verdict = judge_series(found, objectives, wanted, prices, planned)
            data["series"] = {str(count): each.to_data() for count, each in found.items()}
        self.settle(run, data, with_workers(verdict, workers), say=say)
