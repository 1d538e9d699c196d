"""`seatrial init`: a system file proposed from a namespace, which is only read, or from manifests."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from seatrial.commands.base import Context, Kubeconfig, Namespace, command, settings
from seatrial.commands.path import shipped
from seatrial.errors import BadInput

if TYPE_CHECKING:
    from seatrial.declared.graph import Graph

SCHEMA = Path(".seatrial") / "system.schema.json"
"""Where the package's JSON Schema is copied to, beside the file: its first line names it for editors."""
STANDARD_OUTPUT = "-"


@command("init")
def init(
    manifests: Annotated[
        list[str] | None,
        typer.Argument(help="Files or folders; without them the namespace is read.", show_default=False),
    ] = None,
    kubeconfig: Kubeconfig = None,
    context: Context = None,
    namespace: Namespace = None,
    output: Annotated[Path, typer.Option("--output", "-o", help="File to write; - prints it.")] = Path(
        "seatrial.yaml"
    ),
) -> int:
    """Propose a system file, from a namespace (only read) or from manifests; it says what to fill in."""
    chosen = settings(kubeconfig=kubeconfig, context=context, namespace=namespace)
    to_file = str(output) != STANDARD_OUTPUT
    if to_file and output.exists():
        raise BadInput(
            "that file is there already", where=str(output), next_step="Name another: --output FILE"
        )
    text = proposed_text(
        manifests or [], kubeconfig=chosen.kubeconfig, context=chosen.context or "",
        namespace=chosen.namespace or "", schema=str(SCHEMA) if to_file else "",
    )  # fmt: skip
    if not to_file:
        typer.echo(text, nl=False)
        return 0
    _write(output, text)
    open_ = text.count("FILL IN") - 1  # the first comment explains the word
    typer.echo(f"{output}: {open_} places say FILL IN; then `seatrial doctor --system {output}`")
    return 0


def proposed_text(
    manifests: list[str], *, kubeconfig: Path | None, context: str, namespace: str, schema: str = ""
) -> str:
    """The text of a system file; it is one that can be read.

    Raises:
        BadInput: what is named cannot be read, or holds no workload that can be described.
        SeatrialError: the namespace cannot be read.
    """
    from seatrial.declared.proposal.propose import propose
    from seatrial.declared.proposal.words import system_text
    from seatrial.model.system_file import parse_system

    if manifests:
        graph, place, source = *_of_manifests(manifests, namespace), ", ".join(manifests)
    else:
        graph, place, source = *_of_namespace(kubeconfig, context, namespace), f"namespace {namespace}"
    proposal = propose(graph, place)
    if not proposal.workloads:
        found = f"found only {'; '.join(proposal.left_out)}" if proposal.left_out else "found no workload"
        raise BadInput(
            "there is no Deployment and no StatefulSet to describe", where=f"{source}: {found}",
            next_step="Name other manifests, or another namespace with --namespace.",
        )  # fmt: skip
    text = system_text(proposal, source=source, context=context, namespace=place, schema=schema)
    parse_system(text, source="the proposed system file")
    return text


def _of_manifests(names: list[str], namespace: str) -> tuple[Graph, str]:
    """The objects, and the namespace that is described; empty when none is written."""
    from seatrial.declared.graph import Graph
    from seatrial.declared.objects import Workload
    from seatrial.lint.decoding import parse
    from seatrial.lint.reading import read_whole

    graph = Graph(read_whole(names).objects, parse, namespace=namespace)
    if namespace:
        return graph, namespace
    written = {each.namespace for each in graph.resources if isinstance(each, Workload)}
    if len(written) > 1:
        named = ", ".join(sorted(name or "none" for name in written))
        raise BadInput(
            "the workloads lie in several namespaces", where=f"{', '.join(names)}: {named}",
            next_step="Name one: --namespace NAMESPACE",
        )  # fmt: skip
    return graph, next(iter(written), "")


def _of_namespace(kubeconfig: Path | None, context: str, namespace: str) -> tuple[Graph, str]:
    from seatrial.kube.client import Kube
    from seatrial.lint.live import read_live

    if not namespace:
        raise BadInput(
            "no namespace and no manifests were named",
            next_step="`seatrial init --context CONTEXT --namespace NAMESPACE`, or `seatrial init FOLDER`.",
        )
    with Kube(kubeconfig, context or None, namespace) as kube:
        kube.require_namespace()
        return read_live(kube, judged=False), namespace


def _write(output: Path, text: str) -> None:
    schema = output.parent / SCHEMA
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        schema.parent.mkdir(exist_ok=True)
        shutil.copyfile(shipped()[SCHEMA.name], schema)
        output.write_text(text, encoding="utf-8")
    except OSError as error:
        raise BadInput(f"the file cannot be written: {error.strerror}", where=str(output)) from None
