"""Rollouts: what a version that does not work costs clients."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from seatrial.judge.disruption import voluntary
from seatrial.judge.windows import Window, failures, fault_end, split
from seatrial.judge.wording import errors, plural
from seatrial.model.fault import FaultRecord
from seatrial.model.observation import Observation
from seatrial.model.verdict import Outcome, Verdict

MINIMUM_REQUESTS_EACH = 200
"""Requests that must have begun during each kind of bad rollout."""
NOT_JUDGED = (
    "answers-500 (Ready, and wrong): unsupported, for neither progressive delivery nor outlier ejection is "
    "declared in the system file"
)


def contained(observation: Observation) -> Verdict:
    """Whether versions that do not work cost no request: each kind is named with what it cost.

    The verdict is that of a voluntary disruption over all of them; a kind that met too few requests makes a
    pass inconclusive.
    """
    verdict = voluntary(observation)
    counted = [(kind_of(fault), *_counts(observation, fault)) for fault in observation.faults]
    reasons = (*verdict.reasons, *_sentences(counted), NOT_JUDGED)
    numbers = {**verdict.numbers}
    for kind, begun, failed, _ in counted:
        numbers |= {f"{kind}_requests": begun, f"{kind}_failed": failed}
    verdict = replace(verdict, reasons=reasons, numbers=numbers)
    bad = [kind for kind, _, failed, _ in counted if failed]
    if verdict.outcome is Outcome.FAILED and bad:
        return replace(verdict, observed=f"not contained: {', '.join(bad)}; {verdict.observed}")
    thin = [kind for kind, begun, _, _ in counted if begun < MINIMUM_REQUESTS_EACH]
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
