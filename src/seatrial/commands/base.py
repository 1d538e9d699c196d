"""What the files of the commands share: how one registers itself, and the options that several have."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from seatrial.registry import Registry

if TYPE_CHECKING:
    from seatrial.cluster.progress import Progress
    from seatrial.harness.session import Session
    from seatrial.model.system import System as SystemModel
    from seatrial.record.writer import RunWriter
    from seatrial.settings import Settings

System = Annotated[
    Path | None,
    typer.Option("--system", "-s", help="The system file.", envvar="SEATRIAL_SYSTEM", show_default=False),
]
Kubeconfig = Annotated[
    Path | None,
    typer.Option(help="Kubeconfig of a foreign cluster.", envvar="SEATRIAL_KUBECONFIG", show_default=False),
]
Context = Annotated[
    str | None, typer.Option(help="Context to use.", envvar="SEATRIAL_CONTEXT", show_default=False)
]
Namespace = Annotated[
    str | None, typer.Option(help="Namespace of the system.", envvar="SEATRIAL_NAMESPACE", show_default=False)
]
Seed = Annotated[
    int | None, typer.Option(help="Seed of all choices.", envvar="SEATRIAL_SEED", show_default=False)
]
Repeats = Annotated[
    int | None,
    typer.Option(
        help="How often at most a scenario of the suites is carried out again for want of evidence.",
        envvar="SEATRIAL_REPEATS", show_default=False,
    ),
]  # fmt: skip
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@dataclass(frozen=True)
class Command:
    """A command of `seatrial`.

    Attributes:
        function: takes the options; returns the exit code, or raises SeatrialError.
        options: further keyword arguments for typer's `command`.
    """

    function: Callable[..., int]
    options: Mapping[str, Any]


COMMANDS: Registry[Command] = Registry("command", "seatrial.commands")


def command(name: str, **options: Any) -> Callable[[Callable[..., int]], Callable[..., int]]:
    """Register the decorated function as `seatrial NAME`; its docstring is the command's help."""
    return COMMANDS.decorator(name, lambda function: Command(function, options))


def settings(**flags: Any) -> Settings:
    """The settings of this call: its flags (None means not given), then the environment.

    Raises:
        BadInput: a variable or flag has a value that cannot be used.
    """
    from seatrial.settings import settings_from

    return settings_from(flags)


def open_session(
    settings: Settings, system: SystemModel, progress: Progress, run: RunWriter | None = None
) -> Session:
    """`harness.session.open_session`, imported when it is called: it is too slow for `--help`."""
    from seatrial.harness import session

    return session.open_session(settings, system, progress, run)


def shown(path: Path) -> str:
    """A path as a person here would type it."""
    with contextlib.suppress(ValueError):
        return str(path.relative_to(Path.cwd()))
    return str(path)
