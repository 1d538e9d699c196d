"""Whether a declared rate limit lets through what is below it and refuses what is above. Pure."""

from __future__ import annotations

from math import ceil

from seatrial.judge.wording import percent, plural, seconds
from seatrial.model.observation import Observation
from seatrial.model.rate import ABOVE, BELOW, BURST, Burst
from seatrial.model.route import RateLimit
from seatrial.model.verdict import Outcome, Verdict, merge

MOST_OTHER = 0.05
"""Of the answers: more that are neither those of the route nor refusals leave open what the limit did."""


def rate_limit_holds(observation: Observation) -> Verdict:
    """Whether each limit refused nothing below it, and above it all but what it may answer.

    A counter that is empty at first may answer its limit once at the beginning and once in each time; one
    with fixed times once in each that is touched. So in `d` seconds no more than limit x (d / time, rounded
    up, + 1) may be answered, times the replicas where each counts for itself.
    """
    assert observation.system is not None
    limits = observation.system.entry.rate_limits
    bursts = [Burst.of(look) for look in observation.trouble.measured(BURST) if look.value]
    return merge(_one(number, limit, bursts) for number, limit in enumerate(limits))


def _one(number: int, limit: RateLimit, bursts: list[Burst]) -> Verdict:
    found = {burst.rate: burst for burst in bursts if burst.limit == number}
    expected = f"{_limit(limit)}: nothing below it is refused, and with status {limit.status} what is above"
    if set(found) != {BELOW, ABOVE}:
        return Verdict(Outcome.INCONCLUSIVE, "no request was sent below and above the limit", expected)
    below, above = found[BELOW], found[ABOVE]
    counters = above.replicas if limit.scope == "replica" else 1
    most = _most(limit, above, counters)
    answered, refused = _answered(above), _refused(above, limit)
    numbers = {
        "below_sent": len(below.statuses), "below_refused": _refused(below, limit),
        "above_sent": len(above.statuses), "above_answered": answered, "above_refused": refused,
        "above_seconds": round(above.lasted_seconds, 3), "above_answered_at_most": most,
        "replicas": above.replicas,
    }  # fmt: skip
    reasons = _reasons(above) if refused else ()
    if words := _flaw(limit, below, above, most):
        return Verdict(Outcome.FAILED, f"{above.route}: {words}", expected, _next(limit), numbers, reasons)
    if doubt := _doubt(limit, below, above, most):
        return Verdict(Outcome.INCONCLUSIVE, f"{above.route}: {doubt}", expected, "", numbers, reasons)
    text = (
        f"{above.route}: below the limit {len(below.statuses)} of {len(below.statuses)} were answered; of "
        f"{_sent(above)} {answered} were answered and {refused} refused with {limit.status}"
        f"{_scope(limit, above)}"
    )
    return Verdict(Outcome.PASSED, text, expected, "", numbers, reasons)


def _limit(limit: RateLimit) -> str:
    whose = f"by each replica of {limit.by}" if limit.scope == "replica" else "by all replicas together"
    return f"{limit.requests} requests per {limit.per_seconds:g} s are answered {whose}"


def _sent(burst: Burst) -> str:
    return f"{len(burst.statuses)} in {seconds(burst.lasted_seconds)}"


def _most(limit: RateLimit, burst: Burst, counters: int) -> int:
    """The most that a limit which holds can answer of a burst."""
    return limit.requests * counters * (ceil(burst.lasted_seconds / limit.per_seconds) + 1)


def _answered(burst: Burst) -> int:
    return sum(status in burst.expected for status in burst.statuses)


def _refused(burst: Burst, limit: RateLimit) -> int:
    return sum(status == limit.status for status in burst.statuses)


def _flaw(limit: RateLimit, below: Burst, above: Burst, most: int) -> str:
    """What the limit did wrong; empty where nothing shows it."""
    answered, refused = _answered(above), _refused(above, limit)
    if early := _refused(below, limit):
        return (
            f"{early} of {plural(len(below.statuses), 'request')} below the limit were refused: the limit in "
            "force is lower than declared"
        )
    if answered <= most or _unseen(limit, above):
        return ""
    words = f"of {_sent(above)} {answered} were answered, where the limit allows {most}"
    if not refused:
        return f"{words}, and none was refused: nothing limits them"
    if answered <= _most(limit, above, above.replicas):
        return f"{words}: each of {above.replicas} replicas counts for itself"
    return f"{words}: the limit in force is higher than declared"


def _doubt(limit: RateLimit, below: Burst, above: Burst, most: int) -> str:
    """Why it cannot be told whether the limit holds; empty where it can."""
    if _unseen(limit, above):
        return f"no replica of {limit.by} was seen ready, so that what all may answer is not known"
    if not any(below.statuses):
        return f"it could not be asked{_how(below, limit)}"
    if failed := len(below.statuses) - _answered(below):
        sent = plural(len(below.statuses), "request")
        return f"{failed} of {sent} below the limit got no good answer{_how(below, limit)}"
    if len(above.statuses) <= most or not _refused(above, limit):
        return (
            f"{_sent(above)}, of which {_answered(above)} were answered, do not go above the limit, which "
            f"allows {most}: they were sent too slowly"
        )
    other = len(above.statuses) - _answered(above) - _refused(above, limit)
    if other > MOST_OTHER * len(above.statuses):
        share = percent(other / len(above.statuses))
        return (
            f"{share} of the requests above the limit were neither answered nor refused{_how(above, limit)}"
        )
    return ""


def _unseen(limit: RateLimit, burst: Burst) -> bool:
    """Whether it is not known how many count."""
    return limit.scope == "replica" and not burst.replicas


def _how(burst: Burst, limit: RateLimit) -> str:
    """The other statuses, and why there was no answer."""
    known = {*burst.expected, limit.status, 0}
    found = [f"status {status}" for status in sorted({*burst.statuses} - known)]
    words = ", ".join([*found, *([burst.reason] if burst.reason else [])])
    return f" ({words})" if words else ""


def _scope(limit: RateLimit, above: Burst) -> str:
    """Who counts, as the number of answers shows it."""
    if above.replicas < 2:
        return ""
    if _answered(above) > _most(limit, above, 1):
        in_all = f"{above.replicas} x {limit.requests} in all"
        return f": each of {above.replicas} replicas counts for itself, {in_all}"
    return f": no more than one count for all {above.replicas} replicas allows"


def _next(limit: RateLimit) -> str:
    if limit.scope == "global":
        return (
            "Look whether the limit is on this route and enforced; one for all replicas needs a store that "
            "they share, or is to be declared as `scope: replica`."
        )
    return "Look whether the limit is on this route, enforced, and as high as declared, on every replica."


def _reasons(above: Burst) -> tuple[str, ...]:
    if not above.told:
        return ("refusals do not say when to come again (Retry-After)",)
    return (f"a refusal says {', '.join(f'{name}: {value}' for name, value in above.told.items())}",)
