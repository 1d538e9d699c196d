"""A storm of retries: copies of each write at once, later and around a crash, and other bodies. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import combinations

from seatrial.judge.consistency.from_exchanges import idempotency_history, judged
from seatrial.judge.consistency.idempotency import check_idempotency
from seatrial.judge.consistency.writes import at_work
from seatrial.judge.evidence import FAULT_HELP, fault_weakness
from seatrial.judge.wording import plural
from seatrial.model.exchange import Exchange, ExchangeOutcome
from seatrial.model.measurement import OTHER_BODY, Measurement, exchange_sent_again
from seatrial.model.observation import Observation
from seatrial.model.verdict import Outcome, Verdict

EXPECTED = "one effect and one answer for each key, and a refusal of another body"
LEAST_AT_ONCE = 20
LEAST_REPEATED = 20
LEAST_AT_WORK = 10
LEAST_OTHER = 5
AT_ONCE = "copies that were under way at the same time"
ELSEWHERE = "copies that different pods answered"
LATER = "copies that were sent one after the other"
HELP = {
    AT_ONCE: "Make looking for the key and keeping it one step: a unique key (or a lock), taken in the "
    "effect's own transaction, before the effect.",
    ELSEWHERE: "Keep keys with their answers where all pods see them, in the effect's transaction.",
    LATER: "Keep each key with its answer, in the effect's transaction, for longer than clients try again.",
}


def retries_are_safe(observation: Observation) -> Verdict:
    """Whether each key had one effect and one answer however it was sent, and no other body.

    Too few keys with copies at once, with answers to several copies, or at work when the fault struck, and
    other bodies that could not be tried, forbid a pass.
    """
    arm, system = observation.trouble, observation.system
    assert system is not None
    if weakness := fault_weakness(arm.faults):
        return Verdict(Outcome.ERROR, weakness, EXPECTED, FAULT_HELP)
    journey = system.idempotent_through(observation.target)
    sent = [e for e in (*arm.warm_up, *arm.exchanges) if e.journey == journey and e.sent_at is not None]
    tried = arm.measured(OTHER_BODY)
    others = [exchange_sent_again(one) for one in tried if one.value.get("fair")]
    another = frozenset(others)
    built = idempotency_history(
        [*sent, *others], arm.measurements, body_of=lambda one: "another" if one in another else "its own"
    )
    keys = _by_key(sent)
    numbers = {
        "keys_at_once": sum(_at_once(copies) for copies in keys.values()),
        "keys_answered_again": sum(sum(each.ok for each in copies) > 1 for copies in keys.values()),
        "copies_at_work_in_fault": at_work(sent, arm.faults),
        "other_bodies": len(others),
        "other_bodies_refused": sum(each.outcome is ExchangeOutcome.FAILED for each in others),
    }
    verdict = judged(replace(built, left_out=(*built.left_out, *_few(numbers, tried))), check_idempotency)
    numbers = {**verdict.numbers, **numbers}
    if verdict.outcome is not Outcome.FAILED:
        seen = (
            f"{verdict.observed}; {numbers['keys_at_once']} sent several times at once; copies at work in "
            f"the crash: {numbers['copies_at_work_in_fault']}; other bodies refused: "
            f"{numbers['other_bodies_refused']} of {len(others)}"
        )
        return replace(verdict, observed=seen, numbers=numbers)
    ways = Counter(filter(None, map(_apart, keys.values())))
    told = tuple(f"{plural(count, 'key')}: another answer to {way}" for way, count in ways.most_common())
    help_ = HELP[ways.most_common(1)[0][0]] if ways else verdict.next_step
    return replace(verdict, numbers=numbers, next_step=help_, reasons=(*told, *verdict.reasons))


def _by_key(sent: Iterable[Exchange]) -> Mapping[str, list[Exchange]]:
    found = defaultdict[str, list[Exchange]](list)
    for each in sent:
        if each.key:
            found[each.key].append(each)
    return found


def _few(numbers: Mapping[str, int], tried: Sequence[Measurement]) -> list[str]:
    """What was seen too little of, each a phrase."""
    wanted = (
        ("keys_at_once", LEAST_AT_ONCE, "keys were sent at once"),
        ("keys_answered_again", LEAST_REPEATED, "keys were answered more than once"),
        ("copies_at_work_in_fault", LEAST_AT_WORK, "copies were at work when the pod was killed"),
    )
    found = [f"{numbers[name]} of {least} {words}" for name, least, words in wanted if numbers[name] < least]
    if (refused := numbers["other_bodies_refused"]) < LEAST_OTHER:
        untried = next((one.reason for one in tried if not one.answered and one.reason), "")
        unfair = sum(one.answered and not one.value.get("fair") for one in tried)
        why = untried or (f"{unfair} were refused with a key of their own, too" if unfair else "")
        text = f"{refused} of {LEAST_OTHER} other bodies were surely refused"
        found.append(f"{text} ({why})" if why else text)
    return found


def _at_once(copies: Sequence[Exchange]) -> bool:
    return any(_overlap(one, other) for one, other in combinations(copies, 2))


def _overlap(one: Exchange, other: Exchange) -> bool:
    """Whether each was sent before the other one's answer came."""
    return all(
        first.completed_at is None or second.begun_at < first.completed_at
        for first, second in ((one, other), (other, one))
    )


def _apart(copies: Sequence[Exchange]) -> str:
    """Between which copies of one key the answers differ; empty when they do not."""
    answered = [each for each in copies if each.ok and each.answer_id]
    apart = [(a, b) for a, b in combinations(answered, 2) if a.answer_id != b.answer_id]
    if not apart:
        return ""
    if any(_overlap(one, other) for one, other in apart):
        return AT_ONCE
    elsewhere = all(one.backend and other.backend and one.backend != other.backend for one, other in apart)
    return ELSEWHERE if elsewhere else LATER
