"""Whether each message had its effect once while those who take them were killed and scaled in. Pure."""

from __future__ import annotations

from dataclasses import replace

from seatrial.judge.counted import growth
from seatrial.judge.evidence import FAULT_HELP, fault_weakness
from seatrial.judge.invariants import invariants_hold
from seatrial.judge.windows import windows
from seatrial.judge.wording import plural
from seatrial.model.consumes import Consumes
from seatrial.model.counted import REDELIVERED, CounterRead
from seatrial.model.measurement import INVARIANT
from seatrial.model.observation import AFTER, BEFORE, Observation
from seatrial.model.verdict import Outcome, Verdict

LEAST_ASKED = 30
"""With fewer requests while pods were killed, few messages were under way."""
HELP = (
    "Acknowledge a message only after its effect is committed; keep its id in that transaction, so that one "
    "delivered again changes nothing."
)


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
    verdict = replace(kept, observed=seen, expected=expected, numbers=numbers)
    if kept.outcome is Outcome.FAILED:
        return replace(verdict, next_step=f"{HELP} {kept.next_step}")
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
