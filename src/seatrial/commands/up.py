"""`seatrial up`: the cluster and the system, there and answering."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from seatrial.commands.base import Seed, System, command, open_session, settings

if TYPE_CHECKING:
    from seatrial.cluster.progress import Progress
    from seatrial.harness.session import Session
    from seatrial.settings import Settings


@command("up")
def up(system: System = None, seed: Seed = None) -> int:
    """Bring the cluster and the system up: engine, images, kind, deploy. What is there is kept."""
    from seatrial.terminal import progress_display

    with progress_display() as progress:
        bring_up(settings(system=system, seed=seed), progress)
    return 0


def bring_up(
    chosen: Settings, progress: Progress, *, open_session: Callable[..., Session] = open_session
) -> None:
    """Bring cluster and system up, as the system file says, and wait for its first answer.

    Raises:
        SeatrialError: that is not possible.
    """
    from seatrial.settings import load_system

    with open_session(chosen, load_system(chosen), progress) as session:
        session.require_answer()
