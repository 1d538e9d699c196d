"""The outcome of a run for a terminal: a sentence, a table, and its exit code."""

from __future__ import annotations

from seatrial.model.run import Run
from seatrial.report.console import summary_lines
from seatrial.report.view import view_of


def exit_code(run: Run) -> int:
    """See `view_of`."""
    return view_of(run).exit_code


def headline(run: Run) -> str:
    """One sentence for someone who reads nothing else."""
    return view_of(run).headline


def summary_text(run: Run, width: int | None = None) -> str:
    """The verdicts as plain text, worst first; what did not pass says what was observed, expected, and next.

    Args:
        width: columns to fill; the terminal's when None.
    """
    return "\n".join(summary_lines(view_of(run), width))
