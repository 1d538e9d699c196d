"""The two times of a certificate, read from real ones."""

from __future__ import annotations

import base64
import ssl
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml

from seatrial.declared.certificates import Validity, validities, validity

VARIANT = Path(__file__).parents[3] / "sample-system" / "variants" / "expired-certificate" / "shop.yaml"
PEM = str(next(iter(yaml.safe_load_all(VARIANT.read_text())))["stringData"]["tls.crt"])
DER = ssl.PEM_cert_to_DER_cert(PEM)


def epoch(*date: int) -> float:
    return datetime(*date, tzinfo=UTC).timestamp()  # type: ignore[arg-type,misc]


def test_both_times_are_read_from_pem_and_from_der() -> None:
    wanted = Validity(epoch(2025, 1, 1), epoch(2025, 4, 1))
    assert validity(DER) == wanted
    assert validities(f"subject=shop\n{PEM}\n{PEM}") == [wanted, wanted]
    assert validities("no certificate here") == []


def test_times_beyond_2049_have_four_digits_and_those_of_1950_are_no_future() -> None:
    late = DER.replace(b"\x17\x0d250401000000Z", b"\x18\x0f20700401000000Z")
    # The lengths of what holds the time: certificate (two bytes), its body, the validity.
    grown = late.replace(bytes([DER[3]]), bytes([DER[3] + 2]), 1)
    grown = grown.replace(b"\x30\x81\xc4", b"\x30\x81\xc6", 1).replace(b"\x30\x1e\x17", b"\x30\x20\x17", 1)
    assert validity(grown).not_after == epoch(2070, 4, 1)
    assert validity(DER.replace(b"250101000000Z", b"500101000000Z")).not_before == epoch(1950, 1, 1)


@pytest.mark.parametrize(
    "broken",
    [b"", b"\x30", b"hello", DER[:40], DER[:100], DER.replace(b"\x17\x0d2501", b"\x16\x0d2501"),
     DER.replace(b"250101", b"259901")],
)  # fmt: skip
def test_what_is_none_is_refused(broken: bytes) -> None:
    with pytest.raises(ValueError, match="this is no certificate"):
        validity(broken)


def test_a_damaged_pem_is_refused() -> None:
    damaged = base64.b64encode(DER[:60]).decode()
    with pytest.raises(ValueError, match="no certificate"):
        validities(f"-----BEGIN CERTIFICATE-----\n{damaged}\n-----END CERTIFICATE-----")
