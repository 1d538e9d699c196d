"""Safe retries: the same key sent again has one effect and one answer, and another body is refused.

Kinds: `call` (key: the idempotency key, value: {"body": .., "answer": ..}) and `effects` (key: the same,
value: how many effects were found afterwards).
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field

from seatrial.errors import BadInput
from seatrial.judge.consistency.finding import Finding, conclude
from seatrial.judge.consistency.history import FAILED, OK, History, Operation, check_kinds
from seatrial.judge.wording import plural
from seatrial.model.verdict import Verdict


@dataclass
class _Key:
    """All that was seen of one idempotency key."""

    calls: list[Operation] = field(default_factory=list)
    effects: list[Operation] = field(default_factory=list)

    @property
    def answered(self) -> list[Operation]:
        return [call for call in self.calls if call.outcome is OK]

    @property
    def retried(self) -> bool:
        return len(self.calls) > 1


def check_idempotency(history: History) -> Verdict:
    """Keys with several effects, an acknowledged effect that is absent, differing answers, or two bodies.

    A key whose calls were all refused must have no effect; one whose calls are unknown may have one. Without
    a retried key, or without a look at the effects, the verdict is unknown.

    Raises:
        BadInput: for an operation of another kind, or a value of another form.
    """
    check_kinds(history, ("call", "effects"), "idempotency")
    keys = _sort(history.operations)
    problems = {name: text for name, key in keys.items() if (text := _problem(key))}
    retried = sum(key.retried for key in keys.values())
    unseen = sum(bool(key.answered) and not key.effects for key in keys.values())
    doubts = []
    if not retried:
        doubts.append("no key was sent twice")
    if unseen:
        doubts.append(f"the effects of {plural(unseen, 'key')} were not looked for")
    first = next(iter(problems), None)
    kinds = {text: sum(other == text for other in problems.values()) for text in problems.values()}
    wrong = tuple(f"{plural(count, 'key')} {text}" for text, count in kinds.items())
    example = (*keys[first].calls[:5], *keys[first].effects[-1:]) if first is not None else ()
    return conclude(
        history,
        Finding(wrong, example, tuple(doubts)),
        allowed="one effect and one answer for each key, and a refusal of another body",
        seen=f"{plural(len(keys), 'key')}, {retried} sent more than once",
        remediation="Store key, body digest and answer in the effect's transaction; compare before acting.",
        numbers={"keys": len(keys), "retried": retried, "wrong_keys": len(problems)},
    )


def _sort(operations: Iterable[Operation]) -> dict[str, _Key]:
    keys: dict[str, _Key] = {}
    for operation in operations:
        key = keys.setdefault(operation.key, _Key())
        if operation.kind == "call":
            if not isinstance(operation.value, dict) or "body" not in operation.value:
                raise BadInput(f'a call has the value {{"body": .., "answer": ..}}, not {operation.value!r}')
            key.calls.append(operation)
        elif operation.outcome is OK:
            count = operation.value
            if isinstance(count, bool) or not isinstance(count, int) or count < 0:
                raise BadInput(f"`effects` counts them, unlike {count!r}")
            key.effects.append(operation)
    return keys


def _problem(key: _Key) -> str:
    answers = {json.dumps(call.value.get("answer"), sort_keys=True) for call in key.answered}
    bodies = {json.dumps(call.value["body"], sort_keys=True) for call in key.answered}
    counts = [operation.value for operation in key.effects]
    if any(count > 1 for count in counts):
        return "with more than one effect"
    if len(bodies) > 1:
        return "accepted with two bodies"
    if len(answers) > 1:
        return "answered in different ways"
    if counts and key.answered:
        acknowledged = min(call.end for call in key.answered)
        if any(o.value == 0 and o.invoked >= acknowledged for o in key.effects):
            return "acknowledged without an effect"
    if any(counts) and all(call.outcome is FAILED for call in key.calls):
        return "refused and yet with an effect"
    return ""
