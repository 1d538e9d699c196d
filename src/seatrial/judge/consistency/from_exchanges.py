"""Histories from what a scenario recorded: its exchanges, and the measurements made after them.

Each function gives a `Built`: the history, and what had to be left out of it because nobody looked. A checker
would take an element that was never looked for to be lost; `judged` says inconclusive instead.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from seatrial.judge.consistency.history import OK, History, Operation
from seatrial.judge.consistency.idempotency import check_idempotency
from seatrial.judge.wording import plural
from seatrial.model.exchange import DROPPED, Exchange
from seatrial.model.measurement import READ_BACK, SENT_AGAIN, Measurement, exchange_sent_again
from seatrial.model.observation import Observation
from seatrial.model.verdict import Outcome, Verdict

LISTING = "listing"
"""Kind of a measurement that read all elements at once: `value` is {"elements": [...]}."""
INVARIANT = "invariant"


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
        next_step="Read back every write: give the journey an `acknowledged.read`, and more time to read.",
    )


def one_effect_each(observation: Observation) -> Verdict:
    """Whether every key of the subject's writes had one effect and one answer, sent again or not."""
    arm = observation.trouble
    again = [exchange_sent_again(one) for one in arm.measured(SENT_AGAIN)]
    mine = [e for e in arm.warm_up + arm.exchanges if e.journey == observation.journey]
    return judged(idempotency_history([*mine, *again], arm.measurements), check_idempotency)


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
    acknowledged = {exchange.key for exchange in keyed if exchange.outcome is OK}
    unseen = 0
    for key, identities in _identities(keyed).items():
        found = looks.get(key) or [look for identity in identities for look in looks.get(identity, ())]
        if found:
            operations.append(_effects(key, found))
        else:
            unseen += key in acknowledged
    keyless = len(sent) - len(keyed)
    return Built(
        History(operations),
        _told((keyless, "request", "without a key"), (unseen, "acknowledged key", "never looked for")),
    )


def set_history(
    exchanges: Iterable[Exchange], measurements: Iterable[Measurement], *, by: str = "answer_id"
) -> Built:
    """Writes as adds and the last looks as one final read, each listing as a read; for `check_set`.

    Args:
        exchanges: writes, all of them: what a listing holds beyond them is called unexpected.
        measurements: of kind "read-back", one for each write, or of kind "listing", with all elements.
        by: "answer_id" or "key": what an element is called in the measurements. All exchanges of one key are
            one element, for a retry is the same write.
    """
    sent = list(_sent(exchanges))
    measurements = list(measurements)
    name_of = {exchange.key: exchange.answer_id for exchange in sent if exchange.key and exchange.answer_id}

    def element(exchange: Exchange) -> str:
        own = exchange.answer_id or name_of.get(exchange.key, "") if by == "answer_id" else exchange.key
        return own or exchange.key or f"{exchange.journey} {exchange.sequence}"

    reads = [_listing(one) for one in measurements if one.kind == LISTING and one.answered]
    looks = _looks(measurements)
    if looks:
        last = {identity: max(found, key=lambda one: one.ended_at) for identity, found in looks.items()}
        reads.append(_final_read(last))
    adds = [_operation("add", exchange, element(exchange)) for exchange in sent]
    unread = 0
    if looks and len(reads) == 1:
        unread = sum(add.outcome is OK and add.value not in looks for add in adds)
        adds = [add for add in adds if add.outcome is not OK or add.value in looks]
    return Built(History([*adds, *reads]), _told((unread, "acknowledged write", "never read back")))


def bank_history(
    exchanges: Iterable[Exchange], measurements: Iterable[Measurement], *, invariant: str
) -> Built:
    """Requests that move money as transfers, and the answers of an invariant as snapshots; for `check_bank`.

    Args:
        exchanges: of the journeys that move money.
        measurements: among them those of the invariant, before and after.
        invariant: its name. It answers one number, the total, or rows of two columns: account and balance.
    """
    transfers = [_operation("transfer", one, one.key or str(one.sequence)) for one in _sent(exchanges)]
    asked = [one for one in measurements if one.kind == INVARIANT and one.name == invariant]
    snapshots = [(one, _balances(one)) for one in asked if one.answered]
    reads = [
        Operation("read", balances, one.began_at, one.ended_at) for one, balances in snapshots if balances
    ]
    return Built(
        History([*transfers, *reads]),
        _told((len(asked) - len(reads), "answer", f"of {invariant} without balances")),
    )


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


def _listing(one: Measurement) -> Operation:
    return Operation("read", list(one.value.get("elements") or ()), one.began_at, one.ended_at)


def _final_read(last: Mapping[str, Measurement]) -> Operation:
    """All last looks as one read. It began when the last of them ended: nothing was written in between."""
    present = [identity for identity, one in last.items() for _ in range(int(one.value["copies"]))]
    moment = max(one.ended_at for one in last.values())
    return Operation("read", present, moment, moment)


def _balances(one: Measurement) -> dict[str, float]:
    """The snapshot that an invariant answered; empty when it is none."""
    answer = one.value.get("answer")
    if isinstance(answer, int | float) and not isinstance(answer, bool):
        return {"total": answer}
    balances = {}
    for row in one.value.get("rows") or ():
        account, balance = (*row.values(), None, None)[:2] if len(row) == 2 else (None, None)
        if not isinstance(account, str) or isinstance(balance, bool) or not isinstance(balance, int | float):
            return {}
        balances[account] = balance
    return balances


def _told(*counted: tuple[int, str, str]) -> tuple[str, ...]:
    """A phrase for each count that is not zero, e.g. `2 acknowledged writes never read back`."""
    return tuple(f"{plural(count, noun)} {rest}" for count, noun, rest in counted if count)
