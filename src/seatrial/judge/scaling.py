"""Whether a workload follows its load: up within the objective, down again, no request lost meanwhile."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from seatrial.judge.disruption import objectives_of, with_bystanders
from seatrial.judge.evidence import gaps_in, unwatched
from seatrial.judge.hpa import cycles_in_words, decision_lags, explain_decisions
from seatrial.judge.hpa.objectives import down_seconds, up_seconds
from seatrial.judge.pods import deletions
from seatrial.judge.scaling_delays import LoadStep, delays, first, foreign_target, last, why_no_rise
from seatrial.judge.shares import takes_its_share
from seatrial.judge.statistics import wilson
from seatrial.judge.windows import Window, failures, split
from seatrial.judge.wording import errors, percent, plural, seconds
from seatrial.model.exchange import DROPPED, Exchange, GeneratorHealth
from seatrial.model.objectives import Objectives
from seatrial.model.observation import Observation
from seatrial.model.timeline import Timeline
from seatrial.model.verdict import Outcome, Verdict, merge

OFFERED_FRACTION = 0.95
"""With less of the planned load sent than this, a missing rise says nothing about the autoscaler.

Late arrivals do not matter here: the load counts, not the latency."""

MINIMUM_SCALE_IN_REQUESTS = 50
MINIMUM_LOAD_REQUESTS = 50


LOAD = "load"
"""Name of the traffic that is the load step."""


def follows_load(
    observation: Observation, *, minimum_scale_in_requests: int = MINIMUM_SCALE_IN_REQUESTS
) -> Verdict:
    """Merge of verdicts: replicas rise in time and serve, fall in time, and scale-in costs no request.

    Args:
        observation: of a scenario whose traffic called `LOAD` is the step; watched from before the step until
            the workload had time to shrink.
        minimum_scale_in_requests: requests that must have been begun while pods terminated.
    """
    arm, timeline = observation.trouble, observation.timeline
    step = load_step_of(observation)
    if step is None or timeline is None:
        return Verdict(Outcome.ERROR, "no load step was recorded", "a load step", "Look at the steps.")
    followed = _follows_load(
        timeline,
        step,
        objectives_of(observation),
        observation.without_bystanders().exchanges,
        arm.streams[LOAD],
        minimum_scale_in_requests,
    )
    verdict = merge([followed, takes_its_share(observation, step)])
    return with_bystanders(observation, verdict, step.began_at)


def load_step_of(observation: Observation) -> LoadStep | None:
    """The load step that an observation recorded; it begins with its first arrival."""
    arm, system = observation.trouble, observation.system
    begun, stopped = arm.step("traffic", LOAD), arm.step("stop", LOAD)
    workload = None if system is None else system.workloads.get(observation.target)
    if begun is None or stopped is None or workload is None or workload.load_step is None:
        return None
    load = workload.load_step
    arrivals = (e.planned_at for e in arm.exchanges if e.journey == load.journey)
    began_at = min((at for at in arrivals if at >= begun.began_at), default=begun.began_at)
    return LoadStep(observation.target, workload.autoscaled or "", began_at, stopped.began_at, load.replicas)


def _follows_load(
    timeline: Timeline,
    step: LoadStep,
    objectives: Objectives,
    exchanges: Sequence[Exchange],
    generator: GeneratorHealth,
    minimum_scale_in_requests: int,
) -> Verdict:
    autoscaler = step.autoscaler
    scaler = last(timeline.autoscaler_states(autoscaler), math.inf)
    if scaler is None:
        return Verdict(
            Outcome.ERROR,
            f"no HorizontalPodAutoscaler {autoscaler} was seen",
            "an autoscaler, as the system file says",
            "Compare `autoscaled` in the system file with `kubectl get hpa`.",
        )
    rose = rises(timeline, step, objectives, generator)
    answers = answered(step, exchanges, objectives)
    if not rose.passed:
        return merge([rose, answers, loses_none(timeline, step, exchanges, 0)])
    fell = falls(timeline, step, objectives, scaler.minimum)
    lost = loses_none(timeline, step, exchanges, minimum_scale_in_requests)
    verdict = merge([rose, answers, fell, lost])
    span = Window(step.began_at, timeline.ended_at, ())
    return unwatched(verdict, gaps_in(timeline, [span])) if verdict.passed else verdict


def answered(step: LoadStep, exchanges: Sequence[Exchange], objectives: Objectives) -> Verdict:
    """The fraction of requests begun during the load that fail is surely no more than availability leaves."""
    begun = [e for e in exchanges if step.began_at <= e.planned_at <= step.ended_at and e.error != DROPPED]
    failed = failures(begun)
    allowed = 1 - objectives.availability
    interval = wilson(len(failed), len(begun))
    expected = (
        f"{percent(allowed)} of the requests during the load (availability {objectives.availability:g})"
    )
    observed = f"{len(failed)} of {plural(len(begun), 'request')} failed during the load"
    numbers = {"load_requests": len(begun), "load_failed": len(failed)}
    if begun and interval.low > allowed:
        text = "Replicas that come too late help nobody: raise the minimum, or scale at a lower target."
        return Verdict(Outcome.FAILED, f"{observed} ({errors(failed)})", expected, text, numbers)
    if len(begun) < MINIMUM_LOAD_REQUESTS:
        text = f"{observed}; too little evidence: {len(begun)} of {MINIMUM_LOAD_REQUESTS} begun then"
        return Verdict(Outcome.INCONCLUSIVE, text, expected, "Send more, or hold the load longer.", numbers)
    return Verdict(Outcome.PASSED, observed, expected, numbers=numbers)


def rises(timeline: Timeline, step: LoadStep, objectives: Objectives, generator: GeneratorHealth) -> Verdict:
    """Ready replicas reach what the load needs within `scale_up_seconds`."""
    limit = up_seconds(objectives)
    allowed = f"{step.wanted_replicas} ready within {seconds(limit)} of the load step"
    states = list(timeline.workload_states(step.workload))
    before = last(states, step.began_at)
    start = before.ready if before is not None else 0
    most = max((s.ready for s in states if s.at >= step.began_at), default=start)
    reached = first(states, step.began_at, lambda s: s.ready >= step.wanted_replicas)
    took = math.inf if reached is None else reached - step.began_at
    held = step.ended_at - step.began_at
    offered = generator.sent / generator.planned if generator.planned else 0.0
    risen = f"{most} at most in {seconds(held)} of load"
    if reached is not None:
        risen = f"{step.wanted_replicas} after {seconds(took)}"
    seen = f"{start} ready at the load step, {risen}"
    numbers = {
        "replicas_before": start,
        "replicas_most": most,
        "scale_up_seconds": None if reached is None else round(took, 3),
        "load_offered_fraction": round(offered, 4),
    }

    def answer(outcome: Outcome, why: str, next_step: str) -> Verdict:
        reasons = (*delays(timeline, step), *_oracle(timeline, step))
        return Verdict(outcome, seen + why, allowed, next_step, numbers, reasons)

    if foreign := foreign_target(timeline, step):
        return answer(Outcome.FAILED, "", foreign)
    if start >= step.wanted_replicas:
        return answer(Outcome.INCONCLUSIVE, ": nothing had to rise", "Wait for minReplicas before the step.")
    if took <= limit:
        return answer(Outcome.PASSED, "", "")
    if offered < OFFERED_FRACTION:
        sent = f"; only {generator.sent} of {plural(generator.planned, 'arrival')} were sent"
        return answer(Outcome.INCONCLUSIVE, sent, "Give the generator more CPU, or lower the rate.")
    if reached is None and held < limit:
        return answer(Outcome.INCONCLUSIVE, "", f"Hold the load for {seconds(limit)} or longer.")
    return answer(Outcome.FAILED, "", why_no_rise(timeline, step))


def _oracle(timeline: Timeline, step: LoadStep) -> Iterator[str]:
    """What the autoscaler's oracle says of the step: the controller is not judged here, but explained."""
    scaler, workload = step.autoscaler, step.workload
    explained = explain_decisions(timeline, autoscaler=scaler, workload=workload)
    if explained.outcome is not Outcome.ERROR:
        yield from decision_lags(timeline, autoscaler=scaler, workload=workload, since=step.began_at)
        wanted = step.wanted_replicas
        if cycles := cycles_in_words(timeline, autoscaler=scaler, workload=workload, wanted=wanted):
            yield cycles
    yield f"the oracle: {explained.observed}"
    yield from explained.reasons


def falls(timeline: Timeline, step: LoadStep, objectives: Objectives, minimum: int) -> Verdict:
    """Replicas are back at the autoscaler's minimum within `scale_down_seconds` of the end of the load."""
    limit = down_seconds(objectives)
    allowed = f"back to {plural(minimum, 'replica')} within {seconds(limit)} of the end of the load"
    states = list(timeline.workload_states(step.workload))
    fallen = first(states, step.ended_at, lambda s: s.wanted <= minimum and s.current <= minimum)
    final = last(states, math.inf)
    watched = timeline.ended_at - step.ended_at
    numbers = {"scale_down_seconds": None if fallen is None else round(fallen - step.ended_at, 3)}
    if fallen is not None:
        seen = f"back to {minimum} {seconds(fallen - step.ended_at)} after the end of the load"
        late = fallen - step.ended_at > limit
        text = (
            "Shorten the scale-down stabilisation window, or widen the scale-down policies." if late else ""
        )
        return Verdict(Outcome.FAILED if late else Outcome.PASSED, seen, allowed, text, numbers)
    count = "unknown" if final is None else str(final.current)
    seen = f"{count} replicas still there {seconds(watched)} after the end of the load"
    if watched < limit:
        return Verdict(Outcome.INCONCLUSIVE, seen, allowed, "Watch for longer after the load.", numbers)
    scaler = last(timeline.autoscaler_states(step.autoscaler), math.inf)
    said = "" if scaler is None else f": {'; '.join((*scaler.metrics, *scaler.conditions))}"
    return Verdict(Outcome.FAILED, seen, allowed, f"The autoscaler last said{said or ' nothing'}.", numbers)


def loses_none(
    timeline: Timeline, step: LoadStep, exchanges: Sequence[Exchange], minimum_requests: int
) -> Verdict:
    """No request begun, or in flight, while a pod of the workload terminated may fail."""
    allowed = "no failed request while pods terminate at scale-in"
    spans = _terminations(timeline, step)
    parts = split(exchanges, spans)
    failed = failures(parts.disturbed)
    numbers = {
        "scale_in_pods": sum(1 for _ in deletions(timeline, step.workload)),
        "scale_in_requests": len(parts.begun),
        "scale_in_failed": len(failed),
    }
    seen = (
        f"{len(failed)} of {plural(len(parts.disturbed), 'request')} failed while "
        f"{plural(numbers['scale_in_pods'], 'pod')} terminated"
    )
    if failed:
        text = (
            "On SIGTERM fail readiness, wait for the endpoint to leave, finish requests in flight, then exit."
        )
        return Verdict(Outcome.FAILED, f"{seen} ({errors(failed)})", allowed, text, numbers)
    if len(parts.begun) < minimum_requests:
        text = f"{seen}; too little evidence: {len(parts.begun)} of {minimum_requests} begun then"
        return Verdict(
            Outcome.INCONCLUSIVE, text, allowed, "Keep a light load on until scale-in ends.", numbers
        )
    return Verdict(Outcome.PASSED, seen, allowed, numbers=numbers)


def _terminations(timeline: Timeline, step: LoadStep) -> tuple[Window, ...]:
    """The spans in which a pod of the workload was terminating, merged where they touch."""
    merged: list[Window] = []
    spans = [(state.at, gone) for state, gone in deletions(timeline, step.workload)]
    for begin, gone in sorted(spans, key=lambda span: span[0]):
        end = timeline.ended_at if gone is None else gone
        if merged and begin <= merged[-1].end:
            merged[-1] = Window(merged[-1].begin, max(merged[-1].end, end), ())
        else:
            merged.append(Window(begin, end, ()))
    return tuple(merged)
