"""The offset of a clock that is only told in whole seconds, narrowed by samples around its edges."""

from __future__ import annotations

import math
import random

import pytest

from seatrial.kube.clock import Offset


def test_one_sample_bounds_the_offset_to_a_second_and_the_round_trip() -> None:
    offset = Offset()
    offset.narrow(sent_at=10.0, received_at=10.2, date_epoch=1000)
    assert (offset.lowest, offset.highest) == (10.0 - 1001, 10.2 - 1000)
    assert offset.error_seconds == pytest.approx(0.6)


@pytest.mark.parametrize("seed", range(20))
def test_samples_around_an_edge_enclose_the_truth_tightly(seed: int) -> None:
    chance = random.Random(seed)
    truth = chance.uniform(-1e6, 1e6)
    offset, now = Offset(), chance.uniform(0, 1)
    for _ in range(150):
        answered = now + chance.uniform(0.0005, 0.004)
        received = answered + chance.uniform(0.0005, 0.004)
        offset.narrow(now, received, math.floor(answered - truth))
        now = received + 0.01
    assert offset.consistent
    assert offset.lowest <= truth <= offset.highest
    assert offset.error_seconds < 0.02
    assert abs(offset.clock().offset_seconds - truth) <= offset.error_seconds


def test_a_clock_that_was_moved_is_noticed() -> None:
    offset = Offset()
    offset.narrow(10.0, 10.01, 1000)
    offset.narrow(10.1, 10.11, 1005)
    assert not offset.consistent
