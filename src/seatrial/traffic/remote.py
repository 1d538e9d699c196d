"""Generators and single requests of an agent in the cluster, as their tester uses them."""

from __future__ import annotations

import json
import signal
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from seatrial.errors import SeatrialError
from seatrial.model.exchange import Exchange, ExchangeOutcome
from seatrial.traffic.channel import Channel, ChannelLost
from seatrial.traffic.clocks import Offset
from seatrial.traffic.journey import secrets_of
from seatrial.traffic.protocols import compile_any
from seatrial.traffic.record import CLOSING, HEAD, exchange_line, special_line
from seatrial.traffic.wire import Header

POLL_SECONDS = 0.1
ASK_SECONDS = 30.0
"""Bound for one answer: what is asked while the connection is made again waits for it."""
CLOCK_ERROR_SECONDS = 0.1
"""Where the clocks are known no better than this, requests cannot be told to be before or after a fault."""
_TIMES = ("planned_at", "sent_at", "completed_at")
_OWN_SECONDS = 5.0
"""What an agent may need beside the deadlines of what it sends."""


class RemoteRunner:
    """A generator that an agent runs; what it records is copied here, with times of this machine's clock.

    Args:
        channel: to the agent.
        where: the agent, in words, e.g. "pod/x on node y".
    """

    def __init__(self, channel: Channel, where: str) -> None:
        self._channel = channel
        self._where = where
        self._name = ""
        self._path = Path()
        self._thread: threading.Thread | None = None
        self._started = threading.Event()
        self._ended = threading.Event()
        self._lost = ""
        self._exit_code: int | None = None
        self._errors = ""
        self._worst = Offset(0.0, 0.0)

    @property
    def process_id(self) -> int | None:
        return None

    def launch(self, path: Path, first_line: bytes) -> None:
        job = json.loads(first_line)
        self._path = path
        self._name = f"{path.name.partition('.')[0]}-{id(self):x}"
        self._thread = threading.Thread(target=self._copy, args=(job,), name=self._name, daemon=True)
        self._thread.start()

    def end(self) -> None:
        self._signal(signal.SIGTERM)

    def kill(self) -> None:
        self._signal(signal.SIGKILL)

    @property
    def launched(self) -> bool:
        return self._thread is not None

    @property
    def running(self) -> bool:
        return self._thread is not None and not self._ended.is_set()

    def wait(self, seconds: float) -> bool:
        return self._ended.wait(seconds)

    def how_it_ended(self) -> str:
        return f"exit code {self._exit_code} in {self._where}"

    def errors(self) -> str:
        return self._errors

    def lost(self) -> str:
        if self._lost:
            return f"{self._lost} ({self._where})"
        if self._worst.error_seconds > CLOCK_ERROR_SECONDS:
            return f"the clock of {self._where} is known to {self._worst.error_seconds:.2f} s only"
        return ""

    def close(self) -> None:
        if not self._ended.wait(ASK_SECONDS):
            self._lost = self._lost or "it could not be read to its end"

    def _signal(self, number: int) -> None:
        if not (self.launched and self._started.wait(ASK_SECONDS) and self.running):
            return
        try:
            self._channel.call(
                {"op": "signal", "name": self._name, "number": int(number)}, within_seconds=ASK_SECONDS
            )
        except SeatrialError as error:
            self._lost = self._lost or error.what

    def _copy(self, job: dict[str, Any]) -> None:
        """Start the generator, and copy what it records until it has ended."""
        try:
            if job.get("start_at_wall") is not None:
                job["start_at_wall"] = self._channel.there(job["start_at_wall"])
            both = (*job["journeys"].values(), *job.get("bystanders", {}).values())
            start = {"op": "start", "name": self._name, "environment": secrets_of(both)}
            self._channel.call(start, json.dumps(job).encode(), within_seconds=ASK_SECONDS)
            self._started.set()
            with self._path.open("ab") as file:
                self._copy_into(file)
        except SeatrialError as error:
            self._lost = self._lost or error.what
        except (OSError, ValueError, KeyError) as error:
            self._lost = f"{type(error).__name__}: {error}"
        finally:
            self._started.set()
            self._ended.set()

    def _copy_into(self, file: Any) -> None:
        for state, lines, rest in spooled(self._channel, self._name, self._ended.wait):
            if state["silenced"]:
                self._lost = "it stopped sending, for nobody was heard from here for a while"
            file.write("".join(map(self._here, lines)).encode() + rest)
            file.flush()
            self._exit_code, self._errors = state.get("exit_code"), state.get("errors", "")

    def _here(self, line: bytes) -> str:
        """One line of the recording with times of this machine's clock."""
        offset = self._channel.offset()
        if offset.error_seconds >= self._worst.error_seconds:
            self._worst = offset
        data = json.loads(line)
        kind = data.pop("type", None)
        if kind is None:
            return exchange_line(_shifted(data, offset.seconds))
        if kind == HEAD:
            clock = {"offset_seconds": offset.seconds, "error_seconds": offset.error_seconds}
            data |= {"began_at": data["began_at"] + offset.seconds, "where": self._where, "clock": clock}
        if kind == CLOSING:
            if self.lost():
                return ""  # a recording that is closed is believed
            data["clock_error_seconds"] = self._worst.error_seconds
        return special_line(kind, data)


def spooled(
    channel: Channel, name: str, pause: Callable[[float], object]
) -> Iterator[tuple[Header, list[bytes], bytes]]:
    """What a program of the agent lays down: its state, whole lines, and at its end what is left of one.

    Args:
        pause: waits so many seconds where nothing more is there yet.

    Raises:
        ChannelLost: the agent cannot be reached any more.
    """
    offset, rest = 0, b""
    while True:
        ask = {"op": "read", "name": name, "offset": offset}
        state, data = channel.call(ask, within_seconds=ASK_SECONDS)
        offset += len(data)
        *lines, rest = (rest + data).split(b"\n")
        ended = not state["running"] and not state["more"]
        yield state, lines, rest if ended else b""
        if ended:
            return
        if not state["more"]:
            pause(POLL_SECONDS)


def _shifted(data: Mapping[str, Any], seconds: float) -> Exchange:
    times = {name: None if data[name] is None else data[name] + seconds for name in _TIMES}
    return Exchange(**{**data, **times, "outcome": ExchangeOutcome(data["outcome"])})


class RemoteSender:
    """Sends single requests from where the agent is.

    Args:
        channel: to the agent.
    """

    def __init__(self, channel: Channel) -> None:
        self._channel = channel

    def request(
        self,
        base_url: str,
        method: str,
        path: str,
        headers: Sequence[tuple[str, str]],
        content: bytes,
        timeout_seconds: float,
    ) -> tuple[int, list[tuple[str, str]], bytes]:
        """One request, never repeated. Raises ConnectionError: there was no answer, and why."""
        header = {
            "op": "request", "base_url": base_url, "method": method, "path": path,
            "headers": list(headers), "timeout_seconds": timeout_seconds,
        }  # fmt: skip
        # Connecting, writing and reading have that time each.
        patience = 3 * timeout_seconds + _OWN_SECONDS
        try:
            answer, body = self._channel.call(header, content, within_seconds=patience, again=False)
        except ChannelLost as error:
            raise ConnectionError(f"from inside the cluster: {error.what}") from None
        if "error" in answer:
            raise ConnectionError(f"from inside the cluster: {answer['error']}")
        return answer["status"], [(name, value) for name, value in answer["headers"]], body

    def once(self, base_url: str, name: str, journey: Mapping[str, Any]) -> tuple[Exchange, ...]:
        """One arrival of a journey of any protocol that the agent knows."""
        header = {"op": "once", "base_url": base_url, "name": name, "environment": secrets_of([journey])}
        patience = ASK_SECONDS + compile_any(name, journey).longest_seconds
        _, lines = self._channel.call(
            header, json.dumps(journey).encode(), within_seconds=patience, again=False
        )
        shift = self._channel.offset().seconds
        return tuple(_shifted(json.loads(line), shift) for line in lines.splitlines())
