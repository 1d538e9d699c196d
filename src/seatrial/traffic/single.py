"""Single requests that the agent sends for a tester; the standard library is enough for them."""

from __future__ import annotations

import http.client
import json
import socket
import time
from urllib.parse import urlsplit

from seatrial.errors import SeatrialError
from seatrial.traffic.once import send_once
from seatrial.traffic.record import exchange_line
from seatrial.traffic.target import short
from seatrial.traffic.wire import Header

_OF_THE_CONNECTION = frozenset({"connection", "keep-alive", "transfer-encoding"})


def answered(header: Header, payload: bytes) -> tuple[Header, bytes]:
    """Send one request and return its answer, whatever its status; `error` says why there is none."""
    parts = urlsplit(header["base_url"])
    if parts.scheme != "http" or not parts.hostname:
        raise SeatrialError(f"{header['base_url']} is no http address")
    timeout = float(header["timeout_seconds"])
    connection = http.client.HTTPConnection(parts.hostname, parts.port or 80, timeout=timeout)
    try:
        connection.request(
            header["method"], header["path"], body=payload or None,
            headers={name: value for name, value in header["headers"] if name.lower() != "host"},
        )  # fmt: skip
        response = connection.getresponse()
        body = response.read()
    except TimeoutError:
        return {"error": f"timeout {timeout:g} s", "no_answer": True}, b""
    except (OSError, http.client.HTTPException, socket.gaierror) as error:
        return {"error": short(error), "no_answer": True}, b""
    finally:
        connection.close()
    headers = [pair for pair in response.getheaders() if pair[0].lower() not in _OF_THE_CONNECTION]
    return {"status": response.status, "headers": headers}, body


def sent_once(header: Header, payload: bytes) -> tuple[Header, bytes]:
    """Send one arrival of a journey, and return its exchanges as lines of a recording."""
    exchanges = send_once(header["base_url"], header["name"], json.loads(payload))
    lines = "".join(map(exchange_line, exchanges))
    return {"monotonic": time.monotonic()}, lines.encode()
