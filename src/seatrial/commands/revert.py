"""`seatrial revert`: faults that a killed run left behind are reverted."""

from __future__ import annotations

import typer

from seatrial.commands.base import command, settings


@command("revert")
def revert() -> int:
    """Revert every fault that a killed run left behind. Safe to run at any time."""
    from seatrial.faults.revert import revert_all

    reverted = revert_all(settings().state_directory)
    typer.echo("\n".join(str(item) for item in reverted) or "nothing to revert: no fault was left behind")
    return 0 if all(item.done for item in reverted) else 1
