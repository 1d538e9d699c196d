"""Judges of acknowledged data: what the system promised must be there, once, and its total unchanged.

`acknowledged_writes`, `one_effect_each` and `money_is_conserved` judge an observation. `check_bank` and
`check_idempotency` take a `History` of any client; docs/judges.md explains each with an example.
"""

from seatrial.judge.consistency.bank import check_bank
from seatrial.judge.consistency.from_exchanges import (
    Built,
    bank_history,
    idempotency_history,
    judged,
    money_is_conserved,
    one_effect_each,
)
from seatrial.judge.consistency.history import History, Operation
from seatrial.judge.consistency.idempotency import check_idempotency
from seatrial.judge.consistency.writes import acknowledged_writes, lost_writes

__all__ = [
    "Built",
    "History",
    "Operation",
    "acknowledged_writes",
    "bank_history",
    "check_bank",
    "check_idempotency",
    "idempotency_history",
    "judged",
    "lost_writes",
    "money_is_conserved",
    "one_effect_each",
]
