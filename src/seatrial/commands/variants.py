"""`seatrial variants`: on each flawed variant of the system its check, and no other, must turn red."""

from __future__ import annotations

import difflib
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Protocol

import typer

from seatrial.commands.base import Seed, System, command, open_session, settings
from seatrial.commands.children import RunChild, child_environment, folder, run_child
from seatrial.commands.report import rebuild_report
from seatrial.commands.variants_table import Row, Variant, table
from seatrial.errors import BadInput

if TYPE_CHECKING:
    from seatrial.cluster.progress import Progress
    from seatrial.model.system import System as SystemModel
    from seatrial.settings import Settings

EXPECTED = "expected.yaml"
_SUITES = "suites"
_SUITES_SECONDS = 1800.0


@command("variants")
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

    chosen = settings(system=system, seed=seed)
    with progress_display() as progress:
        code, text = prove_variants(chosen, progress, names=tuple(variant or ()), named_only=named_only)
    typer.echo(text)
    return code


class Deploys(Protocol):
    """What the variants need of the session that was opened; `harness.session.Session` has it."""

    def lend(self) -> dict[str, str]:
        """Hold the Lease for the suites of each variant; what they need in their environment."""

    def deploy(self, folder: Path, progress: Progress) -> None:
        """Deploy a folder and wait for its rollout."""

    def require_answer(self) -> None:
        """Wait until the system answers."""


class OpenSession(Protocol):
    """Brings the system up and connects; see `harness.session.open_session`."""

    def __call__(
        self, settings: Settings, system: SystemModel, progress: Progress
    ) -> AbstractContextManager[Deploys]: ...


def prove_variants(
    settings: Settings,
    progress: Progress,
    *,
    names: Sequence[str] = (),
    named_only: bool = False,
    open_session: OpenSession = open_session,
    run_child: RunChild = run_child,
    report: Callable[[Path], tuple[int, str]] = rebuild_report,
) -> tuple[int, str]:
    """Run the suites on each variant; returns the exit code and the table checks x variants.

    Args:
        names: only these variants; all of them when empty.
        named_only: run only the checks that must fail (quicker, but says nothing of the others).
        report: builds the page of a run directory.

    Raises:
        BadInput: an unknown variant, or the system has no variants.
    """
    from seatrial.settings import load_system

    system = load_system(settings)
    if system.deploy is None:
        raise BadInput(
            "this system has no variants: it is not deployed from a folder", where=str(settings.system_path)
        )
    sound = (settings.system_path.parent / system.deploy.kustomize).resolve()
    chosen = read_variants(sound.parent / "variants", names)
    rows = []
    with open_session(settings, system, progress) as session:
        lent = session.lend()  # before anything is deployed, and given back after the last deployment
        with _restored(session, sound, progress):
            for variant in chosen:
                with progress.stage(f"variant {variant.name}") as stage:
                    session.deploy(variant.folder, progress)
                    session.require_answer()
                    row = _row(variant, settings, named_only, run_child, stage.note, lent)
                    report(row.directory)
                    rows.append(row)
    return (1 if any(row.faults for row in rows) else 0), table(rows)


def read_variants(root: Path, names: Sequence[str] = ()) -> list[Variant]:
    """The variants of `expected.yaml`, all or the named ones.

    Raises:
        BadInput: the file is missing or wrong, a folder is missing, or a name is unknown.
    """
    import yaml

    file = root / EXPECTED
    try:
        listed = yaml.safe_load(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise BadInput(f"the list of variants cannot be read: {error.strerror}", where=str(file)) from None
    except yaml.YAMLError as error:
        raise BadInput(f"the list of variants is not valid YAML: {error}", where=str(file)) from None
    if not isinstance(listed, Mapping) or not all(_well_formed(entry) for entry in listed.values()):
        raise BadInput("each variant needs `fails: [check id, ...]`", where=str(file))
    for name in names:
        if name not in listed:
            nearest = difflib.get_close_matches(name, listed, n=1)
            hint = f"Did you mean {nearest[0]}?" if nearest else f"Known: {', '.join(listed)}"
            raise BadInput(f"there is no variant {name!r}", where=str(file), next_step=hint)
    found = [
        Variant(name, root / name, tuple(entry["fails"]))
        for name, entry in listed.items()
        if not names or name in names
    ]
    for variant in found:
        if not (variant.folder / "kustomization.yaml").is_file():
            raise BadInput(f"the variant {variant.name} has no kustomization", where=str(variant.folder))
    return found


def _well_formed(entry: object) -> bool:
    return isinstance(entry, Mapping) and isinstance(entry.get("fails"), list) and bool(entry["fails"])


@contextmanager
def _restored(session: Deploys, sound: Path, progress: Progress) -> Iterator[None]:
    """Whatever happens, the sound system is deployed again at the end."""
    try:
        yield
    finally:
        session.deploy(sound, progress)


def _row(
    variant: Variant, settings: Settings, named_only: bool, run_child: RunChild, note: Callable[[str], None],
    lent: Mapping[str, str],
) -> Row:  # fmt: skip
    """Run the suites on the variant that is deployed, as a run of its own."""
    from seatrial.model.run import Planned
    from seatrial.record.reader import read_run
    from seatrial.record.writer import RunWriter

    writer = RunWriter.open_or_create("seatrial", reports=settings.reports_directory, environment={})
    writer.tool_started(argv=sys.argv, versions={}, seed=settings.seed)
    writer.plan([Planned(_SUITES, "pytest")])
    arguments = [sys.executable, "-m", "pytest", "-v", "--color=no", str(folder("suites"))]
    if named_only:
        arguments += [part for check in variant.fails for part in ("--check", check)]
    writer.stage_started(_SUITES)
    code = run_child(
        arguments, environment=child_environment(settings, writer.directory, stage=_SUITES, lent=lent),
        log=writer.directory / "logs" / "suites.txt", within_seconds=_SUITES_SECONDS, note=note,
    )  # fmt: skip
    writer.stage_finished(_SUITES, "done", exit_code=code)
    writer.tool_finished(0)
    writer.close()
    run = read_run(writer.directory)
    return Row(variant, run.results, writer.directory, run.broken)
