"""The page of a run: one file, no script, nothing fetched."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from seatrial import __version__
from seatrial.errors import SeatrialError
from seatrial.record.reader import read_run
from seatrial.report import page, text
from seatrial.report.beside import recoveries
from seatrial.report.chart import build_chart
from seatrial.report.declared import shown_by
from seatrial.report.junit import write_junit
from seatrial.report.palette import DARK, LIGHT, variables
from seatrial.report.runjson import page_document, run_document, write_run_json
from seatrial.report.sarif import write_sarif
from seatrial.report.svg.faults import draw_recovery
from seatrial.report.view import RunView, view_of

_FOR_SCRIPT = str.maketrans({"<": "\\u003c", ">": "\\u003e", "&": "\\u0026"})


def build_report(directory: Path) -> Path:
    """Write `index.html`, `run.json`, `junit.xml` and `run.sarif` of the run in `directory` from its records.

    Works on old and on unfinished runs; returns the path of the page.

    Raises:
        SeatrialError: there is no run, or a file cannot be written.
    """
    return write_report(view_of(read_run(directory)))


def write_report(view: RunView) -> Path:
    """As `build_report`, of a run that was read already.

    Raises:
        SeatrialError: a file cannot be written.
    """
    directory, document = Path(view.run.directory), run_document(view)
    write_run_json(document, directory / "run.json")
    write_junit(view, directory / "junit.xml")
    write_sarif(view, directory / "run.sarif")
    path = directory / "index.html"
    try:
        path.write_text(render(view, page_document(document)), encoding="utf-8", errors="replace")
    except OSError as error:
        raise SeatrialError(f"the page cannot be written: {error.strerror}", where=str(path)) from None
    return path


def render(view: RunView, document: dict[str, Any]) -> str:
    """The page as text; `document` is the run for machines that stands in it."""
    embedded = json.dumps(document, separators=(",", ":")).translate(_FOR_SCRIPT)
    shown = _environment().get_template("page.html.j2").render(view=view, embedded=Markup(embedded))
    # Last, so that no text can be forgotten: characters that HTML forbids.
    return text.clean(shown)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("seatrial.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    formats = (text.one_line, text.count, text.duration, text.latency, text.moment, text.number)
    pictures = (build_chart, draw_recovery)
    words = (page.facts, page.stage_rows, page.figures, page.generator_cells, page.link, page.phase_words,
             page.wall_time, page.since, page.invariant_rows, shown_by, recoveries)  # fmt: skip
    environment.filters |= {function.__name__: function for function in (*formats, *pictures, *words)}
    environment.globals |= {
        "version": __version__,
        "light": Markup(variables(LIGHT)),
        "dark": Markup(variables(DARK)),
    }
    return environment
