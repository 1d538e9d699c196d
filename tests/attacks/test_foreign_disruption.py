"""Somebody else deletes, evicts, scales or changes what is judged: an error that names it, nothing else.

What controllers, autoscalers and nodes do by themselves, and all that Seatrial does, is not foreign.
"""

from dataclasses import replace

import pytest
from disturbed_shop import AT, DELETED, MODIFIED, OURS, autoscaler, goes, named, pod, seen, wants, workload
from observations import exchange, failed

from seatrial.chaos.verdicts import experiment_verdict
from seatrial.judge.admissible import judge
from seatrial.judge.foreign import foreign
from seatrial.model.check import CHECKS
from seatrial.model.ledger import ActSeen, Writer
from seatrial.model.observation import observed
from seatrial.model.timeline import (
    EventSeen,
    NodeSeen,
    ReplicaSetSeen,
)
from seatrial.model.verdict import Outcome


class TestIsForeign:
    def test_a_pod_that_somebody_deletes_inside_the_window(self):
        words = named(seen(goes("b")))
        assert "pod b was deleted, by whom is not known, 1.00 s after the first fault" in words
        assert "(00:01:41 UTC)" in words

    def test_a_pod_that_is_gone_at_once(self):
        assert "pod b was deleted" in named(seen(pod("b", AT, DELETED)))

    def test_a_pod_that_somebody_evicts(self):
        words = named(seen(goes("b", disruption="EvictionByEvictionAPI")))
        assert "pod b was evicted" in words

    def test_the_replacement_that_somebody_deletes(self):
        assert "pod c was deleted" in named(seen(goes("c", 102.0)))

    def test_a_pod_of_another_workload_of_the_system(self):
        other = {"workload": "payments", "owner": "ReplicaSet/payments-1"}
        assert "pod p was deleted" in named(
            seen(wants(1, name="payments-1"), pod("p", **other), goes("p", **other))
        )

    def test_a_deletion_before_the_fault_that_lasts_into_it(self):
        leaving = [pod("b", 99.0, MODIFIED, deleting=True), pod("b", 103.0, DELETED, deleting=True)]
        assert "1.00 s before the first fault" in named(seen(leaving))

    def test_a_pod_that_another_run_of_ours_deleted_long_ago_by_the_same_name(self):
        act = ActSeen(10.0, "delete", "Pod", "b", "uid-of-the-one-before")
        assert "pod b was deleted" in named(seen(act, goes("b")))

    def test_the_event_of_an_earlier_deletion_of_that_name(self):
        event = EventSeen(
            20.0, "StatefulSet", "b", "SuccessfulDelete", "delete Pod b in it successful", False
        )
        assert "pod b was deleted" in named(seen(event, goes("b")))

    @pytest.mark.parametrize("manager", ["kubectl-edit", "argocd-controller", "Helm"])
    def test_a_spec_that_somebody_changes_and_who(self, manager):
        changed = workload(AT, generation=8, writers=(OURS, Writer(manager, "", 50.0, "bb")))
        assert f"deployment/orders was changed by {manager} 1.00 s after" in named(seen(changed))

    def test_a_workload_that_somebody_scales_by_hand(self):
        scaled = workload(AT, generation=8, wanted=3, writers=(OURS, Writer("kubectl", "scale", 50.0, "bb")))
        assert "deployment/orders was changed by kubectl" in named(seen(scaled))
        by_hand = named(seen(autoscaler(0.0, 2), scaled, autoscaler(AT + 1, 2)))
        assert "kubectl" in by_hand, "an autoscaler that wants another number did not do it"

    def test_a_write_in_our_name_that_we_did_not_do(self):
        again = workload(AT, generation=8, writers=(Writer("seatrial", "", 50.0, "aa"),))
        assert "deployment/orders was changed by seatrial" in named(seen(again))

    def test_a_write_of_somebody_while_ours_is_a_second_old(self):
        act = ActSeen(AT - 1.0, "patch", "Deployment", "orders")
        mine = workload(AT - 0.9, generation=8, writers=(replace(OURS, wrote_at=50.0),))
        theirs = replace(mine, at=AT, generation=9)
        theirs = replace(theirs, writers=(*mine.writers, Writer("kubectl-patch", "", 50.0, "bb")))
        assert "changed by kubectl-patch" in named(seen(act, mine, theirs))

    def test_a_workload_that_somebody_deletes(self):
        assert "deployment/orders was deleted" in named(seen(workload(AT, DELETED)))

    def test_a_scale_of_which_no_writer_is_kept_and_that_no_autoscaler_wanted(self):
        scaled = workload(AT, generation=8, wanted=3)
        assert "deployment/orders was changed by somebody unknown" in named(seen(workload(), scaled))
        assert "somebody unknown" in named(seen(autoscaler(0.0, 2), workload(), scaled, autoscaler(AT, 2)))

    def test_the_rules_of_an_autoscaler(self):
        before = autoscaler(0.0, 2, spec={"maxReplicas": 6})
        after = autoscaler(AT, 2, spec={"maxReplicas": 9}, writers=(Writer("kubectl-edit", "", 5.0, "c"),))
        assert "horizontalpodautoscaler/orders was changed by kubectl-edit" in named(seen(before, after))

    def test_during_a_load_without_faults(self):
        words = named(seen(goes("b", 95.0), faults=()))
        assert "5.00 s after the first request" in words

    def test_more_than_three_are_counted(self):
        others = [pod(name) for name in "klmn"]
        gone = [state for name in "klmn" for state in goes(name)]
        assert "; and 1 more" in named(seen(wants(6), others, gone))


class TestIsNotForeign:
    def nobody(self, *more, **options):
        assert foreign(seen(*more, **options)) is None

    def test_what_we_did_and_nothing_else(self):
        self.nobody()

    def test_a_deletion_outside_of_the_window(self):
        self.nobody(goes("b", 20.0))
        self.nobody(goes("b", 150.0))

    def test_pods_that_we_evicted_and_those_of_a_workload_that_we_deleted(self):
        evicted = ActSeen(AT - 0.1, "evict", "Pod", "b", "uid-b")
        self.nobody(evicted, goes("b", disruption="EvictionByEvictionAPI"))
        deleted = ActSeen(AT - 0.1, "delete", "Deployment", "orders")
        self.nobody(deleted, workload(AT, DELETED), goes("b"))

    def test_a_pod_that_our_revert_deleted_by_its_name(self):
        self.nobody(ActSeen(AT - 0.1, "delete", "Pod", "b"), goes("b"))

    @pytest.mark.parametrize(
        "reason",
        ["DeletionByTaintManager", "DeletionByPodGC", "PreemptionByScheduler", "TerminationByKubelet"],
    )
    def test_what_a_lost_node_or_the_scheduler_takes(self, reason):
        self.nobody(goes("b", disruption=reason))

    def test_pods_of_a_node_that_is_not_ready(self):
        node = NodeSeen(50.0, MODIFIED, "worker", ready=False, schedulable=True)
        self.nobody(node, goes("b"))

    @pytest.mark.parametrize("phase", ["Succeeded", "Failed"])
    def test_a_pod_that_had_ended_by_itself(self, phase):
        self.nobody(pod("b", 50.0, MODIFIED, phase=phase, ready=False), goes("b", phase=phase))

    def test_a_restarted_container(self):
        self.nobody(pod("b", AT, MODIFIED, restarts=1, ready=False), pod("b", AT + 2, MODIFIED, restarts=1))

    @pytest.mark.parametrize(
        "message", ["Deleted pod: b", "delete Pod b in StatefulSet orders successful",
                    "(combined from similar events): Deleted pod: b"],
    )  # fmt: skip
    def test_what_a_controller_says_that_it_deleted(self, message):
        self.nobody(
            EventSeen(AT + 1.0, "ReplicaSet", "orders-1", "SuccessfulDelete", message, False), goes("b")
        )

    def test_a_scale_in_and_a_rollout_whose_events_were_dropped(self):
        # Its ReplicaSet wanted one pod less; also where the watch of pods was quicker.
        self.nobody(wants(1, AT - 0.1), pod("d", 50.0), wants(2, AT - 5), goes("b"))
        self.nobody(wants(1, AT + 1.5), goes("b"))
        self.nobody(goes("b"), wants(0, AT - 0.1), goes("c", 101.5))

    def test_a_stateful_set_that_replaces_a_pod_of_another_revision(self):
        owner = {"workload": "store", "owner": "StatefulSet/store", "revision": "store-1"}
        wanted = workload(
            AT - 1, kind="StatefulSet", name="store", workload="store", wanted=1, revision="store-2"
        )
        self.nobody(pod("store-0", **owner), wanted, goes("store-0", **owner))
        same = replace(wanted, revision="store-1")
        assert "store-0" in named(seen(pod("store-0", **owner), same, goes("store-0", **owner)))

    def test_without_the_right_to_watch_replica_sets_a_rollout_is_told_by_its_deployment(self):
        def observation(*more):
            made = seen(*more)
            kept = tuple(item for item in made.timeline.seen if not isinstance(item, ReplicaSetSeen))
            return observed(replace(made.trouble, timeline=replace(made.timeline, seen=kept)))

        assert foreign(observation(workload(AT - 1, updated=1), goes("b"))) is None
        assert "pod b" in named(observation(goes("b")))

    def test_what_our_fault_and_our_revert_write(self):
        acts = [
            ActSeen(AT - 0.1, "patch", "Deployment", "orders"),
            ActSeen(102.9, "patch", "Deployment", "orders"),
        ]
        mine = (Writer("seatrial", "", 50.0, "bb"),)
        self.nobody(
            acts, workload(AT, generation=8, writers=mine), workload(103.0, generation=9, writers=mine)
        )

    @pytest.mark.parametrize("manager", ["kube-controller-manager", "k3s"])
    def test_what_an_autoscaler_scales(self, manager):
        writers = (OURS, Writer(manager, "scale", 50.0, "bb"))
        scaled = workload(AT, generation=8, wanted=4, writers=writers)
        self.nobody(autoscaler(0.0, 2), scaled, autoscaler(AT + 3, 4))

    def test_what_an_autoscaler_scales_where_no_manager_owned_the_replicas(self):
        self.nobody(autoscaler(0.0, 2), workload(AT, generation=8, wanted=4), autoscaler(AT, 4))

    def test_a_status_that_changes(self):
        self.nobody(workload(AT, ready=1), workload(AT + 1, ready=2), autoscaler(50.0, 2), autoscaler(AT, 3))

    def test_pods_that_no_workload_of_the_system_file_has(self):
        job = {"workload": "", "owner": "Job/report"}
        self.nobody(pod("report", **job), goes("report", **job))

    def test_a_recording_without_a_ledger_cannot_be_asked(self):
        self.nobody(goes("b"), ledger=False)


def test_a_check_on_such_an_observation_is_an_error_whatever_its_judge_would_say():
    check = CHECKS.get("orchestration.pod-replacement")
    lost = [exchange(99.0), *(failed(at) for at in (101.1, 101.2, 101.3))]
    blamed = judge(check, seen(exchanges=lost))
    assert blamed.outcome is Outcome.FAILED
    verdict = judge(check, seen(goes("b"), exchanges=lost))
    assert verdict.outcome is Outcome.ERROR
    assert "pod b was deleted" in verdict.observed
    assert judge(check, seen(goes("b"))).outcome is Outcome.ERROR


def test_what_an_experiments_probes_felt_is_not_blamed_on_the_system():
    probe = {"activity": {"name": "answers"}, "status": "succeeded", "tolerance_met": False, "output": False}
    journal = {
        "status": "completed",
        "steady_states": {
            "before": {"steady_state_met": True},
            "after": {"steady_state_met": False, "probes": [probe]},
        },
        "run": [{"status": "succeeded"}],
    }
    assert experiment_verdict(seen(), [], journal, ["orders"]).outcome is Outcome.FAILED
    assert experiment_verdict(seen(goes("b")), [], journal, ["orders"]).outcome is Outcome.ERROR
