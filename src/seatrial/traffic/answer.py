"""What came of one request, read from the wire: httptools' parser, and the rules that it leaves open.

Rules of RFC 9112, section 6.3: an answer to HEAD ends with its headers; one with neither a length nor chunks
ends with its connection; interim 1xx answers come before the final one.
"""

from __future__ import annotations

from dataclasses import dataclass

from httptools import HttpParserError, HttpParserUpgrade, HttpResponseParser

_SIZED = (b"content-length", b"transfer-encoding")
_BACKEND = b"x-served-by"


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
        backend: the header `X-Served-By`, by which a server may tell who it is.
    """

    completed_at: float
    sent: bool
    status: int | None = None
    complete: bool = False
    error: str = ""
    body: bytes = b""
    backend: str = ""


class AnswerReader:
    """Takes the bytes of one answer and fills in `answer`: status, body, backend, complete.

    httptools calls the methods `on_...`; those that are not here cost nothing.

    Attributes:
        begun: whether any of it came.
        keep_alive: of a complete one: whether the connection may carry another request.
    """

    __slots__ = ("_no_body", "_parser", "_sized", "answer", "begun", "keep_alive")

    def __init__(self, method: str, answer: Answer) -> None:
        self.answer = answer
        self.begun = self.keep_alive = self._sized = False
        self._no_body = method == "HEAD"
        self._parser = HttpResponseParser(self)

    def feed(self, data: bytes) -> None:
        """Take what came.

        Raises:
            NoHttp: it cannot be, or not after what came before.
        """
        self.begun = True
        try:
            self._parser.feed_data(data)
        except (HttpParserError, HttpParserUpgrade) as error:
            self.keep_alive = False
            if not (self._no_body and self.answer.complete):
                self.answer.complete = False
                raise NoHttp(str(error)) from None

    def end(self) -> None:
        """The connection has ended, which completes an answer that told no length."""
        self.answer.complete = self.answer.status is not None and not self._sized

    def close(self) -> None:
        """Let the parser go: it knows this object, and a cycle would lie about until the collector comes."""
        del self._parser

    def on_header(self, name: bytes, value: bytes) -> None:
        name = name.lower()
        if name == _BACKEND:
            self.answer.backend = value.decode("latin-1")
        elif name in _SIZED:
            self._sized = True

    def on_headers_complete(self) -> None:
        status = self._parser.get_status_code()
        if status < 200:
            self._sized = False
            self.answer.backend = ""
            return
        self.answer.status = status
        if self._no_body:
            self._complete()

    def on_body(self, part: bytes) -> None:
        if self._no_body:
            self.keep_alive = False  # bytes that nobody can assign to an answer
        else:
            self.answer.body += part

    def on_message_complete(self) -> None:
        if self.answer.status is not None and not self._no_body:
            self._complete()

    def _complete(self) -> None:
        self.answer.complete = True
        self.keep_alive = bool(self._parser.should_keep_alive())
