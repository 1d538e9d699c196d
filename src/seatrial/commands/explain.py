"""`seatrial explain`: what a check, an outcome, a scenario or a rule means, and what is not tried."""

from __future__ import annotations

import difflib
import textwrap
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from seatrial.commands.base import command
from seatrial.errors import BadInput

if TYPE_CHECKING:
    from seatrial.declared.rule import Rule
    from seatrial.model.check import Check
    from seatrial.model.scenario import Scenario
    from seatrial.model.untried import Untried
    from seatrial.model.verdict import Outcome

_WIDTH = 100


@command("explain")
def explain(
    name: Annotated[str, typer.Argument(metavar="CHECK|OUTCOME|SCENARIO", help="What to explain.")],
) -> int:
    """Explain a check, an outcome, a scenario or a declared rule: what it means and what to do about it."""
    typer.echo(explanation(name))
    return 0


def explanation(name: str) -> str:
    """What the name means, as lines of text.

    Raises:
        BadInput: nothing has that name; names the nearest.
    """
    from seatrial.declared.catalogue import every_rule
    from seatrial.model.check import CHECKS
    from seatrial.model.scenario import SCENARIOS
    from seatrial.model.untried import UNTRIED, untried_named
    from seatrial.model.verdict import Outcome

    wanted = name.strip().lower()
    rules = {rule.id: rule for rule in every_rule()}
    outcomes = {outcome.value: outcome for outcome in Outcome}
    if wanted in CHECKS:
        return "\n".join(_of_check(CHECKS.get(wanted)))
    if wanted in SCENARIOS:
        return "\n".join(_of_scenario(SCENARIOS.get(wanted)))
    if wanted in outcomes:
        return "\n".join(_of_outcome(outcomes[wanted]))
    if wanted in rules:
        return "\n".join(_of_rule(rules[wanted]))
    if (untried := untried_named(wanted)) is not None:
        return "\n".join(_of_untried(untried))
    known = [*CHECKS, *SCENARIOS, *outcomes, *rules, *(one.name for one in UNTRIED)]
    nearest = difflib.get_close_matches(wanted, known, n=3, cutoff=0.4)
    raise BadInput(
        f"no check, outcome, scenario or declared rule is called {name!r}",
        next_step=f"Did you mean {' or '.join(nearest)}?" if nearest else "`seatrial checks` lists them.",
    )


def _of_check(item: Check) -> Iterator[str]:
    from seatrial.commands.checks_page import is_disruptive, scenario_of

    yield f"{item.id}: a proven check ({item.level}{', disruptive' if is_disruptive(item) else ''})"
    yield from _field("must hold", item.requirement)
    yield from _field("judges", f"{scenario_of(item)}. {item.text}")
    for need in item.all_needs():
        yield from _field("needs", need.text)
    if item.records:
        yield from _field(
            "records", f"{', '.join(sorted(item.records))}; one that was not kept forbids a pass"
        )
    if item.shows:
        yield from _field("shows", f"the effect of the declared rules {', '.join(item.shows)}")
    yield from _field("if it fails", item.remediation)
    names = " ".join(f"`seatrial explain {scenario.id}`" for scenario in item.scenarios()[:1])
    yield from _field("see also", names)
    yield from _field("alone", f"pytest --pyargs seatrial.suites --check {item.id}")


def _of_scenario(item: Scenario) -> Iterator[str]:
    from seatrial.harness.general import general_steps
    from seatrial.model.check import CHECKS
    from seatrial.model.fault import Disruption

    kind = "no disruption" if item.disruption is Disruption.NONE else f"{item.disruption} disruption"
    yield f"{item.id}: a scenario ({kind})"
    yield from _field("what", item.text)
    for need in item.needs:
        yield from _field("needs", need.text)
    plan = general_steps(item)
    for number, step in enumerate(plan, 1):
        yield from _field("steps" if number == 1 else "", f"{number:>2} {step.kind}: {step}")
    if any(step.kind == "inject" for step in plan):
        yield from _field("evidence", f"at least {item.repetitions} verified fault(s)")
    if item.traces:
        yield from _field("leaves", ", ".join(item.traces))
    judges = [check.id for check in CHECKS.all().values() if item in check.scenarios()]
    yield from _field("judged by", ", ".join(judges) or "no check yet")
    yield from _field("alone", f"chaos run $(seatrial path experiments/{item.id}.yaml)")


def _of_outcome(item: Outcome) -> Iterator[str]:
    from seatrial.model.verdict import Outcome

    yield f"{item.value}: an outcome"
    yield from _field("meaning", item.meaning)
    yield from _field("what to do", item.advice)
    code = (
        "makes it non-zero"
        if item.makes_red
        else "does not count as a pass: where nothing passed it is not 0"
    )
    yield from _field("exit code", "0, if nothing else is red" if item is Outcome.PASSED else code)
    worse = [each.value for each in Outcome if each.severity > item.severity]
    yield from _field("beaten by", ", ".join(worse) or "nothing: it is the worst")


def _of_untried(item: Untried) -> Iterator[str]:
    yield f"{item.name}: a kind of trouble that is not tried (unsupported)"
    yield from _field("what", item.what)
    yield from _field("unsupported", f"for {item.why} Nothing that passes says anything of it.")
    yield from _field("instead", item.instead)


def _of_rule(item: Rule) -> Iterator[str]:
    from seatrial.commands.checks_page import shown_by

    yield f"{item.id}: a declared rule ({item.level}, {item.severity})"
    yield from _field("must hold", item.requirement)
    yield from _field("why", item.why)
    yield from _field("what to do", item.remediation)
    yield from _field("shown by", ", ".join(shown_by(item.id)) or "no proven check")
    yield from _field("source", item.source)
    yield from _field("waive", f'annotation seatrial.dev/waive.{item.id}: "reason; until YYYY-MM-DD"')


def _field(name: str, text: str) -> list[str]:
    head = f"  {name:<12} "
    return textwrap.wrap(
        text, _WIDTH, initial_indent=head, subsequent_indent=" " * len(head), break_on_hyphens=False
    )
