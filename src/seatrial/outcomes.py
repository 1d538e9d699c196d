"""How a verdict ends a check: each outcome but a pass is an exception that carries it."""

from __future__ import annotations

from seatrial.errors import SeatrialError
from seatrial.model.verdict import Outcome, Verdict


class NotPassed(AssertionError):
    """A check ended with another outcome than passed; `verdict` says which and why."""

    def __init__(self, verdict: Verdict) -> None:
        super().__init__(verdict.explain())
        self.verdict = verdict


class CheckFailed(NotPassed):
    """The requirement did not hold."""


class CheckInconclusive(NotPassed):
    """The evidence cannot tell pass from fail."""


class CheckError(NotPassed):
    """The requirement could not be tested."""


class CheckSkipped(NotPassed):
    """Not run on purpose (no consent)."""


class CheckUnsupported(NotPassed):
    """The system declares nothing that the check could be applied to."""


_EXCEPTIONS: dict[Outcome, type[NotPassed]] = {
    Outcome.FAILED: CheckFailed,
    Outcome.INCONCLUSIVE: CheckInconclusive,
    Outcome.ERROR: CheckError,
    Outcome.SKIPPED: CheckSkipped,
    Outcome.UNSUPPORTED: CheckUnsupported,
}


def require(verdict: Verdict) -> Verdict:
    """Return a passed verdict; raise any other as its exception."""
    if verdict.passed:
        return verdict
    raise _EXCEPTIONS[verdict.outcome](verdict)


def verdict_of(error: BaseException) -> Verdict:
    """The verdict that an exception means: its own, or ERROR for anything that is not a verdict."""
    if isinstance(error, NotPassed):
        return error.verdict
    if isinstance(error, SeatrialError):
        seen = f"{error.what} ({error.where})" if error.where else error.what
        return Verdict(Outcome.ERROR, seen, "the check can be carried out", error.next_step)
    if isinstance(error, KeyboardInterrupt):
        return Verdict(Outcome.ERROR, "interrupted", "the check runs to its end", "Run it again.")
    return Verdict(
        Outcome.ERROR,
        f"{type(error).__name__}: {error}",
        "the check can be carried out",
        "This is a defect of the check or of Seatrial, not of the system: please report it.",
    )
