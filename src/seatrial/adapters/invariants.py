"""Asks the invariants of the system file, by SQL through the store's adapter or by HTTP through the entry."""

from __future__ import annotations

import contextlib
import math
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from seatrial.adapters import CouldNotTry, Refused
from seatrial.adapters.store import Store, store_of
from seatrial.errors import SeatrialError, WaitExpired
from seatrial.kube.client import Kube
from seatrial.model.invariant import HttpQuestion, Invariant
from seatrial.model.measurement import INVARIANT, Measurement, MeasurementOutcome
from seatrial.model.system import System
from seatrial.traffic.http import Http, NoAnswer
from seatrial.traffic.template import with_environment
from seatrial.waiting import NotYet, Ready, eventually

AT_MOST_ROWS = 20
"""Rows of a violation that are kept; people look at the first few."""
EVERY_SECONDS = 0.5
ROUND_SECONDS = 30.0
"""How long a last round of questions may take beyond the time to converge."""

Ask = Callable[[Invariant], Mapping[str, Any]]


def measure_invariants(
    system: System, kube: Kube, http: Http, *, within_seconds: float = math.inf, step: str = ""
) -> list[Measurement]:
    """Ask each invariant of the system once, and what does not hold again until it does or its time is over.

    All of them converge at the same time: it takes as long as the slowest, not as long as all together.

    Args:
        http: requests to the system's entry.
        within_seconds: bounds the `converge_seconds` of each; 0 asks each once, as before a disruption.
        step: path of the step of the scenario that asks.

    Returns:
        one measurement for each invariant, in their order; the last answer stands.
    """
    stores: dict[str, Store] = {}

    def ask(invariant: Invariant) -> Mapping[str, Any]:
        if invariant.http is not None:
            return ask_http(invariant.http, http)
        for name in invariant.stores:
            if name not in stores:
                stores[name] = store_of(system, kube, name)
        return ask_sql(invariant, stores)

    return converge(system.invariants, ask, within_seconds=within_seconds, step=step)


def converge(
    invariants: Sequence[Invariant], ask: Ask, *, within_seconds: float, step: str = ""
) -> list[Measurement]:
    """Ask in rounds until each invariant holds or its time is over."""
    began = time.monotonic()
    bounds = {one.name: min(one.converge_seconds, within_seconds) for one in invariants}
    last: dict[str, Measurement] = {}

    def pending(invariant: Invariant) -> bool:
        before = last.get(invariant.name)
        if before is None:
            return True
        return not before.value.get("holds") and before.began_at - began < bounds[invariant.name]

    def round_over() -> Ready[bool] | NotYet:
        due = [invariant for invariant in invariants if pending(invariant)]
        for invariant in due:
            last[invariant.name] = measure(invariant, ask, step=step)
        waiting = [invariant.name for invariant in due if pending(invariant)]
        return NotYet(f"{', '.join(waiting)} may still come to hold") if waiting else Ready(True)

    with contextlib.suppress(WaitExpired):  # a store that hangs: what it last said stands
        eventually(
            round_over,
            within_seconds=max(bounds.values(), default=0.0) + ROUND_SECONDS,
            what="invariants hold",
            every_seconds=EVERY_SECONDS,
        )
    return [last[invariant.name] for invariant in invariants]


def measure(invariant: Invariant, ask: Ask, *, step: str = "") -> Measurement:
    """Ask one invariant once. What keeps it from being answered becomes the measurement's reason."""
    began_at = time.monotonic()
    value: dict[str, Any] = {"requirement": invariant.requirement}
    outcome, reason = MeasurementOutcome.ANSWERED, ""
    try:
        value |= ask(invariant)
    except (Refused, NoAnswer) as error:
        outcome, reason = MeasurementOutcome.REFUSED, _words(error)
    except SeatrialError as error:
        outcome, reason = MeasurementOutcome.COULD_NOT_TRY, _words(error)
    return Measurement(INVARIANT, invariant.name, began_at, time.monotonic(), outcome, value, reason, step)


def ask_sql(invariant: Invariant, stores: Mapping[str, Store]) -> Mapping[str, Any]:
    """The answer of the store and whether it means that the invariant holds.

    Args:
        stores: by the name of their capability.
    """
    assert invariant.sql is not None
    assert invariant.database is not None
    # One row more than is kept tells that there are more.
    limit = AT_MOST_ROWS + 1
    found = stores[invariant.store].query(invariant.sql, database=invariant.database, at_most_rows=limit)
    value = {"rows": found[:AT_MOST_ROWS], "more_rows": len(found) > AT_MOST_ROWS}
    if not invariant.has_answer and invariant.same_as is None:
        return {"holds": not found, **value, "expected": "no row"}
    wanted = invariant.equals
    if (other := invariant.same_as) is not None:
        wanted = stores[other.store or invariant.store].query(
            other.sql, database=other.database, at_most_rows=limit
        )
        if max(len(found), len(wanted)) > AT_MOST_ROWS:
            raise CouldNotTry(
                f"more than {AT_MOST_ROWS} rows cannot be compared",
                next_step="let both queries answer a count and a digest, e.g. md5(string_agg(...))",
            )
    answer = answer_of(found, wanted)
    return {"holds": same(answer, wanted), **value, "answer": answer, "expected": wanted}


def ask_http(question: HttpQuestion, http: Http) -> Mapping[str, Any]:
    """The answer through the entry and whether it means that the invariant holds."""
    headers = {
        name: with_environment(value, where=f"header {name}") for name, value in question.headers.items()
    }
    answer = http.request("GET", question.path, headers=headers)
    wanted = sorted(question.expect.statuses)
    expected: dict[str, Any] = {"status": wanted[0] if len(wanted) == 1 else wanted}
    found: dict[str, Any] = {"status": answer.status}
    holds = answer.status in question.expect.statuses
    if question.expect.fields and holds:
        try:
            content = answer.json()
        except SeatrialError:
            content = None
        for path, value in question.expect.fields.items():
            expected[path], found[path] = value, field_of(content, path)
            holds = holds and same(found[path], value)
    return {"holds": holds, "rows": [], "answer": found, "expected": expected}


def answer_of(rows: Sequence[Mapping[str, Any]], wanted: Any) -> Any:
    """Rows in the form of what is wanted: a list of rows, one row, or the only value of the only row."""
    if isinstance(wanted, list):
        return [dict(row) for row in rows]
    if len(rows) == 1:
        values = list(rows[0].values())
        if isinstance(wanted, dict):
            return dict(rows[0])
        if len(values) == 1:
            return values[0]
    return [dict(row) for row in rows]


def field_of(content: Any, path: str) -> Any:
    """The value under a dotted path of a JSON document; None when it is not there."""
    for part in path.split("."):
        if isinstance(content, dict):
            content = content.get(part)
        elif isinstance(content, list) and part.isdigit() and int(part) < len(content):
            content = content[int(part)]
        else:
            return None
    return content


def same(found: Any, wanted: Any) -> bool:
    """Whether two JSON values are equal: 1 and 1.0 are, 1 and true are not."""
    if isinstance(found, bool) or isinstance(wanted, bool):
        return found is wanted
    if isinstance(found, list) and isinstance(wanted, list):
        return len(found) == len(wanted) and all(map(same, found, wanted))
    if isinstance(found, dict) and isinstance(wanted, dict):
        return found.keys() == wanted.keys() and all(same(found[key], wanted[key]) for key in wanted)
    return bool(found == wanted)


def _words(error: SeatrialError) -> str:
    """An error on one line: what happened, where, and what to do."""
    where = f" ({error.where})" if error.where else ""
    return f"{error.what}{where}" + (f"; {error.next_step}" if error.next_step else "")
