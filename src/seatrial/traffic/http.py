"""Single requests for checks, and reading back what was acknowledged. The only importer of httpx.

httpx costs 25 times the CPU of the generator's client, so a stream of requests is never sent from here.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from json import loads
from typing import Any, Protocol, Self

import httpx

from seatrial.errors import SeatrialError
from seatrial.model.exchange import DROPPED, Exchange
from seatrial.model.measurement import ReadBack
from seatrial.model.system import Journey
from seatrial.model.tls import TlsFiles
from seatrial.traffic.journey import CompiledJourney, compile_journey, journey_data
from seatrial.traffic.once import send_once
from seatrial.traffic.target import tls_context
from seatrial.waiting import NotYet, Ready, eventually

TIMEOUT_SECONDS = 10.0
READERS = 8
"""Reads under way at a time: enough to be quick, too few to be a load."""
ABSENT = frozenset({404, 410})
SETTLE_SECONDS = 5.0
"""How long a write that is not found is looked for again: a replica or a cache may lag."""
PAUSE_SECONDS = 0.5


class NoAnswer(SeatrialError):
    """A request got no answer: no connection, a reset, or the deadline."""


@dataclass(frozen=True)
class Answer:
    """An answer of any status. `headers` has lower-case names."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """The body as JSON.

        Raises:
            SeatrialError: when it is none, with its beginning.
        """
        try:
            return loads(self.body)
        except ValueError:
            beginning = self.body[:120].decode(errors="replace")
            raise SeatrialError(f"the answer is no JSON (status {self.status})", where=beginning) from None


class Sender(Protocol):
    """Sends single requests from somewhere else than this machine."""

    def request(
        self,
        base_url: str,
        method: str,
        path: str,
        headers: Sequence[tuple[str, str]],
        content: bytes,
        timeout_seconds: float,
    ) -> tuple[int, list[tuple[str, str]], bytes]:
        """Status, headers and body of the answer. Raises ConnectionError: there was none, and why."""

    def once(self, base_url: str, name: str, journey: Mapping[str, Any]) -> tuple[Exchange, ...]:
        """One arrival of a journey of any protocol."""


class _Elsewhere(httpx.BaseTransport):
    """Hands requests to a sender."""

    def __init__(self, sender: Sender, base_url: str) -> None:
        self._sender = sender
        self._base_url = base_url

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        timeout = float((request.extensions.get("timeout") or {}).get("read") or TIMEOUT_SECONDS)
        path = request.url.raw_path.decode("ascii")
        try:
            status, headers, body = self._sender.request(
                self._base_url, request.method, path, request.headers.multi_items(), request.read(), timeout
            )
        except ConnectionError as error:
            raise httpx.ConnectError(str(error), request=request) from None
        return httpx.Response(status, headers=headers, content=body, request=request)


class Http:
    """Requests to one base address, each with its own deadline and none repeated. A context manager.

    Args:
        base_url: scheme, host and port.
        timeout_seconds: deadline of each phase of a request (connect, write, read), unless given with it.
        sender: sends them from somewhere else; None for this machine.
        tls: None for what this machine trusts.
    """

    def __init__(
        self,
        base_url: str,
        *,
        timeout_seconds: float = TIMEOUT_SECONDS,
        sender: Sender | None = None,
        tls: TlsFiles | None = None,
    ) -> None:
        self.base_url = base_url
        self._tls = tls
        self._timeout_seconds = timeout_seconds
        self._sender = sender
        # No proxy and no .netrc of the environment: what is measured is the system.
        self._client = httpx.Client(
            base_url=base_url, timeout=timeout_seconds, trust_env=False,
            verify=tls_context(**(tls or {})) if base_url.startswith("https:") else True,
            transport=_Elsewhere(sender, base_url) if sender else None,
        )  # fmt: skip

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._client.close()

    def request(
        self,
        method: str,
        path: str,
        *,
        headers: Mapping[str, str] | None = None,
        json: Any = None,
        content: bytes | None = None,
        expect: int | Iterable[int] | None = None,
        timeout_seconds: float | None = None,
    ) -> Answer:
        """Send one request.

        Args:
            expect: status codes that are fine; None for any.

        Raises:
            NoAnswer: there was none within the deadline.
            SeatrialError: the status is none of `expect`; carries the beginning of the body.
        """
        where = f"{method} {self.base_url}{path}"
        try:
            response = self._client.request(
                method,
                path,
                headers=dict(headers or {}),
                json=json,
                content=content,
                timeout=timeout_seconds or self._timeout_seconds,
            )
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            reason = str(error) or type(error).__name__
            raise NoAnswer(
                f"no answer: {reason}",
                where=where,
                next_step="see whether the address and the system are up.",
            ) from None
        answer = Answer(response.status_code, dict(response.headers), response.content)
        wanted = {expect} if isinstance(expect, int) else None if expect is None else set(expect)
        if wanted is not None and answer.status not in wanted:
            beginning = answer.body[:200].decode(errors="replace")
            raise SeatrialError(f"status {answer.status}, not {sorted(wanted)}: {beginning}", where=where)
        return answer

    def get(self, path: str, *, expect: int | Iterable[int] | None = 200) -> Answer:
        """GET with status 200 unless told otherwise; raises as `request` does."""
        return self.request("GET", path, expect=expect)

    def once(self, name: str, journey: Journey | Mapping[str, Any]) -> tuple[Exchange, ...]:
        """Send one arrival of a journey of any protocol, and wait for its end.

        Raises:
            BadInput: a template cannot be filled, or there is no such protocol.
        """
        if self._sender is not None:
            return self._sender.once(self.base_url, name, journey_data(journey))
        return send_once(self.base_url, name, journey, self._tls)

    def wait_for_journey(
        self, name: str, journey: Journey | Mapping[str, Any], *, within_seconds: float, in_a_row: int = 1
    ) -> None:
        """Wait until the journey, of any protocol, gets the answer it expects.

        Raises:
            BadInput: a template cannot be filled.
            WaitExpired: with the last answer.
        """

        def answered() -> Ready[bool] | NotYet:
            wrong = [exchange.error for exchange in self.once(name, journey) if not exchange.ok]
            return NotYet(wrong[0]) if wrong else Ready(True)

        eventually(
            answered,
            within_seconds=within_seconds,
            what=f"journey {name} is answered as it should be",
            every_seconds=PAUSE_SECONDS,
            in_a_row=in_a_row,
            next_step=f"try it by hand at {self.base_url}, as journeys.{name} says.",
        )

    def read_back(
        self,
        exchanges: Sequence[Exchange],
        name: str,
        journey: Journey | Mapping[str, Any],
        *,
        within_seconds: float = 60.0,
        available_seconds: float = SETTLE_SECONDS,
    ) -> tuple[ReadBack, ...]:
        """Look for each write of `exchanges` where the journey's `acknowledged.read` says.

        It is asked with those headers of the journey that are the same in each request, such as a token.
        Writes whose outcome is unknown or failed are looked for too, when their place can be told. What is
        absent is looked for again for `available_seconds`, what cannot be read until `within_seconds` end;
        the last look of each stands. A write for which no place can be told has no entry.

        Returns:
            one record for each write that was looked for: copies 1 found, 0 absent, None could not be read.
        """
        compiled = compile_journey(name, journey)
        open_paths: dict[str, str] = {}
        for exchange in exchanges:
            path = compiled.read_path(answer_id=exchange.answer_id, key=exchange.key)
            if path and exchange.error != DROPPED and exchange.journey == name:
                open_paths[exchange.answer_id or exchange.key] = path
        return _look_for_all(
            open_paths,
            lambda path: self._copies(path, compiled),
            within_seconds=within_seconds,
            available_seconds=available_seconds,
        )

    def _copies(self, path: str, journey: CompiledJourney) -> int | None:
        try:
            status = self.request("GET", path, headers=journey.constant_headers).status
        except NoAnswer:
            return None
        if status in journey.read_expected:
            return 1
        return 0 if status in ABSENT else None


def _look_for_all(
    paths: Mapping[str, str],
    look: Callable[[str], int | None],
    *,
    within_seconds: float,
    available_seconds: float,
) -> tuple[ReadBack, ...]:
    """Look for each path in rounds until all were found or the bounds are over."""
    began = time.monotonic()
    last: dict[str, ReadBack] = {}

    def look_once(identity: str) -> ReadBack:
        if time.monotonic() - began > within_seconds:
            return last.get(identity) or ReadBack(identity, time.monotonic(), None)
        copies = look(paths[identity])
        return ReadBack(identity, time.monotonic(), copies)

    def round_over() -> Ready[bool] | NotYet:
        elapsed = time.monotonic() - began
        due = [identity for identity in paths if not _settled(last.get(identity), elapsed, available_seconds)]
        if not due or elapsed > within_seconds:
            return Ready(True)
        last.update({read.identity: read for read in readers.map(look_once, due)})
        return NotYet(f"{len(due)} writes were not found")

    with ThreadPoolExecutor(READERS, thread_name_prefix="read-back") as readers:
        eventually(
            round_over,
            within_seconds=within_seconds + TIMEOUT_SECONDS,
            what="acknowledged writes are read back",
            every_seconds=PAUSE_SECONDS,
        )
    return tuple(last[identity] for identity in paths if identity in last)


def _settled(read: ReadBack | None, elapsed: float, available_seconds: float) -> bool:
    if read is None or read.copies is None:
        return False
    return read.copies > 0 or elapsed >= available_seconds
