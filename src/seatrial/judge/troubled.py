"""What was seen of a dependency that was disturbed: the troubles, who met them, who was well again. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from seatrial.judge.evidence import FAULT_HELP, fault_weakness
from seatrial.judge.statistics import wilson
from seatrial.judge.windows import failures
from seatrial.judge.wording import errors, plural, seconds
from seatrial.model.dependency import DELAY, DISTURB, DOWN, SLOW, TROUBLE
from seatrial.model.exchange import DROPPED, Exchange
from seatrial.model.fault import FaultRecord
from seatrial.model.observation import Observation
from seatrial.model.system import System
from seatrial.model.timeline import Timeline
from seatrial.model.verdict import Outcome, Verdict

MINIMUM_REQUESTS = 20
"""Of a journey, while the dependency is in trouble; with fewer nothing is said of it."""
LONGER_HELP = "Raise the rate, or hold it for longer."
HEAL_HELP = "Look nothing up for ever, connect anew after a failure, and back off for seconds at most."
BYPASS_HELP = (
    "Clients that keep connections of before, or reach it by another name, go past the proxy. A journey "
    "that does without it does not belong to `needed_by`."
)
Problem = tuple[str, str]
"""What is wrong or doubtful, and what to do about it."""


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

    def met(self, exchange: Exchange) -> bool:
        """Whether a request met the trouble; what still waited when it was over was late by less."""
        latency = exchange.latency_seconds or 0.0
        waited = self.kind == SLOW and latency >= min(1.0, self.fault.details[DELAY])
        return not exchange.ok or waited


@dataclass(frozen=True)
class Case:
    """What was seen of a dependency that was disturbed.

    Attributes:
        target: the dependency.
        sent: all requests but those that the generator dropped.
        others: the journeys that were sent and do without it.
        needing: those that need it, sent or not, but for those whose requests last and were not sent.
    """

    system: System
    timeline: Timeline
    target: str
    spells: tuple[Spell, ...]
    sent: tuple[Exchange, ...]
    others: tuple[str, ...]
    needing: tuple[str, ...]

    def surely_more(self, bad: int, total: int, journey: str) -> bool:
        """Whether that is surely more than the availability of the journey leaves."""
        return bool(total) and wilson(bad, total).above(1 - self.system.objectives_of(journey).availability)

    def spell_at(self, moment: float) -> Spell:
        return next((one for one in reversed(self.spells) if one.begin <= moment), self.spells[0])


def case_of(observation: Observation, expected: str) -> Case | Verdict:
    """What is to be judged, or the verdict where nothing is.

    UNSUPPORTED where no proxy could be put before the dependency, with the reason; ERROR where the proxy
    alone cost requests, for then nothing can be said of the trouble.
    """
    possible = [fault for fault in observation.faults if not fault.impossible]
    faults = [fault for fault in possible if fault.fault == DISTURB]
    if not faults and (found := next((one.impossible for one in observation.faults if one.impossible), "")):
        return Verdict(Outcome.UNSUPPORTED, found, expected)
    if doubt := fault_weakness(possible):
        return Verdict(Outcome.ERROR, doubt, expected, FAULT_HELP)
    system, timeline, target = observation.system, observation.timeline, observation.target
    if timeline is None or system is None or target not in system.dependencies:
        lacking = "no timeline was recorded" if timeline is None else f"{target} is declared as no dependency"
        return Verdict(Outcome.INCONCLUSIVE, lacking, expected, "Run it again.")
    if not faults:
        return Verdict(Outcome.ERROR, f"{target} was not disturbed", expected, FAULT_HELP)
    dependency = system.dependencies[target]
    sent = tuple(one for one in observation.exchanges if one.error != DROPPED)
    journeys = sorted({one.journey for one in sent})
    begins = [*(fault.injected_at for fault in faults), math.inf]
    spells = tuple(
        Spell(target, fault, until, tuple(one for one in sent if begin <= ended_at(one) < until))
        for fault, (begin, until) in zip(faults, pairwise(begins), strict=True)
    )
    case = Case(
        system, timeline, target, spells, sent,
        tuple(name for name in journeys if name not in dependency.needed_by),
        tuple(
            name for name in sorted(dependency.needed_by)
            if name in journeys or not system.journeys[name].long
        ),
    )  # fmt: skip
    return _spoiled(case) or case


def ended_at(exchange: Exchange) -> float:
    """What has not ended belongs to the time in which it was begun."""
    return exchange.planned_at if exchange.completed_at is None else exchange.completed_at


def _spoiled(case: Case) -> Verdict | None:
    """ERROR where requests failed with the proxy in place and no trouble."""
    control = [one for one in case.sent if ended_at(one) < case.spells[0].begin]
    failed = failures(control)
    if not case.surely_more(len(failed), len(control), ""):
        return None
    lost = f"{len(failed)} of {plural(len(control), 'request')} failed"
    text = f"{lost} before {case.spells[0]} ({errors(failed)})"
    return Verdict(
        Outcome.ERROR, text, "a proxy that lets all pass changes nothing",
        "Nothing can be said of the trouble: repair first what fails without it.",
    )  # fmt: skip


def not_healed(case: Case) -> Iterator[Problem]:
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


def healed_seconds(case: Case) -> dict[str, float | int]:
    """For how long after each trouble the last request of a journey that needs it failed."""
    return {
        f"{spell.kind}_{name}_healed_seconds": round(
            max((one.planned_at - spell.end for one in failures(spell.after(name))), default=0.0), 3
        )
        for spell in case.spells
        for name in case.needing
    }


def unmet(case: Case) -> Iterator[Problem]:
    """Troubles that no request of a journey that needs it has met: nothing shows that it asked."""
    for spell in case.spells:
        for name in case.needing:
            if not any(spell.met(one) for one in spell.begun(name)):
                yield f"nothing shows that {name} asked it when {spell}: none failed or was late", BYPASS_HELP


def thin_afterwards(case: Case, observation: Observation) -> Iterator[Problem]:
    """Why that all is well again would be no evidence."""
    for name in case.needing:
        answered = sum(one.ok for one in case.spells[-1].after(name))
        if answered < MINIMUM_REQUESTS:
            yield (
                f"only {plural(answered, 'answer')} of {name} came after it was over",
                "Watch it for longer.",
            )
    if dropped := observation.generator.dropped:
        yield f"the generator dropped {plural(dropped, 'arrival')}", "Lower the rate."


def untried(observation: Observation) -> tuple[str, ...]:
    """Why a trouble could not be made."""
    return tuple(one.impossible for one in observation.faults if one.impossible)
