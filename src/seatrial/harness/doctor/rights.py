"""The rights that a system needs, each asked by a SelfSubjectAccessReview."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from seatrial.errors import SeatrialError
from seatrial.harness.doctor.finding import Finding, bad, note, ok
from seatrial.harness.rights import disruptive_uses, reading_uses
from seatrial.kube.client import Kube
from seatrial.kube.rights import Rule, in_namespace, names_of, refused_verbs, rule_text, rules_of
from seatrial.model.right import Use
from seatrial.model.system import System


def examine_rights(kube: Kube, system: System) -> Iterator[Finding]:
    """One finding for each resource; what lacks there carries its rule."""
    wanted = reading_uses(system)
    if system.consent.disruptive:
        wanted += disruptive_uses(system)
    for rule in rules_of(wanted):
        yield _asked(kube, rule)


def _asked(kube: Kube, rule: Rule) -> Finding:
    right = replace(rule.right, verbs=rule.verbs)
    namespace = right.namespace or kube.namespace
    place = f" in namespace {namespace}" if in_namespace(right) else ""
    name = names_of(right, namespace)
    try:
        refused = refused_verbs(kube, right)
    except SeatrialError as error:
        return note("rights", f"{name}: cannot be asked: {error.what}", error.next_step)
    if not refused:
        return ok("rights", f"{', '.join(rule.verbs)} {name}{place}")
    needing = rule.needing(refused)
    text = f"not allowed to {', '.join(refused)} {name}{place}: {_lost(needing)}"
    if right.withheld:
        return note("rights", text, f"no Role of `seatrial rights` has it: {right.withheld}")
    kind = "Role" if in_namespace(right) else "ClusterRole"
    option = " --disruptive" if all(use.disruptive for use in needing) else ""
    made = bad if any(use.always for use in needing) else note
    next_step = f"`seatrial rights{option}` prints it: bind a {kind} with"
    return made("rights", text, f"{next_step} {rule_text(right, refused, namespace)}")


def _lost(needing: Sequence[Use]) -> str:
    needed = [use.by for use in needing if not use.right.without]
    lost = [use.right.without for use in needing if use.right.without]
    said = [f"needed by {', '.join(dict.fromkeys(needed))}"] if needed else []
    return "; ".join([*said, *dict.fromkeys(lost)])
