"""A journey of the system file -> concrete requests, and what their answers mean.

Takes the journey as plain data (`Journey.model_dump(by_alias=True)`) too, because the generator's process
does not load pydantic. The shape was checked when the system file was read; here the templates are.
"""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING, Any, TypeVar

from seatrial.errors import BadInput
from seatrial.model.exchange import ExchangeOutcome
from seatrial.traffic.template import Fill, Template, compile_json, compile_text, environment_of

if TYPE_CHECKING:
    from seatrial.model.system import Journey

Thing = TypeVar("Thing")
HTTP1 = "http1"
SAFE_METHODS = frozenset({"GET", "HEAD"})
BODY_METHODS = frozenset({"POST", "PUT", "PATCH"})
_LONGEST_PLACE = 120
_OURS = frozenset({"host", "content-length", "connection", "transfer-encoding"})
_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_FIELD_VALUE = re.compile(r"[\t\x20-\x7e\x80-\xff]*")
_TARGET = re.compile(r"/(?!/)[^\x00-\x20\x7f-\U0010ffff]*")


@dataclass(frozen=True, slots=True)
class Prepared:
    """One concrete request.

    Attributes:
        wire: the bytes to send: request line, headers and body.
        key: the value of {uuid} in it, or empty.
    """

    method: str
    wire: bytes
    key: str


class CompiledJourney:
    """A journey whose templates were checked and split. Build with `compile_journey`.

    Attributes:
        protocol: the name under which its client is registered.
        timeout_seconds: deadline of one request.
        requests: the most that one arrival makes, one after another.
        lasts_seconds: how long an arrival lasts beside its requests, unless it is stopped.
        served_by: the header that says who answered, in small letters; empty for none.
        one_each: whether each request gets a connection of its own, as `Connection: close` says.
    """

    def __init__(self, name: str, data: Mapping[str, Any]) -> None:
        where = f"journey {name}"
        request = data["request"]
        self.name = name
        self.method: str = request.get("method", "GET")
        self.protocol = str(data.get("protocol") or HTTP1)
        self.timeout_seconds = float(data.get("timeout_seconds", 5.0))
        self.requests = 1
        self.lasts_seconds = 0.0
        self.served_by = str(data.get("served_by") or "").lower().encode("latin-1")
        self.expected = _statuses(data.get("expect"))
        self._path = compile_text(request["path"], where=f"{where}, request.path")
        self._headers = _headers(request.get("headers") or {}, where)
        self._own = len(self._headers)
        body = request.get("json")
        self._body = None if body is None else compile_json(body, where=f"{where}, request.json")
        names = {header.lower() for header, _ in self._headers}
        if self._body is not None and "content-type" not in names:
            self._headers.append(("Content-Type", compile_text("application/json", where=where)))
        if "user-agent" not in names:
            self._headers.append(("User-Agent", compile_text("seatrial", where=where)))
        self.one_each = any(_closes(name, value) for name, value in (request.get("headers") or {}).items())
        self._check_path(where)
        self._head = self._path + _literal(" HTTP/1.1")
        for header, value in self._headers:
            self._head += _literal(f"\r\n{header}: ") + value
        self._read_acknowledgement(data.get("acknowledged"), where)

    def _check_path(self, where: str) -> None:
        sample = self._path.fill(Fill(0, Random(0)))
        if not _TARGET.fullmatch(sample):
            raise BadInput(
                f"the path `{sample}` cannot be sent",
                where=where,
                next_step="percent-encode what is no ASCII.",
            )

    def _read_acknowledgement(self, data: Mapping[str, Any] | None, where: str) -> None:
        self.read_template: Template | None = None
        self.read_expected: frozenset[int] = frozenset()
        self.answer_field = "" if self.method in SAFE_METHODS else "id"
        if data is None:
            return
        where = f"{where}, acknowledged.read.path"
        self.read_template = compile_text(data["read"]["path"], where=where, response_allowed=True)
        self.read_expected = _statuses(data.get("expect"))
        fields = self.read_template.response_fields
        if len(fields) > 1:
            raise BadInput(
                f"two fields of the answer are read: {', '.join(fields)}",
                where=where,
                next_step="one {response.FIELD} must be enough to find what was written.",
            )
        if not fields and "uuid" not in self.read_template.holes:
            raise BadInput(
                "the path is the same for every write, so it cannot show that one was lost",
                where=where,
                next_step="name what was written by {response.FIELD} or {uuid}.",
            )
        self.answer_field = fields[0] if fields else ""

    @property
    def ending_seconds(self) -> float:
        """How long one arrival may take to end after a stop."""
        return self.requests * self.timeout_seconds

    @property
    def longest_seconds(self) -> float:
        """How long one arrival may take to end by itself."""
        return self.lasts_seconds + self.ending_seconds

    def prepare(self, number: int, generator: Random, host: str) -> Prepared:
        """The request of arrival `number`, for the Host header `host`."""
        fill = Fill(number, generator)
        head = self._head.fill(fill)
        body = "" if self._body is None else self._body.fill(fill)
        length = f"\r\nContent-Length: {len(body)}" if body or self.method in BODY_METHODS else ""
        text = f"{self.method} {head}\r\nHost: {host}{length}\r\n\r\n{body}"
        return Prepared(self.method, text.encode("latin-1"), fill.key)

    def request_of(self, fill: Fill) -> tuple[str, dict[str, str], str]:
        """Path, headers and body of one request."""
        headers = {name: value.fill(fill) for name, value in self._headers}
        return self._path.fill(fill), headers, "" if self._body is None else self._body.fill(fill)

    @property
    def constant_headers(self) -> dict[str, str]:
        """The headers that the journey itself names and that are the same in each request, e.g. a token."""
        fill = Fill(0, Random(0))
        return {name: value.fill(fill) for name, value in self._headers[: self._own] if not value.holes}

    @property
    def repeatable(self) -> bool:
        """Whether the same number and key give the same request: nothing in it is drawn at random."""
        texts = [self._path, *(value for _, value in self._headers), *([self._body] if self._body else [])]
        return not any(hole.startswith("random.") for text in texts for hole in text.holes)

    def outcome_of(self, status: int, location: str = "") -> tuple[ExchangeOutcome, str]:
        """What an answer with this status means, and the short reason when it is not OK.

        A redirection is not followed: `location` says where it leads. The rule of
        `model.exchange.ExchangeOutcome`: expected is OK; a 4xx refused the request, so it was surely not
        applied; any other status leaves that open (a 5xx, or a 2xx or 3xx nobody expected).
        """
        outcome, reason = judge_status(status, self.expected)
        if not reason or not 300 <= status < 400 or not location:
            return outcome, reason
        place = location.partition("?")[0]  # what a query holds differs from request to request
        return outcome, f"{reason}: redirected to {place[:_LONGEST_PLACE]}"

    def answer_id(self, body: bytes | bytearray) -> str:
        """The field of a JSON answer that names what was written; empty when it is not there."""
        if not self.answer_field or not body:
            return ""
        try:
            value = json.loads(body)
        except ValueError:
            return ""
        for part in self.answer_field.split("."):
            if isinstance(value, dict):
                value = value.get(part)
            elif isinstance(value, list) and part.isdigit() and int(part) < len(value):
                value = value[int(part)]
            else:
                return ""
        return str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""

    def read_path(self, *, answer_id: str, key: str) -> str:
        """Where the write that was answered with `answer_id` can be read; empty when it cannot be told."""
        template = self.read_template
        if template is None or (template.response_fields and not answer_id):
            return ""
        if "uuid" in template.holes and not key:
            return ""
        return template.fill(Fill(0, Random(0), key=key, answer_id=answer_id))


def compile_journey(name: str, journey: Journey | Mapping[str, Any]) -> CompiledJourney:
    """Check and split the templates of a journey.

    Raises:
        BadInput: naming the journey, the key and the template that cannot be filled.
    """
    return CompiledJourney(name, journey_data(journey))


def journey_data(journey: Journey | Mapping[str, Any]) -> Mapping[str, Any]:
    """The journey as plain JSON data with the names of the system file."""
    if isinstance(journey, Mapping):
        return journey
    dumped: dict[str, Any] = journey.model_dump(mode="json", by_alias=True)
    return dumped


def secrets_of(journeys: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """The variables of the environment that the headers of journeys name, with their values."""
    return environment_of(
        str(value) for each in journeys for value in (each["request"].get("headers") or {}).values()
    )


def judge_status(status: int, expected: frozenset[int]) -> tuple[ExchangeOutcome, str]:
    """See `CompiledJourney.outcome_of`."""
    if status in expected:
        return ExchangeOutcome.OK, ""
    reason = f"status {status}"
    return (ExchangeOutcome.FAILED, reason) if 400 <= status < 500 else (ExchangeOutcome.UNKNOWN, reason)


def _literal(text: str) -> Template:
    return Template((text,), ())


def _statuses(expect: Mapping[str, Any] | None) -> frozenset[int]:
    status: int | Iterable[int] = (expect or {}).get("status", 200)
    return frozenset({status} if isinstance(status, int) else status)


def _headers(headers: Mapping[str, str], where: str) -> list[tuple[str, Template]]:
    compiled: list[tuple[str, Template]] = []
    for name, value in headers.items():
        here = f"{where}, request.headers.{name}"
        if not _TOKEN.fullmatch(name) or not _FIELD_VALUE.fullmatch(value):
            raise BadInput(f"the header `{name}: {value}` cannot be sent", where=here)
        if name.lower() in _OURS and not _closes(name, value):
            raise BadInput(
                f"the header {name} is set by the generator", where=here,
                next_step="leave it out; `Connection: close` is the one that may stand here.",
            )  # fmt: skip
        template = compile_text(value, where=here, environment_allowed=True)
        if not all(map(_FIELD_VALUE.fullmatch, template.literals)):
            raise BadInput("what the environment gives for this header cannot be sent", where=here)
        compiled.append((name, template))
    return compiled


def _closes(name: str, value: str) -> bool:
    """Whether the header says that its connection is for one request only."""
    return name.lower() == "connection" and value.strip().lower() == "close"


def pick_by_weight(things: Sequence[Thing], weights: Sequence[float], draw: float) -> Thing:
    """The thing under which `draw` (0 <= draw < 1) falls when each has its weight's share."""
    target = draw * sum(weights)
    for thing, weight in zip(things, weights, strict=True):
        target -= weight
        if target < 0:
            return thing
    return things[-1]


def drawn(things: Sequence[Thing], weights: Sequence[float], seed: int, sequence: int) -> Thing:
    """The thing that the arrival of this number gets: whoever asks, and however many share the schedule."""
    if len(things) == 1:
        return things[0]
    return pick_by_weight(things, weights, zlib.crc32(f"{seed}:{sequence}".encode()) / 2**32)
