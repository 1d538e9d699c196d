"""Which pod an answer names, when names and addresses go from one pod to the next."""

from __future__ import annotations

from dataclasses import replace

import pytest
from observations import exchange, fault, observation, pod, timeline, workload

from seatrial.judge.asked import answers_by_pod
from seatrial.judge.known import Known
from seatrial.model.exchange import Exchange
from seatrial.model.observation import TROUBLE, Observation
from seatrial.model.timeline import Change, PodSeen

ADDRESS = "10.0.0.7"


def state(at: float, uid: str, *, gone: bool = False, ip: str = ADDRESS, **changes: object) -> PodSeen:
    change = Change.DELETED if gone else Change.MODIFIED
    made = replace(pod(at, "orders-0", uid=uid, change=change), ip=ip)
    return replace(made, **changes)  # type: ignore[arg-type]


def known(*states: PodSeen) -> Known:
    return Known.of(watched(*states))


def watched(*states: PodSeen, sent: tuple[Exchange, ...] = ()) -> Observation:
    made = observation(sent, [fault()], timeline=timeline(workload(1.0), *states))
    return replace(made, target="orders")


def answer(at: float, name: str = "orders-0") -> Exchange:
    return replace(exchange(at - 0.5, backend=name), completed_at=at)


def who(seen: Known, at: float, name: str = "orders-0", role: str = "orders") -> str:
    found = seen.pod(answer(at, name), role)
    return "" if found is None else found.uid


TWICE = (state(10, "first"), state(50, "first", gone=True), state(52, "second", ip=""), state(55, "second"))
"""A pod of a StatefulSet is replaced by one of the same name, which gets the same address."""


@pytest.mark.parametrize(
    ("at", "name", "uid"),
    [
        (9.9, "orders-0", "first"),  # the watch may be late
        (49.9, "orders-0", "first"),
        (51.0, "orders-0", "first"),  # and a killed pod answers on for a moment
        (52.0, "orders-0", "second"),
        (52.0, ADDRESS, "first"),
        (55.0, ADDRESS, "second"),
        (99.0, ADDRESS, "second"),
    ],
)
def test_a_name_means_the_pod_that_had_it_when_the_answer_came(at: float, name: str, uid: str) -> None:
    assert who(known(*TWICE), at, name) == uid


def test_an_answer_without_an_end_is_of_the_moment_in_which_it_was_planned() -> None:
    seen = known(*TWICE)
    for at, uid in ((51.9, "first"), (52.0, "second")):
        found = seen.pod(replace(answer(0.0), planned_at=at, completed_at=None), "orders")
        assert found is not None
        assert found.uid == uid


def test_the_order_in_which_pods_are_seen_to_end_does_not_matter() -> None:
    """The address is given again before the old pod's object is gone."""
    seen = known(state(10, "first"), state(40, "second"), state(50, "first", gone=True))
    assert [who(seen, at, ADDRESS) for at in (39.0, 45.0, 60.0)] == ["first", "second", "second"]


def test_one_of_two_that_share_an_address_and_stays_has_it_again_alone() -> None:
    """Pods with the network of their node."""
    seen = known(state(10, "first"), state(40, "second"), state(50, "second", gone=True))
    assert [who(seen, at, ADDRESS) for at in (45.0, 50.0, 60.0)] == ["second", "first", "first"]


def test_a_pod_that_changes_its_address_leaves_the_old_one() -> None:
    moved = (state(10, "first"), state(30, "first", ip="10.0.0.8"), state(20, "second"))
    seen = known(*moved)
    assert [who(seen, at, ADDRESS) for at in (15.0, 25.0, 35.0)] == ["first", "second", "second"]
    assert who(seen, 35.0, "10.0.0.8") == "first"
    assert who(known(state(10, "other", ip=""), *moved[:2]), 35.0, ADDRESS) == "first", "nobody else had it"


def test_an_address_that_another_workload_got_is_no_longer_ours() -> None:
    theirs = state(60, "theirs", name="stock-1", workload="stock")
    seen = known(state(10, "first"), state(50, "first", gone=True), theirs)
    assert (who(seen, 55.0, ADDRESS), who(seen, 61.0, ADDRESS)) == ("first", "")
    assert (who(seen, 55.0, ADDRESS, "stock"), who(seen, 61.0, ADDRESS, "stock")) == ("", "theirs")
    assert seen.answered(answer(55.0, ADDRESS)) == {"orders"}
    assert seen.answered(answer(61.0, ADDRESS)) == {"stock"}


def test_a_pod_that_is_first_seen_when_it_is_gone_had_its_name() -> None:
    assert who(known(state(10, "first", gone=True)), 20.0) == "first"


def test_no_name_is_no_pod_and_an_empty_address_none_either() -> None:
    seen = known(state(10, "first", ip=""))
    assert who(seen, 20.0, "") == who(seen, 20.0, ",") == who(seen, 20.0, "unheard") == ""
    assert who(seen, 20.0, "unheard, orders-0") == "first"
    assert seen.answered(answer(20.0, "")) == set()
    made = watched(*TWICE)
    blind = replace(made, arms={TROUBLE: replace(made.trouble, timeline=None)})
    assert Known.of(blind).holders == {}


def test_answers_are_counted_by_the_pod_that_gave_them() -> None:
    sent = tuple(answer(at) for at in (20.0, 48.0, 53.0, 60.0, 58.0))
    found = answers_by_pod(watched(*TWICE, sent=sent), "orders")
    assert {uid: [one.completed_at for one in mine] for uid, mine in found.items()} == {
        "first": [20.0, 48.0],
        "second": [53.0, 58.0, 60.0],
    }
