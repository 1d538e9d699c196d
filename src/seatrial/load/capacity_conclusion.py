"""The verdict and the record of searches for a capacity."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from seatrial.judge.capacity.series import judge_series
from seatrial.judge.capacity.verdict import judge_capacity
from seatrial.load.figures import WorkerFigures, with_workers
from seatrial.load.outcome import Conclusion, LoadRun
from seatrial.model.capacity import CapacityRun

REQUIREMENT = "How many requests a second the system serves within its objectives MUST be known."


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
        prices = self.system.prices
        data = {
            "wanted": wanted,
            "objectives": objectives.model_dump(exclude_none=True),
            "prices": None if prices is None else prices.model_dump(),
            "workers": [each.to_data() for each in workers],
        }
        if len(found) == 1:
            (one,) = found.values()
            verdict = judge_capacity(one, objectives, wanted, prices)
            data["capacity"] = one.to_data()
        else:
            verdict = judge_series(found, objectives, wanted, prices)
            data["series"] = {str(count): each.to_data() for count, each in found.items()}
        self.settle(run, data, with_workers(verdict, workers), say=say)
