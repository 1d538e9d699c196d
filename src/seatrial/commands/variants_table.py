"""The table checks x variants: which cells must be red, and which are not as they must be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from seatrial.commands.base import shown
from seatrial.model.verdict import CheckResult, Mode, Outcome


@dataclass(frozen=True)
class Variant:
    """One flawed overlay of the system and the checks that must fail on it."""

    name: str
    folder: Path
    fails: tuple[str, ...]


@dataclass(frozen=True)
class Row:
    """What the suites said of one variant."""

    variant: Variant
    results: tuple[CheckResult, ...]
    directory: Path
    broken: tuple[str, ...] = ()
    """What went wrong beside the checks (`Run.broken`): such a row shows nothing."""

    @property
    def proven(self) -> list[CheckResult]:
        """The results that the table is about. That a rule finds the flaw in the manifests is no fault."""
        return [result for result in self.results if result.mode is Mode.PROVEN]

    @property
    def declared_failures(self) -> list[str]:
        """Ids of the rules that found a flaw in the manifests."""
        return sorted(
            {
                result.check
                for result in self.results
                if result.mode is Mode.DECLARED and result.verdict.outcome is Outcome.FAILED
            }
        )

    @property
    def faults(self) -> list[str]:
        """Why this row is not as it must be; empty when it is."""
        found = []
        for check in self.variant.fails:
            if Outcome.FAILED not in self.outcomes(check):
                observed = ", ".join(sorted(self.outcomes(check))) or "not run"
                found.append(f"{check} must fail here, but was: {observed}")
        for result in self.proven:
            if result.check not in self.variant.fails and result.verdict.outcome is not Outcome.PASSED:
                found.append(f"{result.check} [{result.subject}] must pass here: {result.verdict.observed}")
        return [*found, *self.broken]

    def outcomes(self, check: str) -> set[Outcome]:
        """How the check ended here, on each of its subjects; empty when it did not run."""
        return {result.verdict.outcome for result in self.proven if result.check == check}


def table(rows: Sequence[Row]) -> str:
    """Checks x variants as text; `*` marks the cell that must be red, and what is wrong stands below."""
    checks = sorted({result.check for row in rows for result in row.proven})
    width = max([len(check) for check in checks] + [5])
    heads = [row.variant.name for row in rows]
    lines = ["  ".join(["check".ljust(width), *heads])]
    for check in checks:
        cells = []
        for row, head in zip(rows, heads, strict=True):
            outcomes = row.outcomes(check)
            text = Outcome.worst(outcomes).value if outcomes else "-"
            mark = " *" if check in row.variant.fails else ""
            cells.append((text + mark).ljust(len(head)))
        lines.append("  ".join([check.ljust(width), *cells]).rstrip())
    lines.append("* must fail there; every other cell must pass")
    for row in rows:
        lines += [f"WRONG  {row.variant.name}: {fault}" for fault in row.faults]
        if row.declared_failures:
            rules = ", ".join(row.declared_failures)
            lines.append(f"lint   {row.variant.name}: found in the manifests by {rules}")
        lines.append(f"run    {row.variant.name}: {shown(row.directory)}")
    return "\n".join(lines)
