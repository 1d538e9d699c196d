"""What is said when requests failed: the system's fault, or, on a machine without CPU, not known whose."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from seatrial.judge.cause import cause, causes
from seatrial.judge.saturation import CPU_HELP, Pressure, excuses, pressure
from seatrial.judge.windows import Window
from seatrial.model.exchange import Exchange
from seatrial.model.observation import Observation
from seatrial.model.verdict import Outcome, Verdict


def blame(
    observation: Observation,
    failed: Sequence[Exchange],
    spans: Sequence[Window],
    *,
    seen: str,
    allowed: str,
    numbers: Mapping[str, Any],
) -> Verdict:
    """FAILED with its cause; INCONCLUSIVE only where CPU was gone meanwhile and nothing else explains it.

    That holds for a kind cluster of our own, and only when every fault was over: a system that never became
    available again has failed.
    """
    if found := only_cpu(observation, failed, spans):
        return Verdict(Outcome.INCONCLUSIVE, f"{seen}; {found}", allowed, CPU_HELP, numbers)
    return Verdict(Outcome.FAILED, seen, allowed, cause(observation, failed, spans), numbers)


def only_cpu(
    observation: Observation, failed: Sequence[Exchange], spans: Sequence[Window]
) -> Pressure | None:
    """The want of CPU that alone explains why these requests failed, where it may excuse them; else None."""
    found = pressure(observation.timeline, failed)
    over = all(fault.available_at is not None for fault in observation.faults)
    if found is None or not found.saturated or not over or not excuses(observation):
        return None
    return None if causes(observation, failed, spans) else found
