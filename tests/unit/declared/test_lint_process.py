"""The command as a process."""

from __future__ import annotations

import subprocess
import sys

import pytest
from declared_manifests import BAD_TAG, TAG, Files


def _process(arguments: list[str], text: str | None = None) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "seatrial.lint", *arguments]
    return subprocess.run(command, input=text, capture_output=True, text=True, check=False, timeout=30)


def test_standard_input(files: Files) -> None:
    done = _process(["-", *TAG], BAD_TAG)
    assert done.returncode == 1
    assert "<stdin>:11" in done.stdout


def test_the_command_imports_nothing_heavy(files: Files) -> None:
    (name,) = files(a_dot_yaml=BAD_TAG)
    script = (
        "import sys; from seatrial.lint import main; main(sys.argv[1:]); "
        "print(*sorted({m.partition('.')[0] for m in sys.modules}), file=sys.stderr)"
    )
    # What the parser of arguments imports is not ours to make lighter.
    parsing = "import argparse; argparse.ArgumentParser().parse_args(sys.argv[2:])"

    def loaded_by(text: str) -> set[str]:
        command = [sys.executable, "-c", text, name]
        told = subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)
        return set(told.stderr.split())

    bare = script.replace("from seatrial.lint import main; main(sys.argv[1:])", parsing)
    loaded = loaded_by(script) - loaded_by(bare)
    assert "seatrial" in loaded
    heavy = {
        "pydantic",
        "jinja2",
        "httpx",
        "kubernetes",
        "rich",
        "typer",
        "dataclasses",
        "inspect",
        "subprocess",
        "json",
    }
    assert not loaded & heavy


HOSTILE = BAD_TAG.replace("{name: web}", '{name: "we\\e[31mb\\nx…"}', 1).replace("example/web", "example/wéb")


def test_nothing_in_a_manifest_can_command_the_terminal(files: Files) -> None:
    (name,) = files(a_dot_yaml=HOSTILE)
    done = _process([name, *TAG])
    assert done.returncode == 1
    assert "\033" not in done.stdout
    assert "Deployment/we?[31mb x" in done.stdout


def test_a_terminal_that_knows_only_ascii_is_served(files: Files, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONIOENCODING", "ascii")
    (name,) = files(a_dot_yaml=HOSTILE)
    for form in ("text", "markdown", "junit"):
        done = _process([name, *TAG, "--format", form])
        assert (done.returncode, done.stderr) == (1, ""), form


def test_a_pyyaml_without_libyaml_is_told_in_words(files: Files) -> None:
    (name,) = files(a_dot_yaml=BAD_TAG)
    script = "import sys; sys.modules['yaml._yaml'] = None; "
    script += "from seatrial.lint import main; sys.exit(main(sys.argv[1:]))"
    command = [sys.executable, "-c", script, name]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)
    assert done.returncode == 2
    assert "PyYAML was built without libyaml" in done.stderr
    assert "Traceback" not in done.stderr
