"""Whether connections that lie idle survive until the next request, and who closes them first. Pure.

A server that closes an idle connection before its client does will one day do so while a request is on its
way. That moment is short and rarely met, so it is not waited for: the pods' own kernels say who closed first.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from seatrial.judge.disruption import of_the_subject
from seatrial.judge.windows import failures
from seatrial.judge.wording import errors, plural, seconds
from seatrial.model.connection import CLOSED_BY_SERVER, CONNECTIONS, ESTABLISHED, PodConnection, of_plain
from seatrial.model.exchange import DROPPED, Exchange
from seatrial.model.measurement import Measurement
from seatrial.model.observation import Observation
from seatrial.model.verdict import Outcome, Verdict

TOGETHER_SECONDS = 0.5
"""Requests planned within this time of each other were sent at once."""
SEEN_IDLE_TWICE = 2
"""A connection that was seen less often may have been closed with its answer, as announced."""
FROM_ONE_PEER = 2
"""One alone may be somebody's who happened to come then, a scrape for example."""
EXPECTED = (
    "every request after an idle time is answered, and no pod closes an idle connection before its client"
)


@dataclass(frozen=True)
class Closed:
    """An idle connection that a pod closed first; idle seconds between which it did."""

    pod: str
    peer: str
    after_seconds: float
    before_seconds: float


@dataclass(frozen=True)
class Seen:
    """The connections of the workload's pods that the requests were sent over.

    Attributes:
        opened: how many were first seen when requests had just been sent.
        closed: those that a pod closed first, while they were idle.
        unread: why connections could not be listed.
        broke_off: why the last look at a pod, or the last of all, could not be made; empty when each was.
    """

    opened: int
    closed: tuple[Closed, ...]
    unread: tuple[str, ...]
    broke_off: str = ""


def idle_connections(observation: Observation) -> Verdict:
    """FAILED when a request after an idle time fails, or pods close idle connections of a proxy first.

    The first requests go over new connections and are the control: one that fails is an ERROR. Where the
    pods' connections cannot be read it is UNSUPPORTED: requests alone meet the moment by chance only.
    """
    mine = of_the_subject(observation)
    sent = bursts([exchange for exchange in mine.exchanges if exchange.error != DROPPED])
    if len(sent) < 2:
        text = "no request was sent after an idle time"
        return Verdict(Outcome.INCONCLUSIVE, text, EXPECTED, "Look at the steps of the scenario.")
    if failed := failures(sent[0]):
        requests = plural(len(sent[0]), "request")
        text = f"{len(failed)} of {requests} over new connections failed ({errors(failed)})"
        return Verdict(Outcome.ERROR, text, EXPECTED, "Nothing was idle yet: repair the system first.")
    seen = seen_at_pods(observation, [burst[0].planned_at for burst in sent])
    later = [exchange for burst in sent[1:] for exchange in burst]
    failed = failures(later)
    gaps = [after[0].planned_at - before[0].planned_at for before, after in itertools.pairwise(sent)]
    numbers = {
        "requests_after_idle": len(later),
        "failed_after_idle": len(failed),
        "longest_idle_seconds": round(max(gaps), 3),
        "connections_seen": seen.opened,
        "idle_closed_by_pods": len(seen.closed),
    }
    idle = f"{min(gaps):.1f} to {max(gaps):.1f} idle seconds"
    words = f"{len(failed)} of {plural(len(later), 'request')} after {idle} failed"
    if failed:
        words += f": {', '.join(_by_gap(sent[1:], gaps))}"
    if seen.closed:
        words += f"; {_closed_words(observation.target, seen.closed)}"
    if failed or seen.closed:
        return Verdict(Outcome.FAILED, words, EXPECTED, _next(seen.closed), numbers)
    return _without_findings(words, seen, numbers)


def _without_findings(words: str, seen: Seen, numbers: Mapping[str, float]) -> Verdict:
    """The verdict when nothing failed and nobody was seen to close first: only as good as what was seen."""
    if seen.unread and not seen.opened:
        text = f"{words}; who closes idle connections first cannot be seen: {seen.unread[0]}"
        hint = "Permit pods/exec, and have `cat` in the containers, to see it."
        return Verdict(Outcome.UNSUPPORTED, text, EXPECTED, hint, numbers)
    if not seen.opened:
        text = f"{words}; but none of their connections was seen at the workload's pods"
        hint = "Name a journey that reaches this workload: `workloads.<role>.journey`."
        return Verdict(Outcome.INCONCLUSIVE, text, EXPECTED, hint, numbers)
    if seen.broke_off:
        text = f"{words}; the last look at connections could not be made: {seen.broke_off}"
        return Verdict(Outcome.INCONCLUSIVE, text, EXPECTED, "Run it again.", numbers)
    text = f"{words}; {plural(seen.opened, 'connection')} seen at the pods, none closed by them while idle"
    return Verdict(Outcome.PASSED, text, EXPECTED, numbers=numbers)


def bursts(exchanges: Sequence[Exchange]) -> list[list[Exchange]]:
    """Requests in groups that were planned together, in order of time."""
    groups: list[list[Exchange]] = []
    for exchange in sorted(exchanges, key=lambda one: one.planned_at):
        if groups and exchange.planned_at - groups[-1][0].planned_at < TOGETHER_SECONDS:
            groups[-1].append(exchange)
        else:
            groups.append([exchange])
    return groups


def seen_at_pods(observation: Observation, sent_at: Sequence[float]) -> Seen:
    """What the looks at the pods' connections show, for requests that were sent at these moments."""
    looks: dict[str, list[Measurement]] = {}
    unread = []
    made = sorted(observation.trouble.measured(CONNECTIONS), key=lambda one: one.ended_at)
    for one in made:
        if one.answered:
            looks.setdefault(one.name, []).append(one)
        else:
            unread.append(one.reason)
    names = _names(observation)
    lives = [(pod, mine, *life) for pod, mine in looks.items() for life in _lives(mine).items()]
    between = {key[1] for _, mine, key, states in lives if _came_between(states, mine, sent_at)}
    opened, closed = 0, []
    for pod, mine, (_, peer, _), states in lives:
        if not _opened_by(states, mine, sent_at):
            continue
        # Who also comes when nothing is sent, as probes do, counts only where the connection was kept.
        opened += peer not in between or states[0][1].state == ESTABLISHED
        if found := _closed_idle(states, sent_at):
            closed.append(Closed(pod, names.get(peer, peer), *found))
    often = Counter(one.peer for one in closed)
    return Seen(
        opened, tuple(one for one in closed if often[one.peer] >= FROM_ONE_PEER),
        tuple(dict.fromkeys(unread)), _broke_off(made),
    )  # fmt: skip


def _broke_off(made: Sequence[Measurement]) -> str:
    """Whose last look could not be made, and why: another pod's says nothing of this one."""
    last = {look.name: look for look in made}
    return "; ".join(f"{name}: {look.reason}" for name, look in last.items() if not look.answered)


def _lives(looks: Sequence[Measurement]) -> dict[tuple[int, str, int], list[tuple[float, PodConnection]]]:
    """The states of each connection of one pod, in the order of the looks."""
    found: dict[tuple[int, str, int], list[tuple[float, PodConnection]]] = {}
    for look in looks:
        for one in of_plain(look.value.get("connections", ())):
            found.setdefault((one.port, one.peer, one.peer_port), []).append((look.ended_at, one))
    return found


def _opened_by(
    states: Sequence[tuple[float, PodConnection]], looks: Sequence[Measurement], sent_at: Sequence[float]
) -> bool:
    """Whether requests were sent between the look that first showed the connection and the one before it."""
    first = states[0][0]
    before = max((look.began_at for look in looks if look.ended_at < first), default=None)
    return before is not None and any(before - TOGETHER_SECONDS <= at <= first for at in sent_at)


def _came_between(
    states: Sequence[tuple[float, PodConnection]], looks: Sequence[Measurement], sent_at: Sequence[float]
) -> bool:
    """Whether a connection was made after the first look, and when no requests were sent."""
    return states[0][0] > looks[0].ended_at and not _opened_by(states, looks, sent_at)


def _closed_idle(
    states: Sequence[tuple[float, PodConnection]], sent_at: Sequence[float]
) -> tuple[float, float] | None:
    """Idle seconds between which the pod closed the connection first; None when it did not, or not idle."""
    open_at = [at for at, one in states if one.state == ESTABLISHED]
    closed_at = next((at for at, one in states if one.state in CLOSED_BY_SERVER), None)
    if (
        closed_at is None
        or len(open_at) < SEEN_IDLE_TWICE
        or any(open_at[-1] < at < closed_at for at in sent_at)
    ):
        return None
    used_at = max((at for at in sent_at if at <= open_at[-1]), default=None)
    return None if used_at is None else (open_at[-1] - used_at, closed_at - used_at)


def _names(observation: Observation) -> dict[str, str]:
    """Names of pods by address."""
    timeline = observation.timeline
    states = [] if timeline is None else [states[-1] for states in timeline.pods.values()]
    return {state.ip: f"pod {state.name}" for state in states if state.ip}


def _by_gap(sent: Sequence[Sequence[Exchange]], gaps: Sequence[float]) -> Iterator[str]:
    for burst, gap in zip(sent, gaps, strict=True):
        if failed := failures(burst):
            yield f"{len(failed)} of {len(burst)} after {gap:.1f} s ({errors(failed)})"


def _closed_words(target: str, closed: Sequence[Closed]) -> str:
    peers = ", ".join(sorted({one.peer for one in closed}))
    latest = seconds(max(one.before_seconds for one in closed))
    return (
        f"pods of {target} closed {plural(len(closed), 'idle connection')} of {peers} first, "
        f"{seconds(_soonest(closed))} to {latest} after their last request"
    )


def _next(closed: Sequence[Closed]) -> str:
    if not closed:
        return (
            "No pod was seen to close first: something between clients and pods forgets idle connections, or "
            "closes them just then. Compare the idle timeouts along the way."
        )
    return (
        "The server's keep-alive timeout is shorter than the proxy keeps idle connections: a request that is "
        "sent just then is reset. Keep them longer at the server than the proxy does, or less than "
        f"{seconds(_soonest(closed))} at the proxy."
    )


def _soonest(closed: Sequence[Closed]) -> float:
    return min(one.after_seconds for one in closed)
