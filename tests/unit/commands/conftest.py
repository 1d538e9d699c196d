"""What the tests of several commands share."""

import pytest
from fakes import folder, runs  # noqa: F401

from seatrial.cli import main


@pytest.fixture
def types(monkeypatch, capsys, folder):  # noqa: F811
    """Type a command in an empty folder; returns exit code, output and errors."""

    def run(*arguments):
        monkeypatch.setattr("sys.argv", ["seatrial", *arguments])
        code = main()
        text = capsys.readouterr()
        return code, text.out, text.err

    return run
