"""Whether replicas that were added take their share of the requests: ready is not yet of use."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from seatrial.judge.evidence import gaps_in, unwatched
from seatrial.judge.known import Known
from seatrial.judge.load_step import LoadStep, step_of
from seatrial.judge.placement import ready_at
from seatrial.judge.pods import endpoint_of, endpoint_ready
from seatrial.judge.statistics import wilson
from seatrial.judge.windows import Window
from seatrial.judge.wording import percent, plural
from seatrial.model.observation import Observation
from seatrial.model.timeline import PodSeen, Timeline
from seatrial.model.verdict import Outcome, Verdict

SETTLE_SECONDS = 2.0
"""How long after its endpoint serves a replica may be unknown to senders: proxies look names up anew."""

FAIR_FRACTION = 0.5
"""A replica that surely gets less of its fair share than this is idle: no way to balance is that uneven."""

_SPREAD_HELP = (
    "Spread requests and not connections, let no client or proxy stay on one pod (long connections, "
    "`sessionAffinity`), and have proxies look endpoints up anew."
)


@dataclass(frozen=True)
class Share:
    """What one added replica answered, of all that its workload answered meanwhile."""

    pod: str
    since: float
    mine: int
    total: int

    def idle(self, replicas: int) -> bool:
        """Whether it surely got less than `FAIR_FRACTION` of its share."""
        return wilson(self.mine, self.total).below(FAIR_FRACTION / replicas)

    def telling(self, replicas: int) -> bool:
        """Whether so many answers would show that it got none at all."""
        return wilson(0, self.total).below(FAIR_FRACTION / replicas)


def new_replicas_carry_load(observation: Observation) -> Verdict:
    """Each replica that was added during the load step answers its share of the requests."""
    found = step_of(observation)
    if isinstance(found, Verdict):
        return found
    timeline, step = found
    verdict = takes_its_share(observation, step)
    gaps = gaps_in(timeline, [Window(step.began_at, step.ended_at, ())])
    return unwatched(verdict, gaps) if verdict.passed else verdict


def takes_its_share(observation: Observation, step: LoadStep) -> Verdict:
    """Each replica that was added during the load answers at least half of its share of the requests.

    The share of one of n ready replicas is 1/n. Counted from `SETTLE_SECONDS` after its endpoint serves to
    the end of the load; an interval of 95 % decides.
    """
    timeline = observation.timeline
    assert timeline is not None  # a load step was seen by watches
    before, ready = (ready_at(timeline, step.workload, at) for at in (step.began_at, step.ended_at))
    added = [pod for uid, pod in ready.items() if uid not in before]
    count = len(ready)
    expected = f"each added replica answers at least {percent(FAIR_FRACTION / max(count, 1))} of the requests"
    if not ready:
        return Verdict(Outcome.INCONCLUSIVE, "no ready pod was seen at the end of the load", expected)
    if not added:
        text = "no replica was added that was ready at the end of the load"
        return Verdict(Outcome.INCONCLUSIVE, text, expected, "See why none was added in time.")
    answers = list(_answers(observation, step))
    if not answers:
        return Verdict(
            Outcome.INCONCLUSIVE, f"{count} ready, and no answer says which replica it came from", expected,
            "Name the response header that says which pod answered (`entry.served_by`) in the system file.",
        )  # fmt: skip
    shares = [_share(timeline, step, pod, answers) for pod in added]
    told = [share for share in shares if share.telling(count)]
    idle = [share for share in told if share.idle(count)]
    numbers = {"replicas_added": len(added), "replicas_idle": len(idle)}
    if idle:
        words = _idle_words(idle[0], count, answers)
        return Verdict(
            Outcome.FAILED, words, expected, why_not_asked(timeline, idle[0].pod, _SPREAD_HELP), numbers
        )
    if len(told) + len(before) < min(step.wanted_replicas, count):
        few = f"{len(shares) - len(told)} of {plural(len(shares), 'added replica')} served too short a time"
        return Verdict(
            Outcome.INCONCLUSIVE, f"{few} to tell whether they take their share", expected,
            "Hold the load for longer, or raise its rate.", numbers,
        )  # fmt: skip
    least = min(told, key=lambda share: share.mine / share.total, default=None)
    words = "" if least is None else f"; the least of the added answered {percent(least.mine / least.total)}"
    return Verdict(Outcome.PASSED, f"{count} ready{words}", expected, numbers=numbers)


@dataclass(frozen=True)
class _Answer:
    """One answer of the workload: which of its pods gave it, and when it was asked."""

    pod: str
    at: float


def _answers(observation: Observation, step: LoadStep) -> Iterator[_Answer]:
    """The answers of the workload's pods until the load ended, in the order of time."""
    known = Known.of(observation)
    for exchange in observation.exchanges:
        if exchange.ok and exchange.planned_at <= step.ended_at:
            pod = known.pod(exchange, step.workload)
            if pod is not None:
                yield _Answer(pod.name, exchange.planned_at)


def _share(timeline: Timeline, step: LoadStep, pod: PodSeen, answers: Sequence[_Answer]) -> Share:
    serving = endpoint_ready(timeline, pod.name, step.began_at)
    since = (pod.at if serving is None else serving) + SETTLE_SECONDS
    counted = [answer.pod for answer in answers if answer.at >= since]
    return Share(pod.name, since, counted.count(pod.name), len(counted))


def _idle_words(idle: Share, count: int, answers: Sequence[_Answer]) -> str:
    """E.g. `4 ready, one answered 98.1 % of 420 requests; orders-x answered 0 of them`."""
    counted = Counter(answer.pod for answer in answers if answer.at >= idle.since)
    ((busiest, most),) = counted.most_common(1)
    return (
        f"{count} ready, one answered {percent(most / idle.total)}: {busiest} gave {most} of "
        f"{plural(idle.total, 'answer')}, {idle.pod} {idle.mine}"
    )


def why_not_asked(timeline: Timeline, pod: str, otherwise: str) -> str:
    """The Service that ties each client to one pod, when it is one that lists `pod`; else `otherwise`."""
    listing = {s.service for s in timeline.endpoint_states() if endpoint_of(s.endpoints, pod) is not None}
    tied = {s.name for s in timeline.service_states() if s.session_affinity == "ClientIP"}
    if not listing & tied:
        return otherwise
    name = min(listing & tied)
    return (
        f"Service {name} has `sessionAffinity: ClientIP`, which ties a client or proxy to one pod: remove it."
    )
