"""Whether the requests of a workload are spread over its ready pods. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from seatrial.judge.asked import answers_by_pod, ready_spans
from seatrial.judge.evidence import gaps_in, unwatched
from seatrial.judge.shares import SETTLE_SECONDS, why_not_asked
from seatrial.judge.statistics import wilson
from seatrial.judge.windows import Window
from seatrial.judge.wording import percent, plural
from seatrial.model.exchange import Exchange
from seatrial.model.observation import Observation
from seatrial.model.timeline import Timeline
from seatrial.model.verdict import Outcome, Verdict

FAIR_FRACTION = 0.25
"""A pod that surely gets less of its fair share than this is left out. Balancers that ask the least busy pod
rightly give less to one that is slower; seen on a busy machine: 28 % where 50 % were fair."""
OWN_CONNECTIONS = 0.1
"""The part of the requests that the generator sends over a connection of their own; the rest keep one, and
where connections are balanced and not requests, all of the rest may rightly go to one pod."""
MINIMUM_SPANS = 2
"""Times with an unchanged set of pods that must tell: what holds before a pod was replaced and after it."""
SPREAD_HELP = (
    "Spread requests and not connections: balance in the proxy (no hash of what all requests share, no kept "
    "connection to a virtual address), let no client stay on one pod (`sessionAffinity`)."
)


@dataclass(frozen=True)
class Spread:
    """What the pods answered while the same ones were ready.

    Attributes:
        counts: answers by pod, all of those that were ready, the fewest first.
    """

    since: float
    until: float
    counts: tuple[tuple[str, int], ...]

    @property
    def total(self) -> int:
        return sum(count for _, count in self.counts)

    @property
    def least(self) -> tuple[str, int]:
        return self.counts[0]

    def bound(self, own: float) -> float:
        """The smallest share that is still a spread, where `own` of the requests are free to be spread."""
        return FAIR_FRACTION * own / len(self.counts)

    def uneven(self, own: float) -> bool:
        """Whether a pod surely got less than that."""
        return wilson(self.least[1], self.total).below(self.bound(own))

    def telling(self, own: float) -> bool:
        """Whether so many answers would show that a pod got none."""
        return wilson(0, self.total).below(self.bound(own))


def load_is_spread(observation: Observation) -> Verdict:
    """Each ready pod answers at least a quarter of its fair share, as long as the same pods are ready.

    The fair share of one of n is 1/n of the requests where a proxy before the workload can spread them, and
    of those with a connection of their own where it is the connections that are spread. An interval of 95 %
    decides.
    """
    timeline, role = observation.timeline, observation.target
    if timeline is None:
        return Verdict(Outcome.INCONCLUSIVE, "no timeline was recorded", "a watched cluster", "Run it again.")
    own, by = (1.0, "request") if is_proxied(observation) else (OWN_CONNECTIONS, "connection")
    found = list(_spreads(observation, timeline, role))
    telling = [each for each in found if each.telling(own)]
    expected = f"each ready pod answers at least {percent(FAIR_FRACTION * own)} of its fair share, by {by}"
    numbers = {
        "spans": len(telling),
        "answers": sum(each.total for each in telling),
        "uneven_spans": sum(each.uneven(own) for each in telling),
    }
    if uneven := [each for each in telling if each.uneven(own)]:
        worst = min(uneven, key=lambda each: each.least[1] / each.total)
        text = f"{plural(len(uneven), 'time')} of {len(telling)} uneven: {_words(worst)}"
        return Verdict(
            Outcome.FAILED, text, expected, why_not_asked(timeline, worst.least[0], SPREAD_HELP), numbers
        )
    if len(telling) < MINIMUM_SPANS:
        told = sum(each.total for each in found)
        text = (
            f"{plural(told, 'answer')} of pods of {role} in {plural(len(found), 'time')} with the same ready "
            "pods, two or more: too few to tell"
        )
        hint = "Raise the rate, run two or more replicas, or check that `served_by` names the pod."
        return Verdict(Outcome.INCONCLUSIVE, text, expected, hint, numbers)
    least = min(telling, key=lambda each: each.least[1] / each.total)
    text = f"in {plural(len(telling), 'time')} with the same ready pods the most uneven was: {_words(least)}"
    passed = Verdict(Outcome.PASSED, text, expected, numbers=numbers)
    return unwatched(passed, gaps_in(timeline, [Window(each.since, each.until, ()) for each in telling]))


def is_proxied(observation: Observation) -> bool:
    """Whether the system file says that other workloads without data stand before the target."""
    system = observation.system
    spec = None if system is None else system.journeys.get(observation.journey)
    if system is None or spec is None or observation.target not in spec.through:
        return False
    before = spec.through[: spec.through.index(observation.target)]
    return any(not system.workloads[role].stateful for role in before if role in system.workloads)


def _spreads(observation: Observation, timeline: Timeline, role: str) -> Iterator[Spread]:
    answers = answers_by_pod(observation, role)
    names = {uid: states[0].name for uid, states in timeline.pods.items()}
    for begin, end, uids in ready_spans(timeline, role):
        since = begin + SETTLE_SECONDS
        if len(uids) < 2 or end <= since:
            continue
        counted = [(names[uid], _within(answers.get(uid, []), since, end)) for uid in uids]
        if any(count for _, count in counted):
            yield Spread(since, end, tuple(sorted(counted, key=lambda item: (item[1], item[0]))))


def _within(exchanges: list[Exchange], begin: float, end: float) -> int:
    return sum(begin <= exchange.planned_at < end for exchange in exchanges)


def _words(spread: Spread) -> str:
    """E.g. `a 0, b 412 of 412 answers (0.0 % where 50.0 % were fair)`."""
    counts = ", ".join(f"{pod} {count}" for pod, count in spread.counts)
    share, fair = percent(spread.least[1] / spread.total), percent(1 / len(spread.counts))
    return f"{counts} of {plural(spread.total, 'answer')} ({share} where {fair} were fair)"
