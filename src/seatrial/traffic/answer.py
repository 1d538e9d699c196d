"""What came of one request, read from the wire: httptools' parser, and the rules that it leaves open.

Rules of RFC 9112, section 6.3: an answer to HEAD ends with its headers; one with neither a length nor chunks
ends with its connection; interim 1xx answers come before the final one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from httptools import HttpParserError, HttpParserUpgrade, HttpResponseParser

_LENGTH = re.compile(rb"\r\n(content-length|transfer-encoding)[ \t]*:", re.IGNORECASE)
_BACKEND = re.compile(rb"\r\nx-served-by:[ \t]*([^\r]*?)[ \t]*\r", re.IGNORECASE)


class NoHttp(Exception):
    """The answer breaks the rules of HTTP."""


@dataclass(slots=True)
class Answer:
    """What came of one request.

    Attributes:
        completed_at: monotonic seconds when the answer was complete or the error came.
        sent: whether any byte was handed to the kernel.
        status: code of a complete or an incomplete answer; None when there was none.
        complete: whether the whole answer arrived.
        error: short reason when it did not.
        head: status line and headers of the final answer, each with its end of line.
    """

    completed_at: float
    sent: bool
    status: int | None = None
    complete: bool = False
    error: str = ""
    head: bytes = b""
    body: bytes | bytearray = b""

    @property
    def backend(self) -> str:
        """The header `X-Served-By`, by which a server may tell who it is; empty without."""
        found = _BACKEND.search(self.head)
        return found[1].decode("latin-1") if found else ""


class AnswerReader:
    """Takes the bytes of one answer and fills in `answer`: status, head, body, complete.

    httptools calls the methods `on_...`; those that are not here cost nothing. Headers are looked for when
    somebody asks: most are never read.

    Attributes:
        begun: whether any of it came.
        keep_alive: of a complete one: whether the connection may carry another request.
    """

    __slots__ = ("_heads", "_interim", "_no_body", "_parser", "answer", "begun", "keep_alive")

    def __init__(self, method: str, answer: Answer) -> None:
        self.answer = answer
        self.begun = self.keep_alive = False
        self._heads = b""
        self._interim = 0
        self._no_body = method == "HEAD"
        self._parser = HttpResponseParser(self)

    def feed(self, data: bytes) -> None:
        """Take what came.

        Raises:
            NoHttp: it cannot be, or not after what came before.
        """
        self.begun = True
        if self.answer.status is None:
            self._heads += data
        try:
            self._parser.feed_data(data)
        except (HttpParserError, HttpParserUpgrade) as error:
            self.keep_alive = False
            if not (self._no_body and self.answer.complete):
                self.answer.complete = False
                raise NoHttp(str(error)) from None

    def end(self) -> None:
        """The connection has ended, which completes an answer that told no length."""
        self.answer.complete = self.answer.status is not None and not _LENGTH.search(self.answer.head)

    def close(self) -> None:
        """Let the parser go: it knows this object, and a cycle would lie about until the collector comes."""
        del self._parser

    def on_headers_complete(self) -> None:
        status = self._parser.get_status_code()
        if status < 200:
            self._interim += 1
            return
        self.answer.status = status
        heads = self._heads.lstrip(b"\r\n").split(b"\r\n\r\n", self._interim + 1)
        self.answer.head = heads[self._interim] + b"\r\n"
        if self._no_body:
            self._complete()

    def on_body(self, part: bytes) -> None:
        if self._no_body:
            self.keep_alive = False  # bytes that nobody can assign to an answer
        elif not self.answer.body:
            self.answer.body = part
        else:
            if isinstance(self.answer.body, bytes):
                self.answer.body = bytearray(self.answer.body)  # which grows without being copied each time
            self.answer.body += part

    def on_message_complete(self) -> None:
        if self.answer.status is not None and not self._no_body:
            self._complete()

    def _complete(self) -> None:
        self.answer.complete = True
        self.keep_alive = bool(self._parser.should_keep_alive())
