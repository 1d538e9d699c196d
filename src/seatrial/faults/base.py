"""What every fault has in common: plan, inject, verify, available."""

from __future__ import annotations

import random
import time
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, TypedDict

from seatrial.errors import FaultRefused
from seatrial.faults.available import available_since
from seatrial.faults.effects.base import Effect
from seatrial.kube.timeline import Recorder
from seatrial.model.fault import Disruption, Target
from seatrial.model.right import Right
from seatrial.model.timeline import PodSeen
from seatrial.waiting import NotYet, Ready

REVERT_SECONDS = 150.0
"""How long reverting a fault may take: most take a second, a node that was stopped has to come back."""
RELEASED_SECONDS = 180.0
"""How long a workload may take to be available again after a held fault was reverted."""


@dataclass(frozen=True)
class Plan:
    """What a fault would do, decided and not yet done.

    Attributes:
        target: the object that is hit.
        workload: its role.
        seed: what picked it.
        victims: the pods that will go or be killed.
        effects: what has to be reverted afterwards, in the order of applying; goes to the journal.
        verify_seconds: bound for seeing the effect; `at_most_seconds` of the fault holds besides.
        hold_seconds: how long the fault has to stay in place after it was verified to do its work.
        details: facts for the evidence folder.
    """

    target: Target
    workload: str
    seed: int
    victims: tuple[PodSeen, ...]
    effects: tuple[Effect, ...] = ()
    verify_seconds: float = 60.0
    hold_seconds: float = 0.0
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Impossible:
    """A fault that cannot be done here, which is a fact about the system: recorded, and judged by the checks.

    Attributes:
        target: the object that would have been hit.
        reason: the arithmetic, e.g. "budget web allows 2 - 2 = 0 disruptions".
        details: facts for the judges.
    """

    target: Target
    workload: str
    seed: int
    reason: str
    details: Mapping[str, Any] = field(default_factory=dict)


class FaultBlocked(FaultRefused):
    """What was tried and could not be done, which is a fact about the system: reverted, recorded and judged.

    Args:
        found: why, and facts for the judges.
    """

    def __init__(self, found: Impossible, *, next_step: str = "") -> None:
        super().__init__(found.reason, next_step=next_step)
        self.found = found


@dataclass(frozen=True)
class Verified:
    """The effect that was seen: when, in words, and who took the victim's place."""

    at: float
    words: str
    replacement: str = ""
    details: Mapping[str, Any] = field(default_factory=dict)


class Picking(TypedDict, total=False):
    """What a fault hands on to `Fault` where its constructor takes `**picking`."""

    pod: str
    selector: str
    seed: int


class Fault(ABC):
    """One kind of trouble. `Injector.inject` runs it; an instance may be carried out several times.

    Args:
        role: role of the workload in the system file.
        pod: name of the victim; empty to pick one.
        selector: label selector that narrows the workload's pods; empty for all of them.
        seed: picks the victim, together with how often this instance was carried out.
    """

    name: ClassVar[str]
    disruption: ClassVar[Disruption]
    becomes_available: ClassVar[bool] = True
    rights: ClassVar[tuple[Right, ...]] = ()
    image: str = ""
    """Image that it puts into the cluster; a logical name stands for the reference that the session has."""
    expected_seconds: float
    at_most_seconds: float

    def __init__(self, role: str, *, pod: str = "", selector: str = "", seed: int = 0) -> None:
        self.role = role
        self.pod = pod
        self.selector = selector
        self.seed = seed
        self._rounds = 0

    def _hold_for(self, hold_seconds: float) -> None:
        """Stay in place for so long, which is added to how long it takes."""
        self.hold_seconds = hold_seconds
        self.expected_seconds = self.expected_seconds + hold_seconds
        self.at_most_seconds = self.at_most_seconds + hold_seconds

    @abstractmethod
    def plan(self, recorder: Recorder) -> Plan | Impossible:
        """Decide what would be hit. Reads only.

        Raises:
            FaultRefused: nothing matches, or it would be unsafe.
        """

    def inject(self, plan: Plan, recorder: Recorder) -> float:
        """Do it. Returns when the request that the server (or the node) took was sent, monotonic seconds.

        Raises:
            SeatrialError: the request was not taken.
        """
        sent_at = time.monotonic()
        for effect in plan.effects:
            effect.apply(recorder.kube)
        return sent_at

    @abstractmethod
    def verify(self, plan: Plan, recorder: Recorder, injected_at: float) -> Ready[Verified] | NotYet:
        """Whether the effect was seen since `injected_at`. Asked again and again."""

    def available(self, plan: Plan, recorder: Recorder, since: float) -> Ready[float] | NotYet:
        """The first moment from `since` on at which every workload that was hit was available."""
        timeline = recorder.snapshot()
        roles = {pod.workload for pod in plan.victims if pod.workload} | {plan.workload}
        answers = [available_since(timeline, role, since=since) for role in sorted(roles)]
        return all_of(answers)

    def held_enough(
        self,
        plan: Plan,
        recorder: Recorder,  # noqa: ARG002  for faults that look at the cluster
        verified_at: float,
    ) -> Ready[None] | NotYet:
        """Whether the fault has been in place as long as it has to be."""
        left = verified_at + plan.hold_seconds - time.monotonic()
        return NotYet(f"{left:.0f} s to go") if left > 0 else Ready(None)

    def matching(self, candidates: Sequence[PodSeen], recorder: Recorder) -> list[PodSeen]:
        """Those candidates that the label selector selects, asked from the server.

        Raises:
            FaultRefused: none.
        """
        if not self.selector:
            return list(candidates)
        selected = {pod["metadata"]["uid"] for pod in recorder.kube.objects("Pod", selector=self.selector)}
        found = [pod for pod in candidates if pod.uid in selected]
        if not found:
            raise FaultRefused(
                f"no ready pod of role {self.role!r} matches {self.selector!r}, nothing was disturbed",
                where=f"namespace {recorder.kube.namespace}",
                next_step=f"ready: {', '.join(sorted(pod.name for pod in candidates))}",
            )
        return found

    def pick(self, candidates: Sequence[PodSeen]) -> PodSeen:
        """The named pod, or one by seed and round; sorted first, so that their order does not matter.

        Raises:
            FaultRefused: the named pod is none of the candidates.
        """
        if self.pod:
            for candidate in candidates:
                if candidate.name == self.pod:
                    return candidate
            raise FaultRefused(
                f"pod {self.pod} is no ready pod of role {self.role!r}, nothing was disturbed",
                next_step=f"ready: {', '.join(sorted(pod.name for pod in candidates))}",
            )
        self._rounds += 1
        chance = random.Random(f"{self.seed}:{self.name}:{self.role}:{self._rounds}")
        return chance.choice(sorted(candidates, key=lambda pod: (pod.name, pod.uid)))


def all_of(answers: Sequence[Ready[float] | NotYet]) -> Ready[float] | NotYet:
    """The latest moment of all answers, or what is missing."""
    lacking = [answer.reason for answer in answers if isinstance(answer, NotYet)]
    if lacking:
        return NotYet("; ".join(lacking))
    return Ready(max(answer.value for answer in answers if isinstance(answer, Ready)))
