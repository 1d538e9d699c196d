"""Drains: what they cost clients, and whether budgets keep what they promise and let the node go. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from seatrial.judge.disruption import voluntary
from seatrial.judge.placement import could_answer
from seatrial.judge.windows import fault_end
from seatrial.judge.wording import plural, seconds
from seatrial.model.fault import BLOCKED, BUDGETS_KEPT, TRIED, FaultRecord
from seatrial.model.observation import Observation
from seatrial.model.timeline import Change, NodeSeen, PodSeen, Timeline
from seatrial.model.verdict import Outcome, Verdict, merge

EXPECTED = "every pod may be evicted in time, and as many stay Ready meanwhile as the budgets keep"
LOOSEN = (
    "Let the budget allow one eviction at a time (maxUnavailable 1), or run more replicas than it keeps: as "
    "it is, nobody can drain this node without force."
)
MOVE = (
    "The pods that take the place of evicted ones must become Ready while the node is away, or the budget "
    "holds the rest back for ever: let them go to other nodes (affinity, selectors, room, volumes)."
)
READY_HELP = (
    "A budget only forbids evictions: keep the other pods Ready while new ones start (probes with a longer "
    "timeout, requests that leave them CPU, a spread over nodes)."
)


@dataclass(frozen=True)
class Dip:
    """A time in which fewer pods were Ready than a budget keeps.

    Attributes:
        at: seconds after the drain began.
        lasted_seconds: to the end of the drain where it did not end before.
        ready: the fewest.
        lost: the pod whose change began it, and how it was lost.
    """

    at: float
    lasted_seconds: float
    ready: int
    lost: str


def drained(observation: Observation) -> Verdict:
    """Whether a drain cost no request, kept what the disruption budgets keep, and was possible at all.

    A budget that never allows an eviction is FAILED with its arithmetic; no other node that takes pods is
    UNSUPPORTED. Where no budget covers the workload nothing is kept by one, which is said beside the verdict.
    """
    if found := next((fault for fault in observation.faults if fault.impossible), None):
        return _impossible(observation, found)
    verdict = voluntary(observation)
    if not observation.faults:
        return verdict
    return merge([verdict, *(_kept(observation, fault) for fault in observation.faults)])


def _impossible(observation: Observation, fault: FaultRecord) -> Verdict:
    if not fault.details.get(BLOCKED):
        hint = "A drain needs a second node whose pods may come from anywhere."
        return Verdict(Outcome.UNSUPPORTED, fault.impossible, "a node to go to", hint)
    step = observation.trouble.step("inject", fault.fault)
    took = None if step is None else max(fault.injected_at - step.began_at, 0.0)
    tried = fault.details.get(TRIED, False)
    how, then = ("given up after", "the node is released") if tried else ("found in", "it was not cordoned")
    when = "" if took is None else f", {how} {seconds(took)}"
    return Verdict(
        Outcome.FAILED,
        f"{fault.target} cannot be drained: {fault.impossible}{when}; {then}",
        EXPECTED,
        MOVE if tried else LOOSEN,
        {"found_seconds": None if took is None else round(took, 3)},
    )


def _kept(observation: Observation, fault: FaultRecord) -> Verdict:
    """Whether at every change of a pod as many were Ready as each budget keeps, and the node was released."""
    timeline, budgets = observation.timeline, fault.details.get(BUDGETS_KEPT)
    if timeline is None or budgets is None:
        lacking = "no timeline" if timeline is None else "what the disruption budgets keep"
        return Verdict(
            Outcome.INCONCLUSIVE, f"{lacking} was not recorded", EXPECTED, "Watch the cluster, and run again."
        )
    if _still_cordoned(timeline, fault):
        text = f"{fault.target} was still unschedulable when the watch ended"
        return Verdict(Outcome.ERROR, text, "the node is released", "Run `seatrial revert`.")
    dips = [(budget, dip) for budget in budgets for dip in dips_below(timeline, fault, budget)]
    numbers = {
        "budgets": len(budgets),
        "below_budget_times": len(dips),
        "below_budget_seconds": round(sum(dip.lasted_seconds for _, dip in dips), 3),
    }
    reasons = (*_uncovered(timeline, fault, budgets), *(_told(budget, dip) for budget, dip in dips))
    if dips:
        return Verdict(Outcome.FAILED, _told(*dips[0]), EXPECTED, READY_HELP, numbers, reasons)
    kept = ", ".join(f"{one['name']} {one['keeps']}" for one in budgets) or "nothing, for there is none"
    observed = f"at every change as many were Ready as {plural(len(budgets), 'budget')} kept ({kept})"
    return Verdict(Outcome.PASSED, observed, EXPECTED, numbers=numbers, reasons=reasons)


def dips_below(timeline: Timeline, fault: FaultRecord, budget: Mapping[str, Any]) -> Iterator[Dip]:
    """Each time from the injection to the end of the fault in which fewer pods were Ready than it keeps."""
    end = fault_end(fault)
    end = timeline.ended_at if math.isinf(end) else end
    since, fewest, lost = None, 0, ""
    for at, ready, state in _levels(timeline, _owners(timeline, budget), fault.injected_at, end):
        if ready < int(budget["keeps"]):
            if since is None:
                since, fewest, lost = at, ready, _how_lost(state)
            fewest = min(fewest, ready)
        elif since is not None:
            yield Dip(since - fault.injected_at, at - since, fewest, lost)
            since = None
    if since is not None:
        yield Dip(since - fault.injected_at, end - since, fewest, lost)


def _owners(timeline: Timeline, budget: Mapping[str, Any]) -> frozenset[str]:
    """The controllers of the pods that the budget covered: their replacements are covered, too."""
    names = set(budget["pods"])
    states = [states[-1] for states in timeline.pods.values()]
    return frozenset(state.owner for state in states if state.name in names and state.owner)


def _levels(
    timeline: Timeline, owners: frozenset[str], begin: float, end: float
) -> Iterator[tuple[float, int, PodSeen]]:
    """(moment, pods Ready, the pod that changed) at each change of a pod of these controllers."""
    ready: set[str] = set()
    for state in timeline.seen:
        if not isinstance(state, PodSeen) or state.owner not in owners or state.at > end:
            continue
        (ready.add if could_answer(state) else ready.discard)(state.uid)
        if state.at >= begin:
            yield state.at, len(ready), state


def _how_lost(state: PodSeen) -> str:
    if state.deleting or state.change is Change.DELETED:
        return f"{state.name} was {'evicted' if state.disruption else 'deleted'}"
    return f"{state.name} became not Ready by itself{f' ({state.reason})' if state.reason else ''}"


def _told(budget: Mapping[str, Any], dip: Dip) -> str:
    name = f"PodDisruptionBudget {budget['name']} ({budget['declared']})"
    when = f"from {seconds(dip.at)} after the drain began for {seconds(dip.lasted_seconds)}"
    return f"{dip.ready or 'none'} Ready where {name} keeps {budget['keeps']}, {when}: {dip.lost}"


def _uncovered(
    timeline: Timeline, fault: FaultRecord, budgets: Sequence[Mapping[str, Any]]
) -> tuple[str, ...]:
    """That no budget covers the pods of the workload that went, so a drain may take all of them at once."""
    covered = {name for budget in budgets for name in budget["pods"]}
    evicted = set(fault.details.get("evicted") or ())
    mine = {states[-1].name for states in timeline.pods.values() if states[-1].workload == fault.workload}
    bare = sorted((evicted & mine) - covered)
    if not bare:
        return ()
    return (f"no disruption budget covers {', '.join(bare)}: a drain may evict all pods of them at once",)


def _still_cordoned(timeline: Timeline, fault: FaultRecord) -> bool:
    states = [seen for seen in timeline.seen if isinstance(seen, NodeSeen) and seen.name == fault.target.name]
    return bool(states) and not states[-1].schedulable and states[-1].change is not Change.DELETED
