"""One timed active look at the system: a connection, a command, a query, a series, a read-back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from seatrial.model.exchange import Exchange, ExchangeOutcome


class MeasurementOutcome(StrEnum):
    """What became of a measurement."""

    ANSWERED = "answered"
    """The system answered; `value` holds what it said."""
    REFUSED = "refused"
    """The system answered that it will not: connection refused, permission denied, not found."""
    COULD_NOT_TRY = "could-not-try"
    """The measurement itself could not be made, which says nothing about the system."""


@dataclass(frozen=True)
class Measurement:
    """One measurement. All times are monotonic seconds of this machine.

    Attributes:
        kind: what was measured, e.g. "invariant", "read-back", "query".
        name: which one of its kind, e.g. the invariant's name or the key of a write.
        began_at, ended_at: when it was made.
        outcome: see `MeasurementOutcome`.
        value: the answer as plain JSON data.
        reason: why it was refused or could not be tried; empty when answered.
        step: path of the step of the scenario that made it, e.g. "3.1"; empty when the harness did by itself.
    """

    kind: str
    name: str
    began_at: float
    ended_at: float
    outcome: MeasurementOutcome
    value: Mapping[str, Any] = field(default_factory=dict)
    reason: str = ""
    step: str = ""

    @property
    def answered(self) -> bool:
        """Whether there is a value to judge."""
        return self.outcome is MeasurementOutcome.ANSWERED


READ_BACK = "read-back"
INVARIANT = "invariant"
STORE_ACTIVITY = "store-activity"
"""How much a store has done; `value` holds `commits` and `rows`."""
AS_BEFORE = "as-before"
"""What differs from before a scenario; `value` holds `changed`, a sentence each, and `unseen` kinds."""
SELECTED_PODS = "selected-pods"
"""Which pods an autoscaler counts; `value` holds `selected`, how many, and `others`, whose they are."""
ENTRY_SERVICE = "entry-service"
"""Whether the entry's address leads to the Service of its name; `value` holds `shown_by`."""
ONE_NODE = "one_node"
"""In that value: the address of the node whose own pods alone answer there."""


@dataclass(frozen=True)
class ReadBack:
    """One look, after a disruption, for what one write left behind.

    Attributes:
        identity: the write's `answer_id`, or its `key` where no id was answered.
        at: monotonic seconds when the answer came.
        copies: how often it was found: 0 is surely absent, None when it could not be read.
    """

    identity: str
    at: float
    copies: int | None

    def measurement(self, began_at: float) -> Measurement:
        """The look as a measurement, for the record."""
        outcome = MeasurementOutcome.COULD_NOT_TRY if self.copies is None else MeasurementOutcome.ANSWERED
        return Measurement(READ_BACK, self.identity, began_at, self.at, outcome, {"copies": self.copies})

    @classmethod
    def of(cls, measurement: Measurement) -> ReadBack:
        """The look that a measurement of this kind recorded."""
        return cls(measurement.name, measurement.ended_at, measurement.value.get("copies"))


SENT_AGAIN = "sent-again"
OTHER_BODY = "other-body"
"""A write's key sent with another body; `value` also holds `fair`: with a key of its own it was accepted."""


def again_measurement(exchange: Exchange, kind: str = SENT_AGAIN, **more: Any) -> Measurement:
    """A write that was sent again, as a measurement; `more` stands in its value."""
    assert exchange.sent_at is not None
    value = {
        "sequence": exchange.sequence, "journey": exchange.journey, "outcome": exchange.outcome.value,
        "status": exchange.status, "answer_id": exchange.answer_id, **more,
    }  # fmt: skip
    outcome = MeasurementOutcome.ANSWERED if exchange.status is not None else MeasurementOutcome.COULD_NOT_TRY
    ended_at = exchange.sent_at if exchange.completed_at is None else exchange.completed_at
    return Measurement(kind, exchange.key, exchange.sent_at, ended_at, outcome, value, exchange.error)


def exchange_sent_again(measurement: Measurement) -> Exchange:
    """The exchange that a measurement of this kind, or of another body, recorded."""
    value = measurement.value
    return Exchange(
        int(value["sequence"]), str(value["journey"]), measurement.began_at, measurement.began_at,
        measurement.ended_at, ExchangeOutcome(value["outcome"]), value["status"], measurement.reason,
        measurement.name, str(value["answer_id"]),
    )  # fmt: skip
