"""The page of a run: one file, no script, nothing fetched."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from seatrial import __version__
from seatrial.errors import SeatrialError
from seatrial.model.run import Run
from seatrial.model.verdict import Outcome
from seatrial.record.reader import read_run
from seatrial.report.checkview import CheckView, check_views
from seatrial.report.declared import DeclaredRow, declared_rules, rows_of, totals_of
from seatrial.report.junit import write_junit
from seatrial.report.page import banners, facts, stage_rows
from seatrial.report.palette import DARK, LIGHT, variables
from seatrial.report.runjson import page_document, write_run_json
from seatrial.report.summary import exit_code, headline, totals_line
from seatrial.report.text import clean, moment, one_line

MOST_DAMAGE = 20
_FOR_SCRIPT = str.maketrans({"<": "\\u003c", ">": "\\u003e", "&": "\\u0026"})


def build_report(directory: Path) -> Path:
    """Write `index.html`, `run.json` and `junit.xml` of the run in `directory` from its records.

    Works on old and on unfinished runs; returns the path of the page.

    Raises:
        SeatrialError: there is no run, or a file cannot be written.
    """
    run = read_run(directory)
    write_run_json(run, directory / "run.json")
    write_junit(run, directory / "junit.xml")
    page = directory / "index.html"
    try:
        page.write_text(render(run, directory), encoding="utf-8", errors="replace")
    except OSError as error:
        raise SeatrialError(f"the page cannot be written: {error.strerror}", where=str(page)) from None
    return page


def render(run: Run, directory: Path) -> str:
    """The page as text."""
    views = check_views(directory, run)
    rules = declared_rules(run)
    damage = [*run.damage, *(line for view in views for line in view.damage)]
    text = (
        _environment()
        .get_template("page.html.j2")
        .render(
            run=run,
            version=__version__,
            headline=headline(run),
            totals=totals_line(run),
            outcome=_face(run),
            began=moment(run.started_wall),
            facts=facts(run),
            banners=banners(run),
            damage=damage[:MOST_DAMAGE],
            more_damage=max(len(damage) - MOST_DAMAGE, 0),
            checks=sorted(views, key=_how_good),
            rows=_rows(views, rows_of(rules)),
            rules=sorted(rules, key=lambda rule: not rule.subjects),
            declared=totals_of(rules),
            stages=stage_rows(run),
            embedded=Markup(json.dumps(page_document(run), separators=(",", ":")).translate(_FOR_SCRIPT)),
            light=Markup(variables(LIGHT)),
            dark=Markup(variables(DARK)),
        )
    )
    # Last, so that no text can be forgotten: characters that HTML forbids.
    return clean(text)


def _face(run: Run) -> str:
    """The outcome in whose colour the head stands; a run that does not exit 0 never looks passed."""
    if exit_code(run) == 0:
        return Outcome.PASSED.value
    outcome = run.outcome
    return outcome.value if outcome.makes_red else Outcome.INCONCLUSIVE.value


def _how_good(view: CheckView | DeclaredRow) -> int:
    return -view.outcome.severity


def _rows(views: Sequence[CheckView], rows: Sequence[DeclaredRow]) -> list[CheckView | DeclaredRow]:
    """The table of verdicts: what is red, worst first; then what was proven; then what was waived.

    At equal outcome what was proven stands before what was declared.
    """
    everything: list[CheckView | DeclaredRow] = [*views, *rows]
    red = [row for row in everything if row.outcome.makes_red]
    calm = sorted((view for view in views if not view.outcome.makes_red), key=_how_good)
    return [*sorted(red, key=_how_good), *calm, *(row for row in rows if not row.outcome.makes_red)]


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("seatrial.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["one_line"] = one_line
    return environment
