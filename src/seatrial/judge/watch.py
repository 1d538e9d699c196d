"""What existing traffic shows of a system: its autoscalers, rollouts and pods, with no load of ours. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from seatrial.judge.evidence import gaps_in, unwatched
from seatrial.judge.hpa.watched import Watched
from seatrial.judge.obedience import obedience
from seatrial.judge.oscillation import TURNS, period_of, told, turned, window_help
from seatrial.judge.scale_writers import by_whom, rescales, second_writer, writer_help
from seatrial.judge.standing import as_it_stands
from seatrial.judge.watched_rollouts import rollouts_end
from seatrial.judge.windows import Window
from seatrial.judge.wording import percent, seconds
from seatrial.model.failure import verdict_of
from seatrial.model.observation import Observation
from seatrial.model.timeline import Timeline
from seatrial.model.verdict import Outcome, Verdict

TOOL = "observe"
"""The tool whose results these are; their ids begin with it."""
STEADY_FRACTION = 0.2
"""A load whose extremes lie within this part of its mean is steady: turns are the autoscaler's own then."""
NO_SWING = "replicas that follow the load and do not swing under a steady one"
LONGER = "Watch for longer, through a peak; `--what-if` replays the metrics all the same."


@dataclass(frozen=True)
class Question:
    """What is asked of a watched workload.

    Attributes:
        autoscaled: asked only of workloads that an autoscaler scales.
    """

    id: str
    requirement: str
    judge: Callable[[Observation], Verdict]
    autoscaled: bool = False


def decisions(observation: Observation) -> Verdict:
    """Every decision that was seen is one that the oracle reaches; with none seen nothing is claimed."""
    timeline, autoscaler = _of(observation)
    if timeline is None:
        return unrecorded()
    verdict = obedience(observation, timeline, observation.target, autoscaler, timeline.began_at)
    if verdict.outcome is Outcome.INCONCLUSIVE and not verdict.numbers.get("decisions"):
        text = f"{autoscaler} decided nothing in {seconds(timeline.ended_at - timeline.began_at)}"
        return replace(verdict, observed=text, next_step=LONGER)
    return verdict


def swings(observation: Observation) -> Verdict:
    """Nobody else writes the number of replicas, and it does not turn to and fro under a steady load.

    Existing traffic may rise and fall: turns are INCONCLUSIVE where the CPU of all pods together moved, too.
    """
    timeline, _ = _of(observation)
    if timeline is None:
        return unrecorded()
    changes = list(rescales(timeline, observation.target, timeline.began_at))
    turns = turned(changes)
    period, seen = period_of(turns), told(changes, turns)
    numbers = {"replica_changes": len(changes), "direction_changes": len(turns)}
    reasons = tuple(one.told(timeline.began_at, "the beginning") for one in changes)

    def answer(outcome: Outcome, words: str, hint: str) -> Verdict:
        return Verdict(outcome, f"{seen}{words}", NO_SWING, hint, numbers, reasons)

    if other := second_writer(changes):
        return answer(Outcome.FAILED, f" ({by_whom(changes)})", writer_help(other))
    if not changes:
        return answer(Outcome.INCONCLUSIVE, ": nothing could swing", LONGER)
    if period is not None:
        moved = load_moved(timeline, observation.target, turns[0] - period, turns[-1])
        swing = f", a period of {seconds(period)} ({by_whom(changes)})"
        if moved is None or moved > STEADY_FRACTION:
            how = "was not seen" if moved is None else f"moved by {percent(moved)}, too"
            hint = "Watch while the load is steady, or offer one: the check `scaling.does-not-oscillate`."
            return answer(Outcome.INCONCLUSIVE, f"{swing}; the load {how}", hint)
        return answer(Outcome.FAILED, f"{swing}, under a load within {percent(moved)}", window_help(period))
    verdict = answer(Outcome.PASSED, f" ({by_whom(changes)})", "")
    assert len(turns) <= TURNS
    return unwatched(verdict, gaps_in(timeline, [Window(timeline.began_at, timeline.ended_at, ())]))


def load_moved(timeline: Timeline, workload: str, begin: float, end: float) -> float | None:
    """How far apart the extremes of the pods' CPU together lie, as a part of its mean; None where unseen."""
    totals = [
        sum(amounts.get("cpu", 0) for seen in reading.usage.values() for amounts in seen.containers.values())
        for reading in Watched(timeline, "", workload).readings
        if begin <= reading.at <= end
    ]
    mean = sum(totals) / len(totals) if totals else 0
    return (max(totals) - min(totals)) / mean if mean else None


def _of(observation: Observation) -> tuple[Timeline | None, str]:
    """The timeline, and the name of the target's autoscaler."""
    system = observation.system
    workload = None if system is None else system.workloads.get(observation.target)
    return observation.timeline, "" if workload is None else workload.autoscaled or ""


def unrecorded() -> Verdict:
    """What is said where nothing was watched."""
    return Verdict(Outcome.INCONCLUSIVE, "no timeline was recorded", "a watched cluster", "Watch it again.")


QUESTIONS = (
    Question(
        f"{TOOL}.obeys-the-algorithm",
        "Each change of an autoscaled workload's replicas MUST be what its algorithm decides.",
        decisions,
        autoscaled=True,
    ),
    Question(
        f"{TOOL}.does-not-oscillate",
        "The replicas of an autoscaled workload MUST NOT go up and down under a steady load.",
        swings,
        autoscaled=True,
    ),
    Question(
        f"{TOOL}.rollouts-end", "A rollout MUST come to its end, and keep ready replicas.", rollouts_end
    ),
    Question(
        f"{TOOL}.pods-are-well", "Every pod MUST be Ready and of the one version that is declared.",
        as_it_stands,
    ),
)  # fmt: skip


def judged(question: Question, observation: Observation) -> Verdict:
    """The verdict on an observation; a judge that raises is an ERROR, never a pass."""
    try:
        return observation.failure or question.judge(observation)
    except Exception as error:
        return verdict_of(error)


def watched_of(observation: Observation) -> Watched | None:
    """The autoscaler of the observation's target with what was seen of it; None where nothing was."""
    timeline, autoscaler = _of(observation)
    if timeline is None or not autoscaler:
        return None
    watched = Watched(timeline, autoscaler, observation.target)
    return watched if watched.states and watched.readings else None


def questions_of(observation: Observation) -> Iterable[Question]:
    """What is asked of the observation's target."""
    autoscaler = _of(observation)[1]
    return [question for question in QUESTIONS if autoscaler or not question.autoscaled]


def question_of(id: str) -> Question | None:  # noqa: A002 - as in `check`
    """The question with that id; None where there is none."""
    return next((question for question in QUESTIONS if question.id == id), None)
