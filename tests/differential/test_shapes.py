"""The table of built-in kinds is what the documents of Kubernetes say today: `make differential`."""

from __future__ import annotations

import shutil

import pytest
import shapes

from seatrial.declared.server.table import text_of_table


def test_the_table_is_fresh() -> None:
    if shutil.which("go") is None:
        pytest.skip("go is not installed")
    made = shapes.table([shapes.source_of(version) for version in shapes.VERSIONS])
    assert text_of_table() == made, "run: python tests/differential/shapes.py --write"
