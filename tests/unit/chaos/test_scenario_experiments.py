"""An experiment of a scenario: on every workload it applies to, judged by its checks; or an edited copy."""

from dataclasses import dataclass

import pytest
import yaml
from chaoslib.exceptions import InvalidActivity
from chaoslib.experiment import ensure_experiment_is_valid
from chaoslib.run import Runner
from chaoslib.types import Strategy
from dry_session import SYSTEM, Dry

from seatrial.chaos import experiment
from seatrial.chaos.generate import experiment_text
from seatrial.chaos.method import completed
from seatrial.chaos.order import Order
from seatrial.commands._rejudging import rejudge
from seatrial.errors import FaultRefused, NotAllowed
from seatrial.model.check import CORE, check
from seatrial.model.edge import Edge, Measured
from seatrial.model.fault import VOLUNTARY
from seatrial.model.scenario import SCENARIOS, Scenario, Subject, scenario
from seatrial.model.step import Measure, Traffic, Wait, hold, inject, repeat, stop, traffic, wait
from seatrial.model.system_file import parse_system
from seatrial.model.verdict import Outcome, Verdict
from seatrial.record.observations import read_observation
from seatrial.record.reader import read_run
from seatrial.scenarios.needs.replicated import replicated

TWO = SYSTEM.replace(
    "journeys:", "  till: {kind: Deployment, name: till, stateless: true, journey: buy}\njourneys:"
)


@dataclass
class Played:
    """What became of a run of Chaos Toolkit."""

    journal: dict
    run: object
    folder: object

    def verdicts(self):
        return {result.subject: result.verdict for result in self.run.results}


@pytest.fixture
def generated():
    """The experiment of a scenario as it is read from its file."""
    return lambda name: yaml.safe_load(experiment_text(SCENARIOS.get(name)))


@pytest.fixture
def play(shop, dry: Dry):
    dry.world.backends["buy"] = "till"

    def run(experiment):
        (shop.parent / "shop.yaml").write_text(TWO)
        with Runner(Strategy.DEFAULT) as runner:
            journal = runner.run(experiment, settings={"runtime": {"rollbacks": {"strategy": "always"}}})
        return Played(journal, read_run(shop / "latest"), (shop / "latest").resolve())

    return run


class TestUnedited:
    def test_it_is_carried_out_on_every_workload_that_it_applies_to(self, play, generated, dry: Dry):
        played = play(generated("delete-pod"))
        assert {role: verdict.outcome for role, verdict in played.verdicts().items()} == {
            "basket": Outcome.PASSED, "till": Outcome.PASSED,
        }, [verdict.explain() for verdict in played.verdicts().values()]  # fmt: skip
        assert played.journal["status"] == "completed"
        assert {result.check for result in played.run.results} == {"experiment.delete-pod"}
        done = [line for line in dry.world.done if line.startswith("injected")]
        assert done == ["injected delete-pod on basket"] * 3 + ["injected delete-pod on till"] * 3
        assert dry.world.done.count("watches began") == dry.world.done.count("watches ended") == 2

    def test_what_a_fault_of_the_plan_may_not_do_is_unsupported_before_anything_is_touched(
        self, play, generated, dry: Dry
    ):
        dry.world.forbidden.add("delete pods")
        verdicts = play(generated("delete-pod")).verdicts()
        assert {verdict.outcome for verdict in verdicts.values()} == {Outcome.UNSUPPORTED}
        assert "delete pods in namespace shop" in verdicts["basket"].observed
        assert dry.world.done == []

    def test_a_right_that_is_taken_away_after_the_first_fault_is_an_error(self, play, generated, dry: Dry):
        edited = generated("delete-pod")
        edited["title"] = "Mine"
        edited["method"].append(
            {**edited["method"][-1], "name": "evict", "provider": {
                **edited["method"][-1]["provider"], "arguments": {"fault": "evict-pod"}, "func": "inject",
            }}
        )  # fmt: skip
        dry.world.refusals["evict-pod"] = NotAllowed("not allowed to create pods/eviction")
        verdict = play(edited).verdicts()["basket"]
        assert verdict.outcome is Outcome.ERROR, verdict.explain()
        assert "not allowed to create pods/eviction" in verdict.observed

    def test_one_step_is_one_activity_of_the_journal(self, play, generated):
        played = play(generated("delete-pod"))
        names = [run["activity"]["name"] for run in played.journal["run"]]
        assert names[:3] == ["basket: begin", "basket: 1 traffic subject", "basket: 2.1.1 inject delete-pod"]
        assert len(names) == 2 * 5

    def test_the_checks_of_the_scenario_judge_and_are_named(self, play, generated, dry: Dry):
        dry.world.fails_in_faults = True
        played = play(generated("delete-pod"))
        for verdict in played.verdicts().values():
            assert verdict.outcome is Outcome.FAILED
            assert verdict.observed.startswith("orchestration.pod-replacement: ")
        assert played.journal["status"] == "failed"
        assert played.journal["deviated"] is True

    def test_its_observation_is_that_of_the_scenario_and_is_judged_alike_again(self, play, generated):
        played = play(generated("delete-pod"))
        seen = read_observation(played.folder / "observations" / "experiment.delete-pod.till").observation
        assert (seen.scenario, seen.target, seen.journey) == ("delete-pod", "till", "buy")
        again = rejudge(played.folder)
        assert [item.same for item in again] == [True, True]

    def test_it_is_carried_out_at_the_edge_of_the_measured_capacity(self, play, generated, monkeypatch):
        monkeypatch.setenv("SEATRIAL_LOAD", "edge")
        monkeypatch.setattr(experiment, "capacities_of", lambda *_: [Measured(100.0, "run")])
        monkeypatch.setattr(experiment, "edge_of", lambda *_: Edge(100.0, {"buy": 3.0, "look": 1.0}, "run"))
        played = play(generated("delete-pod"))
        seen = read_observation(played.folder / "observations" / "experiment.delete-pod.till").observation
        assert seen.load == "90% of 100 requests/s"
        assert {each.journey for each in seen.exchanges} >= {"buy", "look"}
        assert [item.same for item in rejudge(played.folder)] == [True, True]

    def test_without_a_measured_capacity_nothing_is_touched(self, play, generated, monkeypatch, dry: Dry):
        monkeypatch.setenv("SEATRIAL_LOAD", "edge")
        played = play(generated("delete-pod"))
        for verdict in played.verdicts().values():
            assert verdict.outcome is Outcome.ERROR
            assert "no run has measured the capacity" in verdict.observed
        assert dry.world.done == []

    def test_the_roles_that_it_names_are_enough(self, play, generated):
        experiment = generated("delete-pod")
        experiment["controls"][0]["provider"]["arguments"]["roles"] = ["till"]
        played = play(experiment)
        assert list(played.verdicts()) == ["till"]
        assert played.run.results[0].check == "experiment.delete-pod"

    def test_what_goes_wrong_on_one_workload_is_not_charged_to_the_other(self, play, generated, dry: Dry):
        injected = []

        class Once(dict):
            def __contains__(self, name):
                injected.append(name)
                return len(injected) == 2

            def __getitem__(self, name):
                return FaultRefused("no ready pod to hit")

        dry.world.refusals = Once()
        played = play(generated("delete-pod"))
        verdicts = played.verdicts()
        assert verdicts["basket"].outcome is Outcome.ERROR
        assert "no ready pod to hit" in verdicts["basket"].observed
        assert verdicts["till"].outcome is Outcome.PASSED, verdicts["till"].explain()
        assert len(injected) == 2 + 3, "nothing more is injected after a step that failed"
        assert played.journal["status"] == "failed"

    def test_a_system_that_has_nothing_for_it_is_unsupported_and_no_pass(self, play, generated, dry: Dry):
        played = play(generated("store-crash"))
        assert {verdict.outcome for verdict in played.verdicts().values()} == {Outcome.UNSUPPORTED}
        assert played.journal["status"] != "completed"
        assert dry.world.done == []

    def test_so_are_those_of_the_environment(self, play, generated, monkeypatch):
        monkeypatch.setenv("SEATRIAL_ROLES", "till")
        assert list(play(generated("delete-pod")).verdicts()) == ["till"]

    @pytest.mark.parametrize(
        ("roles", "words"), [(["nobody"], "does not have: nobody"), (["basket", "stall"], "stall")]
    )
    def test_a_role_that_there_is_not_is_named(self, play, generated, dry: Dry, roles, words):
        experiment = generated("delete-pod")
        experiment["controls"][0]["provider"]["arguments"]["roles"] = roles
        (verdict,) = play(experiment).verdicts().values()
        assert verdict.outcome is Outcome.ERROR
        assert words in verdict.observed
        assert dry.world.done == []

    def test_a_role_that_it_does_not_apply_to_is_an_error(self, play, generated, dry: Dry):
        experiment = generated("load-step")
        experiment["controls"][0]["provider"]["arguments"]["roles"] = ["basket"]
        (verdict,) = play(experiment).verdicts().values()
        assert "load-step does not apply to basket" in verdict.observed
        assert dry.world.done == []


class TestNewOne:
    @pytest.fixture
    def new(self, dry):
        """A scenario and a check of somebody's own, as two new files would declare them."""

        @scenario("lean-on-it", disruption=VOLUNTARY, needs={replicated}, repetitions=2)
        def lean_on_it(subject):
            """Leans on it."""
            return (
                traffic(subject.journey, per_second=50),
                repeat(2, inject("delete-pod", subject.role), hold(1, "it leans")),
                stop("subject"),
            )

        @check(
            "data.leans", level=CORE, scenario="lean-on-it", requirement="It MUST.", remediation="Stand.",
        )  # fmt: skip
        def test_leans(observation):
            return Verdict(Outcome.FAILED, f"{len(observation.trouble.faults)} faults", "fewer")

    def test_it_has_its_experiment_for_nothing(self, new, play, generated, dry: Dry):
        ensure_experiment_is_valid(generated("lean-on-it"))
        played = play(generated("lean-on-it"))
        assert [verdict.observed for verdict in played.verdicts().values()] == ["data.leans: 2 faults"] * 2
        assert {result.check for result in played.run.results} == {"experiment.lean-on-it"}
        assert dry.world.done.count("traffic subject ended") == 2


class TestEdited:
    def test_a_copy_with_another_method_has_an_id_of_its_own_and_is_judged_by_its_kind(
        self, play, generated, dry: Dry
    ):
        experiment = generated("delete-pod")
        experiment["title"] = "Twice only"
        experiment["controls"][0]["provider"]["arguments"] |= {"roles": ["till"], "repetitions": 2}
        experiment["method"].pop()
        played = play(experiment)
        (result,) = played.run.results
        assert (result.check, result.verdict.outcome) == ("experiment.twice-only", Outcome.PASSED)
        assert "orchestration" not in result.verdict.observed
        assert dry.world.done.count("injected delete-pod on till") == 2
        seen = read_observation(played.folder / "observations" / "experiment.twice-only.till").observation
        assert (seen.scenario, seen.journey, seen.repetitions) == ("", "buy", 2)
        assert [item.same for item in rejudge(played.folder)] == [True]

    def test_it_is_judged_by_the_checks_that_it_names_as_well(self, play, generated, dry: Dry):
        dry.world.fails_in_faults = True
        experiment = generated("delete-pod")
        experiment["title"] = "Mine"
        named = {"roles": ["till"], "checks": ["orchestration.pod-replacement"]}
        experiment["controls"][0]["provider"]["arguments"] |= named
        (verdict,) = play(experiment).verdicts().values()
        assert verdict.outcome is Outcome.FAILED
        assert "orchestration.pod-replacement: " in verdict.observed

    def test_fewer_faults_than_the_scenario_wants_are_not_enough(self, play, generated):
        experiment = generated("delete-pod")
        experiment["method"].pop()
        experiment["controls"][0]["provider"]["arguments"]["roles"] = ["till"]
        (verdict,) = play(experiment).verdicts().values()
        assert verdict.outcome is Outcome.INCONCLUSIVE

    @pytest.mark.parametrize(
        ("arguments", "words"),
        [
            ({"scenario": "delete-pods"}, "Did you mean delete-pod?"),
            ({"scenario": "delete-pod", "role": "basket"}, "not for a scenario"),
            ({"scenario": "delete-pod", "roles": "basket"}, "must be a list"),
            ({"scenario": "delete-pod", "checks": ["data.leans"]}, "data.leans"),
            ({"scenario": "delete-pod", "checks": ["scaling.follows-load"]}, "does not judge"),
            ({"role": "basket", "roles": ["basket"]}, "belong to a `scenario`"),
        ],
    )
    def test_what_cannot_be_is_refused_at_validation(self, generated, arguments, words):
        experiment = generated("delete-pod")
        experiment["controls"][0]["provider"]["arguments"] = arguments
        with pytest.raises(InvalidActivity) as raised:
            ensure_experiment_is_valid(experiment)
        assert words in str(raised.value)


class TestCompleted:
    """What an activity leaves out is as the scenario has it for the workload; what it says stands."""

    PLAN = (
        traffic("buy", per_second=7, name="load", steady=False),
        wait("replicas-ready", within_seconds=33, replicas=5),
    )

    @pytest.fixture
    def subject(self):
        return Subject("till", parse_system(TWO, source="shop.yaml"))

    @pytest.fixture
    def scenario(self):
        return Scenario("s", VOLUNTARY, (), lambda _: self.PLAN, "S.")

    @pytest.mark.parametrize(
        ("given", "whole"),
        [
            (Traffic("", 0.0, name="load", steady=False), PLAN[0]),
            (Traffic("look", 3, name="load"), Traffic("look", 3, name="load")),
            (Traffic("", 0.0, name="other"), Traffic("buy", 100.0, name="other")),
            (Wait("replicas-ready", 0.0), PLAN[1]),
            (Wait("replicas-ready", 5, {"replicas": 2}), Wait("replicas-ready", 5, {"replicas": 2})),
            (Wait("at-rest", 0.0), Wait("at-rest", 90.0)),
            (Measure("read-back", {}, 0.0), Measure("read-back", {}, 90.0)),
        ],
    )
    def test_it(self, subject, scenario, given, whole):
        assert completed(given, scenario, subject) == whole

    def test_without_a_scenario_as_usual(self, subject):
        assert completed(Traffic("", 0.0), None, subject) == Traffic("buy", 100.0)

    def test_the_order_wants_as_many_faults_as_the_scenario(self):
        assert Order(scenario="drain-node").at_least() == 1
        assert Order(scenario="drain-node", repetitions=2).at_least() == 2
        assert Order("basket").at_least() == 3
