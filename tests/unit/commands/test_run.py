"""`seatrial run` without a cluster: every way in which a run can go wrong makes it red, and is named."""

import itertools
import signal

import pytest
from fakes import Children, Display, FakeSession, never_opens, report, settings_in

from seatrial.commands.run import BRING_UP, COMPARE, run_everything
from seatrial.errors import BadInput, SeatrialError
from seatrial.model.run import Planned
from seatrial.model.verdict import Outcome
from seatrial.record.reader import read_run

SUITES, LOAD = "suites", "load journeys"
EXPERIMENTS = ["experiment delete-pod", "experiment drain-node", "experiment store-crash"]


@pytest.fixture
def runs(folder):
    """Run everything with these children; returns exit code, text and what was recorded."""

    def run(children=None, session=None, **options):
        code, text = run_everything(
            settings_in(folder), Display(), open_session=lambda *_: session or FakeSession(),
            run_child=children or Children(), report=report, clock=lambda: next(ticks), **options,
        )  # fmt: skip
        return code, text, recorded(folder)

    ticks = itertools.count(100.0)
    return run


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
    assert session.did == ["opened", "looked", "compared", "closed"]
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
    tools = [Planned(SUITES, "pytest"), Planned(LOAD, "locust")]
    tools += [Planned(name, "chaos") for name in EXPERIMENTS]
    assert seen == [(Planned(BRING_UP), *tools, Planned(COMPARE))]


def test_children_join_the_run_and_leave_the_system_as_it_is(runs):
    told = {}

    def looks(child):
        told.update(child.environment)
        return child.reports(Outcome.PASSED).ends(0)

    children = Children(suites=looks)
    _, _, run = runs(children, only=["suites"])
    assert children.stages == [SUITES]
    assert told["SEATRIAL_RUN"].endswith(run.run_id)
    assert (told["SEATRIAL_AS_DEPLOYED"], told["SEATRIAL_SEED"]) == ("1", "7")
    assert told["SEATRIAL_STAGE"] == SUITES
    assert told["SEATRIAL_SYSTEM"].endswith("chandlery.yaml")


def test_only_the_named_stages_are_planned_and_run(runs):
    children = Children()
    code, _, run = runs(children, only=["experiments", "load"])
    assert code == 0
    assert children.stages == [LOAD, *EXPERIMENTS]
    assert SUITES not in [planned.stage for planned in run.plan]


def test_an_unknown_stage_is_refused_before_anything_starts(folder):
    with pytest.raises(BadInput) as caught:
        run_everything(settings_in(folder), Display(), only=["drills"], open_session=never_opens)
    assert "suites, load, experiments" in caught.value.next_step
    assert not (folder / "reports").exists()


def test_a_red_verdict_explains_exit_code_1(runs):
    code, _, run = runs(Children(load=lambda child: child.reports(Outcome.FAILED).ends(1)))
    assert (code, run.outcome) == (1, Outcome.FAILED)
    assert run.broken == ()


@pytest.mark.parametrize("ended", [1, 3, -9])
def test_an_exit_code_without_a_red_verdict_is_an_error(runs, ended):
    code, _, run = runs(Children(suites=lambda child: child.reports(Outcome.PASSED).ends(ended)))
    assert (code, run.outcome) == (1, Outcome.ERROR)
    assert named(run, f"stage suites: ended with exit code {ended}") == list(run.broken)


def test_a_red_verdict_elsewhere_does_not_excuse_an_exit_code(runs):
    code, _, run = runs(
        Children(
            suites=lambda child: child.reports(Outcome.FAILED).ends(1),
            load=lambda child: child.reports(Outcome.PASSED).ends(1),
        )
    )
    assert code == 1
    assert run.broken == ("stage load journeys: ended with exit code 1, which no verdict of it explains",)


def test_a_red_verdict_does_not_excuse_a_crash_of_the_same_tool(runs):
    _, _, run = runs(Children(suites=lambda child: child.reports(Outcome.FAILED).ends(3)))
    assert named(run, "stage suites: ended with exit code 3")


def test_a_child_that_never_joined_is_named_although_it_ended_well(runs):
    code, _, run = runs(Children(suites=lambda child: 0))
    assert code == 1
    assert run.broken == ("stage suites: pytest was planned and never reported a result",)


def test_a_child_that_joined_and_judged_nothing_is_named(runs):
    code, _, run = runs(Children(experiment=lambda child: child.ends(0)), only=["suites", "experiments"])
    assert code == 1
    assert run.broken == tuple(
        f"stage {name}: chaos was planned and never reported a result" for name in EXPERIMENTS
    )


def test_a_child_without_its_closing_record_leaves_the_run_unfinished(runs):
    def vanishes(child):
        child.reports(Outcome.PASSED).run.close()
        return 0

    code, _, run = runs(Children(load=vanishes))
    assert code == 1
    assert not run.finished


def test_objects_that_differ_afterwards_are_red(runs):
    code, text, run = runs(session=FakeSession(["deployment/orders: replicas 2, were 3"]))
    assert (code, run.outcome) == (1, Outcome.ERROR)
    assert text == "objects after the run: 1 differs from before it: deployment/orders: replicas 2, were 3"


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
