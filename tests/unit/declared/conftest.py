"""Fixtures for the tests of the command."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from declared_manifests import Files, Run

from seatrial.lint import main


@pytest.fixture
def files(tmp_path: Path) -> Files:
    """Writes files below a folder; returns their names."""

    def write(**contents: str) -> list[str]:
        names = []
        for name, content in contents.items():
            path = tmp_path / name.replace("__", "/").replace("_dot_", ".")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content, encoding="utf-8")
            names.append(str(path))
        return names

    return write


@pytest.fixture
def report(capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs the command and reads its JSON."""

    def run(*arguments: str) -> tuple[int, dict[str, Any]]:
        code = main([*arguments, "--format", "json"])
        written = capsys.readouterr()
        return code, json.loads(written.out) if written.out else {"error": written.err}

    return run
