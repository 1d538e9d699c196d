"""`chaos run --dry`: what would be carried out is named, and nothing is touched, whatever the strategy.

Chaos Toolkit's strategies `pause` and `probes` carry actions out for real, and without traffic no probe of
ours has an answer. So a rehearsal ends here, before the first activity.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, MutableMapping
from typing import Any

from chaoslib.types import Dry

from seatrial.chaos.order import Order, subjects_of
from seatrial.errors import SeatrialError
from seatrial.settings import Settings, load_system


class Rehearsed(SeatrialError):
    """The experiment was a dry run: it has no verdict, which is not a pass."""


def strategy_of(experiment: Mapping[str, Any]) -> str:
    """The dry strategy of the command line; empty when the experiment is meant to be run."""
    asked = experiment.get("dry")
    return str(asked.value if isinstance(asked, Dry) else asked or "")


def rehearse(
    experiment: MutableMapping[str, Any], strategy: str, settings: Settings, order: Order
) -> Rehearsed:
    """Check what can be checked without a cluster, and keep every activity from being carried out.

    Returns:
        What there is to say: what would have been done, and that nothing was.

    Raises:
        BadInput: the system file is wrong, or has no such workload.
    """
    subjects_of(order, load_system(settings), settings)
    named = [f"{item.get('type', 'activity')} {item.get('name', '?')!r}" for item in _activities(experiment)]
    experiment["rollbacks"] = []  # they may follow although nothing else does
    return Rehearsed(
        f"dry run ({strategy}): nothing was proven and nothing was touched",
        where=f"without --dry it carries out {', '.join(named) or 'nothing'}",
        next_step="Run it without --dry for a verdict.",
    )


def _activities(experiment: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    hypothesis = experiment.get("steady-state-hypothesis") or {}
    yield from hypothesis.get("probes") or ()
    yield from experiment.get("method") or ()
    yield from experiment.get("rollbacks") or ()
