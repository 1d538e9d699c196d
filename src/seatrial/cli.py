"""The `seatrial` command line: registers what `commands/` holds, and turns errors into exit codes."""

from __future__ import annotations

from typing import Annotated

import typer

from seatrial import __version__
from seatrial.commands.base import COMMANDS
from seatrial.errors import SeatrialError

_INTERRUPTED = 130


def command_line() -> typer.Typer:
    """Every registered command, those of extensions included.

    Raises:
        BadInput: an extension cannot be imported.
    """
    app = typer.Typer(
        name="seatrial",
        help="Proves that a backend on Kubernetes is what its manifests declare.\n\n"
        "Start with `seatrial init`, which proposes the file of your system, and `seatrial doctor`; then "
        "`seatrial run` tests it, loads it, disturbs it, and writes one page.",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,  # plain help: rich would double the time to the first line
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback(invoke_without_command=True)(root)
    for name, item in COMMANDS.all().items():
        app.command(name, **item.options)(item.function)
    return app


def root(
    version: Annotated[bool, typer.Option("--version", help="Print the version and stop.")] = False,
) -> None:
    """Proves that a backend on Kubernetes is what its manifests declare."""
    if version:
        typer.echo(__version__)
        raise typer.Exit


def main() -> int:
    """Run the command line; 0 good, 1 not passed, 2 could not be done, 130 interrupted."""
    try:
        code = command_line()(standalone_mode=False)
    except SeatrialError as error:
        typer.echo(f"error  {error}", err=True)
        return 2
    except typer.Abort:
        code = _INTERRUPTED
    except Exception as error:
        # Usage errors of the parser are shown as the parser shows them.
        if not hasattr(error, "show"):
            raise
        error.show()
        return 2
    if code == _INTERRUPTED:  # typer's answer to Ctrl-C, and it says nothing
        typer.echo("interrupted; what was started has been stopped", err=True)
    return code if isinstance(code, int) else 0
