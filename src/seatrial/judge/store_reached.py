"""Whether the store that is killed lies on the path of the requests: by what it did while they were sent."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from seatrial.judge.windows import failures, split, windows
from seatrial.judge.wording import plural
from seatrial.model.exchange import Exchange
from seatrial.model.measurement import STORE_ACTIVITY, Measurement
from seatrial.model.observation import Observation

MINIMUM_ANSWERS = 20
"""With fewer answers between two looks nothing is told from what a store does by itself."""
PART_SEEN = 0.5
"""A store on the path does at least this much for each answer: the counters are up to a second late."""
SAFE_METHODS = ("GET", "HEAD")


@dataclass(frozen=True)
class Activity:
    """What the store did for the traffic.

    Attributes:
        answers: requests of the subject's journey that were answered between the two looks.
        done: rows it wrote meanwhile (transactions, for a journey that only reads), beyond its usual ones.
        unit: what `done` counts, in words.
    """

    answers: int
    done: float
    unit: str

    @property
    def reached(self) -> bool:
        return self.done >= PART_SEEN * self.answers

    def __str__(self) -> str:
        done = max(round(self.done), 0)
        return f"{done} {self.unit} for {plural(self.answers, 'answer')}, beyond what it does by itself"


def activity_of(observation: Observation) -> Activity | str:
    """What the store did for the subject's traffic, or why that is not known.

    Two looks without traffic say what the store does by itself, two with traffic what it does in all.
    """
    looks = observation.trouble.measured(STORE_ACTIVITY)
    if not looks:
        return "what the store did was not recorded"
    if unanswered := next((look for look in looks if not look.answered), None):
        return f"what the store did could not be asked: {unanswered.reason}"
    mine = [e for e in (*observation.warm_up, *observation.exchanges) if _is_mine(observation, e)]
    begin = min((e.planned_at for e in mine), default=math.inf)
    end = min((fault.injected_at for fault in observation.faults), default=begin)
    idle = [look for look in looks if look.ended_at < begin][-2:]
    busy = [look for look in looks if begin <= look.began_at and look.ended_at <= end][-2:]
    if len(idle) < 2 or len(busy) < 2:
        return "the store was not asked twice before and twice during the traffic"
    key, unit = _counted(observation)
    since, until = busy[0].ended_at, busy[1].began_at
    answers = sum(e.ok and since <= e.planned_at and (e.completed_at or until) <= until for e in mine)
    if answers < MINIMUM_ANSWERS:
        return f"only {plural(answers, 'answer')} came while the store was watched"
    usual, all_of_it = _per_second(idle, key), _per_second(busy, key)
    if usual < 0 or all_of_it < 0:
        return "the store's counters began anew meanwhile"
    return Activity(answers, (all_of_it - usual) * (until - since), unit)


def failed_without_it(observation: Observation) -> bool:
    """Whether requests failed while the store was away, and none before: they needed it."""
    if not observation.faults:
        return False
    mine = [e for e in observation.exchanges if _is_mine(observation, e)]
    parts = split(mine, windows(observation))
    first = min(fault.injected_at for fault in observation.faults)
    before = [e for e in parts.control if e.planned_at < first]
    return bool(failures(parts.disturbed)) and not failures(before)


def _is_mine(observation: Observation, exchange: Exchange) -> bool:
    return observation.journey in ("", exchange.journey)


def _counted(observation: Observation) -> tuple[str, str]:
    """Which counter tells of the journey, and what it counts in words."""
    system = observation.system
    spec = None if system is None else system.journeys.get(observation.journey)
    if spec is not None and spec.request.method in SAFE_METHODS:
        return "commits", "transactions"
    return "rows", "rows written"


def _per_second(looks: Sequence[Measurement], key: str) -> float:
    first, last = looks
    passed = last.began_at - first.ended_at
    return (float(last.value[key]) - float(first.value[key])) / max(passed, 0.001)
