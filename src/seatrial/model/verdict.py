"""Outcomes and verdicts: what a judge says, and how verdicts combine."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Outcome(StrEnum):
    """The six outcomes, in the order in which the worst wins (`Outcome.worst`)."""

    FAILED = "failed"
    """The requirement was tested and did not hold."""
    ERROR = "error"
    """It could not be tested: not steady before, fault not proven, tool broken."""
    INCONCLUSIVE = "inconclusive"
    """It was tested, but the evidence cannot tell pass from fail."""
    UNSUPPORTED = "unsupported"
    """The system declares no capability that the check needs."""
    SKIPPED = "skipped"
    """Not run on purpose, with the reason (no consent, not selected)."""
    PASSED = "passed"
    """Tested, with evidence strong enough, and it held."""

    @property
    def severity(self) -> int:
        """0 is best. Higher is worse."""
        return len(_ORDER) - 1 - _ORDER.index(self)

    @property
    def makes_red(self) -> bool:
        """Whether this outcome makes an exit code non-zero."""
        return self in (Outcome.FAILED, Outcome.ERROR, Outcome.INCONCLUSIVE)

    @staticmethod
    def worst(outcomes: Iterable[Outcome]) -> Outcome:
        """The worst outcome. Nothing at all is INCONCLUSIVE: no evidence is never a pass."""
        return max(outcomes, key=lambda outcome: outcome.severity, default=Outcome.INCONCLUSIVE)


_ORDER = tuple(Outcome)


@dataclass(frozen=True)
class Verdict:
    """What a judge found, in the four lines a person reads.

    Attributes:
        outcome: see `Outcome`.
        observed: what was measured: numbers, window, sample size.
        expected: what the objective permits.
        next_step: what to do about it, or where to look; empty when passed.
        numbers: the same figures for machines, units last in each name.
        reasons: further lines (e.g. recovery by phase), each a sentence.
    """

    outcome: Outcome
    observed: str
    expected: str
    next_step: str = ""
    numbers: Mapping[str, Any] = field(default_factory=dict)
    reasons: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        return self.outcome is Outcome.PASSED

    def explain(self) -> str:
        """The verdict as lines of text, `observed` first."""
        lines = [f"observed {self.observed}", f"expected {self.expected}"]
        lines += [f"         {reason}" for reason in self.reasons]
        if self.next_step:
            lines.append(f"next     {self.next_step}")
        return "\n".join(lines)

    def told(self, check: str, subject: str, requirement: str) -> str:
        """Several lines of text: the outcome and what it is about, and what `explain` says."""
        head = f"{self.outcome.upper()} {check} [{subject}]  {requirement}"
        return "\n".join([head, *(f"  {line}" for line in self.explain().splitlines())])


def merge(verdicts: Iterable[Verdict]) -> Verdict:
    """One verdict of several: the worst outcome, and the text of those that have it.

    With no verdict at all the answer is INCONCLUSIVE.
    """
    collected = list(verdicts)
    if not collected:
        return Verdict(Outcome.INCONCLUSIVE, observed="nothing was judged", expected="at least one verdict")
    outcome = Outcome.worst(verdict.outcome for verdict in collected)
    worst = [verdict for verdict in collected if verdict.outcome is outcome]
    numbers: dict[str, Any] = {}
    for verdict in collected:
        numbers.update(verdict.numbers)
    return Verdict(
        outcome,
        observed="; ".join(dict.fromkeys(verdict.observed for verdict in worst)),
        expected="; ".join(dict.fromkeys(verdict.expected for verdict in worst)),
        next_step=" ".join(dict.fromkeys(verdict.next_step for verdict in worst if verdict.next_step)),
        numbers=numbers,
        reasons=tuple(dict.fromkeys(reason for verdict in collected for reason in verdict.reasons)),
    )


class Mode(StrEnum):
    """How a property was judged."""

    PROVEN = "proven"
    """By what the system did."""
    DECLARED = "declared"
    """By what its objects say."""


@dataclass(frozen=True)
class CheckResult:
    """One check on one subject: the verdict with the check's own words beside it.

    Attributes:
        check: the check's id, e.g. `orchestration.pod-replacement`.
        subject: what it was applied to, e.g. the workload's role.
        requirement: the sentence that must hold.
        verdict: what the judge said.
        tool: `pytest`, `locust` or `chaos`.
        started_at, finished_at: monotonic seconds of this machine.
        observations: ids of the observations that were judged, below `observations/` of the run directory.
        evidence: further folder below the run directory, or empty.
        mode: how it was judged, see `Mode`.
        shows: ids of the declared rules whose effect a proven check shows.
    """

    check: str
    subject: str
    requirement: str
    verdict: Verdict
    tool: str
    started_at: float
    finished_at: float
    evidence: str = ""
    mode: Mode = Mode.PROVEN
    shows: tuple[str, ...] = ()
    observations: tuple[str, ...] = ()
