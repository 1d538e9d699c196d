"""The trace that a request or a message belongs to (W3C Trace Context): passed on, and named in the log."""

import contextvars
import json
import logging
import re
import secrets

HEADER = "traceparent"
SAMPLED = 1
FORM = re.compile(r"00-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-([0-9a-f]{2})")
_current: contextvars.ContextVar[str] = contextvars.ContextVar("traceparent", default="")


def follow(given: str | None) -> None:
    """From now on this task is a part of that trace, or of none when it is not given or of another form."""
    match = FORM.fullmatch(given or "")
    _current.set(f"00-{match[1]}-{secrets.token_hex(8)}-{match[2]}" if match else "")


def current() -> str:
    """What is handed on to whoever is asked next; empty without a trace."""
    return _current.get()


def sampled() -> bool:
    """Whether the client wants to see this trace: only then is each request and message logged."""
    return bool(current()) and bool(int(current()[-2:], 16) & SAMPLED)


class JsonLines(logging.Formatter):
    """One JSON object a line, with the ids of the trace."""

    def format(self, record: logging.LogRecord) -> str:
        fields = {
            "time": self.formatTime(record),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if current():
            _, fields["trace_id"], fields["span_id"], _ = current().split("-")
        if record.exc_info:
            fields["exception"] = self.formatException(record.exc_info)
        return json.dumps(fields)
