"""Whether clients recovered from each fault in time: the last client error, and latency back in its band."""

from __future__ import annotations

import math
from dataclasses import replace

from seatrial.judge.evidence import FAULT_HELP, GENERATOR_HELP, fault_weakness, generator_weakness
from seatrial.judge.phases import (
    BAND_HELD_SECONDS,
    WORDS,
    Phases,
    control_latencies,
    phases,
)
from seatrial.judge.statistics import MINIMUM_SAMPLES
from seatrial.judge.wording import seconds
from seatrial.model.fault import FaultRecord
from seatrial.model.objectives import Objectives
from seatrial.model.observation import Observation
from seatrial.model.verdict import Outcome, Verdict, merge


def recovery(observation: Observation, objectives: Objectives, service: str = "") -> Verdict:
    """Whether clients were served again, at the usual latency, within `recovery_seconds` of each fault.

    The limit holds for what clients see: the last client error and latency back in its band. The phases of
    the replacement are told beside it. A fault that never settled is FAILED.
    """
    allowed = (
        f"last client error and usual latency within {seconds(objectives.recovery_seconds)} of the fault"
    )
    if doubt := fault_weakness(observation.faults):
        return Verdict(Outcome.ERROR, doubt, allowed, FAULT_HELP)
    verdicts = [
        _of_fault(seen, part, objectives, service, allowed)
        for fault in observation.faults
        for seen, part in _parts(observation, fault)
    ]
    verdict = merge(verdicts)
    if verdict.passed and (doubt := generator_weakness(observation.generator)):
        return Verdict(
            Outcome.INCONCLUSIVE,
            f"{verdict.observed}; {doubt}",
            allowed,
            GENERATOR_HELP,
            verdict.numbers,
            verdict.reasons,
        )
    return verdict


def _parts(observation: Observation, fault: FaultRecord) -> list[tuple[Observation, FaultRecord]]:
    """A fault, or the two disturbances that a held one is: while it was in place, and when it was reverted.

    Clients must recover from the loss of a node while it is away, and from its return when it comes back.
    """
    if not fault.held or fault.reverted_at is None:
        return [(observation, fault)]
    at = _reverting_since(observation, fault.reverted_at)
    first = min(each.injected_at for each in observation.faults)
    during = observation.narrowed(lambda exchange: exchange.planned_at < at)
    after = observation.narrowed(lambda exchange: not first <= exchange.planned_at < at)
    return [
        # In place it has done its work once its effect was seen; from then on the band must hold for a while.
        (during, replace(fault, available_at=fault.verified_at)),
        (
            after,
            replace(fault, id=f"{fault.id}-revert", fault=f"the revert of {fault.fault}", injected_at=at),
        ),
    ]


def _reverting_since(observation: Observation, reverted_at: float) -> float:
    """When the step began that released the fault: reverting it disturbs from its beginning."""
    steps = observation.trouble.steps
    began = [step.began_at for step in steps if step.kind == "release" and step.began_at <= reverted_at]
    return max(began, default=reverted_at)


def _of_fault(
    observation: Observation, fault: FaultRecord, objectives: Objectives, service: str, allowed: str
) -> Verdict:
    found = phases(observation, fault, service)
    limit = objectives.recovery_seconds
    name = f"{fault.fault} on {fault.target}"
    numbers = {f"{fault.id}_{key}_seconds": round(m.seconds, 3) for key, m in found if m is not None}
    reasons = (f"recovery from {name}: {found.sentence() or 'no phase was seen'}",)
    errors = 0.0 if found.last_error is None else found.last_error.seconds
    ended = "no client error" if found.last_error is None else f"last client error {seconds(errors)}"
    if errors > limit:
        seen = f"{ended} after {name}"
        return Verdict(Outcome.FAILED, seen, allowed, _slowest(found), numbers, reasons)
    if fault.available_at is None:
        seen = f"{ended} after {name}, which never became available again"
        return Verdict(Outcome.FAILED, seen, allowed, _slowest(found), numbers, reasons)
    if found.latency_back is None:
        seen = f"{ended} after {name}; latency was not seen to be in its band for {BAND_HELD_SECONDS} s"
        watched = max((e.planned_at - fault.injected_at for e in observation.exchanges), default=-math.inf)
        long_enough = watched >= limit + BAND_HELD_SECONDS + 1 and len(observation.faults) == 1
        has_band = len(control_latencies(observation)) >= MINIMUM_SAMPLES
        outcome = Outcome.FAILED if long_enough and has_band else Outcome.INCONCLUSIVE
        help_text = "Send traffic before the fault, and for longer after it (before the next one)."
        return Verdict(outcome, seen, allowed, help_text, numbers, reasons)
    seen = f"{ended}, usual latency again {found.latency_back} after {name}"
    if found.latency_back.seconds > limit:
        return Verdict(Outcome.FAILED, seen, allowed, _slowest(found), numbers, reasons)
    return Verdict(Outcome.PASSED, seen, allowed, numbers=numbers, reasons=reasons)


def _slowest(found: Phases) -> str:
    """The step of the replacement that took the longest."""
    order = ("created", "scheduled", "started", "ready", "serving")
    times = [(name, moment.seconds) for name, moment in found if name in order and moment is not None]
    steps = [
        (name, at - before)
        for (name, at), before in zip(times, [0.0, *(at for _, at in times)], strict=False)
    ]
    if not steps:
        return "No replacement was seen: the fault's record and the events tell why."
    name, took = max(steps, key=lambda step: step[1])
    return f"The longest step was until {WORDS[name]}: {seconds(took)}."
