"""Which failures are put down to a Service that sends to pods which are not Ready, and which are not."""

import math
from dataclasses import replace

import pytest
from observations import endpoints, exchange, failed, fault, observation, pod, service, timeline

from seatrial.judge.not_ready import exposed, sent_to_not_ready
from seatrial.model.exchange import Exchange
from seatrial.model.observation import Observation
from seatrial.model.timeline import Change, EndpointsSeen, PodSeen, Seen

FLAG = service(50.0, publish_not_ready=True)
STARTING = (
    pod(101.0, started_at=100.9),
    pod(109.0, started_at=100.9, ready=True, ready_at=109.0),
)
"""Not Ready from 101 to 109."""
LISTED = endpoints(102.0, orders_new=True)
"""From 102 on."""


def blamed(*seen: Seen, failures: list[Exchange]) -> tuple[list[str], list[Exchange]]:
    made = observation([], [fault()], timeline=timeline(*seen))
    return sent_to_not_ready(made, made.faults, failures)


def spans(*seen: Seen) -> list[tuple[float, float]]:
    watched = timeline(FLAG, *seen)
    return exposed(watched, "orders", watched.pods["uid-new"])


def slice_of(at: float, name: str, *, ready: bool = True, change: Change = Change.MODIFIED) -> EndpointsSeen:
    return replace(endpoints(at, orders_new=ready), slice_name=name, change=change)


class TestExposed:
    def test_from_when_it_is_listed_until_it_is_ready(self) -> None:
        assert spans(*STARTING, LISTED) == [(102.0, 109.0)]

    def test_from_when_it_is_unready_where_it_was_listed_before(self) -> None:
        assert spans(*STARTING, endpoints(100.0, orders_new=True)) == [(101.0, 109.0)]

    def test_until_it_is_listed_no_more(self) -> None:
        assert spans(*STARTING, LISTED, endpoints(105.0)) == [(102.0, 105.0)]
        assert spans(*STARTING, LISTED, endpoints(105.0, orders_new=False)) == [(102.0, 105.0)]
        gone = replace(endpoints(105.0, orders_new=True), change=Change.DELETED)
        assert spans(*STARTING, LISTED, gone) == [(102.0, 105.0)]

    def test_without_an_end_that_was_seen_it_goes_on(self) -> None:
        assert spans(STARTING[0], LISTED) == [(102.0, math.inf)]

    def test_each_time_again(self) -> None:
        crash = pod(120.0, started_at=100.9), pod(121.0, started_at=120.9, ready=True, ready_at=121.0)
        assert spans(*STARTING, LISTED, *crash) == [(102.0, 109.0), (120.0, 121.0)]

    def test_what_is_said_again_changes_nothing(self) -> None:
        again = pod(104.0, started_at=100.9), endpoints(106.0, orders_new=True)
        assert spans(*STARTING, LISTED, *again) == [(102.0, 109.0)]

    def test_each_slice_by_itself(self) -> None:
        first, second = slice_of(102.0, "a"), slice_of(103.0, "b")
        ends = slice_of(104.0, "a", change=Change.DELETED), slice_of(105.0, "b", ready=False)
        assert spans(*STARTING, first, second, *ends) == [(102.0, 104.0), (103.0, 105.0)]

    @pytest.mark.parametrize(
        "last",
        [
            pod(110.0, ready=True, deleting=True),
            pod(110.0, ready=True, change=Change.DELETED),
            pod(110.0, ready=False),
        ],
    )
    def test_ready_is_who_may_get_requests(self, last: PodSeen) -> None:
        """A pod that is being deleted may still say that it is Ready."""
        ready = pod(100.0, ready=True)
        assert spans(ready, last, endpoints(100.0, orders_new=True)) == [(110.0, math.inf)]

    def test_not_where_the_two_only_touch(self) -> None:
        assert spans(*STARTING, endpoints(90.0, orders_new=True), endpoints(101.0)) == []
        assert spans(*STARTING, endpoints(109.0, orders_new=True)) == []

    def test_not_by_what_another_service_lists(self) -> None:
        assert spans(*STARTING, replace(LISTED, service="peers")) == []


class TestBlamed:
    SEEN = (FLAG, *STARTING, LISTED)

    @pytest.mark.parametrize(
        ("sent", "named"),
        [(101.7, False), (101.75, True), (105.0, True), (109.25, True), (109.3, False)],
    )
    def test_requests_of_its_time_as_exactly_as_a_watch_can_tell(self, sent: float, named: bool) -> None:
        """A watch may see a change a quarter of a second late."""
        sentences, left = blamed(*self.SEEN, failures=[failed(sent)])
        assert bool(sentences) is named
        assert len(left) == (0 if named else 1)

    @pytest.mark.parametrize(("sent_at", "named"), [(104.0, True), (112.0, False), (None, True)])
    def test_a_late_request_counts_from_when_it_was_sent(self, sent_at: float | None, named: bool) -> None:
        """One that was never sent was meant for its planned time."""
        late = replace(failed(104.0), sent_at=sent_at)
        assert bool(blamed(*self.SEEN, failures=[late])[0]) is named

    def test_what_is_left_is_handed_on_in_its_order(self) -> None:
        others = [failed(100.0), failed(120.0)]
        sentences, left = blamed(*self.SEEN, failures=[others[0], failed(104.0), others[1]])
        assert left == others
        assert sentences == [
            "1 request failed while Service orders sent to pods that were not Ready "
            "(`publishNotReadyAddresses: true`): remove that flag from Service orders."
        ]

    def test_each_service_gets_its_own_and_none_counts_twice(self) -> None:
        second = replace(FLAG, name="web")
        lists = replace(slice_of(102.0, "web-slice"), service="web")
        sentences, left = blamed(*self.SEEN, second, lists, failures=[failed(104.0), failed(105.0)])
        assert [sentence.split(" while ")[0] for sentence in sentences] == ["2 requests failed"]
        assert left == []

    def test_only_pods_of_what_was_disturbed(self) -> None:
        others = [replace(state, workload="billing") for state in STARTING]
        assert blamed(FLAG, *others, LISTED, failures=[failed(104.0)])[0] == []

    def test_without_the_watch_nothing_is_said(self) -> None:
        made: Observation = observation([exchange(1.0)], [fault()])
        lost = [failed(104.0)]
        assert sent_to_not_ready(made, made.faults, lost) == ([], lost)

    def test_a_flag_that_was_taken_away_later_still_explains(self) -> None:
        removed = service(200.0)
        assert len(blamed(*self.SEEN, removed, failures=[failed(104.0)])[0]) == 1

    def test_a_service_that_never_listed_the_pod_is_not_blamed(self) -> None:
        assert blamed(FLAG, *STARTING, failures=[failed(104.0)])[0] == []

    def test_a_service_of_other_pods_is_no_other_way(self) -> None:
        elsewhere = replace(endpoints(60.0, billing=True), service="billing", slice_name="billing-slice")
        assert len(blamed(*self.SEEN, service(50.0, "billing"), elsewhere, failures=[failed(104.0)])[0]) == 1
