"""Which journeys pass a workload by, as the system file says."""

from __future__ import annotations

from seatrial.model.system import System


def neighbours_of(system: System, role: str) -> list[str]:
    """The journeys that are sent beside a workload's own and do not need it, in order.

    One of which no way is known may need it: it is left out.
    """
    beside = system.bystanders_of(system.journey_of(role))
    return [name for name in beside if (path := system.path_of(name)) and role not in path]
