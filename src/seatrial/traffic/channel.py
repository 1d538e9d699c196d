"""The tester's connection to its agent in the cluster. It is made again when it breaks."""

from __future__ import annotations

import contextlib
import itertools
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, Protocol

import seatrial
from seatrial.errors import SeatrialError
from seatrial.traffic.clocks import COMPARISONS, Clocks, Offset
from seatrial.traffic.wire import Decoder, Header, encode
from seatrial.waiting import Hopeless

BEAT_SECONDS = 1.0
ANSWER_SECONDS = 3.0
"""A connection on which no answer came for so long is broken: there is one to each beat."""
PAUSE_SECONDS = 0.5
LOST_SECONDS = 24.0
"""For so long a broken connection is made again: a little less than the agent keeps what was recorded."""
JOIN_SECONDS = 5.0


class ChannelLost(SeatrialError):
    """The agent cannot be reached, or does not answer."""


class Pipe(Protocol):
    """Both directions of one connection to the agent. Anything that it raises means that it is broken."""

    def send(self, data: bytes) -> None: ...

    def receive(self, seconds: float) -> bytes:
        """What came; empty when nothing did in that time."""

    def interrupt(self) -> None:
        """Break it, so that whoever receives finds out."""

    def close(self) -> None:
        """Let go of it; only whoever receives does that."""


@dataclass
class _Question:
    frame: bytes
    again: bool
    answer: Future[tuple[Header, bytes]]


class Channel:
    """Asks the agent, from any thread. A context manager.

    Args:
        connect: makes a connection; raises SeatrialError when there can be none now, Hopeless for ever.
        why_lost: what became of the agent, in words, asked once when it cannot be reached any more.
    """

    def __init__(self, connect: Callable[[], Pipe], *, why_lost: Callable[[], str] = lambda: "") -> None:
        self._connect = connect
        self._why_lost = why_lost
        self._numbers = itertools.count(1)
        self._open: dict[int, _Question] = {}
        self._lock = threading.Lock()
        self._pipe: Pipe | None = None
        self._failure = ""
        self._clocks = Clocks()
        self._wall = 0.0
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="agent", daemon=True)

    def __enter__(self) -> Channel:
        """Connect, and compare versions and clocks.

        Raises:
            SeatrialError: it cannot be reached, or is of another version.
        """
        self._thread.start()
        try:
            answer, _ = self.call({"op": "beat"}, within_seconds=LOST_SECONDS + ANSWER_SECONDS)
            for _ in range(COMPARISONS):  # the first had the connection to wait for
                self.call({"op": "beat"}, within_seconds=ANSWER_SECONDS)
            if answer["version"] != seatrial.__version__:
                raise SeatrialError(
                    f"the helper image has Seatrial {answer['version']}, and this is {seatrial.__version__}",
                    next_step="Make the image from this version; fixtures/cluster/images/README.md says how.",
                )
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Ask nothing more. What is still open ends with ChannelLost."""
        self._closing.set()
        with self._lock:
            pipe = self._pipe
        if pipe is not None:
            pipe.interrupt()
        if self._thread.is_alive() and self._thread is not threading.current_thread():
            self._thread.join(JOIN_SECONDS)
        self._fail_all("the connection was closed")

    @property
    def is_lost(self) -> bool:
        """Whether the agent cannot be reached any more."""
        return bool(self._failure)

    def call(
        self, header: Header, payload: bytes = b"", *, within_seconds: float, again: bool = True
    ) -> tuple[Header, bytes]:
        """Ask, and wait for the answer.

        Args:
            again: whether it may be asked once more after the connection broke, as nobody knows whether it
                was heard.

        Raises:
            ChannelLost: there was no answer, and why.
            SeatrialError: the agent refused, with its words.
        """
        answer: Future[tuple[Header, bytes]] = Future()
        sent_at = time.monotonic()
        with self._lock:
            if self._failure or self._closing.is_set():
                raise ChannelLost(self._failure or "the connection was closed")
            number = next(self._numbers)
            self._open[number] = _Question(encode({**header, "id": number}, payload), again, answer)
            pipe = self._pipe
        if pipe is not None:
            self._send(pipe, self._open.get(number))
        try:
            found, data = answer.result(within_seconds)
        except TimeoutError:
            raise ChannelLost(f"the agent did not answer within {within_seconds:g} s") from None
        finally:
            self._open.pop(number, None)
        self._compare(found, sent_at)
        if "error" in found and not found.get("no_answer"):
            raise SeatrialError(str(found["error"]), next_step=str(found.get("next_step") or ""))
        return found, data

    def offset(self) -> Offset:
        """The best of the last comparisons of the clocks."""
        best = self._clocks.best(time.monotonic())
        if best is None:
            raise ChannelLost("the clocks were never compared")
        return best

    def there(self, wall: float) -> float:
        """The agent's reading of its wall clock when this machine's reads `wall`."""
        return wall - (time.time() - time.monotonic()) - self.offset().seconds + self._wall

    def ahead_seconds(self) -> float:
        """How much the agent's wall clock is ahead of this machine's."""
        now = time.time()
        return self.there(now) - now

    def _compare(self, answer: Header, sent_at: float) -> None:
        """The agent read its clock between the question and the answer."""
        theirs: Any = answer.get("monotonic")
        if theirs is None:
            return
        self._clocks.take(theirs, sent_at, time.monotonic())
        if "wall" in answer:
            self._wall = answer["wall"] - theirs

    def _send(self, pipe: Pipe, question: _Question | None) -> None:
        if question is None:
            return
        try:
            pipe.send(question.frame)
        except Exception:
            # Whatever the connection threw: who receives finds it broken, too, and makes another.
            pipe.interrupt()

    def _run(self) -> None:
        while not self._closing.is_set():
            pipe = self._reconnected()
            if pipe is None:
                return
            with contextlib.suppress(Exception):  # a broken connection, whatever it threw
                self._serve(pipe)
            with self._lock:
                self._pipe = None
            with contextlib.suppress(Exception):
                pipe.close()
            self._fail_unrepeatable()

    def _reconnected(self) -> Pipe | None:
        """A new connection on which everything open was asked again; None when there can be none."""
        until = time.monotonic() + LOST_SECONDS
        why = ""
        while not self._closing.is_set():
            try:
                pipe = self._connect()
            except Hopeless as error:
                self._fail_all(f"the agent cannot be reached: {error.what}")
                return None
            except SeatrialError as error:
                why = f"{error.what} ({error.where})" if error.where else error.what
            except Exception as error:  # what the connection threw, in words that nobody wrote
                why = f"{type(error).__name__}: {error}"
            else:
                with self._lock:
                    self._pipe = pipe
                    waiting = list(self._open.values())
                for question in waiting:
                    self._send(pipe, question)
                return pipe
            if time.monotonic() > until:
                self._fail_all(f"the agent could not be reached for {LOST_SECONDS:g} s: {self._words(why)}")
                return None
            self._closing.wait(PAUSE_SECONDS)
        return None

    def _words(self, why: str) -> str:
        with contextlib.suppress(SeatrialError):
            return self._why_lost() or why
        return why

    def _serve(self, pipe: Pipe) -> None:
        """Take in answers, with a word to the agent now and then; returns when it is silent."""
        decoder = Decoder()
        heard_at = time.monotonic()
        beat_at = -BEAT_SECONDS
        while not self._closing.is_set():
            now = time.monotonic()
            if now - beat_at >= BEAT_SECONDS:
                beat_at = now
                pipe.send(encode({"op": "beat", "id": 0, "echo": now}))
            if data := pipe.receive(max(beat_at + BEAT_SECONDS - time.monotonic(), 0.0)):
                heard_at = time.monotonic()
                for header, payload in decoder.feed(data):
                    if header.get("id") == 0:
                        self._compare(header, header["echo"])
                    elif (question := self._open.get(header["id"])) and not question.answer.done():
                        question.answer.set_result((header, payload))
            elif time.monotonic() - heard_at > ANSWER_SECONDS:
                return

    def _fail_unrepeatable(self) -> None:
        for number, question in list(self._open.items()):
            if not question.again and not question.answer.done():
                self._open.pop(number, None)
                question.answer.set_exception(ChannelLost("the connection to the agent broke"))

    def _fail_all(self, why: str) -> None:
        with self._lock:
            self._failure = self._failure or why
            waiting = list(self._open.values())
        for question in waiting:
            if not question.answer.done():
                question.answer.set_exception(ChannelLost(self._failure))
