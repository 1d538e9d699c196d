"""Colours can be told from what is behind them, and numbers have units."""

from __future__ import annotations

import pytest

from seatrial.report import palette
from seatrial.report.text import duration, figure, number, one_line, shortened

TEXT_ON = ("paper", "card", "faint", "fault-band")
"""Grounds on which text stands."""
TEXT = ("ink", "soft", "link", "passed", "failed", "error", "inconclusive", "skipped", "unsupported", "fault")
"""Colours in which text is written; each must reach 4.5:1 on every ground."""
MARKS = (
    "offered", "unknown", "dropped", "p50", "p99", "ready", "pending", "unready", "terminating", "wanted",
)  # fmt: skip
"""Colours of lines and shapes that carry meaning; each must reach 3:1 on paper."""


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two colours `#rrggbb` (WCAG 2.2), from 1 to 21."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    channels = (int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5))
    linear = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return sum(weight * channel for weight, channel in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


@pytest.mark.parametrize("colours", [palette.LIGHT, palette.DARK], ids=["light", "dark"])
def test_contrast_is_enough(colours: dict[str, str]) -> None:
    for name in TEXT:
        for ground in TEXT_ON:
            assert contrast(colours[name], colours[ground]) >= 4.5, (name, ground)
    for name in MARKS:
        assert contrast(colours[name], colours["paper"]) >= 3, name
    assert contrast(colours["ink"], colours["error-tint"]) >= 4.5
    assert set(palette.LIGHT) == set(palette.DARK)


def test_the_contrast_of_black_on_white_is_21() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("longest_gap_seconds", 0.0331, ("longest gap", "0.0331 s")),
        ("failed_fraction_low", 0.0142, ("failed low", "1.42 %")),
        ("latency_p99_ms", 300.0, ("latency p99", "300 ms")),
        ("requests", 12480, ("requests", "12,480")),
        ("lost", None, ("lost", "none")),
        ("kept", True, ("kept", "yes")),
        ("ids", [1, "a"], ("ids", "1, a")),
        ("budget_seconds", "Infinity", ("budget", "Infinity")),
    ],
)
def test_figures_have_units(name: str, value: object, expected: tuple[str, str]) -> None:
    assert figure(name, value) == expected


def test_words_for_numbers() -> None:
    assert [number(v) for v in (0, 3, 0.42, 3.14159, 99.96, 12480.4, float("inf"))] == [
        "0", "3", "0.42", "3.14", "100", "12,480", "unlimited",
    ]  # fmt: skip
    assert [duration(v) for v in (0.4213, 42, 59.96, 750, 7500, None)] == [
        "0.42 s", "42 s", "60 s", "12 min 30 s", "2 h 5 min", "unknown",
    ]  # fmt: skip
    assert one_line("a\n b\t c", 4) == "a b…"
    assert shortened("a" * 30 + "b" * 30, 11) == "aaaaa…bbbbb"
