"""`seatrial run` without a cluster: every way in which a run can go wrong makes it red, and is named."""

import signal
from pathlib import Path

import pytest
from fakes import Children, Display, FakeSession, never_opens, passes, report, settings_in
from observations import fault

from seatrial.commands._jobs import Choice, jobs_of
from seatrial.commands.run import BRING_UP, COMPARE, run_everything
from seatrial.errors import BadInput, SeatrialError
from seatrial.model.observation import TROUBLE, Arm, Observation
from seatrial.model.plan import Planned
from seatrial.model.verdict import Outcome
from seatrial.record.reader import read_run
from seatrial.settings import load_system

SUITES, LOAD = "suites", "load journeys"
EXPERIMENTS = ["experiment delete-pod", "experiment drain-node"]


def recorded(folder):
    return read_run(folder / "reports" / "latest")


def named(run, words):
    return [text for text in run.broken if words in text]


def test_when_everything_passes_so_does_the_run(runs):
    session, children = FakeSession(), Children()
    code, text, run = runs(children, session)
    assert (code, text) == (0, "")
    assert run.finished
    assert children.stages == [SUITES, LOAD, *EXPERIMENTS]
    assert len(EXPERIMENTS) > 1
    assert session.did == ["opened", "lent", "looked", "compared", "closed"]
    assert [stage.name for stage in run.stages] == [BRING_UP, *children.stages, COMPARE]
    assert {(stage.outcome, stage.seconds) for stage in run.stages} == {("done", 1.0)}
    assert run.exit_codes == dict.fromkeys(children.stages, 0)
    assert run.changed_objects == ()


def test_the_plan_is_on_disk_before_anything_starts(folder):
    seen = []

    def open_session(*_):
        seen.append(recorded(folder).plan)
        return FakeSession()

    run_everything(
        settings_in(folder), Display(), open_session=open_session, run_child=Children(), report=report
    )
    tools = [job.planned for job in jobs_of(Choice(), load_system(settings_in(folder)))]
    assert seen == [(Planned(BRING_UP), *tools, Planned(COMPARE))]
    assert {(planned.stage, planned.tool) for planned in tools} == {
        (SUITES, "pytest"), (LOAD, "locust"), *((name, "chaos") for name in EXPERIMENTS)
    }  # fmt: skip
    assert all(planned.checks for planned in tools)


def test_children_join_the_run_and_leave_the_system_as_it_is(runs):
    told = {}

    def looks(child):
        told.update(child.environment)
        return child.reports(Outcome.PASSED).ends(0)

    children = Children(suites=looks)
    _, _, run = runs(children, stages=("suites",))
    assert children.stages == [SUITES]
    assert told["SEATRIAL_RUN"].endswith(run.run_id)
    assert (told["SEATRIAL_AS_DEPLOYED"], told["SEATRIAL_SEED"]) == ("1", "7")
    assert told["SEATRIAL_STAGE"] == SUITES
    assert told["SEATRIAL_LEASE"] == "word"
    assert told["SEATRIAL_SYSTEM"].endswith("chandlery.yaml")


def test_only_the_named_stages_are_planned_and_run(runs):
    children = Children()
    code, _, run = runs(children, stages=("experiments", "load"))
    assert code == 0
    assert children.stages == [LOAD, *EXPERIMENTS]
    assert SUITES not in [planned.stage for planned in run.plan]


def test_an_unknown_stage_is_refused_before_anything_starts(folder):
    with pytest.raises(BadInput) as caught:
        run_everything(settings_in(folder), Display(), Choice(("drills",)), open_session=never_opens)
    assert "suites, load, experiments" in caught.value.next_step
    assert not (folder / "reports").exists()


def test_a_red_verdict_explains_exit_code_1(runs):
    code, _, run = runs(Children(load=lambda child: child.reports(Outcome.FAILED).ends(1)))
    assert (code, run.outcome) == (1, Outcome.FAILED)
    assert run.broken == ()


def test_a_stage_that_fails_ends_the_run_and_names_what_never_came(runs, folder):
    def hangs(child):
        child.reports(Outcome.PASSED)
        raise SeatrialError("a stage did not end within 600 s and was stopped")

    session = FakeSession()
    with pytest.raises(SeatrialError, match="did not end within"):
        runs(Children(load=hangs), session)
    run = recorded(folder)
    assert session.did[-1] == "closed"
    assert not run.finished
    assert run.broken == (
        "stage load journeys: failed",
        *(f"stage {name}: planned and never reported" for name in [*EXPERIMENTS, COMPARE]),
    )
    assert run.notes == ("a stage did not end within 600 s and was stopped",)
    assert (folder / "reports" / "latest" / "page.txt").exists()


def test_a_system_that_cannot_be_brought_up_ends_the_run(folder):
    def refuses(*_):
        raise SeatrialError("no engine answers")

    with pytest.raises(SeatrialError, match="no engine answers"):
        run_everything(
            settings_in(folder), Display(), open_session=refuses, run_child=Children(), report=report
        )
    run = recorded(folder)
    assert run.broken[0] == "stage bring up: failed"
    assert len(run.broken) == len(run.plan)
    assert (folder / "reports" / "latest" / "page.txt").exists()


@pytest.fixture
def before():
    """The handler of SIGTERM outside of a run; one that does nothing, so that a defect ends no test run."""

    def nothing(*_):
        pass

    previous = signal.signal(signal.SIGTERM, nothing)
    yield nothing
    signal.signal(signal.SIGTERM, previous)


@pytest.mark.parametrize("how", ["ctrl-c", "sigterm"])
def test_an_interrupted_run_is_unfinished_and_has_its_page(runs, folder, before, how):
    def interrupted(child):
        if how == "ctrl-c":
            raise KeyboardInterrupt
        signal.raise_signal(signal.SIGTERM)
        raise AssertionError("SIGTERM did not interrupt")

    session = FakeSession()
    with pytest.raises(KeyboardInterrupt):
        runs(Children(suites=interrupted), session)
    run = recorded(folder)
    assert signal.getsignal(signal.SIGTERM) is before
    assert session.did[-1] == "closed"
    assert (run.finished, run.outcome) == (False, Outcome.ERROR)
    assert named(run, "stage load journeys: planned and never reported")
    assert (folder / "reports" / "latest" / "page.txt").exists()


def test_the_stage_that_goes_on_is_begun_in_the_record_and_numbered_on_the_screen(folder):
    display, begun = Display(), []

    def child(arguments, **options):
        begun.extend(stage.name for stage in recorded(folder).stages if stage.outcome == "unfinished")
        return Children()(arguments, **options)

    run_everything(
        settings_in(folder), display, Choice(stages=("suites", "load")),
        open_session=lambda *_: FakeSession(), run_child=child, report=report,
    )  # fmt: skip
    assert begun == [SUITES, LOAD]
    text = "\n".join(display.lines)
    for line in (
        "bring up: stage 1 of 4",
        "suites: stage 2 of 4",
        "load journeys: stage 3 of 4, usually about",
    ):
        assert f"\n{line}" in text
    assert text.count("usually about") == 2, "how long suites and load take is known before"


def test_who_runs_it_with_which_seed_is_in_the_record_and_its_file_is_closed(runs, folder):
    _, _, run = runs()
    (own,) = [tool for tool in run.tools if tool["tool"] == "seatrial"]
    assert (own["seed"], own["exit_code"]) == (7, 0)
    assert own["versions"]
    held = [str(path.readlink()) for path in Path("/proc/self/fd").iterdir() if path.is_symlink()]
    assert not [path for path in held if run.run_id in path]


@pytest.mark.parametrize("code", [0, 1])
def test_the_command_says_the_summary_and_ends_with_its_code(types, monkeypatch, code):
    monkeypatch.setattr("seatrial.commands.run.run_everything", lambda *_: (code, "a summary"))
    assert types("run", "--only", "suites") == (code, "a summary\n", "")


def test_what_the_children_injected_is_known_when_the_objects_are_compared(runs):
    """A restart leaves its annotation behind on purpose; that is no difference of the run."""
    made = fault(kind="Deployment", name="orders")

    def injects(child):
        head = Observation({TROUBLE: Arm()}, "rollout-restart.orders", "rollout-restart", "orders")
        writer = child.run.observation(head)
        writer.fault(made)
        writer.close(None, missing={}, failure=None)
        broken = child.run.observation(head)
        (broken.directory / "head.json").write_text("{")
        return passes(child)

    session = FakeSession()
    runs(Children(suites=injects), session)
    assert session.faults == [made]
