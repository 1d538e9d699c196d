"""The results of a run; the declared ones, which come by the thousand, by rule."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from seatrial.model.run import Run
from seatrial.model.verdict import CheckResult, Mode, Outcome

_SAME_FROM = 4
"""From so many rules on, of which exactly the same is to be said, one row stands for all."""
_QUIET = (Outcome.PASSED, Outcome.UNSUPPORTED)


@dataclass(frozen=True)
class Finding:
    """What is said alike of several objects of one rule."""

    outcome: Outcome
    observed: str
    subjects: tuple[str, ...]
    places: tuple[str, ...]


@dataclass(frozen=True)
class DeclaredRule:
    """One rule with all that it was applied to."""

    id: str
    requirement: str
    results: tuple[CheckResult, ...]

    @property
    def outcome(self) -> Outcome:
        return Outcome.worst(result.verdict.outcome for result in self.results)

    @property
    def subjects(self) -> tuple[str, ...]:
        """The objects that it was applied to."""
        applied = (each for each in self.results if each.verdict.outcome is not Outcome.UNSUPPORTED)
        return tuple(dict.fromkeys(result.subject for result in applied))

    @property
    def by_outcome(self) -> list[tuple[Outcome, tuple[str, ...]]]:
        """(outcome, objects), worst first."""
        found: dict[Outcome, list[str]] = defaultdict(list)
        for result in self.results:
            found[result.verdict.outcome].append(result.subject)
        found.pop(Outcome.UNSUPPORTED, None)
        ranked = sorted(found.items(), key=lambda item: -item[0].severity)
        return [(outcome, tuple(dict.fromkeys(subjects))) for outcome, subjects in ranked]

    @property
    def advice(self) -> tuple[Finding, ...]:
        """What passed and yet has something to say."""
        passed = (each for each in self.results if each.verdict.passed)
        return _findings(each for each in passed if each.verdict.next_step or each.verdict.reasons)

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What neither passed nor lacked an object, worst first."""
        return _findings(each for each in self.results if each.verdict.outcome not in _QUIET)

    @property
    def expected(self) -> str:
        return self._first("expected")

    @property
    def next_step(self) -> str:
        return self._first("next_step")

    def _first(self, name: str) -> str:
        worst = (str(getattr(each.verdict, name)) for each in self.results if self.outcome is _outcome(each))
        return next((text for text in worst if text), "")

    def on(self, subject: str) -> CheckResult | None:
        """The worst result on that subject; an object that shares its name says its kind before it."""
        named = re.compile(rf"([A-Z][A-Za-z]*-)?{re.escape(subject)}")
        found = [result for result in self.results if named.fullmatch(result.subject)]
        return max(found, key=lambda result: _outcome(result).severity, default=None)


@dataclass(frozen=True)
class DeclaredRow:
    """One row of what did not pass: a rule, or several of which exactly the same is to be said."""

    outcome: Outcome
    rules: tuple[str, ...]
    requirement: str
    findings: tuple[Finding, ...]
    expected: str
    next_step: str

    @property
    def subjects(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(name for finding in self.findings for name in finding.subjects))


@dataclass(frozen=True)
class DeclaredTotals:
    """How many rules ended how, and on how many objects.

    Attributes:
        rules: amounts by the worst outcome of each rule.
        objects: the most that one rule was applied to. Objects are not counted by name, since a name
            may have its kind before it; and there are rules that every object must hold.
    """

    rules: Counter[Outcome]
    objects: int

    @property
    def applied(self) -> int:
        """Rules that had an object."""
        return self.rules.total() - self.rules[Outcome.UNSUPPORTED]


@dataclass(frozen=True)
class Shown:
    """A declared rule beside the proven check that shows its effect.

    Attributes:
        outcome: on the check's subject, else the worst on other objects; None when it was not judged.
        where: on what it was judged.
    """

    rule: str
    requirement: str
    outcome: Outcome | None
    where: str
    observed: str


def shown_by(result: CheckResult, rules: Iterable[DeclaredRule]) -> tuple[Shown, ...]:
    """What the objects declare of what `result` shows."""
    known = {rule.id: rule for rule in rules}
    return tuple(_shown(name, known.get(name), result.subject) for name in dict.fromkeys(result.shows))


def _shown(name: str, rule: DeclaredRule | None, subject: str) -> Shown:
    if rule is None:
        return Shown(name, "", None, "not judged in this run", "")
    same = rule.on(subject)
    if same is not None:
        return Shown(name, rule.requirement, _outcome(same), f"on {subject}", same.verdict.observed)
    if not rule.subjects:
        return Shown(name, rule.requirement, rule.outcome, "on no object", rule.results[0].verdict.observed)
    others = f"on {', '.join(rule.subjects)}; none is called {subject}"
    return Shown(name, rule.requirement, rule.outcome, others, "")


@dataclass(frozen=True)
class Results:
    """The results of a run: what was proven by what the system did, and what its objects say, by rule.

    Attributes:
        rules: worst first, then by id.
        rows: rules that neither passed nor lacked an object, worst first.
    """

    proven: tuple[CheckResult, ...]
    rules: tuple[DeclaredRule, ...]
    totals: DeclaredTotals
    rows: tuple[DeclaredRow, ...]


def results_of(run: Run) -> Results:
    """The results of a run, apart by how they were judged."""
    rules = declared_rules(run)
    proven = tuple(result for result in run.results if result.mode is Mode.PROVEN)
    return Results(proven, rules, totals_of(rules), rows_of(rules))


def declared_rules(run: Run) -> tuple[DeclaredRule, ...]:
    """The declared results by rule, worst first, then by id."""
    found: dict[str, list[CheckResult]] = defaultdict(list)
    for result in run.results:
        if result.mode is Mode.DECLARED:
            found[result.check].append(result)
    rules = [DeclaredRule(rule, results[0].requirement, tuple(results)) for rule, results in found.items()]
    return tuple(sorted(rules, key=lambda rule: (-rule.outcome.severity, rule.id)))


def totals_of(rules: Iterable[DeclaredRule]) -> DeclaredTotals:
    listed = list(rules)
    amounts = Counter(rule.outcome for rule in listed)
    return DeclaredTotals(amounts, max((len(rule.subjects) for rule in listed), default=0))


def rows_of(rules: Iterable[DeclaredRule]) -> tuple[DeclaredRow, ...]:
    """What neither passed nor lacked an object, worst first."""
    alike: dict[tuple[object, ...], list[DeclaredRule]] = defaultdict(list)
    for rule in rules:
        if rule.outcome not in _QUIET:
            alike[rule.findings, rule.expected, rule.next_step].append(rule)
    found = [row for group in alike.values() for row in _rows(group)]
    return tuple(sorted(found, key=lambda row: -row.outcome.severity))


def _rows(alike: list[DeclaredRule]) -> Iterator[DeclaredRow]:
    groups = [alike] if len(alike) >= _SAME_FROM else [[rule] for rule in alike]
    for group in groups:
        first = group[0]
        yield DeclaredRow(
            first.outcome,
            tuple(rule.id for rule in group),
            first.requirement if len(group) == 1 else "",
            first.findings,
            first.expected,
            first.next_step,
        )


def _findings(results: Iterable[CheckResult]) -> tuple[Finding, ...]:
    groups: dict[tuple[Outcome, str], list[CheckResult]] = defaultdict(list)
    for result in results:
        groups[_outcome(result), result.verdict.observed].append(result)
    ranked = sorted(groups.items(), key=lambda item: -item[0][0].severity)
    return tuple(
        Finding(
            outcome,
            observed,
            tuple(dict.fromkeys(member.subject for member in members)),
            tuple(dict.fromkeys(place for member in members for place in member.verdict.reasons)),
        )
        for (outcome, observed), members in ranked
    )


def _outcome(result: CheckResult) -> Outcome:
    return result.verdict.outcome
