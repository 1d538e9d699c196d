"""Which pods were taken away, and what explains it to the very second and the very pod."""

from dataclasses import replace
from typing import ClassVar

import pytest
from disturbed_shop import AT, DELETED, MODIFIED, goes, pod, wants, workload
from observations import CLOCK

from seatrial.judge.departures import Departure, departures, is_explained
from seatrial.model.ledger import ActSeen
from seatrial.model.timeline import EventSeen, NodeSeen, Timeline

A, B = pod("a"), pod("b")
BOTH = (workload(), wants(2), A, B)
"""Two pods, as many as are wanted."""


def seen(*events, before=BOTH):
    flat = tuple(item for one in events for item in (one if isinstance(one, list) else [one]))
    return Timeline(0.0, 200.0, CLOCK, (*before, *flat), ledger=True)


def explained(*events, before=BOTH, name="b"):
    """Whether there was a reason for pod b to go at 101."""
    timeline = seen(*events, before=before)
    [departure] = [each for each in departures(timeline) if each.pod.name == name]
    return is_explained(departure, timeline)


class TestDepartures:
    def test_it_has_the_pod_as_it_was_last_before_and_when_it_was_gone(self):
        states = [pod("b", at, MODIFIED, restarts=int(at)) for at in (20.0, 50.0)]
        [found] = departures(seen(states, goes("b")))
        assert found == Departure(AT, states[1], AT + 2.0, "")

    def test_one_that_is_still_there_at_the_end_is_never_gone(self):
        [found] = departures(seen(goes("b", gone=False)))
        assert found.gone_at == float("inf")
        [at_once] = departures(seen(pod("b", AT, DELETED)))
        assert (at_once.at, at_once.gone_at) == (AT, AT)

    def test_the_last_reason_counts(self):
        leaving = [
            pod("b", AT, MODIFIED, deleting=True, disruption="EvictionByEvictionAPI"),
            pod("b", AT + 1, MODIFIED, deleting=True, disruption="TerminationByKubelet"),
            pod("b", AT + 2, DELETED, deleting=True),
        ]
        [found] = departures(seen(leaving))
        assert found.disruption == "TerminationByKubelet"

    def test_those_that_were_going_at_the_start_or_stay_or_are_of_no_workload_are_none(self):
        going = [pod("c", deleting=True), pod("c", AT, DELETED, deleting=True)]
        nobodys = [pod("d", workload=""), *goes("d", workload="")]
        stays = pod("b", AT, MODIFIED)
        assert list(departures(seen(going, nobodys, stays))) == []


class TestOurs:
    def test_an_act_on_the_very_pod_counts_however_long_ago(self):
        assert explained(ActSeen(1.0, "delete", "Pod", "b", "uid-b"), goes("b"))
        assert explained(ActSeen(AT, "evict", "Pod", "b", "uid-b"), goes("b"))

    @pytest.mark.parametrize(
        "act",
        [
            ActSeen(AT + 0.01, "delete", "Pod", "b", "uid-b"),
            ActSeen(1.0, "patch", "Pod", "b", "uid-b"),
            ActSeen(1.0, "delete", "PersistentVolumeClaim", "b", "uid-b"),
            ActSeen(AT - 1, "delete", "Pod", "b", "uid-of-another"),
            ActSeen(AT - 1, "delete", "Deployment", "payments"),
            ActSeen(AT - 1, "delete", "Pod", "a"),
        ],
    )
    def test_another_act_does_not(self, act):
        assert not explained(act, goes("b"))

    def test_an_act_by_name_counts_for_a_minute(self):
        for kind, name in (("Pod", "b"), ("Deployment", "orders")):
            assert explained(ActSeen(AT - 60.0, "delete", kind, name), goes("b"))
            assert not explained(ActSeen(AT - 60.01, "delete", kind, name), goes("b"))


class TestEventsAndNodes:
    def says(self, after, reason="SuccessfulDelete", message="Deleted pod: b"):
        return EventSeen(AT + after, "ReplicaSet", "orders-1", reason, message, False)

    def test_its_controller_may_say_so_a_little_earlier_and_some_seconds_later(self):
        for after in (-2.0, 15.0):
            assert explained(self.says(after), goes("b"))
        for after in (-2.01, 15.01):
            assert not explained(self.says(after), goes("b"))

    def test_of_this_pod_and_of_its_deletion(self):
        assert explained(self.says(1.0, message="Deleted pod: a"), self.says(1.0), goes("b"))
        assert not explained(self.says(1.0, message="Deleted pod: b-2"), goes("b"))
        assert not explained(self.says(1.0, reason="FailedDelete"), goes("b"))

    def node(self, at, ready=False, name="worker", change=MODIFIED):
        return NodeSeen(at, change, name, ready, True)

    def test_its_node_was_lost_by_then_or_was_told_so_a_little_later(self):
        assert explained(self.node(AT + 2.0), goes("b"))
        assert not explained(self.node(AT + 2.01), goes("b"))
        assert not explained(self.node(50.0, name="another"), goes("b"))

    def test_the_nodes_last_state_counts(self):
        assert not explained(self.node(50.0), self.node(60.0, ready=True), goes("b"))
        assert explained(self.node(50.0, ready=True), self.node(60.0), goes("b"))
        assert explained(self.node(50.0, True), self.node(60.0, True, change=DELETED), goes("b"))
        assert not explained(self.node(50.0, True, change=DELETED), self.node(60.0, True), goes("b"))


class TestTooMany:
    def test_as_many_as_are_wanted_are_not_too_many_and_one_more_is(self):
        assert not explained(goes("b"))
        assert explained(pod("c", 50.0), goes("b"))
        assert explained(wants(1, 50.0), goes("b"))

    def test_what_is_wanted_is_known_by_then_or_told_a_little_later(self):
        for at in (AT, AT + 2.0):
            assert explained(wants(1, at), goes("b"))
        assert not explained(wants(1, AT + 2.01), goes("b"))

    def test_what_was_wanted_before_does_not_count(self):
        assert not explained(wants(1, 40.0), wants(2, 50.0), goes("b"))

    def test_its_replica_set_may_be_gone_or_not_yet_seen(self):
        alone = (workload(wanted=1), wants(1), B)
        assert explained(replace(wants(1, 50.0), change=DELETED), goes("b"), before=alone)
        assert not explained(wants(0, 150.0), goes("b"), before=(workload(wanted=1), B))
        assert not explained(wants(0, 50.0, name="payments-1"), goes("b"))

    def test_pods_that_go_have_ended_or_are_anothers_are_not_there(self):
        going = [pod("c", 10.0), pod("c", 90.0, MODIFIED, deleting=True)]
        ended = [pod("d", 10.0), pod("d", 90.0, MODIFIED, phase="Succeeded")]
        other = pod("e", 10.0, owner="ReplicaSet/orders-0")
        later = pod("f", AT)
        assert not explained(going, ended, other, later, goes("b"))


class TestRollouts:
    OWNER: ClassVar = {"workload": "store", "owner": "StatefulSet/store", "revision": "store-1"}

    def stateful(self, at=50.0, **changes):
        more = {"kind": "StatefulSet", "name": "store", "workload": "store", "wanted": 1} | changes
        return workload(at, **more)

    def replaced(self, *states, pods=1, **owner):
        mine = self.OWNER | owner
        before = (*states, *(pod(f"store-{n}", **mine) for n in range(pods)))
        return explained(goes("store-0", **mine), before=before, name="store-0")

    def test_a_stateful_set_replaces_pods_of_another_revision(self):
        assert self.replaced(self.stateful(revision="store-2"))
        assert not self.replaced(self.stateful(revision="store-1"))

    def test_where_a_revision_is_not_known_nothing_is_told(self):
        assert not self.replaced(self.stateful(revision=""))
        assert not self.replaced(self.stateful(revision="store-2"), revision="")

    def test_it_shrinks(self):
        assert self.replaced(self.stateful(revision="store-1"), pods=2)
        assert not self.replaced(self.stateful(revision="store-1", wanted=2), pods=2)

    def test_one_of_the_states_around_is_enough(self):
        assert self.replaced(self.stateful(revision="store-1"), self.stateful(AT + 1, revision="store-2"))
        assert not self.replaced(self.stateful(revision="store-2"), self.stateful(90.0, revision="store-1"))

    @pytest.mark.parametrize(
        ("changes", "rolls"),
        [({}, False), ({"updated": 1}, True), ({"current": 3}, True), ({"ready": 1}, False)],
    )
    def test_a_deployment_tells_by_its_numbers_where_replica_sets_were_not_seen(self, changes, rolls):
        assert explained(goes("b"), before=(workload(50.0, **changes), A, B)) is rolls
