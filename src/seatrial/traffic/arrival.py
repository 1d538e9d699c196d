"""One arrival of a schedule, and the exchange that becomes of it."""

from __future__ import annotations

from dataclasses import dataclass

from seatrial.model.exchange import DROPPED, Exchange, ExchangeOutcome
from seatrial.traffic.answer import Answer
from seatrial.traffic.journey import CompiledJourney


@dataclass(slots=True)
class Arrival:
    """What is known of a request before its answer. Times are monotonic seconds.

    Attributes:
        key: the value of {uuid} in it, or empty.
    """

    sequence: int
    planned_at: float
    journey: CompiledJourney
    key: str
    sent_at: float = 0.0

    def exchange(self, answer: Answer) -> Exchange:
        """What the answer means for the journey; `traffic.request` tells what is failed and what unknown."""
        answer_id = ""
        if answer.complete and answer.status is not None:
            outcome, error = self.journey.outcome_of(answer.status)
            if outcome is ExchangeOutcome.OK:
                answer_id = self.journey.answer_id(answer.body)
        else:
            outcome, error = ExchangeOutcome.UNKNOWN if answer.sent else ExchangeOutcome.FAILED, answer.error
        return Exchange(
            self.sequence,
            self.journey.name,
            self.planned_at,
            self.sent_at,
            answer.completed_at,
            outcome,
            answer.status,
            error,
            self.key,
            answer_id,
            answer.backend,
        )

    def dropped(self) -> Exchange:
        """The exchange when too many were in flight to send it."""
        name = self.journey.name
        return Exchange(
            self.sequence, name, self.planned_at, None, None, ExchangeOutcome.FAILED, error=DROPPED
        )
