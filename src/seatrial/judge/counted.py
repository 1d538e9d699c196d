"""Whether the system's own counter says what clients sent. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from seatrial.judge.wording import percent, plural
from seatrial.model.counted import COUNTER, WRONG_REQUESTS, CounterRead, CounterSeries
from seatrial.model.exchange import Exchange
from seatrial.model.measurement import MeasurementOutcome
from seatrial.model.observation import Observation
from seatrial.model.request import Counted
from seatrial.model.verdict import Outcome, Verdict

COLLECTED_BY = frozenset({"job", "instance", "endpoint", "prometheus", "prometheus_replica", "scrape_job"})
"""Labels that say how a series was collected, not what was counted."""
FIRST_ERROR = 400
LEAST = 100
"""Fewer requests would let a small share be lost unseen."""


@dataclass(frozen=True)
class Growth:
    """How much one series grew between the two readings.

    Attributes:
        resets: how often it fell, as it does when its process begins anew.
    """

    labels: Mapping[str, str]
    grew: float
    resets: int

    def status(self, counted: Counted) -> str:
        """The value of its label with the status code; empty without."""
        return self.labels.get(counted.status, "") if counted.status else ""

    def is_error(self, counted: Counted) -> bool:
        """Whether it counts errors: codes from 400 on, written as 404 or as 4xx."""
        status = self.status(counted)
        return status[:1] in ("4", "5") and len(status) == 3


def tell_the_truth(observation: Observation) -> Verdict:
    """Whether the counter grew by what clients sent: at least what was answered, at most what was sent."""
    counted = _counted(observation)
    answered = [each for each in observation.exchanges if _well(each.status)]
    open_ = [each for each in observation.exchanges if each.status is None and each.sent_at is not None]
    low, high = len(answered), len(answered) + len(open_)
    sent = f"{low} requests" if low == high else f"{low} to {high} requests"
    expected = f"{counted.series} grows by what clients were answered, {sent}"
    grown = _grown(observation, expected)
    if isinstance(grown, Verdict):
        return grown
    mine = [one for one in grown if not one.is_error(counted)]
    total = sum(one.grew for one in mine)
    resets = sum(one.resets for one in mine)
    numbers = {
        "requests_answered": low, "requests_sent_at_most": high, "counted": total,
        "series": len(mine), "series_resets": resets,
    }  # fmt: skip
    seen = f"it grew by {total:g}, in {len(mine)} series"
    if low <= total <= high and (not resets or _restarts(observation)):
        if low < LEAST:
            text = f"{seen}, of {plural(low, 'answer')} only"
            return Verdict(Outcome.INCONCLUSIVE, text, expected, "Let more requests be answered.", numbers)
        return Verdict(Outcome.PASSED, seen, expected, "", numbers)
    words, help_ = _cause(mine, total, (low, high), resets, answered, _restarts(observation))
    reasons = tuple(f"{_named(one.labels)} grew by {one.grew:g}" for one in mine if one.grew)[:8]
    return Verdict(Outcome.FAILED, f"{seen}: {words}", expected, help_, numbers, reasons)


def errors_are_counted(observation: Observation) -> Verdict:
    """Whether each error that clients were given stands in the counter under its status.

    More of them is not its matter: that the counter tells the truth is another check.
    """
    counted, given = _counted(observation), _errors(observation)
    assert counted.error is not None  # the need `counted-errors` says so
    words = ", ".join(f"{number} with status {status}" for status, number in sorted(given.items())) or "none"
    expected = f"each error that clients were given is counted under `{counted.status}`: {words}"
    if not given.get(counted.error.status):
        text = f"no request to {counted.error.path} was answered with status {counted.error.status}"
        help_ = "Correct `counted.error` of the journey: it names a request and the error that answers it."
        return Verdict(Outcome.INCONCLUSIVE, text, expected, help_)
    grown = _grown(observation, expected)
    if isinstance(grown, Verdict):
        return grown
    by_status = {status: _counted_as(status, grown, counted) for status in given}
    numbers = {
        **{f"given_{status}": number for status, number in given.items()},
        **{f"counted_{status}": number for status, number in by_status.items()},
    }
    lacking = [
        f"{given[status]} requests were answered with status {status}, and {number:g} were counted so"
        for status, number in sorted(by_status.items()) if number < given[status]
    ]  # fmt: skip
    if not lacking:
        text = ", ".join(f"{number:g} counted with status {status}" for status, number in by_status.items())
        return Verdict(Outcome.PASSED, text, expected, "", numbers)
    others = defaultdict[str, float](float)
    for one in grown:
        others[one.status(counted) or "none"] += one.grew
    shown = ", ".join(f"{status} by {grew:g}" for status, grew in sorted(others.items()) if grew)
    return Verdict(
        Outcome.FAILED, f"{'; '.join(lacking)} (by status it grew: {shown or 'not at all'})", expected,
        "Count where every answer passes, errors too: in the outermost layer, after exceptions became "
        "answers. An alert on errors sees only what is counted.", numbers,
    )  # fmt: skip


def _counted(observation: Observation) -> Counted:
    assert observation.system is not None
    counted = observation.system.journeys[observation.journey].counted
    assert counted is not None  # the need `counted-requests` says so
    return counted


def _well(status: int | None) -> bool:
    return status is not None and status < FIRST_ERROR


def _errors(observation: Observation) -> dict[int, int]:
    """How many errors clients were given, by status."""
    found = defaultdict[int, int](int)
    for each in observation.exchanges:
        if each.status is not None and each.status >= FIRST_ERROR:
            found[each.status] += 1
    for look in observation.trouble.measured(WRONG_REQUESTS):
        for status, number in look.value.get("statuses", {}).items():
            if int(status) >= FIRST_ERROR:
                found[int(status)] += number
    return dict(found)


def _counted_as(status: int, grown: Sequence[Growth], counted: Counted) -> float:
    """What was counted under a status, written as 404 or as 4xx."""
    names = (str(status), f"{status // 100}xx", f"{status // 100}XX")
    return sum(one.grew for one in grown if one.status(counted) in names)


def _grown(observation: Observation, expected: str) -> list[Growth] | Verdict:
    """How much each series grew, or why that is not known."""
    looks = observation.trouble.measured(COUNTER)
    if unread := [look for look in looks if not look.answered]:
        lasting = unread[0].outcome is MeasurementOutcome.COULD_NOT_TRY
        outcome = Outcome.UNSUPPORTED if lasting else Outcome.INCONCLUSIVE
        text = f"the counter could not be read: {unread[0].reason}"
        return Verdict(outcome, text, expected, "Correct `counted.series`, or let its metrics be asked.")
    if len(looks) < 2:
        return Verdict(Outcome.INCONCLUSIVE, "the counter was not read before and after", expected)
    before, after = CounterRead.of(looks[0]), CounterRead.of(looks[-1])
    if not (before.still and after.still):
        when = "before the first request" if not before.still else "after the last one"
        return Verdict(
            Outcome.INCONCLUSIVE, f"it did not stand still {when}: somebody else's requests are counted, too",
            expected, "Narrow `counted.series` to what only this journey's clients ask, probes left out.",
        )  # fmt: skip
    if not after.series:
        return Verdict(
            Outcome.FAILED, "there is no such series, and nothing counts these requests", expected,
            "Look whether its pods are collected from (`up`), or correct `counted.series` of the journey.",
        )  # fmt: skip
    return [growth(one, before) for one in after.series]


def growth(series: CounterSeries, before: CounterRead) -> Growth:
    """How much a series grew since it was read before; a fall is a new beginning from 0."""
    known = next((one for one in before.series if one.labels == series.labels), None)
    base_at, value = (-1.0, 0.0) if known is None else known.points[-1]
    grew, resets = 0.0, 0
    for _, reached in (point for point in series.points if point[0] > base_at):
        resets += reached < value
        grew += reached if reached < value else reached - value
        value = reached
    return Growth(series.labels, grew, resets)


def _restarts(observation: Observation) -> bool:
    """Whether a container of the subject began anew meanwhile, as counters then do."""
    timeline = observation.timeline
    states = [] if timeline is None else [
        states for states in timeline.pods.values() if states[-1].workload == observation.target
    ]  # fmt: skip
    return any(each[-1].restarts > each[0].restarts for each in states)


def _cause(
    grown: Sequence[Growth], total: float, bounds: tuple[int, int], resets: int,
    answered: Sequence[Exchange], restarted: bool,
) -> tuple[str, str]:  # fmt: skip
    """Why the counter is wrong, as far as its series show it, and what to do."""
    low, high = bounds
    if resets and not restarted:
        return (
            f"{plural(resets, 'time')} it fell though no container began anew, so that each collection meets "
            "another process",
            "Several processes of a pod count each for themselves, and who is asked changes: collect from "
            "all of them in one registry (the library's multi-process mode), or run one process per pod.",
        )
    if copies := list(_copies(grown)):
        return (
            f"each request is counted more than once, in series that only differ in {' and '.join(copies)}",
            "The same pods are collected from twice: let one job alone select them.",
        )
    if total > high:
        return (
            f"{total - high:g} more than were sent",
            "It counts more than this journey: narrow `counted.series`. Or requests are sent again on the "
            "way: look at the gateway's retries.",
        )
    silent = _uncounted(grown, answered)
    return (
        f"only {percent(total / low if low else 0.0)} of them are counted{silent}",
        "Look whether each pod is collected from (`up`), and whether requests that fail late or are answered "
        "by a cache pass by where it counts.",
    )


def _copies(grown: Sequence[Growth]) -> Iterator[str]:
    """The labels in which series differ that count the same thing and grew alike."""
    alike = defaultdict[tuple[tuple[str, str], ...], list[Growth]](list)
    for one in grown:
        kept = {name: value for name, value in one.labels.items() if name not in COLLECTED_BY}
        alike[tuple(sorted(kept.items()))].append(one)
    found = set[str]()
    for same in alike.values():
        amounts = [one.grew for one in same if one.grew]
        hosts = {one.labels.get("instance", "").rpartition(":")[0] for one in same if one.grew}
        if len(amounts) > len(hosts):
            names = {name for one in same for name in one.labels}
            found |= {name for name in names if len({one.labels.get(name) for one in same}) > 1}
    yield from sorted(found)


def _uncounted(grown: Sequence[Growth], answered: Sequence[Exchange]) -> str:
    """Pods that answered and that no series names, where answers and series say who."""
    told = {value for one in grown if one.grew for value in one.labels.values()}
    pods = {each.backend for each in answered if each.backend}
    lacking = sorted(pods - told) if pods & told else []
    return f"; nothing counts those of {', '.join(lacking)}" if lacking else ""


def _named(labels: Mapping[str, str]) -> str:
    return "{" + ", ".join(f"{name}={value!r}" for name, value in sorted(labels.items())) + "}"
