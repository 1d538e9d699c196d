"""`seatrial lint`: manifests judged without a cluster. For the help: `__main__` goes to lint directly."""

from __future__ import annotations

import typer

from seatrial.commands.base import command


@command(
    "lint",
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True},
    add_help_option=False,
)
def lint(context: typer.Context) -> int:
    """Judge manifests without a cluster: every declared property of a workload."""
    from seatrial.lint import main

    return main(context.args)
