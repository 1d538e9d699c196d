"""Whether each message had its effect once while those who take them were killed and scaled in. Pure."""

from __future__ import annotations

import math
from dataclasses import replace

from seatrial.judge.counted import growth
from seatrial.judge.evidence import FAULT_HELP, fault_weakness
from seatrial.judge.invariants import invariants_hold
from seatrial.judge.windows import fault_end, windows
from seatrial.judge.wording import plural
from seatrial.model.consumes import Consumes
from seatrial.model.counted import REDELIVERED, CounterRead
from seatrial.model.fault import GRACE
from seatrial.model.measurement import INVARIANT
from seatrial.model.observation import AFTER, BEFORE, Observation
from seatrial.model.timeline import Change
from seatrial.model.verdict import Outcome, Verdict

LEAST_ASKED = 30
"""With fewer requests while pods were killed, few messages were under way."""
HELP = (
    "Acknowledge a message only after its effect is committed; keep its id in that transaction, so that one "
    "delivered again changes nothing."
)

GRACE_HELP = "Raise terminationGracePeriodSeconds above what the longest message takes."


def consumers_lose_nothing(observation: Observation) -> Verdict:
    """Whether the invariants hold again after pods with messages in hand were killed and scaled in.

    Nothing is shown, and no pass given, where no message was delivered again: then none was in their hands.
    """
    arm, system = observation.trouble, observation.system
    assert system is not None
    consumes = system.workloads[observation.target].consumes
    assert consumes is not None  # the need `consumer` says so
    names = consumes.invariants or tuple(one.name for one in system.invariants)
    expected = f"{', '.join(names)} hold again after pods with messages in hand were killed"
    if weakness := fault_weakness(arm.faults):
        return Verdict(Outcome.ERROR, weakness, expected, FAULT_HELP)
    before, after = (
        [one for one in arm.measured(INVARIANT, step) if one.name in names] for step in (BEFORE, AFTER)
    )
    kept = invariants_hold(before, after)
    spans = windows(arm.faults)
    asked = sum(
        each.ok and each.journey == consumes.journey and any(span.holds(each.begun_at) for span in spans)
        for each in observation.exchanges
    )
    again = _redelivered(observation)
    known = again if isinstance(again, float) else 0.0
    numbers = {**kept.numbers, "asked_meanwhile": asked, "redelivered": known}
    seen = f"{kept.observed}; {plural(asked, 'request')} accepted meanwhile"
    seen += f", {known:g} messages delivered again" if isinstance(again, float) else ""
    killed = _killed(observation)
    verdict = replace(
        kept, observed=seen, expected=expected, numbers=numbers, reasons=(*kept.reasons, *killed)
    )
    if kept.outcome is Outcome.FAILED:
        longer = f" {GRACE_HELP}" if killed else ""
        return replace(verdict, next_step=f"{HELP}{longer} {kept.next_step}")
    if kept.outcome is not Outcome.PASSED:
        return verdict
    doubts = [] if isinstance(again, float) else [again]
    if asked < LEAST_ASKED:
        doubts.append(f"of {LEAST_ASKED} requests that lead to messages too few were accepted")
    if again == 0.0:
        doubts.append("no message was in the hands of a pod that was killed")
    if not doubts:
        return verdict
    return replace(
        verdict, outcome=Outcome.INCONCLUSIVE, observed=f"{seen}; {'; '.join(doubts)}",
        next_step=_next_step(consumes),
    )  # fmt: skip


def _killed(observation: Observation) -> list[str]:
    """The pods that were scaled in and not done when their grace was over, each with the arithmetic."""
    timeline, found = observation.timeline, []
    for fault in observation.faults:
        grace = fault.details.get(GRACE)
        if grace is None or timeline is None:
            continue
        for states in timeline.pods.values():
            told = next((state.at for state in states if state.deleting), math.inf)
            gone = next((state.at for state in states if state.change is Change.DELETED), math.inf)
            ours = states[0].workload == fault.workload and fault.injected_at <= told <= fault_end(fault)
            if ours and gone - told >= grace:
                found.append(
                    f"{states[0].name} was scaled in and killed with what it had in hand: its grace of "
                    f"{grace:g} s is less than a message takes"
                )
    return found


def _redelivered(observation: Observation) -> float | str:
    """By how much the counter grew between its first and last reading, or why that is not known."""
    looks = observation.trouble.measured(REDELIVERED)
    if unread := [look for look in looks if not look.answered]:
        return f"the counter of redelivered messages could not be read: {unread[0].reason}"
    if len(looks) < 2:
        return "the counter of redelivered messages was not read before and after"
    first, last = CounterRead.of(looks[0]), CounterRead.of(looks[-1])
    return float(sum(growth(one, first).grew for one in last.series))


def _next_step(consumes: Consumes) -> str:
    return (
        f"Look whether `{consumes.redelivered}` counts messages that the broker delivers again, and whether "
        f"{consumes.journey} leads to messages for this workload."
    )
