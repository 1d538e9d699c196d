"""The verdicts of a run as a table of plain text."""

from __future__ import annotations

import shutil
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from seatrial.model.verdict import CheckResult, Outcome
from seatrial.report.declared import DeclaredRow, Finding
from seatrial.report.text import count, one_line
from seatrial.report.view import RunView

_LEAST_WIDTH = 48
_LEAST_FOR_OBSERVED = 24
"""Columns below which what was observed stands under its row, not beside it."""
_OUTCOME_WIDTH = 14
_INDENT = "    "
_MOST_FINDINGS = 8
_MOST_LINES_OF_A_PASS = 2


@dataclass(frozen=True)
class _Layout:
    """Widths of the table of proven checks; what was observed takes the rest."""

    columns: int
    check: int
    subject: int

    @property
    def before_observed(self) -> int:
        return _OUTCOME_WIDTH + self.check + self.subject + 4

    @property
    def observed(self) -> int:
        return self.columns - self.before_observed

    @property
    def fits(self) -> bool:
        """Else the check and its subject are written in one, on so many lines as they need."""
        return self.before_observed <= self.columns


def summary_text(view: RunView, width: int | None = None) -> str:
    """The outcome for a terminal: proven checks, worst first; declared rules; what else counts; the totals.

    Args:
        width: columns to fill; the terminal's when None.
    """
    columns = max(width or shutil.get_terminal_size((100, 24)).columns, _LEAST_WIDTH)
    lines = [*_proven(view.results.proven, columns), *_declared(view, columns)]
    for trouble in view.troubles:
        label = "UNFINISHED" if trouble.kind == "unfinished" else "!"
        lines += _labelled(label, one_line(trouble.sentence), columns)
    for changed in view.run.changed_objects or ():
        lines += _labelled("changed", one_line(changed), columns)
    for note in view.run.notes:
        lines += _labelled("note", one_line(note), columns)
    return "\n".join([*lines, "", *_wrapped("", view.totals, columns)])


def _proven(results: Sequence[CheckResult], columns: int) -> Iterator[str]:
    if not results:
        return
    ranked = sorted(results, key=lambda result: (-result.verdict.outcome.severity, result.started_at))
    check = max(len(one_line(result.check)) for result in results)
    subject = max(len(one_line(result.subject)) for result in results)
    layout = _Layout(columns, max(check, len("check")), max(subject, len("subject")))
    if layout.fits:
        title = "observed" if layout.observed >= _LEAST_FOR_OBSERVED else ""
        yield _row(layout, "outcome", "check", "subject", title)
    for result in ranked:
        yield from _verdict(result, layout)


def _verdict(result: CheckResult, layout: _Layout) -> Iterator[str]:
    verdict = result.verdict
    beside = (
        _cut(one_line(verdict.observed), layout.observed, "")
        if layout.observed >= _LEAST_FOR_OBSERVED
        else []
    )
    first, *rest = beside if verdict.passed and beside else [""]
    check, subject, word = one_line(result.check), one_line(result.subject), _word(verdict.outcome)
    if layout.fits:
        yield _row(layout, word, check, subject, first)
    else:
        yield from _labelled(word, f"{check} [{subject}]" if subject else check, layout.columns)
    for line in rest:
        yield " " * layout.before_observed + line
    if verdict.passed and not beside:
        yield from _cut(one_line(verdict.observed), layout.columns, " " * _OUTCOME_WIDTH)
    if not verdict.passed:
        for label, text in (
            ("observed", verdict.observed),
            ("expected", verdict.expected),
            ("next", verdict.next_step),
        ):
            if text:
                yield from _wrapped(f"{_INDENT}{label:<10}", one_line(text, 1000), layout.columns)


def _row(layout: _Layout, outcome: str, check: str, subject: str, observed: str) -> str:
    cells = f"{outcome:<{_OUTCOME_WIDTH}}{check:<{layout.check}}  {subject:<{layout.subject}}  {observed}"
    return cells.rstrip()


def _cut(text: str, width: int, indent: str) -> list[str]:
    """`text` on so many lines as a passed check may take."""
    return textwrap.wrap(
        text, width, initial_indent=indent, subsequent_indent=indent,
        break_on_hyphens=False, max_lines=_MOST_LINES_OF_A_PASS, placeholder=" …",
    )  # fmt: skip


def _declared(view: RunView, columns: int) -> Iterator[str]:
    """One line for all rules, and what of them is red; a rule without an object is only counted."""
    totals = view.results.totals
    if not totals.rules:
        return
    parts = [
        f"{totals.rules[Outcome.PASSED]} of {count(totals.applied, 'rule')} hold on "
        f"{count(totals.objects, 'object')}"
    ]
    words = {Outcome.SKIPPED: "waived", Outcome.UNSUPPORTED: "without an object"}
    for outcome in (Outcome.FAILED, Outcome.ERROR, Outcome.INCONCLUSIVE, *words):
        if totals.rules[outcome]:
            parts.append(f"{totals.rules[outcome]} {words.get(outcome, outcome)}")
    yield from _labelled("declared", "; ".join(parts), columns)
    for row in view.results.rows:
        if row.outcome.makes_red:
            yield from _declared_row(row, columns)


def _declared_row(row: DeclaredRow, columns: int) -> Iterator[str]:
    several = f"{len(row.rules)} rules: {', '.join(row.rules)}"
    title = several if len(row.rules) > 1 else f"{row.rules[0]}: {row.requirement}"
    yield from _labelled(_word(row.outcome), one_line(title), columns)
    red = [finding for finding in row.findings if finding.outcome.makes_red]
    for finding in red[:_MOST_FINDINGS]:
        yield from _wrapped(f"{_INDENT}{'observed':<10}", _finding(finding), columns)
    if len(red) > _MOST_FINDINGS:
        more = f"and {len(red) - _MOST_FINDINGS} more, on the page"
        yield from _wrapped(f"{_INDENT}{'':<10}", more, columns)
    if row.next_step:
        yield from _wrapped(f"{_INDENT}{'next':<10}", one_line(row.next_step, 1000), columns)


def _finding(finding: Finding) -> str:
    places = f" ({', '.join(finding.places)})" if finding.places else ""
    return one_line(f"{', '.join(finding.subjects)}: {finding.observed}{places}", 600)


def _word(outcome: Outcome) -> str:
    return outcome.upper() if outcome.makes_red else outcome.value


def _labelled(label: str, text: str, columns: int) -> list[str]:
    return _wrapped(f"{label:<{_OUTCOME_WIDTH}}", text, columns)


def _wrapped(label: str, text: str, columns: int) -> list[str]:
    return textwrap.wrap(
        text, columns, initial_indent=label, subsequent_indent=" " * len(label), break_on_hyphens=False
    ) or [label.rstrip()]
