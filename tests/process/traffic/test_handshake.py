"""A handshake with a real server: its certificate is seen whether or not anybody trusts it."""

from __future__ import annotations

import time

import pytest
from server_processes import Server

from seatrial.declared.certificates import validity
from seatrial.traffic.handshake import shown_certificate


def test_the_certificate_of_an_https_server_is_seen(
    tls_server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    seen = validity(shown_certificate(tls_server.url, timeout_seconds=10))
    assert seen.not_before <= time.time() < seen.not_after <= time.time() + 86400


def test_a_server_without_tls_is_an_error(server: Server) -> None:
    """It waits for the rest of what it takes for a request, and so does the client."""
    with pytest.raises(OSError, match=r"."):
        shown_certificate(server.url.replace("http:", "https:"), timeout_seconds=0.5)
