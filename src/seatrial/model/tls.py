"""The files of certificates with which clients speak TLS."""

from __future__ import annotations

from typing import TypedDict


class TlsFiles(TypedDict, total=False):
    """Arguments of `traffic.target.tls_context`; what is left out is as on this machine."""

    ca_file: str
    certificate_file: str
    key_file: str
