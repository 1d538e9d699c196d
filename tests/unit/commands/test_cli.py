"""What the command says of wrong use: words and an exit code, no traceback."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from seatrial import __version__
from seatrial.commands.base import COMMANDS as REGISTERED

ROOT = Path(__file__).parents[3]
COMMANDS = (
    "up",
    "down",
    "status",
    "run",
    "report",
    "revert",
    "checks",
    "variants",
    "judge",
    "schema",
    "explain",
    "experiment",
    "init",
    "doctor",
    "path",
    "rights",
    "lint",
    "observe",
    "load",
)


def test_help_names_every_command(types):
    code, out, _ = types("--help")
    assert code == 0
    for command in COMMANDS:
        assert f"\n  {command} " in out


@pytest.mark.parametrize("command", [name for name in COMMANDS if name != "lint"])
def test_every_command_has_help(types, command):
    code, out, _ = types(command, "--help")
    assert code == 0
    assert "Usage:" in out


def test_the_version_is_printed_and_nothing_else(types):
    assert types("--version") == (0, f"{__version__}\n", "")


def test_no_command_at_all_is_told_the_commands(types):
    code, out, err = types()
    assert code == 2
    assert "\n  run " in out + err


def test_lint_takes_arguments_of_its_own(types):
    code, _, err = types("lint", "none.yaml", "--format", "json")
    assert code == 2
    assert err.startswith("seatrial lint: ")


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
    assert "suites, load, experiments" in err


def test_a_folder_without_a_run_is_said(types):
    code, _, err = types("report", ".")
    assert code == 2
    assert "no run in that folder" in err


def test_nothing_to_revert_is_said(types):
    code, out, _ = types("revert")
    assert code == 0
    assert "nothing to revert" in out


def test_a_damaged_record_of_a_fault_is_said(types, tmp_path):
    folder = tmp_path / ".seatrial" / "journal"
    folder.mkdir(parents=True)
    (folder / "torn.json").write_text("{")
    code, _, err = types("revert")
    assert code == 2
    assert "torn.json" in err


def test_the_schema_is_one(types):
    code, out, _ = types("schema")
    assert code == 0
    assert json.loads(out)["properties"]["workloads"]


def test_a_file_is_no_run(types, tmp_path):
    (tmp_path / "history.ndjson").write_text("{}\n")
    code, _, err = types("judge", "history.ndjson")
    assert code == 2
    assert "a run is a directory, this is a file" in err
    assert "history.ndjson" in err


def test_a_folder_without_a_run_is_not_judged(types):
    code, _, err = types("judge", ".")
    assert code == 2
    assert "this is no run" in err


def test_the_page_of_checks_is_printed(types):
    code, out, _ = types("checks", "--markdown")
    assert code == 0
    assert out == (ROOT / "docs" / "checks.md").read_text(encoding="utf-8")


def test_the_command_line_has_a_command_for_each_file():
    assert set(REGISTERED) == set(COMMANDS)
    places = {name: Path(REGISTERED.place(name)).stem for name in REGISTERED}
    assert places == {name: name for name in COMMANDS}


def test_one_new_file_adds_a_command(tmp_path):
    """In a process of its own: a registry keeps what it has read."""
    (tmp_path / "greet.py").write_text(
        "from seatrial.commands.base import command\n"
        "from seatrial.errors import SeatrialError\n"
        "@command('greet')\n"
        "def greet(name: str) -> int:\n"
        '    """Greet somebody."""\n'
        "    if name == 'nobody':\n"
        "        raise SeatrialError('there is nobody here', next_step='Name somebody.')\n"
        "    if name == 'ctrl-c':\n"
        "        raise KeyboardInterrupt\n"
        "    print('hello', name)\n"
        "    return 3\n"
    )

    def typed(*arguments):
        return subprocess.run(
            [sys.executable, "-m", "seatrial", *arguments], capture_output=True, text=True, check=False,
            env={"SEATRIAL_EXTENSIONS": str(tmp_path), "PATH": ""},
        )  # fmt: skip

    assert "Greet somebody." in typed("--help").stdout
    told = typed("greet", "you")
    assert (told.returncode, told.stdout) == (3, "hello you\n")
    told = typed("greet", "nobody")
    assert (told.returncode, "Name somebody." in told.stderr) == (2, True)
    told = typed("greet", "ctrl-c")
    assert (told.returncode, "interrupted; " in told.stderr) == (130, True)
    (tmp_path / "broken.py").write_text("import nothing_of_that_name\n")
    told = typed("--help")
    assert (told.returncode, "broken.py" in told.stderr) == (2, True)
    assert "Traceback" not in told.stderr


def test_help_imports_nothing_that_is_slow():
    slow = ("pydantic", "kubernetes", "httpx", "yaml", "rich", "jinja2", "asyncio", "pytest")
    program = (
        "import sys; from seatrial.cli import command_line; command_line(); "
        f"print([name for name in {slow} if name in sys.modules])"
    )
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[]"
