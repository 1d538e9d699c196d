"""The certificate that a server shows, whether or not anybody would trust it."""

from __future__ import annotations

import socket
from typing import Any
from urllib.parse import urlsplit

from seatrial.traffic.target import tls_context

HTTPS_PORT = 443


def shown_certificate(address: str, *, timeout_seconds: float, **tls: Any) -> bytes:
    """The server's own certificate, as DER, from one handshake; nothing is sent after it.

    Args:
        address: base address that begins with https:.
        tls: the files of `tls_context`; whom the client trusts does not matter here.

    Raises:
        OSError: no connection, or no handshake.
        BadInput: a file of certificates cannot be used.
    """
    parts = urlsplit(address)
    host, port = parts.hostname or "", parts.port or HTTPS_PORT
    context = tls_context(**{**tls, "ca_file": ""}, verify=False)
    with (
        socket.create_connection((host, port), timeout=timeout_seconds) as plain,
        context.wrap_socket(plain, server_hostname=host) as made,
    ):
        return made.getpeercert(binary_form=True) or b""
