"""Whether clients are served while no name of the cluster is answered. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from seatrial.judge.availability import voluntary_disruption
from seatrial.judge.disruption import another_kind, of_the_subject, watched
from seatrial.judge.restarts import restarted
from seatrial.judge.windows import failures, fault_end
from seatrial.judge.wording import plural, seconds
from seatrial.model.exchange import Exchange
from seatrial.model.fault import ABSENT_KEPT, Disruption, FaultRecord
from seatrial.model.observation import Observation
from seatrial.model.verdict import Outcome, Verdict

EXPECTED = "no request fails while names that were known before are not answered"
KEEP_HELP = (
    "Keep connections, or the addresses of names, for longer than an outage: look nothing up for each "
    "request, and go on with the last answer when a lookup fails."
)
ABSENT_HELP = (
    "Somebody keeps that a name could not be found for longer than that is so: bound what a client, its "
    "runtime or a cache on the node keeps of absent names, and look up again before giving up."
)
NOT_FOUND = re.compile(
    r"no such host|name or service not known|temporary failure in name resolution|nodename nor servname"
    r"|EAI_AGAIN|ENOTFOUND|gaierror|getaddrinfo|NXDOMAIN|SERVFAIL|UnknownHost|server misbehaving"
    r"|(?:could not|cannot|can't|failed to) resolve|name resolution|dns lookup",
    re.IGNORECASE,
)
"""How resolvers of the usual languages, Envoy and nginx say that a name was not found."""
AROUND_SECONDS = 2.0
"""A line this near to a request that failed is about it."""
ENDS_SECONDS = 1.0
"""Where the last failure is as near to the end of the traffic, nobody saw the end of the failures."""


@dataclass(frozen=True)
class Kept:
    """Requests that failed once names were answered again.

    Attributes:
        lasted_seconds: from then to the last of them.
        open_end: whether the traffic ended with them, so that it may have lasted longer.
        words: what says that a name was not found; empty where nothing does.
    """

    failed: int
    lasted_seconds: float
    open_end: bool
    words: str


def names_are_tolerated(observation: Observation) -> Verdict:
    """Whether a time without the cluster's DNS cost no request; who was restarted meanwhile is told.

    Who still fails once names are answered again keeps that they were absent: that is FAILED with how long it
    lasted, and so is one that fails only then. A cluster whose DNS is no single Deployment is UNSUPPORTED.
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
    if not away or any(not fault.verified for fault in observation.faults):
        return verdict
    if kept := _kept(observation):
        verdict = _with_kept(verdict, kept, observation.faults)
    if verdict.outcome is Outcome.ERROR:
        return verdict
    observed = f"without names for {seconds(sum(away))}: {verdict.observed}"
    if verdict.outcome is not Outcome.FAILED:
        return replace(verdict, observed=observed)
    usual = ABSENT_HELP if kept else KEEP_HELP
    why = f"{restarts[0]}: let no probe look up a name." if restarts else usual
    return replace(verdict, observed=observed, next_step=f"{why} {verdict.next_step}".strip())


def _answered(observation: Observation) -> Verdict:
    """Whether all requests of the subject were answered; how soon is for the checks of other disruptions."""
    if verdict := another_kind(observation, Disruption.VOLUNTARY):
        return verdict
    mine = of_the_subject(observation)
    return watched(mine, voluntary_disruption(mine, minimum_repetitions=mine.repetitions))


def _kept(observation: Observation) -> Kept | None:
    """What failed once every name outage was over, for as long as it is known; None where nothing did."""
    back_at = max((fault_end(fault) for fault in observation.faults), default=0.0)
    sent = [one for one in of_the_subject(observation).exchanges if one.planned_at > back_at]
    failed = failures(sent)
    if not failed:
        return None
    last = max(one.planned_at for one in failed)
    ended = max(one.planned_at for one in sent) - last < ENDS_SECONDS
    return Kept(len(failed), last - back_at, ended, _not_found(observation, failed))


def _not_found(observation: Observation, failed: Sequence[Exchange]) -> str:
    """What a client got to hear, else what a pod wrote beside the failures, of a name that was not found."""
    if told := next((one.error for one in failed if NOT_FOUND.search(one.error)), ""):
        return told
    begin = min(one.planned_at for one in failed) - AROUND_SECONDS
    end = max(one.completed_at or one.planned_at for one in failed) + AROUND_SECONDS
    lines = observation.trouble.logs or ()
    return next(
        (f"{line.pod} wrote: {line.text.strip()}" for line in lines
         if begin <= line.at <= end and NOT_FOUND.search(line.text)), "",
    )  # fmt: skip


def _with_kept(verdict: Verdict, kept: Kept, faults: Sequence[FaultRecord]) -> Verdict:
    """The verdict with how long it lasted; what failed then only is FAILED where it failed by name."""
    least = "at least " if kept.open_end else ""
    text = (
        f"{plural(kept.failed, 'request')} failed still, for {least}{seconds(kept.lasted_seconds)} after "
        f"names were answered again{f' ({kept.words})' if kept.words else ''}"
    )
    stated = next((s for fault in faults if (s := fault.details.get(ABSENT_KEPT)) is not None), None)
    if stated is not None:
        text += f"; the cluster's DNS keeps an absent name for {stated} s at most"
    numbers = {**verdict.numbers, "failed_after_names_back_seconds": round(kept.lasted_seconds, 3)}
    outcome, next_step = verdict.outcome, verdict.next_step
    if outcome is Outcome.ERROR and kept.words:
        outcome, next_step = Outcome.FAILED, ""
    return replace(
        verdict, outcome=outcome, observed=f"{verdict.observed}; {text}", next_step=next_step, numbers=numbers
    )


def _away_seconds(fault: FaultRecord) -> float | None:
    """How long nobody answered for names, at least."""
    if fault.verified_at is None or fault.reverted_at is None:
        return None
    return fault.reverted_at - fault.verified_at
