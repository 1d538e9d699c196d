"""Outcomes and verdicts: what a judge says, and how verdicts combine."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Outcome(StrEnum):
    """The six outcomes, in the order in which the worst wins (`Outcome.worst`)."""

    FAILED = "failed"
    ERROR = "error"
    INCONCLUSIVE = "inconclusive"
    UNSUPPORTED = "unsupported"
    SKIPPED = "skipped"
    PASSED = "passed"

    @property
    def meaning(self) -> str:
        """What it says of a check, in one sentence."""
        return _MEANINGS[self][0]

    @property
    def advice(self) -> str:
        """What a reader does about it."""
        return _MEANINGS[self][1]

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
_MEANINGS = {
    Outcome.FAILED: (
        "The requirement was tested and did not hold.",
        "Read `next` of the verdict: it names the cause where the evidence shows one, and what to change.",
    ),
    Outcome.ERROR: (
        "It could not be tested: not steady before, a fault whose effect was not seen, a tool that broke.",
        "Nothing was shown, neither good nor bad: remove what `observed` names, and run it again.",
    ),
    Outcome.INCONCLUSIVE: (
        "It was tested, but the evidence cannot tell pass from fail.",
        "More of it is needed: more requests or repetitions, an unbroken watch, a generator that is in time.",
    ),
    Outcome.UNSUPPORTED: (
        "The system declares nothing that the check applies to, the cluster cannot do what it needs, or a "
        "right lacks.",
        "Declare it in the system file if the system has it; `seatrial rights` prints the Roles; "
        "docs/your-system.md says how.",
    ),
    Outcome.SKIPPED: (
        "It was not run on purpose: no consent, or not selected.",
        "Give consent in the system file where disruption is welcome, or select it.",
    ),
    Outcome.PASSED: ("It was tested, with evidence strong enough, and it held.", "Nothing."),
}


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

    @property
    def name(self) -> str:
        """How it is called in a run plan, and where it is told beside others."""
        return named(self.check, self.subject)


def named(check: str, subject: str) -> str:
    """A check on a subject as one name."""
    return f"{check} [{subject}]"
