"""Whether a workload follows its load: up within the objective, and down again."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace

from seatrial.judge.disruption import with_bystanders
from seatrial.judge.evidence import gaps_in, unwatched
from seatrial.judge.hpa import cycles_in_words, decision_lags
from seatrial.judge.hpa.live import decided_at
from seatrial.judge.hpa.objectives import down_seconds, up_seconds
from seatrial.judge.hpa.watched import Watched
from seatrial.judge.load_step import LOAD, LoadStep, step_of
from seatrial.judge.pods import last
from seatrial.judge.scale_up import in_numbers, in_words, regained_at, stages
from seatrial.judge.scaling_delays import delays, first, foreign_target, why_no_rise
from seatrial.judge.statistics import wilson
from seatrial.judge.windows import Window, failures
from seatrial.judge.wording import errors, percent, plural, seconds
from seatrial.model.exchange import DROPPED, Exchange, GeneratorHealth
from seatrial.model.objectives import Objectives
from seatrial.model.observation import Observation
from seatrial.model.system import System
from seatrial.model.timeline import Timeline
from seatrial.model.verdict import Outcome, Verdict, merge

OFFERED_FRACTION = 0.95
"""With less of the planned load sent than this, a missing rise says nothing about the autoscaler.

Late arrivals do not matter here: the load counts, not the latency."""

MINIMUM_LOAD_REQUESTS = 50


def follows_load(observation: Observation) -> Verdict:
    """Merge of verdicts: replicas rise in time, requests are answered meanwhile, replicas fall in time.

    Args:
        observation: of a scenario whose traffic called `LOAD` is the step; watched from before the step until
            the workload had time to shrink.
    """
    found = step_of(observation)
    if isinstance(found, Verdict):
        return found
    timeline, step = found
    objectives, generator = observation.objectives, observation.trouble.streams[LOAD]
    rose = with_stages(observation, timeline, step, rises(timeline, step, objectives, generator))
    parts = [rose, answered(step, observation.without_bystanders().exchanges, objectives)]
    if rose.passed:
        parts.append(falls(timeline, step, objectives))
    verdict = merge(parts)
    if verdict.passed:
        verdict = unwatched(verdict, gaps_in(timeline, [Window(step.began_at, timeline.ended_at, ())]))
    return with_bystanders(observation, verdict, step.began_at)


def with_stages(observation: Observation, timeline: Timeline, step: LoadStep, verdict: Verdict) -> Verdict:
    """The verdict on the rise with its stages, and when the load's requests were within their objectives."""
    try:
        found = stages(observation, timeline, step)
    except ValueError:
        return verdict  # the autoscaler cannot be read, which stands in its reasons
    system = observation.system
    journey = "" if system is None else _load_journey(system, step.workload)
    mine = [exchange for exchange in observation.exchanges if exchange.journey == journey]
    objectives = observation.objectives if system is None else system.objectives_of(journey)
    regained = regained_at(mine, step, objectives)
    when = "not regained while the load lasted" if regained is None else "never lost"
    if regained is not None and regained > step.began_at:
        when = f"regained {seconds(regained - step.began_at)} after the step"
    numbers = {**verdict.numbers, "stages_seconds": in_numbers(found, step)}
    lines = (in_words(found, step), f"the latency objective of {journey} was {when}")
    return replace(verdict, numbers=numbers, reasons=(*lines, *verdict.reasons))


def _load_journey(system: System, role: str) -> str:
    load = system.workloads[role].load_step
    return "" if load is None else load.journey


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
    if begun and interval.above(allowed):
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
        reasons = (*delays(timeline, step), *_lags(timeline, step))
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


def _lags(timeline: Timeline, step: LoadStep) -> Iterator[str]:
    """Where the time before the decision went, and how many decisions the CPU limit makes necessary."""
    scaler, workload, wanted = step.autoscaler, step.workload, step.wanted_replicas
    try:
        yield from decision_lags(timeline, autoscaler=scaler, workload=workload, since=step.began_at)
        if cycles := cycles_in_words(timeline, autoscaler=scaler, workload=workload, wanted=wanted):
            yield cycles
    except ValueError as error:
        yield f"{scaler} cannot be read: {error}"


def falls(timeline: Timeline, step: LoadStep, objectives: Objectives) -> Verdict:
    """Replicas are back at the autoscaler's minimum within `scale_down_seconds` of the end of the load."""
    scaler = last(timeline.autoscaler_states(step.autoscaler), math.inf)
    limit, minimum = down_seconds(objectives), 1 if scaler is None else scaler.minimum
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
            "Shorten the scale-down stabilisation window (it takes the highest wish of its time, and is no "
            "pause between two steps), or widen the scale-down policies." if late else ""
        )
        return Verdict(Outcome.FAILED if late else Outcome.PASSED, seen, allowed, text, numbers)
    count = "unknown" if final is None else str(final.current)
    seen = f"{count} replicas still there {seconds(watched)} after the end of the load"
    if watched < limit:
        return Verdict(Outcome.INCONCLUSIVE, seen, allowed, "Watch for longer after the load.", numbers)
    said = "" if scaler is None else f": {'; '.join((*scaler.metrics, *scaler.conditions))}"
    text = f"The autoscaler last said{said or ' nothing'}.{_arithmetic(timeline, step)}"
    return Verdict(Outcome.FAILED, seen, allowed, text, numbers)


def _arithmetic(timeline: Timeline, step: LoadStep) -> str:
    """By which arithmetic the autoscaler keeps what is there at the end; empty where it cannot be known."""
    try:
        decided = decided_at(Watched(timeline, step.autoscaler, step.workload), timeline.ended_at)
    except ValueError:
        return ""  # its specification cannot be read
    asked = [] if decided is None else [each.why for each in decided.proposals if each.replicas is not None]
    return f" It goes by {'; '.join(asked)}." if asked else ""
