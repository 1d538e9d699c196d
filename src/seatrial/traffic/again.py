"""Writes sent once more with their keys: what clients do that cannot know whether one was applied."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from random import Random
from typing import Any

from seatrial.errors import BadInput
from seatrial.model.exchange import Exchange, ExchangeOutcome
from seatrial.model.system import Journey
from seatrial.traffic.http import Http, NoAnswer
from seatrial.traffic.journey import CompiledJourney, compile_journey
from seatrial.traffic.template import Fill


def writes_to_repeat(exchanges: Iterable[Exchange], journey: str, at_most: int) -> list[Exchange]:
    """The writes that a client may send again: unknown ones first, then the last acknowledged ones.

    A write that was refused is left out: sent again it would be a new one.
    """
    mine = [e for e in exchanges if e.journey == journey and e.key and e.sent_at is not None]
    unknown = [e for e in mine if e.outcome is ExchangeOutcome.UNKNOWN]
    known = sorted((e for e in mine if e.ok), key=lambda e: e.planned_at, reverse=True)
    return (unknown + known)[:at_most]


def send_again(
    http: Http, writes: Sequence[Exchange], name: str, journey: Journey | Mapping[str, Any]
) -> Iterator[Exchange]:
    """Send each write again as it was: same key, same body. Yields an exchange for each.

    Raises:
        BadInput: the journey draws random values, so that its requests cannot be made again.
    """
    compiled = compile_journey(name, journey)
    if not compiled.repeatable:
        raise BadInput(
            "the journey draws random values, so that a request cannot be sent again as it was",
            where=f"journeys.{name}.request", next_step="Use {n} or {uuid} instead of {random.N}.",
        )  # fmt: skip
    for write in writes:
        yield _again(http, compiled, write)


def _again(http: Http, compiled: CompiledJourney, write: Exchange) -> Exchange:
    path, headers, body = compiled.request_of(Fill(write.sequence, Random(0), key=write.key))
    began_at = time.monotonic()
    status, answer_id, error = None, "", ""
    try:
        answer = http.request(
            compiled.method, path, headers=headers, content=body.encode("latin-1") or None,
            timeout_seconds=compiled.timeout_seconds,
        )  # fmt: skip
        status, answer_id = answer.status, compiled.answer_id(answer.body)
        outcome, error = compiled.outcome_of(answer.status)
    except NoAnswer as failure:
        outcome, error = ExchangeOutcome.UNKNOWN, failure.what
    return Exchange(
        write.sequence, write.journey, began_at, began_at, time.monotonic(), outcome, status, error,
        write.key, answer_id,
    )  # fmt: skip
