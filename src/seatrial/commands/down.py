"""`seatrial down`: what `up` made is taken away again."""

from __future__ import annotations

from seatrial.commands.base import System, command, settings


@command("down")
def down(system: System = None) -> int:
    """Remove what `up` made: our kind cluster, and the engine if we started it. Caches stay."""
    from seatrial import cluster
    from seatrial.harness.access import kind_configuration
    from seatrial.settings import load_system
    from seatrial.terminal import progress_display

    with progress_display() as progress:
        chosen = settings(system=system)
        cluster.down(kind_configuration(chosen, load_system(chosen)), progress=progress)
    return 0
