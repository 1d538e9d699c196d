"""How long X.509 certificates are valid, read from PEM or DER (RFC 5280, section 4.1). Pure.

Of a certificate nothing but its two times is read, so a walk over the encoding's first elements suffices.
"""

from __future__ import annotations

import re
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

_PEM = re.compile(r"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)
_SEQUENCE, _VERSION = 0x30, 0xA0
_UTC_TIME, _GENERALIZED_TIME = 0x17, 0x18
_FIRST_OF_LAST_CENTURY = 50
"""A year of two digits from here on is of the last century."""


@dataclass(frozen=True)
class Validity:
    """When a certificate is valid: epoch seconds."""

    not_before: float
    not_after: float


def validities(text: str) -> list[Validity]:
    """Those of every certificate in a PEM text, in its order. Raises ValueError: one cannot be read."""
    try:
        return [validity(ssl.PEM_cert_to_DER_cert(found)) for found in _PEM.findall(text)]
    except IndexError:
        raise ValueError("a certificate ends too early") from None


def validity(der: bytes) -> Validity:
    """That of one certificate. Raises ValueError: it is none."""
    try:
        fields = _elements(_content(_content(der)))
        while fields and fields[0][0] == _VERSION:
            fields = fields[1:]
        _serial, _algorithm, _issuer, (tag, times), *_ = fields
        if tag != _SEQUENCE:
            raise ValueError("no validity where it should stand")
        first, last = _elements(times)
        return Validity(_time(*first), _time(*last))
    except (IndexError, ValueError) as error:
        raise ValueError(f"this is no certificate: {error}") from None


def _content(data: bytes) -> bytes:
    """What the first element holds."""
    (_, content), *_ = _walk(data)
    return content


def _elements(data: bytes) -> list[tuple[int, bytes]]:
    return list(_walk(data))


def _walk(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Tag and content of each element, one after the other (X.690, section 8.1)."""
    at = 0
    while at < len(data):
        tag, length, at = data[at], data[at + 1], at + 2
        if length & 0x80:
            wide = length & 0x7F
            length, at = int.from_bytes(data[at : at + wide]), at + wide
        if at + length > len(data):
            raise ValueError("it ends too early")
        yield tag, data[at : at + length]
        at += length


def _time(tag: int, content: bytes) -> float:
    written = content.decode("ascii")
    if tag == _UTC_TIME:
        written = ("19" if int(written[:2]) >= _FIRST_OF_LAST_CENTURY else "20") + written
    elif tag != _GENERALIZED_TIME:
        raise ValueError(f"a time of kind {tag:#x}")
    return datetime.strptime(written, "%Y%m%d%H%M%SZ").replace(tzinfo=UTC).timestamp()
