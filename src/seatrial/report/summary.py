"""The outcome of a run in a sentence, in a line, and as a table for the terminal."""

from __future__ import annotations

import shutil
import textwrap
from collections import Counter
from collections.abc import Iterator

from seatrial.model.run import Run
from seatrial.model.verdict import CheckResult, Outcome
from seatrial.report.text import OUTCOME_WORDS, count, duration, one_line

_LEAST_WIDTH = 48
_RED_FIRST = tuple(Outcome)


def exit_code(run: Run) -> int:
    """0 only when the run is finished, nothing in it is red, and something passed; else 1."""
    passed = any(result.verdict.passed for result in run.results)
    return 0 if run.finished and passed and not run.outcome.makes_red else 1


def worst_first(results: tuple[CheckResult, ...]) -> list[CheckResult]:
    """By outcome, then in the order in which they ran."""
    return sorted(results, key=lambda result: (-result.verdict.outcome.severity, result.started_at))


def headline(run: Run) -> str:
    """One sentence for someone who reads nothing else."""
    outcomes = Counter(result.verdict.outcome for result in run.results)
    total, passed = len(run.results), outcomes[Outcome.PASSED]
    if not total:
        start = "Nothing was checked"
    elif passed == total:
        start = "The only check passed" if total == 1 else f"All {total} checks passed"
    elif total == 1:
        start = "The only check did not pass"
    else:
        start = f"{passed} of {total} checks passed"
    parts = [_part(run, outcome, outcomes[outcome]) for outcome in _RED_FIRST if outcomes[outcome]]
    sentence = "; ".join([start, *(part for part in parts if part)])
    if not run.finished:
        return f"The run did not finish. Until then {sentence[0].lower()}{sentence[1:]}."
    return " ".join([f"{sentence}.", *_troubles(run)])


def _part(run: Run, outcome: Outcome, amount: int) -> str:
    """How many ended so; the worst are named, when they are few."""
    if outcome is Outcome.PASSED:
        return ""
    verb = {
        Outcome.FAILED: "failed",
        Outcome.ERROR: "could not be tested",
        Outcome.INCONCLUSIVE: "was inconclusive" if amount == 1 else "were inconclusive",
        Outcome.UNSUPPORTED: "does not apply" if amount == 1 else "do not apply",
        Outcome.SKIPPED: "was skipped" if amount == 1 else "were skipped",
    }[outcome]
    named = [result for result in run.results if result.verdict.outcome is outcome]
    worst = Outcome.worst(result.verdict.outcome for result in run.results)
    if not outcome.makes_red or outcome is not worst or amount > 2:
        return f"{amount} {verb}"
    return f"{amount} {verb}: {' and '.join(_name(result) for result in named)}"


def _name(result: CheckResult) -> str:
    subject = f" on {one_line(result.subject, 60)}" if result.subject else ""
    return f"{one_line(result.check, 80)}{subject}"


def _troubles(run: Run) -> Iterator[str]:
    """What forbids a pass beside the checks, each a sentence."""
    if not run.finished:
        yield "The run did not finish, so it cannot pass."
    elif run.unfinished_checks:
        yield f"{count(len(run.unfinished_checks), 'check')} began and never ended."
    if run.damage:
        yield "Part of its record cannot be read."
    for text in run.broken:
        yield f"{one_line(text, 120).capitalize()}."


def totals_line(run: Run) -> str:
    """`1 failed, 2 passed in 12 min 30 s`, worst first; says when the run is unfinished."""
    outcomes = Counter(result.verdict.outcome for result in run.results)
    parts = [f"{outcomes[outcome]} {OUTCOME_WORDS[outcome]}" for outcome in _RED_FIRST if outcomes[outcome]]
    if run.unfinished_checks:
        parts.append(f"{len(run.unfinished_checks)} unfinished")
    ended = run.ended_wall or run.extra.get("last_event_wall", run.started_wall)
    line = f"{', '.join(parts) or 'nothing was checked'} in {duration(ended - run.started_wall)}"
    return line if run.finished else f"{line} (run unfinished)"


def summary_text(run: Run, width: int | None = None) -> str:
    """The verdicts as plain text, worst first; whatever did not pass says what was seen, allowed and next.

    Args:
        width: columns to fill; the terminal's when None.
    """
    columns = max(width or shutil.get_terminal_size((100, 24)).columns, _LEAST_WIDTH)
    lines: list[str] = []
    for result in worst_first(run.results):
        lines += _verdict_lines(result, columns)
    for started in run.unfinished_checks:
        name = f"{started.get('check', '')} [{started.get('subject', '')}]"
        lines += _wrapped("UNFINISHED    ", one_line(name), columns)
    for trouble in _troubles(run):
        lines += _wrapped("!             ", trouble, columns)
    for changed in run.changed_objects or ():
        lines += _wrapped("changed       ", one_line(changed), columns)
    for note in run.notes:
        lines += _wrapped("note          ", one_line(note), columns)
    return "\n".join([*lines, "", *_wrapped("", totals_line(run), columns)])


def _verdict_lines(result: CheckResult, columns: int) -> list[str]:
    verdict = result.verdict
    word = OUTCOME_WORDS[verdict.outcome]
    label = f"{word.upper() if verdict.outcome.makes_red else word:<14}"
    subject = f" [{result.subject}]" if result.subject else ""
    lines = _wrapped(label, one_line(f"{result.check}{subject}"), columns)
    if verdict.passed:
        return lines
    lines += _wrapped("    seen      ", one_line(verdict.seen, 1000), columns)
    lines += _wrapped("    allowed   ", one_line(verdict.allowed, 1000), columns)
    if verdict.next_step:
        lines += _wrapped("    next      ", one_line(verdict.next_step, 1000), columns)
    return lines


def _wrapped(label: str, text: str, columns: int) -> list[str]:
    return textwrap.wrap(
        text, columns, initial_indent=label, subsequent_indent=" " * len(label), break_on_hyphens=False
    ) or [label.rstrip()]
