"""Histories from what a scenario recorded: its exchanges, and the measurements made after them.

Each function gives a `Built`: the history, and what had to be left out of it because nobody looked. A checker
would take an element that was never looked for to be lost; `judged` says inconclusive instead.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from seatrial.judge.consistency.bank import check_bank
from seatrial.judge.consistency.history import OK, History, Operation
from seatrial.judge.consistency.idempotency import check_idempotency
from seatrial.judge.consistency.writes import at_work
from seatrial.judge.disruption import of_the_subject
from seatrial.judge.evidence import FAULT_HELP, fault_weakness
from seatrial.judge.wording import plural
from seatrial.model.exchange import DROPPED, Exchange
from seatrial.model.measurement import INVARIANT, READ_BACK, SENT_AGAIN, Measurement, exchange_sent_again
from seatrial.model.observation import AFTER, BEFORE, Observation
from seatrial.model.verdict import Outcome, Verdict

MINIMUM_TRANSFERS = 50
MINIMUM_TRANSFERS_AT_WORK = 3


@dataclass(frozen=True)
class Built:
    """A history made of records.

    Attributes:
        left_out: what is not in it, each a sentence; then its absence of violations proves less.
    """

    history: History
    left_out: tuple[str, ...] = ()


def judged(built: Built, check: Callable[[History], Verdict]) -> Verdict:
    """The verdict of a checker; what was left out forbids that it has passed, never that it has failed."""
    verdict = check(built.history)
    if not built.left_out or verdict.outcome is not Outcome.PASSED:
        return replace(verdict, reasons=(*verdict.reasons, *built.left_out))
    return replace(
        verdict,
        outcome=Outcome.INCONCLUSIVE,
        observed=f"{verdict.observed}; {'; '.join(built.left_out)}",
        next_step="Record what is missing: more requests around the fault, and what each left behind.",
    )


def one_effect_each(observation: Observation) -> Verdict:
    """Whether every key of the subject's writes had one effect and one answer, sent again or not."""
    arm = observation.trouble
    again = [exchange_sent_again(one) for one in arm.measured(SENT_AGAIN)]
    mine = of_the_subject(observation).trouble
    sent = [*mine.warm_up, *mine.exchanges]
    return judged(idempotency_history([*sent, *again], arm.measurements), check_idempotency)


def idempotency_history(
    exchanges: Iterable[Exchange],
    measurements: Iterable[Measurement] = (),
    *,
    body_of: Callable[[Exchange], str] | None = None,
) -> Built:
    """Calls by idempotency key, and how many effects each key was found to have; for `check_idempotency`.

    A look by the key itself counts all its effects. Looks by answered ids count those that are known of: they
    show an effect that is lost and a key with two ids, but not a second effect whose id nobody was told.

    Args:
        exchanges: of journeys whose requests carry a key; those without one are left out.
        measurements: looks of kind "read-back", by key or by answered id.
        body_of: what tells bodies apart, such as a digest; without it all calls of a key have the same one.
    """
    sent = list(_sent(exchanges))
    keyed = [exchange for exchange in sent if exchange.key]
    looks = _looks(measurements)
    operations = [
        _operation(
            "call", exchange, {"body": body_of(exchange) if body_of else "", "answer": exchange.answer_id}
        )
        for exchange in keyed
    ]
    for key, identities in _identities(keyed).items():
        found = looks.get(key) or [look for identity in identities for look in looks.get(identity, ())]
        if found:
            operations.append(_effects(key, found))
    return Built(History(operations), _left_out(len(sent) - len(keyed), "request", "without a key"))


def money_is_conserved(observation: Observation) -> Verdict:
    """Whether the total that a journey with `conserves` moves is after the faults what it was before.

    A total that was not asked on both sides of the faults, too few transfers, or too few of them at work when
    a fault struck forbid a pass: a crash between two transfers shows little.
    """
    system, arm = observation.system, observation.trouble
    journey = system.conserving if system else ""
    if system is None or not journey:
        return Verdict(
            Outcome.UNSUPPORTED, "no journey of the system file moves something that has a total",
            "one constant total", "Name the invariant of the total under `conserves` of a journey.",
        )  # fmt: skip
    if weakness := fault_weakness(arm.faults):
        return Verdict(Outcome.ERROR, weakness, "one constant total", FAULT_HELP)
    name = system.journeys[journey].conserves or ""
    transfers = [one for one in arm.warm_up + arm.exchanges if one.journey == journey]
    built = bank_history(transfers, arm.measurements, invariant=name)
    unasked = [
        f"no total of {name} was read {step} the faults"
        for step in (BEFORE, AFTER)
        if not any(one.name == name and _total(one) is not None for one in arm.measured(INVARIANT, step))
    ]
    few = [
        f"{found} of {plural(needed, 'transfer')} {rest}"
        for found, needed, rest in (
            (sum(one.ok for one in transfers), MINIMUM_TRANSFERS, "acknowledged"),
            (at_work(transfers, arm.faults), MINIMUM_TRANSFERS_AT_WORK, "at work when a fault struck"),
        )
        if found < needed
    ]
    return judged(replace(built, left_out=(*built.left_out, *unasked, *few)), check_bank)


def bank_history(
    exchanges: Iterable[Exchange], measurements: Iterable[Measurement], *, invariant: str
) -> Built:
    """Requests that move money as transfers, and an invariant's answers as totals; for `check_bank`.

    Args:
        exchanges: of the journeys that move money.
        measurements: among them those of the invariant, before and after.
        invariant: its name. It answers one number, the total.
    """
    transfers = [_operation("transfer", one, one.key or str(one.sequence)) for one in _sent(exchanges)]
    asked = [one for one in measurements if one.kind == INVARIANT and one.name == invariant]
    reads = [
        Operation("read", total, one.began_at, one.ended_at)
        for one in asked
        if (total := _total(one)) is not None
    ]
    left_out = _left_out(len(asked) - len(reads), "answer", f"of {invariant} without a total")
    return Built(History([*transfers, *reads]), left_out)


def _sent(exchanges: Iterable[Exchange]) -> Iterator[Exchange]:
    """Those that left the generator: the others surely had no effect, and say nothing."""
    return (one for one in exchanges if one.error != DROPPED and one.sent_at is not None)


def _operation(kind: str, exchange: Exchange, value: Any) -> Operation:
    assert exchange.sent_at is not None
    answered = exchange.completed_at if exchange.outcome is OK else None
    key = exchange.key if kind == "call" else ""
    return Operation(kind, value, exchange.sent_at, answered, exchange.outcome, key)


def _looks(measurements: Iterable[Measurement]) -> dict[str, list[Measurement]]:
    """The looks that were answered, by the key or id that was looked for."""
    found: dict[str, list[Measurement]] = {}
    for one in measurements:
        if one.kind == READ_BACK and one.answered and one.value.get("copies") is not None:
            found.setdefault(one.name, []).append(one)
    return found


def _identities(exchanges: Iterable[Exchange]) -> dict[str, set[str]]:
    """The ids that were answered for each key."""
    found: dict[str, set[str]] = {}
    for one in exchanges:
        found.setdefault(one.key, set()).update({one.answer_id} - {""})
    return found


def _effects(key: str, looks: Sequence[Measurement]) -> Operation:
    """How many effects the last look for each identity found, together."""
    last: dict[str, Measurement] = {}
    for one in sorted(looks, key=lambda look: look.ended_at):
        last[one.name] = one
    count = sum(int(one.value["copies"]) for one in last.values())
    began, ended = min(one.began_at for one in last.values()), max(one.ended_at for one in last.values())
    return Operation("effects", count, began, ended, key=key)


def _total(one: Measurement) -> float | None:
    """The total that an invariant answered; None when it is no number."""
    answer = one.value.get("answer") if one.answered else None
    return answer if isinstance(answer, int | float) and not isinstance(answer, bool) else None


def _left_out(count: int, noun: str, rest: str) -> tuple[str, ...]:
    """A phrase unless the count is zero, e.g. `2 requests without a key`."""
    return (f"{plural(count, noun)} {rest}",) if count else ()
