"""Whether retries stay bounded while a dependency is in trouble, and all is well when it is over. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from seatrial.judge.attempts import Counted, Part, answered_all_the_same, counted
from seatrial.judge.disruption import watched
from seatrial.judge.troubled import (
    BYPASS_HELP,
    LONGER_HELP,
    MINIMUM_REQUESTS,
    Case,
    Problem,
    case_of,
    healed_seconds,
    not_healed,
    thin_afterwards,
    unmet,
    untried,
)
from seatrial.judge.wording import plural, seconds
from seatrial.model.objectives import Objectives
from seatrial.model.observation import Observation
from seatrial.model.verdict import Outcome, Verdict

RETRY_HELP = (
    "Retry in one place only, for tiers multiply: once or twice, after pauses that grow and differ between "
    "clients, within a budget, a share of all requests (Envoy: num_retries, retry_back_off, retry_budget)."
)
COUNT_HELP = "Count in its clients: on an open connection nothing tells a retry from the next question."


def retries_are_bounded(observation: Observation) -> Verdict:
    """Whether a dependency in trouble is asked no more than `retry_amplification` times as often as without.

    Attempts for each request of the journeys that need it are compared with those before the trouble.
    UNSUPPORTED where no journey needs it, or no proxy could be put before it.
    """
    objectives = Objectives() if observation.system is None else observation.system.objectives
    bound = objectives.retry_amplification
    expected = (
        f"in trouble it is asked at most {bound:g} times as often for each request that needs it; "
        "these are answered again within the recovery objective"
    )
    case = case_of(observation, expected)
    if isinstance(case, Verdict):
        return case
    if not case.system.dependencies[case.target].needed_by:
        lacking = f"no journey is said to need {case.target}"
        return Verdict(Outcome.UNSUPPORTED, lacking, expected, "Name them: `dependencies.<role>.needed_by`.")
    found = counted(observation, case, expected)
    if isinstance(found, Verdict):
        without = list(not_healed(case)) if found.outcome is Outcome.INCONCLUSIVE else []
        return _failed(without, expected, healed_seconds(case)) if without else found
    if wrong := [*_too_many(case, found, bound), *not_healed(case)]:
        return _failed(wrong, expected, _numbers(case, found))
    return watched(observation, _not_failed(observation, case, found, bound, expected))


def _failed(wrong: Sequence[Problem], expected: str, numbers: dict[str, float | int]) -> Verdict:
    reasons = tuple(words for words, _ in wrong)
    return Verdict(Outcome.FAILED, "; ".join(reasons[:3]), expected, wrong[0][1], numbers, reasons)


def _not_failed(observation: Observation, case: Case, found: Counted, bound: float, expected: str) -> Verdict:
    numbers = _numbers(case, found)
    told = [f"{case.target} {_figures(case, found, _worst(parts))}" for _, parts in found.troubles]
    words = "; ".join([*told, f"without trouble {_before(found)}"])
    for doubt, hint in _thin(observation, case, found, bound):
        return Verdict(Outcome.INCONCLUSIVE, f"{words}; {doubt}", expected, hint, numbers)
    last = seconds(max(healed_seconds(case).values()))
    words = f"{words}; nothing failed later than {last} after it was over"
    return Verdict(Outcome.PASSED, words, expected, "", numbers, untried(observation))


def _worst(parts: Sequence[Part]) -> Part:
    """The part of a trouble with the most attempts for each request."""
    return max(parts, key=lambda part: part.each)


def _figures(case: Case, found: Counted, part: Part) -> str:
    unit = "attempt" if found.usual.by_requests else "connection"
    requests = f"{plural(part.requests, 'request')} of {', '.join(case.needing)}"
    return f"{part.words}: {plural(part.attempts, unit)} for {requests}, {part.each:.2f} each"


def _before(found: Counted) -> str:
    usual = found.usual
    if not usual.by_requests:
        asked, new = usual.carried.asked, plural(usual.carried.accepted, "new connection")
        return f"{plural(asked, 'question')} and {new} for {usual.requests}"
    fewer = ", and a first attempt is none too many" if usual.attempts < usual.requests else ""
    return f"{plural(usual.attempts, 'attempt')} for {usual.requests}{fewer}"


def _too_many(case: Case, found: Counted, bound: float) -> Iterator[Problem]:
    """Troubles in which surely more came than the objective allows: all that can have asked are counted."""
    usual = found.usual.at_most
    for _, parts in found.troubles:
        part = _worst(parts)
        if part.requests < MINIMUM_REQUESTS or part.each <= bound * usual:
            continue
        times = f"{part.each / usual:.1f} times the {usual:.2f} without trouble ({_before(found)})"
        blamed = f"; {part.blamed}" if part.blamed else ""
        yield f"{case.target} {_figures(case, found, part)}: {times}{blamed}", RETRY_HELP


def _thin(observation: Observation, case: Case, found: Counted, bound: float) -> Iterator[Problem]:
    """Why what was seen is no pass, though nothing was surely too much."""
    usual = found.usual
    if not found.troubles:
        yield "in no trouble can attempts be told from what else was asked", COUNT_HELP
    for spell, (whole, *_) in found.troubles:
        if whole.requests < MINIMUM_REQUESTS:
            yield (
                f"only {plural(whole.requests, 'request')} that need it were under way when {spell}",
                LONGER_HELP,
            )
        if whole.each > bound * usual.each:
            yield f"whether these are retries is not known: without trouble {_before(found)}", COUNT_HELP
        answered = answered_all_the_same(case, spell)
        if whole.attempts > bound * usual.each * (whole.requests - answered):
            yield (
                f"{answered} of these were answered when {spell}: what goes past the proxy is unseen",
                BYPASS_HELP,
            )
    yield from unmet(case)
    yield from thin_afterwards(case, observation)


def _numbers(case: Case, found: Counted) -> dict[str, float | int]:
    numbers: dict[str, float | int] = {
        "before_attempts": found.usual.attempts, "before_requests": found.usual.requests,
    }  # fmt: skip
    for part in (part for _, parts in found.troubles for part in parts):
        numbers[f"{part.key}_attempts"] = part.attempts
        numbers[f"{part.key}_requests"] = part.requests
        numbers[f"{part.key}_amplification"] = round(part.each / found.usual.at_most, 3)
    return {**numbers, **healed_seconds(case)}
