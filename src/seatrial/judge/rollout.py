"""Rollouts: what a version that does not work costs clients."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from seatrial.judge.disruption import voluntary
from seatrial.judge.windows import Window, failures, fault_end, split
from seatrial.judge.wording import errors, plural
from seatrial.model.fault import FaultRecord
from seatrial.model.observation import Observation
from seatrial.model.system import NOT_DECLARED
from seatrial.model.verdict import Outcome, Verdict

MINIMUM_REQUESTS_EACH = 200
"""Requests that must have begun during each kind of bad rollout."""
ANSWERS_500 = "answers-500"
"""The kind that only a workload with a declared protection must contain: its pods are Ready, and wrong."""


def contained(observation: Observation) -> Verdict:
    """Whether versions that do not work cost no request: each kind is named with what it cost.

    The verdict is that of a voluntary disruption over all of them; a kind that met too few requests makes a
    pass inconclusive. The kind `answers-500` is judged where the system file declares what contains it.
    """
    verdict = voluntary(observation)
    counted = [(kind_of(fault), *_counts(observation, fault)) for fault in observation.faults]
    absent = ANSWERS_500 not in {kind for kind, *_ in counted}
    gap = _gap(observation) if absent else ""
    unsupported = (f"{ANSWERS_500} (Ready, and wrong): unsupported, for {gap}",) if gap else ()
    reasons = (*verdict.reasons, *_sentences(counted), *unsupported)
    numbers = {**verdict.numbers}
    for kind, begun, failed, _ in counted:
        numbers |= {f"{kind}_requests": begun, f"{kind}_failed": failed}
    verdict = replace(verdict, reasons=reasons, numbers=numbers)
    bad = [kind for kind, _, failed, _ in counted if failed]
    if verdict.outcome is Outcome.FAILED and bad:
        return replace(verdict, observed=f"not contained: {', '.join(bad)}; {verdict.observed}")
    thin = [kind for kind, begun, _, _ in counted if begun < MINIMUM_REQUESTS_EACH]
    thin += [ANSWERS_500] if absent and not gap else []
    if verdict.passed and thin:
        few = f"fewer than {MINIMUM_REQUESTS_EACH} requests met {', '.join(thin)}"
        return replace(
            verdict, outcome=Outcome.INCONCLUSIVE, observed=f"{verdict.observed}; {few}",
            next_step="Raise the rate, or hold the bad version longer.",
        )  # fmt: skip
    return verdict


def kind_of(fault: FaultRecord) -> str:
    """What was wrong with the version, as the fault recorded it."""
    return str(fault.details.get("kind", fault.fault))


def _gap(observation: Observation) -> str:
    """Why the scenario rolls out no version that is Ready and answers 500; empty when it does."""
    system = observation.system
    if system is None or observation.target not in system.workloads:
        return NOT_DECLARED
    return system.wrong_answers_gap(observation.target)


def _counts(observation: Observation, fault: FaultRecord) -> tuple[int, int, str]:
    """Requests begun during one bad rollout, those that failed or were cut, and their errors in words."""
    parts = split(observation.exchanges, (Window(fault.injected_at, fault_end(fault), (fault,)),))
    failed = failures(parts.disturbed)
    return len(parts.begun), len(failed), errors(failed)


def _sentences(counted: list[tuple[str, int, int, str]]) -> Iterator[str]:
    for kind, begun, failed, words in counted:
        if failed:
            yield f"{kind}: not contained, {failed} of {plural(begun, 'request')} failed ({words})"
        else:
            yield f"{kind}: contained, none of {plural(begun, 'request')} failed"
