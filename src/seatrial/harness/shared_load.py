"""A load that workers in the cluster share: how it is wished for, and whether a system can have it."""

from __future__ import annotations

import os
from collections.abc import Mapping

from seatrial.errors import BadInput
from seatrial.model.system import System

VARIABLE = "SEATRIAL_WORKERS"
"""Environment variable: how many workers in the cluster share the load; unset for none."""
_DELAY_SECONDS = 4.0
_SHARES_PER_SECOND = 100.0


def wished(environment: Mapping[str, str] = os.environ) -> int:
    """How many workers in the cluster are wished for; 0 for none. Raises BadInput: that is no number."""
    text = environment.get(VARIABLE) or "0"
    if not text.isdecimal():
        raise BadInput(f"{text!r} is no number of workers", where=VARIABLE)
    return int(text)


def delay_seconds(number: int) -> float:
    """From handing out shares to the first arrival, so that every worker has its generator ready by then.

    They pass the API server and the master.
    """
    return _DELAY_SECONDS + number / _SHARES_PER_SECOND


def require_entry_inside(system: System, where: str) -> None:
    """Refuse workers in the cluster where the entry is none. Raises BadInput: says what to add."""
    if system.entry.in_cluster:
        return
    name = system.entry.service.name if system.entry.service else "NAME"
    raise BadInput(
        "workers in the cluster send to a Service there, and the system file names none to send to",
        where=where,
        next_step=f"Write `entry: {{service: {{name: {name}, port: PORT}}}}` without `url`.",
    )
