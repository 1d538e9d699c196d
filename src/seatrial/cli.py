"""The `seatrial` command. Thin: each command gathers its choices and calls one function elsewhere.

Heavy modules are imported inside the commands, so that `--help` answers at once.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from seatrial import __version__
from seatrial.errors import SeatrialError

app = typer.Typer(
    name="seatrial",
    help="Proves that a backend on Kubernetes is what its manifests declare.\n\n"
    "Start with `seatrial run`: it brings the sample system up on kind, tests it, loads it, disturbs it, "
    "and writes one page.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # plain help: rich would double the time to the first line
    context_settings={"help_option_names": ["-h", "--help"]},
)

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
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def main() -> int:
    """Run the command line; 0 good, 1 not passed, 2 could not be done, 130 interrupted."""
    try:
        code = app(standalone_mode=False)
    except SeatrialError as error:
        typer.echo(f"error  {error}", err=True)
        return 2
    except (KeyboardInterrupt, typer.Abort):
        typer.echo("interrupted; what was started has been stopped", err=True)
        return 130
    except typer.Exit as end:
        return end.exit_code
    except Exception as error:
        # Usage errors of the parser are shown as the parser shows them.
        if not hasattr(error, "show"):
            raise
        error.show()
        return 2
    return code if isinstance(code, int) else 0


def _settings(**flags: Any) -> Any:
    from seatrial.settings import settings_from

    return settings_from(flags)


@app.callback(invoke_without_command=True)
def root(
    version: Annotated[bool, typer.Option("--version", help="Print the version and stop.")] = False,
) -> None:
    """Proves that a backend on Kubernetes is what its manifests declare."""
    if version:
        typer.echo(__version__)
        raise typer.Exit


@app.command()
def up(system: System = None, seed: Seed = None) -> int:
    """Bring the cluster and the system up: engine, images, kind, deploy. What is there is kept."""
    from seatrial.terminal import progress_display
    from seatrial.voyage import bring_up

    with progress_display() as progress:
        bring_up(_settings(system=system, seed=seed), progress)
    return 0


@app.command()
def down(system: System = None) -> int:
    """Remove what `up` made: our kind cluster, and the engine if we started it. Caches stay."""
    from seatrial.housekeeping import take_down
    from seatrial.terminal import progress_display

    with progress_display() as progress:
        take_down(_settings(system=system), progress)
    return 0


@app.command()
def status(system: System = None, as_json: Json = False) -> int:
    """Say what is up: engine, cluster, nodes, open undo records, newest run."""
    from seatrial.housekeeping import show_status

    typer.echo(show_status(_settings(system=system), as_json=as_json))
    return 0


@app.command()
def run(
    system: System = None,
    kubeconfig: Kubeconfig = None,
    context: Context = None,
    namespace: Namespace = None,
    seed: Seed = None,
    only: Annotated[
        list[str] | None,
        typer.Option("--only", help="Only suites, load or drills (repeatable).", show_default=False),
    ] = None,
) -> int:
    """The whole voyage: bring up, suites, load, drills, one page. Exit 0 only when everything passed."""
    from seatrial.terminal import progress_display
    from seatrial.voyage import sail

    settings = _settings(
        system=system, kubeconfig=kubeconfig, context=context, namespace=namespace, seed=seed
    )
    with progress_display() as progress:
        code, text = sail(settings, progress, only=tuple(only or ()))
    typer.echo(text)
    return code


@app.command()
def report(
    directory: Annotated[Path, typer.Argument(help="A run directory.")] = Path("reports/latest"),
) -> int:
    """Build the page of a run again from its records, and print its summary."""
    from seatrial.housekeeping import rebuild_report

    code, text = rebuild_report(directory)
    typer.echo(text)
    return code


@app.command()
def heal() -> int:
    """Undo every fault that a killed run left behind (`.seatrial/undo`). Safe to run at any time."""
    from seatrial.housekeeping import revert_all_faults

    code, text = revert_all_faults(_settings())
    typer.echo(text)
    return code


@app.command()
def checks(as_json: Json = False) -> int:
    """List every check: id, level, what it needs, and the sentence that must hold."""
    from seatrial.listing import checks_text

    typer.echo(checks_text(as_json=as_json))
    return 0


@app.command()
def variants(
    system: System = None,
    variant: Annotated[
        list[str] | None, typer.Option("--variant", help="Only this one (repeatable).", show_default=False)
    ] = None,
    named_only: Annotated[
        bool, typer.Option("--named-only", help="Run only the check that a variant must turn red.")
    ] = False,
    seed: Seed = None,
) -> int:
    """Prove that every check can fail: deploy each flawed variant and print the table checks x variants."""
    from seatrial.terminal import progress_display
    from seatrial.variants import prove_variants

    with progress_display() as progress:
        code, text = prove_variants(
            _settings(system=system, seed=seed), progress, names=tuple(variant or ()), named_only=named_only
        )
    typer.echo(text)
    return code


@app.command()
def judge(
    file: Annotated[Path, typer.Argument(help="A history: one JSON operation a line; see docs/judges.md.")],
    model: Annotated[str, typer.Option("--model", help="set, bank, register, ...; see docs/judges.md.")],
    export: Annotated[
        str | None,
        typer.Option(help="Judge nothing; print it for elle or porcupine.", show_default=False),
    ] = None,
) -> int:
    """Judge a recorded history of operations again: was what was acknowledged kept?"""
    from seatrial.histories import export_file, judge_file

    if export is not None:
        typer.echo(export_file(str(file), export, model))
        return 0
    verdict = judge_file(str(file), model)
    typer.echo(f"{verdict.outcome.upper()}\n{verdict.explain()}")
    return 0 if verdict.passed else 1


@app.command()
def schema() -> int:
    """Print the JSON Schema of the system file, for editors."""
    import json

    from seatrial.model.system import System as SystemModel

    typer.echo(json.dumps(SystemModel.model_json_schema(by_alias=True), indent=2))
    return 0


@app.command(
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True}, add_help_option=False
)
def lint(context: typer.Context) -> int:
    """Judge manifests without a cluster: every declared property of a workload."""
    from seatrial.lint import main as lint_main

    return lint_main(context.args)
