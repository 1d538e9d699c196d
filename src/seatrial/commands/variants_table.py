"""The table results x variants: which cells must be red, and which are not as they must be."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from seatrial.commands.base import shown
from seatrial.model.verdict import CheckResult, Mode, Outcome, Verdict

VERBS = {Outcome.FAILED: "fail", Outcome.ERROR: "be an error", Outcome.INCONCLUSIVE: "be inconclusive"}


@dataclass(frozen=True)
class Variant:
    """One flawed overlay of the system and all that must turn red on it.

    Attributes:
        fails: result, as `CheckResult.name` has it, to words that its explanation must hold: the flaw.
        errors: the same for what cannot be tested where the flaw is.
        inconclusive: the same for what the flaw leaves without evidence.
        leaves: words of what the run must say of objects that differ after it; empty where none may.
        unsupported: results that are unsupported on the sound system, too.
    """

    name: str
    folder: Path
    fails: Mapping[str, str]
    errors: Mapping[str, str] = field(default_factory=dict)
    inconclusive: Mapping[str, str] = field(default_factory=dict)
    leaves: str = ""
    unsupported: frozenset[str] = frozenset()

    @property
    def reds(self) -> dict[str, tuple[Outcome, str]]:
        """Everything that must be red: how, and the words."""
        kinds = (
            (Outcome.FAILED, self.fails),
            (Outcome.ERROR, self.errors),
            (Outcome.INCONCLUSIVE, self.inconclusive),
        )
        return {name: (outcome, words) for outcome, found in kinds for name, words in found.items()}


@dataclass(frozen=True)
class Row:
    """What suites, load and experiments said of one variant.

    Attributes:
        planned: the results that had to come; what was not planned is not asked for.
        broken: what went wrong beside the verdicts (`Run.broken`): such a row shows nothing.
    """

    variant: Variant
    planned: Collection[str]
    results: tuple[CheckResult, ...]
    directory: Path
    broken: tuple[str, ...] = ()

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
        return [*self._reds(), *self._others(), *self._broken()]

    def found(self, name: str) -> bool:
        """Whether a result ended as the flaw must let it end."""
        verdict, outcome = self.verdicts.get(name), self.variant.reds[name][0]
        return verdict is not None and verdict.outcome is outcome

    def names_its_flaw(self, name: str) -> bool:
        """Whether the explanation of a result holds the words that name the flaw."""
        words = self.variant.reds[name][1]
        return name in self.verdicts and words.casefold() in self.verdicts[name].explain().casefold()

    @property
    def verdicts(self) -> dict[str, Verdict]:
        return {result.name: result.verdict for result in self.proven}

    def _reds(self) -> Iterator[str]:
        for name, (outcome, words) in self.variant.reds.items():
            if name not in self.planned:
                continue
            verb = VERBS[outcome]
            verdict = self.verdicts.get(name)
            if verdict is None:
                yield f"{name} must {verb} here, but was: not run"
            elif not self.found(name):
                yield f"{name} must {verb} here, but was: {verdict.outcome}: {verdict.observed}"
            elif not self.names_its_flaw(name):
                said = f"{verdict.observed} {verdict.next_step}".strip()
                yield f"{name} must name the flaw ({words!r}), but says: {said}"

    def _broken(self) -> Iterator[str]:
        """What went wrong beside the verdicts, but for the traces that this flaw must leave."""
        left = [text for text in self.broken if self.variant.leaves and self.variant.leaves in text]
        if self.variant.leaves and not left:
            yield f"the run must say that objects differ after it ({self.variant.leaves!r}), and does not"
        yield from (text for text in self.broken if text not in left)

    @property
    def alarms(self) -> list[CheckResult]:
        """What did not pass and has nothing to do with the flaw; what no variant can judge is no alarm."""
        others = [result for result in self.proven if result.name not in self.variant.reds]
        return [result for result in others if not (result.verdict.passed or self._nowhere(result))]

    def _nowhere(self, result: CheckResult) -> bool:
        return result.name in self.variant.unsupported and result.verdict.outcome is Outcome.UNSUPPORTED

    def _others(self) -> Iterator[str]:
        for result in self.alarms:
            yield f"{result.name} must pass here: {result.verdict.outcome}: {result.verdict.observed}"

    def cell(self, name: str) -> str:
        """How a result ended here, `*` where it must be red; `-` when it did not run."""
        outcomes = [result.verdict.outcome for result in self.proven if result.name == name]
        text = Outcome.worst(outcomes).value if outcomes else "-"
        return f"{text} *" if name in self.variant.reds else text


def _totals(rows: Sequence[Row]) -> str:
    """How many flaws were found and named, and how many sound results were red."""
    must = [(row, name) for row in rows for name in row.variant.reds if name in row.planned]
    killed = [(row, name) for row, name in must if row.found(name)]
    named = sum(row.names_its_flaw(name) for row, name in killed)
    others = sum(result.name not in row.variant.reds for row in rows for result in row.proven)
    return (
        f"{len(killed)} of {len(must)} that must be red were, {named} of these named the flaw; "
        f"false alarms: {sum(len(row.alarms) for row in rows)} of {others}"
    )


def table(rows: Sequence[Row]) -> str:
    """Results x variants as text; `*` marks the cell that must be red, and what is wrong stands below."""
    names = sorted({result.name for row in rows for result in row.proven})
    width = max([len(name) for name in names] + [5])
    heads = [row.variant.name for row in rows]
    lines = ["  ".join(["check".ljust(width), *heads])]
    for name in names:
        cells = [row.cell(name).ljust(len(head)) for row, head in zip(rows, heads, strict=True)]
        lines.append("  ".join([name.ljust(width), *cells]).rstrip())
    lines += [
        "* must be red there, and name the flaw; every other cell must pass, or be unsupported everywhere",
        _totals(rows),
    ]
    for row in rows:
        lines += [f"WRONG  {row.variant.name}: {fault}" for fault in row.faults]
        if row.declared_failures:
            rules = ", ".join(row.declared_failures)
            lines.append(f"lint   {row.variant.name}: found in the manifests by {rules}")
        lines.append(f"run    {row.variant.name}: {shown(row.directory)}")
    return "\n".join(lines)
