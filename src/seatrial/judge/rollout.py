"""Rollouts: what a version that does not work costs clients."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import replace

from seatrial.judge.disruption import voluntary
from seatrial.judge.hpa import explain_decisions
from seatrial.judge.pods import last
from seatrial.judge.windows import Window, failures, fault_end, split
from seatrial.judge.wording import errors, plural
from seatrial.model.fault import PODS_BEFORE, TRIED, FaultRecord
from seatrial.model.observation import Observation
from seatrial.model.system import NOT_DECLARED
from seatrial.model.verdict import Outcome, Verdict

MINIMUM_REQUESTS_EACH = 200
"""Requests that must have begun during each kind of bad rollout."""
MOVE = (
    "Leave room for the pods of a rollout: quotas and nodes for maxSurge more than there are, or "
    "maxUnavailable above 0; and a progress deadline that says so in time."
)
MINIMUM_REPLACED = 2
"""Pods that a rollout must have replaced: of one alone nothing follows for the next."""
ROLLED_OUT = "a rollout replaces every pod, and none of the requests meanwhile fails"
ORACLE_OF = "1.36"
"""The version whose controller the oracle follows."""
ANSWERS_500 = "answers-500"
"""The kind that only a workload with a declared protection must contain: its pods are Ready, and wrong."""


def rolled_out(observation: Observation) -> Verdict:
    """Whether a rollout of a version that works replaced every pod and cost no request.

    One that did not move (its pods were refused, its deadline is over) is FAILED, though clients may be
    served all the while. A workload whose template replaces no pods is UNSUPPORTED.
    """
    if found := next((fault for fault in observation.faults if fault.impossible), None):
        tried = bool(found.details.get(TRIED))
        hint = MOVE if tried else "Let the controller roll out by itself: RollingUpdate, not paused."
        outcome = Outcome.FAILED if tried else Outcome.UNSUPPORTED
        then = "; it was taken back" if tried else ""
        return Verdict(outcome, f"{found.impossible}{then}", ROLLED_OUT, hint)
    verdict = voluntary(observation)
    replaced = sum(len(fault.details.get(PODS_BEFORE) or ()) for fault in observation.faults)
    took = [fault_end(fault) - fault.injected_at for fault in observation.faults if fault.available_at]
    verdict = replace(
        verdict,
        numbers={
            **verdict.numbers,
            "pods_replaced": replaced,
            "rollout_seconds": round(max(took, default=0), 3),
        },
    )
    if grown := list(_grown(observation)):
        verdict = replace(verdict, reasons=(*verdict.reasons, *grown))
    if verdict.passed and replaced < MINIMUM_REPLACED:
        few = f"{plural(replaced, 'pod')} replaced, and {MINIMUM_REPLACED} are needed"
        return replace(
            verdict, outcome=Outcome.INCONCLUSIVE, observed=f"{verdict.observed}; {few}",
            next_step="Run more replicas.",
        )  # fmt: skip
    return verdict


def _grown(observation: Observation) -> Iterator[str]:
    """What an autoscaler changed while pods were replaced, each step with the oracle's account of it.

    Nobody sent more: what it costs is the rollout's, and which versions of Kubernetes do so the oracle says.
    """
    timeline, role = observation.timeline, observation.target
    owned = () if timeline is None else list(timeline.workload_states(role))
    if timeline is None or not owned:
        return
    names = {one.name for one in timeline.autoscaler_states() if one.scales(owned[-1])}
    for name, fault in itertools.product(sorted(names), observation.faults):
        end = fault_end(fault)
        found = explain_decisions(
            timeline, autoscaler=name, workload=role, since=fault.injected_at, until=end
        )  # fmt: skip
        if found.numbers.get("decisions"):
            before = last(timeline.autoscaler_states(name), fault.injected_at)
            during = [s for s in timeline.autoscaler_states(name) if fault.injected_at <= s.at <= end]
            was = "an unknown number" if before is None else str(before.desired)
            yield (
                f"{name} went from {was} to {max(s.desired for s in during)} replicas at most during the "
                f"rollout; by the algorithm of Kubernetes {ORACLE_OF}: {found.observed}"
            )
            yield from found.reasons


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
