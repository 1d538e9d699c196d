"""Quantities as Kubernetes reads them."""

from typing import Any

import pytest

from seatrial.model.quantity import quantity, thousandths


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("500m", 0.5),
        ("1.5Gi", 1.5 * 1024**3),
        ("1e3", 1000.0),
        ("1E3", 1000.0),
        ("1E", 1e18),
        ("2Ei", 2 * 1024.0**6),
        (".5", 0.5),
        ("5.", 5.0),
        ("-1", -1.0),
        (2, 2.0),
        ("64MB", None),
        ("64mi", None),
        ("1_000", None),
        ("0x10", None),
        ("nan", None),
        ("", None),
        ("m", None),
        ("ki", None),
        (None, None),
        (True, None),
        (["1"], None),
    ],
)
def test_quantity(written: Any, expected: float | None) -> None:
    assert quantity(written) == expected


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("250m", 250),
        ("12345678n", 13),  # 12.345678: rounded up, as MilliValue does
        ("1u", 1),
        ("64Mi", 64 * 1024**2 * 1000),
        ("0.1", 100),
        (3, 3000),
        ("1e400", None),
        ("x", None),
        (None, None),
    ],
)
def test_thousandths(written: Any, expected: int | None) -> None:
    assert thousandths(written) == expected
