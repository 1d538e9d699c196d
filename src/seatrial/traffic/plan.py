"""What the driver sends, to whom and when."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from seatrial.traffic.journey import CompiledJourney
from seatrial.traffic.schedule import Constant, Schedule, sliced
from seatrial.traffic.target import Target


@dataclass(frozen=True)
class Plan:
    """What the driver sends, and how.

    Attributes:
        target: where.
        journeys: what, each with its share; which one an arrival gets depends on `seed` and its number only.
        schedule: when.
        bystanders: journeys beside it, each with a constant rate per second of its own, as long as it lasts.
        seed: of the choice of journeys and of {random.N}.
        fresh_every: every n-th arrival goes over a connection of its own; 0 for none, 1 for all.
        most_in_flight: beyond it an arrival is dropped and counted.
        copies: seconds after its time at which each arrival of `journeys` is sent; in order, the first 0.
        worker, workers: this worker's place; it takes every n-th arrival of each schedule.
    """

    target: Target
    journeys: Sequence[tuple[CompiledJourney, float]]
    schedule: Schedule
    bystanders: Sequence[tuple[CompiledJourney, float]] = field(default=())
    seed: int = 0
    fresh_every: int = 10
    most_in_flight: int = 2_000
    copies: Sequence[float] = (0.0,)
    worker: int = 0
    workers: int = 1

    def all_journeys(self) -> list[CompiledJourney]:
        return [journey for journey, _ in (*self.journeys, *self.bystanders)]

    def planned(self) -> Iterator[tuple[float, int, int, int]]:
        """What is sent, by its time: seconds from the start, place of its schedule, number, copy."""
        beside = [Constant(rate, self.schedule.duration_seconds) for _, rate in self.bystanders]
        shares = [self._share_of(self.schedule, 0, copy, delay) for copy, delay in enumerate(self.copies)]
        shares += [self._share_of(schedule, place) for place, schedule in enumerate(beside, 1)]
        return heapq.merge(*shares)

    def _share_of(
        self, schedule: Schedule, place: int, copy: int = 0, delay: float = 0.0
    ) -> Iterator[tuple[float, int, int, int]]:
        for sequence, offset in sliced(schedule.planned(), self.worker, self.workers):
            yield offset + delay, place, sequence, copy
