"""Every check has been seen to fail: on each flawed variant its check, and no other, must turn red."""

from __future__ import annotations

import difflib
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import yaml

from seatrial.children import run_child
from seatrial.cluster.progress import Progress
from seatrial.errors import BadInput
from seatrial.harness.session import Session, beside, open_session
from seatrial.model.verdict import CheckResult, Mode, Outcome
from seatrial.record.reader import read_run
from seatrial.record.writer import RunWriter
from seatrial.report.html import build_report
from seatrial.settings import Settings, load_system
from seatrial.voyage import child_environment, folder, shown

EXPECTED = "expected.yaml"
_SUITES_SECONDS = 1800.0


@dataclass(frozen=True)
class Variant:
    """One flawed overlay of the system and the checks that must fail on it."""

    name: str
    folder: Path
    fails: tuple[str, ...]


@dataclass(frozen=True)
class Row:
    """What the suites said of one variant."""

    variant: Variant
    results: tuple[CheckResult, ...]
    directory: Path

    @property
    def proven(self) -> list[CheckResult]:
        """The results that the table is about. That a rule sees the flaw in the manifests is no fault."""
        return [result for result in self.results if result.mode is Mode.PROVEN]

    @property
    def declared_failures(self) -> list[str]:
        """Ids of the rules that saw a flaw in the manifests."""
        return sorted(
            {
                result.check
                for result in self.results
                if result.mode is Mode.DECLARED and result.verdict.outcome is Outcome.FAILED
            }
        )

    @property
    def faults(self) -> list[str]:
        """Why this row is not as it must be; empty when it is."""
        found = []
        for check in self.variant.fails:
            if Outcome.FAILED not in self.outcomes(check):
                seen = ", ".join(sorted(self.outcomes(check))) or "not run"
                found.append(f"{check} must fail here, but was: {seen}")
        for result in self.proven:
            if result.check not in self.variant.fails and result.verdict.outcome is not Outcome.PASSED:
                found.append(f"{result.check} [{result.subject}] must pass here: {result.verdict.observed}")
        return found

    def outcomes(self, check: str) -> set[Outcome]:
        return {result.verdict.outcome for result in self.proven if result.check == check}


def prove_variants(
    settings: Settings, progress: Progress, *, names: Sequence[str] = (), named_only: bool = False
) -> tuple[int, str]:
    """Run the suites on each variant; returns the exit code and the table checks x variants.

    Args:
        names: only these variants; all of them when empty.
        named_only: run only the checks that must fail (quicker, but says nothing of the others).

    Raises:
        BadInput: an unknown variant, or the system has no variants.
    """
    system = load_system(settings)
    if system.deploy is None:
        raise BadInput(
            "this system has no variants: it is not deployed from a folder", where=str(settings.system_path)
        )
    chosen = read_variants(beside(settings.system_path, system.deploy.kustomize).parent / "variants", names)
    rows = []
    with open_session(settings, system, progress) as session, _restored(session, progress):
        for variant in chosen:
            with progress.stage(f"variant {variant.name}") as stage:
                session.deploy(variant.folder, progress)
                session.require_answer()
                rows.append(_try(variant, settings, named_only, stage.note))
    return (1 if any(row.faults for row in rows) else 0), table(rows)


def read_variants(root: Path, names: Sequence[str] = ()) -> list[Variant]:
    """The variants of `expected.yaml`, all or the named ones.

    Raises:
        BadInput: the file is missing or wrong, a folder is missing, or a name is unknown.
    """
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
def _restored(session: Session, progress: Progress) -> Iterator[None]:
    """Whatever happens, the sound system is deployed again at the end."""
    try:
        yield
    finally:
        assert session.system.deploy is not None
        session.deploy(beside(session.settings.system_path, session.system.deploy.kustomize), progress)


def _try(variant: Variant, settings: Settings, named_only: bool, note: object) -> Row:
    writer = RunWriter.open_or_create("seatrial", reports=settings.reports_directory, environment={})
    writer.tool_started(argv=sys.argv, versions={}, seed=settings.seed)
    arguments = [sys.executable, "-m", "pytest", "-v", "--color=no", str(folder("suites"))]
    if named_only:
        arguments += [part for check in variant.fails for part in ("--check", check)]
    run_child(
        arguments, environment=child_environment(settings, writer.directory),
        log=writer.directory / "logs" / "suites.txt", within_seconds=_SUITES_SECONDS,
        note=note if callable(note) else lambda _: None,
    )  # fmt: skip
    writer.tool_finished(0)
    writer.close()
    build_report(writer.directory)
    return Row(variant, read_run(writer.directory).results, writer.directory)


def table(rows: Sequence[Row]) -> str:
    """Checks x variants as text; `*` marks the cell that must be red, and what is wrong stands below."""
    checks = sorted({result.check for row in rows for result in row.proven})
    width = max([len(check) for check in checks] + [5])
    heads = [row.variant.name for row in rows]
    lines = ["  ".join(["check".ljust(width), *heads])]
    for check in checks:
        cells = []
        for row, head in zip(rows, heads, strict=True):
            outcomes = row.outcomes(check)
            text = Outcome.worst(outcomes).value if outcomes else "-"
            mark = " *" if check in row.variant.fails else ""
            cells.append((text + mark).ljust(len(head)))
        lines.append("  ".join([check.ljust(width), *cells]).rstrip())
    lines.append("* must fail there; every other cell must pass")
    for row in rows:
        lines += [f"WRONG  {row.variant.name}: {fault}" for fault in row.faults]
        if row.declared_failures:
            rules = ", ".join(row.declared_failures)
            lines.append(f"lint   {row.variant.name}: seen in the manifests by {rules}")
        lines.append(f"run    {row.variant.name}: {shown(row.directory)}")
    return "\n".join(lines)
