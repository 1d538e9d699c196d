"""Waivers: findings that someone tolerates, for a reason and until a date.

An annotation `seatrial.dev/waive.<rule>: "reason; until 2027-01-31"` on an object, or on its pod template,
waives that rule for the object. A system file may hold the same under `waivers`. A waiver without reason or
date, one that lasts for years, one that is over, and one that waives nothing are findings themselves.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from seatrial.declared.graph import Graph
from seatrial.declared.kinds import Unread
from seatrial.declared.namespaces import may_be_one
from seatrial.declared.objects import Resource, Workload
from seatrial.declared.rule import RULES, WAIVER, Found, Level, Severity, rule
from seatrial.declared.values import Path, Pattern, brief, mapping, printable, text
from seatrial.declared.worlds import Worlds

PREFIX = "seatrial.dev/waive."
LONGEST_YEARS = 2
"""A waiver is a promise to look again; who set it may be gone after that."""
_WRITTEN = Pattern(r"(?P<reason>.*?)[;,.]?\s*\buntil\s+(?P<until>\d{4}-\d{2}-\d{2})\s*\.?\s*", re.DOTALL)


class Waiver:
    """One waiver.

    Attributes:
        rule_id: the rule it waives.
        target: "Kind/name" of the object, or "namespace/Kind/name"; empty for the object it stands in.
        until: its last day, ISO; empty when it is not well formed.
        problem: why it is not well formed, or empty.
        resource, path: where it stands.
        expired, matched: filled in when it is applied.
        not_judged: why the rule could not say whether there is something to waive; filled in, too.
    """

    __slots__ = (
        *("expired", "matched", "not_judged", "path", "problem", "reason", "resource", "rule_id", "target"),
        "until",
    )

    def __init__(
        self, rule_id: str, target: str, reason: str, until: str, resource: Resource, path: Path
    ) -> None:
        self.rule_id = rule_id
        self.target = target
        self.reason = printable(reason.strip())
        self.until = until
        self.resource = resource
        self.path = path
        self.expired = False
        self.matched = False
        self.not_judged = ""
        self.problem = self._problem()

    def _problem(self) -> str:
        if self.rule_id not in RULES:
            return f"there is no rule {brief(self.rule_id)}"
        if RULES[self.rule_id].on == WAIVER:
            return "a rule about waivers cannot be waived"
        if not self.reason:
            return "it gives no reason"
        if not self.until:
            return "it gives no date (`reason; until 2027-01-31`)"
        return "" if _is_a_day(self.until) else f"{brief(self.until)} is not a date"

    def is_applied(self, today: str) -> bool:
        """Whether it is well formed on a day (ISO); then it also knows whether it is over."""
        last = f"{int(today[:4]) + LONGEST_YEARS:04}{today[4:]}"
        if not self.problem and self.until > last:
            self.problem = f"it ends on {self.until}, more than {LONGEST_YEARS} years from now"
        self.expired = self.until < today
        return not self.problem

    def covers(self, rule_id: str, resource: Resource) -> bool:
        """Whether it speaks of that rule on that object."""
        if rule_id != self.rule_id:
            return False
        if not self.target:
            return resource is self.resource
        name = f"{resource.kind}/{resource.name}"
        if self.target == name:
            return True
        namespace = self.target.removesuffix(f"/{name}")
        return namespace != self.target and may_be_one(namespace, resource.namespace)


def _is_a_day(written: str) -> bool:
    import datetime

    try:
        datetime.date.fromisoformat(written)
    except ValueError:
        return False
    return True


def annotated(graph: Graph | Worlds) -> list[Waiver]:
    """Every waiver that stands in an annotation."""
    found = []
    judged = {id(workload) for workload in graph.workloads}
    for resource in graph.resources:
        if isinstance(resource, Workload) and id(resource) not in judged:
            continue  # a controller copies its annotations to what it makes
        places: list[tuple[dict[str, Any], Path]] = [(resource.annotations, ("metadata", "annotations"))]
        if isinstance(resource, Workload) and resource.type != "Pod":
            path = (*resource.pod_path[:-1], "metadata", "annotations")
            places.append((resource.pod_annotations, path))
        for notes, path in places:
            for key, value in notes.items():
                if key.startswith(PREFIX):
                    match = _WRITTEN.compiled.fullmatch(text(value))
                    reason, until = match.group("reason", "until") if match else (text(value), "")
                    rule_id = key.removeprefix(PREFIX)
                    found.append(Waiver(rule_id, "", reason, until, resource, (*path, key)))
    return found


def from_system(waivers: Iterable[Any], system: Resource) -> list[Waiver]:
    """The waivers of a system file: mappings with rule, object (Kind/name), reason and until."""
    found = []
    for index, given in enumerate(waivers):
        entry = mapping(given)
        until = str(entry.get("until") or "")
        target = text(entry.get("object")) or "(no object)"
        path: Path = ("waivers", index)
        found.append(Waiver(text(entry.get("rule")), target, text(entry.get("reason")), until, system, path))
    return found


@rule(
    "delivery.waiver-form",
    WAIVER,
    Level.CORE,
    Severity.ERROR,
    must=f"A waiver MUST name a rule, a reason and its last day, at most {LONGEST_YEARS} years from now.",
    why="A waiver without them is a switched-off check that nobody will switch on again.",
    fix='Write `seatrial.dev/waive.<rule>: "reason; until 2027-01-31"`.',
    source="concepts/overview/working-with-objects/annotations/",
)
def waiver_form(waiver: Waiver) -> Iterator[Found]:
    if waiver.problem:
        yield waiver.path, waiver.problem


@rule(
    "delivery.waiver-expired",
    WAIVER,
    Level.CORE,
    Severity.WARNING,
    must="A waiver SHOULD NOT be over.",
    why="Its time was the promise to mend what it covers; what it covered counts again.",
    fix="Mend the finding, or decide anew with a new date.",
    source="concepts/overview/working-with-objects/annotations/",
)
def waiver_expired(waiver: Waiver) -> Iterator[Found]:
    if waiver.expired:
        yield waiver.path, f"it ended on {waiver.until}"


@rule(
    "delivery.waiver-matches",
    WAIVER,
    Level.CORE,
    Severity.WARNING,
    must="A waiver SHOULD waive something.",
    why="Either the finding is mended and the waiver can go, or it never took effect and nobody noticed.",
    fix="Remove it, or correct the rule's name and the object it stands on.",
    source="concepts/overview/working-with-objects/annotations/",
)
def waiver_matches(waiver: Waiver) -> Iterator[Found]:
    if not waiver.matched and waiver.not_judged:
        raise Unread(waiver.rule_id, waiver.not_judged)
    if not waiver.matched and not waiver.problem:
        on = f" on {waiver.target}" if waiver.target else ""
        yield waiver.path, f"{brief(waiver.rule_id)} finds nothing{on}"
