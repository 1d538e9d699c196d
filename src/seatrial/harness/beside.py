"""Bystanders: the user actions that are sent beside the subject's, and judged by their own objectives."""

from __future__ import annotations

import contextlib
from collections import Counter

from seatrial.errors import WaitExpired
from seatrial.model.step import Traffic
from seatrial.model.system import System
from seatrial.traffic.generator import Generator
from seatrial.waiting import NotYet, Ready, eventually

ENOUGH_REQUESTS = 105
"""Of each bystander since the first fault: fewer than 100 answers say nothing about a 99th percentile."""
SLACK_SECONDS = 10.0


def bystanders_of(system: System, step: Traffic) -> list[str]:
    """The journeys that are sent beside the one of a traffic step."""
    if not step.bystanders:
        return []
    if step.lasting:
        return [name for name in system.lookup.long if name != step.journey]
    return system.bystanders_of(step.journey, only_reading=step.only_reading)


def wait_for_bystanders(system: System, step: Traffic, stream: Generator, since: float) -> None:
    """Let traffic go on until enough of each bystander's requests were planned after `since`.

    It gives up after a while: the judge says that they were too few.
    """
    names = bystanders_of(system, step)
    if not names or step.lasting:
        return  # of what lasts, those count that were under way

    def enough() -> Ready[None] | NotYet:
        counts = Counter(e.journey for e in stream.exchanges() if e.planned_at >= since)
        few = [name for name in names if counts[name] < ENOUGH_REQUESTS]
        return NotYet(f"few requests of {', '.join(few)}") if few and stream.running else Ready(None)

    seconds = ENOUGH_REQUESTS / step.bystanders + SLACK_SECONDS
    with contextlib.suppress(WaitExpired):
        eventually(enough, within_seconds=seconds, what="bystanders are seen", every_seconds=0.5)
