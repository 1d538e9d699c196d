"""Protected routes, asked with the right token and with wrong ones. No token is recorded."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

from seatrial.harness.context import Context
from seatrial.harness.measuring import measurement
from seatrial.model.authentication import Authentication, ProtectedRoute, TokenFrom
from seatrial.model.measurement import Measurement
from seatrial.model.system import Journey, System
from seatrial.model.tokens import KINDS, RIGHT, Asked, TokensMade
from seatrial.traffic.http import Http, NoAnswer
from seatrial.traffic.journey import SAFE_METHODS, CompiledJourney, compile_journey
from seatrial.traffic.template import Fill
from seatrial.traffic.tokens import expires_at, wrong_tokens

TIMES = 3
"""How often each is asked, over connections of their own: replicas of a gateway may differ."""
EACH_SECONDS = 5.0


@dataclass(frozen=True)
class Asker:
    """Asks one route with any token.

    Attributes:
        name: method and path, as the system file writes them.
        own: the token that the route itself names; empty for none.
    """

    http: Http
    name: str
    route: CompiledJourney
    authentication: Authentication
    own: str = ""

    def ask(self, token: str) -> int | str:
        """The status of the answer, or why there was none. An empty token is left out."""
        path, headers, body = self.route.request_of(Fill(0, Random()))
        left_out = self.authentication.header.lower()
        sent = {name: value for name, value in headers.items() if name.lower() != left_out}
        sent |= {self.authentication.header: self.authentication.sent(token)} if token else {}
        try:
            return self.http.request(
                self.route.method, path, headers={**sent, "Connection": "close"},
                content=body.encode("latin-1") if body else None, timeout_seconds=EACH_SECONDS,
            ).status  # fmt: skip
        except NoAnswer as error:
            return error.what


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


def token_of(place: TokenFrom | None) -> tuple[str, str]:
    """A token and why it could not be had; both are empty where no place is named."""
    if place is None:
        return "", ""
    try:
        found = os.environ[place.env] if place.env is not None else Path(place.file or "").read_text("ascii")
    except KeyError:
        return "", f"the environment has no variable {place.env}"
    except (OSError, UnicodeDecodeError) as error:
        return "", f"{place.file} cannot be read: {error}"
    token = found.strip()
    if not token or not token.isprintable():
        return "", f"{place.env or place.file} holds no token"
    return token, ""


def right_token(authentication: Authentication, askers: Sequence[Asker]) -> tuple[str, str]:
    """The right token, the one that is named or else a route's own; and why it is of no use, else empty."""
    if authentication.token is None:
        return next((each.own for each in askers if each.own), ""), ""
    token, unread = token_of(authentication.token)
    ends = expires_at(token)
    if ends is not None and ends < time.time():
        return "", f"it expired {time.time() - ends:.0f} s ago"
    return token, unread


def asker_of(http: Http, system: System, route: ProtectedRoute) -> Asker:
    """Asks a protected route. Raises BadInput: a template of its request cannot be filled."""
    authentication = system.entry.authentication
    assert authentication is not None
    if route.journey is not None:
        spec = system.journeys[route.journey]
    else:
        assert route.request is not None  # one of both is there
        spec = Journey(request=route.request, expect=route.expect)
    compiled = compile_journey(route.journey or spec.request.path, spec)
    _, headers, _ = compiled.request_of(Fill(0, Random()))
    named = [value for name, value in headers.items() if name.lower() == authentication.header.lower()]
    own = next(iter(named), "").removeprefix(authentication.scheme).strip()
    return Asker(http, f"{spec.request.method} {spec.request.path}", compiled, authentication, own)


def _asked(asker: Asker, wrong: dict[str, str], right: str, why: str) -> Iterator[Measurement]:
    control = [(RIGHT, right)] if right else []
    for kind, token in (*control, *wrong.items(), *control):
        began_at = time.monotonic()
        answers = [why] if why else [asker.ask(token) for _ in range(TIMES)]
        statuses = tuple(answer for answer in answers if isinstance(answer, int))
        lost = next((answer for answer in answers if isinstance(answer, str)), "")
        asked = Asked(asker.name, kind, statuses, tuple(sorted(asker.route.expected)), lost)
        yield asked.measurement(began_at, time.monotonic())
