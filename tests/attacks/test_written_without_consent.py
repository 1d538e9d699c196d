"""Tried: a system file without consent whose first journey writes, or whose entry takes a Job to be asked."""

from __future__ import annotations

from typing import Any

import pytest
from dry_session import SYSTEM, Dry

from seatrial.harness.session import Session

CALM = SYSTEM.replace("disruptive: true", "disruptive: false")
WRITING = "journeys:\n  place: {request: {method: POST, path: /things}}\n  look:"


class Asked:
    """Notes which journeys it is told to send."""

    def __init__(self) -> None:
        self.names: list[str] = []

    def __enter__(self) -> Asked:
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing is open."""

    def wait_for_journey(self, name: str, *_: Any, **__: Any) -> None:
        self.names.append(name)


@pytest.fixture
def asked(dry: Dry, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Which journeys are sent to see whether a system answers."""

    def ask(text: str) -> list[str]:
        http, session = Asked(), dry.session(text)
        monkeypatch.setattr(session, "http", lambda: http)
        Session.require_answer(session)
        return http.names

    return ask


def test_the_first_journey_that_reads_is_sent_instead(asked: Any) -> None:
    assert asked(SYSTEM.replace("journeys:\n  look:", WRITING)) == ["place"]
    assert asked(CALM.replace("journeys:\n  look:", WRITING)) == ["look"]


def test_where_all_write_nothing_is_sent(asked: Any) -> None:
    only = CALM.replace("look: {request: {path: /}}", "look: {request: {method: PUT, path: /}}")
    assert asked(only) == []


def test_no_job_is_made_to_ask(asked: Any) -> None:
    inside = "entry: {service: {name: basket, port: 80}}"
    url = 'entry: {url: "http://127.0.0.1:1"}'
    assert asked(SYSTEM.replace(url, inside)) == ["look"]
    assert asked(CALM.replace(url, inside)) == []


def test_consent_for_another_namespace_is_none(asked: Any) -> None:
    other = SYSTEM.replace(
        "true, context: nowhere, namespace: shop", "true, context: nowhere, namespace: other"
    )
    assert asked(other.replace("journeys:\n  look:", WRITING)) == ["look"]
