"""What the command says of wrong use: words and an exit code, no traceback."""

import json

import pytest

from seatrial.cli import main


@pytest.fixture
def types(monkeypatch, capsys, tmp_path):
    """Type a command in an empty folder; returns exit code, output and errors."""
    monkeypatch.chdir(tmp_path)
    for name in ("SEATRIAL_SYSTEM", "SEATRIAL_RUN", "SEATRIAL_SEED", "SEATRIAL_STATE"):
        monkeypatch.delenv(name, raising=False)

    def run(*arguments):
        monkeypatch.setattr("sys.argv", ["seatrial", *arguments])
        code = main()
        text = capsys.readouterr()
        return code, text.out, text.err

    return run


def test_help_names_every_command(types):
    code, out, _ = types("--help")
    assert code == 0
    for command in ("up", "down", "status", "run", "report", "heal", "checks", "variants", "schema", "lint"):
        assert f"\n  {command} " in out


@pytest.mark.parametrize("command", ["up", "down", "status", "run", "report", "heal", "checks", "variants"])
def test_every_command_has_help(types, command):
    code, out, _ = types(command, "--help")
    assert code == 0
    assert "Usage:" in out


def test_an_unknown_command_is_a_usage_error(types):
    code, _, err = types("bogus")
    assert code == 2
    assert "No such command" in err


@pytest.mark.parametrize("command", ["up", "run", "down", "status", "variants"])
def test_a_missing_system_file_is_said(types, command):
    code, _, err = types(command, "--system", "none.yaml")
    assert code == 2
    assert "no such system file" in err


def test_an_unknown_stage_is_said(types):
    code, _, err = types("run", "--only", "everything")
    assert code == 2
    assert "suites, load, drills" in err


def test_a_folder_without_a_run_is_said(types):
    code, _, err = types("report", ".")
    assert code == 2
    assert "no run in that folder" in err


def test_nothing_to_heal_is_said(types):
    code, out, _ = types("heal")
    assert code == 0
    assert "nothing to heal" in out


def test_a_damaged_undo_record_is_said(types, tmp_path):
    folder = tmp_path / ".seatrial" / "journal"
    folder.mkdir(parents=True)
    (folder / "torn.json").write_text("{")
    code, _, err = types("heal")
    assert code == 2
    assert "torn.json" in err


HISTORY = """{"kind": "add", "value": 1, "invoked": 0.0, "completed": 0.1, "outcome": "ok"}
{"kind": "read", "value": READ, "invoked": 1.0, "completed": 1.1, "outcome": "ok"}
{"end": true, "operations": 2}
"""


@pytest.mark.parametrize(("read", "code", "word"), [("[1]", 0, "PASSED"), ("[]", 1, "FAILED")])
def test_a_history_is_judged(types, tmp_path, read, code, word):
    (tmp_path / "history.ndjson").write_text(HISTORY.replace("READ", read))
    found, out, _ = types("judge", "history.ndjson", "--model", "set")
    assert (found, out.splitlines()[0]) == (code, word)


def test_a_history_is_exported_and_an_unknown_tool_refused(types, tmp_path):
    (tmp_path / "history.ndjson").write_text(HISTORY.replace("READ", "[1]"))
    code, out, _ = types("judge", "history.ndjson", "--model", "set", "--export", "porcupine")
    assert code == 0
    assert json.loads(out)
    code, _, err = types("judge", "history.ndjson", "--model", "set", "--export", "knossos")
    assert code == 2
    assert "elle, porcupine" in err


def test_a_history_with_a_bad_line_names_it(types, tmp_path):
    (tmp_path / "history.ndjson").write_text("{\n")
    code, _, err = types("judge", "history.ndjson", "--model", "set")
    assert code == 2
    assert "history.ndjson:1" in err


def test_the_schema_is_one(types):
    code, out, _ = types("schema")
    assert code == 0
    assert json.loads(out)["properties"]["workloads"]
