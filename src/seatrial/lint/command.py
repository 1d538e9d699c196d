"""The command: arguments, reading, judging, writing, exit code."""

from __future__ import annotations

import argparse
import atexit
import gc
import io
import os
import sys
import time
from collections.abc import Sequence

from seatrial.declared.catalogue import choose
from seatrial.declared.engine import examine
from seatrial.declared.graph import Graph
from seatrial.declared.objects import Resource
from seatrial.declared.rule import Rule, Severity
from seatrial.declared.waivers import Waiver, from_system
from seatrial.errors import BadInput
from seatrial.lint.decoding import parse
from seatrial.lint.files import bytes_of, read_documents
from seatrial.lint.reading import Input, Place, read
from seatrial.lint.result import NOT_JUDGED, Result

_FORMATS = ("text", "json", "sarif", "junit", "markdown")
_EPILOGUE = """\
exit codes: 0 clean; 1 findings at or above --fail-on; 2 could not judge (unreadable input, no workload)
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
) -> Result:
    """Read and judge files and folders.

    Args:
        files: names, `-` for standard input.
        rules: which rules to apply.
        fail_on: the mildest severity that counts.
        system: a system file whose waivers apply.
        version: of Kubernetes, whose API server would have to take the objects.

    Raises:
        BadInput: something cannot be read, or there is no workload in it.
    """
    given = read(files)
    graph = Graph(given.objects, parse, version=version)
    if not graph.workloads:
        raise _nothing_to_judge(given, graph, files)
    waivers = _waivers_of(system, graph) if system else []
    today = time.strftime("%Y-%m-%d")
    return Result(given, examine(graph, rules, today=today, waivers=waivers), fail_on)


def _nothing_to_judge(given: Input, graph: Graph, files: Sequence[str]) -> BadInput:
    kinds = ", ".join(sorted({resource.kind for resource in graph.resources}))
    held = f"{len(given.objects)} objects ({kinds})" if given.objects else "no objects"
    tests = f", and {graph.helm_tests} Helm test pods" if graph.helm_tests else ""
    return BadInput(
        f"there is no workload to judge: the input holds {held}{tests}",
        where=", ".join(files),
        next_step="name the files with Deployments, StatefulSets, Jobs or Pods; nothing judged is no pass",
    )


def _waivers_of(system: str, graph: Graph) -> list[Waiver]:
    from seatrial.lint.system_waivers import waivers_in

    documents = read_documents(system)
    written = waivers_in(bytes_of(system).decode("utf-8-sig"), system)
    return from_system(written, Resource({"kind": "System"}, Place(documents[0], ()), graph))


def _write(result: Result, arguments: argparse.Namespace) -> None:
    colour = arguments.output is None and _wants_colour()
    written = _render(result, arguments.format, colour=colour)
    if arguments.output is None:
        if isinstance(
            sys.stdout, io.TextIOWrapper
        ):  # a terminal that cannot show a letter is no reason to fail
            sys.stdout.reconfigure(errors="backslashreplace")
        sys.stdout.write(written)
        sys.stdout.flush()
        return
    try:
        with open(arguments.output, "w", encoding="utf-8", errors="backslashreplace") as file:  # noqa: PTH123
            file.write(written)
    except OSError as error:
        raise BadInput(f"cannot write the report: {error.strerror}", where=arguments.output) from None


def _render(result: Result, form: str, *, colour: bool) -> str:
    if form == "json":
        from seatrial.lint.as_json import render_json

        return render_json(result)
    if form == "sarif":
        from seatrial.lint.as_sarif import render_sarif

        return render_sarif(result)
    if form == "junit":
        from seatrial.lint.as_junit import render_junit

        return render_junit(result)
    if form == "markdown":
        from seatrial.lint.as_markdown import render_markdown

        return render_markdown(result)
    from seatrial.lint.as_text import render_text

    return render_text(result, colour=colour)


def _wants_colour() -> bool:
    if os.environ.get("NO_COLOR"):
        return False
    return bool(os.environ.get("FORCE_COLOR")) or (sys.stdout.isatty() and os.environ.get("TERM") != "dumb")


def _names(given: Sequence[str] | None) -> list[str]:
    return [name.strip() for item in given or () for name in item.split(",") if name.strip()]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="seatrial lint",
        description="Judge what Kubernetes manifests declare. Needs no cluster.",
        epilog=_EPILOGUE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
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
    add("--system", metavar="FILE", help="a system file whose waivers apply")
    return parser
