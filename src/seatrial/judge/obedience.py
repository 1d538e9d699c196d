"""Whether each change of an autoscaled workload's replicas is what the algorithm must decide. Pure."""

from __future__ import annotations

import math
from dataclasses import replace

from seatrial.judge.evidence import gaps_in, unwatched
from seatrial.judge.foreign import foreign
from seatrial.judge.hpa import explain_decisions
from seatrial.judge.load_step import step_of
from seatrial.judge.pods import last
from seatrial.judge.scale_writers import rescales, second_writer, writer_help
from seatrial.judge.windows import Window
from seatrial.judge.wording import plural
from seatrial.model.observation import Observation
from seatrial.model.timeline import Timeline
from seatrial.model.verdict import Outcome, Verdict

FLAGS_HELP = (
    "With other --horizontal-pod-autoscaler-* flags than the defaults the controller decides otherwise."
)
UNABLE = ("ScalingActive: ", "AbleToScale: Failed")
"""Conditions of an autoscaler that can decide nothing."""
ON_PURPOSE = "ScalingDisabled"
"""Its reason where somebody has set the target to zero replicas."""


def obeys_the_algorithm(observation: Observation) -> Verdict:
    """Every decision is one that the oracle reaches, and nobody else writes the number again and again."""
    found = step_of(observation)
    if isinstance(found, Verdict):
        return found
    timeline, step = found
    return obedience(observation, timeline, step.workload, step.autoscaler, step.began_at)


def obedience(
    observation: Observation, timeline: Timeline, workload: str, autoscaler: str, since: float
) -> Verdict:
    """The same from the moment `since` on, for whatever traffic there was.

    An autoscaler that says that it cannot scale (no metrics, no target) has FAILED, if it decided nothing.
    """
    verdict = explain_decisions(timeline, autoscaler=autoscaler, workload=workload)
    changes = list(rescales(timeline, workload, since))
    if other := second_writer(changes):
        theirs = [one for one in changes if one.manager == other]
        return Verdict(
            Outcome.FAILED,
            f"{verdict.observed}; {len(theirs)} of {plural(len(changes), 'change')} of its replicas were no "
            f"decision, but written by {other}",
            verdict.expected, writer_help(other), {**verdict.numbers, "changes_by_others": len(theirs)},
            (*verdict.reasons, *(one.told(since) for one in theirs)),
        )  # fmt: skip
    if (disturbed := foreign(observation)) is not None:
        return disturbed
    if verdict.outcome is Outcome.FAILED:
        return replace(verdict, next_step=f"{verdict.next_step} {FLAGS_HELP}")
    if not verdict.passed:
        return _unable(timeline, autoscaler, verdict)
    return unwatched(verdict, gaps_in(timeline, [Window(since, timeline.ended_at, ())]))


def _unable(timeline: Timeline, autoscaler: str, verdict: Verdict) -> Verdict:
    """The verdict on one that decided nothing: in its own words, where it says that it cannot."""
    state = last(timeline.autoscaler_states(autoscaler), math.inf)
    words = () if state is None else state.conditions
    said = [text for text in words if text.startswith(UNABLE) and not text.endswith(ON_PURPOSE)]
    if not said or verdict.numbers.get("decisions"):
        return verdict
    return replace(
        verdict, outcome=Outcome.FAILED, observed=f"{autoscaler} cannot scale: {'; '.join(said)}",
        next_step="See `kubectl describe hpa`: the metrics API, the pods' requests, and what it points at.",
    )  # fmt: skip
