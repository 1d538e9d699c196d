"""A run as SARIF 2.1.0, so that a code host shows what is red beside the files that describe the system."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from seatrial.errors import SeatrialError
from seatrial.model.verdict import CheckResult, Mode, Outcome
from seatrial.report.sarif_form import document, in_words, location
from seatrial.report.sentences import Trouble
from seatrial.report.text import one_line
from seatrial.report.view import RunView

_PLACE = re.compile(r"(?P<file>[^,\n]+):(?P<line>[1-9]\d*) (?P<path>\S+)")
"""As a declared rule names a place in a file. One on a live object has no file."""
_NO_FILE = "seatrial.yaml"
_LEVELS = {Outcome.FAILED: "error", Outcome.ERROR: "warning", Outcome.INCONCLUSIVE: "warning"}
"""A check that could not tell is no flaw of the system; it is a result all the same, since it is no pass."""


def write_sarif(view: RunView, path: Path) -> None:
    """Write the run as SARIF.

    Raises:
        SeatrialError: the file cannot be written.
    """
    try:
        path.write_text(sarif(view), encoding="utf-8")
    except OSError as error:
        raise SeatrialError(f"{path.name} cannot be written: {error.strerror}", where=str(path)) from None


def sarif(view: RunView) -> str:
    """The same as text: what is red, what was waived (suppressed), and what else forbids a pass.

    What has no place of its own, as everything that was proven, stands at the head of the system file: a code
    host shows no result without a place.
    """
    source = one_line(str(view.run.system.get("source") or _NO_FILE))
    told = [result for result in view.run.results if result.verdict.outcome in _LEVELS or _is_waived(result)]
    requirements = {one_line(result.check): result.requirement for result in told}
    requirements |= {_rule_of(trouble): "A run MUST be whole." for trouble in view.troubles}
    order = {rule: index for index, rule in enumerate(requirements)}
    results = [
        *(_result(result, order[one_line(result.check)], source) for result in told),
        *(_trouble(trouble, order[_rule_of(trouble)], source) for trouble in view.troubles),
    ]
    rules = [_rule(rule, requirement) for rule, requirement in requirements.items()]
    return document(
        "seatrial", rules, results, exit_code=view.exit_code,
        notifications=[_notification(trouble) for trouble in view.troubles],
    )  # fmt: skip


def _rule(rule: str, requirement: str) -> dict[str, Any]:
    return {"id": rule, "name": in_words(rule), "shortDescription": {"text": one_line(requirement) or rule}}


def _is_waived(result: CheckResult) -> bool:
    return result.mode is Mode.DECLARED and result.verdict.outcome is Outcome.SKIPPED


def _result(result: CheckResult, index: int, source: str) -> dict[str, Any]:
    verdict, check, subject = result.verdict, one_line(result.check), one_line(result.subject) or "system"
    told = (
        (f"{verdict.outcome} on {subject}", verdict.observed),
        ("Expected", verdict.expected),
        ("Next", verdict.next_step),
    )
    sentences = [f"{label}: {text.rstrip('.')}." for label, text in told if text]
    written: dict[str, Any] = {
        "ruleId": check,
        "ruleIndex": index,
        "level": _LEVELS.get(verdict.outcome, "note"),
        "message": {"text": one_line(" ".join(sentences), 2000)},
        "locations": list(_places(result, subject, source)),
        "partialFingerprints": {"seatrial/v1": f"{check}|{subject}"},
    }
    if _is_waived(result):
        written["suppressions"] = [
            {"kind": "external", "status": "accepted", "justification": one_line(verdict.observed, 1000)}
        ]
    return written


def _places(result: CheckResult, subject: str, source: str) -> Iterator[dict[str, Any]]:
    reasons = result.verdict.reasons if result.mode is Mode.DECLARED else ()
    found = [_PLACE.fullmatch(one_line(reason)) for reason in reasons]
    named = [place for place in found if place is not None]
    for place in named:
        yield location(place["file"], int(place["line"]), 1, f"{subject}/{place['path']}")
    if not named:
        yield location(source, 1, 1, subject)


def _rule_of(trouble: Trouble) -> str:
    return f"run.{trouble.kind}"


def _trouble(trouble: Trouble, index: int, source: str) -> dict[str, Any]:
    return {
        "ruleId": _rule_of(trouble),
        "ruleIndex": index,
        "level": "error",
        "message": {"text": one_line(trouble.sentence, 2000)},
        "locations": [location(source, 1, 1, "run")],
        "partialFingerprints": {"seatrial/v1": f"{_rule_of(trouble)}|{one_line(trouble.name)}"},
    }


def _notification(trouble: Trouble) -> dict[str, Any]:
    return {"level": "error", "message": {"text": one_line(trouble.sentence, 2000)}}
