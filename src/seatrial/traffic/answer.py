"""What came of one request, read from the wire: httptools' parser, and the rules that it leaves open.

Rules of RFC 9112, section 6.3: an answer to HEAD ends with its headers; one with neither a length nor chunks
ends with its connection; interim 1xx answers come before the final one.
"""

from __future__ import annotations

from typing import Any

from httptools import HttpParserError, HttpParserUpgrade, HttpResponseParser

_LENGTHS = (b"content-length", b"transfer-encoding")


class NoHttp(Exception):
    """The answer breaks the rules of HTTP."""


class Answer:
    """What came of one request.

    Attributes:
        completed_at: monotonic seconds when the answer was complete or the error came; 0 before.
        sent: whether the request was handed to a connection.
        status: code of a complete or an incomplete answer; None when there was none.
        complete: whether the whole answer arrived.
        error: short reason when it did not.
        backend: the header by which a server tells who it is, with a comma between several; empty without.
        location: where a redirection leads to; empty without.
    """

    __slots__ = ("backend", "body", "complete", "completed_at", "error", "location", "sent", "status")

    def __init__(self) -> None:
        self.completed_at = 0.0
        self.sent = self.complete = False
        self.status: int | None = None
        self.error = self.backend = self.location = ""
        self.body: bytes | bytearray = b""


class AnswerReader:
    """Takes the bytes of one connection, and fills in one `Answer` after another.

    Attributes:
        begun: whether any of the present answer came.
        keep_alive: once it is complete: whether the connection may carry another request.
    """

    __slots__ = ("_has_length", "_no_body", "_parser", "_served_by", "answer", "begun", "keep_alive")

    def __init__(self) -> None:
        self.answer = Answer()
        self._parser: Any = None
        self._no_body = False
        self._served_by = b""
        self.begun = self.keep_alive = self._has_length = False

    def begin(self, method: str, answer: Answer, served_by: bytes = b"") -> None:
        """What comes next is the answer to a request with this method.

        Args:
            served_by: the header, in small letters, by which a server tells who it is; empty for none.
        """
        if self._parser is None or self._no_body:
            self._parser = HttpResponseParser(self)
        self.answer = answer
        self._served_by = served_by
        self._no_body = method == "HEAD"
        self.begun = self.keep_alive = self._has_length = False

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
        self.answer.complete = self.answer.status is not None and not self._has_length

    def close(self) -> None:
        """Let the parser go: it knows this object, and a cycle would lie about until the collector comes."""
        self._parser = None

    def on_message_begin(self) -> None:
        if self.answer.complete:
            raise NoHttp("a second answer to one request")

    def on_header(self, name: bytes, value: bytes) -> None:
        name = name.lower()
        if name == self._served_by:
            told, before = value.decode("latin-1"), self.answer.backend
            self.answer.backend = f"{before}, {told}" if before else told
        elif name in _LENGTHS:
            self._has_length = True
        elif name == b"location":
            self.answer.location = value.decode("latin-1")

    def on_headers_complete(self) -> None:
        status = self._parser.get_status_code()
        if status < 200:  # an interim answer, whose headers are not those of the final one
            self.answer.backend = self.answer.location = ""
            self._has_length = False
            return
        self.answer.status = status
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
        self.keep_alive = self._parser.should_keep_alive()
