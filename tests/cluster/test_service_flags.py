"""What a Service says of its pods is watched, and its endpoints are what the judges take them for."""

from tiny import wait_until_rolled_out

from seatrial.judge.not_ready import exposed
from seatrial.kube.timeline import Recorder, pods_now
from seatrial.model.timeline import Timeline
from seatrial.waiting import NotYet, Ready


def test_a_service_that_publishes_pods_that_are_not_ready_lists_them_as_ready(recorder: Recorder) -> None:
    kube, victim = recorder.kube, pods_now(recorder.snapshot(), "web")[0]

    def gone_and_replaced(timeline: Timeline) -> Ready[Timeline] | NotYet:
        pods = pods_now(timeline, "web")
        settled = victim.uid not in [pod.uid for pod in pods] and sum(pod.ready for pod in pods) == 2
        return Ready(timeline) if settled else NotYet("the pod is not replaced")

    kube.patch("Service", "web", {"spec": {"publishNotReadyAddresses": True}})
    try:
        kube.delete("Pod", victim.name, uid=victim.uid)
        timeline = recorder.wait(gone_and_replaced, within_seconds=60, what="the pod is replaced")
    finally:
        kube.patch("Service", "web", {"spec": {"publishNotReadyAddresses": None}})
        wait_until_rolled_out(kube)
    flags = [state.publish_not_ready_addresses for state in timeline.service_states("web")]
    assert flags == [False, True]
    assert {state.name for state in timeline.service_states()} == {"web"}
    lives = {states[-1].name: exposed(timeline, "web", states) for states in timeline.pods.values()}
    new = next(states for states in timeline.pods.values() if states[0].at > victim.at and states[0].workload)
    assert lives[victim.name], "it was listed as ready while it was being deleted"
    assert lives[new[0].name], "its successor before it was Ready"
