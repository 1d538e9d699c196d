"""Whether an alert fired while what it is for was the case, and not before or after. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from seatrial.judge.evidence import FAULT_HELP, fault_weakness
from seatrial.judge.probes import not_tried
from seatrial.judge.windows import fault_end
from seatrial.judge.wording import seconds
from seatrial.model.alerted import ALERT, AlertRead, AlertRule, AlertState
from seatrial.model.fault import FREEZE_PROCESS, SCALE_TO_ZERO, FaultRecord
from seatrial.model.measurement import MeasurementOutcome
from seatrial.model.observation import Observation
from seatrial.model.part import Alerted
from seatrial.model.verdict import Outcome, Verdict

UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0, "w": 604800.0, "y": 31536000.0}
DURATION = re.compile(r"(\d+)(ms|[smhdwy])")
RANGED = re.compile(
    r"\b(rate|irate|increase|delta|idelta|deriv|changes|resets)\s*\([^()\[\]]*\[((?:\d+(?:ms|[smhdwy]))+)[\]:]"
)
"""What gives nothing for a series with one sample in its range; for `changes` and `resets` it is always 0."""
ANY_RANGE = re.compile(r"\[((?:\d+(?:ms|[smhdwy]))+)[\]:]")
ABSENCE = re.compile(r"\b(absent|absent_over_time|up|count|count_over_time|present_over_time)\b")
OF_NO_SERIES = re.compile(r"\babsent(_over_time)?\s*\(|\bvector\s*\(|\bkube_")
"""What holds where nothing is collected any more, or is collected from somebody else."""
DISCOVERY_SECONDS = 5.0
"""How long Prometheus gathers changes of its targets before it acts on them."""
STALE_INTERVALS = 2.1
"""Collections until Prometheus marks the series of a target that is gone: then `absent` holds."""
DECLARE = "Declare a liveness probe, or remove `alerts.freeze-process` of the workload."


@dataclass(frozen=True)
class _Told:
    """How the trouble of which an alert must tell is called in the sentences of a verdict."""

    number: str
    expected: str
    began: str
    lasted: str
    over: str
    early: str


TOLD: Final[Mapping[str, _Told]] = {
    FREEZE_PROCESS: _Told(
        "hung_seconds", "fires while a pod hangs, and resolves when it answers again", "a pod hung",
        "a pod hung", "it answered again", "the pod began to hang",
    ),
    SCALE_TO_ZERO: _Told(
        "absent_seconds", "fires while no pod is left, and resolves when there are pods again",
        "its last pod had gone", "no pod was left", "pods were to be back", "its pods were taken away",
    ),
}  # fmt: skip


def alert_fires_and_resolves(observation: Observation) -> Verdict:
    """Whether the workload's alert fired within the hang of one of its pods, and resolved after it.

    One that could not fire in so short a time by its own arithmetic, or fired before, says nothing.
    """
    return _judged(observation, FREEZE_PROCESS)


def absence_is_alerted(observation: Observation) -> Verdict:
    """Whether the workload's alert fired while no pod of it was left, and resolved after that."""
    return _judged(observation, SCALE_TO_ZERO)


def gone_seconds(scrape_seconds: float) -> float:
    """How long the series of a target stay after it is gone."""
    return DISCOVERY_SECONDS + STALE_INTERVALS * scrape_seconds


def absence_seconds(rule: AlertRule, scrape_seconds: float) -> float:
    """How long an alert for an absence may take from the end of the last pod on, by its own arithmetic."""
    longest = max(map(_seconds, ANY_RANGE.findall(rule.expression)), default=0.0)
    return gone_seconds(scrape_seconds) + longest + rule.interval_seconds + rule.for_seconds


def _judged(observation: Observation, kind: Alerted) -> Verdict:
    system, arm = observation.system, observation.trouble
    assert system is not None
    name = system.workloads[observation.target].alerts[kind]
    expected = f"{name} {TOLD[kind].expected}"
    if verdict := not_tried(observation, expected, DECLARE):
        return verdict
    others = [fault.fault for fault in arm.faults if fault.fault != kind]
    another = f"{', '.join(others)}: not that of which {name} must tell" if others else ""
    if doubt := fault_weakness(arm.faults) or another:
        return Verdict(Outcome.ERROR, doubt, expected, FAULT_HELP)
    looks = arm.measured(ALERT)
    look = looks[-1] if looks else None  # the last has all of it
    if look is None or not look.answered:
        lasting = look is not None and look.outcome is MeasurementOutcome.COULD_NOT_TRY
        text = "the alert was not read" if look is None else f"the alert could not be read: {look.reason}"
        return Verdict(Outcome.UNSUPPORTED if lasting else Outcome.INCONCLUSIVE, text, expected)
    read, fault = AlertRead.of(look), arm.faults[0]
    if read.rule is None:
        help_ = "Load the rule into the collector of metrics, or correct the name in the system file."
        return Verdict(Outcome.FAILED, f"there is no alerting rule called {name}", expected, help_)
    return _fired(name, expected, read, read.rule, fault)


def _span(fault: FaultRecord, read: AlertRead) -> tuple[float, float]:
    """From when to when the alert had to see the trouble."""
    if fault.fault == FREEZE_PROCESS:
        return fault.injected_at, min(fault_end(fault), read.read_at)
    ended_at = read.read_at if fault.reverted_at is None else min(fault.reverted_at, read.read_at)
    return fault.injected_at if fault.verified_at is None else fault.verified_at, ended_at


def _fired(name: str, expected: str, read: AlertRead, rule: AlertRule, fault: FaultRecord) -> Verdict:
    began_at, ended_at = _span(fault, read)
    lasted, told = ended_at - began_at, TOLD[fault.fault]
    numbers = {
        told.number: round(lasted, 3), "for_seconds": rule.for_seconds,
        "evaluated_every_seconds": rule.interval_seconds, "collected_every_seconds": read.scrape_seconds,
    }  # fmt: skip
    firing = [state for state in _of_the_victim(read.states, fault) if state.firing and state.times]
    reasons = (f"{name}: {rule.expression}, for {rule.for_seconds:g} s",)
    times = [at for state in firing for at in state.times]
    since = fault.injected_at - 2 * rule.interval_seconds
    within = [at for at in times if at >= fault.injected_at]
    if any(since <= at < fault.injected_at for at in times):
        text = f"{name} was firing already when {told.early}"
        help_ = "See why it fires while nothing is amiss; while it does, it tells nobody of anything new."
        return Verdict(Outcome.INCONCLUSIVE, text, expected, help_, numbers, reasons)
    settled = began_at
    if fault.fault == SCALE_TO_ZERO:
        # One that compares fires while pods end, and no more when their series are gone.
        settled += gone_seconds(read.scrape_seconds)
    if not any(settled <= at <= ended_at for at in within):
        return _silent(name, expected, read, rule, fault, numbers, reasons)
    after = max(min(within) - began_at, 0.0)
    numbers["fired_seconds"] = round(after, 3)
    seen = f"{name} fired {seconds(after)} after {told.began}"
    if fault.fault == SCALE_TO_ZERO and fault.available_at is None:
        text = f"{seen}; its pods did not come back, so how it resolves is not known"
        return Verdict(Outcome.INCONCLUSIVE, text, expected, "See why they did not.", numbers, reasons)
    if not read.quiet:
        late = read.read_at - ended_at
        text = f"{seen}, and is firing still {seconds(late)} after {told.over}"
        help_ = "Let its expression end with the trouble: shorter ranges, no `keep_firing_for` of minutes."
        return Verdict(Outcome.FAILED, text, expected, help_, numbers, reasons)
    resolved = max(within) + rule.interval_seconds - ended_at
    numbers["resolved_seconds"] = round(resolved, 3)
    text = f"{seen} and resolved by {seconds(max(resolved, 0.0))} after {told.over}"
    return Verdict(Outcome.PASSED, text, expected, "", numbers, reasons)


def _silent(
    name: str, expected: str, read: AlertRead, rule: AlertRule, fault: FaultRecord,
    numbers: Mapping[str, float], reasons: tuple[str, ...],
) -> Verdict:  # fmt: skip
    """The verdict of one that did not fire, with what its rule shows of why."""
    told = TOLD[fault.fault]
    lasted = numbers[told.number]
    silent = f"{name} did not fire while {told.lasted} for {seconds(lasted)}"
    if rule.problem:
        text = f"{silent}: it cannot be evaluated ({rule.problem})"
        return Verdict(Outcome.FAILED, text, expected, "Correct its expression.", numbers, reasons)
    short = next(short_ranges(rule.expression, read.scrape_seconds), "")
    if short:
        help_ = "Take a range of four collections or more: one that is late or lost then hides nothing."
        return Verdict(Outcome.FAILED, f"{silent}: {short}", expected, help_, numbers, reasons)
    if fault.fault == SCALE_TO_ZERO and not OF_NO_SERIES.search(rule.expression):
        why = "with no target left its series are gone, and a comparison holds for none of them"
        help_ = "Ask for what must be there: `absent(up{...})`, or `absent(up{...} == 1)`."
        return Verdict(Outcome.FAILED, f"{silent}: {why}", expected, help_, numbers, reasons)
    least, steps = _least(rule, read.scrape_seconds, fault)
    if least >= lasted:
        text = f"{silent}, and may take {least:g} s: {steps}"
        help_ = "Choose an alert that fires within it, or one with a shorter `for` and shorter ranges."
        return Verdict(Outcome.INCONCLUSIVE, text, expected, help_, numbers, reasons)
    why, help_ = _why_not(read, rule)
    return Verdict(Outcome.FAILED, f"{silent}: {why}", expected, help_, numbers, reasons)


def _least(rule: AlertRule, scraped: float, fault: FaultRecord) -> tuple[float, str]:
    """How long it may take by its own arithmetic, and that in words."""
    every, lasting = rule.interval_seconds, rule.for_seconds
    last = f"{every:g} s until that is evaluated, and `for` {lasting:g} s"
    if fault.fault == SCALE_TO_ZERO:
        before = absence_seconds(rule, scraped) - every - lasting
        gone = f"{before:g} s until its series are gone from all that it looks at"
        return before + every + lasting, f"{gone}, {last}"
    asked = f"{scraped:g} s until it is asked, {scraped:g} s until it did not answer"
    return 2 * scraped + every + lasting, f"{asked}, {last}"


def _why_not(read: AlertRead, rule: AlertRule) -> tuple[str, str]:
    if any(state.times for state in read.states if not state.firing):
        return f"it was pending, but not for {rule.for_seconds:g} s on end", "Shorten its `for`."
    if not ABSENCE.search(rule.expression):
        why = "its expression asks for no absence, and a pod that does not answer gives no samples"
        return why, "Ask for what is not there: `up == 0`, or `absent(...)`."
    return "its expression never held", "Evaluate its expression for that time, by hand."


def _seconds(length: str) -> float:
    """A duration of Prometheus, such as `1m30s`."""
    return sum(float(number) * UNITS[unit] for number, unit in DURATION.findall(length))


def short_ranges(expression: str, scrape_seconds: float) -> Iterator[str]:
    """The ranges that hold fewer than the two samples which their functions need, in words."""
    for match in RANGED.finditer(expression):
        length = _seconds(match[2])
        if length < 2 * scrape_seconds:
            often = "" if length <= scrape_seconds else "often "
            yield (
                f"the range [{match[2]}] of `{match[1]}` {often}holds fewer than two samples where one is "
                f"taken each {scrape_seconds:g} s, and with one it gives nothing"
            )


def _of_the_victim(states: Sequence[AlertState], fault: FaultRecord) -> list[AlertState]:
    """The instances that name what was hit, the pod or the workload; all, where none names it."""
    mine = [state for state in states if fault.target.name in state.labels.values()]
    return mine or list(states)
