"""A run as Markdown, for the summary of a job and for a comment on a change."""

from __future__ import annotations

from collections.abc import Iterator

from seatrial.model.verdict import CheckResult, Outcome
from seatrial.report.declared import DeclaredRow
from seatrial.report.text import count, markdown, one_line
from seatrial.report.view import CheckView, RunView

_MOST_ROWS = 100
_MOST_LINES = 20
_MOST_FINDINGS = 8
_HEAD = ["| outcome | check | subject | observed |", "|---|---|---|---|"]


def summary_markdown(view: RunView) -> str:
    """The outcome in a sentence, what is red with what to do, then what passed, folded."""
    name = str(view.run.system.get("name") or "no system recorded")
    lines = [f"### seatrial: {_word(view)}, {markdown(name)}", "", markdown(view.headline, 1000), ""]
    lines += _listed([trouble.sentence for trouble in view.troubles], "What forbids a pass")
    lines += _listed(view.run.changed_objects or (), "Not as before")
    red = [row for row in view.rows if row.outcome.makes_red]
    calm = [row for row in view.rows if not row.outcome.makes_red]
    lines += _table(red)
    if calm:
        title = f"{count(len(calm), 'more result')}: passed, waived, or not applied"
        lines += ["<details>", f"<summary>{title}</summary>", "", *_table(calm), "</details>", ""]
    lines += _listed(view.run.notes, "Notes")
    return "\n".join([*lines, markdown(view.totals, 1000)]) + "\n"


def _word(view: RunView) -> str:
    if view.exit_code == 0:
        return Outcome.PASSED.value
    return view.outcome.upper() if view.outcome.makes_red else "nothing passed"


def _listed(texts: tuple[str, ...] | list[str], title: str) -> list[str]:
    if not texts:
        return []
    lines = [f"**{title}**", "", *(f"- {markdown(text, 600)}" for text in texts[:_MOST_LINES])]
    if len(texts) > _MOST_LINES:
        lines.append(f"- and {len(texts) - _MOST_LINES} more, on the page")
    return [*lines, ""]


def _table(rows: list[CheckView | DeclaredRow]) -> list[str]:
    if not rows:
        return []
    lines = [*_HEAD, *(_row(row) for row in rows[:_MOST_ROWS])]
    if len(rows) > _MOST_ROWS:
        lines.append(f"| | | | and {len(rows) - _MOST_ROWS} more, on the page |")
    return [*lines, ""]


def _row(row: CheckView | DeclaredRow) -> str:
    cells = _proven(row.result) if isinstance(row, CheckView) else _declared(row)
    word = f"**{row.outcome.upper()}**" if row.outcome.makes_red else str(row.outcome)
    return f"| {word} | {' | '.join(cells)} |"


def _proven(result: CheckResult) -> tuple[str, str, str]:
    verdict = result.verdict
    parts = [markdown(verdict.observed, 600)]
    if not verdict.passed:
        parts += _more(verdict.expected, verdict.next_step)
    return markdown(result.check), markdown(result.subject), "<br>".join(parts)


def _declared(row: DeclaredRow) -> tuple[str, str, str]:
    shown = [
        f"{', '.join(finding.subjects)}: {finding.observed}"
        + (f" ({', '.join(finding.places)})" if finding.places else "")
        for finding in row.findings[:_MOST_FINDINGS]
    ]
    parts = [markdown(text, 600) for text in shown]
    if len(row.findings) > _MOST_FINDINGS:
        parts.append(f"and {len(row.findings) - _MOST_FINDINGS} more, on the page")
    parts += _more("", row.next_step)
    subjects = count(len(row.subjects), "object")
    return markdown(", ".join(row.rules), 600), subjects, "<br>".join(parts)


def _more(expected: str, next_step: str) -> Iterator[str]:
    for label, text in (("expected", expected), ("next", next_step)):
        if one_line(text):
            yield f"*{label}* {markdown(text, 600)}"
