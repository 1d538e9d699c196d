"""Whether anybody else suffers while a workload is scaled out, for replicas share what others need. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from seatrial.judge.bystanders import Bystander, bystanders_of
from seatrial.judge.cause import no_cause
from seatrial.judge.crowding import no_connection_left, refused, taken_away, unready
from seatrial.judge.evidence import GENERATOR_HELP, gaps_in, generator_weakness, unwatched
from seatrial.judge.latency import latencies_ms, limit_ms, p99_ms
from seatrial.judge.load_step import step_of
from seatrial.judge.path import Path, path_of
from seatrial.judge.probes import Unready, left_without_deletion
from seatrial.judge.saturation import CPU_HELP, excuses, pressure
from seatrial.judge.scale_out import ScaleOut, scale_out_of
from seatrial.judge.statistics import MINIMUM_SAMPLES, SLOW_FRACTION_ALLOWED, wilson
from seatrial.judge.windows import Window, failures
from seatrial.judge.wording import errors, plural
from seatrial.model.exchange import Exchange
from seatrial.model.neighbours import neighbours_of
from seatrial.model.observation import Observation
from seatrial.model.timeline import Timeline
from seatrial.model.verdict import Outcome, Verdict, merge

MINIMUM_BEFORE = 50
"""Requests of a journey before a replica was added: the control, without which nothing is put down to it."""
SHARED_HELP = (
    "Look at what they share: connections to a store, the CPU and memory of a node, a quota, a queue."
)


@dataclass(frozen=True)
class _Case:
    observation: Observation
    timeline: Timeline
    out: ScaleOut

    def causes(self, suffered: Sequence[Exchange]) -> list[str]:
        """What in the evidence explains these requests, a sentence each; only what lies on their path."""
        path, logs = path_of(self.observation, suffered), self.observation.trouble.logs
        found = [
            *no_connection_left(logs, self.timeline, path, self.out),
            *taken_away(self.timeline, path, self.out),
            *refused(self.timeline, path, self.out),
        ]
        left = left_without_deletion(self.timeline, path, suffered)
        return [*(f"{words}. {advice}" for words, advice in found), *(f"{one.sentence}." for one in left)]


def breaks_no_neighbour(observation: Observation) -> Verdict:
    """Journeys that do not need the workload, and other workloads, are as well with its replicas as before.

    Compared are the requests that had ended before the first replica was added with those begun while it or
    another one was there. Nothing was tested where no replica was added: an ERROR.
    """
    found = step_of(observation)
    if isinstance(found, Verdict):
        return found
    timeline, step = found
    expected = f"journeys and workloads of others as well as before {step.workload} had more replicas"
    out = scale_out_of(timeline, step)
    if out is None:
        text = f"no replica of {step.workload} was added that ran: nothing was scaled out"
        return Verdict(Outcome.ERROR, text, expected, "See why it did not grow: scaling.follows-load.")
    case = _Case(observation, timeline, out)
    beside, own = _neighbours(case)
    if not beside and not own:
        text = f"no journey is known to pass {step.workload} by"
        return Verdict(Outcome.UNSUPPORTED, text, expected, "Name the ways of journeys (`through`).")
    if not beside:
        text = f"{', '.join(own)}: declared to pass {step.workload} by, and answered by it"
        return Verdict(Outcome.ERROR, text, expected, "Correct `through` of them in the system file.")
    parts = [verdict for one in beside for verdict in _journey(case, one)]
    verdict = merge([*parts, *_workloads(case)])
    numbers = {
        "replicas_before": out.before,
        "replicas_most": out.most,
        "scaled_out_seconds": round(out.end - out.begin, 3),
        **verdict.numbers,
    }
    words = tuple(f"{name} is answered by {step.workload}, too: not judged here" for name in own)
    verdict = replace(
        verdict, observed=f"{out}: {verdict.observed}", expected=expected, numbers=numbers,
        reasons=(*verdict.reasons, *words),
    )  # fmt: skip
    return _whole(case, verdict)


def _whole(case: _Case, verdict: Verdict) -> Verdict:
    """A pass only where the workload grew as far as the load needs, and the watches saw all of it."""
    if not verdict.passed:
        return verdict
    doubt, advice = "", ""
    if case.out.most < case.out.wanted:
        doubt = f"the load needs {case.out.wanted} replicas, so less was shared than can be"
        advice = "See why it did not grow further: scaling.follows-load."
    elif dropped := case.observation.generator.dropped:
        doubt, advice = f"the generator dropped {plural(dropped, 'arrival')}", GENERATOR_HELP
    if doubt:
        text = f"{verdict.observed}; {doubt}"
        return replace(verdict, outcome=Outcome.INCONCLUSIVE, observed=text, next_step=advice)
    return unwatched(verdict, gaps_in(case.timeline, [Window(case.out.begin, case.out.end, ())]))


def _neighbours(case: _Case) -> tuple[list[Bystander], list[str]]:
    """The journeys that pass the workload by, and the names of those that its answers show to need it."""
    observation, role = case.observation, case.out.workload
    sent = {one.journey: one for one in bystanders_of(observation, case.out.begin)}
    assert observation.system is not None  # a load step is declared in it
    beside, own = [], []
    for name in neighbours_of(observation.system, role):
        one = sent.get(name) or Bystander(name, (), (), (), observation.system.objectives_of(name))
        if role in one.neighbours:
            own.append(name)
        else:
            beside.append(one)
    return beside, own


def _journey(case: _Case, one: Bystander) -> Iterator[Verdict]:
    then = [exchange for exchange in one.sent if exchange.planned_at <= case.out.end]
    yield _available(case, one, then)
    yield _in_time(case, one, then)


def _available(case: _Case, one: Bystander, then: Sequence[Exchange]) -> Verdict:
    """The fraction of its requests that fail is surely no more than its availability leaves, or as before."""
    failed, earlier = failures(then), failures(one.before)
    share, control = wilson(len(failed), len(then)), wilson(len(earlier), len(one.before))
    allowed = 1 - one.objectives.availability
    how = f" ({errors(failed)})" if failed else ""
    seen = (
        f"{one}: {len(failed)} of {plural(len(then), 'request')} failed{how}, {len(earlier)} of "
        f"{len(one.before)} before"
    )
    numbers = {
        f"{one.journey}_requests": len(then), f"{one.journey}_failed": len(failed),
        f"{one.journey}_before_requests": len(one.before), f"{one.journey}_before_failed": len(earlier),
    }  # fmt: skip
    surely, before = share.above(allowed), control.above(allowed)
    if surely and (not earlier or share.above(control.high)):
        return _blamed(case, failed, seen, numbers)
    if surely or before:
        text = f"{seen}: it failed before a replica was added, too"
        return Verdict(Outcome.INCONCLUSIVE, text, "", "Repair it first.", numbers)
    if len(then) < MINIMUM_SAMPLES or len(one.before) < MINIMUM_BEFORE:
        text = f"{seen}; too little evidence: {MINIMUM_SAMPLES} are needed, and {MINIMUM_BEFORE} before"
        return Verdict(Outcome.INCONCLUSIVE, text, "", "Hold the load for longer.", numbers)
    return Verdict(Outcome.PASSED, seen, "", numbers=numbers)


def _in_time(case: _Case, one: Bystander, then: Sequence[Exchange]) -> Verdict:
    """Surely no more than one in a hundred of its answers is late by its objective, or it was so before."""
    limit = limit_ms(case.observation, one.objectives)
    late, was = _late(then, limit), _late(one.before, limit)
    share = wilson(len(late), sum(each.ok for each in then))
    control = wilson(len(was), sum(each.ok for each in one.before))
    p99 = p99_ms(then)
    numbers = {
        f"{one.journey}_latency_p99_ms": None if p99 is None else round(p99, 3),
        f"{one.journey}_late": len(late), f"{one.journey}_before_late": len(was),
    }  # fmt: skip
    seen = (
        f"{one}: {plural(len(late), 'answer')} later than {limit:g} ms"
        f"{'' if p99 is None else f' (p99 {p99:.0f} ms)'}, {len(was)} before"
    )
    if not share.above(SLOW_FRACTION_ALLOWED):
        return Verdict(Outcome.PASSED, seen, "", numbers=numbers)
    if was and not share.above(control.high):
        text = f"{seen}: it was slow before a replica was added, too"
        return Verdict(Outcome.INCONCLUSIVE, text, "", "Make it quick without load first.", numbers)
    if doubt := generator_weakness(case.observation.generator):
        return Verdict(Outcome.INCONCLUSIVE, f"{seen}; {doubt}", "", GENERATOR_HELP, numbers)
    return _blamed(case, late, seen, numbers, became="were slow")


def _late(exchanges: Iterable[Exchange], limit: float) -> list[Exchange]:
    """Those that were answered as expected, and later than so many ms."""
    return [each for each in exchanges if any(taken > limit for taken in latencies_ms([each]))]


def _blamed(
    case: _Case, suffered: Sequence[Exchange], seen: str, numbers: Mapping[str, Any], became: str = "failed"
) -> Verdict:
    """FAILED with its cause; INCONCLUSIVE where only CPU of a kind cluster of our own explains it."""
    causes = case.causes(suffered)
    found = pressure(case.timeline, suffered, became=became)
    starved = found is not None and found.saturated
    if starved and not causes and excuses(case.observation):
        return Verdict(Outcome.INCONCLUSIVE, f"{seen}; {found}", "", CPU_HELP, numbers)
    if starved:
        causes.append(f"S{str(found)[1:]}.")
    text = " ".join(causes) or f"{no_cause(case.observation, suffered)} {SHARED_HELP}"
    return Verdict(Outcome.FAILED, seen, "", text, numbers)


def _workloads(case: _Case) -> Iterator[Verdict]:
    """What became of other workloads of the system file while the replicas were there."""
    assert case.observation.system is not None
    everybody = Path(frozenset(case.observation.system.workloads))
    for words, advice in (
        *taken_away(case.timeline, everybody, case.out), *refused(case.timeline, everybody, case.out),
    ):  # fmt: skip
        yield Verdict(Outcome.FAILED, words, "", advice)
    for spell, known in unready(case.timeline, everybody, case.out):
        yield _unready(case, spell, known=known)


def _unready(case: _Case, spell: Unready, *, known: bool) -> Verdict:
    """FAILED; INCONCLUSIVE where CPU of a kind cluster of our own was gone, or it had been unready before."""
    seen = f"{spell.pod} became unready {case.out.since(spell.since)} ({spell.why})"
    if known:
        text = f"{seen}; pods of {spell.workload} had been before a replica was added, too"
        return Verdict(Outcome.INCONCLUSIVE, text, "", f"Repair it first: {spell.advice}")
    span = Window(spell.since, spell.until, ())
    meanwhile = [each for each in case.observation.exchanges if span.holds(each.planned_at)]
    found = pressure(case.timeline, meanwhile, became="were sent")
    if found is not None and found.saturated and excuses(case.observation):
        return Verdict(Outcome.INCONCLUSIVE, f"{seen}; {found}", "", CPU_HELP)
    return Verdict(Outcome.FAILED, seen, "", f"{spell.pod}: {spell.advice} {SHARED_HELP}")
