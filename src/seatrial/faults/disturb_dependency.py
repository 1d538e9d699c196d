"""Let a dependency be down, slow or wrong for those who ask it by way of the proxy before it."""

from __future__ import annotations

import time
from typing import Any, Literal

from seatrial.faults.base import Fault, Impossible, Plan, Verified
from seatrial.faults.effects.proxy_trouble import ProxyTrouble
from seatrial.faults.interpose import is_dependency, service_of
from seatrial.faults.proxied import BEFORE, tell
from seatrial.faults.registry import fault
from seatrial.kube.exec import EXEC
from seatrial.kube.timeline import Recorder
from seatrial.model.dependency import COUNTED, DELAY, DISTURB, DOWN, SERVICE, SLOW, TROUBLE, WRONG, Carried
from seatrial.model.fault import Disruption, Target
from seatrial.model.right import Right
from seatrial.model.system import System
from seatrial.waiting import NotYet, Ready

SEEN_SECONDS = 20.0
"""Until the first request meets it."""
LATER_SECONDS = 2.0
"""How long after the longest deadline it goes on: requests of so long must have met their deadline."""


_SEEN = {
    DOWN: ("reset", "connections reset"),
    SLOW: ("delayed", "answers held back"),
    WRONG: ("wrong", "requests answered wrongly"),
}
"""By kind the proxy's counter that shows it, and what it counts."""


@fault(
    DISTURB,
    disruption=Disruption.INVOLUNTARY,
    expected_seconds=2,
    at_most_seconds=60,
    becomes_available=False,
    rights=(Right(("get", "list"), "Pod", when=is_dependency), EXEC),
)
class DisturbDependency(Fault):
    """Connections to the dependency are reset, or its answers come too late for any client, or are wrong.

    Args:
        role, seed: see `Fault`; the role is that of the dependency, and `interpose` must be held before it.
        kind: `down` (reset, those that exist and each new one), `slow` (each answer is held back) or `wrong`
            (HTTP requests are answered by 500, by 429 with Retry-After, and by 200 with a broken body, two
            seconds each).
        hold_seconds: how long; `slow` for longer where the deadlines of the journeys that need it are.
        delay_seconds: for `slow`, by how much; 0 for twice the longest deadline of the journeys that need it.
    """

    def __init__(
        self,
        role: str,
        *,
        kind: Literal["down", "slow", "wrong"] = "down",
        hold_seconds: float = 6.0,
        delay_seconds: float = 0.0,
        seed: int = 0,
    ) -> None:
        super().__init__(role, seed=seed)
        self.kind = kind
        self.delay_seconds = delay_seconds
        self._released: Carried | None = None
        self._hold_for(hold_seconds)

    def plan(self, recorder: Recorder) -> Plan | Impossible:
        kube, name, self._released = recorder.kube, service_of(recorder.system, self.role), None
        target = Target("Service", kube.namespace, name)
        proxies = kube.objects("Pod", selector=f"{BEFORE}={name}")
        if not proxies:
            return Impossible(target, self.role, self.seed, f"no proxy stands before Service {name}")
        before = Carried.of(tell(kube, proxies[0]["metadata"]["name"], {}))
        if self.kind == WRONG and not before.requests:
            reason = f"nobody speaks HTTP/1 to Service {name}, so no answer can be made wrong"
            return Impossible(target, self.role, self.seed, reason)
        metadata, deadline = proxies[0]["metadata"], deadline_of(recorder.system, self.role)
        held, trouble = self.hold_seconds, dict[str, Any](kind=self.kind)
        if self.kind == SLOW:
            trouble[DELAY] = self.delay_seconds or 2 * deadline
            held = max(held, deadline + LATER_SECONDS)
        return Plan(
            target, self.role, self.seed, (),
            (ProxyTrouble(metadata["name"], metadata["uid"], trouble),),
            verify_seconds=SEEN_SECONDS, hold_seconds=held,
            details={
                SERVICE: name, TROUBLE: self.kind, DELAY: trouble.get(DELAY, 0.0),
                "proxy": metadata["name"], COUNTED: before.plain(),
            },
        )  # fmt: skip

    def verify(self, plan: Plan, recorder: Recorder, injected_at: float) -> Ready[Verified] | NotYet:
        told = tell(recorder.kube, str(plan.details["proxy"]), {})
        met = Carried.of(told) - Carried.of(plan.details[COUNTED])
        counter, words = _SEEN[self.kind]
        number = met.plain()[counter]
        if not number:
            return NotYet(f"nobody has asked {plan.target} by way of {plan.details['proxy']} since")
        now = time.monotonic()
        return Ready(Verified(now, f"{number} {words} within {now - injected_at:.1f} s"))

    def available(self, plan: Plan, recorder: Recorder, since: float) -> Ready[float] | NotYet:  # noqa: ARG002
        """Somebody has asked it and was answered again; how its clients fare is for their requests to say."""
        now = Carried.of(tell(recorder.kube, str(plan.details["proxy"]), {}))
        if self._released is None:
            self._released = now
        if now.answered > self._released.answered:
            return Ready(time.monotonic())
        return NotYet(f"nobody who asks {plan.target} was answered since it is back")


def deadline_of(system: System, role: str) -> float:
    """The longest deadline of a request that needs the dependency, seconds."""
    return max(
        (system.journeys[name].timeout_seconds for name in system.dependencies[role].needed_by), default=5.0
    )
