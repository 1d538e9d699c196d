"""From errors to verdicts: what could not be carried out is a verdict, too."""

from __future__ import annotations

from seatrial.errors import EvidenceLost, NotAllowed, SeatrialError
from seatrial.model.verdict import Outcome, Verdict


class NotPassed(Exception):
    """Something that had to pass before going on did not; `verdict` says what and why."""

    def __init__(self, verdict: Verdict) -> None:
        super().__init__(verdict.explain())
        self.verdict = verdict


def require(verdict: Verdict) -> Verdict:
    """Return a passed verdict. Raises NotPassed for any other."""
    if verdict.passed:
        return verdict
    raise NotPassed(verdict)


def verdict_of(error: BaseException) -> Verdict:
    """The verdict that an exception means.

    Its own; UNSUPPORTED where a right lacks, INCONCLUSIVE where evidence was lost, ERROR for all else.
    """
    if isinstance(error, NotPassed):
        return error.verdict
    if isinstance(error, SeatrialError):
        seen = error.in_a_line
        if isinstance(error, NotAllowed):
            return Verdict(Outcome.UNSUPPORTED, seen, "every right that it needs", error.next_step)
        if isinstance(error, EvidenceLost):
            return Verdict(Outcome.INCONCLUSIVE, seen, "everything that was sent is known", error.next_step)
        return Verdict(Outcome.ERROR, seen, "the check can be carried out", error.next_step)
    if isinstance(error, KeyboardInterrupt):
        return Verdict(Outcome.ERROR, "interrupted", "the check runs to its end", "Run it again.")
    return Verdict(
        Outcome.ERROR,
        f"{type(error).__name__}: {error}",
        "the check can be carried out",
        "This is a defect of the check or of Seatrial, not of the system: please report it.",
    )


def taken(value: object) -> Verdict:
    """The verdict that a check returned; anything else that it returned is an ERROR."""
    if isinstance(value, Verdict):
        return value
    return Verdict(
        Outcome.ERROR, f"the check gave {type(value).__name__} instead of a verdict", "a verdict",
        "A check returns what a judge says; see CONTRIBUTING.md.",
    )  # fmt: skip
