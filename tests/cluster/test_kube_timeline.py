"""The timeline sees what the cluster does, in order, on one clock."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
from tiny import system_in

from seatrial.kube import clock, pressure
from seatrial.kube.client import Kube
from seatrial.kube.errors import Forbidden
from seatrial.kube.timeline import Recorder, pods_now, workload_now
from seatrial.model.timeline import Change, EndpointsSeen, PodSeen, Timeline, UsageSeen, WorkloadSeen
from seatrial.waiting import NotYet, Ready


def replaced(uid: str, role: str, wanted: int) -> Callable[[Timeline], Ready[Timeline] | NotYet]:
    """Whether the pod is gone and as many as wanted are ready and serve."""

    def probe(timeline: Timeline) -> Ready[Timeline] | NotYet:
        pods = pods_now(timeline, role)
        if uid in [pod.uid for pod in pods]:
            return NotYet("the old pod is there")
        if sum(pod.ready for pod in pods) < wanted:
            return NotYet("not ready")
        last = list(timeline.endpoint_states("web"))[-1]
        serving = sum(endpoint.ready for endpoint in last.endpoints)
        return Ready(timeline) if serving == wanted else NotYet(f"{serving} endpoints")

    return probe


def test_a_replacement_is_seen_phase_by_phase(recorder: Recorder) -> None:
    victim = pods_now(recorder.snapshot(), "web")[0]
    deleted_at = time.monotonic()
    recorder.kube.delete("Pod", victim.name, uid=victim.uid)
    timeline = recorder.wait(replaced(victim.uid, "web", 2), within_seconds=60, what="replacement")

    states = timeline.pods[victim.uid]
    assert states[0].change is Change.ADDED
    assert any(state.deleting and state.change is Change.MODIFIED for state in states)
    assert states[-1].change is Change.DELETED
    assert deleted_at < states[-1].at

    (new_uid,) = [uid for uid, pods in timeline.pods.items() if pods[0].at > deleted_at]
    new = timeline.pods[new_uid]
    assert (new[0].workload, new[0].owner.partition("/")[0], new[0].ready) == ("web", "ReplicaSet", False)
    ready = next(state for state in new if state.ready)
    assert ready.started_at is not None
    assert ready.ready_at is not None
    phases = [ready.created_at, ready.scheduled_at, ready.started_at, ready.ready_at]
    assert phases == sorted(phases), "created, scheduled, started and ready come in this order"
    serving = next(
        seen
        for seen in timeline.seen
        if isinstance(seen, EndpointsSeen) and any(e.pod == ready.name and e.ready for e in seen.endpoints)
    )
    assert new[0].at < ready.at <= serving.at + 0.1
    arrivals = [seen.at for seen in timeline.seen]
    assert arrivals == sorted(arrivals)
    assert timeline.gaps == ()
    assert [note for note in timeline.notes if "no record of CPU" not in note] == [], "not every kernel tells"


def test_server_times_land_on_the_local_clock(recorder: Recorder) -> None:
    victim = pods_now(recorder.snapshot(), "web")[0]
    before = time.monotonic()
    recorder.kube.delete("Pod", victim.name, uid=victim.uid)
    timeline = recorder.wait(replaced(victim.uid, "web", 2), within_seconds=60, what="replacement")
    created = [pods[0].created_at for pods in timeline.pods.values() if pods[0].at > before]
    assert created[0] is not None
    error = timeline.clock.error_seconds
    assert before - 1 - error <= created[0] <= timeline.ended_at + error, (
        "the server cuts times to the second"
    )


def test_the_measured_offset_holds_the_true_one(kube: Kube) -> None:
    # The kind nodes share this machine's clock, so the true offset is known.
    measured = clock.measure(kube)
    truth = time.monotonic() - time.time()
    assert abs(measured.offset_seconds - truth) <= measured.error_seconds + 0.002
    assert measured.error_seconds < 0.05


def test_the_workloads_and_nodes_are_recorded(recorder: Recorder) -> None:
    timeline = recorder.snapshot()
    state = workload_now(timeline, "web")
    assert state is not None
    assert (state.kind, state.wanted, state.ready, state.updated) == ("Deployment", 2, 2, 2)
    assert workload_now(timeline, "store") is not None
    assert workload_now(timeline, "nobody") is None


def test_a_cut_watch_resumes_and_loses_nothing(recorder: Recorder) -> None:
    (watch,) = [watch for watch in recorder._watches if watch.kind == "Deployment"]
    watch._response.shutdown()
    recorder.kube.patch("Deployment", "web", {"spec": {"minReadySeconds": 0, "revisionHistoryLimit": 7}})

    def seen(timeline: Timeline) -> Ready[WorkloadSeen] | NotYet:
        for state in timeline.workload_states("web"):
            if state.change is Change.MODIFIED:
                return Ready(state)
        return NotYet("no change seen")

    recorder.wait(seen, within_seconds=10, what="change after the cut")
    assert not [note for note in recorder.snapshot().notes if "did not end" in note]


def test_a_version_that_the_server_refuses_is_listed_anew_with_a_gap(recorder: Recorder) -> None:
    (watch,) = [watch for watch in recorder._watches if watch.kind == "Deployment"]
    watch._version = "999999999"
    watch._response.shutdown()
    cut_at = time.monotonic()

    def listed(timeline: Timeline) -> Ready[Timeline] | NotYet:
        return Ready(timeline) if timeline.gaps and watch.open_gap() is None else NotYet(watch.last_error)

    timeline = recorder.wait(listed, within_seconds=20, what="new list")
    (gap,) = timeline.gaps
    assert gap[0] <= cut_at < gap[1]
    added = [s for s in timeline.workload_states("web") if s.change is Change.ADDED]
    assert len(added) == 1, "what was known before is not added again"


def test_who_may_not_watch_nodes_gets_a_note_and_the_rest(
    as_user: Callable[[list[dict[str, Any]]], Kube],
) -> None:
    user = as_user([{"apiGroups": ["*"], "resources": ["*"], "verbs": ["get", "list", "watch"]}])
    with Recorder(user, system_in(user)) as recorder:
        timeline = recorder.snapshot()
    assert [note for note in timeline.notes if "nodes" in note and "ClusterRole" in note]
    assert [seen for seen in timeline.seen if isinstance(seen, PodSeen)]


def test_who_may_not_watch_what_every_verdict_rests_on_is_refused_at_once(
    as_user: Callable[[list[dict[str, Any]]], Kube],
) -> None:
    groups = ["", "apps", "autoscaling"]
    user = as_user([{"apiGroups": groups, "resources": ["*"], "verbs": ["get", "list", "watch"]}])
    recorder = Recorder(user, system_in(user))
    with pytest.raises(Forbidden, match="not allowed to list endpointslices") as caught, recorder:
        pytest.fail("it began")
    assert 'resources: ["endpointslices"]' in caught.value.next_step
    assert not any(thread.is_alive() for thread in recorder._watches)


AUTOSCALED = {"web": {"kind": "Deployment", "name": "web", "stateless": True, "autoscaled": "web"}}


def test_the_usage_of_an_autoscaled_system_is_recorded_once_for_each_window(deployed: Kube) -> None:
    def measured(timeline: Timeline) -> Ready[list[UsageSeen]] | NotYet:
        seen = [usage for usage in timeline.usages() if usage.pod.startswith("web-")]
        pods = {usage.pod for usage in seen}
        # One more window than pods: then at least one pod was measured anew.
        return Ready(seen) if len(pods) >= 2 and len(seen) > len(pods) else NotYet(f"{len(seen)} so far")

    with Recorder(deployed, system_in(deployed, workloads=AUTOSCALED)) as recorder:
        seen = recorder.wait(measured, within_seconds=120, what="usage measured anew")
        pods = {pod.name: pod for pod in pods_now(recorder.snapshot(), "web")}
    assert len({(usage.pod, usage.measured_at) for usage in seen}) == len(seen)
    for usage in seen:
        assert usage.measured_at < usage.at + 1.0
        assert 0.0 < usage.window_seconds < 120.0, "that of a young pod is short"
        assert list(usage.containers) == list(pods[usage.pod].requests)
        assert all(amounts["memory"] > 0 for amounts in usage.containers.values())


def test_who_may_not_read_the_metrics_api_gets_one_note(
    as_user: Callable[[list[dict[str, Any]]], Kube],
) -> None:
    groups = ["", "apps", "autoscaling", "discovery.k8s.io"]
    user = as_user([{"apiGroups": groups, "resources": ["*"], "verbs": ["get", "list", "watch"]}])
    with Recorder(user, system_in(user, workloads=AUTOSCALED)) as recorder:
        recorder.wait(
            lambda timeline: Ready(None) if _usage_notes(timeline) else NotYet("no note"),
            within_seconds=20,
            what="a note",
        )
        time.sleep(2.5)  # Two more polls.
        (note,) = _usage_notes(recorder.snapshot())
    assert "metrics.k8s.io" in note


def _usage_notes(timeline: Timeline) -> list[str]:
    return [note for note in timeline.notes if note.startswith("no usage of pods")]


def test_watching_ends_at_once(deployed: Kube) -> None:
    recorder = Recorder(deployed, system_in(deployed))
    with recorder:
        threads = list(recorder._watches)
        assert all(thread.is_alive() for thread in threads)
    assert not any(thread.is_alive() for thread in threads)
    ended = recorder.snapshot()
    assert ended.ended_at == recorder.snapshot().ended_at
    assert ended.gaps == ()


def test_the_cpu_of_the_machine_is_sampled_each_second_beside_the_watches(deployed: Kube) -> None:
    began = time.monotonic()
    with Recorder(deployed, system_in(deployed)) as recorder:

        def sampled(timeline: Timeline) -> Ready[None] | NotYet:
            there = len(list(timeline.cpu()))
            told = any("no record of CPU" in note for note in timeline.notes)
            return Ready(None) if told or there >= 3 else NotYet(f"{there} samples")

        recorder.wait(sampled, within_seconds=20, what="three samples, or why there are none")
    samples = list(recorder.snapshot().cpu())
    if pressure.PRESSURE.exists():
        assert samples[0].at - samples[0].span_seconds >= began
        assert all(0 <= each.waited_seconds <= each.span_seconds for each in samples)
        assert any(each.busy > 0 for each in samples), "the test itself takes some"
