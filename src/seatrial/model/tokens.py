"""Requests with right and wrong tokens, as measurements keep them: kinds and status codes, never a token."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass

from seatrial.model.measurement import Measurement, MeasurementOutcome

ASKED, MADE = "asked-with-token", "tokens-made"
"""Kinds of the measurements."""
RIGHT = "the right token"
NONE, MALFORMED = "no token", "a malformed token"
FOREIGN, CHANGED = "a token with a foreign signature", "a token with changed claims"
UNSIGNED, EXPIRED = "an unsigned token (alg none)", "an expired token"
KINDS = (NONE, MALFORMED, FOREIGN, CHANGED, UNSIGNED, EXPIRED)
"""The wrong ones, in the order in which they are tried."""


@dataclass(frozen=True)
class TokensMade:
    """Which tokens could be made.

    Attributes:
        declared: whether the system file says where the right token is.
        unread: why the right one could not be had; empty when it could, or none is declared.
        lacking: kinds that were not tried, each with the reason.
    """

    declared: bool
    unread: str
    lacking: Mapping[str, str]

    def measurement(self, at: float) -> Measurement:
        """It as a measurement, for the record."""
        return Measurement(MADE, "tokens", at, at, MeasurementOutcome.ANSWERED, asdict(self))

    @classmethod
    def of(cls, measurement: Measurement) -> TokensMade:
        """What a measurement of this kind recorded."""
        return cls(**measurement.value)


@dataclass(frozen=True)
class Asked:
    """One route that was asked some times with one kind of token, each over a connection of its own.

    Attributes:
        route: method and path, as the system file writes them.
        token: `RIGHT`, or one of `KINDS`.
        statuses: of the answers.
        expected: status codes that the right token is answered with.
        lost: why requests got no answer; empty when each did.
    """

    route: str
    token: str
    statuses: tuple[int, ...]
    expected: tuple[int, ...]
    lost: str = ""

    def measurement(self, began_at: float, ended_at: float) -> Measurement:
        """It as a measurement, for the record; without any answer it could not be tried."""
        outcome = MeasurementOutcome.ANSWERED if self.statuses else MeasurementOutcome.COULD_NOT_TRY
        name = f"{self.route} with {self.token}"
        return Measurement(ASKED, name, began_at, ended_at, outcome, asdict(self), self.lost)

    @classmethod
    def of(cls, measurement: Measurement) -> Asked:
        """What a measurement of this kind recorded."""
        value = measurement.value
        lists = {name: tuple(value[name]) for name in ("statuses", "expected")}
        return cls(value["route"], value["token"], **lists, lost=value["lost"])
