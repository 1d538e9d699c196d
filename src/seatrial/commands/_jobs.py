"""The tools that a run starts: which, how, and what each of them must report."""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seatrial.commands.children import folder
from seatrial.errors import BadInput, SeatrialError, suggestion
from seatrial.model.plan import LOAD_SECONDS, Planned, Profile
from seatrial.model.verdict import named

if TYPE_CHECKING:
    from seatrial.model.system import System

STAGES = SUITES, LOAD, EXPERIMENTS = "suites", "load", "experiments"
LOAD_TEST = "journeys"
_SUITES_SECONDS = 1200.0
_BEFORE_AND_AFTER_LOAD_SECONDS = 540.0
_LONGEST_SECONDS = 6 * 3600.0
"""Of a load test that ends by itself."""
_EXPERIMENT_SECONDS = 600.0
BRIEF_SECONDS = 90.0
"""Experiments that usually take longer are left to `chaos run`."""


@dataclass(frozen=True)
class Choice:
    """What of everything is run; what is left empty is not narrowed.

    Attributes:
        stages: of `STAGES`.
        checks: ids of proven checks.
        experiments: names of shipped experiments, or files.
        load_seconds: how long the load lasts.
        profile: how much of the suites and experiments; what is named is carried out in full.

    Raises:
        BadInput: there is no such stage; or a check or an experiment is named whose stage is left out.
    """

    stages: tuple[str, ...] = ()
    checks: tuple[str, ...] = ()
    experiments: tuple[str, ...] = ()
    load_seconds: int = LOAD_SECONDS
    profile: Profile = Profile.CORE

    def __post_init__(self) -> None:
        for stage in self.stages:
            if stage not in STAGES:
                hint = f"Stages: {', '.join(STAGES)}"
                raise BadInput(f"there is no stage {stage!r}", where="--only", next_step=hint)
        for stage, option, given in (
            (SUITES, "--check", self.checks),
            (EXPERIMENTS, "--experiment", self.experiments),
        ):
            if given and not self.includes(stage):
                hint = f"Add --only {stage}, or leave {option} out."
                raise BadInput(f"{option} names what the stages leave out", where=option, next_step=hint)

    def includes(self, stage: str) -> bool:
        return not self.stages or stage in self.stages


@dataclass(frozen=True)
class Job:
    """A child process of a run: a tool that joins the run and must report a result."""

    planned: Planned
    arguments: Sequence[str]
    within_seconds: float
    about_seconds: float = 0.0
    environment: Mapping[str, str] = field(default_factory=dict)

    @property
    def stage(self) -> str:
        return self.planned.stage

    @property
    def log(self) -> str:
        """Name of the file that keeps its output."""
        return f"{self.stage.replace(' ', '-')}.txt"


def jobs_of(choice: Choice, system: System) -> list[Job]:
    """The child processes of what was chosen, in their order.

    Raises:
        BadInput: there is no such check or experiment.
    """
    jobs: list[Job] = []
    if choice.includes(SUITES):
        jobs.append(_suites(choice.checks, system, choice.profile))
    if choice.includes(LOAD):
        jobs.append(load_job(system, LOAD_TEST, choice.load_seconds))
    if choice.includes(EXPERIMENTS):
        jobs += _experiments(choice.experiments, system)
    return jobs


def _suites(chosen: Collection[str], system: System, profile: Profile) -> Job:
    from seatrial.harness.estimate import suites_seconds

    profile = Profile.FULL if chosen else profile
    arguments = [sys.executable, "-m", "pytest", "-v", "--color=no", str(folder("suites")), *_elsewhere()]
    arguments += ["--profile", profile, *(part for check in chosen for part in ("--check", check))]
    planned = Planned(SUITES, "pytest", tuple(_results(chosen, system, profile)))
    about = suites_seconds(system, profile)
    return Job(planned, arguments, _SUITES_SECONDS + 3 * about, 0.0 if chosen else about)


def _elsewhere() -> list[str]:
    """Files of checks that lie outside of the suites: whoever extends Seatrial has them run as well."""
    from seatrial.model.check import CHECKS

    root = folder("suites").resolve()
    places = {Path(CHECKS.place(name)) for name in CHECKS}
    return sorted(str(path) for path in places if not path.is_relative_to(root))


def _results(chosen: Collection[str], system: System, profile: Profile) -> Iterator[str]:
    """Every proven check on each of its subjects, from the registry and never from pytest."""
    from seatrial.model.check import CHECKS
    from seatrial.model.profile import results_of

    for name in chosen:
        if name not in CHECKS:
            CHECKS.get(name)  # says which is the nearest
    for name, check in CHECKS.all().items():
        if name in chosen or not chosen:
            yield from results_of(profile, check, system)


def load_job(system: System, test: str, seconds: int, *more: str) -> Job:
    """A load test that is shipped.

    Args:
        seconds: how long it is to last; 0 for one that ends by itself.
        more: further arguments of Locust.

    Raises:
        BadInput: there is no such test; names all that there are.
    """
    shipped = {path.stem: path for path in sorted(folder("loadtests").glob("[a-z]*.py"))}
    if test not in shipped:
        hint = f"There are {', '.join(shipped)}."
        raise BadInput(f"there is no load test {test!r}", where="--test", next_step=hint)
    arguments = [sys.executable, "-m", "locust", "-f", str(shipped[test]), "--headless", *more]
    arguments += ["-t", f"{seconds}s"] if seconds else []
    planned = Planned(f"load {test}", "locust", (named(f"load.{test}", system.metadata.name),))
    within = (seconds or _LONGEST_SECONDS) + _BEFORE_AND_AFTER_LOAD_SECONDS
    return Job(planned, arguments, within, about_seconds=seconds + 15 if seconds else 0.0)


def _experiments(chosen: Sequence[str], system: System) -> Iterator[Job]:
    """The chosen experiments; else brief voluntary ones of core level that any cluster takes, on one subject.

    The suites carry every scenario out on every workload anyway; the others are left to `chaos run`.
    """
    from seatrial.harness.estimate import seconds_on
    from seatrial.model.fault import Disruption
    from seatrial.model.profile import included
    from seatrial.model.scenario import SCENARIOS
    from seatrial.scenarios.needs.own_nodes import own_nodes

    if chosen:
        for path in experiment_files(chosen):
            yield _experiment(path, system, ())
        return
    for path in experiment_files():
        scenario = SCENARIOS.get(path.stem)
        for subject in scenario.subjects(system)[-1:] if included(Profile.CORE, scenario) else ():
            brief = seconds_on(scenario, subject) <= BRIEF_SECONDS
            anywhere = own_nodes not in scenario.needs
            if brief and anywhere and scenario.disruption is Disruption.VOLUNTARY:
                yield _experiment(path, system, (subject.role,))


def _experiment(path: Path, system: System, roles: tuple[str, ...]) -> Job:
    arguments = [sys.executable, "-m", "chaostoolkit", "--no-version-check", "run", str(path)]
    results, about = _results_of(path, system, roles)
    planned = Planned(f"experiment {path.stem}", "chaos", results)
    environment = {"SEATRIAL_ROLES": " ".join(roles)} if roles else {}
    return Job(planned, arguments, _EXPERIMENT_SECONDS + 3 * about, about, environment)


def _results_of(path: Path, system: System, roles: Sequence[str]) -> tuple[tuple[str, ...], float]:
    """The results that an experiment must report, and how long it usually takes.

    None where the file does not say, as its run will tell.
    """
    import yaml

    from seatrial.chaos.expected import results_of

    try:
        found: Any = yaml.safe_load(path.read_text(encoding="utf-8"))
        return results_of(found, system, roles)
    except (OSError, yaml.YAMLError, LookupError, TypeError, AttributeError, SeatrialError):
        return (), 0.0


def experiment_files(chosen: Sequence[str] = ()) -> list[Path]:
    """The files of the shipped experiments, or of those that were chosen by name or as a file.

    Raises:
        BadInput: there is none of that name; names the nearest.
    """
    shipped = {path.stem: path for path in sorted(folder("experiments").glob("*.yaml"))}
    files = []
    for name in chosen:
        path = shipped.get(name, Path(name))
        if not path.is_file():
            hint = suggestion(name, shipped)
            raise BadInput(f"there is no experiment {name!r}", where="--experiment", next_step=hint)
        files.append(path)
    return files or list(shipped.values())
