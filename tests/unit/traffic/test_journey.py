"""Journeys become requests with every hole filled, and answers get their outcome."""

import json
from random import Random

import pytest

from seatrial.errors import BadInput
from seatrial.model.exchange import ExchangeOutcome
from seatrial.model.system import Journey
from seatrial.traffic.journey import compile_journey, pick_by_weight, secrets_of
from seatrial.traffic.template import with_environment

PLACE_ORDER = {
    "request": {
        "method": "POST",
        "path": "/v1/orders?n={n}",
        "headers": {"Idempotency-Key": "{uuid}"},
        "json": {
            "customer": "c-{n}",
            "note": 'say "{{hi}}"',
            "lines": [{"sku": "r{random.3}", "quantity": 1}],
        },
    },
    "expect": {"status": 202},
    "acknowledged": {"read": {"path": "/v1/orders/{response.order.id}"}},
}


def wire(journey: dict, number: int = 4, seed: int = 0) -> tuple[dict[str, str], str, str, str]:
    """Headers, request line, body and key of one request."""
    prepared = compile_journey("j", journey).prepare(number, Random(seed), "host:1")
    head, _, body = prepared.wire.decode().partition("\r\n\r\n")
    line, *headers = head.split("\r\n")
    return dict(header.split(": ", 1) for header in headers), line, body, prepared.key


def test_every_hole_is_filled_and_one_uuid_serves_the_whole_request() -> None:
    headers, line, body, key = wire(PLACE_ORDER)
    assert line == "POST /v1/orders?n=4 HTTP/1.1"
    assert headers["Idempotency-Key"] == key
    assert len(key) == 36
    data = json.loads(body)
    assert data["customer"] == "c-4"
    assert data["note"] == 'say "{hi}"'
    assert data["lines"][0]["sku"] in ("r0", "r1", "r2")
    assert headers["Content-Length"] == str(len(body))
    assert headers["Content-Type"] == "application/json"
    assert headers["Host"] == "host:1"


def test_keys_are_never_repeated_although_the_rest_is_seeded() -> None:
    first, second = wire(PLACE_ORDER, seed=5), wire(PLACE_ORDER, seed=5)
    assert first[2] == second[2]
    assert first[3] != second[3]


def test_random_draws_cover_their_range() -> None:
    journey = compile_journey("j", {"request": {"path": "/{random.4}"}})
    generator = Random(1)
    drawn = {journey.prepare(n, generator, "h").wire.split()[1] for n in range(100)}
    assert drawn == {b"/0", b"/1", b"/2", b"/3"}


def test_the_model_of_the_system_file_is_taken_as_it_is() -> None:
    journey = compile_journey("j", Journey.model_validate({**PLACE_ORDER, "timeout_seconds": 2}))
    assert journey.timeout_seconds == 2
    assert b'"customer":"c-0"' in journey.prepare(0, Random(0), "h").wire


@pytest.mark.parametrize(
    ("request_data", "named"),
    [
        ({"path": "/{uid}"}, "{uid}"),
        ({"path": "/{random}"}, "{random}"),
        ({"path": "/{random.0}"}, "{random.0}"),
        ({"path": "/{response.id}"}, "before there is an answer"),
        ({"path": "/{"}, "lone"),
        ({"path": "/a b"}, "cannot be sent"),
        ({"path": "/", "headers": {"X-Id": "{m}"}}, "request.headers.X-Id"),
        ({"path": "/", "headers": {"X-Id": "a\r\nb"}}, "cannot be sent"),
        ({"path": "/", "headers": {"content-length": "3"}}, "set by the generator"),
        ({"path": "/", "headers": {"Connection": "keep-alive"}}, "`Connection: close` is the one"),
        ({"method": "POST", "path": "/", "json": {"a": ["{b}"]}}, "{b}"),
    ],
)
def test_a_journey_that_cannot_be_sent_is_refused_by_name(request_data: dict, named: str) -> None:
    with pytest.raises(BadInput) as caught:
        compile_journey("browse", {"request": request_data})
    assert named in str(caught.value)
    assert "journey browse" in str(caught.value)


@pytest.mark.parametrize("path", ["/fixed", "/{response.a}/{response.b}"])
def test_a_read_that_cannot_find_one_write_is_refused(path: str) -> None:
    with pytest.raises(BadInput):
        compile_journey("j", {"request": {"path": "/"}, "acknowledged": {"read": {"path": path}}})


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (202, ExchangeOutcome.OK),
        (409, ExchangeOutcome.OK),
        (200, ExchangeOutcome.UNKNOWN),
        (302, ExchangeOutcome.UNKNOWN),
        (400, ExchangeOutcome.FAILED),
        (429, ExchangeOutcome.FAILED),
        (500, ExchangeOutcome.UNKNOWN),
        (503, ExchangeOutcome.UNKNOWN),
    ],
)
def test_a_status_has_its_outcome(status: int, outcome: ExchangeOutcome) -> None:
    journey = compile_journey("j", {"request": {"path": "/"}, "expect": {"status": [202, 409]}})
    assert journey.outcome_of(status) == (
        outcome,
        "" if outcome is ExchangeOutcome.OK else f"status {status}",
    )


@pytest.mark.parametrize(
    ("body", "found"),
    [
        (b'{"order": {"id": "o-1"}}', "o-1"),
        (b'{"order": {"id": 7}}', "7"),
        (b'{"order": {}}', ""),
        (b"[1]", ""),
        (b"no json", ""),
        (b"", ""),
        (b'{"order": {"id": true}}', ""),
    ],
)
def test_the_answer_names_what_was_written(body: bytes, found: str) -> None:
    assert compile_journey("j", PLACE_ORDER).answer_id(body) == found


def test_where_a_write_can_be_read() -> None:
    by_answer = compile_journey("j", PLACE_ORDER)
    assert by_answer.read_path(answer_id="o-1", key="k") == "/v1/orders/o-1"
    assert by_answer.read_path(answer_id="", key="k") == ""
    by_key = compile_journey("j", {"request": {"path": "/"}, "acknowledged": {"read": {"path": "/t/{uuid}"}}})
    assert by_key.read_path(answer_id="", key="k") == "/t/k"
    assert by_key.read_path(answer_id="x", key="") == ""


def test_writes_without_a_read_keep_their_id_and_reads_do_not_look_for_one() -> None:
    write = compile_journey("j", {"request": {"method": "POST", "path": "/"}})
    read = compile_journey("j", {"request": {"path": "/"}})
    assert write.answer_id(b'{"id": "a"}') == "a"
    assert read.answer_id(b'{"id": "a"}') == ""


def test_weights_are_shares() -> None:
    picks = [pick_by_weight(["a", "b"], [3, 1], n / 100) for n in range(100)]
    assert picks.count("a") == 75


TOKEN = {"request": {"path": "/", "headers": {"Authorization": "Bearer {env.SHOP_TOKEN}", "X-N": "{n}"}}}


class TestEnvironment:
    def test_a_header_takes_its_value_from_it_as_it_is(self, monkeypatch: pytest.MonkeyPatch) -> None:
        for value in ("s3cret", "a{uuid}b{{", ""):
            monkeypatch.setenv("SHOP_TOKEN", value)
            assert wire(TOKEN)[0]["Authorization"] == f"Bearer {value}"
        assert compile_journey("j", TOKEN).constant_headers == {"Authorization": "Bearer "}

    def test_a_variable_that_is_not_set_is_named(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("SHOP_TOKEN", raising=False)
        with pytest.raises(BadInput, match="the environment has no variable SHOP_TOKEN") as raised:
            compile_journey("j", TOKEN)
        assert raised.value.where == "journey j, request.headers.Authorization"
        assert secrets_of([TOKEN]) == {}

    def test_a_value_that_cannot_be_sent_is_not_told(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("SHOP_TOKEN", "s3cret\r\nX-More: 1")
        with pytest.raises(BadInput, match="what the environment gives for this header") as raised:
            compile_journey("j", TOKEN)
        assert "s3cret" not in str(raised.value)

    def test_only_headers_have_it(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("SHOP_TOKEN", "s3cret")
        for request in ({"path": "/{env.SHOP_TOKEN}"}, {"path": "/", "json": ["{env.SHOP_TOKEN}"]}):
            with pytest.raises(BadInput, match="is filled in headers only"):
                compile_journey("j", {"request": request})
        braces = {"request": {"path": "/", "headers": {"X": "{{env.SHOP_TOKEN}}"}}}
        assert wire(braces)[0]["X"] == "{env.SHOP_TOKEN}"
        assert secrets_of([braces]) == {}

    def test_whoever_sends_elsewhere_is_given_what_is_named(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("SHOP_TOKEN", "s3cret")
        monkeypatch.setenv("OTHER", "1")
        assert secrets_of([TOKEN, {"request": {"path": "/"}}]) == {"SHOP_TOKEN": "s3cret"}

    def test_text_that_is_no_template_is_filled_by_it_alone(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("SHOP_TOKEN", r"a\1")
        text = "Bearer {env.SHOP_TOKEN} {uuid} {{"
        assert with_environment(text, where="header") == r"Bearer a\1 {uuid} {{"
        with pytest.raises(BadInput, match="no variable OTHER_TOKEN"):
            with_environment("{env.OTHER_TOKEN}", where="header")
