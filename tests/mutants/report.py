"""What a run says: a table, the survivors, and whether the gate is open."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

from .gate import End, Unusable
from .mutations import Mutant

KILLED_PERCENT_NEEDED = 90

Reasons = Mapping[str, str]
"""Why a surviving mutant is accepted, by fingerprint."""


def read_reasons(path: Path) -> Reasons:
    """The file of accepted survivors: for each module, what was changed and the reason.

    Raises:
        Unusable: when the file has another shape, or a reason is empty.
    """
    content = yaml.safe_load(path.read_text()) or {}
    if not isinstance(content, dict) or not all(isinstance(part, dict) for part in content.values()):
        raise Unusable(f"{path}: expected `module: {{change: reason}}`")
    reasons = {
        f"{module}: {text}": reason for module, part in content.items() for text, reason in part.items()
    }
    empty = [name for name, reason in reasons.items() if not isinstance(reason, str) or not reason.strip()]
    if empty:
        raise Unusable(f"{path}: no reason is given for {', '.join(empty)}")
    return reasons


def unknown_reasons(reasons: Reasons, found: Iterable[Mutant]) -> list[str]:
    """Accepted survivors that no longer exist: the code they spoke of has changed."""
    known = {mutant.fingerprint for mutant in found}
    return [fingerprint for fingerprint in reasons if fingerprint not in known]


class Kept:
    """How mutants ended, in a file that a run which was cut short goes on with.

    A line is `end: fingerprint`; taking out those that survived lets new tests meet them again.

    Raises:
        Unusable: when the file holds anything else.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        text = path.read_text() if path is not None and path.exists() else ""
        pairs = [line.partition(": ")[::2] for line in text.splitlines()]
        try:
            self.ends = {fingerprint: End(end) for end, fingerprint in pairs}
        except ValueError as error:
            raise Unusable(f"{path}: expected lines of `end: fingerprint`, found {error}") from None

    def add(self, mutant: Mutant, end: End) -> None:
        if self._path is not None:
            with self._path.open("a") as file:
                file.write(f"{end.value}: {mutant.fingerprint}\n")


@dataclass(frozen=True)
class Summary:
    """How the chosen mutants ended, and which survivors are accepted."""

    ends: Sequence[tuple[Mutant, End]]
    reasons: Reasons

    @property
    def survivors(self) -> list[Mutant]:
        survived = [mutant for mutant, end in self.ends if end is End.SURVIVED]
        return sorted(survived, key=lambda mutant: (mutant.module, mutant.line))

    @property
    def unexplained(self) -> list[Mutant]:
        return [mutant for mutant in self.survivors if mutant.fingerprint not in self.reasons]

    @property
    def killed_percent(self) -> float:
        return 100 * (1 - len(self.survivors) / len(self.ends)) if self.ends else 0.0

    @property
    def passed(self) -> bool:
        return self.killed_percent >= KILLED_PERCENT_NEEDED and not self.unexplained

    def lines(self) -> list[str]:
        """The table by module, then what is to be done."""
        texts = [f"{'module':<44}{'mutants':>8}{'killed':>8}{'timeout':>8}{'survived':>9}{'accepted':>9}"]
        for module in sorted({mutant.module for mutant, _ in self.ends}):
            texts.append(self._row(module, [pair for pair in self.ends if pair[0].module == module]))
        texts.append(self._row("all", self.ends))
        for mutant in self.unexplained:
            texts.append(f"survived, no reason given: line {mutant.line} of {mutant.fingerprint}")
        for mutant, end in self.ends:
            if end is not End.SURVIVED and mutant.fingerprint in self.reasons:
                texts.append(f"killed, its reason is not needed: {mutant.fingerprint}")
        texts.append(
            f"{'passed' if self.passed else 'failed'}: {self.killed_percent:.1f} % killed "
            f"(at least {KILLED_PERCENT_NEEDED} % needed), {len(self.unexplained)} survivors without a reason"
        )
        return texts

    def _row(self, title: str, pairs: Sequence[tuple[Mutant, End]]) -> str:
        counts = Counter(end for _, end in pairs)
        accepted = sum(e is End.SURVIVED and m.fingerprint in self.reasons for m, e in pairs)
        return (
            f"{title:<44}{len(pairs):>8}{counts[End.KILLED]:>8}{counts[End.TIMEOUT]:>8}"
            f"{counts[End.SURVIVED]:>9}{accepted:>9}"
        )
