"""Actions and probes: what they do inside an experiment; outside of one they never look like a pass."""

import pytest
from chaoslib.exceptions import ActivityFailed, InterruptExecution
from dry_session import Dry

from seatrial.chaos import actions, probes
from seatrial.chaos.experiment import begin_experiment, drop_experiment
from seatrial.chaos.order import Order
from seatrial.harness.conditions import condition
from seatrial.harness.measuring import measurement
from seatrial.model.measurement import Measurement, MeasurementOutcome
from seatrial.waiting import NotYet


@pytest.fixture
def begun(dry: Dry):
    """An experiment under way; ended after the test."""
    experiment = begin_experiment(Order("basket"), "Under way")
    yield experiment
    if drop_experiment() is not None:
        experiment.end({}, None)


class TestOutside:
    @pytest.mark.parametrize(
        "act",
        [
            lambda: actions.inject("delete-pod"),
            lambda: actions.inject("delete-pod", role="basket"),
            lambda: actions.release("delete-pod"),
            lambda: actions.traffic("look"),
            actions.stop_traffic,
            lambda: actions.hold(1, "why"),
            lambda: actions.wait("at-minimum", 1),
            lambda: actions.measure("read-back"),
        ],
    )
    def test_an_action_interrupts(self, act, dry: Dry):
        with pytest.raises(InterruptExecution, match="verdict control"):
            act()
        assert dry.world.done == []

    def test_a_probe_fails(self):
        with pytest.raises(ActivityFailed, match="verdict control"):
            probes.clients_are_answered()


class TestInject:
    def test_it_takes_the_experiments_own_role(self, begun, dry: Dry):
        assert [item["name"] for item in actions.inject("delete-pod", times=2)] == ["delete-pod"] * 2
        assert dry.world.done.count("injected delete-pod on basket") == 2
        assert [step.path for step in _steps(begun)] == ["before", "begin", "method.1", "method.2"]

    def test_each_one_picks_its_victim_by_a_seed_of_its_own(self, begun):
        actions.inject("delete-pod", times=3)
        assert len({fault.seed for fault in begun.execution.faults}) == 3

    def test_an_unknown_fault_names_the_nearest(self, begun):
        with pytest.raises(ActivityFailed, match="delete-pod"):
            actions.inject("delete-pods")

    def test_an_unknown_argument_names_the_nearest(self, begun):
        with pytest.raises(ActivityFailed, match="selector"):
            actions.inject("delete-pod", arguments={"selectr": "a=b"})

    def test_a_held_one_is_released_once(self, begun, dry: Dry):
        actions.inject("drain-node", held=True)
        actions.release("drain-node")
        assert actions.release("drain-node")["note"] == "not held"
        assert dry.world.done.count("reverted drain-node") == 1


class TestOthers:
    def test_more_traffic_begins_and_ends(self, begun, dry: Dry):
        actions.traffic("buy", per_second=20)
        actions.hold(2, "they buy")
        actions.stop_traffic()
        assert "traffic more ended" in dry.world.done
        with pytest.raises(ActivityFailed, match="no traffic is called 'more'"):
            actions.stop_traffic()

    def test_a_wait_that_expires_fails_unless_it_is_not_required(self, begun):
        @condition("never")
        def never(context, timeline):
            return NotYet("no")

        with pytest.raises(ActivityFailed, match="no"):
            actions.wait("never", 2)
        assert "not within 2 s" in actions.wait("never", 2, required=False)["note"]

    def test_a_measurement_is_kept(self, begun):
        @measurement("weight")
        def weight(context, within_seconds, *, of):
            yield Measurement("weight", of, 1.0, 2.0, MeasurementOutcome.REFUSED, {}, "too heavy")

        assert actions.measure("weight", arguments={"of": "anchor"})["note"] == "1 measured"


class TestClientsAreAnswered:
    def test_it_is_true_while_all_are(self, begun):
        assert probes.clients_are_answered(2.0) is True

    def test_one_failure_in_the_window_makes_it_false_and_an_older_one_does_not(self, begun, dry: Dry):
        dry.world.failing.append((dry.world.now, dry.world.now + 0.1))
        dry.world.pass_time(1)
        assert probes.clients_are_answered(2.0) is False
        dry.world.pass_time(3)
        assert probes.clients_are_answered(2.0) is True

    def test_no_request_in_the_window_is_no_evidence(self, begun, dry: Dry):
        dry.world.dies_at = dry.world.now
        dry.world.pass_time(5)
        with pytest.raises(ActivityFailed, match="no request ended"):
            probes.clients_are_answered(2.0)

    def test_traffic_that_need_not_be_steady_does_not_count(self, begun, dry: Dry):
        actions.traffic("buy", per_second=20)
        dry.world.pass_time(1)
        assert begun.execution.recent(0.5)
        actions.stop_traffic("subject")
        with pytest.raises(ActivityFailed, match="no request ended"):
            probes.clients_are_answered(0.5)


def _steps(experiment):
    from seatrial.record.observations import read_observation

    return read_observation(experiment.execution.writer.directory).observation.trouble.steps


class TestProbeOfAScenario:
    """Traffic begins and ends inside the method: without any, there is nothing that must be answered."""

    @pytest.fixture
    def of_scenario(self, dry: Dry):
        context = {"method": []}
        experiment = begin_experiment(Order(scenario="delete-pod"), "Of a scenario", context)
        yield experiment
        if drop_experiment() is not None:
            experiment.end({}, None)

    def test_before_the_method_the_system_is_asked(self, of_scenario, monkeypatch):
        assert probes.clients_are_answered() is True
        monkeypatch.setattr(of_scenario, "answers", lambda: False)
        assert probes.clients_are_answered() is False

    def test_while_a_part_begins_and_before_its_traffic_there_is_nothing_to_ask(self, of_scenario):
        actions.begin("basket")
        execution, of_scenario.current.execution = of_scenario.current.execution, None
        assert probes.clients_are_answered() is True
        of_scenario.current.execution = execution
        assert probes.clients_are_answered() is True

    def test_while_steady_traffic_flows_each_request_counts(self, of_scenario, dry: Dry):
        actions.begin("basket")
        actions.traffic(name="subject", steady=True)
        assert probes.clients_are_answered() is True
        dry.world.failing.append((dry.world.now, dry.world.now + 0.1))
        dry.world.pass_time(1)
        assert probes.clients_are_answered() is False
