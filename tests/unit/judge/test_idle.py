"""Which connections were opened by the requests, and which of them a pod closed first, look by look."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from observations import CLOCK, exchange, failed, health

from seatrial.judge.idle import Closed, Seen, bursts, idle_connections, seen_at_pods
from seatrial.model.connection import CONNECTIONS, PodConnection
from seatrial.model.exchange import Exchange
from seatrial.model.measurement import Measurement, MeasurementOutcome
from seatrial.model.observation import TROUBLE, Arm, Observation
from seatrial.model.timeline import Change, PodSeen, Timeline
from seatrial.model.verdict import Outcome

PROXY, PROBE = "10.244.1.5", "10.244.2.1"
OPEN, CLOSED = "established", "time-wait"
Listed = tuple[int, str]
"""Port of the peer, and state."""


def look(at: float, *listed: Listed, peer: str = PROXY, pod: str = "catalogue-0") -> Measurement:
    """It began a quarter of a second before."""
    connections = [PodConnection(8080, peer, port, state).plain() for port, state in listed]
    return Measurement(
        CONNECTIONS, pod, at - 0.25, at, MeasurementOutcome.ANSWERED, {"connections": connections}
    )


def unread(at: float, reason: str) -> Measurement:
    return replace(look(at), outcome=MeasurementOutcome.COULD_NOT_TRY, value={}, reason=reason)


def observed(*looks: Measurement, sent: Sequence[Exchange] = ()) -> Observation:
    gateway = PodSeen(
        1.0, Change.ADDED, "gateway-7", "g", "", "worker", "", "Pending", False, 0, (), "", None, None,
        None, None, False,
    )  # fmt: skip
    later = replace(gateway, at=2.0, ip=PROXY, phase="Running")
    arm = Arm(
        tuple(sent), health(), timeline=Timeline(0.0, 200.0, CLOCK, (gateway, later)), measurements=looks
    )
    return Observation({TROUBLE: arm}, target="catalogue", journey="browse")


def seen(*looks: Measurement, sent_at: Sequence[float] = (100.0,)) -> Seen:
    return seen_at_pods(observed(*looks), sent_at)


class TestOpened:
    @pytest.mark.parametrize(
        ("at", "opened"), [(95.0, 0), (98.2, 0), (98.25, 1), (98.5, 1), (100.5, 1), (100.6, 0)]
    )
    def test_by_what_was_sent_since_the_look_before(self, at: float, opened: int) -> None:
        """The look before began at 98.75; half a second earlier belongs to it."""
        looks = [look(90.0), look(99.0), look(100.5, (1, OPEN)), look(101.5, (1, OPEN))]
        assert seen(*looks, sent_at=[at]).opened == opened
        assert seen(*looks, sent_at=[50.0, at, 150.0]).opened == opened

    def test_what_the_first_look_shows_was_there_before(self) -> None:
        assert seen(look(100.5, (1, OPEN)), look(101.0, (1, OPEN))).opened == 0

    def test_each_connection_counts_once(self) -> None:
        looks = [look(99.0), look(100.5, (1, OPEN), (2, OPEN)), look(101.0, (1, OPEN), (2, CLOSED))]
        assert seen(*looks).opened == 2
        elsewhere = [replace(each, name="catalogue-1") for each in looks]
        assert seen(*looks, *elsewhere).opened == 4


class TestWhoComesWithoutRequests:
    """A peer that comes then too, as a probe does, counts only where it keeps its connections."""

    @pytest.mark.parametrize(("state", "opened"), [(CLOSED, 0), (OPEN, 1)])
    def test_it_must_keep_what_it_opens(self, state: str, opened: int) -> None:
        looks = [look(99.0), look(100.5, (1, state)), look(103.0, (1, CLOSED)), look(105.0, (2, CLOSED))]
        assert seen(*looks).opened == opened

    def test_another_peer_of_the_same_port_may_come_meanwhile(self) -> None:
        looks = [look(99.0), look(100.5, (1, CLOSED)), look(103.0), look(105.0, (1, CLOSED), peer=PROBE)]
        assert seen(*looks).opened == 1

    def test_what_was_there_at_the_first_look_did_not_come_meanwhile(self) -> None:
        looks = [look(99.0, (7, OPEN)), look(100.5, (1, CLOSED), (7, OPEN)), look(105.0, (7, OPEN))]
        assert seen(*looks).opened == 1


TWO = ((1, OPEN), (2, OPEN))
GONE = ((1, CLOSED), (2, CLOSED))
"""Both connections of a proxy: one alone may be somebody's who happened to come then."""


class TestClosed:
    def closed(self, *looks: Measurement, sent_at: Sequence[float] = (100.0,)) -> set[tuple[float, float]]:
        found = seen(look(99.0), *looks, sent_at=sent_at).closed
        assert all(one.pod == "catalogue-0" and one.peer == "pod gateway-7" for one in found)
        return {(one.after_seconds, one.before_seconds) for one in found}

    def test_between_the_last_look_that_shows_it_open_and_the_first_that_does_not(self) -> None:
        looks = [look(100.5, *TWO), look(101.5, *TWO), look(103.0, *GONE), look(104.0, *GONE)]
        assert self.closed(*looks) == {(1.5, 3.0)}

    def test_it_must_have_been_seen_open_twice(self) -> None:
        assert self.closed(look(100.5, *TWO), look(103.0, *GONE)) == set()

    def test_two_of_one_peer_are_needed(self) -> None:
        looks = [look(100.5, TWO[0]), look(101.5, TWO[0]), look(103.0, GONE[0])]
        assert self.closed(*looks) == set()

    def test_idle_is_since_the_last_request_that_it_can_have_carried(self) -> None:
        looks = [look(100.5, *TWO), look(101.5, *TWO), look(103.0, *GONE)]
        assert self.closed(*looks, sent_at=[100.0, 101.25]) == {(0.25, 1.75)}
        assert self.closed(*looks, sent_at=[100.0, 101.5]) == {(0.0, 1.5)}
        assert self.closed(*looks, sent_at=[100.0, 103.0]) == {(1.5, 3.0)}

    def test_what_was_closed_under_a_request_was_not_idle(self) -> None:
        looks = [look(100.5, *TWO), look(101.5, *TWO), look(103.0, *GONE)]
        assert self.closed(*looks, sent_at=[100.0, 102.0, 150.0]) == set()

    def test_closed_by_its_client_it_is_gone_or_waits_to_be_closed(self) -> None:
        waits = tuple((port, "close-wait") for port, _ in TWO)
        assert self.closed(look(100.5, *TWO), look(101.5, *TWO), look(103.0, *waits)) == set()
        assert self.closed(look(100.5, *TWO), look(101.5, *TWO), look(103.0)) == set()

    def test_a_peer_that_is_no_pod_is_named_by_its_address(self) -> None:
        looks = [look(99.0, peer=PROBE), look(100.5, *TWO, peer=PROBE), look(101.5, *TWO, peer=PROBE)]
        [first, _] = seen(*looks, look(103.0, *GONE, peer=PROBE)).closed
        assert first == Closed("catalogue-0", PROBE, 1.5, 3.0)


def test_why_they_cannot_be_listed_is_told_once_each() -> None:
    found = seen(unread(99.0, "no cat"), unread(100.0, "no right"), unread(101.0, "no cat"))
    assert found == Seen(0, (), ("no cat", "no right"), "catalogue-0: no cat")


class TestVerdict:
    BURSTS: tuple[Exchange, ...] = tuple(map(exchange, (100.0, 100.375, 102.0, 102.375, 102.4)))

    def test_gaps_are_from_first_to_first(self) -> None:
        verdict = idle_connections(observed(sent=[*self.BURSTS, failed(107.5)]))
        assert verdict.observed == (
            "1 of 4 requests after 2.0 to 5.5 idle seconds failed: 1 of 1 after 5.5 s (1x connection refused)"
        )
        assert verdict.numbers["longest_idle_seconds"] == 5.5
        assert verdict.numbers["requests_after_idle"] == 4

    def test_requests_without_an_idle_time_between_them_show_nothing(self) -> None:
        verdict = idle_connections(observed(sent=self.BURSTS[:2]))
        assert verdict.outcome is Outcome.INCONCLUSIVE
        assert verdict.observed == "no request was sent after an idle time"

    def test_the_first_burst_alone_is_the_control(self) -> None:
        verdict = idle_connections(observed(sent=[failed(100.1), *self.BURSTS[:-1]]))
        assert verdict.outcome is Outcome.ERROR
        assert verdict.observed.startswith("1 of 3 requests over new connections failed")

    def test_a_burst_counts_from_its_first_request_on(self) -> None:
        verdict = idle_connections(observed(look(99.0), look(100.25, *TWO), sent=self.BURSTS))
        assert verdict.outcome is Outcome.PASSED
        assert verdict.numbers["connections_seen"] == 2

    def test_a_look_that_was_made_again_is_enough(self) -> None:
        looks = [unread(99.0, "no cat"), look(99.0), look(100.5, *TWO)]
        assert idle_connections(observed(*looks, sent=self.BURSTS)).outcome is Outcome.PASSED

    def test_looks_that_break_off_before_the_longest_idle_time_are_no_pass(self) -> None:
        looks = [look(99.0), look(100.5, *TWO), unread(103.0, "20 s were over")]
        verdict = idle_connections(observed(*looks, sent=self.BURSTS))
        assert verdict.outcome is Outcome.INCONCLUSIVE
        assert "last look at connections could not be made: catalogue-0: 20 s were over" in verdict.observed

    @pytest.mark.parametrize("broken", [(99.0, 100.5, 103.0), (103.0,)])
    def test_one_pod_of_several_that_cannot_be_read_is_no_pass(self, broken: tuple[float, ...]) -> None:
        """Who closes first at the pod that was not looked at is not known by the others."""
        well = [look(99.0), look(100.5, *TWO), look(103.0, *TWO)]
        other = [
            replace(unread(each.ended_at, "no cat") if each.ended_at in broken else each, name="catalogue-1")
            for each in well
        ]
        verdict = idle_connections(observed(*other, *well, sent=self.BURSTS))
        assert verdict.outcome is Outcome.INCONCLUSIVE, verdict.explain()
        assert verdict.observed.endswith("last look at connections could not be made: catalogue-1: no cat")

    def test_the_first_reason_is_told_where_none_can_be(self) -> None:
        looks = [unread(99.0, "no cat"), unread(100.0, "no right")]
        verdict = idle_connections(observed(*looks, sent=self.BURSTS))
        assert verdict.outcome is Outcome.UNSUPPORTED
        assert verdict.observed.endswith("cannot be seen: no cat")

    def test_the_soonest_and_the_latest_of_several_are_told(self) -> None:
        early = [look(100.5, *TWO), look(101.0, *TWO), look(101.75, *GONE)]
        late = [look(102.5, (3, OPEN), (4, OPEN)), look(105.0, (3, OPEN), (4, OPEN))]
        looks = [look(99.0), *early, *late, look(107.0, (3, CLOSED), (4, CLOSED))]
        verdict = idle_connections(observed(*looks, sent=self.BURSTS))
        assert verdict.outcome is Outcome.FAILED
        assert verdict.observed.endswith(
            "closed 4 idle connections of pod gateway-7 first, 1.00 s to 5.00 s after their last request"
        )
        assert "less than 1.00 s at the proxy" in verdict.next_step


def test_half_a_second_apart_are_two_bursts() -> None:
    assert [len(burst) for burst in bursts([exchange(at) for at in (1.0, 1.25, 1.5)])] == [2, 1]
    later = bursts([exchange(at) for at in (1.0, 2.0, 2.25, 2.75)])
    assert [[each.planned_at for each in burst] for burst in later] == [[1.0], [2.0, 2.25], [2.75]]
