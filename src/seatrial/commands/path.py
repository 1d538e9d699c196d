"""`seatrial path`: where a shipped experiment, load test, schema, cluster configuration or page lies."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

import seatrial
from seatrial.commands.base import command
from seatrial.errors import BadInput

_FOLDERS = {
    "experiments": "*.yaml",
    "loadtests": "[!_]*.py",
    "fixtures/cluster": "*.yaml",
    "docs": "*.md",
}
_SCHEMAS = ("model/system.schema.json", "report/run.schema.json")


def shipped() -> dict[str, Path]:
    """The files that other tools take by their path, by the name that a person types."""
    package = Path(seatrial.__file__).parent
    named = {
        f"{file.parent.name}/{file.name}": file
        for folder, pattern in _FOLDERS.items()
        for file in sorted((package / folder).glob(pattern))
    }
    schemas = {Path(name).name: package / name for name in _SCHEMAS}
    # In a checkout the folders are links: the file that a person would edit is the one they lead to.
    return {name: file.resolve() for name, file in {**named, **schemas}.items()}


def _beginning_with(incomplete: str) -> list[str]:
    """For the shell's completion."""
    return [name for name in shipped() if name.startswith(incomplete)]


@command("path")
def path(
    name: Annotated[
        str,
        typer.Argument(help="Its name; without one all are listed.", autocompletion=_beginning_with),
    ] = "",
) -> int:
    """Print the path of a shipped file: `chaos run $(seatrial path experiments/delete-pod.yaml)`."""
    files = shipped()
    if name and name not in files:
        raise BadInput(
            f"nothing that is shipped is called {name!r}", next_step=f"There are {', '.join(files)}."
        )
    typer.echo(files[name] if name else "\n".join(files))
    return 0
