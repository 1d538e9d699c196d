"""Protected routes of a real server are asked with right and wrong tokens."""

from __future__ import annotations

import hashlib
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from drained_shop import FILE, shop

from seatrial.errors import BadInput
from seatrial.harness.looks.tokens import asked_with_tokens
from seatrial.model.tokens import EXPIRED, FOREIGN, KINDS, MALFORMED, NONE, RIGHT, Asked, TokensMade
from seatrial.traffic.http import Http

SECRET = "tok-5f1c0ffee"
PRIVATE = f"/private/{hashlib.sha256(SECRET.encode()).hexdigest()}"
ENTRY = 'entry: {url: "http://127.0.0.1:1"}'


def look(server: Any, authentication: str, *, consent: str = "", journeys: str = "") -> list[Any]:
    text = FILE.replace(ENTRY, f'entry: {{url: "{server.url}", authentication: {authentication}}}') + journeys
    session = SimpleNamespace(
        system=shop(file=text), http=lambda: Http(server.url), consent_gap=lambda: consent
    )
    made, *asked = asked_with_tokens(SimpleNamespace(session=session), 60.0)  # type: ignore[arg-type]
    return [TokensMade.of(made), *map(Asked.of, asked)]


def statuses(asked: list[Asked]) -> list[tuple[str, str, tuple[int, ...]]]:
    return [(one.route, one.token, one.statuses) for one in asked]


def test_an_opaque_token_leaves_two_kinds_and_the_control_stands_around_them(
    steady_server, monkeypatch
) -> None:
    monkeypatch.setenv("SHOP_TOKEN", SECRET)
    protected = f"protected: [{{request: {{path: {PRIVATE}/ok}}}}, {{request: {{path: /ok}}}}]"
    made, *asked = look(steady_server, f"{{token: {{env: SHOP_TOKEN}}, {protected}}}")
    assert made.declared
    assert not made.unread
    assert set(made.lacking) == {*KINDS} - {NONE, MALFORMED}
    closed, opened = f"GET {PRIVATE}/ok", "GET /ok"
    assert statuses(asked) == [
        (closed, RIGHT, (200, 200, 200)), (closed, NONE, (401, 401, 401)),
        (closed, MALFORMED, (401, 401, 401)), (closed, RIGHT, (200, 200, 200)),
        *((opened, kind, (200, 200, 200)) for kind in (RIGHT, NONE, MALFORMED, RIGHT)),
    ]  # fmt: skip
    assert all(one.expected == (200,) for one in asked)


def test_a_token_in_a_file_and_an_expired_one(steady_server, tmp_path: Path) -> None:
    (tmp_path / "right").write_text(f"{SECRET}\n")
    (tmp_path / "old").write_text("opaque-and-old")
    files = f"token: {{file: {tmp_path}/right}}, expired: {{file: {tmp_path}/old}}"
    made, *asked = look(steady_server, f"{{{files}, protected: [{{request: {{path: {PRIVATE}/ok}}}}]}}")
    assert FOREIGN in made.lacking
    assert EXPIRED not in made.lacking
    assert [one.statuses[0] for one in asked if one.token == EXPIRED] == [401]


@pytest.mark.parametrize(
    ("place", "words"),
    [
        ("env: NOT_THERE", "the environment has no variable NOT_THERE"),
        ("file: /not/there", "/not/there cannot be read"),
        ("file: /dev/null", "/dev/null holds no token"),
    ],
)
def test_a_token_that_cannot_be_had_is_told_and_no_control_is_made(
    steady_server, place: str, words: str
) -> None:
    made, *asked = look(
        steady_server, f"{{token: {{{place}}}, protected: [{{request: {{path: {PRIVATE}/ok}}}}]}}"
    )
    assert made.declared
    assert words in made.unread
    assert [one.token for one in asked] == [NONE, MALFORMED]


def test_a_journey_is_asked_with_the_token_of_its_own_header(steady_server, monkeypatch) -> None:
    monkeypatch.setenv("SHOP_TOKEN", SECRET)
    header = '{Authorization: "Bearer {env.SHOP_TOKEN}"}'
    journeys = f"  account: {{request: {{path: {PRIVATE}/ok, headers: {header}}}}}\n"
    made, *asked = look(steady_server, "{protected: [{journey: account}]}", journeys=journeys)
    assert made.declared
    assert [one.statuses[0] for one in asked] == [200, 401, 401, 200]


def test_what_changes_something_is_asked_only_with_consent(steady_server) -> None:
    written = "{protected: [{request: {method: POST, path: /things, json: {n: 1}}, expect: {status: 202}}]}"
    _, *asked = look(steady_server, written, consent="the system file does not consent to disruption")
    assert [(one.statuses, one.lost) for one in asked] == [
        ((), "the system file does not consent to disruption")
    ] * 2
    _, *asked = look(steady_server, written)
    assert [one.statuses for one in asked] == [(202,) * 3] * 2


def test_no_answer_is_told(server) -> None:
    server.process.kill()
    server.process.wait()
    _, *asked = look(server, "{protected: [{request: {path: /ok}}]}")
    assert all(not one.statuses and one.lost.startswith("no answer: ") for one in asked)


@pytest.mark.parametrize(
    "authentication",
    ["{protected: []}", "{protected: [{journey: nobody}]}", "{protected: [{}]}",
     "{token: {}, protected: [{journey: browse}]}", "{refused_with: [], protected: [{journey: browse}]}"],
)  # fmt: skip
def test_what_the_system_file_cannot_mean_is_an_error(authentication: str) -> None:
    with pytest.raises(BadInput, match=r"entry\.authentication"):
        shop(file=FILE.replace(ENTRY, f'entry: {{url: "http://a", authentication: {authentication}}}'))
