"""Whether a disturbed system is as before: its objects, and the pods of its controllers. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from seatrial.judge.wording import plural
from seatrial.model.measurement import AS_BEFORE
from seatrial.model.observation import Observation
from seatrial.model.verdict import Outcome, Verdict

EXPECTED = "every object as before, and as many pods of the same revision and images ready"
PODS = "Pod"
NEW_HELP = (
    "Let what a pod creates go with it: an owner reference to the pod or its workload, or a deletion on its "
    "way out."
)
PODS_HELP = (
    "What takes the place of a lost pod must be what was lost: roll out what is declared, and read the "
    "events of the controller where pods are missing."
)
OTHER_HELP = "Find out who changes it when pods come and go (`kubectl get ... --show-managed-fields`)."


def leaves_no_trace(observation: Observation) -> Verdict:
    """Whether objects and controllers' pods were the same before the faults and after they were reverted.

    Where nothing was disturbed, nothing is said (UNSUPPORTED). Pods that may not be listed, or a comparison
    that was not made, are INCONCLUSIVE; other kinds that may not be listed are named beside the verdict.
    """
    if not any(fault.verified for fault in observation.faults):
        return Verdict(Outcome.UNSUPPORTED, "nothing was disturbed", EXPECTED)
    found = observation.trouble.measured(AS_BEFORE)
    if not found or not found[-1].answered:
        why = found[-1].reason if found else "no comparison was recorded"
        text = f"the objects were not compared with those of before: {why}"
        return Verdict(Outcome.INCONCLUSIVE, text, EXPECTED, "Run it again.")
    value = found[-1].value
    changed, unseen = [str(one) for one in value["changed"]], [str(one) for one in value["unseen"]]
    numbers = {"objects": value["objects"], "controllers": value["controllers"], "changed": len(changed)}
    left_out = [f"not compared, for they may not be listed: {', '.join(unseen)}"] if unseen else []
    reasons = (*changed[1:], *left_out)
    if changed:
        more = f"; and {plural(len(changed) - 1, 'more difference')}" if len(changed) > 1 else ""
        text = f"not as before: {changed[0]}{more}"
        return Verdict(Outcome.FAILED, text, EXPECTED, _help(changed), numbers, reasons)
    if PODS in unseen:
        text = "whether pods are as before is not known: they may not be listed"
        return Verdict(Outcome.INCONCLUSIVE, text, EXPECTED, "Allow `list pods`.", numbers, reasons)
    return Verdict(Outcome.PASSED, _words(value), EXPECTED, numbers=numbers, reasons=reasons)


def _words(value: Mapping[str, Any]) -> str:
    objects, controllers = plural(value["objects"], "object"), plural(value["controllers"], "controller")
    return f"{objects} and the pods of {controllers} as before"


def _help(changed: Sequence[str]) -> str:
    """What to do about the first kind of difference that there is."""
    if any(sentence.endswith(" is new") for sentence in changed):
        return NEW_HELP
    return PODS_HELP if any(sentence.startswith("pods of ") for sentence in changed) else OTHER_HELP
