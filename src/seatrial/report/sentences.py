"""What a run says of itself: a sentence, a line, and whatever forbids a pass beside its verdicts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from seatrial.model.run import Run
from seatrial.model.verdict import CheckResult, Outcome
from seatrial.report.declared import Results
from seatrial.report.observed import ObservationView
from seatrial.report.text import count, duration, one_line

_MOST_DAMAGE = 20
_RED_FIRST = tuple(Outcome)


@dataclass(frozen=True)
class Trouble:
    """Something that forbids a pass beside the verdicts.

    Attributes:
        name: what should have been, e.g. "pytest finished"; names its case in JUnit.
        kind: `unfinished`, `unjudged`, `damaged` or `error`.
        text: what is wrong, without a full stop.
    """

    name: str
    kind: str
    text: str

    @property
    def sentence(self) -> str:
        return f"{self.text[:1].upper()}{self.text[1:]}."


def troubles(run: Run, observations: Sequence[ObservationView], damage: Sequence[str]) -> tuple[Trouble, ...]:
    """All that forbids a pass beside the verdicts."""
    return (*_unfinished(run), *_of_observations(run, observations), *_broken(run, damage))


def _unfinished(run: Run) -> Iterator[Trouble]:
    for tool in run.tools:
        if "exit_code" not in tool:
            name = str(tool.get("tool", "a tool"))
            yield Trouble(
                f"{name} finished",
                "unfinished",
                f"the run did not finish: {name} left no closing record; what there is, is no pass",
            )
    if not run.tools:
        yield Trouble("a tool took part", "unfinished", "no tool recorded that it had started")
    for check in run.unfinished_checks:
        name = f"{check.get('check', '')} [{check.get('subject', '')}]"
        yield Trouble(name, "unfinished", f"the check began and never ended: {name}")


def _of_observations(run: Run, observations: Sequence[ObservationView]) -> Iterator[Trouble]:
    judged = {name for result in run.results for name in result.observations}
    for each in observations:
        if not each.finished:
            yield Trouble(
                f"observation {each.id}", "unfinished", f"the observation began and never ended: {each.id}"
            )
        elif each.id not in judged:
            yield Trouble(
                f"observation {each.id}", "unjudged", f"the observation was never judged: {each.id}"
            )
    known = {each.id for each in observations}
    for result in run.results:
        if result.verdict.passed and not known.issuperset(result.observations):
            name = f"{result.check} [{result.subject}]"
            yield Trouble(
                f"evidence of {name}",
                "error",
                f"an observation that a passed check judged is missing: {name}",
            )


def _broken(run: Run, damage: Sequence[str]) -> Iterator[Trouble]:
    if damage:
        listed = "; ".join(damage[:_MOST_DAMAGE])
        yield Trouble("the record can be read", "damaged", f"part of the record cannot be read: {listed}")
    for text in run.broken:
        yield Trouble(f"{text.partition(':')[0]} is sound", "error", text)


def headline(run: Run, results: Results, found: Sequence[Trouble]) -> str:
    """One sentence for someone who reads nothing else."""
    sentence = "; ".join([*_proven_parts(results), *_declared_parts(results)]) or "Nothing was checked"
    if not run.finished:
        return f"The run did not finish. Until then {sentence[0].lower()}{sentence[1:]}."
    return " ".join([f"{sentence[0].upper()}{sentence[1:]}.", *_in_short(found)])


def _in_short(found: Sequence[Trouble]) -> Iterator[str]:
    kinds = Counter(trouble.kind for trouble in found)
    if kinds["unfinished"]:
        yield f"{count(kinds['unfinished'], 'part')} of it began and never ended."
    if unjudged := kinds["unjudged"]:
        yield f"{count(unjudged, 'observation')} {'was' if unjudged == 1 else 'were'} never judged."
    if kinds["damaged"]:
        yield "Part of its record cannot be read."
    for trouble in found:
        if trouble.kind == "error":
            yield one_line(trouble.sentence, 120)


def _proven_parts(results: Results) -> Iterator[str]:
    outcomes = Counter(result.verdict.outcome for result in results.proven)
    total, passed = len(results.proven), outcomes[Outcome.PASSED]
    checks = "proven check" if results.rules else "check"
    if not total:
        return
    if passed == total:
        yield f"The only {checks} passed" if total == 1 else f"All {total} {checks}s passed"
    elif total == 1:
        yield f"The only {checks} did not pass"
    else:
        yield f"{passed} of {total} {checks}s passed"
    ended = [outcome for outcome in _RED_FIRST if outcomes[outcome]]
    for outcome in ended:
        if outcome is not Outcome.PASSED:
            named = [result for result in results.proven if result.verdict.outcome is outcome]
            yield _part(named, outcome, is_worst=outcome is ended[0])


def _declared_parts(results: Results) -> Iterator[str]:
    totals = results.totals
    hold, rules = totals.rules[Outcome.PASSED], count(totals.applied, "declared rule")
    if not totals.rules:
        return
    if not totals.applied:
        yield f"none of {count(totals.rules.total(), 'declared rule')} has an object"
        return
    verb = "holds" if totals.applied == 1 else "hold"
    amount = rules if hold == totals.applied else f"{hold} of {rules}"
    yield f"{amount} {verb} on {count(totals.objects, 'object')}"
    for outcome in (Outcome.FAILED, Outcome.ERROR, Outcome.INCONCLUSIVE, Outcome.SKIPPED):
        named = [rule.id for rule in results.rules if rule.outcome is outcome]
        if named:
            waived = "is waived" if len(named) == 1 else "are waived"
            verb = waived if outcome is Outcome.SKIPPED else _verb(outcome, len(named))
            text = f"{len(named)} {verb}"
            few = outcome.makes_red and len(named) <= 2
            yield f"{text}: {' and '.join(one_line(name, 80) for name in named)}" if few else text


def _part(named: Sequence[CheckResult], outcome: Outcome, *, is_worst: bool) -> str:
    """How many ended so; the worst are named, when they are few."""
    text = f"{len(named)} {_verb(outcome, len(named))}"
    if not outcome.makes_red or not is_worst or len(named) > 2:
        return text
    return f"{text}: {' and '.join(_name(result) for result in named)}"


def _verb(outcome: Outcome, amount: int) -> str:
    return {
        Outcome.FAILED: "failed",
        Outcome.ERROR: "could not be tested",
        Outcome.INCONCLUSIVE: "was inconclusive" if amount == 1 else "were inconclusive",
        Outcome.UNSUPPORTED: "does not apply" if amount == 1 else "do not apply",
        Outcome.SKIPPED: "was skipped" if amount == 1 else "were skipped",
        Outcome.PASSED: "passed",
    }[outcome]


def _name(result: CheckResult) -> str:
    subject = f" on {one_line(result.subject, 60)}" if result.subject else ""
    return f"{one_line(result.check, 80)}{subject}"


def totals_line(run: Run, results: Results) -> str:
    """`1 failed, 2 passed in 12 min 30 s`, worst first; says when the run is unfinished.

    With declared results: `proven: 3 passed; declared rules: 1 failed, 105 passed; in 12 min 30 s`.
    """
    outcomes = Counter(result.verdict.outcome for result in results.proven)
    rules = results.totals.rules
    parts = _amounts(outcomes)
    if run.unfinished_checks:
        parts.append(f"{len(run.unfinished_checks)} unfinished")
    line = ", ".join(parts)
    if rules:
        line = f"{f'proven: {line}; ' if line else ''}declared rules: {', '.join(_amounts(rules))};"
    ended = run.ended_wall or run.extra.get("last_event_wall", run.started_wall)
    line = f"{line or 'nothing was checked'} in {duration(ended - run.started_wall)}"
    return line if run.finished else f"{line} (run unfinished)"


def _amounts(outcomes: Counter[Outcome]) -> list[str]:
    return [f"{outcomes[outcome]} {outcome}" for outcome in _RED_FIRST if outcomes[outcome]]
