"""All rules: the catalogue, and choosing from it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import seatrial.declared.rules
import seatrial.declared.waivers
from seatrial.declared.rule import FAMILIES, RULES, Level, Rule
from seatrial.errors import BadInput

_REGISTERED = (seatrial.declared.rules, seatrial.declared.waivers)
"""Imported for the rules that they declare."""


def every_rule() -> list[Rule]:
    """All rules, by family, then by id."""
    return sorted(RULES.values(), key=lambda rule: (FAMILIES.index(rule.family), rule.id))


def catalogue() -> list[dict[str, Any]]:
    """The metadata of every declared rule, ready for JSON."""
    return [
        {
            "id": rule.id,
            "kind": "declared",
            "family": rule.family,
            "level": str(rule.level),
            "severity": str(rule.severity),
            "on": rule.on.split("|"),
            "requirement": rule.requirement,
            "why": rule.why,
            "remediation": rule.remediation,
            "source": rule.source,
            "variants": list(rule.variants),
            "anchors": rule.anchors.split(),
        }
        for rule in every_rule()
    ]


def choose(select: Iterable[str] = (), ignore: Iterable[str] = ()) -> list[Rule]:
    """Rules by name: an id, a family, a level or `all`. With no selection: all but the optional ones.

    Optional rules are only selected by their id, by `optional` and by `all`, not by their family.

    Raises:
        BadInput: a name is none of these, or nothing is left.
    """
    rules = every_rule()
    wanted, unwanted = list(select), list(ignore)
    for name in wanted + unwanted:
        _refuse_unknown(name)
    chosen = [rule for rule in rules if _is_wanted(rule, wanted) and not _is_named(rule, unwanted)]
    if not chosen:
        raise BadInput("the selection leaves no rule", next_step="`seatrial checks` lists them all")
    return chosen


def _is_wanted(rule: Rule, names: list[str]) -> bool:
    if rule.level is Level.OPTIONAL:
        return any(name in (rule.id, str(rule.level), "all") for name in names)
    return not names or _is_named(rule, names)


def _is_named(rule: Rule, names: Iterable[str]) -> bool:
    return any(name in (rule.id, rule.family, str(rule.level), "all") for name in names)


def _refuse_unknown(name: str) -> None:
    levels = [str(level) for level in Level]
    if name in RULES or name in FAMILIES or name in levels or name == "all":
        return
    import difflib

    known = [*RULES, *FAMILIES, *levels]
    close = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    hint = f"did you mean `{close[0]}`? " if close else ""
    raise BadInput(
        f"there is no rule, family or level `{name}`", next_step=f"{hint}`seatrial checks` lists them all"
    )
