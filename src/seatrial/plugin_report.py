"""What pytest says of checks: words, text in place of tracebacks, and the lines at the end."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from seatrial.model.check import Check, check_of
from seatrial.model.verdict import Mode, Outcome, Verdict

PAGE: pytest.StashKey[str] = pytest.StashKey()
ACCEPTED: pytest.StashKey[frozenset[Outcome]] = pytest.StashKey()
NO_PASS: pytest.StashKey[bool] = pytest.StashKey()
"""Set when checks were run and none passed, so that the exit code is not 0."""
CHANGED: pytest.StashKey[list[str]] = pytest.StashKey()
"""What differs in the system after the checks from before them; anything makes the exit code not 0."""
LEFT_OUT: pytest.StashKey[list[str]] = pytest.StashKey()
"""Names of the results that the profile leaves out."""

_WORDS = {
    Outcome.FAILED: ("failed", "F", ("FAILED", {"red": True})),
    Outcome.INCONCLUSIVE: ("inconclusive", "?", ("INCONCLUSIVE", {"yellow": True})),
    Outcome.ERROR: ("error", "E", ("ERROR", {"red": True})),
    Outcome.UNSUPPORTED: ("unsupported", "u", ("UNSUPPORTED", {"yellow": True})),
    Outcome.SKIPPED: ("skipped", "s", ("SKIPPED", {"yellow": True})),
    Outcome.PASSED: ("passed", ".", ("PASSED", {"green": True})),
}


ACCEPTABLE = (Outcome.SKIPPED.value, Outcome.UNSUPPORTED.value)


def accepted_of(config: pytest.Config) -> frozenset[Outcome]:
    """The outcomes that somebody accepts in place of a pass, from flags and environment."""
    named = [
        *config.getoption("seatrial_accept"),
        *os.environ.get("SEATRIAL_ACCEPT", "").replace(",", " ").split(),
    ]
    for name in named:
        if name not in ACCEPTABLE:
            raise pytest.UsageError(
                f"SEATRIAL_ACCEPT: {name!r} cannot be accepted; only {' and '.join(ACCEPTABLE)}"
            )
    return frozenset(map(Outcome, named))


def called(session: pytest.Session) -> int:
    """How many checks were to be judged: whatever ends pytest early, with whatever code, leaves some out."""
    if session.config.option.collectonly:
        return 0
    return sum(
        check_of(getattr(item, "function", None)) is not None for item in getattr(session, "items", ())
    )


class Uncaptured:
    """A text sink that writes to the terminal while pytest captures."""

    def __init__(self, capture: Any) -> None:
        self._capture = capture

    def write(self, text: str) -> int:
        with self._capture.global_and_fixture_disabled():
            sys.stderr.write(text)
            sys.stderr.flush()
        return len(text)

    def flush(self) -> None:
        """Nothing is held back."""


def say(report: pytest.TestReport, found: Check, subject: str, verdict: Verdict) -> None:
    """Give a report the outcome of its verdict, and text for people in place of a traceback."""
    report.__dict__.pop("wasxfail", None)
    if verdict.passed:
        report.outcome, report.longrepr = "passed", None
    elif verdict.outcome in (Outcome.SKIPPED, Outcome.UNSUPPORTED):
        report.outcome = "skipped"
        report.longrepr = (report.location[0], 0, f"{found.id}: {verdict.observed}")
    else:
        report.outcome = "failed"
        report.longrepr = verdict.told(found.id, subject, found.requirement)


def pytest_report_teststatus(report: pytest.TestReport) -> Any:
    outcome = getattr(report, "seatrial_outcome", None)
    if outcome is not None and (report.when == "call" or not report.passed):
        return _WORDS[outcome]
    return None


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    for line in [*_unusual(terminalreporter), *_without_a_pass(terminalreporter, config)]:
        terminalreporter.line(line)
    for sentence in config.stash.get(CHANGED, []):
        terminalreporter.line(f"not as before: {sentence}", red=True)
    if left_out := config.stash.get(LEFT_OUT, []):
        terminalreporter.line(left_to_full(left_out))
    page = config.stash.get(PAGE, "")
    if page:
        terminalreporter.line(f"page  {page}")


def left_to_full(names: list[str]) -> str:
    """What the core profile did not carry out, in a sentence."""
    amount = f"{len(names)} result{'s' if len(names) != 1 else ''}"
    return f"profile core: {amount} left to --profile full: {', '.join(names)}"


def _unusual(terminalreporter: Any) -> Iterator[str]:
    """What pytest's own summary does not tell: inconclusive and unsupported checks, the latter in short."""
    for category in ("inconclusive", "unsupported"):
        reports = terminalreporter.getreports(category)
        if reports:
            terminalreporter.section(category)
        hidden = [r for r in reports if category == "unsupported" and r.seatrial_mode is Mode.DECLARED]
        for report in reports:
            if report not in hidden:
                yield report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        if hidden:
            yield f"{len(hidden)} declared rules have no object here; the page names them"


def _without_a_pass(terminalreporter: Any, config: pytest.Config) -> Iterator[str]:
    """Why the exit code is not 0 although nothing is red, and what was accepted in place of a pass."""
    calm = {
        outcome for outcome in (Outcome.SKIPPED, Outcome.UNSUPPORTED) if terminalreporter.getreports(outcome)
    }
    accepted = config.stash[ACCEPTED]
    if config.stash.get(NO_PASS, False):
        options = " ".join(f"--accept {outcome}" for outcome in sorted(calm))
        yield "no check passed, so the exit code is not 0" + (f" ({options} accepts it)" if calm else "")
    elif calm & accepted:
        yield f"accepted in place of a pass: {', '.join(sorted(calm & accepted))} (--accept)"
