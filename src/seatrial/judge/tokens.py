"""Whether protected routes refuse whoever shows no right token. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from seatrial.judge.wording import plural
from seatrial.model.authentication import Authentication
from seatrial.model.observation import Observation
from seatrial.model.tokens import (
    ASKED,
    CHANGED,
    EXPIRED,
    FOREIGN,
    KINDS,
    MADE,
    MALFORMED,
    NONE,
    RIGHT,
    UNSIGNED,
    Asked,
    TokensMade,
)
from seatrial.model.verdict import Outcome, Verdict

EXPECTED = "each protected route refuses every request without the right token, and answers those with it"


def authentication_is_required(observation: Observation) -> Verdict:
    """Whether every protected route refused each wrong token while it admitted the right one.

    A wrong token that is admitted has failed, whatever else is known. A route that did not admit the right
    one, before and after, was not tried: that it refuses the others says nothing.
    """
    assert observation.system is not None
    declared = observation.system.entry.authentication
    assert declared is not None  # the need `protected` says so
    known = [TokensMade.of(look) for look in observation.trouble.measured(MADE) if look.value]
    asked = [Asked.of(look) for look in observation.trouble.measured(ASKED) if look.value]
    if not known or not asked:
        return Verdict(Outcome.INCONCLUSIVE, "no route was asked", EXPECTED)
    (made,), routes = known, list(dict.fromkeys(one.route for one in asked))
    wrong = [one for one in asked if one.token != RIGHT]
    admitted = [one for one in wrong if _admitted(one, declared)]
    numbers = {
        "routes": len(routes), "kinds_tried": len({one.token for one in wrong if one.statuses}),
        "requests_with_wrong_tokens": sum(len(one.statuses) for one in wrong),
        "admitted": sum(_admitted(one, declared) for one in wrong),
    }  # fmt: skip
    reasons = tuple(f"not tried: {kind}, {why}" for kind, why in made.lacking.items())
    if admitted:
        text = "; ".join(_let_in(route, asked, declared) for route in routes if _of(admitted, route))
        return Verdict(Outcome.FAILED, text, EXPECTED, _advice(admitted, wrong), numbers, reasons)
    if doubts := list(_doubts(made, asked, declared)):
        return Verdict(Outcome.INCONCLUSIVE, "; ".join(doubts), EXPECTED, _next(made), numbers, reasons)
    kinds = [kind for kind in KINDS if any(one.token == kind for one in wrong)]
    codes = ", ".join(map(str, sorted({status for one in wrong for status in one.statuses})))
    control = (
        "each admitted the right one before and after" if made.declared
        else "whether they admit a right one is not known, for none is named"
    )  # fmt: skip
    text = (
        f"{plural(len(routes), 'route')} refused {', '.join(kinds)} "
        f"({plural(numbers['requests_with_wrong_tokens'], 'request')}, status {codes}); {control}"
    )
    return Verdict(Outcome.PASSED, text, EXPECTED, "", numbers, reasons)


def _of(asked: Sequence[Asked], route: str) -> list[Asked]:
    return [one for one in asked if one.route == route]


def _admitted(one: Asked, declared: Authentication) -> int:
    """How many of its answers are such as the right token is given, or any other success."""
    good = (*one.expected, *range(200, 300))
    return sum(status in good and status not in declared.refused_with for status in one.statuses)


def _let_in(route: str, asked: Sequence[Asked], declared: Authentication) -> str:
    """What a route admitted, and which flaw that shows."""
    tried = [one for one in _of(asked, route) if one.token != RIGHT and one.statuses]
    let_in = {one.token: one for one in tried if _admitted(one, declared)}
    some = [one for one in let_in.values() if _admitted(one, declared) < len(one.statuses)]
    codes = ", ".join(map(str, sorted({status for one in let_in.values() for status in one.statuses})))
    words = f"{route} answered {', '.join(let_in)} with {codes}: {_flaw(let_in, len(tried))}"
    if some:
        words += f" ({_admitted(some[0], declared)} of {len(some[0].statuses)} times: its replicas differ)"
    return words


def _flaw(let_in: Mapping[str, Asked], tried: int) -> str:
    if len(let_in) == tried:
        return "no rule protects it"
    if NONE in let_in:
        return "a token is looked at where one is shown, and whoever shows none is let in"
    if MALFORMED in let_in:
        return "whether a token is one is not looked at"
    if {FOREIGN, CHANGED, UNSIGNED} & let_in.keys():
        return "its signature is not verified"
    return "when it ends is not looked at"


def _advice(admitted: Sequence[Asked], wrong: Sequence[Asked]) -> str:
    kinds, routes = {one.token for one in admitted}, {one.route for one in admitted}
    if NONE in kinds and routes != {one.route for one in wrong}:
        return (
            "Let the rule match by a prefix that holds all protected routes, and deny by default, so that a "
            "new route is protected before anybody thinks of it."
        )
    if NONE in kinds:
        return "Let the gateway require a token there, not only verify the one that it is shown."
    if kinds == {EXPIRED}:
        return "Verify `exp`, with a leeway of seconds for clocks that differ."
    return "Verify signatures with the issuer's keys, and accept only the algorithms that it uses."


def _doubts(made: TokensMade, asked: Sequence[Asked], declared: Authentication) -> Iterator[str]:
    """Why that every wrong token was refused says nothing here."""
    if made.unread:
        yield f"the right token could not be shown, {made.unread}, so what is refused without it says nothing"
    for one in asked:
        if one.lost:
            yield f"{one.route} could not be tried with {one.token}: {one.lost}"
            continue
        fine = one.expected if one.token == RIGHT else declared.refused_with
        odd = sorted({status for status in one.statuses if status not in fine})
        if not odd:
            continue
        codes = ", ".join(map(str, odd))
        if one.token == RIGHT:
            yield f"{one.route} answered the right token with {codes}, so that it refuses others says nothing"
        else:
            yield f"{one.route} answered {one.token} with {codes}, which is no refusal"


def _next(made: TokensMade) -> str:
    if made.unread:
        return "Let `entry.authentication.token` name a token that is valid while the check runs."
    return (
        "Correct the route's `expect`, or name in `entry.authentication.refused_with` what a refusal is "
        "answered with here."
    )
