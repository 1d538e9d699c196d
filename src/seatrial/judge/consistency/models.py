"""The checkers by name: what `seatrial judge FILE --model NAME` offers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial

from seatrial.errors import BadInput
from seatrial.judge.consistency.bank import check_bank
from seatrial.judge.consistency.counter import check_counter
from seatrial.judge.consistency.history import History, parse_history
from seatrial.judge.consistency.idempotency import check_idempotency
from seatrial.judge.consistency.queue import check_queue
from seatrial.judge.consistency.register import check_register
from seatrial.judge.consistency.search import FIFO, check_search
from seatrial.judge.consistency.sets import check_set
from seatrial.judge.consistency.unique_ids import check_unique_ids
from seatrial.model.verdict import Verdict

MODELS: Mapping[str, Callable[[History], Verdict]] = {
    "set": check_set,
    "unique-ids": check_unique_ids,
    "counter": check_counter,
    "bank": check_bank,
    "queue": check_queue,
    "register": check_register,
    "search": check_search,
    "fifo": partial(check_search, rules=FIFO),
    "idempotency": check_idempotency,
}


def judge_history(lines: Iterable[str], model: str, *, source: str) -> Verdict:
    """Judge a history in NDJSON.

    Args:
        lines: of the text; an open file will do.
        model: a key of `MODELS`.
        source: name of the file, for messages.

    Raises:
        BadInput: for an unknown model, a bad line (naming file and line), or operations of another model.
    """
    if model not in MODELS:
        raise BadInput(f"unknown model {model}", next_step=f"Models are: {', '.join(MODELS)}.")
    history = parse_history(lines, source=source)
    try:
        return MODELS[model](history)
    except BadInput as error:
        raise BadInput(error.what, where=source, next_step=error.next_step) from None
