"""Experiments on the session without a cluster."""

from pathlib import Path

import pytest
from dry_experiment import experiment, run_experiment, shop  # noqa: F401
from dry_session import dry  # noqa: F401


@pytest.fixture(autouse=True)
def in_the_shop(shop: Path) -> None:  # noqa: F811
    """Every experiment here is of the system without a cluster."""
