"""Wrong tokens, made from a right one."""

from __future__ import annotations

import base64
import json
from typing import Any

from seatrial.model.tokens import CHANGED, EXPIRED, FOREIGN, MALFORMED, NONE, UNSIGNED
from seatrial.traffic.tokens import expires_at, jwt_parts, wrong_tokens

HEAD, CLAIMS, SIGNATURE = {"alg": "RS256", "kid": "k"}, {"sub": "reader", "exp": 2000}, b"\x01" * 256


def packed(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def jwt(head: Any = HEAD, claims: Any = CLAIMS, signature: bytes = SIGNATURE) -> str:
    return ".".join(
        [packed(json.dumps(head).encode()), packed(json.dumps(claims).encode()), packed(signature)]
    )


RIGHT, OLD = jwt(), jwt(claims={"exp": 900.5})


def test_each_wrong_token_is_wrong_in_one_part() -> None:
    made, lacking = wrong_tokens(RIGHT, OLD, now=1000.0)
    assert lacking == {}
    assert (made[NONE], made[MALFORMED], made[EXPIRED]) == ("", "seatrial.is-no.token", OLD)
    head, claims, signature = RIGHT.split(".")
    assert made[FOREIGN].rpartition(".")[0] == f"{head}.{claims}"
    parts = jwt_parts(made[FOREIGN])
    assert parts is not None
    assert parts[2] != SIGNATURE
    assert len(parts[2]) == len(SIGNATURE)
    assert jwt_parts(made[CHANGED]) == (HEAD, {**CLAIMS, "sub": "reader-seatrial"}, SIGNATURE)
    assert made[CHANGED].startswith(f"{head}.")
    assert made[CHANGED].endswith(f".{signature}")
    first, second, last = made[UNSIGNED].split(".")
    assert json.loads(base64.urlsafe_b64decode(first + "==")) == {**HEAD, "alg": "none"}
    assert (second, last) == (claims, "")


def test_claims_without_a_subject_are_changed_too() -> None:
    made, _ = wrong_tokens(jwt(claims={"exp": 2000}), "", now=1000.0)
    parts = jwt_parts(made[CHANGED])
    assert parts is not None
    assert parts[1] == {"exp": 2000, "sub": "-seatrial"}


def test_without_a_token_two_are_left_and_the_reasons_told() -> None:
    made, lacking = wrong_tokens("", "", now=1000.0)
    assert made == {NONE: "", MALFORMED: "seatrial.is-no.token"}
    unknown = "the right token is not known (`entry.authentication.token`)"
    assert lacking == {
        **dict.fromkeys((FOREIGN, CHANGED, UNSIGNED), unknown),
        EXPIRED: "none is known (`entry.authentication.expired`)",
    }


def test_a_token_that_is_no_jwt_is_not_taken_apart() -> None:
    for opaque in ("opaque", "a.b.c", "..", jwt(head=[1]), jwt(claims="x"), f"{RIGHT}.more", "é.b.c"):
        made, lacking = wrong_tokens(opaque, "", now=1000.0)
        assert set(made) == {NONE, MALFORMED}
        assert lacking[CHANGED] == "the right token is no signed JWT"


def test_one_that_is_valid_is_not_shown_as_expired() -> None:
    made, lacking = wrong_tokens(RIGHT, jwt(claims={"exp": 1030}), now=1000.0)
    assert EXPIRED not in made
    assert lacking == {EXPIRED: "the one that is given has 30 s left"}
    assert EXPIRED in wrong_tokens(RIGHT, "opaque", now=1000.0)[0], "what cannot be read is taken at its word"


def test_when_it_expires() -> None:
    assert (expires_at(OLD), expires_at("opaque"), expires_at(jwt(claims={"exp": "x"}))) == (
        900.5,
        None,
        None,
    )
