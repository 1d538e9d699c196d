"""Pods that a controller could not create: who refused them, read from its FailedCreate events. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from seatrial.judge.wording import plural, seconds
from seatrial.model.timeline import EventSeen, Timeline, WorkloadSeen

FAILED_CREATE = "FailedCreate"
OTHER = "other"


@dataclass(frozen=True)
class Kind:
    """One way in which the API server says no.

    Attributes:
        pattern: of the message, with named parts.
        words: made of these parts.
    """

    name: str
    pattern: str
    words: str
    remediation: str


KINDS = (
    Kind(
        "quota",
        r"exceeded quota: (?P<of>\S+), requested: (?P<asked>\S+), used: (?P<used>\S+), "
        r"limited: (?P<hard>\S+)",
        "quota {of}: requested {asked}, used {used}, hard {hard}",
        "Leave room for a pod beside those that end: raise the quota, or request less.",
    ),
    Kind(
        "quota",
        r"failed quota: (?P<of>[^\s:]+): must specify (?P<what>.+)",
        "quota {of}: pods must specify {what}",
        "Give each container what the quota counts, or a LimitRange with defaults.",
    ),
    Kind(
        "limit-range",
        r"(?P<what>(?:maximum|minimum) [\w./-]+ usage per \w+ is [^\]]+|"
        r"[\w./-]+ max limit to request ratio [^\]]+)",
        "a LimitRange: {what}",
        "Request what the LimitRange permits, or correct it.",
    ),
    Kind(
        "pod-security",
        r'violates PodSecurity "(?P<of>[^"]+)": (?P<what>.+)',
        "Pod Security {of}: {what}",
        "Correct the pod's securityContext.",
    ),
    Kind(
        "webhook",
        r'admission webhook "(?P<of>[^"]+)" denied the request:? ?(?P<what>.*)',
        "webhook {of}: {what}",
        "Make the pods meet the webhook's policy, or correct the policy.",
    ),
    Kind(
        "webhook",
        r'failed calling webhook "(?P<of>[^"]+)": (?P<what>.+)',
        "webhook {of}, which cannot be asked: {what}",
        "Run the webhook highly available, or with failurePolicy Ignore.",
    ),
    Kind(
        "policy",
        r"ValidatingAdmissionPolicy '(?P<of>[^']+)'.* denied request: (?P<what>.+)",
        "admission policy {of}: {what}",
        "Make the pods meet the policy.",
    ),
    Kind(
        "account",
        r"error looking up service account (?P<what>.+)",
        "service account {what}",
        "Create the ServiceAccount that the pods name.",
    ),
)
_UNKNOWN = Kind(
    OTHER, r"(?:.* is forbidden: )?(?P<what>.*)", "{what}", "Read its events: `kubectl describe`."
)


@dataclass(frozen=True)
class Refusal:
    """Why pods were not created, and for how long it went on.

    Attributes:
        kind: quota, limit-range, pod-security, webhook, policy, account or other.
        words: who refused, with what it counted, as the API server said it the first time.
        remediation: what to do about it.
        first_at, last_at: monotonic seconds of the first and last event about it.
        count: how many events there were.
    """

    kind: str
    words: str
    remediation: str
    first_at: float
    last_at: float
    count: int


def refusals(timeline: Timeline, role: str, begin: float, end: float) -> list[Refusal]:
    """Why pods of a workload were refused between two moments, one for each refuser, the first one first."""
    found: dict[tuple[str, str], list[tuple[float, str, Kind]]] = {}
    for event in _of_workload(timeline, role):
        if begin <= event.at <= end:
            kind, words = explained(event.message)
            refuser = words if kind.name == OTHER else words.partition(":")[0]
            found.setdefault((kind.name, refuser), []).append((event.at, words, kind))
    made = [
        Refusal(kind.name, words, kind.remediation, at, events[-1][0], len(events))
        for events in found.values()
        for at, words, kind in events[:1]
    ]
    return sorted(made, key=lambda one: one.first_at)


def explained(message: str) -> tuple[Kind, str]:
    """The kind of refusal that a FailedCreate event tells, and its words."""
    found = ((kind, re.search(kind.pattern, message, re.DOTALL)) for kind in (*KINDS, _UNKNOWN))
    kind, match = next((kind, match) for kind, match in found if match)  # what is unknown may say anything
    parts = {name: part.strip().rstrip(".,") for name, part in match.groupdict().items()}
    return kind, kind.words.format(**parts)


def sentence(found: Refusal, began_at: float) -> str:
    """One sentence: from when on, how often and by whom pods were refused."""
    return (
        f"its pods were refused from {seconds(found.first_at - began_at)} after the fault on, "
        f"{plural(found.count, 'time')}, by {found.words}."
    )


def _of_workload(timeline: Timeline, role: str) -> Iterator[EventSeen]:
    """The FailedCreate events of the workload's own controllers: itself, or its ReplicaSets."""
    names = {
        (seen.kind, seen.name)
        for seen in timeline.seen
        if isinstance(seen, WorkloadSeen) and seen.workload == role
    }
    for event in timeline.events():
        owner = (event.kind, event.name)
        if event.kind == "ReplicaSet":
            owner = ("Deployment", event.name.rpartition("-")[0])
        if event.reason == FAILED_CREATE and owner in names:
            yield event
