"""`seatrial judge`: what was recorded, judged again. The judges themselves do no input or output."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from seatrial.commands.base import command
from seatrial.errors import BadInput

if TYPE_CHECKING:
    from seatrial.model.verdict import Verdict


@command("judge")
def judge(
    path: Annotated[Path, typer.Argument(help="A run directory, or a history: one JSON operation a line.")],
    model: Annotated[
        str | None,
        typer.Option("--model", help="Of a history: set, bank, register, ...; see docs/judges.md."),
    ] = None,
    export: Annotated[
        str | None,
        typer.Option(help="Judge nothing; print the history for elle or porcupine."),
    ] = None,
) -> int:
    """Judge what was recorded again, with no cluster: a run, or a history of operations."""
    if path.is_dir():
        code, text = judge_run(path)
    elif model is None:
        from seatrial.judge.consistency import MODELS

        hint = f"There are {', '.join(sorted(MODELS))}; docs/judges.md says what each is for."
        raise BadInput("a history is judged by a model", where="--model", next_step=hint)
    elif export is not None:
        code, text = 0, export_file(str(path), export, model)
    else:
        verdict = judge_file(str(path), model)
        code, text = int(not verdict.passed), f"{verdict.outcome.upper()}\n{verdict.explain()}"
    typer.echo(text)
    return code


def judge_run(directory: Path) -> tuple[int, str]:
    """Judge a recorded run again; returns its exit code and its verdicts as text.

    Raises:
        SeatrialError: the folder holds no run.
    """
    from seatrial.commands._rejudging import rejudge, rejudged_text

    return rejudged_text(rejudge(directory))


def judge_file(path: str, model: str) -> Verdict:
    """Judge the history in an NDJSON file (`.gz` is unpacked) by one of `judge.consistency.MODELS`.

    Raises:
        BadInput: for an unknown model, a file that cannot be read, or a bad line, with its number.
    """
    from seatrial.judge.consistency import judge_history

    return judge_history(_lines(path), model, source=path)


def export_file(path: str, tool: str, model: str) -> str:
    """The history in `path` as JSON for `elle` or `porcupine`; docs/judges.md has the mapping.

    Raises:
        BadInput: for another tool, a model that the tool does not have, a bad file or line.
    """
    from seatrial.judge.consistency import parse_history, to_elle, to_porcupine

    if tool not in ("elle", "porcupine"):
        raise BadInput(f"no export for {tool}", next_step="There are exports for: elle, porcupine.")
    history = parse_history(_lines(path), source=path)
    return to_elle(history, model) if tool == "elle" else to_porcupine(history)


def _lines(path: str) -> Iterator[str]:
    number = 0
    try:
        packed = path.endswith(".gz")
        with (
            gzip.open(path, "rt", encoding="utf-8") if packed else Path(path).open(encoding="utf-8") as stream
        ):
            for line in stream:
                number += 1
                yield line
    except UnicodeDecodeError:
        raise BadInput("not UTF-8 text", where=f"{path}, after line {number}") from None
    except (EOFError, zlib.error):
        raise BadInput(
            "the packed file is cut off or damaged", where=f"{path}, after line {number}"
        ) from None
    except OSError as error:
        raise BadInput(f"cannot read the history: {error.strerror or error}", where=path) from None
