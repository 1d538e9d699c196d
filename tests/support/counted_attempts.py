"""Attempts at the dependency of `troubled_shop`, counted: down from 110, slow from 130, wrong from 150."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from observations import pod
from troubled_shop import BROWSE, PAY, fault, look, of, sent, troubled

from seatrial.judge.admissible import judge
from seatrial.model.check import CHECKS
from seatrial.model.dependency import (
    CARRIED,
    COUNTED,
    DELAY,
    DISTURB,
    DOWN,
    INTERPOSE,
    NONE,
    PHASES,
    SLOW,
    TROUBLE,
    WRONG,
    Carried,
)
from seatrial.model.exchange import Exchange
from seatrial.model.fault import FaultRecord
from seatrial.model.measurement import Measurement
from seatrial.model.system import System
from seatrial.model.timeline import Seen
from seatrial.model.verdict import Verdict

CHECK = CHECKS.get("gateway.retries-are-bounded")
GATEWAY = replace(of(pod(0.0, "gateway-a", uid="g", ready=True), "gateway"), ip="10.0.0.9")
Phases = list[dict[str, object]]


def counts(requests: int, accepted: int = 4, asked: int | None = None) -> dict[str, object]:
    return {
        **Carried(
            accepted=accepted,
            requests=requests,
            asked=requests if asked is None else asked,
            answered=requests,
        ).plain()
    }


def phase(
    trouble: str, lasted: float, attempts: int, *, turn: int = 0, after: float = 0.0, **callers: int
) -> dict[str, object]:
    named = {name.strip("_").replace("_", "."): number for name, number in callers.items()}
    return {
        "trouble": trouble, "turn": turn, "after_seconds": after, "lasted_seconds": lasted,
        "connections": attempts, "attempts": attempts, "callers": named or {"10.0.0.9": attempts},
    }  # fmt: skip


def phases(
    down: int = 60, slow: int = 52, wrong: Iterable[int] = (12, 12, 12, 3), *, before: int = 50
) -> Phases:
    turns = [
        phase(WRONG, 2.0 if number < 3 else 0.6, attempts, turn=number % 3, after=2.0 * number)
        for number, attempts in enumerate(wrong)
    ]
    return [
        phase(NONE, 12.0, before), phase(DOWN, 9.6, down), phase(NONE, 10.0, 50), phase(SLOW, 9.6, slow),
        phase(NONE, 10.0, 50), *turns, phase(NONE, 10.0, 50),
    ]  # fmt: skip


def disturbed(before: int = 50, first: int = 10, **more: object) -> tuple[FaultRecord, ...]:
    since = counts(before)
    return (
        fault(INTERPOSE, 100.0, 170.0, **{CARRIED: counts(first, accepted=2), **more}),
        fault(DISTURB, 110.0, 120.0, **{TROUBLE: DOWN, DELAY: 0.0, COUNTED: since}),
        fault(DISTURB, 130.0, 140.0, **{TROUBLE: SLOW, DELAY: 10.0, COUNTED: since}),
        fault(DISTURB, 150.0, 157.0, **{TROUBLE: WRONG, DELAY: 0.0, COUNTED: since}),
    )


def paid(offset: float = 0.0) -> list[Exchange]:
    return [
        *sent(PAY, 90, 110, offset=offset), *sent(PAY, 110, 120, error="connection reset", offset=offset),
        *sent(PAY, 120, 130, offset=offset), *sent(PAY, 130, 140, error="status 504", offset=offset),
        *sent(PAY, 140, 150, offset=offset), *sent(PAY, 150, 157, error="status 500", offset=offset),
        *sent(PAY, 157, 170, offset=offset),
    ]  # fmt: skip


PAID = paid()
BROWSED = sent(BROWSE, 90, 170)
FOUR_TIMES = [one for offset in (0.0, 0.05, 0.1, 0.15) for one in paid(offset)]


def judged(
    found: Phases | None = None,
    exchanges: Iterable[Exchange] = (*PAID, *BROWSED),
    *seen: Seen,
    control: dict[str, object] | None = None,
    end: dict[str, object] | None = None,
    looks: Iterable[Measurement] | None = None,
    faults: tuple[FaultRecord, ...] | None = None,
    system: System | None = None,
    **arm: object,
) -> Verdict:
    after = {
        **(counts(400, accepted=300) if end is None else end),
        PHASES: phases() if found is None else found,
    }
    told = [look(108.0, counts(50) if control is None else control), look(165.0, after)]
    observation = troubled(
        exchanges, disturbed() if faults is None else faults, told if looks is None else looks,
        GATEWAY, *seen, system=system, **arm,
    )  # fmt: skip
    return judge(CHECK, observation)
