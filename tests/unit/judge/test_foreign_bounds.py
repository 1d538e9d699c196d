"""From when to when somebody's deeds count, and how a change is told from Seatrial's and an autoscaler's."""

from dataclasses import replace

import pytest
from disturbed_shop import (
    ADDED,
    AT,
    DELETED,
    FAULT,
    OURS,
    autoscaler,
    goes,
    named,
    pod,
    seen,
    wants,
    workload,
)
from observations import fault

from seatrial.judge.foreign import foreign
from seatrial.model.ledger import ActSeen, Writer
from seatrial.model.observation import Arm, observed
from seatrial.model.timeline import Clock

PATCH = ActSeen(AT - 0.1, "patch", "Deployment", "orders")
EDITED = workload(AT, generation=8, writers=(OURS, Writer("kubectl-edit", "", 50.0, "bb")))
SCALER = autoscaler(0.0, 2)


def nobody(*more, **options):
    assert foreign(seen(*more, **options)) is None


def scaled(*writers, wanted=4):
    return workload(AT, generation=8, wanted=wanted, writers=(OURS, *writers))


def mine(at=AT):
    return workload(at, generation=8, writers=(replace(OURS, wrote_at=50.0),))


class TestTheSpan:
    """Without traffic it lasts from the first fault, at 100, to the end of the last one, at 104."""

    @pytest.mark.parametrize("at", [100.0, 104.0])
    def test_its_ends_belong_to_it(self, at):
        named(seen(goes("b", at), exchanges=[]))
        named(seen(goes("b", at - 2.0), exchanges=[]))
        named(seen(replace(EDITED, at=at), exchanges=[]))
        named(seen(SCALER, autoscaler(at, 2, spec={"maxReplicas": 9}), exchanges=[]))

    @pytest.mark.parametrize("at", [99.99, 104.01])
    def test_what_lies_outside_does_not_count(self, at):
        nobody(replace(EDITED, at=at), exchanges=[])
        nobody(SCALER, autoscaler(at, 2, spec={"maxReplicas": 9}), exchanges=[])
        nobody(goes("b", 104.01), exchanges=[])
        nobody(goes("b", 97.99), exchanges=[])

    def test_it_lasts_as_long_as_requests_are_sent(self):
        named(seen(goes("b", 107.0)))

    def test_it_begins_with_the_first_of_several_faults(self):
        words = named(seen(goes("b", 102.0), faults=(FAULT, fault(107.0, 108.0, uid="uid-x"))))
        assert "2.00 s after the first fault" in words

    def test_a_fault_that_was_impossible_disturbed_nothing_and_begins_nothing(self):
        impossible = replace(fault(10.0, 11.0), impossible="no room")
        nobody(goes("b", 50.0), faults=(impossible, FAULT))
        nobody(goes("b", 50.0), faults=(impossible,), exchanges=[])
        words = named(seen(goes("b", 95.0), faults=(impossible,)))
        assert "5.00 s after the first request" in words

    def test_without_faults_and_requests_there_is_none(self):
        nobody(goes("b"), faults=(), exchanges=[])

    def test_without_a_timeline_nothing_is_known(self):
        made = seen(goes("b"))
        assert foreign(observed(replace(made.trouble, timeline=None))) is None
        assert foreign(observed(Arm())) is None


class TestTheWords:
    def test_three_are_named_and_none_is_left(self):
        others = [pod(name) for name in "klm"]
        words = named(seen(wants(6), others, *(goes(name) for name in "klm")))
        assert words.count("was deleted") == 3
        assert "more" not in words

    def test_of_four_three_are_named(self):
        words = named(seen(wants(6), [pod(name) for name in "klmn"], *(goes(name) for name in "klmn")))
        assert words.count("was deleted") == 3
        assert words.endswith("; and 1 more")

    def test_the_time_of_day_is_this_machines(self):
        words = named(seen(goes("b"), clock=Clock(0.0, 0.1, 3600.0)))
        assert "(01:01:41 UTC)" in words

    def test_a_deed_at_the_very_moment_of_the_fault_comes_after_it(self):
        assert "0.00 s after the first fault" in named(seen(replace(EDITED, at=100.0)))

    def test_who_wrote_is_the_last_of_several_and_nobody_known_without_a_name(self):
        earlier, later = Writer("kubectl", "", 40.0, "aa"), Writer("argocd", "", 50.0, "bb")
        words = named(seen(workload(AT, generation=8, writers=(OURS, earlier, later))))
        assert "changed by argocd" in words
        assert "kubectl" not in words
        nameless = workload(AT, generation=8, writers=(OURS, Writer("", "", 50.0, "bb")))
        assert "changed by somebody unknown" in named(seen(nameless))

    def test_a_writer_whose_time_is_not_kept_is_named(self):
        timeless = workload(AT, generation=8, writers=(OURS, Writer("kubectl", "", None, "bb")))
        assert "changed by kubectl" in named(seen(timeless))


class TestWhatIsAChange:
    def test_the_first_generation_is_known(self):
        before = workload(50.0, generation=1)
        named(seen(before, workload(AT, generation=2)))

    def test_where_no_generation_was_recorded_nothing_is_told(self):
        before = workload(50.0, generation=0)
        nobody(before, workload(AT, generation=2))

    def test_a_workload_of_no_role_is_not_the_systems(self):
        other = {"name": "other", "workload": ""}
        nobody(workload(50.0, ADDED, **other), workload(AT, generation=8, **other))

    def test_another_workload_has_its_own_last_state(self):
        nobody(workload(AT, ADDED, name="payments", workload="payments", generation=9))


class TestOurActs:
    def test_an_act_counts_for_five_seconds(self):
        for ago in (0.0, 5.0):
            nobody(replace(PATCH, at=AT - ago), mine())
        for ago in (-0.01, 5.01):
            named(seen(replace(PATCH, at=AT - ago), mine()))

    def test_an_act_on_something_else_is_none_on_this(self):
        named(seen(replace(PATCH, name="payments"), mine()))
        named(seen(replace(PATCH, kind="StatefulSet"), mine()))

    def test_one_of_several_acts_is_enough(self):
        nobody(replace(PATCH, at=AT - 20.0), PATCH, replace(PATCH, name="payments"), mine())

    def test_where_no_writer_is_kept_the_act_tells(self):
        nobody(PATCH, workload(AT, generation=8))

    def test_what_we_deleted_is_gone_whoever_wrote_it_last(self):
        act = ActSeen(AT - 0.1, "delete", "Deployment", "orders")
        nobody(act, replace(EDITED, change=DELETED))

    def test_somebody_who_writes_in_our_second_cannot_be_told_from_us(self):
        both = (replace(OURS, wrote_at=50.0), Writer("kubectl", "", 50.0, "bb"))
        nobody(PATCH, workload(AT, generation=8, writers=both))

    def test_an_autoscalers_rules_may_be_ours_to_change(self):
        act = replace(PATCH, kind="HorizontalPodAutoscaler")
        changed = autoscaler(AT, 2, spec={"maxReplicas": 9})
        nobody(SCALER, act, changed)
        named(seen(SCALER, PATCH, changed))


class TestAutoscalers:
    K3S = Writer("k3s", "scale", 50.0, "bb")
    OWN = Writer("kube-controller-manager", "scale", 50.0, "bb")

    def test_its_status_may_follow_for_twenty_seconds(self):
        nobody(SCALER, scaled(self.K3S), autoscaler(AT + 20.0, 4))
        named(seen(SCALER, scaled(self.K3S), autoscaler(AT + 20.01, 4)))

    def test_kubernetes_own_controller_is_known_by_its_name(self):
        nobody(SCALER, scaled(self.OWN))
        named(seen(SCALER, scaled(self.K3S)))

    def test_nothing_scales_what_has_no_autoscaler(self):
        named(seen(scaled(self.OWN)))
        other = autoscaler(0.0, 2, name="payments", target="Deployment/payments")
        named(seen(other, replace(other, at=AT, desired=4), scaled(self.OWN)))

    def test_only_writes_to_scale_are_its_own(self):
        wished = autoscaler(AT, 4)
        named(seen(SCALER, scaled(replace(self.K3S, subresource="")), wished))
        named(seen(SCALER, scaled(replace(self.OWN, subresource="")), wished))

    def test_of_two_writers_in_one_second_one_may_be_the_autoscaler(self):
        other = Writer("kubectl", "", 50.0, "cc")
        nobody(SCALER, scaled(self.OWN, other))

    def test_a_change_of_no_known_writer_that_left_the_number_is_somebody_elses(self):
        named(seen(autoscaler(AT, 2), workload(AT, generation=8)))

    def test_a_status_of_the_autoscaler_is_no_change_of_its_rules(self):
        nobody(SCALER, replace(SCALER, at=AT, current=3))
