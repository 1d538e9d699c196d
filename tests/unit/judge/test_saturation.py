"""How much CPU was wanted while requests failed, on hand-made samples: what overlaps, and what it weighs."""

from dataclasses import replace

import pytest
from observations import failed, observation, timeline

from seatrial.judge.saturation import Pressure, disk_words, doubted, pressure
from seatrial.model.exchange import Exchange
from seatrial.model.pressure import CpuSeen, DiskSeen
from seatrial.model.timeline import Seen
from seatrial.model.verdict import Outcome, Verdict


def sample(begin: float, end: float, waited: float = 1.0, busy: float = 1.0) -> CpuSeen:
    """`waited` is a fraction of the sample."""
    return CpuSeen(end, "node-a", end - begin, waited * (end - begin), busy)


def found(failing: list[Exchange], *samples: Seen) -> Pressure:
    pressed = pressure(timeline(*samples), failing)
    assert pressed is not None
    return pressed


EVERY_SECOND = [sample(at, at + 1.0) for at in range(90, 140)]


def failing_seconds(*failing: Exchange) -> float:
    return found(list(failing), *EVERY_SECOND).failing_seconds


def test_a_sample_is_told_in_percent() -> None:
    pressed = found([failed(110.25)], sample(109.0, 111.0, waited=0.9, busy=0.95))
    assert str(pressed) == (
        "some tasks waited for CPU 90 % of the 1.01 s in which requests failed, "
        "and 95 % of node-a's CPU was used"
    )
    assert pressed.saturated


def test_samples_weigh_by_what_they_share_with_the_failures() -> None:
    """The request fails from 110.25 to 113.25, half a second more around it: 0.25 s, 2 s and 1.75 s."""
    samples = [sample(109, 110, 1.0, 1.0), sample(110, 112, 0.5, 0.2), sample(112, 114, 0.0, 0.6)]
    pressed = found([failed(110.25, latency=3.0)], *samples)
    assert pressed.failing_seconds == pytest.approx(4.0)
    assert pressed.waited == pytest.approx((0.25 + 1.0) / 4.0)
    assert pressed.busy == pytest.approx((0.25 + 0.4 + 1.05) / 4.0)


def test_requests_fail_from_the_first_of_a_group_to_its_last_end() -> None:
    assert failing_seconds(failed(110.0)) == pytest.approx(1.01)
    assert failing_seconds(failed(110.0, latency=None)) == pytest.approx(1.0)
    assert failing_seconds(failed(110.3), failed(110.0)) == pytest.approx(1.31)
    assert failing_seconds(failed(110.0), failed(111.0)) == pytest.approx(2.01)
    assert failing_seconds(failed(110.0), failed(120.0)) == pytest.approx(2.02)
    assert failing_seconds(failed(110.0, latency=4.0), failed(111.0)) == pytest.approx(5.0)


def test_a_later_group_is_one_time_of_its_own() -> None:
    assert failing_seconds(failed(100.0), failed(110.0), failed(110.6)) == pytest.approx(1.01 + 1.61)
    later = [failed(110.0, latency=4.0), failed(111.0)]
    assert failing_seconds(failed(100.0), *later) == pytest.approx(1.01 + 5.0)


def test_a_sample_without_length_says_nothing_and_a_short_one_does() -> None:
    assert pressure(timeline(CpuSeen(110.0, "node-a", 0.0, 0.0, 1.0)), [failed(110.0)]) is None
    empty = CpuSeen(110.0, "node-a", 0.0, 0.0, 1.0)
    assert found([failed(110.0)], empty, sample(110.0, 110.5)).failing_seconds == pytest.approx(0.5)


def test_nothing_is_told_without_samples_of_that_time() -> None:
    assert pressure(None, [failed(110.0)]) is None
    assert pressure(timeline(sample(120.0, 121.0)), [failed(110.0)]) is None
    assert pressure(timeline(sample(110.0, 111.0)), []) is None


@pytest.mark.parametrize(
    ("waited", "busy", "covered"), [(0.8, 0.9, 1.0), (0.79, 1.0, 0.0), (1.0, 0.89, 0.0), (0.0, 0.0, 0.0)]
)
def test_cpu_is_gone_in_a_sample_that_waited_and_was_busy(waited: float, busy: float, covered: float) -> None:
    two_seconds = CpuSeen(111.0, "node-a", 2.0, 2.0 * waited, busy)
    assert found([failed(110.0)], two_seconds).covered == covered


def test_a_request_is_covered_by_the_sample_in_which_it_was_planned() -> None:
    for at in (110.0, 111.0):
        assert found([failed(at)], sample(110.0, 111.0)).covered == 1.0
    for at in (109.9, 111.1):
        assert found([failed(at)], sample(110.0, 111.0)).covered == 0.0
    half = [failed(110.5), failed(112.5)]
    assert found(half, sample(110.0, 111.0), sample(112.0, 113.0, waited=0.1)).covered == 0.5


def test_four_fifths_of_the_time_and_half_of_the_requests_are_a_want_of_cpu() -> None:
    least = Pressure("node-a", "failed", 1.0, 0.8, 1.0, 0.5)
    assert least.saturated
    assert not replace(least, waited=0.79).saturated
    assert not replace(least, covered=0.49).saturated


def stalled(begin: float, end: float, waited: float) -> DiskSeen:
    return DiskSeen(end, "this machine", end - begin, waited * (end - begin))


class TestDisks:
    """A disk is named where tasks waited for it while requests were slow, and much less else; never more."""

    SLOW = failed(110.0, latency=1.0)  # from 109.5 to 111.5

    def words(self, inside: float, outside: float) -> str:
        samples = [stalled(at / 2, (at + 1) / 2, outside) for at in range(180, 280) if not 219 <= at < 223]
        return disk_words(timeline(*samples, stalled(109.5, 111.5, inside)), [self.SLOW])

    def test_it_is_told_in_percent(self) -> None:
        assert self.words(0.41, 0.02) == (
            "Some task waited for a disk of this machine 41 % of the 2.00 s in which requests were slow, and "
            "2 % of the rest."
        )

    @pytest.mark.parametrize(
        ("inside", "outside", "named"),
        [(0.11, 0.0, True), (0.09, 0.0, False), (0.5, 0.15, True), (0.5, 0.18, False), (1.0, 1.0, False)],
    )
    def test_only_what_stands_out_is_told(self, inside: float, outside: float, named: bool) -> None:
        assert bool(self.words(inside, outside)) is named

    def test_without_a_record_nothing_is_told(self) -> None:
        assert disk_words(None, [self.SLOW]) == ""
        assert disk_words(timeline(), [self.SLOW]) == ""
        assert disk_words(timeline(stalled(90.0, 91.0, 1.0)), [self.SLOW]) == ""

    def test_it_is_named_and_no_doubt(self) -> None:
        verdict = Verdict(Outcome.FAILED, "p99 900 ms", "p99 300 ms", "Look.")
        seen = timeline(stalled(109.0, 112.0, 0.5), stalled(112.0, 140.0, 0.0))
        told = doubted(observation([self.SLOW], timeline=seen), verdict, [self.SLOW])
        assert told.outcome is Outcome.FAILED
        assert told.next_step.startswith("Look. Some task waited for a disk")
