"""The lint against a real API server, on random objects.

Needs a cluster: SEATRIAL_SERVER_KUBECONFIG names its kubeconfig (default: that of `seatrial up`). It
is asked in strict dry runs, which change nothing. SEATRIAL_SERVER_CASES sets the number of cases,
SEATRIAL_SERVER_SEED their seed.
"""

from __future__ import annotations

import os
from contextlib import closing
from pathlib import Path

import pytest
from server_agreement import compare
from server_oracle import Oracle

KUBECONFIG = Path(os.environ.get("SEATRIAL_SERVER_KUBECONFIG", ".seatrial/kubeconfig"))
CASES = int(os.environ.get("SEATRIAL_SERVER_CASES", "5000"))
SEED = int(os.environ.get("SEATRIAL_SERVER_SEED", "1"))
LEAST_SHARE = 0.995


def test_lint_and_server_agree() -> None:
    if not KUBECONFIG.exists():
        pytest.skip(f"{KUBECONFIG} is not there: run `seatrial up` first")
    with closing(Oracle(KUBECONFIG)) as oracle:
        found = compare(oracle, CASES, SEED)
    print(found)  # noqa: T201
    assert len(found.kinds) >= 20
    assert min(found.answers["taken"], found.answers["refused"]) > CASES / 10
    assert found.share >= LEAST_SHARE
