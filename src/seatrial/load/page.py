"""A tab of Locust's page: what was planned and what became of it, with percentiles from the planned times."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from flask import request

if TYPE_CHECKING:
    from locust.env import Environment

KEY = "open-model"
TITLE = "Planned and sent"
STATS = "/stats/requests"
CSV = "/seatrial/open-model.csv"
COLUMNS = {
    "name": "Journey",
    "planned": "Planned",
    "sent": "Sent",
    "ended": "Completed",
    "failed": "Failed",
    "late": "Late",
    "dropped": "Dropped",
    "p50_ms": "50% from planned time (ms)",
    "p90_ms": "90% (ms)",
    "p99_ms": "99% (ms)",
    "p999_ms": "99.9% (ms)",
    "sent_p99_ms": "99% from sending (ms)",
}

Rows = Callable[[], Sequence[Mapping[str, Any]]]


def add_tab(environment: Environment, rows: Rows) -> None:
    """Add the tab, and a link to the same as CSV. `rows` is asked whenever the page asks for its numbers."""
    page = environment.web_ui
    assert page is not None
    structure = [{"key": key, "title": title} for key, title in COLUMNS.items()]
    page.template_args["extended_tabs"] = [{"title": TITLE, "key": KEY}]
    page.template_args["extended_tables"] = [{"key": KEY, "structure": structure}]
    page.template_args["extended_csv_files"] = [{"href": f".{CSV}", "title": f"Download {TITLE.lower()} CSV"}]

    def with_rows(answer: Any) -> Any:
        if request.path.endswith(STATS) and answer.status_code == 200 and answer.is_json:
            own = [{"key": KEY, "data": rows()}]
            answer.set_data(json.dumps({**answer.get_json(), "extended_stats": own}))
        return answer

    app: Any = page.app
    app.after_request(with_rows)
    app.add_url_rule(CSV, "seatrial-open-model", lambda: (as_csv(rows()), {"Content-Type": "text/csv"}))


def as_csv(rows: Sequence[Mapping[str, Any]]) -> str:
    """The rows with the titles of their columns."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(COLUMNS.values())
    writer.writerows([row.get(key, "") for key in COLUMNS] for row in rows)
    return text.getvalue()
