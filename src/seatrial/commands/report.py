"""`seatrial report`: the page of a run, built again from its records; its summary in any format."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from seatrial.commands.base import command, shown
from seatrial.errors import BadInput


class Format(StrEnum):
    """What is printed; the files are written alike."""

    TEXT = "text"
    MARKDOWN = "markdown"
    JUNIT = "junit"
    SARIF = "sarif"
    JSON = "json"


FILES = {Format.JUNIT: "junit.xml", Format.SARIF: "run.sarif", Format.JSON: "run.json"}
"""The formats that lie in the run's folder, too."""


@command("report")
def report(
    directory: Annotated[Path, typer.Argument(help="A run directory.")] = Path("reports/latest"),
    form: Annotated[Format, typer.Option("--format", help="What to print.")] = Format.TEXT,
) -> int:
    """Build the page of a run again from its records, and print its summary."""
    code, text = rebuild_report(directory, form)
    typer.echo(text.rstrip("\n"))
    return code


def rebuild_report(directory: Path, form: Format = Format.TEXT) -> tuple[int, str]:
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
    from seatrial.report.markdown import summary_markdown
    from seatrial.report.view import view_of

    view = view_of(read_run(directory.resolve()))
    page = write_report(view)
    if form in FILES:
        return view.exit_code, (page.parent / FILES[form]).read_text(encoding="utf-8")
    if form is Format.MARKDOWN:
        return view.exit_code, summary_markdown(view)
    return view.exit_code, f"{summary_text(view)}\n\npage  {shown(page)}"
