"""How clients behave that a traffic step asks for, as their generator is told."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from seatrial.errors import BadInput
from seatrial.model.step import IDLE, STORM, Traffic

BEHAVIOURS: Mapping[str, Mapping[str, Any]] = {
    "": {},
    IDLE: {"idle_seconds": None, "fresh_every": 0},
    STORM: {"copies": (0.0, 0.0, 0.0, 0.4, 1.5)},
}
"""Fields of `traffic.job.Job` for each behaviour."""


def behaving(step: Traffic) -> Mapping[str, Any]:
    """What the generator of a traffic step is told beside its journey. Raises BadInput: nobody behaves so."""
    if step.behaviour not in BEHAVIOURS:
        raise BadInput(
            f"no client behaves as {step.behaviour!r}", where=f"traffic {step.name}",
            next_step=f"There is {', '.join(filter(None, BEHAVIOURS))}; empty for the usual one.",
        )  # fmt: skip
    return BEHAVIOURS[step.behaviour]
