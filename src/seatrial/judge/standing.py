"""What is amiss with a workload as it stands, without any disturbance. Pure."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from seatrial.judge.pods import workload_at
from seatrial.judge.wording import plural, seconds
from seatrial.model.measurement import SELECTED_PODS
from seatrial.model.observation import Observation
from seatrial.model.timeline import Change, EndpointsSeen, PodSeen, Timeline
from seatrial.model.verdict import Outcome, Verdict

EXPECTED = (
    "every pod that is wanted is Ready and of one version, none was killed for its memory or keeps ending, "
    "no Service lists it beside pods that the system file does not name, and no autoscaler counts others"
)
OUT_OF_MEMORY = "OOMKilled"
OFTEN = 5
"""A container that was started again so often, the last time lately, is in a loop though it runs just now."""
WITH_ITS_NODE = frozenset({"Unknown", "ContainerStatusUnknown"})
"""How the kubelet writes down an end that it did not see, as its node or runtime was away: not the pod's."""
LATELY_SECONDS = 600.0
"""Twice the longest time that the kubelet waits before it starts a container again."""
HELP = {
    "CrashLoopBackOff": "Read why it ends: `kubectl logs --previous`.",
    "Error": "Read why it ends: `kubectl logs --previous`.",
    "ErrImagePull": "Correct the image's name, or give the nodes access to its registry.",
    "ImagePullBackOff": "Correct the image's name, or give the nodes access to its registry.",
    "ErrImageNeverPull": "Bring the image onto the nodes, or let it be pulled.",
    "InvalidImageName": "Correct the image's name.",
    "Unschedulable": "Free what its pods ask for, or let them go to more nodes: `kubectl describe pod`.",
    "CreateContainerConfigError": "Create the ConfigMap or Secret, with the key, that it names.",
    "Evicted": "Request what it uses (memory, ephemeral-storage): the kubelet evicts those first that use "
    "more than they request, and no disruption budget holds it back.",
    OUT_OF_MEMORY: "Raise its memory limit, or find what it keeps.",
}

GATE_HELP = "Install the controller that sets the gate's condition for these pods, or take the gate away."


@dataclass(frozen=True)
class Finding:
    """One thing that is amiss, in words, and what to do about it."""

    words: str
    next_step: str


def as_it_stands(observation: Observation) -> Verdict:
    """Whether every pod of the workload is Ready and of the one version that is wanted, among its own kind.

    A few restarts that were not for memory are told and no fault by themselves: they may be of long ago.
    """
    timeline, role = observation.timeline, observation.target
    workload = None if timeline is None else workload_at(timeline, role, timeline.ended_at)
    if timeline is None or workload is None:
        text = "no timeline was recorded" if timeline is None else f"the workload of {role} was not seen"
        return Verdict(Outcome.INCONCLUSIVE, text, EXPECTED, "Look whether it exists, and may be watched.")
    if timeline.gaps:
        text = f"a watch was broken {plural(len(timeline.gaps), 'time')}"
        return Verdict(Outcome.INCONCLUSIVE, text, EXPECTED, "Run it again.")
    pods = _standing(timeline, role)
    found = [
        *_not_ready(pods, workload.wanted),
        *_versions(pods),
        *_ended(pods, timeline.ended_at),
        *_strangers(timeline, role),
        *_counted(observation),
    ]
    restarts = sum(pod.restarts for pod in pods)
    numbers = {
        "pods": len(pods),
        "pods_ready": sum(pod.ready for pod in pods),
        "pods_wanted": workload.wanted,
        "restarts": restarts,
        "findings": len(found),
    }
    reasons = tuple(f"{pod.name}: {_restarted(pod, timeline.ended_at)}" for pod in pods if pod.restarts)
    if found:
        text = "; ".join(finding.words for finding in found)
        steps = " ".join(dict.fromkeys(finding.next_step for finding in found))
        return Verdict(Outcome.FAILED, text, EXPECTED, steps, numbers, reasons)
    text = (
        f"{numbers['pods_ready']} of {plural(workload.wanted, 'pod')} of {role} Ready, all of one version, "
        f"{plural(restarts, 'restart')}"
    )
    return Verdict(Outcome.PASSED, text, EXPECTED, numbers=numbers, reasons=reasons)


def _standing(timeline: Timeline, role: str) -> list[PodSeen]:
    """The pods of the workload that are there and stay."""
    last = [states[-1] for states in timeline.pods.values() if states[-1].workload == role]
    kept = [pod for pod in last if pod.change is not Change.DELETED and not pod.deleting]
    return sorted(kept, key=lambda pod: pod.name)


def _not_ready(pods: Sequence[PodSeen], wanted: int) -> Iterator[Finding]:
    ready = sum(pod.ready for pod in pods)
    if ready < wanted:
        yield Finding(f"{ready} of {plural(wanted, 'pod')} Ready", "See why its pods are not Ready.")
    for pod in pods:
        if pod.ready:
            continue
        reason = pod.init_reason or pod.reason or pod.phase or "unknown"
        where = "an init container waits with " if pod.init_reason else ""
        yield Finding(
            f"{pod.name} is not Ready: {where}{reason}",
            GATE_HELP if reason.startswith("readiness gate ")
            else HELP.get(reason, "Read its events and its probes' answers: `kubectl describe pod`."),
        )


def _versions(pods: Sequence[PodSeen]) -> Iterator[Finding]:
    revisions = Counter(pod.revision for pod in pods if pod.revision)
    if len(revisions) > 1:
        words = ", ".join(f"{plural(count, 'pod')} of {name}" for name, count in sorted(revisions.items()))
        yield Finding(
            f"{len(revisions)} versions run side by side: {words}",
            "End the rollout, or undo it: `kubectl rollout status`, `kubectl rollout undo`.",
        )
        return
    # A node that did not pull an image tells of it by another kind of digest.
    pulled = [
        pod.images for pod in pods if pod.ready and pod.images and all("@" in one for one in pod.images)
    ]
    images = set(pulled)
    if len(images) > 1:
        words = " and ".join(
            sorted({image.rpartition("@")[2] for several in images for image in several})[:4]
        )
        yield Finding(
            f"pods of one version run different images: {words}",
            "Name the image by its digest, or by a tag that is never pushed again, and roll out anew.",
        )


def _ended(pods: Sequence[PodSeen], now: float) -> Iterator[Finding]:
    for pod in pods:
        if OUT_OF_MEMORY in (pod.last_end, pod.reason):
            yield Finding(f"{pod.name} {_restarted(pod, now)}", HELP[OUT_OF_MEMORY])
        elif pod.restarts >= OFTEN and _ended_lately(pod, now):
            yield Finding(f"{pod.name} keeps ending: it {_restarted(pod, now)}", HELP["CrashLoopBackOff"])


def _ended_lately(pod: PodSeen, now: float) -> bool:
    """Whether it ended not long ago, of itself."""
    return pod.last_end not in WITH_ITS_NODE and now - (pod.last_end_at or -math.inf) < LATELY_SECONDS


def _restarted(pod: PodSeen, now: float) -> str:
    ago = "" if pod.last_end_at is None else f" {seconds(max(now - pod.last_end_at, 0.0))} ago"
    end = pod.last_end or "unknown"
    cause = ": its node or runtime was away" if pod.last_end in WITH_ITS_NODE else ""
    return f"was restarted {plural(pod.restarts, 'time')}, the last end was {end}{ago}{cause}"


def _strangers(timeline: Timeline, role: str) -> Iterator[Finding]:
    """Pods of workloads that the system file does not name, in a Service that lists pods of this one."""
    pods = {states[-1].name: states[-1] for states in timeline.pods.values()}
    for service, listed in sorted(_listed(timeline).items()):
        known = [pods[name] for name in sorted(listed) if name in pods]
        if not any(pod.workload == role for pod in known):
            continue
        strange = [pod for pod in known if not pod.workload]
        if strange:
            who = ", ".join(sorted({pod.owner or f"pod {pod.name}" for pod in strange}))
            yield Finding(
                f"Service {service} lists {plural(len(strange), 'pod')} of {who} beside those of {role}",
                "Narrow the Service's selector or the labels of those pods, or name them in the system file.",
            )


def _counted(observation: Observation) -> Iterator[Finding]:
    """Pods of others that an autoscaler takes for those of its workload, and that spoil its averages."""
    for look in observation.trouble.measured(SELECTED_PODS):
        if others := look.value.get("others", ()):
            yield Finding(
                f"HorizontalPodAutoscaler {look.name} counts {plural(len(others), 'pod')} of "
                f"{', '.join(dict.fromkeys(others))} as pods of {observation.target}",
                "Give those pods other labels than those by which the workload selects its own.",
            )


def _listed(timeline: Timeline) -> dict[str, set[str]]:
    """The pods that each Service lists at the end."""
    slices: dict[str, EndpointsSeen] = {state.slice_name: state for state in timeline.endpoint_states()}
    found: dict[str, set[str]] = {}
    for state in slices.values():
        if state.change is not Change.DELETED:
            found.setdefault(state.service, set()).update(endpoint.pod for endpoint in state.endpoints)
    return found
