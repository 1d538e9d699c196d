"""How a locustfile's load gets into Locust: its options, and a session when Locust begins."""

from __future__ import annotations

import sys
from typing import Any

import locust
from locust.env import Environment

from seatrial.errors import SeatrialError
from seatrial.load.plan import LoadPlan
from seatrial.load.wiring import LoadSession

_installed: list[type[LoadPlan]] = []


def install(user: type[LoadPlan], session: type[LoadSession]) -> None:
    """Register the one load of a locustfile with Locust's events."""
    if _installed:
        sys.stderr.write(f"one OpenUser per locustfile: {_installed[0].__name__} and {user.__name__}\n")
        sys.exit(1)
    _installed.append(user)

    def add_options(parser: Any) -> None:
        session.add_options(parser, user)

    def begin(environment: Environment, web_ui: Any, **_: Any) -> None:
        try:
            session(environment, user, headless=web_ui is None)
        except SeatrialError as error:
            sys.stderr.write(f"{error}\n")
            sys.exit(1)

    events: Any = locust.events
    events.init_command_line_parser.add_listener(add_options)
    events.init.add_listener(begin)
