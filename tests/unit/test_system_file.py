"""A wrong system file is refused with file, line, key and the nearest valid name, never with a traceback."""

from __future__ import annotations

import pytest

from seatrial.errors import BadInput
from seatrial.model.system_file import parse_system

GOOD = """\
apiVersion: seatrial/v1
kind: System
metadata: {name: chandlery}
target: {context: kind-seatrial, namespace: chandlery}
entry: {url: "http://127.0.0.1:30080"}
workloads:
  orders: {kind: Deployment, name: orders, stateless: true}
journeys:
  browse:
    request: {method: GET, path: /v1/catalogue/rope}
    expect: {status: 200}
objectives: {availability: 0.999}
"""


def refused(text: str) -> str:
    with pytest.raises(BadInput) as caught:
        parse_system(text, source="shop.yaml")
    return str(caught.value)


def test_a_good_file_is_read() -> None:
    system = parse_system(GOOD, source="shop.yaml")
    assert system.metadata.name == "chandlery"
    assert system.journeys["browse"].expect.status == 200
    assert system.objectives.recovery_seconds == 30.0, "what is left out has its default"


@pytest.mark.parametrize(
    ("old", "new", "where", "words"),
    [
        ("availability: 0.999", "availabilty: 0.999", 12, "unknown key `objectives.availabilty`"),
        ("availability: 0.999", "availabilty: 0.999", 12, "did you mean `availability`?"),
        ("stateless: true", "contained_by: luck", 7, "'progressive-delivery' or 'outlier-ejection'"),
        ("objectives: {availability: 0.999}", "images: {helpr: x}", 12, "did you mean `helper`?"),
        ("objectives: {availability: 0.999}", "images: {helper: ''}", 12, "`images.helper`"),
        ("stateless: true", "stateles: true", 7, "did you mean `stateless`?"),
        ("expect: {status", "expects: {status", 11, "did you mean `expect`?"),
        ("method: GET,", "methd: GET,", 10, "did you mean `method`?"),
        ("expect: {status: 200}", "lifetime_seconds: 5", 9, "need `protocol: websocket`"),
        ("expect: {status: 200}", "messages: [{text: a, json: b}]", 11, "exactly one of `text` and `json`"),
        ("expect: {status: 200}", "messages: [{txet: a}]", 11, "did you mean `text`?"),
        ("apiVersion:", "apiversion:", 1, "did you mean `apiVersion`?"),
        ("availability: 0.999", "zzz: 1", 12, "unknown key `objectives.zzz`"),
        ("0.999", "many", 12, "`objectives.availability`"),
        ("0.999", "1.5", 12, "(given: 1.5)"),
        ("status: 200", "status: [200, soon]", 11, "`journeys.browse.expect.status"),
        ("path: /v1", "path: v1", 10, "`journeys.browse.request.path`"),
        ("kind: Deployment", "kind: DaemonSet", 7, "(given: 'DaemonSet')"),
        ("http://127.0.0.1:30080", "http://127.0.0.1:30080/path", 5, "`entry.url`"),
        ('{url: "http://127.0.0.1:30080"}', "{service: web}", 5, "write `service: {name: web}`"),
        ('{url: "http://127.0.0.1:30080"}', "{service: {nam: web}}", 5, "did you mean `name`?"),
        ('{url: "http://127.0.0.1:30080"}', "{service: {name: web}}", 5, "`service` with `name` and `port`"),
        ("name: orders,", "name: Orders,", 7, "(given: 'Orders')"),
        ("seatrial/v1", "seatrial/v2", 1, "`apiVersion`"),
        ("{name: chandlery}", "{}", 3, "`metadata.name` is missing"),
        ("{name: chandlery}", "[]", 3, "`metadata`"),
    ],
)
def test_each_fault_is_named_with_its_line(old: str, new: str, where: int, words: str) -> None:
    assert GOOD.count(old) == 1
    message = refused(GOOD.replace(old, new))
    assert f"shop.yaml:{where}: " in message
    assert words in message


@pytest.mark.parametrize("key", ["metadata", "target", "entry", "workloads", "journeys", "kind"])
def test_a_missing_part_is_named(key: str) -> None:
    kept, skipping = [], False
    for line in GOOD.splitlines():
        if not line.startswith(" "):
            skipping = line.startswith(f"{key}:")
        if not skipping:
            kept.append(line)
    assert f"`{key}` is missing" in refused("\n".join(kept))


def test_several_faults_are_all_named() -> None:
    message = refused(GOOD.replace("0.999", "2").replace("stateless", "stateles"))
    assert "the system file has 2 faults" in message
    assert "shop.yaml:7:" in message
    assert "shop.yaml:12:" in message


@pytest.mark.parametrize("text", ["", "   \n", "# only a comment\n", "- a\n- b\n", "just text", "7"])
def test_a_file_without_a_mapping_is_refused(text: str) -> None:
    message = refused(text)
    assert "the system file holds no mapping" in message
    assert "shop.yaml" in message


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a: [1, 2\nb: 3\n", 2),
        ("a: 1\n\tb: 2\n", 2),
        ("a: 1\n  b: 2\n", 2),
        ("a: *nothing\n", 1),
        ("a: !!python/object:os.system x\n", 1),
        ("a: 1\n---\nb: 2\n", 2),
    ],
)
def test_bad_yaml_names_its_line(text: str, line: int) -> None:
    message = refused(text)
    assert "not valid YAML" in message
    assert f"shop.yaml:{line}" in message


def test_text_that_is_no_text_is_refused() -> None:
    assert "not valid YAML" in refused("a: \x00\n")


def test_a_key_written_twice_is_refused_with_the_second_line() -> None:
    message = refused(GOOD + "objectives: {availability: 0.9}\n")
    assert "`objectives` stands here a second time" in message
    assert "shop.yaml:13" in message
    inner = refused(GOOD.replace("name: orders,", "name: orders, name: orders,"))
    assert "`name` stands here a second time" in inner


def test_an_unhashable_key_is_refused() -> None:
    assert "not valid YAML" in refused("[a, b]: 1\n")
    assert "not valid YAML" in refused("{a: b}: 1\n")


def test_references_to_nothing_are_refused() -> None:
    message = refused(GOOD.replace("stateless: true", "journey: brows"))
    assert "workloads.orders.journey names no journey: brows" in message


def test_the_only_workload_may_not_be_left_out() -> None:
    message = refused(GOOD.replace("  orders: {kind: Deployment, name: orders, stateless: true}\n", "  {}\n"))
    assert "`workloads`" in message


CAPABLE = (
    GOOD
    + """\
capabilities:
  store: {product: postgres, workload: orders}
invariants:
  - name: no-negative-balance
    requirement: No balance is below zero.
    sql: select * from account where balance < 0
    database: payments
  - {name: till, requirement: "The till is there.", http: {path: /till, expect: {fields: {open: true}}}}
"""
)


def test_capabilities_and_invariants_are_read() -> None:
    system = parse_system(CAPABLE, source="shop.yaml")
    assert system.capabilities["store"].product == "postgres"
    assert system.capabilities["store"].arguments == {"workload": "orders"}
    balance, till = system.invariants
    assert (balance.store, balance.converge_seconds, balance.has_answer) == ("store", 10.0, False)
    assert till.http is not None
    assert till.http.expect.fields == {"open": True}


def test_an_answer_of_null_is_an_answer() -> None:
    text = CAPABLE.replace("database: payments", "database: payments\n    equals: null")
    assert parse_system(text, source="shop.yaml").invariants[0].has_answer


@pytest.mark.parametrize(
    ("old", "new", "where", "words"),
    [
        ("database: payments", "databse: payments", 19, "did you mean `database`?"),
        ("requirement: No balance is below zero.", "requirement: ''", 17, "`invariants.0.requirement`"),
        ("    database: payments\n", "", 16, "`sql` needs the `database`"),
        ("    sql: select * from account where balance < 0\n", "", 16, "exactly one of `sql` and `http`"),
        ("sql: select * from account where balance < 0", "http: {path: /x}", 16, "`database` has a meaning"),
        ("{path: /till, expect: {fields:", "{path: /till, expect: {field:", 20, "did you mean `fields`?"),
        ("{path: /till,", "{path: till,", 20, "`invariants.1.http.path`"),
        ("name: till,", "name: no-negative-balance,", 1, "two invariants are called no-negative-balance"),
        ("store: {product", "ledger: {product", 16, "invariants.0.store names no capability: store"),
        ("product: postgres, ", "", 14, "`capabilities.store.product` is missing"),
        ("database: payments", "database: payments\n    converge_seconds: -1", 20, "(given: -1)"),
    ],
)
def test_each_fault_of_an_invariant_has_its_line(old: str, new: str, where: int, words: str) -> None:
    assert CAPABLE.count(old) == 1
    message = refused(CAPABLE.replace(old, new))
    assert f"shop.yaml:{where}: " in message
    assert words in message


def test_a_journey_moves_what_an_invariant_counts() -> None:
    text = CAPABLE.replace("database: payments", "database: payments\n    equals: 100")
    assert parse_system(text, source="shop.yaml").conserving == ""
    moving = text.replace(
        "journeys:\n", "journeys:\n  pay: {request: {path: /}, conserves: no-negative-balance}\n"
    )
    assert parse_system(moving, source="shop.yaml").conserving == "pay"
    assert "journeys.pay.conserves names no invariant: much" in refused(
        moving.replace("conserves: no-negative-balance", "conserves: much")
    )
    for answer in ("true", "null", "[1]", "'100'"):
        told = refused(moving.replace("equals: 100", f"equals: {answer}"))
        assert "journeys.pay.conserves needs an invariant that equals a number" in told


def test_prices_are_read_and_must_name_one() -> None:
    text = CAPABLE.rstrip() + "\nprices: {currency: EUR, core_hour: 0.03}\n"
    prices = parse_system(text, source="shop.yaml").prices
    assert prices is not None
    assert (prices.currency, prices.core_hour, prices.gib_hour, prices.replica_hour) == ("EUR", 0.03, 0, 0)
    assert parse_system(CAPABLE, source="shop.yaml").prices is None
    assert "no price is above 0" in refused(text.replace("core_hour: 0.03", "core_hour: 0"))
    assert "did you mean `core_hour`?" in refused(text.replace("core_hour", "core_hours"))
    assert "(given: -1)" in refused(text.replace("0.03", "-1"))
