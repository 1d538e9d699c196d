"""Whether a workload that must run once at any time ever ran twice while its pod was replaced. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from seatrial.judge.departures import LAG_SECONDS
from seatrial.judge.evidence import FAULT_HELP, fault_weakness, gaps_in, unwatched
from seatrial.judge.pods import workload_at
from seatrial.judge.runs import Overlap, Run, overlaps, runs_of
from seatrial.judge.windows import Window
from seatrial.judge.wording import plural, seconds
from seatrial.model.observation import Observation
from seatrial.model.timeline import Timeline, WorkloadSeen
from seatrial.model.verdict import Outcome, Verdict

EXPECTED = "a pod begins to run when the one before it has ended: never two at once"
RESOLUTION_HELP = (
    "The times of containers are whole seconds: let the new pod wait for the end of the old one, and the "
    "order in which they are told shows it."
)
WAITING_HELP = (
    "Only a rollout with `strategy: {type: Recreate}` waits for the old pod. Use a StatefulSet, a claim with "
    "ReadWriteOncePod, or a required podAntiAffinity to its own pods over all nodes."
)
UNCONFIRMED_HELP = (
    "Delete no pod with `--force` and let nothing else do so, for then nobody waits for the node's word; a "
    "writer that cannot be waited for needs a lock or a lease that fences the old one off."
)


def one_writer_at_a_time(observation: Observation) -> Verdict:
    """Whether no two pods of the workload ran at once while it was replaced and rolled out.

    A pod that terminates counts as long as a container of it runs. FAILED where an overlap is longer than the
    times of containers can be wrong, INCONCLUSIVE where it cannot be told.
    """
    timeline, role = observation.timeline, observation.target
    if timeline is None:
        return Verdict(Outcome.INCONCLUSIVE, "no timeline was recorded", EXPECTED, "Watch the cluster.")
    possible = [fault for fault in observation.faults if not fault.impossible]
    untried = tuple(fault.impossible for fault in observation.faults if fault.impossible)
    if untried and not possible:
        return Verdict(Outcome.UNSUPPORTED, "; ".join(untried), EXPECTED)
    if doubt := fault_weakness(possible):
        return Verdict(Outcome.ERROR, doubt, EXPECTED, FAULT_HELP)
    runs = runs_of(timeline, role)
    begun = [run for run in runs if run.created_told_at > possible[0].injected_at]
    found = overlaps(runs)
    numbers = {
        "pods": len({run.pod.uid for run in runs}),
        "replacements": len(begun),
        "overlaps": sum(one.sure for one in found),
        "overlap_at_least_seconds": round(found[0].least, 3) if found and found[0].sure else 0.0,
        "without_writer_seconds": _longest_gap(runs),
    }
    if found:
        return _judged(timeline, role, found, numbers)
    names = ", ".join(dict.fromkeys(fault.fault for fault in possible))
    seen = f"{plural(len(begun), 'pod')} of {role} began to run after {names}"
    if len(begun) < len(possible):
        text = f"{seen}, where {plural(len(possible), 'pod')} should have"
        return Verdict(Outcome.INCONCLUSIVE, text, EXPECTED, "See why its pod was not replaced.", numbers)
    words = f"{seen}, each when the one before it had ended"
    verdict = Verdict(Outcome.PASSED, words, EXPECTED, numbers=numbers, reasons=untried)
    return unwatched(verdict, gaps_in(timeline, [Window(possible[0].injected_at, timeline.ended_at, ())]))


def _judged(timeline: Timeline, role: str, found: Sequence[Overlap], numbers: Mapping[str, Any]) -> Verdict:
    """FAILED by the longest sure overlap; INCONCLUSIVE where none is sure."""
    worst, *rest = found
    reasons = tuple(_words(one) for one in rest)
    outcome = Outcome.FAILED if worst.sure else Outcome.INCONCLUSIVE
    advice = _why(timeline, role, worst)
    if not worst.sure and not worst.first.unconfirmed:
        advice = f"{RESOLUTION_HELP} {advice}"
    return Verdict(outcome, _words(worst), EXPECTED, advice, numbers, reasons)


def _words(overlap: Overlap) -> str:
    """E.g. `writer-b ran beside writer-a for 20.3 s to 22.3 s`."""
    first, second = overlap.first, overlap.second
    pair = f"{second.pod.name} ran beside {_named(first, second)}"
    if overlap.sure and math.isinf(overlap.most):
        return f"{pair} for {seconds(overlap.least)} and more"
    if overlap.sure:
        return f"{pair} for {seconds(overlap.least)} to {seconds(overlap.most)}"
    if first.unconfirmed:
        return f"{pair} or after it: {first.pod.name} went, and nobody said that its containers had ended"
    longest = "" if math.isinf(overlap.most) else f" for at most {seconds(overlap.most)}"
    return f"{pair}{longest}, or after it: that cannot be told"


def _named(first: Run, second: Run) -> str:
    """The pod, apart from a later one of the same name."""
    return first.pod.name if first.pod.name != second.pod.name else f"the {first.pod.name} before it"


def _why(timeline: Timeline, role: str, overlap: Overlap) -> str:
    """What let two run, as the watch told it, and what to do about it."""
    first, second = overlap.first, overlap.second
    workload = workload_at(timeline, role, second.created_told_at)
    name = role if workload is None else f"{workload.kind}/{workload.name}"
    if first.unconfirmed and not overlap.sure:
        return UNCONFIRMED_HELP
    if most := [state.wanted for state in timeline.workload_states(role) if state.wanted > 1]:
        return f"{name} wants {max(most)} replicas, and a single writer has one."
    told_to_end = math.inf if first.deleting_at is None else first.deleting_at
    early = told_to_end - second.created_told_at
    if first.pod.revision != second.pod.revision and early > 0:
        return _surged(name, workload, early)
    if early > LAG_SECONDS:
        return (
            f"{second.pod.name} was created before anybody told {first.pod.name} to end: see who made "
            f"{second.pod.owner} create it."
        )
    took = seconds(max(-early, 0.0))
    return f"{second.pod.name} was created {took} after {first.pod.name} was told to end. {WAITING_HELP}"


def _surged(name: str, workload: WorkloadSeen | None, early: float) -> str:
    how = "" if workload is None or not workload.strategy else f" with {workload.strategy}"
    when = "and the old one was never told to end"
    if math.isfinite(early):
        when = f"{seconds(early)} before the old one was told to end"
    return (
        f"{name} rolls out{how}: the new pod was created {when}. "
        "Let a single writer roll out with `strategy: {type: Recreate}`."
    )


def _longest_gap(runs: Sequence[Run]) -> float | None:
    """The longest time, at most, in which none ran between two runs; None where there is no second one."""
    gaps = [second.began[1] - first.ended[0] for first, second in pairwise(runs)]
    return round(max(0.0, *gaps), 3) if gaps else None
