"""What a container's cgroup says of its CPU."""

import pytest

from seatrial.errors import SeatrialError
from seatrial.kube.cpu import CpuRead, parsed


def test_the_counters_are_read():
    text = (
        "usage_usec 2500000\nuser_usec 1\nsystem_usec 2\nnr_periods 100\nnr_throttled 7\nthrottled_usec 9\n"
    )
    assert parsed(text) == CpuRead(2.5, 100, 7)


def test_without_a_limit_there_are_no_periods():
    assert parsed("usage_usec 2500000\nnr_periods 0\nnr_throttled 0\n") == CpuRead(2.5)
    assert parsed("usage_usec 2500000\n") == CpuRead(2.5)


@pytest.mark.parametrize("text", ["", "cat: no such file", "usage_usec many\n", "user_usec 1\n"])
def test_what_is_no_such_file_is_told(text):
    with pytest.raises(SeatrialError, match="exec is forbidden"):
        parsed(text, "exec is forbidden")
