"""`seatrial experiment`: the experiment of a scenario, to run as it is or to edit a copy."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from seatrial.commands.base import command
from seatrial.errors import BadInput


@command("experiment")
def experiment(
    scenario: Annotated[str, typer.Argument(help="Id of the scenario.")] = "",
    write: Annotated[
        Path | None, typer.Option("--write", help="Write one for every scenario into this folder.")
    ] = None,
) -> int:
    """Print the Chaos Toolkit experiment of a scenario; experiments/ holds one for each."""
    from seatrial.chaos.generate import experiment_text, write_experiments
    from seatrial.model.scenario import SCENARIOS

    if write is not None:
        for path in write_experiments(write):
            typer.echo(path)
        return 0
    if not scenario:
        names = ", ".join(SCENARIOS)
        raise BadInput("no scenario was named", next_step=f"There are {names}; or use --write FOLDER.")
    typer.echo(experiment_text(SCENARIOS.get(scenario)), nl=False)
    return 0
