"""Whether containers get by with their limits, and stay within what they request. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from seatrial.judge.wording import percent, plural
from seatrial.model.measurement import Measurement, MeasurementOutcome
from seatrial.model.observation import Observation
from seatrial.model.resources import RESOURCES, Taken
from seatrial.model.verdict import Outcome, Verdict

PERIODS = 10
"""With fewer periods in which a container wanted CPU, a share of them says little."""
THROTTLED = 0.25
"""Of its periods: a request then waits for its turn as often as it computes."""
NEAR = 0.9
"""Of its memory limit: what is left is less than a burst takes."""
BEYOND = 1.25
"""Times what it requests: a node that runs short evicts it first, and a scheduler packs nodes too full."""
MIB = 2**20


def limits_fit_load(observation: Observation) -> Verdict:
    """Whether no container waits for its CPU limit, nears its memory limit or lost processes to it."""
    return _judged(
        observation, _at_the_limit,
        f"CPU limits throttle less than {percent(THROTTLED)} of the periods, memory stays below "
        f"{percent(NEAR)} of its limit, and the kernel kills no process for it",
        "Raise the limit that is named, or find what takes so much; CPU may do without a limit.",
    )  # fmt: skip


def requests_fit_usage(observation: Observation) -> Verdict:
    """Whether no container holds clearly more memory than it requests; CPU is told only, for it may burst."""
    return _judged(
        observation, _beyond_the_request,
        f"memory that cannot be dropped is at most {BEYOND:g} times what is requested",
        "Request what it holds: then the scheduler knows, and a node that runs short evicts others first.",
    )  # fmt: skip


def _judged(
    observation: Observation, faults: Callable[[Taken], Iterator[str]], expected: str, help_: str
) -> Verdict:
    looks = observation.trouble.measured(RESOURCES)
    seen = [(look.name, Taken.of(look.value)) for look in looks if look.answered]
    unseen = [look for look in looks if not look.answered]
    numbers = {
        "containers": len(seen),
        "memory_bytes_most": max((taken.anonymous_bytes for _, taken in seen), default=None),
        "throttled_fraction_most": max((_throttled(taken) for _, taken in seen), default=None),
    }
    found = [f"{name} {words}" for name, taken in seen for words in faults(taken)]
    if found:
        return Verdict(Outcome.FAILED, "; ".join(found), expected, help_, numbers)
    if unseen or not seen:
        return _not_seen(observation.target, unseen, expected, numbers)
    text = f"{plural(len(seen), 'container')} of {observation.target}: {'; '.join(map(_state, _most(seen)))}"
    return Verdict(Outcome.PASSED, text, expected, "", numbers)


def _not_seen(
    target: str, unseen: Sequence[Measurement], expected: str, numbers: Mapping[str, object]
) -> Verdict:
    lasting = bool(unseen) and all(look.outcome is MeasurementOutcome.REFUSED for look in unseen)
    why = "; ".join(dict.fromkeys(look.reason for look in unseen)) or f"no pod of {target} is Ready"
    outcome = Outcome.UNSUPPORTED if lasting else Outcome.INCONCLUSIVE
    help_ = "It needs the right to exec, and `cat` in the image." if lasting else "Run it again."
    return Verdict(outcome, f"not looked at: {why}", expected, help_, numbers)


def _at_the_limit(taken: Taken) -> Iterator[str]:
    if taken.periods >= PERIODS and _throttled(taken) >= THROTTLED:
        yield (
            f"was throttled in {taken.throttled} of {taken.periods} periods at {taken.cpu_millicores:.0f} "
            f"millicores, its limit is {taken.cpu_limit_millicores}"
        )
    limit = taken.memory_limit_bytes
    if limit and taken.anonymous_bytes > NEAR * limit:
        yield f"holds {_mib(taken.anonymous_bytes)}, {percent(taken.anonymous_bytes / limit)} of its limit"
    if taken.killed:
        yield f"has lost {plural(taken.killed, 'process')} that the kernel killed for memory, and lives on"


def _beyond_the_request(taken: Taken) -> Iterator[str]:
    request = taken.memory_request_bytes
    if request and taken.anonymous_bytes > BEYOND * request:
        yield (
            f"holds {_mib(taken.anonymous_bytes)} and requests {_mib(request)}, "
            f"{percent(request / taken.anonymous_bytes)} of it"
        )


def _throttled(taken: Taken) -> float:
    return taken.throttled / taken.periods if taken.periods else 0.0


def _most(seen: Sequence[tuple[str, Taken]]) -> list[tuple[str, Taken]]:
    """The one that holds most: it stands for the others in a sentence."""
    return sorted(seen, key=lambda pair: pair[1].anonymous_bytes)[-1:]


def _state(named: tuple[str, Taken]) -> str:
    name, taken = named
    request, limit = taken.memory_request_bytes, taken.memory_limit_bytes
    asked = f"{_mib(request)} requested" if request else "none requested"
    bound = f"limit {_mib(limit)}" if limit else "no limit"
    return (
        f"at most {_mib(taken.anonymous_bytes)} held ({name}: {asked}, {bound}), "
        f"{taken.cpu_millicores:.0f} millicores used, {taken.throttled} of {taken.periods} periods throttled"
    )


def _mib(number: int) -> str:
    return f"{number / MIB:.0f} MiB"
