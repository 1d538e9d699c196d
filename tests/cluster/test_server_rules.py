"""The lint takes what the API server takes, and refuses what it refuses (`make differential`: thousands)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest
from server_agreement import compare
from server_cases import valid_objects
from server_oracle import Oracle
from tiny import Access

LEAST_SHARE = 0.98  # six of these 400 cases; of the thousands of `make differential` 99.5 % are asked
CASES, SEED = 400, 15


@pytest.fixture(scope="module")
def oracle(access: Access) -> Iterator[Oracle]:
    with closing(Oracle(access.kubeconfig)) as opened:
        yield opened


def test_the_server_takes_the_objects_that_cases_are_made_of(oracle: Oracle) -> None:
    refused = [answer.message for answer in oracle.ask_all(valid_objects()) if not answer.takes]
    assert not refused


def test_lint_and_server_agree(oracle: Oracle) -> None:
    found = compare(oracle, CASES, SEED)
    assert min(found.answers["taken"], found.answers["refused"]) > CASES / 10, str(found)
    assert found.share >= LEAST_SHARE, str(found)
