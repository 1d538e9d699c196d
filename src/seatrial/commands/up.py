"""`seatrial up`: the cluster and the system, there and answering."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seatrial.commands.base import Seed, System, command, settings

if TYPE_CHECKING:
    from seatrial.cluster.progress import Progress
    from seatrial.settings import Settings


@command("up")
def up(system: System = None, seed: Seed = None) -> int:
    """Bring the cluster and the system up: engine, images, kind, deploy. What is there is kept."""
    from seatrial.terminal import progress_display

    with progress_display() as progress:
        bring_up(settings(system=system, seed=seed), progress)
    return 0


def bring_up(chosen: Settings, progress: Progress) -> None:
    """Bring cluster and system up, as the system file says, and wait for its first answer.

    Raises:
        SeatrialError: that is not possible.
    """
    from seatrial.harness.session import open_session
    from seatrial.settings import load_system

    with open_session(chosen, load_system(chosen), progress) as session:
        session.require_answer()
