"""Whether an alert fired while what it is for was the case, and not before or after. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from seatrial.judge.evidence import FAULT_HELP, fault_weakness
from seatrial.judge.probes import not_tried
from seatrial.judge.windows import fault_end
from seatrial.judge.wording import seconds
from seatrial.model.alerted import ALERT, AlertRead, AlertRule, AlertState
from seatrial.model.fault import FaultRecord
from seatrial.model.measurement import MeasurementOutcome
from seatrial.model.observation import Observation
from seatrial.model.verdict import Outcome, Verdict

HANG: Final = "freeze-process"
UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0, "w": 604800.0, "y": 31536000.0}
DURATION = re.compile(r"(\d+)(ms|[smhdwy])")
RANGED = re.compile(
    r"\b(rate|irate|increase|delta|idelta|deriv|changes|resets)\s*\([^()\[\]]*\[((?:\d+(?:ms|[smhdwy]))+)[\]:]"
)
"""What gives nothing for a series with one sample in its range; for `changes` and `resets` it is always 0."""
ABSENCE = re.compile(r"\b(absent|absent_over_time|up|count|count_over_time|present_over_time)\b")
DECLARE = "Declare a liveness probe, or remove `alerts.freeze-process` of the workload."


def alert_fires_and_resolves(observation: Observation) -> Verdict:
    """Whether the workload's alert fired within the hang of one of its pods, and resolved after it.

    One that could not fire in so short a time by its own arithmetic, or fired before, says nothing.
    """
    system, arm = observation.system, observation.trouble
    assert system is not None
    name = system.workloads[observation.target].alerts[HANG]
    expected = f"{name} fires while a pod hangs, and resolves when it answers again"
    if verdict := not_tried(observation, expected, DECLARE):
        return verdict
    if doubt := fault_weakness(arm.faults):
        return Verdict(Outcome.ERROR, doubt, expected, FAULT_HELP)
    look = next(iter(arm.measured(ALERT)), None)
    if look is None or not look.answered:
        lasting = look is not None and look.outcome is MeasurementOutcome.COULD_NOT_TRY
        text = "the alert was not read" if look is None else f"the alert could not be read: {look.reason}"
        return Verdict(Outcome.UNSUPPORTED if lasting else Outcome.INCONCLUSIVE, text, expected)
    read, fault = AlertRead.of(look), arm.faults[0]
    if read.rule is None:
        help_ = "Load the rule into the collector of metrics, or correct the name in the system file."
        return Verdict(Outcome.FAILED, f"there is no alerting rule called {name}", expected, help_)
    return _fired(name, expected, read, read.rule, fault)


def _fired(name: str, expected: str, read: AlertRead, rule: AlertRule, fault: FaultRecord) -> Verdict:
    ended_at = min(fault_end(fault), read.read_at)
    lasted = ended_at - fault.injected_at
    numbers = {
        "hung_seconds": round(lasted, 3), "for_seconds": rule.for_seconds,
        "evaluated_every_seconds": rule.interval_seconds, "collected_every_seconds": read.scrape_seconds,
    }  # fmt: skip
    firing = [state for state in _of_the_victim(read.states, fault) if state.firing and state.times]
    reasons = (f"{name}: {rule.expression}, for {rule.for_seconds:g} s",)
    times = [at for state in firing for at in state.times]
    since = fault.injected_at - 2 * rule.interval_seconds
    within = [at for at in times if at >= fault.injected_at]
    if any(since <= at < fault.injected_at for at in times):
        text = f"{name} was firing already when the pod began to hang"
        help_ = "See why it fires while nothing is amiss; while it does, it tells nobody of anything new."
        return Verdict(Outcome.INCONCLUSIVE, text, expected, help_, numbers, reasons)
    if not within:
        return _silent(name, expected, read, rule, lasted, numbers, reasons)
    after = min(within) - fault.injected_at
    numbers["fired_seconds"] = round(after, 3)
    seen = f"{name} fired {seconds(after)} after a pod hung"
    if not read.quiet:
        late = read.read_at - ended_at
        text = f"{seen}, and is firing still {seconds(late)} after it answered again"
        help_ = "Let its expression end with the trouble: shorter ranges, no `keep_firing_for` of minutes."
        return Verdict(Outcome.FAILED, text, expected, help_, numbers, reasons)
    resolved = max(within) + rule.interval_seconds - ended_at
    numbers["resolved_seconds"] = round(resolved, 3)
    text = f"{seen} and resolved by {seconds(max(resolved, 0.0))} after it answered again"
    return Verdict(Outcome.PASSED, text, expected, "", numbers, reasons)


def _silent(
    name: str, expected: str, read: AlertRead, rule: AlertRule, lasted: float,
    numbers: Mapping[str, float], reasons: tuple[str, ...],
) -> Verdict:  # fmt: skip
    """The verdict of one that did not fire, with what its rule shows of why."""
    silent = f"{name} did not fire while a pod hung for {seconds(lasted)}"
    if rule.problem:
        text = f"{silent}: it cannot be evaluated ({rule.problem})"
        return Verdict(Outcome.FAILED, text, expected, "Correct its expression.", numbers, reasons)
    short = next(short_ranges(rule.expression, read.scrape_seconds), "")
    if short:
        help_ = "Take a range of four collections or more: one that is late or lost then hides nothing."
        return Verdict(Outcome.FAILED, f"{silent}: {short}", expected, help_, numbers, reasons)
    scraped, every = read.scrape_seconds, rule.interval_seconds
    least = 2 * scraped + every + rule.for_seconds
    if least >= lasted:
        text = (
            f"{silent}, and may take {least:g} s: {scraped:g} s until it is asked, {scraped:g} s until it "
            f"did not answer, {every:g} s until that is evaluated, and `for` {rule.for_seconds:g} s"
        )
        help_ = "Choose an alert that fires within the hang, or let liveness take longer than the alert does."
        return Verdict(Outcome.INCONCLUSIVE, text, expected, help_, numbers, reasons)
    if any(state.times for state in read.states if not state.firing):
        why, help_ = f"it was pending, but not for {rule.for_seconds:g} s on end", "Shorten its `for`."
    elif not ABSENCE.search(rule.expression):
        why = "its expression asks for no absence, and a pod that does not answer gives no samples"
        help_ = "Ask for what is not there: `up == 0`, or `absent(...)`."
    else:
        why, help_ = "its expression never held", "Evaluate its expression for that time, by hand."
    return Verdict(Outcome.FAILED, f"{silent}: {why}", expected, help_, numbers, reasons)


def short_ranges(expression: str, scrape_seconds: float) -> Iterator[str]:
    """The ranges that hold fewer than the two samples which their functions need, in words."""
    for match in RANGED.finditer(expression):
        length = sum(float(number) * UNITS[unit] for number, unit in DURATION.findall(match[2]))
        if length < 2 * scrape_seconds:
            often = "" if length <= scrape_seconds else "often "
            yield (
                f"the range [{match[2]}] of `{match[1]}` {often}holds fewer than two samples where one is "
                f"taken each {scrape_seconds:g} s, and with one it gives nothing"
            )


def _of_the_victim(states: Sequence[AlertState], fault: FaultRecord) -> list[AlertState]:
    """The instances that name the pod that hung; all, where none names it."""
    mine = [state for state in states if fault.target.name in state.labels.values()]
    return mine or list(states)
