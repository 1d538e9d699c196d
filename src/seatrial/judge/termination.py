"""Whether what had begun before a pod was told to end is brought to its end. Pure."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from seatrial.judge.disruption import another_kind, watched
from seatrial.judge.evidence import FAULT_HELP, GENERATOR_HELP, fault_weakness, generator_weakness
from seatrial.judge.known import Known
from seatrial.judge.windows import failures
from seatrial.judge.wording import errors, plural, seconds
from seatrial.model.exchange import DROPPED, Exchange
from seatrial.model.fault import Disruption, FaultRecord
from seatrial.model.observation import Observation
from seatrial.model.timeline import Change, Timeline
from seatrial.model.verdict import Outcome, Verdict

EXPECTED = (
    "every request that lasts and had begun before a pod was told to end is answered, or its stream is ended "
    "properly and resumed, and the pod ends within its grace"
)
LEAST = 3
"""Fewer requests under way at the pods that were told to end say nothing."""
AT_ONCE_SECONDS = 4.0
"""After its preStop: a pod that is gone so soon did not wait; kubelet was seen to take 2.5 s for it."""
CUT = ("connection closed in the answer", "connection reset", "timeout")
"""In the words of an error: the answer had not come whole."""
KILLED_SECONDS = 2.5
"""Around the end of the grace: a proxy may tell a client a second later that what is behind it has gone."""


@dataclass(frozen=True)
class Lasting:
    """One arrival of a journey whose requests last, with all that was reported of it."""

    journey: str
    begun_at: float
    ended_at: float
    parts: tuple[Exchange, ...]

    @property
    def failed(self) -> tuple[Exchange, ...]:
        return failures(self.parts)


@dataclass(frozen=True)
class Termination:
    """One pod that was told to end.

    Attributes:
        under_way: what had begun before and had not ended; not all of it at this pod.
        here: those of them that it answers, as their answers say.
        signal_seconds: from the deletion to SIGTERM, by its preStop sleep; None where it is not known.
        took_seconds: from the deletion until it was gone.
        until: when the next pod was told to end: what breaks later is that one's.
    """

    fault: FaultRecord
    under_way: tuple[Lasting, ...]
    here: int
    signal_seconds: float | None
    took_seconds: float
    grace_seconds: float
    until: float

    @property
    def broken(self) -> tuple[Lasting, ...]:
        return tuple(one for one in self.under_way if one.failed and one.ended_at <= self.until)


def termination_drains(observation: Observation) -> Verdict:
    """Whether nothing broke that was under way when a pod was deleted, and it ended before its grace did.

    What the pod is still asked after that is the matter of other checks.
    """
    if verdict := another_kind(observation, Disruption.VOLUNTARY):
        return verdict
    timeline = observation.timeline
    if doubt := fault_weakness(observation.faults):
        return Verdict(Outcome.ERROR, doubt, EXPECTED, FAULT_HELP)
    if timeline is None:
        return Verdict(Outcome.INCONCLUSIVE, "no timeline was recorded", EXPECTED, "Watch the cluster.")
    lasting, known = _lasting(observation), Known.of(observation)
    begins = [fault.injected_at for fault in observation.faults]
    ended = [_termination(fault, begins, lasting, known, timeline) for fault in observation.faults]
    numbers = {
        "terminations": len(ended), "under_way": sum(len(one.under_way) for one in ended),
        "under_way_at_the_pods": sum(one.here for one in ended),
        "broken": sum(len(one.broken) for one in ended),
        "longest_termination_seconds": round(max(one.took_seconds for one in ended), 3),
    }  # fmt: skip
    outcome, text, help_ = _found(ended) or _doubt(observation, lasting, ended) or (Outcome.PASSED, "", "")
    reasons = _resumed(ended) if outcome is Outcome.PASSED else _reasons(ended)
    verdict = Verdict(outcome, f"{_seen(ended)}{text}", EXPECTED, help_, numbers, reasons)
    return watched(observation, verdict)


Found = tuple[Outcome, str, str]
"""An outcome, the words that follow what was seen, and what to do."""


def _found(ended: Sequence[Termination]) -> Found | None:
    """What the system did wrong."""
    if any(one.broken for one in ended):
        return Outcome.FAILED, f": {'; '.join(_broken(one) for one in ended if one.broken)}", _next(ended)
    if any(one.took_seconds >= one.grace_seconds for one in ended):
        help_ = "Let the process end once its requests have, and end streams when it is told to end."
        return Outcome.FAILED, "; a pod that takes all of its grace is killed at its end", help_
    return None


def _doubt(
    observation: Observation, lasting: Sequence[Lasting], ended: Sequence[Termination]
) -> Found | None:
    """Why that nothing broke may mean nothing."""
    first = min(fault.injected_at for fault in observation.faults)
    if wrong := [part for one in lasting for part in one.failed if one.ended_at <= first]:
        text = f"; before any pod was deleted, {errors(wrong)}"
        return Outcome.ERROR, text, "Let the long journeys be answered at rest."
    if doubt := generator_weakness(observation.generator):
        return Outcome.INCONCLUSIVE, f"; {doubt}", GENERATOR_HELP
    here = sum(one.here for one in ended)
    if here < LEAST:
        help_ = "Let the journeys last longer, and let `entry.served_by` say who answers."
        return Outcome.INCONCLUSIVE, f"; {here} of them at the pods that ended are too few", help_
    if idle := [one.fault.target.name for one in ended if not one.here]:
        help_ = "Send long journeys at a rate at which each pod has some under way, to the end."
        return Outcome.INCONCLUSIVE, f"; none of them was at {', '.join(idle)}", help_
    return None


def _lasting(observation: Observation) -> list[Lasting]:
    """The arrivals of long journeys that were sent."""
    system = observation.system
    long = set() if system is None else {*system.lookup.long}
    found: dict[tuple[str, int], list[Exchange]] = {}
    for one in observation.exchanges:
        if one.journey in long and one.error != DROPPED:
            found.setdefault((one.journey, one.sequence), []).append(one)
    return [
        Lasting(
            journey, min(one.begun_at for one in parts),
            max(math.inf if one.completed_at is None else one.completed_at for one in parts), tuple(parts),
        )
        for (journey, _), parts in found.items()
    ]  # fmt: skip


def _termination(
    fault: FaultRecord, begins: Iterable[float], lasting: Iterable[Lasting], known: Known, timeline: Timeline
) -> Termination:
    at, uid = fault.injected_at, fault.target.uid
    under_way = tuple(one for one in lasting if one.begun_at < at < one.ended_at)
    here = sum(
        any((pod := known.pod(part, fault.workload)) is not None and pod.uid == uid for part in one.parts)
        for one in under_way
    )
    states = timeline.pods.get(uid, ())
    gone_at = next((state.at for state in states if state.change is Change.DELETED), math.inf)
    pause = next((state.pre_stop_seconds for state in states if state.pre_stop_seconds is not None), None)
    grace = float(fault.details.get("grace_seconds", math.inf))
    until = min((begin for begin in begins if begin > at), default=math.inf)
    return Termination(fault, under_way, here, pause, gone_at - at, grace, until)


def _seen(ended: Sequence[Termination]) -> str:
    total, broken = sum(len(one.under_way) for one in ended), sum(len(one.broken) for one in ended)
    names = Counter(each.journey for one in ended for each in one.under_way)
    journeys = ", ".join(f"{number} of {name}" for name, number in sorted(names.items()))
    return (
        f"{broken} of {plural(total, 'long request')} under way when {plural(len(ended), 'pod')} "
        f"{'was' if len(ended) == 1 else 'were'} told to end broke ({journeys or 'none was sent'}; "
        f"{', '.join(_took(one) for one in ended)})"
    )


def _took(one: Termination) -> str:
    return f"{one.fault.target.name} took {seconds(one.took_seconds)} of {one.grace_seconds:g} s"


def _after(one: Termination) -> list[float]:
    """When each broke, in seconds from the deletion."""
    return [each.ended_at - one.fault.injected_at for each in one.broken if each.ended_at < math.inf]


def _at_once(one: Termination) -> bool:
    """Whether the process ended as soon as it was told to, with what was under way."""
    return one.signal_seconds is not None and one.took_seconds - one.signal_seconds <= AT_ONCE_SECONDS


def _untold(one: Termination) -> bool:
    """Whether all of it broke before the process was told anything."""
    return one.signal_seconds is not None and max(_after(one), default=math.inf) < one.signal_seconds


def _cut_after(parts: Sequence[Exchange]) -> str:
    """How much of the answers had come that were cut; a status alone is no answer."""
    sizes = [
        part.answer_bytes for part in parts
        if part.status is not None and any(word in part.error for word in CUT)
    ]  # fmt: skip
    if not sizes:
        return ""
    least, most = min(sizes), max(sizes)
    return f" (cut after {least:,}{'' if least == most else f' to {most:,}'} bytes)"


def _broken(one: Termination) -> str:
    parts = [part for each in one.broken for part in each.failed]
    after = _after(one)
    words = f"at {one.fault.target.name} {errors(parts)}{_cut_after(parts)}"
    if not after:
        return words
    words += f", {seconds(min(after))} to {seconds(max(after))} after the deletion"
    pause = (
        f"after a preStop sleep of {one.signal_seconds:g} s" if one.signal_seconds else "without a preStop"
    )
    if _untold(one):
        return (
            f"{words}: before SIGTERM, which comes {pause}, so not the pod but what is before it closed them "
            "when its endpoint left"
        )
    if _at_once(one):
        return f"{words}: the process ends at once on SIGTERM, which comes {pause}"
    if min(after) >= one.grace_seconds - KILLED_SECONDS:
        return f"{words}: it was killed at the end of its grace of {one.grace_seconds:g} s"
    return words


def _next(ended: Sequence[Termination]) -> str:
    if any(one.broken and _untold(one) for one in ended):
        return (
            "Let the proxy in front go on with what has begun when an endpoint leaves: drain it within the "
            "pod's grace, or let clients speak with the pods by a plain Service."
        )
    if any(one.broken and _at_once(one) for one in ended):
        return (
            "Handle SIGTERM: take no new work, finish what has begun, end streams properly (a last chunk, a "
            "close frame with 1001) so that clients resume elsewhere, and then leave."
        )
    return (
        "Let requests end sooner than the grace does, or raise terminationGracePeriodSeconds; end streams "
        "when the pod is told to end, so that clients resume elsewhere."
    )


def _reasons(ended: Sequence[Termination]) -> tuple[str, ...]:
    names = Counter(each.journey for one in ended for each in one.broken)
    return tuple(f"{name}: {number} broke" for name, number in sorted(names.items()))


def _resumed(ended: Sequence[Termination]) -> tuple[str, ...]:
    """How many streams were ended and resumed, which shows that they were ended properly."""
    parts = [part for one in ended for each in one.under_way for part in each.parts]
    resumed = [part for part in parts if part.operation.startswith("resume")]
    return (f"{plural(len(resumed), 'stream')} ended properly and resumed",) if resumed else ()
