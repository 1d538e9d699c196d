"""What a rule is, and the one way to declare one."""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple, TypeVar

from seatrial.declared.values import Path

Found = tuple[Path, str]
"""What a rule yields: the field at fault (path from the object's root) and what was seen there."""

Check = Callable[[Any], Iterator[Found]]
Subject = TypeVar("Subject")

FAMILIES = (
    "container",
    "orchestration",
    "discovery",
    "gateway",
    "data",
    "scaling",
    "observability",
    "delivery",
    "security",
    "cost",
)

WORKLOAD = "workload"
"""Subject: anything that runs pods."""
CONTAINER = "container"
"""Subject: a container that lives as long as its pod (native sidecars too)."""
EVERY_CONTAINER = "every container"
"""Subject: containers and init containers."""
RESOURCE = "resource"
"""Subject: any object."""
WAIVER = "waiver"
"""Subject: a waiver, after all other rules were applied."""


class Severity(enum.StrEnum):
    """How bad a finding is; the words are SARIF's."""

    ERROR = "error"
    """MUST: an outage, a lost write or a break-in follows."""
    WARNING = "warning"
    """SHOULD: it will hurt under load, in a rollout or in an incident."""
    NOTE = "note"
    """Advice that depends on the system."""

    @property
    def rank(self) -> int:
        """0 is the mildest."""
        return ("note", "warning", "error").index(self)


class Level(enum.StrEnum):
    """Who should hold a rule."""

    CORE = "core"
    """Every workload."""
    EXTENDED = "extended"
    """Workloads in production."""
    OPTIONAL = "optional"
    """Tools contradict each other, or it only suits some: applied when selected."""


class Rule(NamedTuple):
    """One declared property: its metadata and its check.

    Attributes:
        id: `family.readable-name`, stable, never reused.
        on: what it is applied to: a subject above, or kinds of objects joined by "|".
        level: see `Level`.
        severity: see `Severity`.
        requirement: the sentence that must hold.
        why: what happens otherwise; where tools contradict each other, the side taken and the reason.
        remediation: one thing to do.
        source: address of the page that it rests on.
        check: yields what is wrong with one subject.
        when: whether the rule applies to a subject; None means always.
        anchors: rows of the research table, for comparison with other tools.
        variants: flaws of the sample system that it must catch.
    """

    id: str
    on: str
    level: Level
    severity: Severity
    requirement: str
    why: str
    remediation: str
    source: str
    check: Check
    when: Callable[[Any], bool] | None
    anchors: str
    variants: tuple[str, ...]

    @property
    def family(self) -> str:
        return self.id.partition(".")[0]


RULES: dict[str, Rule] = {}
"""Every declared rule by id, filled by importing seatrial.declared.rules."""

_DOCUMENTATION = "https://kubernetes.io/docs/"


def rule(
    rule_id: str,
    on: str,
    level: Level,
    severity: Severity,
    *,
    must: str,
    why: str,
    fix: str,
    source: str,
    when: Callable[[Subject], bool] | None = None,
    anchors: str = "",
    variants: tuple[str, ...] = (),
) -> Callable[[Callable[[Subject], Iterator[Found]]], Callable[[Subject], Iterator[Found]]]:
    """Declare a rule: the decorated generator yields (path, what was seen) for each fault of one subject.

    Args:
        rule_id: `family.readable-name`.
        on: a subject constant of this module, or kinds such as "Ingress|HTTPRoute".
        level: who should hold it.
        severity: how bad a finding is.
        must: the requirement, one sentence.
        why: what happens otherwise.
        fix: the remediation, one sentence.
        source: page below kubernetes.io/docs, or a full address.
        when: whether it applies to a subject.
        anchors: rows of the research table.
        variants: flaws of the sample system that it must catch.

    Raises:
        ValueError: the id is taken or names no family.
    """
    if rule_id in RULES or rule_id.partition(".")[0] not in FAMILIES:
        raise ValueError(f"the rule id {rule_id} is taken or has no known family")

    def register(check: Callable[[Subject], Iterator[Found]]) -> Callable[[Subject], Iterator[Found]]:
        address = source if source.startswith("https:") else _DOCUMENTATION + source
        RULES[rule_id] = Rule(
            rule_id, on, level, severity, must, why, fix, address, check, when, anchors, variants
        )
        return check

    return register
