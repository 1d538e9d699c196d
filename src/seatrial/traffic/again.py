"""Writes sent once more with their keys: what clients do that cannot know whether one was applied."""

from __future__ import annotations

import json
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
    return (unknown + _lately_acknowledged(mine))[:at_most]


def writes_to_contradict(exchanges: Iterable[Exchange], journey: str, at_most: int) -> list[Exchange]:
    """Writes whose keys are surely used, one of each key: the last acknowledged ones."""
    mine = [e for e in exchanges if e.journey == journey and e.key]
    return list({e.key: e for e in _lately_acknowledged(mine)}.values())[:at_most]


def _lately_acknowledged(exchanges: Iterable[Exchange]) -> list[Exchange]:
    return sorted((e for e in exchanges if e.ok), key=lambda e: e.planned_at, reverse=True)


def send_again(
    http: Http, writes: Sequence[Exchange], name: str, journey: Journey | Mapping[str, Any]
) -> Iterator[Exchange]:
    """Send each write again as it was: same key, same body. Yields an exchange for each.

    Raises:
        BadInput: the journey draws random values, so that its requests cannot be made again.
    """
    compiled = _repeatable(name, journey)
    for write in writes:
        request = compiled.request_of(Fill(write.sequence, Random(0), key=write.key))
        yield _sent(http, compiled, write, write.key, request)


def send_other_body(
    http: Http, writes: Sequence[Exchange], name: str, journey: Journey | Mapping[str, Any]
) -> Iterator[tuple[Exchange, Exchange]]:
    """Send another body with a key of its own, which must be fine, and then with the key of each write.

    Yields:
        the exchange with the own key, and the one with the write's.

    Raises:
        BadInput: its requests cannot be made again, or their body holds no number to change.
    """
    compiled = _repeatable(name, journey)
    for write in writes:
        own = Fill(write.sequence, Random(0))
        fair = _changed(compiled, own)
        other = _changed(compiled, Fill(write.sequence, Random(0), key=write.key))
        yield _sent(http, compiled, write, own.key, fair), _sent(http, compiled, write, write.key, other)


def _repeatable(name: str, journey: Journey | Mapping[str, Any]) -> CompiledJourney:
    compiled = compile_journey(name, journey)
    if not compiled.repeatable:
        raise BadInput(
            "the journey draws random values, so that a request cannot be sent again as it was",
            where=f"journeys.{name}.request", next_step="Use {n} or {uuid} instead of {random.N}.",
        )  # fmt: skip
    return compiled


def _changed(compiled: CompiledJourney, fill: Fill) -> tuple[str, dict[str, str], str]:
    """The request with the first number of its body one higher: who asks for it stays the same."""
    path, headers, body = compiled.request_of(fill)
    content, changed = _one_more(json.loads(body.encode("latin-1")) if body else None)
    if not changed:
        raise BadInput(
            "the body holds no number, so that no other body can be made of it",
            where=f"journeys.{compiled.name}.request.json",
        )
    return path, headers, json.dumps(content)


def _one_more(content: Any) -> tuple[Any, bool]:
    """JSON with its first number one higher, and whether there was one."""
    if isinstance(content, int | float) and not isinstance(content, bool):
        return content + 1, True
    if not isinstance(content, dict | list):
        return content, False
    made = content.copy()
    for place, value in content.items() if isinstance(content, dict) else enumerate(content):
        made[place], changed = _one_more(value)
        if changed:
            return made, True
    return made, False


def _sent(
    http: Http, compiled: CompiledJourney, write: Exchange, key: str, request: tuple[str, dict[str, str], str]
) -> Exchange:
    path, headers, body = request
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
        key, answer_id,
    )  # fmt: skip
