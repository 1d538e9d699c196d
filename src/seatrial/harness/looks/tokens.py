"""Protected routes, asked with the right token and with wrong ones. No token is recorded."""

from __future__ import annotations

import time
from collections.abc import Iterator

from seatrial.harness.asking import Asker, asker_of, right_token, token_of
from seatrial.harness.context import Context
from seatrial.harness.measuring import measurement
from seatrial.model.measurement import Measurement
from seatrial.model.tokens import KINDS, RIGHT, Asked, TokensMade
from seatrial.traffic.journey import SAFE_METHODS
from seatrial.traffic.tokens import wrong_tokens

TIMES = 3
"""How often each is asked: replicas of a gateway may differ."""


@measurement("wrong-tokens")
def asked_with_tokens(context: Context, within_seconds: float) -> Iterator[Measurement]:
    """Each protected route: with the right token, with each wrong one, and with the right one again.

    One that changes something is asked only where there is consent.
    """
    system, ends_at = context.session.system, time.monotonic() + within_seconds
    authentication = system.entry.authentication
    assert authentication is not None  # the need `protected` says so
    with context.session.http() as http:
        askers = [asker_of(http, system, route) for route in authentication.protected]
        right, unread = right_token(authentication, askers)
        expired, _ = token_of(authentication.expired)
        made, lacking = wrong_tokens(right, expired, time.time())
        found = TokensMade(bool(right or unread), unread, lacking)
        yield found.measurement(time.monotonic())
        for asker in askers:
            why = "" if asker.route.method in SAFE_METHODS else context.session.consent_gap()
            if time.monotonic() > ends_at:
                why = f"{within_seconds:g} s were over"
            yield from _asked(asker, {kind: made[kind] for kind in KINDS if kind in made}, right, why)


def _asked(asker: Asker, wrong: dict[str, str], right: str, why: str) -> Iterator[Measurement]:
    control = [(RIGHT, right)] if right else []
    for kind, token in (*control, *wrong.items(), *control):
        began_at = time.monotonic()
        answers = [why] if why else [asker.ask(token) for _ in range(TIMES)]
        statuses = tuple(answer.status for answer in answers if not isinstance(answer, str))
        lost = next((answer for answer in answers if isinstance(answer, str)), "")
        asked = Asked(asker.name, kind, statuses, tuple(sorted(asker.route.expected)), lost)
        yield asked.measurement(began_at, time.monotonic())
