"""The command: arguments, reading, judging, writing, exit code."""

from __future__ import annotations

import argparse
import atexit
import gc
import io
import os
import sys
import time
from collections.abc import Iterable, Sequence

from seatrial.declared.catalogue import choose
from seatrial.declared.engine import Report, examine
from seatrial.declared.graph import Graph
from seatrial.declared.makers import BESIDE
from seatrial.declared.objects import Resource, Workload
from seatrial.declared.rule import RESOURCE, WAIVER, Rule, Severity
from seatrial.declared.server.structural import Schemas
from seatrial.declared.waivers import Waiver, from_system
from seatrial.declared.worlds import Worlds
from seatrial.errors import BadInput
from seatrial.lint.decoding import parse
from seatrial.lint.files import bytes_of, read_documents
from seatrial.lint.given import Input, Place
from seatrial.lint.left_out import left_out_of
from seatrial.lint.reading import read
from seatrial.lint.result import NOT_JUDGED, Result, with_repeats_told_once, without_copies
from seatrial.lint.unreadable import fault_of

_HELP_WIDTH = 100
_FORMATS = ("text", "json", "sarif", "junit", "markdown")
_EPILOGUE = """\
exit codes: 0 clean; 1 findings at or above --fail-on; 2 could not judge all (what cannot be read is named,
the rest is judged) or nothing (no rule speaks of any object)
A waiver is an annotation on the object: seatrial.dev/waive.<rule>: "reason; until 2027-01-31".
`seatrial checks` lists every rule with its reason."""


def run(argv: Sequence[str]) -> int:
    """Parse the arguments, judge and write; bad input ends with its message and exit code 2."""
    arguments = _parser().parse_args(argv)
    gc.disable()  # nearly all that is made is kept: collecting doubles the time of reading,
    atexit.register(gc.freeze)  # and at the end of the process there is no use in it at all
    try:
        rules = choose(_names(arguments.select), _names(arguments.ignore))
        result = judge(
            arguments.files,
            rules,
            Severity(arguments.fail_on),
            system=arguments.system,
            version=arguments.kubernetes,
            namespace=arguments.namespace,
            exclude=_names(arguments.exclude),
            schemas=arguments.schemas,
        )
        _write(result, arguments)
    except BadInput as error:
        print(f"seatrial lint: {error}", file=sys.stderr)  # noqa: T201
        return NOT_JUDGED
    except BrokenPipeError:  # the reader of our output went away (| head): nobody is left to tell
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return NOT_JUDGED
    finally:
        gc.enable()
    return result.exit_code


def judge(
    files: Sequence[str],
    rules: Sequence[Rule],
    fail_on: Severity = Severity.WARNING,
    *,
    system: str | None = None,
    version: str | None = None,
    namespace: str = "",
    exclude: Sequence[str] = (),
    schemas: str | None = None,
) -> Result:
    """Read and judge files and folders.

    Args:
        files: names, `-` for standard input.
        rules: which rules to apply.
        fail_on: the mildest severity that counts.
        system: a system file whose waivers apply.
        version: of Kubernetes, whose API server would have to take the objects.
        namespace: where objects go that name none.
        exclude: patterns of names and paths that are left out.
        schemas: a folder with schemas of custom resources.

    Raises:
        BadInput: nothing in the input can be judged.
    """
    given = read(files, exclude)
    known = _schemas_of(schemas)  # one for all: a definition counts in the whole cluster
    graphs = [
        Graph(world, parse, version=version, namespace=namespace, schemas=known) for world in given.worlds
    ]
    for other in graphs[1:] if given.plain else ():
        other.memo[BESIDE] = graphs[0]
    graph = graphs[0] if len(graphs) == 1 else Worlds(graphs)
    waivers = _waivers_of(system) if system else []
    report = examine(graph, rules, today=time.strftime("%Y-%m-%d"), waivers=waivers)
    if not _judged_something(report):
        raise _nothing_judged(given, report, files)
    report.faults.extend(map(fault_of, given.refused))
    report = report if len(graphs) == 1 else without_copies(report)
    return Result(given, with_repeats_told_once(report), fail_on)


def _judged_something(report: Report) -> bool:
    """Whether a rule applied to something: rules about any object, to one of a kind that Kubernetes has."""
    special = [rule for rule in report.rules if rule.on not in (RESOURCE, WAIVER)]
    if report.graph.workloads or any(report.applied[rule.id] for rule in special):
        return True
    return len(special) < len(report.rules) and any(map(_is_judged, report.graph.resources))


def _is_judged(resource: Resource) -> bool:
    api = f"{resource.group}/{resource.version}" if resource.group else resource.version
    known = resource.graph.server.kubernetes.definition_of(api, resource.kind) is not None
    return known and not isinstance(resource, Workload)  # a workload that is not judged was left out


def _nothing_judged(given: Input, report: Report, files: Sequence[str]) -> BadInput:
    if given.refused:
        return BadInput("\n".join(map(str, given.refused)))
    graph = report.graph
    kinds = ", ".join(sorted({resource.kind for resource in graph.resources}))
    held = f"{len(graph.resources)} objects ({kinds})" if graph.resources else "no objects"
    tests = f", and {graph.helm_tests} Helm test pods" if graph.helm_tests else ""
    left_out = "; left out: " + left_out_of(given) if given.skipped else ""
    return BadInput(
        f"there is nothing to judge: the input holds {held}{tests}{left_out}",
        where=", ".join(files),
        next_step="name files with Kubernetes objects; nothing judged is no pass",
    )


def _schemas_of(folder: str | None) -> Schemas:
    if folder is None:
        return Schemas()
    from seatrial.lint.schemas import read_schemas

    return read_schemas(folder)


def _waivers_of(system: str) -> list[Waiver]:
    from seatrial.lint.system_waivers import waivers_in

    documents = read_documents(system)
    written = waivers_in(bytes_of(system).decode("utf-8-sig"), system)
    return from_system(written, Resource({"kind": "System"}, Place(documents[0], ()), Graph([])))


def _write(result: Result, arguments: argparse.Namespace) -> None:
    colour = arguments.output is None and _wants_colour()
    written = _render(result, arguments.format, colour=colour)
    if arguments.output is None:
        if isinstance(
            sys.stdout, io.TextIOWrapper
        ):  # a terminal that cannot show a letter is no reason to fail
            sys.stdout.reconfigure(errors="backslashreplace")
        sys.stdout.writelines(written)
        sys.stdout.flush()
        return
    try:
        with open(arguments.output, "w", encoding="utf-8", errors="backslashreplace") as file:  # noqa: PTH123
            file.writelines(written)
    except OSError as error:
        raise BadInput(f"cannot write the report: {error.strerror}", where=arguments.output) from None


def _render(result: Result, form: str, *, colour: bool) -> Iterable[str]:
    """The report in parts."""
    if form == "json":
        from seatrial.lint.as_json import render_json

        return [render_json(result)]
    if form == "sarif":
        from seatrial.lint.as_sarif import render_sarif

        return [render_sarif(result)]
    if form == "junit":
        from seatrial.lint.as_junit import render_junit

        return [render_junit(result)]
    if form == "markdown":
        from seatrial.lint.as_markdown import render_markdown

        return [render_markdown(result)]
    from seatrial.lint.as_text import render_text

    return render_text(result, colour=colour)


def _wants_colour() -> bool:
    if os.environ.get("NO_COLOR"):
        return False
    return bool(os.environ.get("FORCE_COLOR")) or (sys.stdout.isatty() and os.environ.get("TERM") != "dumb")


def _names(given: Sequence[str] | None) -> list[str]:
    return [name.strip() for item in given or () for name in item.split(",") if name.strip()]


def _help(prog: str) -> argparse.HelpFormatter:
    """Argparse makes one for every option; told no width, it imports modules that cost more than reading."""
    return argparse.RawDescriptionHelpFormatter(prog, width=_HELP_WIDTH)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="seatrial lint",
        description="Judge what Kubernetes manifests declare. Needs no cluster.",
        epilog=_EPILOGUE,
        formatter_class=_help,
    )
    add = parser.add_argument
    add(
        "files",
        nargs="+",
        metavar="FILE",
        help="file, folder, kustomization, Helm chart, or - for standard input",
    )
    add(
        "--format",
        choices=_FORMATS,
        default="text",
        help="text for people (default), or a format for machines",
    )
    add("--output", metavar="FILE", help="write there instead of to standard output")
    add(
        "--select",
        action="append",
        metavar="NAMES",
        help="only these: ids, families, levels or `all`, by commas",
    )
    add("--ignore", action="append", metavar="NAMES", help="all but these")
    add(
        "--exclude",
        action="append",
        metavar="PATTERNS",
        help="files and folders to leave out, by name or path: `charts`, `*/test/*`, by commas",
    )
    add("--namespace", "-n", metavar="NAME", default="", help="where objects go that name no namespace")
    add(
        "--fail-on",
        choices=[str(severity) for severity in Severity],
        default="warning",
        help="the mildest severity that makes the exit code 1 (default: warning)",
    )
    add(
        "--kubernetes",
        metavar="VERSION",
        help="the version whose API server must take the objects (default: the newest known)",
    )
    add(
        "--schemas",
        metavar="DIR",
        help="a folder with schemas of custom resources: CustomResourceDefinitions, or JSON schemas as "
        "<group>/<kind>_<version>.json; those of the files themselves count always",
    )
    add("--system", metavar="FILE", help="a system file whose waivers apply")
    return parser
