"""`seatrial checks`: every check, for people and machines; docs/checks.md is one of its forms."""

from __future__ import annotations

import json
import textwrap
from typing import TYPE_CHECKING, Annotated

import typer

from seatrial.commands.base import Json, command
from seatrial.commands.checks_page import checks_markdown, is_disruptive, needs_of, scenario_of, shown_by

if TYPE_CHECKING:
    from seatrial.model.check import Check


@command("checks")
def checks(
    as_json: Json = False,
    as_markdown: Annotated[bool, typer.Option("--markdown", help="Print docs/checks.md.")] = False,
) -> int:
    """List every check: id, level, what it needs, and the sentence that must hold."""
    if as_markdown:
        typer.echo(checks_markdown(), nl=False)
    else:
        typer.echo(checks_text(as_json=as_json))
    return 0


def checks_text(*, as_json: bool) -> str:
    """Every check, proven and declared: id, level, needs and requirement; as JSON with every field."""
    from seatrial.declared.catalogue import catalogue, every_rule
    from seatrial.declared.rule import Level
    from seatrial.model.check import CHECKS
    from seatrial.model.untried import UNTRIED

    found = list(CHECKS.all().values())
    if as_json:
        rows = [{**_row(item), "mode": "proven"} for item in found]
        return json.dumps(
            [*rows, *({**row, "mode": "declared", "shown_by": shown_by(row["id"])} for row in catalogue())],
            indent=2,
        )
    lines = [f"proven, against the live system ({len(found)}):", ""]
    for item in found:
        disruptive = ", disruptive" if is_disruptive(item) else ""
        lines += [f"{item.id}  ({item.level}{disruptive})", *_wrapped(item.requirement)]
        needs = needs_of(item) or "nothing special"
        lines += _wrapped(f"judges {scenario_of(item)}; needs {needs}")
        if item.shows:
            lines += _wrapped(f"shows the effect of {', '.join(item.shows)}")
    lines += ["", f"not tried, unsupported by name ({len(UNTRIED)}):", ""]
    for one in UNTRIED:
        lines += [one.name, *_wrapped(one.what), *_wrapped(f"unsupported, for {one.why}")]
    rules = every_rule()
    optional = sum(rule.level is Level.OPTIONAL for rule in rules)
    lines += [
        "",
        f"declared, from manifests ({len(rules)}, {optional} of them only when selected by name):",
        "",
    ]
    for rule in rules:
        lines += [f"{rule.id}  ({rule.level}, {rule.severity})", *_wrapped(rule.requirement)]
    return "\n".join(lines)


def _row(item: Check) -> dict[str, object]:
    return {
        "id": item.id,
        "level": item.level,
        "scenario": str(item.scenario),
        "disruptive": is_disruptive(item),
        "needs": [need.name for need in item.all_needs()],
        "records": sorted(item.records),
        "requirement": item.requirement,
        "remediation": item.remediation,
        "shows": item.shows,
        "text": item.text,
    }


def _wrapped(sentence: str) -> list[str]:
    return textwrap.wrap(sentence, 96, initial_indent="    ", subsequent_indent="    ")
