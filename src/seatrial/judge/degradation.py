"""Whether only what needs a dependency suffers while it is in trouble, and all is well afterwards. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterator

from seatrial.judge.disruption import watched
from seatrial.judge.path import Path
from seatrial.judge.probes import unready_spells
from seatrial.judge.restarts import restarted
from seatrial.judge.troubled import (
    LONGER_HELP,
    MINIMUM_REQUESTS,
    Case,
    Problem,
    Spell,
    case_of,
    healed_seconds,
    not_healed,
    thin_afterwards,
    unmet,
    untried,
)
from seatrial.judge.windows import failures
from seatrial.judge.wording import errors, plural, seconds
from seatrial.model.dependency import PROXIED, Carried
from seatrial.model.observation import Observation
from seatrial.model.verdict import Outcome, Verdict

EXPECTED = (
    "only journeys that need it fail, each answered within its deadline; nobody else is restarted or "
    "unready; it heals within the recovery objective"
)
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


def degradation_is_partial(observation: Observation) -> Verdict:
    """Whether trouble with one dependency stays with the journeys that need it, and is over when it is."""
    case = case_of(observation, EXPECTED)
    if isinstance(case, Verdict):
        return case
    numbers = _numbers(observation, case)
    wrong = [*_restarts(case), *_unready(case), *_others(case), *_unanswered(case), *not_healed(case)]
    if wrong:
        reasons = tuple(words for words, _ in wrong)
        return Verdict(Outcome.FAILED, "; ".join(reasons[:3]), EXPECTED, wrong[0][1], numbers, reasons)
    words = "; ".join(_told(case, spell) for spell in case.spells)
    for doubt, hint in _thin(observation, case):
        return Verdict(Outcome.INCONCLUSIVE, f"{words}; {doubt}", EXPECTED, hint, numbers)
    return watched(observation, Verdict(Outcome.PASSED, words, EXPECTED, "", numbers, untried(observation)))


def _restarts(case: Case) -> Iterator[Problem]:
    for one in restarted(case.timeline, case.spells[0].begin, math.inf):
        if one.workload != case.target:
            yield f"{one.pod} was restarted when {case.spell_at(one.at)}{one.because}", LIVENESS_HELP


def _unready(case: Case) -> Iterator[Problem]:
    for one in unready_spells(case.timeline, Path()):
        if one.workload in ("", case.target) or one.restarted or one.since < case.spells[0].begin:
            continue
        yield f"{one.pod} became unready when {case.spell_at(one.since)} ({one.why})", READINESS_HELP


def _others(case: Case) -> Iterator[Problem]:
    """Journeys that do not need it and failed all the same, while it lasted or after it."""
    for spell in case.spells:
        for name in case.others:
            sent = spell.of(name)
            failed = failures(sent)
            if case.surely_more(len(failed), len(sent), name):
                lost = f"{len(failed)} of {plural(len(sent), 'request')} ({errors(failed)})"
                yield f"{name}, which does not need it, lost {lost} when {spell}", APART_HELP


def _unanswered(case: Case) -> Iterator[Problem]:
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


def _thin(observation: Observation, case: Case) -> Iterator[Problem]:
    """Why what was seen is no pass, though nothing was wrong."""
    for spell in case.spells:
        for name in (*case.needing, *case.others):
            if len(spell.begun(name)) < MINIMUM_REQUESTS:
                few = plural(len(spell.begun(name)), "request")
                yield f"only {few} of {name} were begun when {spell}", LONGER_HELP
    yield from unmet(case)
    yield from thin_afterwards(case, observation)


def _told(case: Case, spell: Spell) -> str:
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


def _numbers(observation: Observation, case: Case) -> dict[str, float | int]:
    counted = [one.value for one in observation.trouble.measured(PROXIED) if one.answered]
    carried = Carried.of(counted[-1]).plain() if counted else {}
    numbers: dict[str, float | int] = {f"proxy_{name}": value for name, value in sorted(carried.items())}
    for spell in case.spells:
        for name in case.needing:
            numbers[f"{spell.kind}_{name}_failed"] = len(failures(spell.begun(name)))
        numbers[f"{spell.kind}_others_failed"] = sum(len(failures(spell.of(name))) for name in case.others)
    return {**numbers, **healed_seconds(case)}
