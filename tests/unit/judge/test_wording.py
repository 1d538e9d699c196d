"""Numbers are written the same way in every verdict."""

import dataclasses

import pytest
from observations import exchange, failed, unknown

from seatrial.judge.wording import errors, percent, plural, seconds


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0, "0.00 s"), (9.99, "9.99 s"), (-9.5, "-9.50 s"), (10.0, "10.0 s"), (-10, "-10.0 s")],
)
def test_seconds_have_two_digits_below_ten(value: float, text: str) -> None:
    assert seconds(value) == text


@pytest.mark.parametrize(
    ("fraction", "text"),
    [(0.0, "0.0 %"), (0.001, "0.1 %"), (0.00099, "0.099 %"), (0.0000123, "0.0012 %"), (0.5, "50.0 %")],
)
def test_a_small_fraction_is_never_shown_as_none(fraction: float, text: str) -> None:
    assert percent(fraction) == text


def test_one_has_no_plural() -> None:
    assert [plural(count, "request") for count in (0, 1, 2)] == ["0 requests", "1 request", "2 requests"]


def test_the_most_frequent_errors_come_first_and_the_rest_are_counted() -> None:
    status = dataclasses.replace(exchange(1.0), status=503)
    seen = [
        unknown(1.0),
        failed(1.0, error="b"),
        failed(2.0, error="a"),
        unknown(2.0),
        status,
        status,
        status,
    ]
    assert errors(seen) == "3x status 503, 2x timeout 5 s, 1x a and 1 other kind"
    assert errors(seen[:4]) == "2x timeout 5 s, 1x a, 1x b"
    assert errors([*seen, failed(3.0, error="c")]) == "3x status 503, 2x timeout 5 s, 1x a and 2 other kinds"
    assert errors(seen, at_most=1) == "3x status 503 and 3 other kinds"
