"""`seatrial checks`: every check, for people and machines; docs/checks.md is one of its forms."""

from __future__ import annotations

import json
import textwrap
from dataclasses import asdict
from typing import Annotated

import typer

from seatrial.commands.base import Json, command


@command("checks")
def checks(
    as_json: Json = False,
    as_markdown: Annotated[bool, typer.Option("--markdown", help="Print docs/checks.md.")] = False,
) -> int:
    """List every check: id, level, what it needs, and the sentence that must hold."""
    if as_markdown:
        from seatrial.commands.checks_page import checks_markdown

        typer.echo(checks_markdown(), nl=False)
    else:
        typer.echo(checks_text(as_json=as_json))
    return 0


def checks_text(*, as_json: bool) -> str:
    """Every check, proven and declared: id, level, needs and requirement; as JSON with every field."""
    from seatrial.catalogue import proven_checks
    from seatrial.declared.catalogue import catalogue, every_rule
    from seatrial.declared.rule import Level

    found = proven_checks()
    if as_json:
        rows = [{**asdict(item), "needs": sorted(item.needs), "mode": "proven"} for item in found]
        return json.dumps([*rows, *({**row, "mode": "declared"} for row in catalogue())], indent=2)
    lines = [f"proven, against the live system ({len(found)}):", ""]
    for item in found:
        needs = ", ".join(sorted(item.needs)) or "nothing special"
        disruptive = ", disruptive" if item.disruptive else ""
        lines += [f"{item.id}  ({item.level}{disruptive}; needs {needs})", *_wrapped(item.requirement)]
        if item.shows:
            lines += _wrapped(f"shows the effect of {', '.join(item.shows)}")
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


def _wrapped(sentence: str) -> list[str]:
    return textwrap.wrap(sentence, 96, initial_indent="    ", subsequent_indent="    ")
