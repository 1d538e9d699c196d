"""`seatrial judge`: what was recorded, judged again. The judges themselves do no input or output."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from seatrial.commands.base import command
from seatrial.errors import BadInput


@command("judge")
def judge(path: Annotated[Path, typer.Argument(help="A run directory, such as reports/latest.")]) -> int:
    """Judge a recorded run again, with no cluster."""
    from seatrial.commands._rejudging import rejudge, rejudged_text

    if path.is_file():
        raise BadInput(
            "a run is a directory, this is a file", where=str(path),
            next_step="Name the directory that the run was written to, such as reports/latest.",
        )  # fmt: skip
    code, text = rejudged_text(rejudge(path))
    typer.echo(text)
    return code
