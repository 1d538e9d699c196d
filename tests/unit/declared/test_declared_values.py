"""Values of untrusted shape: quantities, percentages, selectors, addresses, secrets."""

from __future__ import annotations

from typing import Any

import pytest

from seatrial.declared.rules.secrets import looks_secret
from seatrial.declared.rules.services import addresses
from seatrial.declared.values import brief, is_zero, percentage, plain, selects


@pytest.mark.parametrize(
    ("written", "expected"), [("50%", 50.0), ("150%", 150.0), ("%", None), (50, None), ("5", None)]
)
def test_percentage(written: Any, expected: float | None) -> None:
    assert percentage(written) == expected


@pytest.mark.parametrize("written", [0, 0.0, "0", "0%", "00%", "", "%"])
def test_what_is_no_pod_at_all(written: Any) -> None:
    assert is_zero(written)


@pytest.mark.parametrize("written", [1, 0.5, -1, "1", "10%", "0.5%", "none", None, False, [], {}])
def test_what_is_not(written: Any) -> None:
    assert not is_zero(written)


def expression(key: str, operator: str, *values: str) -> dict[str, Any]:
    return {"matchExpressions": [{"key": key, "operator": operator, "values": list(values)}]}


@pytest.mark.parametrize(
    ("selector", "expected"),
    [
        ({}, True),
        (None, False),
        ("app", False),
        ({"matchLabels": {"app": "web"}}, True),
        ({"matchLabels": {"app": "web", "tier": "front"}}, False),
        (expression("app", "In", "web", "api"), True),
        (expression("app", "In", "api"), False),
        (expression("tier", "NotIn", "front"), True),
        (expression("app", "NotIn", "web"), False),
        (expression("app", "Exists"), True),
        (expression("tier", "DoesNotExist"), True),
        (expression("app", "Unknown"), False),
        ({"matchLabels": {"app": "web"}, **expression("app", "DoesNotExist")}, False),
    ],
)
def test_selector(selector: Any, expected: bool) -> None:
    assert selects(selector, {"app": "web"}) is expected


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("http://10.1.2.3:80/x", ["10.1.2.3"]),
        ("--db=10.1.2.3", ["10.1.2.3"]),
        ("postgres://u:p@10.1.2.3/db", ["10.1.2.3"]),
        ("10.0.0.0/8", []),
        ("v1.2.3.4", []),
        ("1.2.3.4.5", []),
        ("10.1.2.3-rc1", []),
        ("127.0.0.1:80", []),
        ("0.0.0.0", []),
        ("10.1.2.300", []),
    ],
)
def test_addresses(written: str, expected: list[str]) -> None:
    assert addresses(written) == expected


@pytest.mark.parametrize(
    ("name", "value", "is_secret"),
    [
        ("DB_PASSWORD", "hunter2", True),
        ("API_KEY", "abc", True),
        ("apikey", "abc", True),
        ("AUTH_TOKEN", "abc", True),
        ("X", "https://user:pass@host/", True),
        ("X", "https://user:$(PASSWORD)@host/", False),
        ("PASSWORD_FILE", "/run/p", False),
        ("TOKEN_URL", "http://issuer/token", False),
        ("KEYCLOAK_HOST", "sso", False),
        ("TOKENIZER", "bpe", False),
        ("DB_PASSWORD", "$(OTHER)", False),
        ("DB_PASSWORD", "", False),
        ("MONKEY", "see", False),
    ],
)
def test_secret(name: str, value: str, is_secret: bool) -> None:
    assert bool(looks_secret(name, value)) is is_secret


def test_paths_and_values_are_written_for_people() -> None:
    assert plain(("spec", "containers", 0, "image")) == "spec.containers[0].image"
    assert brief("x" * 100).endswith("…`")
