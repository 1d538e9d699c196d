"""The engine comes back whatever was done to it, and a foreign one is left alone."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

WORLD = Path(__file__).with_name("engine_world.py")


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """What the cases in engine_world.py observed, by case."""
    command = ["unshare", "--mount", "--net", "--pid", "--fork", "--mount-proc", sys.executable, str(WORLD)]
    cache = tmp_path_factory.mktemp("cache")
    done = subprocess.run(
        command,
        env={
            "SEATRIAL_CACHE": str(cache),
            "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        },
        capture_output=True,
        text=True,
        timeout=400,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return {told.pop("case"): told for told in map(json.loads, done.stdout.splitlines())}


@pytest.mark.parametrize(
    ("case", "expected"),
    [
        ("nothing runs", {"found": False}),
        ("outlives its starter", {"started": True, "ours": True}),
        ("adopted", {"same": True}),
        ("killed", {"ours": True, "another": True}),
        ("killed with containerd", {"ours": True}),
        ("ids reused by another program", {"ours": True, "spared": True}),
        ("hangs", {"ours": True, "another": True}),
        ("stopped", {"was_ours": True, "found": False}),
        ("foreign", {"ours": False, "stopped": False, "alive": True}),
    ],
)
def test_engine(seen: dict[str, dict[str, Any]], case: str, expected: dict[str, bool]) -> None:
    assert seen[case] == expected
