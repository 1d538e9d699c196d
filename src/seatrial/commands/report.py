"""`seatrial report`: the page of a run, built again from its records."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from seatrial.commands.base import command, shown
from seatrial.errors import BadInput


@command("report")
def report(
    directory: Annotated[Path, typer.Argument(help="A run directory.")] = Path("reports/latest"),
) -> int:
    """Build the page of a run again from its records, and print its summary."""
    code, text = rebuild_report(directory)
    typer.echo(text)
    return code


def rebuild_report(directory: Path) -> tuple[int, str]:
    """Build the page of a run again; returns its exit code and summary.

    Raises:
        BadInput: the folder holds no run.
    """
    if not directory.is_dir() or not any(directory.glob("events-*.ndjson")):
        raise BadInput(
            "there is no run in that folder", where=str(directory),
            next_step="Name a folder below reports/; `seatrial run` makes one.",
        )  # fmt: skip
    from seatrial.record.reader import read_run
    from seatrial.report.console import summary_text
    from seatrial.report.html import write_report
    from seatrial.report.view import view_of

    view = view_of(read_run(directory.resolve()))
    page = write_report(view)
    return view.exit_code, f"{summary_text(view)}\n\npage  {shown(page)}"
