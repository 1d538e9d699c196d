"""What the tests of several commands share."""

import pytest

from seatrial.cli import main

VARIABLES = ("SYSTEM", "RUN", "STAGE", "SEED", "STATE", "EXTENSIONS")


@pytest.fixture
def folder(monkeypatch, tmp_path):
    """An empty folder to work in, with no variable of Seatrial's set."""
    monkeypatch.chdir(tmp_path)
    for name in VARIABLES:
        monkeypatch.delenv(f"SEATRIAL_{name}", raising=False)
    return tmp_path


@pytest.fixture
def types(monkeypatch, capsys, folder):
    """Type a command in an empty folder; returns exit code, output and errors."""

    def run(*arguments):
        monkeypatch.setattr("sys.argv", ["seatrial", *arguments])
        code = main()
        text = capsys.readouterr()
        return code, text.out, text.err

    return run
