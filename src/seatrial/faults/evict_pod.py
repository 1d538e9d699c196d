"""Evict one pod through the Eviction API: a voluntary disruption that heeds disruption budgets."""

from __future__ import annotations

import time
from typing import Unpack

from seatrial.errors import FaultRefused, WaitExpired
from seatrial.faults.base import Fault, Impossible, Picking, Plan, Verified
from seatrial.faults.budgets import blocking, budgets_over
from seatrial.faults.delete_pod import effect_of_replacement, plan_for_pod
from seatrial.faults.registry import fault
from seatrial.faults.victims import candidates
from seatrial.kube.client import Kube
from seatrial.kube.errors import Conflict, EvictionBlocked, NotFound
from seatrial.kube.timeline import Recorder
from seatrial.model.fault import Disruption
from seatrial.model.right import Right
from seatrial.waiting import NotYet, Ready, eventually

EVICT_SECONDS = 60.0
RETRY_SECONDS = 1.0


EVICT = Right(("create",), "Pod", "eviction")
BUDGETS = Right(("list",), "PodDisruptionBudget")


@fault(
    "evict-pod",
    disruption=Disruption.VOLUNTARY,
    expected_seconds=20,
    at_most_seconds=300,
    rights=[EVICT, BUDGETS, Right(("get",), "Pod")],
)
class EvictPod(Fault):
    """Evict a ready pod of a role.

    Args:
        role, pod, selector, seed: see `Fault`.
        evict_seconds: how long a disruption budget may forbid it while other pods are not ready.
    """

    def __init__(
        self, role: str, *, evict_seconds: float = EVICT_SECONDS, **picking: Unpack[Picking]
    ) -> None:
        super().__init__(role, **picking)
        self.evict_seconds = evict_seconds
        self.at_most_seconds = self.at_most_seconds + max(evict_seconds - EVICT_SECONDS, 0.0)

    def plan(self, recorder: Recorder) -> Plan | Impossible:
        ready = candidates(recorder.snapshot(), recorder.system, self.role, spare_last=True)
        plan = plan_for_pod(self, self.pick(self.matching(ready, recorder)), ready, recorder)
        name = [plan.target.name]
        reason = blocking(budgets_over(recorder.kube, name), name)
        return Impossible(plan.target, self.role, self.seed, reason) if reason else plan

    def inject(self, plan: Plan, recorder: Recorder) -> float:
        try:
            return evict_all(recorder.kube, {plan.target.name: plan.target.uid}, self.evict_seconds)
        except WaitExpired as error:
            raise FaultRefused(
                f"{plan.target} was not evicted: {error.where.removeprefix('last answer: ')}",
                where=error.what,
                next_step="loosen the PodDisruptionBudget or run more replicas",
            ) from error

    def verify(self, plan: Plan, recorder: Recorder, injected_at: float) -> Ready[Verified] | NotYet:
        return effect_of_replacement(plan.victims[0], recorder, injected_at)


def evict_all(kube: Kube, uids: dict[str, str], within_seconds: float) -> float:
    """Evict pods (name -> uid), asking again while a disruption budget forbids it, as kubectl does.

    Returns:
        When the first request that was accepted was sent, monotonic seconds.

    Raises:
        WaitExpired: a budget forbade it all the time; with its words.
    """
    waiting = dict(uids)
    injected_at: list[float] = []

    def attempt() -> Ready[None] | NotYet:
        blocked = []
        for name, uid in list(waiting.items()):
            sent_at = time.monotonic()
            try:
                kube.evict(name, uid=uid)
                injected_at.append(sent_at)
            except EvictionBlocked as error:
                blocked.append(error.what)
                continue
            except (NotFound, Conflict):
                # Gone by itself, or another pod took its name: it is off the node either way.
                pass
            del waiting[name]
        return NotYet("; ".join(blocked)) if waiting else Ready(None)

    eventually(
        attempt,
        within_seconds=within_seconds,
        every_seconds=RETRY_SECONDS,
        what="eviction of " + ", ".join(uids),
    )
    return min(injected_at, default=time.monotonic())
