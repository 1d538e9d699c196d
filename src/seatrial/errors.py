"""Errors written for people: what happened, where, and what to do next."""

from __future__ import annotations

from collections.abc import Iterable


class SeatrialError(Exception):
    """Something a person must act on. Printed in full, never with a traceback.

    Args:
        what: one sentence, what happened.
        where: the file and line, object, address or command it happened at.
        next_step: what the reader can do about it.
    """

    def __init__(self, what: str, *, where: str = "", next_step: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.next_step = next_step

    @property
    def in_a_line(self) -> str:
        """What happened and where, for a sentence."""
        return f"{self.what} ({self.where})" if self.where else self.what

    def __str__(self) -> str:
        lines = [self.what]
        if self.where:
            lines.append(f"  where    {self.where}")
        if self.next_step:
            lines.append(f"  next     {self.next_step}")
        return "\n".join(lines)


def suggestion(name: object, known: Iterable[str]) -> str:
    """The `next_step` where a name is unknown: the nearest that is known, else all of them."""
    import difflib  # here: the lint, which seldom needs it, must begin at once

    names = sorted(known)
    nearest = difflib.get_close_matches(str(name), names, n=1, cutoff=0.5)
    return f"Did you mean {nearest[0]}?" if nearest else f"Known are: {', '.join(names) or 'none'}."


class BadInput(SeatrialError):
    """A file, flag or variable that cannot be used as it is."""


class ClusterUnreachable(SeatrialError):
    """The API server of the target did not answer."""


class WaitExpired(SeatrialError):
    """A bounded wait ran out; carries the last reason it was given."""


class NotAllowed(SeatrialError):
    """A right lacks, so that something cannot be carried out here."""


class EvidenceLost(SeatrialError):
    """What was seen is not all that happened, so that nothing can be said."""


class FaultRefused(SeatrialError):
    """A fault was not injected: nothing matched, it would be unsafe, or nobody consented."""


class FaultNotVerified(SeatrialError):
    """A fault was requested, but its effect was not seen."""
