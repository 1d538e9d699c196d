"""Judges of acknowledged data: what the system promised must be there, once, and in an order that can be.

`lost_writes` judges a traffic stream and what was read back. The checkers of histories (`check_set` and so
on) take a `History` of any client; docs/judges.md explains each with an example.
"""

from seatrial.judge.consistency.bank import check_bank
from seatrial.judge.consistency.counter import check_counter
from seatrial.judge.consistency.export import to_elle, to_porcupine
from seatrial.judge.consistency.from_exchanges import (
    Built,
    bank_history,
    idempotency_history,
    judged,
    set_history,
)
from seatrial.judge.consistency.history import History, Operation, format_history, parse_history
from seatrial.judge.consistency.idempotency import check_idempotency
from seatrial.judge.consistency.models import MODELS, judge_history
from seatrial.judge.consistency.queue import check_queue
from seatrial.judge.consistency.register import check_register
from seatrial.judge.consistency.search import FIFO, REGISTER, Rules, check_search
from seatrial.judge.consistency.sets import check_set
from seatrial.judge.consistency.unique_ids import check_unique_ids
from seatrial.judge.consistency.writes import acknowledged_writes, lost_writes

__all__ = [
    "FIFO",
    "MODELS",
    "REGISTER",
    "Built",
    "History",
    "Operation",
    "Rules",
    "acknowledged_writes",
    "bank_history",
    "check_bank",
    "check_counter",
    "check_idempotency",
    "check_queue",
    "check_register",
    "check_search",
    "check_set",
    "check_unique_ids",
    "format_history",
    "idempotency_history",
    "judge_history",
    "judged",
    "lost_writes",
    "parse_history",
    "set_history",
    "to_elle",
    "to_porcupine",
]
