"""Single requests that the system file describes, with any token. No token is recorded."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

from seatrial.model.authentication import Authentication, TokenFrom
from seatrial.model.route import Route
from seatrial.model.system import Journey, System
from seatrial.traffic.http import Answer, Http, NoAnswer
from seatrial.traffic.journey import CompiledJourney, compile_journey
from seatrial.traffic.template import Fill
from seatrial.traffic.tokens import expires_at

EACH_SECONDS = 5.0


@dataclass(frozen=True)
class Asker:
    """Asks one route with any token, over a connection of its own each time: replicas may differ.

    Attributes:
        name: method and path, as the system file writes them.
        authentication: how a token is shown; None where the system file does not say.
        own: the token that the route itself names; empty for none.
    """

    http: Http
    name: str
    route: CompiledJourney
    authentication: Authentication | None
    own: str = ""

    def ask(self, token: str) -> Answer | str:
        """The answer, or why there was none. An empty token is left out."""
        path, headers, body = self.route.request_of(Fill(0, Random()))
        if shown := self.authentication:
            headers = {name: value for name, value in headers.items() if name.lower() != shown.header.lower()}
            headers |= {shown.header: shown.sent(token)} if token else {}
        try:
            return self.http.request(
                self.route.method, path, headers={**headers, "Connection": "close"},
                content=body.encode("latin-1") if body else None, timeout_seconds=EACH_SECONDS,
            )  # fmt: skip
        except NoAnswer as error:
            return error.what


def asker_of(http: Http, system: System, route: Route) -> Asker:
    """Asks a route of the system file. Raises BadInput: a template of its request cannot be filled."""
    shown = system.entry.authentication
    if route.journey is not None:
        spec = system.journeys[route.journey]
    else:
        assert route.request is not None  # one of both is there
        spec = Journey(request=route.request, expect=route.expect)
    compiled = compile_journey(route.journey or spec.request.path, spec)
    own = ""
    if shown is not None:
        _, headers, _ = compiled.request_of(Fill(0, Random()))
        named = [value for name, value in headers.items() if name.lower() == shown.header.lower()]
        own = next(iter(named), "").removeprefix(shown.scheme).strip()
    return Asker(http, name_of(system, route), compiled, shown, own)


def name_of(system: System, route: Route) -> str:
    """What a route is called: method and path, as the system file writes them."""
    request = route.request or system.journeys[route.journey or ""].request
    return f"{request.method} {request.path}"


def right_token(shown: Authentication | None, askers: Sequence[Asker]) -> tuple[str, str]:
    """The right token, the one that is named or else a route's own; and why it is of no use, else empty."""
    if shown is None or shown.token is None:
        return next((each.own for each in askers if each.own), ""), ""
    token, unread = token_of(shown.token)
    ends = expires_at(token)
    if ends is not None and ends < time.time():
        return "", f"it expired {time.time() - ends:.0f} s ago"
    return token, unread


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
