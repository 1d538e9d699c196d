"""Requests with right and wrong tokens, judged."""

from __future__ import annotations

from dataclasses import replace

import pytest
from drained_shop import FILE, shop

from seatrial.judge.admissible import judge
from seatrial.model.check import CHECKS
from seatrial.model.fault import Disruption
from seatrial.model.measurement import Measurement
from seatrial.model.observation import TROUBLE, Arm, Observation
from seatrial.model.tokens import (
    CHANGED,
    EXPIRED,
    FOREIGN,
    KINDS,
    MALFORMED,
    NONE,
    RIGHT,
    UNSIGNED,
    Asked,
    TokensMade,
)
from seatrial.model.verdict import Outcome, Verdict

CHECK = CHECKS.get("gateway.authentication-is-required")
ENTRY = 'entry: {url: "http://127.0.0.1:1"}'
PROTECTED = (
    'entry: {url: "http://127.0.0.1:1", authentication: {token: {env: T}, '
    "protected: [{request: {path: /a}}, {request: {path: /b}}]MORE}}"
)
MADE = TokensMade(True, "", {})
A, B = "GET /a", "GET /b"


def asked(route: str, token: str, *statuses: int, lost: str = "") -> Measurement:
    return Asked(route, token, statuses, (200,), lost).measurement(1.0, 2.0)


def route(name: str, **answers: int) -> list[Measurement]:
    """A route that admits the right token, and answers the kinds that are named so; 401 to the others."""
    by_kind = {globals()[kind]: status for kind, status in answers.items()}
    wrong = [asked(name, kind, *[by_kind.get(kind, 401)] * 3) for kind in KINDS]
    control = asked(name, RIGHT, 200, 200, 200)
    return [control, *wrong, control]


def judged(*looks: Measurement, made: TokensMade | None = MADE, more: str = "") -> Verdict:
    text = FILE.replace(ENTRY, PROTECTED.replace("MORE", more))
    found = looks if made is None else (made.measurement(1.0), *looks)
    head = Observation(
        {TROUBLE: Arm(measurements=found)}, "wrong-tokens.system", "wrong-tokens", "system",
        Disruption.NONE, "browse", 0, shop(file=text),
    )  # fmt: skip
    return judge(CHECK, head)


def test_routes_that_refuse_every_wrong_token_and_admit_the_right_one_pass() -> None:
    verdict = judged(*route(A), *route(B, UNSIGNED=403))
    assert verdict.outcome is Outcome.PASSED, verdict.explain()
    assert verdict.observed == (
        "2 routes refused no token, a malformed token, a token with a foreign signature, a token with "
        "changed claims, an unsigned token (alg none), an expired token (36 requests, status 401, 403); each "
        "admitted the right one before and after"
    )
    assert verdict.numbers == {
        "routes": 2, "kinds_tried": 6, "requests_with_wrong_tokens": 36, "admitted": 0,
    }  # fmt: skip
    assert verdict.reasons == ()


@pytest.mark.parametrize(
    ("answers", "flaw", "advice"),
    [
        (dict.fromkeys(("NONE", "MALFORMED", "FOREIGN", "CHANGED", "UNSIGNED", "EXPIRED"), 200),
         "no rule protects it", "deny by default"),
        ({"NONE": 200}, "answered no token with 200: a token is looked at where one is shown, and whoever "
         "shows none is let in", "deny by default"),
        ({"MALFORMED": 202, "FOREIGN": 200}, "a malformed token, a token with a foreign signature with "
         "200, 202: whether a token is one is not looked at", "Verify signatures"),
        ({"FOREIGN": 200}, "its signature is not verified", "Verify signatures"),
        ({"CHANGED": 200}, "its signature is not verified", "Verify signatures"),
        ({"UNSIGNED": 200}, "its signature is not verified", "accept only the algorithms"),
        ({"EXPIRED": 200}, "when it ends is not looked at", "Verify `exp`"),
        ({"EXPIRED": 200, "CHANGED": 200}, "its signature is not verified", "Verify signatures"),
    ],
)  # fmt: skip
def test_what_lets_a_wrong_token_in_fails_and_its_flaw_is_named(
    answers: dict[str, int], flaw: str, advice: str
) -> None:
    verdict = judged(*route(A), *route(B, **answers))
    assert verdict.outcome is Outcome.FAILED, verdict.explain()
    assert flaw in verdict.observed
    assert verdict.observed.startswith("GET /b answered ")
    assert "GET /a" not in verdict.observed
    assert "replicas differ" not in verdict.observed
    assert advice in verdict.next_step
    assert verdict.numbers["admitted"] == 3 * len(answers)


def test_where_every_route_lets_in_who_shows_none_a_token_is_to_be_required() -> None:
    verdict = judged(*route(A, NONE=200), *route(B, NONE=200))
    assert "require a token there, not only verify" in verdict.next_step
    assert verdict.observed.count("answered no token with 200") == 2


def test_replicas_that_differ_are_named() -> None:
    looks = [
        asked(A, RIGHT, 200),
        asked(A, NONE, 401, 200, 401),
        asked(A, MALFORMED, 401),
        asked(A, RIGHT, 200),
    ]
    verdict = judged(*looks)
    assert verdict.outcome is Outcome.FAILED
    assert "(1 of 3 times: its replicas differ)" in verdict.observed
    assert "with 200, 401" in verdict.observed


def test_of_kinds_that_some_replicas_admit_the_first_is_counted() -> None:
    some = [asked(A, NONE, 401, 200, 401), asked(A, MALFORMED, 200, 200, 401, 401)]
    verdict = judged(asked(A, RIGHT, 200), *some, asked(A, RIGHT, 200))
    assert "(1 of 3 times: its replicas differ)" in verdict.observed


@pytest.mark.parametrize(
    ("status", "outcome"),
    [(199, Outcome.INCONCLUSIVE), (200, Outcome.FAILED), (299, Outcome.FAILED), (300, Outcome.INCONCLUSIVE)],
)
def test_any_success_lets_in(status: int, outcome: Outcome) -> None:
    control = Asked(A, RIGHT, (302,), (302,)).measurement(1.0, 2.0)
    wrong = Asked(A, NONE, (status,), (302,)).measurement(1.0, 2.0)
    assert judged(control, wrong, control).outcome is outcome


def test_of_one_that_got_no_answer_nothing_else_is_told() -> None:
    verdict = judged(asked(A, RIGHT, 200), asked(A, NONE, 404, lost="no answer: reset"), asked(A, RIGHT, 200))
    assert verdict.observed == "GET /a could not be tried with no token: no answer: reset"


def test_a_leak_fails_though_the_right_token_could_not_be_shown() -> None:
    verdict = judged(asked(A, NONE, 200), made=TokensMade(True, "no variable T", {}))
    assert verdict.outcome is Outcome.FAILED
    assert "no rule protects it" in verdict.observed


@pytest.mark.parametrize(
    ("looks", "made", "words"),
    [
        ([asked(A, NONE, 401)], TokensMade(True, "the environment has no variable T", {}),
         "the right token could not be shown, the environment has no variable T, so what is refused without "
         "it says nothing"),
        ([asked(A, RIGHT, 503), asked(A, NONE, 401), asked(A, RIGHT, 200)], MADE,
         "GET /a answered the right token with 503, so that it refuses others says nothing"),
        ([asked(A, RIGHT, 200), asked(A, NONE, 401), asked(A, RIGHT, 401)], MADE,
         "GET /a answered the right token with 401, so that"),
        ([asked(A, RIGHT, 200), asked(A, NONE, 404, 401), asked(A, RIGHT, 200)], MADE,
         "GET /a answered no token with 404, which is no refusal"),
        ([asked(A, RIGHT, 200), asked(A, NONE, lost="no answer: timed out"), asked(A, RIGHT, 200)], MADE,
         "GET /a could not be tried with no token: no answer: timed out"),
        ([asked(A, RIGHT, 200), asked(A, NONE, 302), asked(A, RIGHT, 200)], MADE, "with 302, which is no"),
    ],
)  # fmt: skip
def test_what_could_not_be_tried_is_not_refused(
    looks: list[Measurement], made: TokensMade, words: str
) -> None:
    verdict = judged(*looks, made=made)
    assert verdict.outcome is Outcome.INCONCLUSIVE, verdict.explain()
    assert words in verdict.observed
    assert ("valid while the check runs" in verdict.next_step) == bool(made.unread)


def test_a_refusal_is_what_the_system_file_says() -> None:
    looks = [asked(A, RIGHT, 200), asked(A, NONE, 302, 404), asked(A, RIGHT, 200)]
    assert judged(*looks, more=", refused_with: [302, 404]").outcome is Outcome.PASSED
    assert judged(*looks, more=", refused_with: [302]").outcome is Outcome.INCONCLUSIVE


def test_without_any_token_no_token_and_a_malformed_one_are_tried_and_the_rest_is_told() -> None:
    lacking = {FOREIGN: "the right token is not known", EXPIRED: "none is known"}
    verdict = judged(asked(A, NONE, 401, 401), asked(A, MALFORMED, 401), made=TokensMade(False, "", lacking))
    assert verdict.outcome is Outcome.PASSED, verdict.explain()
    assert verdict.observed == (
        "1 route refused no token, a malformed token (3 requests, status 401); whether they admit a "
        "right one is not known, for none is named"
    )
    assert verdict.reasons == (
        "not tried: a token with a foreign signature, the right token is not known",
        "not tried: an expired token, none is known",
    )


@pytest.mark.parametrize(("made", "looks"), [(None, [asked(A, NONE, 401)]), (MADE, [])])
def test_nothing_asked_is_no_pass(made: TokensMade | None, looks: list[Measurement]) -> None:
    verdict = judged(*looks, made=made)
    assert (verdict.outcome, verdict.observed) == (Outcome.INCONCLUSIVE, "no route was asked")


def test_what_is_recorded_is_what_was_asked() -> None:
    one = Asked(A, CHANGED, (401, 403), (200, 201), "no answer")
    assert Asked.of(one.measurement(1.0, 2.0)) == one
    assert not replace(one, statuses=()).measurement(1.0, 2.0).answered
    made = TokensMade(True, "why", {UNSIGNED: "x"})
    assert TokensMade.of(made.measurement(1.0)) == made
