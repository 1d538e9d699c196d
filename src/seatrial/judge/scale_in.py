"""Whether scale-in costs a request, and what each failed one met: pod, deletion, SIGTERM, endpoint. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from seatrial.judge.cause import assigned, of_old_pod, pre_stop_needed
from seatrial.judge.evidence import gaps_in, unwatched
from seatrial.judge.load_step import step_of
from seatrial.judge.pods import Life, deletions, life
from seatrial.judge.windows import Window, failures, split
from seatrial.judge.wording import errors, plural, seconds
from seatrial.model.exchange import Exchange
from seatrial.model.fault import Disruption
from seatrial.model.observation import Observation
from seatrial.model.timeline import PodSeen, Timeline
from seatrial.model.verdict import Outcome, Verdict

MINIMUM_REQUESTS = 50
EXPECTED = "no failed request while pods terminate at scale-in"
AT_MOST = 5
"""Failed requests are told one by one up to this number; the rest are counted."""


@dataclass(frozen=True)
class Ended:
    """A pod that was terminated, with its last state before it was."""

    life: Life
    pod: PodSeen
    deleting_at: float

    @property
    def sigterm_at(self) -> float | None:
        """When its process was told to stop: after the preStop sleep; None where that is not known."""
        held = self.pod.pre_stop_seconds
        return None if held is None else self.deleting_at + held


def scale_in_loses_nothing(observation: Observation, *, minimum_requests: int = MINIMUM_REQUESTS) -> Verdict:
    """No request begun, or in flight, while a pod of the workload terminated may fail.

    Each failed request is put down to the pod that its answer names, else to the pod whose end had begun
    last. INCONCLUSIVE where no pod terminated, or too few requests were begun meanwhile.
    """
    found = step_of(observation)
    if isinstance(found, Verdict):
        return found
    timeline, step = found
    ended = list(_ended(timeline, step.workload))
    parts = split(observation.without_bystanders().exchanges, _spans(timeline, ended))
    failed = failures(parts.disturbed)
    numbers: dict[str, object] = {
        "scale_in_pods": len(ended),
        "scale_in_requests": len(parts.begun),
        "scale_in_failed": len(failed),
    }
    seen = (
        f"{len(failed)} of {plural(len(parts.disturbed), 'request')} failed while "
        f"{plural(len(ended), 'pod')} terminated"
    )
    if failed:
        return _lost(seen, timeline, ended, failed, numbers)
    if not ended:
        text = f"no pod of {step.workload} terminated: nothing was scaled in"
        return Verdict(Outcome.INCONCLUSIVE, text, EXPECTED, "See why the replicas did not fall.", numbers)
    if len(parts.begun) < minimum_requests:
        text = f"{seen}; too little evidence: {len(parts.begun)} of {minimum_requests} begun then"
        hint = "Keep a light load on until scale-in ends."
        return Verdict(Outcome.INCONCLUSIVE, text, EXPECTED, hint, numbers)
    passed = Verdict(Outcome.PASSED, seen, EXPECTED, numbers=numbers)
    return unwatched(passed, gaps_in(timeline, [Window(step.began_at, timeline.ended_at, ())]))


def _ended(timeline: Timeline, role: str) -> Iterator[Ended]:
    for state, _ in deletions(timeline, role):
        yield Ended(life(timeline, state.name, state.uid), state, state.at)


def _spans(timeline: Timeline, ended: Sequence[Ended]) -> tuple[Window, ...]:
    """The spans in which a pod of the workload was terminating, merged where they touch."""
    merged: list[Window] = []
    for each in sorted(ended, key=lambda one: one.deleting_at):
        end = timeline.ended_at if each.life.gone_at is None else each.life.gone_at
        if merged and each.deleting_at <= merged[-1].end:
            merged[-1] = Window(merged[-1].begin, max(merged[-1].end, end), ())
        else:
            merged.append(Window(each.deleting_at, end, ()))
    return tuple(merged)


def _lost(
    seen: str,
    timeline: Timeline,
    ended: Sequence[Ended],
    failed: Sequence[Exchange],
    numbers: dict[str, object],
) -> Verdict:
    """The verdict on failed requests: a line for each, and what would have sufficed pod by pod."""
    by_uid = {each.pod.uid: each for each in ended}
    lines: list[tuple[float, str]] = []
    advice: list[str] = []
    needed = 0.0
    for ending, theirs in assigned([each.life for each in ended], failed, timeline):
        one = by_uid[ending.uid]
        lines += [(request.begun_at, _told(one, request)) for request in theirs]
        advice += [
            sentence + _had(one, sentence) for sentence in of_old_pod(ending, theirs, Disruption.VOLUNTARY)
        ]
        after = [request for request in theirs if request.begun_at >= one.deleting_at]
        needed = max(needed, pre_stop_needed(ending, after) if after else 0.0)
    told = [line for _, line in sorted(lines)]
    rest = len(told) - AT_MOST
    further = [f"and {plural(rest, 'request')} more"] if rest > 0 else []
    numbers["pre_stop_seconds_needed"] = needed
    text = " ".join(advice) or "On SIGTERM keep serving until the endpoint has left, then finish and exit."
    return Verdict(
        Outcome.FAILED, f"{seen} ({errors(failed)})", EXPECTED, text, numbers, (*told[:AT_MOST], *further)
    )


def _had(one: Ended, sentence: str) -> str:
    """What the pod's own preStop sleep is, beside a sentence that names one."""
    if "preStop" not in sentence or one.pod.pre_stop_seconds is None:
        return ""
    held = one.pod.pre_stop_seconds
    return f" It has {f'one of {held:g} s' if held else 'none'}."


def _told(one: Ended, request: Exchange) -> str:
    """E.g. `quote 41 (status 503): orders-x, sent 0.42 s after its deletion, 0.42 s after SIGTERM, ...`."""
    at = request.begun_at
    parts = [_relative(at, one.deleting_at, "its deletion")]
    if one.sigterm_at is not None:
        parts.append(_relative(at, one.sigterm_at, "SIGTERM"))
    left = one.life.endpoint_left_at
    parts.append("its endpoint was still there" if left is None else _relative(at, left, "its endpoint left"))
    how = "named by the answer" if request.backend == one.pod.name else "the last one whose end had begun"
    what = request.error or f"status {request.status}"
    return f"{request.journey} {request.sequence} ({what}): {one.pod.name} ({how}), sent {', '.join(parts)}"


def _relative(at: float, moment: float, what: str) -> str:
    return f"{seconds(abs(at - moment))} {'after' if at >= moment else 'before'} {what}"
