"""The entry: an address, or a Service that only a Job inside the cluster is sent to."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from seatrial.model.entry import Entry


def test_an_address_is_where_requests_go_and_the_service_says_who_is_behind_it() -> None:
    entry = Entry.model_validate({"url": "http://127.0.0.1:8080", "service": {"name": "web"}})
    assert (entry.in_cluster, entry.address, entry.service_name) == (False, "http://127.0.0.1:8080", "web")
    assert Entry(url="http://127.0.0.1:8080").service_name == ""


def test_without_an_address_the_service_is_where_they_go_from_inside() -> None:
    entry = Entry.model_validate({"service": {"name": "web", "port": 80}})
    assert (entry.in_cluster, entry.address, entry.service_name) == (True, "http://web:80", "web")


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({}, "`url` is needed, or `service` with `name` and `port`"),
        ({"served_by": "x-pod"}, "`url` is needed"),
        ({"service": {"name": "web"}}, "`url` is needed, or `service` with `name` and `port`"),
        ({"service": "web", "url": "http://a"}, "write `service: {name: web}`"),
        ({"service": {"name": "web", "port": 0}}, "greater than or equal to 1"),
        ({"service": {"name": "web", "port": 65536}}, "less than or equal to 65535"),
        ({"service": {"name": "Web", "port": 80}}, "String should match"),
        (
            {"url": "http://a", "ca": "ca.pem"},
            "`ca` and `client_certificate` are for a `url` that begins with",
        ),
        ({"service": {"name": "web", "port": 80}, "ca": "ca.pem"}, "that begins with https:"),
        ({"url": "https://a", "client_certificate": {"certificate": "c.pem"}}, "Field required"),
    ],
)
def test_what_names_no_place_is_refused(data: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words.replace("{", r"\{").replace("}", r"\}")):
        Entry.model_validate(data)


def test_files_are_found_beside_the_system_file_each_by_its_key() -> None:
    asked = {"token": {"file": "t.jwt"}, "expired": {"env": "OLD"}, "protected": [{"journey": "look"}]}
    entry = Entry.model_validate({"url": "https://a", "ca": "ca.pem", "authentication": asked})
    found = entry.beside(lambda key, file: f"/{key}/{file}")
    assert found.ca == "/entry.ca/ca.pem"
    assert found.authentication is not None
    assert found.authentication.model_dump(exclude_unset=True) == {
        **asked, "token": {"file": "/entry.authentication.token.file/t.jwt"},
        "protected": ({"journey": "look"},),
    }  # fmt: skip
