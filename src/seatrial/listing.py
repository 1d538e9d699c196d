"""The catalogue of checks, for people and machines."""

from __future__ import annotations

import json
import textwrap
from dataclasses import asdict

from seatrial.catalogue import proven_checks


def checks_text(*, as_json: bool) -> str:
    """Every proven check: id, level, needs and requirement; as JSON with every field."""
    found = proven_checks()
    if as_json:
        rows = [{**asdict(item), "needs": sorted(item.needs), "mode": "proven"} for item in found]
        return json.dumps(rows, indent=2)
    lines = []
    for item in found:
        needs = ", ".join(sorted(item.needs)) or "nothing special"
        disruptive = ", disruptive" if item.disruptive else ""
        lines += [f"{item.id}  ({item.level}{disruptive}; needs {needs})"]
        lines += textwrap.wrap(item.requirement, 96, initial_indent="    ", subsequent_indent="    ")
    return "\n".join(lines)
