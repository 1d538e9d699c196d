"""Whether a pod that was taken away is replaced at once: the rollout's side, apart from the clients'."""

from __future__ import annotations

from collections.abc import Sequence

from seatrial.judge.disruption import watched
from seatrial.judge.evidence import FAULT_HELP, fault_weakness
from seatrial.judge.refusal import sentence
from seatrial.judge.shortfall import refused_of, shortfall
from seatrial.judge.wording import plural, seconds
from seatrial.model.observation import Observation
from seatrial.model.verdict import Outcome, Verdict

EXPECTED = "every pod that was taken away is created again without being refused"


def replaced(observation: Observation) -> Verdict:
    """Whether quota and admission let each replacement in while the old pod ends.

    Clients may be served all the while: for how many seconds the workload stood below its declared replicas
    is told here, with who refused the pods. Refused once is FAILED, whatever clients saw.
    """
    timeline = observation.timeline
    if doubt := fault_weakness(observation.faults):
        return Verdict(Outcome.ERROR, doubt, EXPECTED, FAULT_HELP)
    if timeline is None:
        return Verdict(Outcome.INCONCLUSIVE, "no timeline was recorded", EXPECTED, "Watch the cluster.")
    shortfalls = [shortfall(timeline, fault) for fault in observation.faults]
    found = [(fault, refused_of(timeline, fault)) for fault in observation.faults]
    numbers = {
        "below_declared_seconds": round(sum(shortfalls), 3),
        "below_declared_longest_seconds": round(max(shortfalls), 3),
        "refused_creations": sum(one.count for _, refused in found for one in refused),
    }
    observed = in_words(observation.target, shortfalls)
    refused = [(fault, one) for fault, several in found for one in several]
    if not refused and any(fault.available_at is None for fault in observation.faults):
        text = f"{observed}, and was not available again"
        return Verdict(Outcome.FAILED, text, EXPECTED, "Read the events of its controller and pods.", numbers)
    if not refused:
        return watched(observation, Verdict(Outcome.PASSED, observed, EXPECTED, numbers=numbers))
    fault, first = refused[0]
    return Verdict(
        Outcome.FAILED,
        f"{observed}: {sentence(first, fault.injected_at)[:-1]}",
        EXPECTED,
        " ".join(dict.fromkeys(one.remediation for _, one in refused)),
        numbers,
        tuple(
            f"{fault.fault} on {fault.target}: {sentence(one, fault.injected_at)}" for fault, one in refused
        ),
    )


def in_words(target: str, shortfalls: Sequence[float]) -> str:
    """How long a workload stood below its declared replicas, in all and at the longest."""
    return (
        f"{target} stood below its declared replicas for {seconds(sum(shortfalls))} in "
        f"{plural(len(shortfalls), 'disruption')}, {seconds(max(shortfalls))} at the longest"
    )
