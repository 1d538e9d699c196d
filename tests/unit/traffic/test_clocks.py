"""How far another clock is, from when it was asked, what it read, and when the answer came."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seatrial.traffic.clocks import CLOCK_SECONDS, Clocks

SECONDS = st.floats(min_value=0.0, max_value=1.0)


@given(ahead=st.floats(min_value=-3600, max_value=3600), there=SECONDS, back=SECONDS)
def test_the_true_offset_lies_within_the_error(ahead: float, there: float, back: float) -> None:
    clocks = Clocks()
    asked_at = 1_000_000.0
    clocks.take(asked_at + there + ahead, asked_at, asked_at + there + back)
    best = clocks.best(asked_at + there + back)
    assert best is not None
    assert abs(best.seconds + ahead) <= best.error_seconds + 1e-6


def test_the_quickest_answer_tells_best_and_old_ones_do_not_count() -> None:
    clocks = Clocks()
    assert clocks.best(0.0) is None
    for took in (0.4, 0.02, 0.6):
        clocks.take(100.0, 100.0, 100.0 + took)
    best = clocks.best(101.0)
    assert best is not None
    assert best.error_seconds == pytest.approx(0.01)
    later = 100.0 + 2 * CLOCK_SECONDS
    clocks.take(later, later, later + 0.3)
    best = clocks.best(later + 1)
    assert best is not None
    assert best.error_seconds == pytest.approx(0.15)
    assert clocks.number == 4
