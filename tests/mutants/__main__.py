"""`python -m tests.mutants`: mutates a sample of the product and says which changes no unit test notices."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from .gate import End, Project, Unusable, choose_tests, ends, from_the_start, sample
from .mutations import Mutant
from .report import Kept, Summary, read_reasons, unknown_reasons
from .serving import preload
from .warm import decided

ROOT = Path(__file__).parents[2]
SURVIVORS = Path(__file__).with_name("survivors.yaml")
TESTS = ["tests/unit", "tests/attacks"]
TARGETS = (
    "seatrial/judge/**/*.py",
    "seatrial/faults/journal.py",
    "seatrial/faults/revert.py",
    "seatrial/chaos/control.py",
    "seatrial/commands/run.py",
    "seatrial/commands/_stages.py",
    "seatrial/model/plan.py",
    "seatrial/model/pod_resources.py",
    "seatrial/plugin.py",
)


def options(words: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description=__doc__)
    parser.add_argument("--number", type=int, default=200, help="mutants to try; 0 for all (default: 200)")
    parser.add_argument("--seed", type=int, default=1, help="draws the sample (default: 1)")
    parser.add_argument("--module", action="append", default=[], help="only modules whose name holds this")
    parser.add_argument("--change", default="", help="only mutants whose fingerprint holds this")
    parser.add_argument("--tests", action="append", default=[], help="tests to run (default: unit, attacks)")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1, help="at once (default: cores)")
    parser.add_argument("--kept", type=Path, help="file of ends: what it holds is not tried again")
    return parser.parse_args(words)


def run(code: Project, accepted: Path, wanted: argparse.Namespace) -> bool:
    """Tries the wanted mutants of `code` and prints how they ended.

    Raises:
        Unusable: when nothing can be said of any mutant, or `accepted` speaks of mutants that are gone.
    """
    known, reasons = code.mutants(), read_reasons(accepted)
    if unknown := unknown_reasons(reasons, known):
        raise Unusable(f"{accepted} speaks of mutants that do not exist any more:\n" + "\n".join(unknown))
    matching = [
        mutant
        for mutant in known
        if wanted.change in mutant.fingerprint
        and (not wanted.module or any(part in mutant.module for part in wanted.module))
    ]
    chosen = sample(matching, wanted.number or len(matching), wanted.seed)
    kept = Kept(wanted.kept)
    found = [(mutant, kept.ends[mutant.fingerprint]) for mutant in chosen if mutant.fingerprint in kept.ends]
    left = [mutant for mutant in chosen if mutant.fingerprint not in kept.ends]
    for number, (mutant, end) in enumerate(_tried(code, left, wanted.processes), 1):
        found.append((mutant, end))
        kept.add(mutant, end)
        if end is not End.KILLED and mutant.fingerprint not in reasons:
            sys.stderr.write(f"{number}/{len(left)} {end.value}: {mutant.fingerprint}\n")
            sys.stderr.flush()
    summary = Summary(found, reasons)
    sys.stdout.write("\n".join(summary.lines()) + "\n")
    return summary.passed


def _tried(code: Project, chosen: Sequence[Mutant], processes: int) -> Iterator[tuple[Mutant, End]]:
    if not chosen:
        return
    preload()
    with tempfile.TemporaryDirectory() as work:
        chooser = choose_tests(code, Path(work))
        done = set()
        for mutant, end in decided(code, chosen, chooser, processes, Path(work) / "forks.txt"):
            done.add(mutant.fingerprint)
            yield mutant, end
        left = [mutant for mutant in chosen if mutant.fingerprint not in done]
        yield from ends(left, chooser, processes, from_the_start(code))


def main() -> None:
    wanted = options()
    code = Project(ROOT, ROOT / "src", TARGETS, wanted.tests or TESTS)
    try:
        sys.exit(0 if run(code, SURVIVORS, wanted) else 1)
    except Unusable as error:
        sys.exit(f"mutants: {error}")


if __name__ == "__main__":
    main()
