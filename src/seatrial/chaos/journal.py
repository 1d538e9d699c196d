"""What a Chaos Toolkit journal really says: pure, and stricter than the tool's own exit code.

`chaos run` calls a run completed, exit code 0, when the steady state was not met before the method, when an
action raised, when a rollback failed and when the steady state broke during the method (DESIGN section 9).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from seatrial.model.verdict import Outcome, Verdict, merge

CUT_SHORT = ("interrupted", "aborted")
_ALLOWED = "every activity succeeds, and the steady state holds before, during and after"


def journal_verdict(journal: Mapping[str, Any]) -> Verdict:
    """The worst that the journal holds; PASSED when nothing is wrong in it.

    An action, a rollback or a probe that did not succeed is an ERROR, as is a steady state not met before;
    one not met during or after is FAILED.
    """
    found = list(_findings(journal))
    if found:
        return merge(found)
    return Verdict(Outcome.PASSED, "every activity of the experiment succeeded", _ALLOWED)


def _findings(journal: Mapping[str, Any]) -> Iterator[Verdict]:
    status = journal.get("status")
    if status in CUT_SHORT:
        yield _error(f"the experiment was {status}", "Run it again to its end.")
    states = journal.get("steady_states") or {}
    before = states.get("before")
    if before is None:
        yield _error("no steady state was verified before the method", "Give the experiment a hypothesis.")
    else:
        yield from _hypothesis(before, "before", Outcome.ERROR)
    for state in _listed(states.get("during")):
        yield from _hypothesis(state, "during", Outcome.FAILED)
    if states.get("after") is not None:
        yield from _hypothesis(states["after"], "after", Outcome.FAILED)
    if not journal.get("run"):
        yield _error("the method did not run", "See why in the lines above, or in chaostoolkit.log.")
    yield from _activities(journal.get("run"), "activity")
    yield from _activities(journal.get("rollbacks"), "rollback")


def _hypothesis(state: Mapping[str, Any], when: str, outcome: Outcome) -> Iterator[Verdict]:
    if state.get("steady_state_met") is True:
        return
    for probe in state.get("probes") or []:
        name = (probe.get("activity") or {}).get("name", "a probe")
        if probe.get("status") != "succeeded":
            yield _error(f"probe {name!r} failed {when} the method: {_reason(probe)}", "Correct the probe.")
        elif probe.get("tolerance_met") is False:
            yield Verdict(
                outcome, f"steady state not met {when} the method: {name!r} gave {probe.get('output')!r}",
                _ALLOWED, "Look at the failed requests on the page.",
            )  # fmt: skip


def _activities(runs: Any, word: str) -> Iterator[Verdict]:
    for run in _listed(runs):
        name = (run.get("activity") or {}).get("name", "?")
        # A run that was interrupted has no status at all.
        if run.get("status") != "succeeded":
            yield _error(f"{word} {name!r} did not succeed: {_reason(run)}", "")
        elif run.get("tolerance_met") is False:
            yield _error(f"{word} {name!r} was out of its tolerance: {run.get('output')!r}", "")


def _error(seen: str, next_step: str) -> Verdict:
    return Verdict(Outcome.ERROR, seen, _ALLOWED, next_step)


def _reason(run: Mapping[str, Any]) -> str:
    lines = [str(line).strip() for line in _listed(run.get("exception")) if str(line).strip()]
    return lines[-1] if lines else str(run.get("status", "interrupted"))


def _listed(value: Any) -> Sequence[Any]:
    if value is None:
        return ()
    return value if isinstance(value, list) else (value,)
