"""`seatrial schema`: what a system file may hold, for editors."""

from __future__ import annotations

import json

import typer

from seatrial.commands.base import command


@command("schema")
def schema() -> int:
    """Print the JSON Schema of the system file, for editors."""
    from seatrial.model.system import System

    typer.echo(json.dumps(System.model_json_schema(by_alias=True), indent=2))
    return 0
