"""The one view of a run: all that the page, the terminal, JUnit and run.json say. They only format it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from seatrial.model.run import Run
from seatrial.model.verdict import CheckResult, Outcome, Verdict
from seatrial.report.declared import DeclaredRow, Results, results_of
from seatrial.report.observed import ObservationView, read_observations
from seatrial.report.sentences import Trouble, headline, totals_line, troubles


@dataclass(frozen=True)
class CheckView:
    """One check on one subject. `result` is made up, as an error, for what never ended or was not judged.

    Attributes:
        shown: the observations that are drawn in its section.
        linked: those that another section draws.
    """

    anchor: str
    result: CheckResult
    unfinished: bool
    observations: tuple[ObservationView, ...]
    shown: tuple[ObservationView, ...]

    @property
    def linked(self) -> tuple[ObservationView, ...]:
        return tuple(each for each in self.observations if each not in self.shown)

    @property
    def evidence(self) -> str:
        """The folder below the run directory in which to look first; empty for none."""
        return self.result.evidence or next((each.folder for each in self.observations), "")

    @property
    def outcome(self) -> Outcome:
        return self.result.verdict.outcome

    @property
    def word(self) -> str:
        return "unfinished" if self.unfinished else self.outcome.value


@dataclass(frozen=True)
class RunView:
    """A run with all that is said of it.

    Attributes:
        outcome: the worst of all; an error when anything beside the verdicts forbids a pass.
        checks: a section each, worst first.
        rows: the table of verdicts.
        troubles: what forbids a pass beside the verdicts.
        damage: what of the record could not be read.
    """

    run: Run
    headline: str
    totals: str
    outcome: Outcome
    exit_code: int
    results: Results
    checks: tuple[CheckView, ...]
    observations: tuple[ObservationView, ...]
    troubles: tuple[Trouble, ...]
    damage: tuple[str, ...]

    @property
    def face(self) -> Outcome:
        """The outcome in whose colour the head stands; a run that does not exit 0 never looks passed."""
        if self.exit_code == 0:
            return Outcome.PASSED
        return self.outcome if self.outcome.makes_red else Outcome.INCONCLUSIVE

    @property
    def rows(self) -> tuple[CheckView | DeclaredRow, ...]:
        """What is red, worst first; then what was proven; then what was waived."""
        everything: list[CheckView | DeclaredRow] = [*self.checks, *self.results.rows]
        red = sorted((row for row in everything if row.outcome.makes_red), key=_how_good)
        return (*red, *(row for row in everything if not row.outcome.makes_red))


def view_of(run: Run) -> RunView:
    """The view of a run, with what its observations hold.

    The exit code is 0 only when the run is finished, nothing in it is red, and something passed. Where proven
    checks were called, one of them must have passed: what the objects declare proves nothing.
    """
    observations = read_observations(run)
    damage = (*run.damage, *(line for each in observations for line in each.damage))
    results = results_of(run)
    found = troubles(run, observations, damage)
    sentence, totals = headline(run, results, found), totals_line(run, results)
    outcome = Outcome.worst([run.outcome, Outcome.ERROR]) if found else run.outcome
    passed = any(result.verdict.passed for result in results.proven or run.results)
    return RunView(
        run=run,
        headline=sentence,
        totals=totals,
        outcome=outcome,
        exit_code=0 if run.finished and passed and not outcome.makes_red else 1,
        results=results,
        checks=tuple(sorted(_checks(run, results.proven, observations), key=_how_good)),
        observations=observations,
        troubles=found,
        damage=damage,
    )


def _how_good(view: CheckView | DeclaredRow) -> int:
    return -view.outcome.severity


def _checks(
    run: Run,
    proven: Sequence[CheckResult],
    observations: Sequence[ObservationView],
) -> Iterator[CheckView]:
    """Every proven check in the order in which they ran, then whatever never ended or was not judged."""
    results = [*proven, *_unfinished(run), *_unjudged(proven, observations)]
    seen_by = {number: _named(result, observations) for number, result in enumerate(results)}
    for number, result in enumerate(results):
        shown = tuple(each for each in seen_by[number] if _drawn_by(each, results, seen_by) == number)
        yield CheckView(
            f"check-{number + 1}",
            result,
            number >= len(proven),
            seen_by[number],
            shown,
        )


def _named(result: CheckResult, observations: Sequence[ObservationView]) -> tuple[ObservationView, ...]:
    return tuple(each for each in observations if each.id in result.observations)


def _drawn_by(
    observation: ObservationView,
    results: Sequence[CheckResult],
    seen_by: dict[int, tuple[ObservationView, ...]],
) -> int:
    """The check in whose section it is drawn: the most particular one, of several the worst."""
    judged = [number for number, seen in seen_by.items() if observation in seen]
    return min(judged, key=lambda number: (len(seen_by[number]), -results[number].verdict.outcome.severity))


def _unfinished(run: Run) -> Iterator[CheckResult]:
    for started in run.unfinished_checks:
        name, subject, requirement = (str(started.get(k, "")) for k in ("check", "subject", "requirement"))
        yield _made_up(
            name, subject, requirement, "the check began and never ended", str(started.get("tool", ""))
        )


def _unjudged(
    proven: Sequence[CheckResult], observations: Sequence[ObservationView]
) -> Iterator[CheckResult]:
    judged = {name for result in proven for name in result.observations}
    for each in observations:
        if each.id not in judged:
            began = "the observation began and never ended" if not each.finished else ""
            yield _made_up(
                each.started.scenario or each.id,
                each.started.target,
                "",
                began or "records were left, but no verdict",
                "",
                (each.id,),
            )


def _made_up(
    check: str, subject: str, requirement: str, observed: str, tool: str, observations: tuple[str, ...] = ()
) -> CheckResult:
    next_step = "See how its tool ended, below under Run; then run it again."
    verdict = Verdict(Outcome.ERROR, observed, "a verdict", next_step)
    return CheckResult(
        check, subject, requirement, verdict, tool, -math.inf, math.inf, observations=observations
    )
