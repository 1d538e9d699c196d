"""Where connections go: address, name, several addresses of one name, TLS."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import ssl
from collections.abc import Callable
from urllib.parse import urlsplit

import aiohappyeyeballs

from seatrial.errors import BadInput

IDLE_SECONDS = 3.0
"""Servers close idle connections after 5 s or more; one that was idle for less is still open."""
SECOND_ADDRESS_AFTER_SECONDS = 0.25
"""How long the first address of a name may be silent before the next one is tried beside it (RFC 8305)."""
_WORDS: dict[type[Exception], str] = {
    ConnectionRefusedError: "connection refused",
    ConnectionResetError: "connection reset",
    BrokenPipeError: "connection closed before it was sent",
    socket.gaierror: "name not found",
    UnicodeError: "name not found",
}


class Target:
    """Where connections go.

    Args:
        base_url: scheme, host and port.
        keep: how many kept-alive connections are made before one is used twice.
        idle_seconds: a connection that was idle for longer is not used again; None for any time.
        ca_file, certificate_file, key_file, verify: see `tls_context`.

    Raises:
        BadInput: the address or a file of certificates cannot be used.
    """

    def __init__(
        self,
        base_url: str,
        *,
        keep: int = 6,
        idle_seconds: float | None = IDLE_SECONDS,
        ca_file: str = "",
        certificate_file: str = "",
        key_file: str = "",
        verify: bool = True,
    ) -> None:
        parts = urlsplit(base_url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise BadInput(f"`{base_url}` is no base address", next_step="write http://HOST:PORT, no path.")
        self.host = parts.hostname
        self.port = parts.port or (443 if parts.scheme == "https" else 80)
        self.host_header = parts.netloc.rpartition("@")[2]
        self.tls: ssl.SSLContext | None = None
        if parts.scheme == "https":
            self.tls = tls_context(ca_file, certificate_file, key_file, verify=verify)
        self.keep = keep
        self.idle_seconds = idle_seconds
        self._literal = _is_address(self.host)

    async def connect(self, make: Callable[[], asyncio.BaseProtocol]) -> asyncio.Transport:
        """Make one connection, TLS included; nothing of a request was sent before it returns.

        Raises:
            OSError: refused, unreachable, no such name, or TLS failed. `short` has the words.
        """
        loop = asyncio.get_running_loop()
        name = self.host if self.tls else None
        if self._literal:
            made, _ = await loop.create_connection(
                make, self.host, self.port, ssl=self.tls, server_hostname=name
            )
            return made
        found = await loop.getaddrinfo(self.host, self.port, type=socket.SOCK_STREAM)
        connected = await aiohappyeyeballs.start_connection(
            found, happy_eyeballs_delay=SECOND_ADDRESS_AFTER_SECONDS
        )
        try:
            made, _ = await loop.create_connection(make, sock=connected, ssl=self.tls, server_hostname=name)
        except BaseException:
            connected.close()
            raise
        return made


def short(error: Exception) -> str:
    """The error in a few words, without this machine's details."""
    for kind, words in _WORDS.items():
        if isinstance(error, kind):
            return words
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"certificate refused: {error.verify_message}"
    strerror = getattr(error, "strerror", None)
    return strerror.lower() if isinstance(strerror, str) else str(error) or type(error).__name__


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def tls_context(
    ca_file: str = "", certificate_file: str = "", key_file: str = "", *, verify: bool = True
) -> ssl.SSLContext:
    """How a client speaks TLS.

    Args:
        ca_file: certificates that are trusted instead of this machine's; empty for this machine's.
        certificate_file, key_file: what the client shows of itself; empty for nothing.
        verify: whether the certificate of the server and its name are verified.

    Raises:
        BadInput: a file cannot be read.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if not verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    elif ca_file:
        try:
            context.load_verify_locations(ca_file)
        except (OSError, ssl.SSLError) as error:
            raise BadInput(f"the certificates cannot be read: {error}", where=ca_file) from None
    else:
        context.load_default_certs()
    if certificate_file:
        try:
            context.load_cert_chain(certificate_file, key_file or None, password=_no_password)
        except (OSError, ssl.SSLError) as error:
            reason = str(error) or "it is no certificate with its key"
            raise BadInput(
                f"the client's certificate cannot be used: {reason}",
                where=f"{certificate_file}, key {key_file or certificate_file}",
                next_step="Name a PEM certificate and its key, which has no password.",
            ) from None
    return context


def _no_password() -> str:
    """Nobody is asked for one: OpenSSL would wait at the terminal."""
    return ""
