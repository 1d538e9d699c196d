"""Reading manifests for the tests of rules."""

from __future__ import annotations

from pathlib import Path

from seatrial.declared.catalogue import every_rule
from seatrial.declared.engine import Report, examine
from seatrial.declared.graph import Graph
from seatrial.declared.rule import RULES, Rule
from seatrial.lint.decoding import parse
from seatrial.lint.reading import read_whole as read

DATA = Path(__file__).parent / "data"
TODAY = "2026-06-30"


def graph_of(*paths: Path) -> Graph:
    """The graph of some files."""
    return Graph(read([str(path) for path in paths]).objects, parse)


def judge_file(path: Path, rules: list[Rule] | None = None) -> Report:
    """All rules, or some, applied to one file."""
    return examine(graph_of(path), every_rule() if rules is None else rules, today=TODAY)


def rule_named(rule_id: str) -> Rule:
    """A rule by its id."""
    every_rule()
    return RULES[rule_id]
