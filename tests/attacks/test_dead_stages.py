"""A stage dies, or never reports, while another one passes: the run names it and does not exit with 0."""

import sys

import pytest
from fakes import Children

from seatrial.commands.children import run_child
from seatrial.commands.report import rebuild_report
from seatrial.model.verdict import Outcome

SUITES, LOAD = "suites", "load journeys"
BROKEN_SUITE = "import nowhere_at_all\n"
BROKEN_EXPERIMENT = "title: No evidence\ndescription: It has no method.\n"


def named(run, words):
    return [text for text in run.broken if words in text]


class Real(Children):
    """Real processes: suites that die in collection, an experiment that fails validation; the load passes."""

    def __init__(self, folder):
        super().__init__()
        (folder / "suites").mkdir()
        (folder / "suites" / "test_broken.py").write_text(BROKEN_SUITE)
        experiment = folder / "broken.yaml"
        experiment.write_text(BROKEN_EXPERIMENT)
        self.commands = {
            SUITES: ["pytest", "-p", "no:cacheprovider", str(folder / "suites")],
            "experiment": ["chaostoolkit", "--no-version-check", "run", str(experiment)],
        }
        self.codes = {}

    def __call__(self, arguments, *, environment, **more):
        stage = environment["SEATRIAL_STAGE"]
        if stage == LOAD:
            return super().__call__(arguments, environment=environment, **more)
        command = [sys.executable, "-m", *self.commands[stage.split()[0]]]
        self.codes[stage] = run_child(command, environment=environment, **more)
        return self.codes[stage]


def test_suites_that_die_in_collection_and_an_experiment_that_is_not_valid(runs, folder):
    children = Real(folder)
    code, text, run = runs(children, report=rebuild_report, experiments=("delete-pod",))
    assert code == 1
    assert (run.outcome, [result.check for result in run.results]) == (Outcome.ERROR, ["load.journeys"])
    assert children.codes == {SUITES: 2, "experiment delete-pod": 1}
    for stage, tool, ended in ((SUITES, "pytest", 2), ("experiment delete-pod", "chaos", 1)):
        assert f"stage {stage}: {tool} was planned and never reported a result" in run.broken
        assert f"stage {stage}: ended with exit code {ended}, which no verdict of it explains" in run.broken
        assert f"{tool} was planned and never reported" in " ".join(text.split())


@pytest.mark.parametrize("stage", ["suites", "load", "experiment"])
def test_a_stage_that_exits_1_and_writes_no_record(runs, stage):
    code, text, run = runs(Children(**{stage: lambda child: 1}), report=rebuild_report)
    assert (code, run.outcome) == (1, Outcome.ERROR)
    (first, *_) = named(run, "never reported a result")
    assert first.startswith(f"stage {stage}")
    assert named(run, "ended with exit code 1")
    assert first.casefold() in " ".join(text.split()).casefold()


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
    code, _, run = runs(Children(experiment=lambda child: child.ends(0)), stages=("suites", "experiments"))
    assert code == 1
    assert run.broken == tuple(
        f"stage {name}: chaos was planned and never reported a result"
        for name in ("experiment delete-pod", "experiment drain-node")
    )


def test_a_child_without_its_closing_record_leaves_the_run_unfinished(runs):
    def vanishes(child):
        child.reports(Outcome.PASSED).run.close()
        return 0

    code, _, run = runs(Children(load=vanishes))
    assert code == 1
    assert not run.finished


@pytest.mark.parametrize("stage", ["suites", "load", "experiment"])
def test_a_stage_of_which_one_result_is_missing(runs, stage):
    def forgets(child):
        left_out, *others = child.planned()
        forgotten.append(left_out)
        ids = [name.partition(" ")[0] for name in others if not name.startswith(left_out.partition(" ")[0])]
        return (child.reports(Outcome.PASSED, *ids) if ids else child).ends(0)

    forgotten = []
    code, _, run = runs(Children(**{stage: forgets}))
    assert (code, run.outcome) == (1, Outcome.ERROR)
    words = forgotten[0] if stage == "suites" else "never reported a result"
    assert any(words in text for text in run.broken)
