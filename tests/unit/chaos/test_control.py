"""The exit code of a plain `chaos run` is true: Chaos Toolkit's own runner without a cluster."""

from types import SimpleNamespace

import pytest
from chaoslib.exceptions import InterruptExecution, InvalidActivity
from chaoslib.experiment import ensure_experiment_is_valid
from chaoslib.run import Runner
from chaoslib.types import Strategy
from dry_experiment import CONTROL, activity
from dry_session import SYSTEM, Dry

from seatrial.chaos import control
from seatrial.chaos.order import Order, experiment_id
from seatrial.errors import FaultRefused, SeatrialError
from seatrial.model.verdict import CheckResult, Outcome, Verdict
from seatrial.record.reader import read_run


@pytest.fixture
def play(shop):
    """Run an experiment with chaoslib; its journal, and the run as it was recorded."""

    def run(experiment):
        settings = {"runtime": {"rollbacks": {"strategy": "always"}}}
        with Runner(Strategy.DEFAULT) as runner:
            journal = runner.run(experiment, settings=settings)
        return journal, read_run(shop / "latest")

    return run


def ended(verdict):
    """An experiment whose verdict is known."""
    result = CheckResult("experiment.t", "basket", "It holds.", verdict, "chaos", 0.0, 1.0)
    return SimpleNamespace(run=SimpleNamespace(directory="reports/x"), end=lambda state, failure: [result])


def verdict_of(run):
    (result,) = run.results
    return result.verdict


class TestWhole:
    """As a person types it: `chaos run FILE`."""

    def test_a_pass_exits_0(self, run_experiment, dry: Dry, shop, experiment):
        code, run = run_experiment(experiment)
        assert verdict_of(run).outcome is Outcome.PASSED, verdict_of(run).explain()
        assert code == 0
        assert "PASSED experiment.pods-are-replaced [basket]" in run_experiment.said
        assert dry.world.done[-2:] == ["traffic subject ended", "watches ended"]
        (made,) = run.results
        assert made.observations == ("experiment.pods-are-replaced.basket",)
        assert run.finished
        assert (shop / "latest" / "chaos" / "experiment.pods-are-replaced.json").is_file()

    def test_requests_that_fail_exit_1(self, run_experiment, dry: Dry, experiment):
        dry.world.fails_in_faults = True
        code, run = run_experiment(experiment)
        assert verdict_of(run).outcome is Outcome.FAILED
        assert code == 1
        assert "FAILED experiment.pods-are-replaced [basket]" in run_experiment.said
        assert [tool["exit_code"] for tool in run.tools] == [1]


class TestArguments:
    @pytest.mark.parametrize(
        ("arguments", "words"),
        [
            ({}, "role is missing"),
            ({"role": ""}, "role is missing"),
            ({"role": 3}, "role is missing"),
            ({"role": "basket", "repetitions": 0}, "repetitions is 0"),
            ({"role": "basket", "repetitions": "3"}, "repetitions is '3'"),
            ({"role": "basket", "repetitions": True}, "repetitions is True"),
            ({"role": "basket", "per_second": 0}, "per_second is 0"),
            ({"role": "basket", "per_second": 2001}, "per_second is 2001"),
            ({"role": "basket", "requests": 0}, "'requests'"),
            ({"role": "basket", "check": "x"}, "'check'"),
            ({"rol": "basket"}, "Did you mean role?"),
            ({"role": "basket", "repetitons": 3}, "Did you mean repetitions?"),
            ("role", "arguments"),
        ],
    )
    def test_what_cannot_be_used_is_refused_at_validation(self, experiment, arguments, words):
        experiment["controls"][0]["provider"]["arguments"] = arguments
        with pytest.raises(InvalidActivity, match="control 'seatrial-verdict'") as raised:
            control.validate_control(experiment["controls"][0])
        assert words in str(raised.value)
        assert "__init__" not in str(raised.value)
        with pytest.raises(InvalidActivity):
            ensure_experiment_is_valid(experiment)

    def test_good_ones_are_valid(self, experiment):
        experiment["controls"][0]["provider"]["arguments"] = {
            "role": "basket",
            "per_second": 20.5,
            "repetitions": 1,
        }
        ensure_experiment_is_valid(experiment)
        assert Order("basket", "", 20.5, 1).faults() == []

    @pytest.mark.parametrize(
        ("title", "name"),
        [
            ("Pods are replaced!", "pods-are-replaced"),
            ("", "untitled"),
            ("Ü", "untitled"),
            ("a" * 99, "a" * 60),
        ],
    )
    def test_the_id_comes_from_the_title(self, title, name):
        assert experiment_id(title) == f"experiment.{name}"


class TestBegin:
    def interrupted(self, play, experiment, dry):
        journal, run = play(experiment)
        assert journal["status"] == "interrupted"
        assert not [line for line in dry.world.done if line.startswith("injected")]
        assert run.finished
        assert run.outcome is Outcome.ERROR
        return verdict_of(run)

    def test_traffic_that_is_not_steady_injects_nothing(self, play, experiment, dry: Dry):
        dry.world.failing.append((0, float("inf")))
        verdict = self.interrupted(play, experiment, dry)
        assert verdict.outcome is Outcome.ERROR
        assert "not steady" in verdict.observed
        assert dry.world.done[-2:] == ["traffic subject ended", "watches ended"]

    def test_watches_that_do_not_start_are_told(self, play, experiment, dry: Dry):
        dry.world.recorder_error = SeatrialError("the API server does not answer")
        assert "the API server does not answer" in self.interrupted(play, experiment, dry).observed

    def test_a_right_that_lacks_is_unsupported_and_nothing_is_touched(self, play, experiment, dry: Dry):
        dry.world.forbidden.add("create leases")
        journal, run = play(experiment)
        assert journal["status"] == "interrupted"
        assert verdict_of(run).outcome is Outcome.UNSUPPORTED
        assert "not allowed to create leases" in verdict_of(run).observed
        assert "seatrial rights --disruptive" in verdict_of(run).next_step
        assert dry.world.done == []

    def test_no_consent_is_an_error_of_an_experiment(self, play, experiment, dry, shop):
        (shop.parent / "shop.yaml").write_text(SYSTEM.replace("disruptive: true", "disruptive: false"))
        verdict = self.interrupted(play, experiment, dry)
        assert verdict.outcome is Outcome.ERROR
        assert "nothing was touched" in verdict.observed
        assert dry.world.done == []

    @pytest.mark.parametrize(
        ("arguments", "words"),
        [({"role": "nobody"}, "nobody"), ({"role": "basket", "journey": "lok"}, "no journey 'lok'")],
    )
    def test_what_the_system_does_not_have_is_named(self, play, experiment, dry, arguments, words):
        experiment["controls"][0]["provider"]["arguments"] = arguments
        verdict = self.interrupted(play, experiment, dry)
        assert words in verdict.observed
        assert "defect" not in verdict.next_step

    def test_a_system_file_that_is_not_there_is_named(self, play, experiment, dry, monkeypatch):
        monkeypatch.setenv("SEATRIAL_SYSTEM", "nowhere.yaml")
        assert "no such system file" in self.interrupted(play, experiment, dry).observed

    def test_a_control_that_is_listed_twice_is_an_error(self, play, experiment, dry):
        experiment["controls"].append({**CONTROL, "name": "again"})
        verdict = self.interrupted(play, experiment, dry)
        assert "listed twice" in verdict.observed
        assert dry.world.done[-2:] == ["traffic subject ended", "watches ended"]

    def test_a_run_directory_that_cannot_be_made_interrupts(self, experiment, dry, shop, monkeypatch):
        shop.write_text("a file")
        with Runner(Strategy.DEFAULT) as runner:
            journal = runner.run(experiment)
        assert journal["status"] != "completed"
        assert dry.world.done == []


class TestEnd:
    def test_the_journal_is_made_true(self, play, experiment, dry: Dry):
        dry.world.fails_in_faults = True
        journal, _ = play(experiment)
        assert journal["status"] == "failed"
        assert journal["deviated"] is True

    def test_a_pass_leaves_it_as_it_is(self, play, experiment):
        journal, run = play(experiment)
        assert (journal["status"], journal["deviated"]) == ("completed", False)
        assert [tool["exit_code"] for tool in run.tools] == [0]

    def test_a_fault_that_is_refused_is_an_error_although_chaos_calls_it_completed(
        self, play, experiment, dry
    ):
        dry.world.refusals["delete-pod"] = FaultRefused("no ready pod to hit", next_step="ready: none")
        journal, run = play(experiment)
        assert journal["status"] == "failed"
        assert verdict_of(run).outcome is Outcome.ERROR
        assert "no ready pod to hit" in verdict_of(run).observed
        assert dry.world.done[-2:] == ["traffic subject ended", "watches ended"]

    def test_a_method_without_a_fault_is_an_error(self, play, experiment):
        experiment["method"] = [activity("action", "hold", seconds=1, reason="nothing")]
        journal, run = play(experiment)
        assert journal["status"] == "failed"
        assert "no fault was injected" in verdict_of(run).observed

    def test_too_few_repetitions_are_inconclusive(self, play, experiment):
        experiment["method"] = [activity("action", "inject", fault="delete-pod", times=2)]
        journal, run = play(experiment)
        assert journal["status"] == "failed"
        assert verdict_of(run).outcome is Outcome.INCONCLUSIVE

    def test_a_generator_that_dies_is_an_error_and_what_was_seen_is_kept(self, play, experiment, dry, shop):
        dry.world.dies_at = dry.world.now + 8
        journal, run = play(experiment)
        assert journal["status"] == "failed"
        assert verdict_of(run).outcome is Outcome.ERROR
        assert "ended early" in verdict_of(run).observed
        (folder,) = (shop / "latest" / "observations").iterdir()
        assert (folder / "exchanges-subject.ndjson").stat().st_size > 1000

    def test_a_held_fault_is_released_by_the_rollback_or_at_the_end(self, play, experiment, dry):
        experiment["controls"][0]["provider"]["arguments"]["repetitions"] = 1
        experiment["method"] = [activity("action", "inject", fault="drain-node", held=True)]
        for rollbacks in ([], [activity("action", "release", fault="drain-node")]):
            experiment["rollbacks"] = rollbacks
            dry.world.done.clear()
            _, run = play(experiment)
            assert verdict_of(run).outcome is Outcome.PASSED, verdict_of(run).explain()
            assert dry.world.done.count("reverted drain-node") == 1
            assert dry.world.done.index("reverted drain-node") < dry.world.done.index("traffic subject ended")

    def test_an_experiment_that_was_never_begun_is_no_pass(self):
        state = {"status": "completed", "deviated": False}
        control.after_experiment_control({"title": "t"}, state)
        assert state["status"] == "failed"

    @pytest.mark.parametrize(
        ("outcome", "state", "after"),
        [
            (Outcome.PASSED, {"status": "completed", "deviated": False}, ("completed", False)),
            (Outcome.FAILED, {"status": "completed", "deviated": False}, ("failed", True)),
            (Outcome.FAILED, {}, ("failed", True)),
            (Outcome.ERROR, {"status": "completed", "deviated": False}, ("failed", False)),
            (Outcome.INCONCLUSIVE, {"status": "completed", "deviated": True}, ("failed", True)),
            (Outcome.ERROR, {"status": "aborted", "deviated": False}, ("aborted", False)),
        ],
    )
    def test_status_and_deviation_follow_the_verdict(self, monkeypatch, capsys, outcome, state, after):
        monkeypatch.setattr(control, "drop_experiment", lambda: ended(Verdict(outcome, "3 of 4", "none")))
        control.after_experiment_control({"title": "t"}, state)
        assert (state["status"], state["deviated"]) == after
        assert capsys.readouterr().out.startswith(f"{outcome.upper()} experiment.t [basket]  It holds.")

    def test_what_asks_for_no_evidence_is_refused_without_validation_too(self, dry):
        with pytest.raises(InterruptExecution, match="at least 1 fault"):
            control.before_experiment_control({"title": "t"}, role="basket", repetitions=0)
        assert dry.world.sessions == []

    @pytest.mark.parametrize(("arguments", "said"), [({}, ""), ({"repetitions": 0}, "at least 1 fault")])
    def test_an_error_before_is_said_at_the_end_and_a_dry_run_is_none(self, dry, caplog, arguments, said):
        with pytest.raises(InterruptExecution):
            control.before_experiment_control({"title": "t", "dry": "actions"}, role="basket", **arguments)
        control.after_experiment_control({"title": "t"}, {})
        assert [record.levelname for record in caplog.records] == ["ERROR"] * bool(said)
        assert said in caplog.text
        assert dry.world.sessions == []

    def test_nothing_is_said_of_an_experiment_that_nobody_began(self, monkeypatch, caplog):
        monkeypatch.setattr(control, "_failure", None)
        control.after_experiment_control({"title": "t"}, {})
        assert caplog.records == []

    def test_what_is_raised_before_is_the_one_error_that_chaos_does_not_swallow(self, dry, monkeypatch):
        monkeypatch.setenv("SEATRIAL_SEED", "many")
        with pytest.raises(InterruptExecution, match="seed"):
            control.before_experiment_control({"title": "t"}, role="basket")
        control.after_experiment_control({"title": "t"}, {})
