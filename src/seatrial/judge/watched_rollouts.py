"""Rollouts that happen while somebody only watches: whether each ended, and how few pods were ready. Pure."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from seatrial.judge.evidence import gaps_in, unwatched
from seatrial.judge.windows import Window
from seatrial.judge.wording import plural, seconds
from seatrial.model.observation import Observation
from seatrial.model.timeline import WorkloadSeen
from seatrial.model.verdict import Outcome, Verdict

EXPECTED = "each rollout that was seen comes to its end, with no fewer ready replicas than it began with"


@dataclass(frozen=True)
class Rollout:
    """A change of a workload's template that was seen.

    Attributes:
        ended_at: every replica was updated and ready; None when that was not seen.
        ready_before, ready_least: ready replicas at its begin, and the fewest meanwhile.
    """

    began_at: float
    ended_at: float | None
    revision: str
    ready_before: int
    ready_least: int

    def told(self, since: float, now: float) -> str:
        """E.g. `revision 7, 12.0 s after the beginning: ended after 31.2 s, 2 of 2 ready at least`."""
        how = (
            f"not ended after {seconds(now - self.began_at)}"
            if self.ended_at is None
            else f"ended after {seconds(self.ended_at - self.began_at)}"
        )
        begun = f"revision {self.revision or 'unknown'}, {seconds(self.began_at - since)} after the beginning"
        return f"{begun}: {how}, {self.ready_least} of {self.ready_before} ready at least"


def rollouts(states: Sequence[WorkloadSeen]) -> Iterator[Rollout]:
    """Each rollout in the states of one workload, in the order of time."""
    begins = [
        number
        for number, (before, after) in enumerate(itertools.pairwise(states), 1)
        if after.revision and before.revision and after.revision != before.revision
    ]
    for number, following in itertools.zip_longest(begins, begins[1:]):
        mine = states[number:following]
        ended = next((state for state in mine if _is_over(state)), None)
        until = mine if ended is None else mine[: mine.index(ended) + 1]
        least = min(state.ready for state in until)
        at = None if ended is None else ended.at
        yield Rollout(mine[0].at, at, mine[0].revision, states[number - 1].ready, least)


def _is_over(state: WorkloadSeen) -> bool:
    return state.wanted == state.updated == state.ready == state.current


def rollouts_end(observation: Observation) -> Verdict:
    """Rollouts that happened meanwhile came to their end, and ready replicas never fell below the begin's.

    UNSUPPORTED where none happened. One that is still under way at the end is INCONCLUSIVE.
    """
    timeline = observation.timeline
    if timeline is None:
        return Verdict(Outcome.INCONCLUSIVE, "no timeline was recorded", EXPECTED, "Watch it again.")
    found = list(rollouts(list(timeline.workload_states(observation.target))))
    if not found:
        return Verdict(Outcome.UNSUPPORTED, f"no rollout of {observation.target} was seen", EXPECTED)
    low = [one for one in found if one.ready_least < one.ready_before]
    open_ = [one for one in found if one.ended_at is None]
    numbers = {"rollouts": len(found), "rollouts_below": len(low), "rollouts_open": len(open_)}
    reasons = tuple(one.told(timeline.began_at, timeline.ended_at) for one in found)
    seen = f"{plural(len(found), 'rollout')} seen, {len(found) - len(open_)} ended"
    if low:
        text = f"{seen}; in {len(low)} fewer were ready than at the begin"
        hint = "maxUnavailable 0, and a readiness probe that means able."
        return Verdict(Outcome.FAILED, text, EXPECTED, hint, numbers, reasons)
    if open_:
        superseded = len(open_) - (found[-1].ended_at is None)
        text = f"{seen}, {superseded} replaced by the next" if superseded else f"{seen}; one is under way"
        hint = "Watch until it ends: `kubectl rollout status`."
        return Verdict(Outcome.INCONCLUSIVE, text, EXPECTED, hint, numbers, reasons)
    verdict = Verdict(Outcome.PASSED, seen, EXPECTED, "", numbers, reasons)
    return unwatched(verdict, gaps_in(timeline, [Window(found[0].began_at, timeline.ended_at, ())]))
