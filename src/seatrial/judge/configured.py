"""Whether a changed configuration reaches every replica. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from seatrial.judge.availability import voluntary_disruption
from seatrial.judge.disruption import another_kind, of_the_subject, watched
from seatrial.judge.evidence import FAULT_HELP, fault_weakness
from seatrial.judge.wording import plural, seconds
from seatrial.model.configuration import CHANGE, CONFIGURATION, KEPT_AT_START, NEW, OLD
from seatrial.model.fault import Disruption, FaultRecord
from seatrial.model.measurement import Measurement, MeasurementOutcome
from seatrial.model.observation import Observation
from seatrial.model.verdict import Outcome, Verdict, merge

EXPECTED = "the new value on every replica, and no failed request meanwhile"
START_HELP = (
    "What a container takes at its start never changes while it runs: mount it as a folder, without subPath, "
    "or roll the workload out with each change (a hash of the content in the ConfigMap's name, or in an "
    "annotation of the template) and say `delivered_by: rollout`."
)
PROCESS_HELP = (
    "The mounted files change, and the process has what it read before: let it read them again when they "
    "change, or roll the workload out with each change and say `delivered_by: rollout`."
)
OPEN_CONNECTIONS = (
    "What a Secret opens is not shown by that: a connection that is open goes on with the old value until it "
    "is made anew."
)
DECLARED_HELP = "Correct `old`, `key` or `seen` of its `configuration` in the system file."


def configuration_takes_effect(observation: Observation) -> Verdict:
    """Whether every replica shows the new value in time, and requests were answered.

    UNSUPPORTED where the value cannot be changed or looked at; ERROR where not even the old one was shown.
    """
    if found := next((fault for fault in observation.faults if fault.impossible), None):
        return Verdict(Outcome.UNSUPPORTED, found.impossible, EXPECTED)
    if verdict := another_kind(observation, Disruption.VOLUNTARY):
        return verdict
    fault = next((fault for fault in observation.faults if fault.fault == CHANGE), None)
    doubt = "nothing was changed" if fault is None else fault_weakness(observation.faults)
    if doubt or fault is None:
        return Verdict(Outcome.ERROR, doubt, EXPECTED, FAULT_HELP)
    looks = observation.trouble.measured(CONFIGURATION)
    before = [one for one in looks if one.began_at < fault.injected_at]
    after = [one for one in looks if one.value.get("wanted") == NEW]
    if verdict := _not_shown(observation, before, fault):
        return verdict
    mine = of_the_subject(observation)
    served = voluntary_disruption(mine, minimum_repetitions=1, minimum_requests=1)
    return watched(mine, merge([_shown(after, fault), served]))


def _not_shown(observation: Observation, before: Sequence[Measurement], fault: FaultRecord) -> Verdict | None:
    """Why nothing can be said: the replicas could not be looked at, or did not even show the old value."""
    if not before:
        text = f"no replica of {observation.target} was looked at before {fault.target} was changed"
        return Verdict(Outcome.INCONCLUSIVE, text, EXPECTED, "See whether its pods are Ready.")
    if unseen := [one for one in before if not one.answered]:
        lasting = all(one.outcome is MeasurementOutcome.REFUSED for one in unseen)
        text = f"not looked at: {'; '.join(dict.fromkeys(f'{one.name}: {one.reason}' for one in unseen))}"
        outcome = Outcome.UNSUPPORTED if lasting else Outcome.INCONCLUSIVE
        return Verdict(outcome, text, EXPECTED, DECLARED_HELP)
    wrong = [one.name for one in before if one.value["shows"] != OLD]
    if not wrong:
        return None
    text = f"before anything was changed {', '.join(wrong)} did not show the old value"
    return Verdict(Outcome.ERROR, text, EXPECTED, DECLARED_HELP)


def _shown(after: Sequence[Measurement], fault: FaultRecord) -> Verdict:
    """Whether all replicas showed the new value after the change."""
    answered = [one for one in after if one.answered]
    stale = [one for one in answered if one.value["shows"] != NEW]
    longest = max((one.ended_at - fault.injected_at for one in after), default=0.0)
    numbers = {
        "replicas_looked_at": len(answered),
        "replicas_with_old_value": len(stale),
        "last_look_seconds": round(longest, 3),
    }
    of = f"of {plural(len(after), 'replica')}"
    if stale:
        kept = list(map(str, fault.details.get(KEPT_AT_START) or ()))
        names = ", ".join(one.name for one in stale)
        text = (
            f"{seconds(longest)} after {fault.target} was changed {len(stale)} {of} had not the new value: "
            f"{names}{f'; {kept[0]}' if kept else ''}"
        )
        hint = START_HELP if kept else PROCESS_HELP
        return Verdict(Outcome.FAILED, text, EXPECTED, hint, numbers, tuple(kept))
    if len(answered) < len(after) or not after:
        why = "; ".join(f"{one.name}: {one.reason}" for one in after if not one.answered)
        text = f"{len(answered)} {of} showed the new value; not looked at: {why or 'any'}"
        return Verdict(Outcome.INCONCLUSIVE, text, EXPECTED, "Run it again.", numbers)
    text = f"{len(answered)} {of} had the new value {seconds(longest)} after {fault.target} was changed"
    reasons = (OPEN_CONNECTIONS,) if fault.target.kind == "Secret" else ()
    return Verdict(Outcome.PASSED, text, EXPECTED, numbers=numbers, reasons=reasons)
