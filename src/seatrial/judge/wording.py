"""Numbers as people read them. Used by every judge, so that verdicts look alike."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from seatrial.model.exchange import Exchange


def seconds(value: float) -> str:
    """`0.42 s` below ten seconds, `42.1 s` above."""
    return f"{value:.2f} s" if abs(value) < 10 else f"{value:.1f} s"


def duration(value: float) -> str:
    """`42 s`, `66 min`, `12 h`, `9 days`: two digits or three, as one tells how long to wait."""
    for unit, length, most in (("s", 1, 120), ("min", 60, 120), ("h", 3_600, 72)):
        if value < most * length:
            return f"{value / length:.3g} {unit}"
    return f"{value / 86_400:.3g} days"


def percent(fraction: float) -> str:
    """`2.3 %`, and as many digits as it takes to tell a small fraction from zero."""
    value = fraction * 100
    if value == 0 or value >= 0.1:
        return f"{value:.1f} %"
    return f"{value:.2g} %"


def plural(count: int, noun: str) -> str:
    """`1 request`, `2 requests`, `2 processes`."""
    ending = "" if count == 1 else "es" if noun.endswith("s") else "s"
    return f"{count} {noun}{ending}"


def errors(exchanges: Iterable[Exchange], *, at_most: int = 3) -> str:
    """The most frequent errors with their counts, e.g. `12x connection refused, 2x status 503`."""
    counts = Counter(exchange.error or f"status {exchange.status}" for exchange in exchanges)
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    shown = [f"{count}x {error}" for error, count in ranked[:at_most]]
    rest = len(ranked) - at_most
    return ", ".join(shown) + (f" and {plural(rest, 'other kind')}" if rest > 0 else "")
