"""Whether the number of replicas goes up and down without need after one load step. Pure."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from seatrial.judge.evidence import gaps_in, unwatched
from seatrial.judge.foreign import foreign
from seatrial.judge.load_step import step_of
from seatrial.judge.scale_writers import Rescale, by_whom, rescales, second_writer, writer_help
from seatrial.judge.windows import Window
from seatrial.judge.wording import plural, seconds
from seatrial.model.observation import Observation
from seatrial.model.verdict import Outcome, Verdict

TURNS = 1
"""One load step that comes and goes makes replicas grow and then shrink: they turn round once."""
EXPECTED = "replicas that grow, then shrink: one change of direction for one load step"


def does_not_oscillate(observation: Observation) -> Verdict:
    """The replicas turn round once at most while a load comes and goes, whoever writes their number.

    INCONCLUSIVE where they did not both grow and shrink: then nothing was seen that could have turned back.
    """
    found = step_of(observation)
    if isinstance(found, Verdict):
        return found
    timeline, step = found
    changes = list(rescales(timeline, step.workload, step.began_at))
    turns = turned(changes)
    period = period_of(turns)
    numbers = {
        "replica_changes": len(changes),
        "direction_changes": len(turns),
        "period_seconds": None if period is None else round(period, 3),
    }
    reasons = tuple(one.told(step.began_at) for one in changes)
    seen = told(changes, turns)
    other = second_writer(changes)
    if not other and (verdict := foreign(observation)) is not None:
        return verdict
    if period is not None:
        text = f"{seen}, a period of {seconds(period)} ({by_whom(changes)})"
        hint = writer_help(other) if other else window_help(period)
        return Verdict(Outcome.FAILED, text, EXPECTED, hint, numbers, reasons)
    if other:
        return Verdict(
            Outcome.FAILED, f"{seen} ({by_whom(changes)})", EXPECTED, writer_help(other), numbers, reasons
        )
    if len(turns) < TURNS:
        hint = "Watch a load step that makes the workload grow, until it has shrunk again."
        return Verdict(Outcome.INCONCLUSIVE, f"{seen}: too few to tell", EXPECTED, hint, numbers, reasons)
    verdict = Verdict(Outcome.PASSED, f"{seen} ({by_whom(changes)})", EXPECTED, "", numbers, reasons)
    return unwatched(verdict, gaps_in(timeline, [Window(step.began_at, timeline.ended_at, ())]))


def told(changes: Sequence[Rescale], turns: Sequence[float]) -> str:
    """E.g. `4 changes of the number of replicas, 1 turn`."""
    return f"{plural(len(changes), 'change')} of the number of replicas, {plural(len(turns), 'turn')}"


def period_of(turns: Sequence[float]) -> float | None:
    """Seconds of one swing to and fro; None where it turned once at most."""
    return 2 * (turns[-1] - turns[0]) / (len(turns) - 1) if len(turns) > TURNS else None


def turned(changes: Sequence[Rescale]) -> list[float]:
    """When the number began to go the other way."""
    return [after.at for before, after in itertools.pairwise(changes) if before.grows is not after.grows]


def window_help(period: float) -> str:
    """What to do about an autoscaler that swings by itself."""
    return (
        f"Make behavior.scaleDown.stabilizationWindowSeconds longer than the period of {seconds(period)}, "
        "and look for a metric that rises because pods are added, such as their work at the start."
    )
