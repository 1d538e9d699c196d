"""Availability in a disruption (DESIGN section 6): it never depends on how long the check happened to run.

The order in which the answers are given is the same in both judges. A failure of the system that was seen is
FAILED, whatever else is wrong: more failures never make a verdict better. Only then come the reasons why an
absence of failures may mean nothing: control not clean (ERROR), generator (INCONCLUSIVE), sample
(INCONCLUSIVE).
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import replace

from seatrial.judge.blame import blame
from seatrial.judge.cause import never_available
from seatrial.judge.evidence import FAULT_HELP, GENERATOR_HELP, fault_weakness, generator_weakness
from seatrial.judge.findings import Findings, by_time, control_verdict, find, warm_up_words
from seatrial.judge.outage import CLEAN_SECONDS, RESOLUTION_SECONDS, Outage, failed_seconds, outages
from seatrial.judge.statistics import wilson
from seatrial.judge.windows import failures, windows
from seatrial.judge.wording import errors, percent, plural, seconds
from seatrial.model.exchange import Exchange
from seatrial.model.fault import FaultRecord
from seatrial.model.objectives import Objectives
from seatrial.model.observation import Observation
from seatrial.model.verdict import Outcome, Verdict

MINIMUM_REPETITIONS = 3
MINIMUM_REQUESTS = 200


def voluntary_disruption(
    observation: Observation,
    *,
    minimum_repetitions: int = MINIMUM_REPETITIONS,
    minimum_requests: int = MINIMUM_REQUESTS,
) -> Verdict:
    """Whether voluntary disruptions (delete with grace, evict, drain, rollout, scale-in) cost no request.

    A request belongs to a disruption when it was planned inside its window, or was in flight when the window
    began. None may fail. A fault that never settled is FAILED and not ERROR: its effect was proven, so the
    system was tested, and to bring back what it lost in the time that was given is the system's part.

    Args:
        observation: exchanges, faults and, for the cause of failures, the timeline.
        minimum_repetitions: fewer proven disruptions than this are INCONCLUSIVE.
        minimum_requests: so are fewer requests begun inside the windows.
    """
    allowed = "none: a voluntary disruption costs no request"
    if doubt := fault_weakness(observation.faults):
        return Verdict(Outcome.ERROR, doubt, allowed, FAULT_HELP)
    spans = windows(observation)
    found = find(observation, spans)
    seen = _seen_planned(observation, found) + warm_up_words(observation)
    if found.failed:
        return blame(observation, found.failed, spans, seen=seen, allowed=allowed, numbers=found.numbers)
    if verdict := _common(observation, found, seen, allowed):
        return verdict
    lacking = []
    if len(observation.faults) < minimum_repetitions:
        lacking.append(f"{len(observation.faults)} of {plural(minimum_repetitions, 'repetition')}")
    if len(found.parts.begun) < minimum_requests:
        lacking.append(f"{len(found.parts.begun)} of {plural(minimum_requests, 'request')} begun inside")
    silence = _longest_silence(found)
    if silence > max(RESOLUTION_SECONDS, _usual_silence(found)):
        lacking.append(f"no request was begun for {seconds(silence)} of a disruption")
    if not lacking:
        return Verdict(Outcome.PASSED, seen, allowed, numbers=found.numbers)
    return Verdict(
        Outcome.INCONCLUSIVE,
        f"{seen}; too little evidence: {' and '.join(lacking)}",
        allowed,
        "Repeat the disruption more often, or raise the rate.",
        found.numbers,
    )


def _common(observation: Observation, found: Findings, seen: str, allowed: str) -> Verdict | None:
    """The answers that do not depend on the kind of disruption, worst first; None when there is none."""
    if found.unavailable:
        missing = " ".join(never_available(observation, fault) for fault in found.unavailable)
        return Verdict(
            Outcome.FAILED,
            f"{seen}; {plural(len(found.unavailable), 'fault')} never became available again",
            allowed,
            missing,
            found.numbers,
        )
    if found.control_failed:
        return control_verdict(found, seen, allowed)
    if doubt := generator_weakness(observation.generator):
        return Verdict(Outcome.INCONCLUSIVE, f"{seen}; {doubt}", allowed, GENERATOR_HELP, found.numbers)
    return None


def _seen_planned(observation: Observation, found: Findings) -> str:
    begun, failed = len(found.parts.begun), len(failures(found.parts.begun))
    text = f"{failed} of {plural(begun, 'request')} begun during {_disruptions(observation.faults)} failed"
    if begun:
        interval = wilson(failed, begun)
        text += (
            f" ({percent(failed / begun)}, 95 % interval {percent(interval.low)} to {percent(interval.high)})"
        )
    cut = len(found.failed) - failed
    if cut:
        text += f", and {cut} that {'was' if cut == 1 else 'were'} in flight"
    if found.failed:
        text += (
            f": {errors(found.failed)}; longest gap {seconds(found.numbers['longest_gap_seconds'])}, "
            f"first failure {seconds(found.numbers['first_failure_seconds'])} after the fault"
        )
    return text


def _disruptions(faults: Sequence[FaultRecord]) -> str:
    """E.g. `3 disruptions (delete-pod)`."""
    names = ", ".join(sorted({fault.fault for fault in faults}))
    return f"{plural(len(faults), 'disruption')} ({names})"


def involuntary_disruption(observation: Observation, objectives: Objectives) -> Verdict:
    """Whether crashes stay within the error budget and the recovery objective.

    Every failure from the first crash on is charged to it, also those after it settled: nothing else is known
    to have disturbed the system. Each outage (see `outages`) may last `recovery_seconds`, and all failed
    seconds together may be what `availability` leaves over `budget_window_hours`. Failures before the first
    crash are an ERROR (not the crash's doing).
    """
    budget = (1 - objectives.availability) * objectives.budget_window_hours * 3600
    allowed = (
        f"{seconds(budget)} failed ({objectives.availability * 100:g} % over "
        f"{objectives.budget_window_hours:g} h), each outage at most {seconds(objectives.recovery_seconds)}"
    )
    if doubt := fault_weakness(observation.faults):
        return Verdict(Outcome.ERROR, doubt, allowed, FAULT_HELP)
    spans = windows(observation)
    found = _charge(find(observation, spans))
    charged = failed_seconds((*found.parts.disturbed, *_after(found)), spans[0].begin)
    spells = outages(
        [*found.failed, *(e for e in observation.exchanges if e.ok and e.planned_at >= spans[0].begin)]
    )
    longest = max((spell.length_seconds for spell in spells), default=0.0)
    numbers = {
        **found.numbers,
        "failed_seconds": charged,
        "budget_seconds": round(budget, 3),
        "outages": len(spells),
        "longest_outage_seconds": round(longest, 3),
    }
    found = replace(found, numbers=numbers)
    seen = _seen_crash(found, charged, spells) + warm_up_words(observation)
    if charged > budget or longest > objectives.recovery_seconds:
        return blame(observation, found.failed, spans, seen=seen, allowed=allowed, numbers=numbers)
    return _rest(observation, found, seen, allowed, spells)


def _charge(found: Findings) -> Findings:
    """Move failures after the first fault from the control to the crash."""
    begin = found.spans[0].begin
    after = tuple(e for e in found.control_failed if e.planned_at >= begin)
    before = tuple(e for e in found.control_failed if e.planned_at < begin)
    failed = tuple(sorted((*found.failed, *after), key=by_time))
    return replace(found, failed=failed, control_failed=before)


def _after(found: Findings) -> tuple[Exchange, ...]:
    return tuple(e for e in found.parts.control if e.planned_at >= found.spans[0].begin)


def _rest(
    observation: Observation, found: Findings, seen: str, allowed: str, spells: Sequence[Outage]
) -> Verdict:
    """The answers when the numbers hold, worst first."""
    if verdict := _common(observation, found, seen, allowed):
        return verdict
    if any(not spell.closed for spell in spells):
        text = f"{seen}; the traffic ended less than {seconds(CLEAN_SECONDS)} after the last failure"
        return Verdict(Outcome.INCONCLUSIVE, text, allowed, "Let the traffic go on longer.", found.numbers)
    silence = _longest_silence(found)
    if silence > RESOLUTION_SECONDS:
        text = f"{seen}; no request was begun for {seconds(silence)} of the disruption"
        remediation = (
            "Send one request a second or more until the workload is available after every fault: "
            "else failed seconds go unseen."
        )
        return Verdict(Outcome.INCONCLUSIVE, text, allowed, remediation, found.numbers)
    return Verdict(Outcome.PASSED, seen, allowed, numbers=found.numbers)


def _longest_silence(found: Findings) -> float:
    """The longest part of a window, in seconds, in which no request was begun."""
    planned = sorted(e.planned_at for e in found.parts.begun)
    return max(
        later - earlier
        for window in found.spans
        for earlier, later in itertools.pairwise([window.begin, *filter(window.holds, planned), window.end])
    )


def _usual_silence(found: Findings) -> float:
    """The longest time without a request before anything was disturbed: the traffic's own pauses."""
    planned = sorted(e.planned_at for e in found.parts.control if e.planned_at < found.spans[0].begin)
    return max((later - earlier for earlier, later in itertools.pairwise(planned)), default=0.0)


def _seen_crash(found: Findings, charged: int, spells: Sequence[Outage]) -> str:
    crashes = sum(len(window.faults) for window in found.spans)
    text = f"{plural(charged, 'failed second')} after {plural(crashes, 'involuntary disruption')}"
    if not spells:
        return f"{text}: none of {plural(len(found.parts.begun), 'request')} begun during them failed"
    worst = max(spells, key=lambda spell: spell.length_seconds)
    return (
        f"{text}: {plural(len(found.failed), 'request')} failed ({errors(found.failed)}) in "
        f"{plural(len(spells), 'outage')}, the longest {seconds(worst.length_seconds)}, beginning "
        f"{seconds(worst.begin - found.spans[0].begin)} after the first fault"
    )
