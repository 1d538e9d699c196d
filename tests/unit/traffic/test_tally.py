"""A tally's histogram is the one that recording each time would have made."""

from hypothesis import given
from hypothesis import strategies as st

from seatrial.traffic.tally import HIGHEST_MICROSECONDS, Tally, histogram

TIMES = st.lists(st.floats(-1.0, 400.0) | st.floats(0.0, 0.01), max_size=50)


@given(TIMES)
def test_it_equals_recording_each(times) -> None:
    tally, recorded = Tally(), histogram()
    for seconds in times:
        tally.add(seconds)
        recorded.record_value(min(max(int(seconds * 1e6), 1), HIGHEST_MICROSECONDS))
    assert tally.histogram().encode() == recorded.encode()


@given(TIMES)
def test_it_stays_small(times) -> None:
    tally = Tally()
    for seconds in times * 2:
        tally.add(seconds)
    assert len(tally._counts) <= len(times)
