"""Whether only what needs a dependency suffers while it is in trouble, and all is well afterwards. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise

from seatrial.judge.disruption import watched
from seatrial.judge.evidence import FAULT_HELP, fault_weakness
from seatrial.judge.path import Path
from seatrial.judge.probes import unready_spells
from seatrial.judge.restarts import restarted
from seatrial.judge.statistics import wilson
from seatrial.judge.windows import failures
from seatrial.judge.wording import errors, plural, seconds
from seatrial.model.dependency import DELAY, DISTURB, DOWN, PROXIED, SLOW, TROUBLE
from seatrial.model.exchange import DROPPED, Exchange
from seatrial.model.fault import FaultRecord
from seatrial.model.observation import Observation
from seatrial.model.system import System
from seatrial.model.timeline import Timeline
from seatrial.model.verdict import Outcome, Verdict

EXPECTED = (
    "only journeys that need it fail, each answered within its deadline; nobody else is restarted or "
    "unready; it heals within the recovery objective"
)
MINIMUM_REQUESTS = 20
"""Of a journey, while the dependency is in trouble; with fewer nothing is said of it."""
LIVENESS_HELP = "Let no liveness probe ask another process: a restart repairs no dependency."
READINESS_HELP = (
    "Let readiness ask only for what every journey of the pod needs: others are refused together with the "
    "one that does."
)
APART_HELP = (
    "Look at what they share with the journeys that need it: connections, threads, a pool or a queue that "
    "fills up with what waits. A journey that does need it belongs to `needed_by`."
)
DEADLINE_HELP = (
    "Give each call to it a deadline that is shorter than its callers', and answer with an error when it "
    "is over."
)
HEAL_HELP = "Look nothing up for ever, connect anew after a failure, and back off for seconds at most."
BYPASS_HELP = (
    "Clients that keep connections of before, or reach it by another name, go past the proxy. A journey "
    "that does without it does not belong to `needed_by`."
)


@dataclass(frozen=True)
class Spell:
    """One trouble, and what ended from its beginning to that of the next one.

    Attributes:
        name: of the dependency.
        until: when the next one began; infinite for the last.
    """

    name: str
    fault: FaultRecord
    until: float
    exchanges: tuple[Exchange, ...]

    def __str__(self) -> str:
        if self.kind != SLOW:
            return f"{self.name} {'was down' if self.kind == DOWN else 'answered wrongly'}"
        return f"{self.name} answered {seconds(self.fault.details[DELAY])} late"

    @property
    def kind(self) -> str:
        return str(self.fault.details[TROUBLE])

    @property
    def begin(self) -> float:
        return self.fault.injected_at

    @property
    def end(self) -> float:
        return math.inf if self.fault.reverted_at is None else self.fault.reverted_at

    def of(self, journey: str) -> list[Exchange]:
        """All that ended in its time."""
        return [one for one in self.exchanges if one.journey == journey]

    def begun(self, journey: str) -> list[Exchange]:
        """What was begun while it lasted."""
        return [one for one in self.of(journey) if self.begin <= one.planned_at < self.end]

    def after(self, journey: str) -> list[Exchange]:
        """What was begun after it was over."""
        return [one for one in self.of(journey) if one.planned_at >= self.end]


@dataclass(frozen=True)
class _Case:
    """What was seen of a dependency that was disturbed."""

    system: System
    timeline: Timeline
    target: str
    spells: tuple[Spell, ...]
    others: tuple[str, ...]
    needing: tuple[str, ...]

    def surely_more(self, bad: int, total: int, journey: str) -> bool:
        """Whether that is surely more than the availability of the journey leaves."""
        return bool(total) and wilson(bad, total).low > 1 - self.system.objectives_of(journey).availability

    def spell_at(self, moment: float) -> Spell:
        return next((one for one in reversed(self.spells) if one.begin <= moment), self.spells[0])


def degradation_is_partial(observation: Observation) -> Verdict:
    """Whether trouble with one dependency stays with the journeys that need it, and is over when it is.

    Where no proxy could be put before it, it is UNSUPPORTED, with the reason. ERROR where the proxy alone
    cost requests, for then nothing can be said of the trouble.
    """
    case = _case(observation)
    if isinstance(case, Verdict):
        return case
    numbers = _numbers(observation, case)
    wrong = [*_restarts(case), *_unready(case), *_others(case), *_unanswered(case), *_not_healed(case)]
    if wrong:
        reasons = tuple(words for words, _ in wrong)
        return Verdict(Outcome.FAILED, "; ".join(reasons[:3]), EXPECTED, wrong[0][1], numbers, reasons)
    words = "; ".join(_told(case, spell) for spell in case.spells)
    for doubt, hint in _thin(observation, case):
        return Verdict(Outcome.INCONCLUSIVE, f"{words}; {doubt}", EXPECTED, hint, numbers)
    untried = tuple(one.impossible for one in observation.faults if one.impossible)
    return watched(observation, Verdict(Outcome.PASSED, words, EXPECTED, "", numbers, untried))


def _case(observation: Observation) -> _Case | Verdict:
    """What is to be judged, or the verdict where nothing is."""
    possible = [fault for fault in observation.faults if not fault.impossible]
    faults = [fault for fault in possible if fault.fault == DISTURB]
    if not faults and (found := next((one.impossible for one in observation.faults if one.impossible), "")):
        return Verdict(Outcome.UNSUPPORTED, found, EXPECTED)
    if doubt := fault_weakness(possible):
        return Verdict(Outcome.ERROR, doubt, EXPECTED, FAULT_HELP)
    system, timeline, target = observation.system, observation.timeline, observation.target
    if timeline is None or system is None or target not in system.dependencies:
        lacking = "no timeline was recorded" if timeline is None else f"{target} is declared as no dependency"
        return Verdict(Outcome.INCONCLUSIVE, lacking, EXPECTED, "Run it again.")
    if not faults:
        return Verdict(Outcome.ERROR, f"{target} was not disturbed", EXPECTED, FAULT_HELP)
    dependency = system.dependencies[target]
    sent = [one for one in observation.exchanges if one.error != DROPPED]
    journeys = sorted({one.journey for one in sent})
    begins = [*(fault.injected_at for fault in faults), math.inf]
    spells = tuple(
        Spell(target, fault, until, tuple(one for one in sent if begin <= _ended_at(one) < until))
        for fault, (begin, until) in zip(faults, pairwise(begins), strict=True)
    )
    case = _Case(
        system, timeline, target, spells,
        tuple(name for name in journeys if name not in dependency.needed_by),
        tuple(name for name in journeys if name in dependency.needed_by),
    )  # fmt: skip
    return _spoiled(sent, case) or case


def _ended_at(exchange: Exchange) -> float:
    """What has not ended belongs to the time in which it was begun."""
    return exchange.planned_at if exchange.completed_at is None else exchange.completed_at


def _spoiled(sent: Iterable[Exchange], case: _Case) -> Verdict | None:
    """ERROR where requests failed with the proxy in place and no trouble."""
    control = [one for one in sent if _ended_at(one) < case.spells[0].begin]
    failed = failures(control)
    if not case.surely_more(len(failed), len(control), ""):
        return None
    lost = f"{len(failed)} of {plural(len(control), 'request')} failed"
    text = f"{lost} before {case.spells[0]} ({errors(failed)})"
    return Verdict(
        Outcome.ERROR, text, "a proxy that lets all pass changes nothing",
        "Nothing can be said of the trouble: repair first what fails without it.",
    )  # fmt: skip


Problem = tuple[str, str]


def _restarts(case: _Case) -> Iterator[Problem]:
    for one in restarted(case.timeline, case.spells[0].begin, math.inf):
        if one.workload != case.target:
            yield f"{one.pod} was restarted when {case.spell_at(one.at)}{one.because}", LIVENESS_HELP


def _unready(case: _Case) -> Iterator[Problem]:
    for one in unready_spells(case.timeline, Path()):
        if one.workload in ("", case.target) or one.restarted or one.since < case.spells[0].begin:
            continue
        yield f"{one.pod} became unready when {case.spell_at(one.since)} ({one.why})", READINESS_HELP


def _others(case: _Case) -> Iterator[Problem]:
    """Journeys that do not need it and failed all the same, while it lasted or after it."""
    for spell in case.spells:
        for name in case.others:
            sent = spell.of(name)
            failed = failures(sent)
            if case.surely_more(len(failed), len(sent), name):
                lost = f"{len(failed)} of {plural(len(sent), 'request')} ({errors(failed)})"
                yield f"{name}, which does not need it, lost {lost} when {spell}", APART_HELP


def _unanswered(case: _Case) -> Iterator[Problem]:
    """Journeys that need it and whose clients waited in vain to the end of their deadline."""
    for spell in case.spells:
        for name in case.needing:
            sent = spell.begun(name)
            waited = [one for one in sent if one.error.startswith("timeout")]
            if case.surely_more(len(waited), len(sent), name):
                deadline = seconds(case.system.journeys[name].timeout_seconds)
                yield (
                    f"{name} left {len(waited)} of {plural(len(sent), 'request')} without any answer for "
                    f"{deadline} when {spell}",
                    DEADLINE_HELP,
                )


def _not_healed(case: _Case) -> Iterator[Problem]:
    """Journeys that need it and went on failing when it was over."""
    for spell in case.spells:
        for name in case.needing:
            sent = spell.after(name)
            failed = failures(sent)
            if not failed:
                continue
            last = max(one.planned_at for one in failed)
            healed = any(one.ok and one.planned_at > last for one in sent)
            allowed = case.system.objectives_of(name).recovery_seconds
            if last - spell.end > allowed or (not healed and math.isinf(spell.until)):
                still = "" if healed else ", to the end"
                took = seconds(last - spell.end)
                yield f"{name} went on failing for {took} after {spell}{still} ({errors(failed)})", HEAL_HELP


def _thin(observation: Observation, case: _Case) -> Iterator[Problem]:
    """Why what was seen is no pass, though nothing was wrong."""
    for spell in case.spells:
        for name in (*case.needing, *case.others):
            if len(spell.begun(name)) < MINIMUM_REQUESTS:
                few = plural(len(spell.begun(name)), "request")
                yield (
                    f"only {few} of {name} were begun when {spell}",
                    "Raise the rate, or hold it for longer.",
                )
        for name in case.needing:
            if not any(_met(spell, one) for one in spell.begun(name)):
                yield f"nothing shows that {name} asked it when {spell}: none failed or was late", BYPASS_HELP
    for name in case.needing:
        answered = sum(one.ok for one in case.spells[-1].after(name))
        if answered < MINIMUM_REQUESTS:
            yield (
                f"only {plural(answered, 'answer')} of {name} came after it was over",
                "Watch it for longer.",
            )
    if dropped := observation.generator.dropped:
        yield f"the generator dropped {plural(dropped, 'arrival')}", "Lower the rate."


def _met(spell: Spell, exchange: Exchange) -> bool:
    """Whether a request met the trouble; what still waited when it was over was late by less."""
    latency = exchange.latency_seconds or 0.0
    waited = spell.kind == SLOW and latency >= min(1.0, spell.fault.details[DELAY])
    return not exchange.ok or waited


def _told(case: _Case, spell: Spell) -> str:
    """What became of it, for a verdict without a problem."""
    lasted = seconds(spell.end - (spell.fault.verified_at or spell.begin))
    parts = []
    for name in case.needing:
        sent = spell.begun(name)
        parts.append(f"{name} failed {len(failures(sent))} of {len(sent)}, each answered in time")
    total = sum(len(spell.of(name)) for name in case.others)
    if case.others:
        parts.append(f"{', '.join(case.others)} held ({plural(total, 'request')})")
    return f"{spell} for {lasted}: {'; '.join(parts)}"


def _numbers(observation: Observation, case: _Case) -> dict[str, float | int]:
    counted = [one.value for one in observation.trouble.measured(PROXIED) if one.answered]
    carried = counted[-1] if counted else {}
    numbers: dict[str, float | int] = {f"proxy_{name}": int(value) for name, value in sorted(carried.items())}
    for spell in case.spells:
        kind = spell.kind
        for name in case.needing:
            late = [one.planned_at - spell.end for one in failures(spell.after(name))]
            numbers[f"{kind}_{name}_failed"] = len(failures(spell.begun(name)))
            numbers[f"{kind}_{name}_healed_seconds"] = round(max(late, default=0.0), 3)
        numbers[f"{kind}_others_failed"] = sum(len(failures(spell.of(name))) for name in case.others)
    return numbers
