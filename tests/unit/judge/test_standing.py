"""What is amiss with a workload that nobody disturbs."""

from __future__ import annotations

from dataclasses import replace

import pytest
from drained_shop import BEGAN, ENDED, gone, listed, observed, pod

from seatrial.judge.admissible import judge
from seatrial.judge.standing import as_it_stands
from seatrial.model.check import CHECKS
from seatrial.model.measurement import SELECTED_PODS, Measurement, MeasurementOutcome
from seatrial.model.observation import Observation
from seatrial.model.timeline import PodSeen, Seen, WorkloadSeen
from seatrial.model.verdict import Outcome

CHECK = CHECKS.get("orchestration.pods-are-well")


def well(name: str, at: float = BEGAN, **changes: object) -> PodSeen:
    state = replace(pod(at, name), revision="1", images=("shop@sha256:1",))
    return replace(state, **changes)  # type: ignore[arg-type]


A, B = well("catalogue-a"), well("catalogue-b")
LISTED = listed(BEGAN, "catalogue-a", "catalogue-b")
STRANGER = replace(well("preview-x"), workload="", owner="ReplicaSet/preview-1")


def seen(*states: Seen) -> Observation:
    made = observed([], *states)
    return replace(made, arms={"trouble": replace(made.trouble, faults=())})


def test_it_passes_where_all_is_as_declared() -> None:
    verdict = judge(CHECK, seen(A, B, LISTED))
    assert verdict.outcome is Outcome.PASSED, verdict.explain()
    assert verdict.observed == "2 of 2 pods of catalogue Ready, all of one version, 0 restarts"


def test_restarts_are_told_and_no_fault() -> None:
    verdict = as_it_stands(seen(well("catalogue-a", restarts=3, last_end="Error", last_end_at=ENDED - 60), B))
    assert verdict.outcome is Outcome.PASSED
    assert verdict.reasons == ("catalogue-a: was restarted 3 times, the last end was Error 60.0 s ago",)


@pytest.mark.parametrize(
    ("states", "words", "help_words"),
    [
        ([A], "1 of 2 pods Ready", "not Ready"),
        ([A, well("catalogue-b", ready=False, reason="CrashLoopBackOff")],
         "catalogue-b is not Ready: CrashLoopBackOff", "logs --previous"),
        ([A, well("catalogue-b", ready=False, reason="ImagePullBackOff")],
         "catalogue-b is not Ready: ImagePullBackOff", "access to its registry"),
        ([A, well("catalogue-b", ready=False, phase="Pending", reason="Unschedulable")],
         "catalogue-b is not Ready: Unschedulable", "to more nodes"),
        ([A, well("catalogue-b", ready=False, reason="Error", init_reason="Error")],
         "catalogue-b is not Ready: an init container waits with Error", "logs --previous"),
        ([A, B, well("catalogue-c", ready=False, phase="Failed", reason="Evicted")],  # report 11
         "catalogue-c is not Ready: Evicted", "no disruption budget holds it back"),
        ([A, well("catalogue-b", ready=False)], "catalogue-b is not Ready: Running", "probes' answers"),
        ([A, well("catalogue-b", ready=False, reason="readiness gate a.test/x is unset")],
         "catalogue-b is not Ready: readiness gate a.test/x is unset", "Install the controller"),
        ([A, B, well("catalogue-c", ready=False, reason="ErrImagePull")],
         "catalogue-c is not Ready: ErrImagePull", "access to its registry"),
        ([A, well("catalogue-b", revision="2")],
         "2 versions run side by side: 1 pod of 1, 1 pod of 2", "rollout undo"),
        ([A, well("catalogue-b", images=("shop@sha256:2",))],
         "pods of one version run different images: sha256:1 and sha256:2", "by its digest"),
        ([A, well("catalogue-b", restarts=1, last_end="OOMKilled", last_end_at=ENDED - 9)],
         "catalogue-b was restarted 1 time, the last end was OOMKilled 9.00 s ago", "memory limit"),
        ([A, B, STRANGER, listed(BEGAN, "catalogue-a", "catalogue-b", "preview-x")],
         "Service catalogue lists 1 pod of ReplicaSet/preview-1 beside those of catalogue", "selector"),
    ],
)  # fmt: skip
def test_each_finding_is_named(states: list[Seen], words: str, help_words: str) -> None:
    verdict = judge(CHECK, seen(*states))
    assert verdict.outcome is Outcome.FAILED
    assert words in verdict.observed
    assert help_words in verdict.next_step
    assert verdict.numbers["findings"] >= 1


def test_an_image_that_a_node_did_not_pull_is_told_otherwise_and_not_compared() -> None:
    imported = well("catalogue-b", images=("sha256:2",))
    assert as_it_stands(seen(A, imported)).outcome is Outcome.PASSED


def test_several_findings_are_all_told() -> None:
    broken = well("catalogue-b", ready=False, reason="CrashLoopBackOff", revision="2")
    verdict = as_it_stands(seen(A, broken))
    assert verdict.numbers["findings"] == 3
    for words in ("1 of 2 pods Ready", "CrashLoopBackOff", "2 versions run"):
        assert words in verdict.observed


def test_what_is_gone_or_leaves_or_was_so_before_is_not_amiss() -> None:
    old = well("catalogue-old", ready=False, revision="0", reason="CrashLoopBackOff")
    leaving = well("catalogue-z", revision="0", deleting=True)
    late = [well("catalogue-b", ready=False, reason="CrashLoopBackOff"), well("catalogue-b", BEGAN + 5)]
    verdict = as_it_stands(seen(A, *late, old, gone(BEGAN + 1, "catalogue-old"), leaving))
    assert verdict.outcome is Outcome.PASSED, verdict.explain()


def test_pods_that_the_system_file_names_may_share_a_service() -> None:
    named = well("gateway-x")
    both = listed(BEGAN, "catalogue-a", "gateway-x")
    assert as_it_stands(seen(A, B, named, both)).outcome is Outcome.PASSED
    apart = listed(BEGAN, "preview-x", service="preview")
    assert as_it_stands(seen(A, B, STRANGER, LISTED, apart)).outcome is Outcome.PASSED
    earlier = listed(BEGAN, "catalogue-a", "preview-x")
    assert (
        as_it_stands(seen(A, B, STRANGER, earlier, replace(LISTED, at=BEGAN + 1))).outcome is Outcome.PASSED
    )


def test_what_was_not_seen_is_no_pass() -> None:
    made = seen(A, B)
    assert made.timeline is not None
    states = tuple(state for state in made.timeline.seen if not isinstance(state, WorkloadSeen))
    for timeline in (None, replace(made.timeline, seen=states), replace(made.timeline, gaps=((50.0, 51.0),))):
        arm = replace(made.trouble, timeline=timeline)
        assert as_it_stands(replace(made, arms={"trouble": arm})).outcome is Outcome.INCONCLUSIVE


def test_what_was_not_seen_is_named() -> None:
    made = seen(A, B)
    assert made.timeline is not None
    states = tuple(state for state in made.timeline.seen if not isinstance(state, WorkloadSeen))
    for timeline, words in (
        (None, "no timeline was recorded"),
        (replace(made.timeline, seen=states), "the workload of catalogue was not seen"),
        (replace(made.timeline, gaps=((50.0, 51.0),)), "a watch was broken 1 time"),
    ):
        arm = replace(made.trouble, timeline=timeline)
        assert as_it_stands(replace(made, arms={"trouble": arm})).observed == words


def test_a_pod_of_which_one_image_was_not_pulled_is_not_compared() -> None:
    mixed = well("catalogue-b", images=("shop@sha256:2", "sha256:3"))
    assert as_it_stands(seen(A, mixed)).outcome is Outcome.PASSED


def test_four_of_the_images_are_named() -> None:
    several = well("catalogue-b", images=tuple(f"shop@sha256:{n}" for n in (2, 3, 4, 5)))
    verdict = as_it_stands(seen(A, several))
    words = " and ".join(f"sha256:{n}" for n in (1, 2, 3, 4))
    assert verdict.observed == f"pods of one version run different images: {words}"


def test_an_end_that_is_ahead_of_the_watch_was_just_now() -> None:
    last = well("catalogue-b", restarts=1, last_end="", last_end_at=ENDED + 0.5)
    assert as_it_stands(seen(A, last)).reasons == (
        "catalogue-b: was restarted 1 time, the last end was unknown 0.00 s ago",
    )


def test_a_stranger_without_a_controller_is_named_by_itself() -> None:
    bare = replace(STRANGER, owner="")
    verdict = as_it_stands(seen(A, B, bare, listed(BEGAN, "catalogue-a", "preview-x")))
    assert "Service catalogue lists 1 pod of pod preview-x beside those of catalogue" in verdict.observed


def test_what_a_pod_is_counts_and_not_what_it_was() -> None:
    """A pod that gets the labels of a workload of the system file only later is no stranger at the end."""
    named = replace(STRANGER, at=BEGAN + 1, workload="gateway")
    both = listed(BEGAN, "catalogue-a", "preview-x")
    assert as_it_stands(seen(A, B, STRANGER, named, both)).outcome is Outcome.PASSED
    ours = replace(well("catalogue-c", BEGAN + 1), ready=False)
    verdict = as_it_stands(seen(A, B, replace(ours, at=BEGAN, workload=""), ours))
    assert "catalogue-c is not Ready" in verdict.observed


def test_a_container_that_keeps_ending_is_found_while_it_runs() -> None:
    lately = {"last_end": "Error", "last_end_at": ENDED - 60}
    verdict = judge(CHECK, seen(well("catalogue-a", restarts=5, **lately), B))
    assert verdict.outcome is Outcome.FAILED
    assert "catalogue-a keeps ending: it was restarted 5 times, the last end was Error 60.0 s ago" in (
        verdict.observed
    )
    for changes in ({"restarts": 4, **lately}, {"restarts": 50, "last_end": "Error"},
                    {"restarts": 9, "last_end": "Error", "last_end_at": ENDED - 601}):  # fmt: skip
        assert judge(CHECK, seen(well("catalogue-a", **changes), B)).passed, changes


@pytest.mark.parametrize("end", ["Unknown", "ContainerStatusUnknown"])
def test_a_container_that_ended_with_its_node_is_told_and_no_fault_of_the_pod(end: str) -> None:
    """A node that was stopped nine times left 9 restarts behind; no log of the pod could say why."""
    stopped = {"restarts": 9, "last_end": end, "last_end_at": ENDED - 60}
    verdict = judge(CHECK, seen(well("catalogue-a", **stopped), B))
    assert verdict.passed
    assert verdict.reasons == (
        f"catalogue-a: was restarted 9 times, the last end was {end} 60.0 s ago: "
        "its node or runtime was away",
    )


@pytest.mark.parametrize(("others", "passed"), [((), True), (("Job/report", "Job/report"), False)])
def test_pods_of_others_that_an_autoscaler_counts_are_named(others: tuple[str, ...], passed: bool) -> None:
    made = seen(A, B)
    look = Measurement(
        SELECTED_PODS, "catalogue", 1.0, 2.0, MeasurementOutcome.ANSWERED,
        {"selected": 2 + len(others), "others": list(others)},
    )  # fmt: skip
    arm = replace(made.trouble, measurements=(look,))
    verdict = judge(CHECK, replace(made, arms={"trouble": arm}))
    assert verdict.passed is passed
    words = "HorizontalPodAutoscaler catalogue counts 2 pods of Job/report as pods of catalogue"
    assert (words in verdict.observed) is not passed
