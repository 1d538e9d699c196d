"""Whether clients are served while no name of the cluster is answered. Pure."""

from __future__ import annotations

from dataclasses import replace

from seatrial.judge.availability import voluntary_disruption
from seatrial.judge.disruption import another_kind, of_the_subject, watched
from seatrial.judge.restarts import restarted
from seatrial.judge.windows import fault_end
from seatrial.judge.wording import seconds
from seatrial.model.fault import Disruption, FaultRecord
from seatrial.model.observation import Observation
from seatrial.model.verdict import Outcome, Verdict

EXPECTED = "no request fails while names that were known before are not answered"
KEEP_HELP = (
    "Keep connections, or the addresses of names, for longer than an outage: look nothing up for each "
    "request, and go on with the last answer when a lookup fails."
)


def names_are_tolerated(observation: Observation) -> Verdict:
    """Whether a time without the cluster's DNS cost no request; who was restarted meanwhile is told.

    A cluster whose DNS is no single Deployment is UNSUPPORTED.
    """
    if found := next((fault for fault in observation.faults if fault.impossible), None):
        return Verdict(Outcome.UNSUPPORTED, found.impossible, EXPECTED)
    verdict, timeline = _answered(observation), observation.timeline
    away = [span for fault in observation.faults if (span := _away_seconds(fault)) is not None]
    restarts = [] if timeline is None else [
        f"{one.pod} was restarted meanwhile{one.because}"
        for fault in observation.faults
        for one in restarted(timeline, fault.injected_at, fault_end(fault))
    ]  # fmt: skip
    numbers = {**verdict.numbers, "without_names_seconds": round(sum(away), 3), "restarts": len(restarts)}
    verdict = replace(verdict, numbers=numbers, reasons=(*verdict.reasons, *restarts))
    if not away or verdict.outcome is Outcome.ERROR:
        return verdict
    observed = f"without names for {seconds(sum(away))}: {verdict.observed}"
    if verdict.outcome is not Outcome.FAILED:
        return replace(verdict, observed=observed)
    why = f"{restarts[0]}: let no probe look up a name." if restarts else KEEP_HELP
    return replace(verdict, observed=observed, next_step=f"{why} {verdict.next_step}")


def _answered(observation: Observation) -> Verdict:
    """Whether all requests of the subject were answered; how soon is for the checks of other disruptions."""
    if verdict := another_kind(observation, Disruption.VOLUNTARY):
        return verdict
    mine = of_the_subject(observation)
    return watched(mine, voluntary_disruption(mine, minimum_repetitions=mine.repetitions))


def _away_seconds(fault: FaultRecord) -> float | None:
    """How long nobody answered for names, at least."""
    if fault.verified_at is None or fault.reverted_at is None:
        return None
    return fault.reverted_at - fault.verified_at
