"""What replicas that were added took from others: connections, memory, room in a quota. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from seatrial.judge.departures import departures
from seatrial.judge.path import Path
from seatrial.judge.probes import Unready, unready_spells
from seatrial.judge.refusal import refusals
from seatrial.judge.scale_out import ScaleOut
from seatrial.judge.wording import plural
from seatrial.model.log import LogLine
from seatrial.model.timeline import PodSeen, Timeline

CONNECTIONS = re.compile(
    r"too ?many ?(?:open )?(?:clients|connections)|remaining connection slots|no more connections allowed"
    r"|(?:max(?:imum)?[_ ](?:number of )?(?:clients|connections)|connection limit)\b[^,;]{0,30}\b"
    r"(?:reached|exceeded)",
    re.IGNORECASE,
)
"""How stores, and those who ask them, say that no connection is left, whoever wrote it."""
TAKEN = {
    "PreemptionByScheduler": "was preempted by the scheduler",
    "TerminationByKubelet": "was evicted by the kubelet",
}
"""Reasons of DisruptionTarget by which a pod makes room for another one, or for its node."""
OUT_OF_MEMORY = "OOMKilled"
LONGEST_LINE = 200

Problem = tuple[str, str]
"""What was seen, in words, and what to do about it."""


def no_connection_left(
    logs: Sequence[LogLine] | None, timeline: Timeline, path: Path, out: ScaleOut
) -> Iterator[Problem]:
    """That pods on the path wrote of no connection left while the replicas were there, with one line."""
    names = {state.name for states in path.pods(timeline) for state in states}
    found = [line for line in logs or () if line.pod in names and CONNECTIONS.search(line.text)]
    then = [line for line in found if out.holds(line.at)]
    if not then:
        return
    first, pods = min(then, key=lambda line: line.at), sorted({line.pod for line in then})
    earlier = sum(line.at < out.begin for line in found)
    text = " ".join(first.text.split())[:LONGEST_LINE]
    yield (
        f"{first.pod} wrote {out.since(first.at)}: {text} ({plural(len(then), 'such line')} of "
        f"{', '.join(pods)}, {earlier or 'none'} before)",
        f"{out.most} replicas of {out.workload} hold more connections, with those of others, than the store "
        "admits. Keep the pool of each, times the most replicas and a rollout's surge, below the store's "
        "limit less what others need: a smaller pool, or a pooler in front of the store.",
    )


def taken_away(timeline: Timeline, path: Path, out: ScaleOut) -> Iterator[Problem]:
    """Pods of others that had to make room, or were killed for memory, while the replicas were there."""
    for one in departures(timeline):
        if one.disruption in TAKEN and _is_other(one.pod, path, out) and out.holds(one.at):
            yield (
                f"{one.pod.name} {TAKEN[one.disruption]} {out.since(one.at)}",
                f"Let {out.workload} request what it uses, and give no pod that is needed a lower priority.",
            )
    for states in path.pods(timeline):
        kills = (after.at for before, after in pairwise(states) if _was_killed(before, after))
        killed = [at for at in kills if out.holds(at)]
        if killed and _is_other(states[0], path, out):
            yield (
                f"a container of {states[0].name} was killed for memory {out.since(killed[0])}",
                "Request and limit memory alike, so that no node is filled beyond what it has.",
            )


def refused(timeline: Timeline, path: Path, out: ScaleOut) -> Iterator[Problem]:
    """Pods of others that were refused while the replicas were there, and had not been before."""
    for role in sorted(path.roles - {out.workload}):
        if refusals(timeline, role, timeline.began_at, out.begin):
            continue
        for one in refusals(timeline, role, out.begin, out.end):
            yield (
                f"pods of {role} were refused from {out.since(one.first_at)} on, by {one.words}",
                f"Leave room beside the most replicas of {out.workload}. {one.remediation}",
            )


def unready(timeline: Timeline, path: Path, out: ScaleOut) -> Iterator[tuple[Unready, bool]]:
    """Times in which a pod of others was unready meanwhile, and whether its workload had been so before."""
    spells = [spell for spell in unready_spells(timeline, path) if spell.workload not in ("", out.workload)]
    known = {spell.workload for spell in spells if spell.since < out.begin}
    for spell in spells:
        if out.holds(spell.since):
            yield spell, spell.workload in known


def _was_killed(before: PodSeen, after: PodSeen) -> bool:
    return after.restarts > before.restarts and after.last_end == OUT_OF_MEMORY


def _is_other(pod: PodSeen, path: Path, out: ScaleOut) -> bool:
    return pod.workload not in ("", out.workload) and path.holds(pod.workload)
