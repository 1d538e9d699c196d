"""Whether CPU or disks kept tasks waiting when requests failed: a cause, and, of CPU, sometimes a doubt.

A kind cluster shares its machine with everything else that runs there, so failures for which there is no
other evidence may be the machine's. Elsewhere a node without CPU is the system's own affair.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from seatrial.judge.wording import seconds
from seatrial.model.exchange import Exchange
from seatrial.model.observation import Observation
from seatrial.model.pressure import CpuSeen, DiskSeen
from seatrial.model.timeline import Timeline
from seatrial.model.verdict import Outcome, Verdict

SATURATED_FRACTION = 0.8
"""CPU is gone when in this part of the time, or more, some task that could run had to wait for it."""
BUSY_FRACTION = 0.9
"""And when so much of all CPUs, or more, was used: where a limit throttles, tasks wait on an idle machine."""
OVERLAP_FRACTION = 0.5
"""At least this part of the failed requests must lie in seconds without CPU."""
REACH_SECONDS = 1.0
"""Failed requests no further apart are one time in which requests failed; samples are a second long."""
DISK_FRACTION = 0.1
"""A disk is named when tasks waited for it in this part of the time, or more,"""
DISK_FACTOR = 3.0
"""and so many times as long as in the rest of the time, or more."""

CPU_HELP = (
    "The cluster's nodes share this machine: give it more CPU, or end what else runs on it, and run again. "
    "If it fails alike then, it is the system."
)

Span = tuple[float, float]


@dataclass(frozen=True)
class Pressure:
    """How much CPU was wanted while requests failed.

    Attributes:
        became: what became of the requests: they `failed`, or `were slow`.
        failing_seconds: how long requests failed, where it was recorded.
        waited: fraction of it in which some task waited for CPU.
        busy: fraction of all CPUs that was used then.
        covered: fraction of the failed requests in seconds without CPU.
    """

    source: str
    became: str
    failing_seconds: float
    waited: float
    busy: float
    covered: float

    @property
    def saturated(self) -> bool:
        return self.waited >= SATURATED_FRACTION and self.covered >= OVERLAP_FRACTION

    def __str__(self) -> str:
        return (
            f"some tasks waited for CPU {self.waited * 100:.0f} % of the {seconds(self.failing_seconds)} "
            f"in which requests {self.became}, and {self.busy * 100:.0f} % of {self.source}'s CPU was used"
        )


def pressure(
    timeline: Timeline | None, failed: Sequence[Exchange], *, became: str = "failed"
) -> Pressure | None:
    """The CPU that was wanted while requests failed, or were slow; None without any, or without a record."""
    samples = [] if timeline is None else [each for each in timeline.cpu() if each.span_seconds > 0]
    spans = _spans(failed)
    shares = [(sample, _overlap(sample, spans)) for sample in samples]
    total = sum(share for _, share in shares)
    if total <= 0:
        return None
    waited = sum(each.waited_seconds / each.span_seconds * share for each, share in shares) / total
    busy = sum(each.busy * share for each, share in shares) / total
    covered = sum(any(_without_cpu(s) and _in(s, e.planned_at) for s in samples) for e in failed)
    return Pressure(samples[0].source, became, total, waited, busy, covered / len(failed))


def doubted(observation: Observation, failed: Verdict, slow: Sequence[Exchange]) -> Verdict:
    """A FAILED verdict for which there is no other evidence, with what CPU and disks tell of it.

    Where CPU was gone on a kind cluster of our own it is INCONCLUSIVE. A disk is only named: what waits for
    it may be the system itself.

    Args:
        slow: the requests that were slow.
    """
    found = pressure(observation.timeline, slow, became="were slow")
    if found is None or not found.saturated:
        words = disk_words(observation.timeline, slow)
        return replace(failed, next_step=f"{failed.next_step} {words}") if words else failed
    if excuses(observation):
        seen = f"{failed.observed}; {found}"
        return replace(failed, outcome=Outcome.INCONCLUSIVE, observed=seen, next_step=CPU_HELP)
    return replace(failed, next_step=f"{failed.next_step} S{str(found)[1:]}.")


def disk_words(timeline: Timeline | None, slow: Sequence[Exchange]) -> str:
    """That tasks waited for a disk much longer than else while requests were slow; or empty."""
    samples = [] if timeline is None else [each for each in timeline.disk() if each.span_seconds > 0]
    spans = _spans(slow)
    inside = sum(_overlap(each, spans) for each in samples)
    outside = sum(each.span_seconds for each in samples) - inside
    if inside <= 0:
        return ""
    waited = sum(each.waited_seconds / each.span_seconds * _overlap(each, spans) for each in samples)
    other = sum(each.waited_seconds for each in samples) - waited
    here, elsewhere = waited / inside, other / outside if outside > 0 else 0.0
    if here < DISK_FRACTION or here < DISK_FACTOR * elsewhere:
        return ""
    return (
        f"Some task waited for a disk of {samples[0].source} {here * 100:.0f} % of the {seconds(inside)} in "
        f"which requests were slow, and {elsewhere * 100:.0f} % of the rest."
    )


def excuses(observation: Observation) -> bool:
    """Whether a want of CPU may make a failure inconclusive here: on a kind cluster of our own only."""
    return observation.system is not None and observation.system.target.kind is not None


def _spans(failed: Sequence[Exchange]) -> list[Span]:
    """When requests failed: from the first of each group to its last end, and half a second around it."""
    half = REACH_SECONDS / 2
    spans: list[Span] = []
    for each in sorted(failed, key=lambda exchange: exchange.planned_at):
        end = max(each.planned_at, each.completed_at or each.planned_at) + half
        if spans and each.planned_at - half <= spans[-1][1]:
            spans[-1] = (spans[-1][0], max(spans[-1][1], end))
        else:
            spans.append((each.planned_at - half, end))
    return spans


def _overlap(sample: CpuSeen | DiskSeen, spans: Sequence[Span]) -> float:
    begin = sample.at - sample.span_seconds
    return sum(max(min(sample.at, last) - max(begin, first), 0.0) for first, last in spans)


def _without_cpu(sample: CpuSeen) -> bool:
    waited = sample.waited_seconds / sample.span_seconds
    return waited >= SATURATED_FRACTION and sample.busy >= BUSY_FRACTION


def _in(sample: CpuSeen, moment: float) -> bool:
    return sample.at - sample.span_seconds <= moment <= sample.at
