"""A scenario is carried out step by step, kept on disk as it happens, and judged by what lies there."""

import json
import math

import pytest
from dry_session import SYSTEM, Dry, DrySession, subject

from seatrial.errors import FaultNotVerified, SeatrialError
from seatrial.harness.observe import bound, observe
from seatrial.judge.disruption import voluntary
from seatrial.model.fault import NONE, VOLUNTARY
from seatrial.model.measurement import AS_BEFORE, MeasurementOutcome
from seatrial.model.observation import TIMELINE
from seatrial.model.scenario import SCENARIOS, scenario
from seatrial.model.step import (
    Bound,
    hold,
    inject,
    measure,
    release,
    repeat,
    steps,
    stop,
    traffic,
    wait,
)
from seatrial.model.verdict import Outcome
from seatrial.record.observations import read_observation

THREE = (traffic("look"), repeat(3, inject("delete-pod", "basket")))


def carried_out(dry: Dry, *plan, disruption=VOLUNTARY, text=SYSTEM, repetitions=3):
    """The observation of these steps on the basket."""

    @scenario("of-this-test", disruption=disruption, repetitions=repetitions)
    def of_this_test(subject):
        """Does what the test says."""
        return steps(*plan)

    return observe(dry.session(text), dry.run, SCENARIOS.get("of-this-test"), subject(text=text))


def folder(dry: Dry):
    (found,) = (dry.run.directory / "observations").iterdir()
    return found


def on_disk(dry: Dry, kind: str):
    lines = (folder(dry) / "records.ndjson").read_text().splitlines()
    return [line["record"] for line in map(json.loads, lines) if line["type"] == kind]


class TestInOrder:
    def test_each_step_is_carried_out_and_kept_with_its_path(self, dry: Dry) -> None:
        seen = carried_out(dry, *THREE)
        assert dry.world.done == [
            "watches began", "traffic subject began",
            *["injected delete-pod on basket", "reverted delete-pod"] * 3,
            "traffic subject ended", "watches ended",
        ]  # fmt: skip
        assert [(s.path, s.kind, s.name) for s in seen.trouble.steps] == [
            ("before", "wait", "at-rest"),
            ("1", "traffic", "subject"),
            *((f"2.{n}.1", "inject", "delete-pod") for n in (1, 2, 3)),
            ("after", "stop", "subject"),
        ]
        assert [record["path"] for record in on_disk(dry, "step")] == [s.path for s in seen.trouble.steps]
        assert seen.failure is None
        assert voluntary(seen).outcome is Outcome.PASSED, voluntary(seen).explain()

    def test_requests_that_fail_in_a_fault_are_charged_to_it(self, dry: Dry) -> None:
        dry.world.fails_in_faults = True
        verdict = voluntary(carried_out(dry, *THREE))
        assert verdict.outcome is Outcome.FAILED
        assert "750 of 750" in verdict.observed or "of 75" in verdict.observed

    def test_each_repetition_has_a_seed_of_its_own_and_the_next_run_the_same(self, dry: Dry) -> None:
        first = [fault.seed for fault in carried_out(dry, *THREE).faults]
        second = [fault.seed for fault in carried_out(dry, *THREE).faults]
        assert len(set(first)) == 3
        assert first == second

    def test_two_observations_of_a_name_have_two_folders(self, dry: Dry) -> None:
        names = [carried_out(dry, *THREE).id for _ in range(2)]
        assert names == ["of-this-test.basket", "of-this-test.basket-2"]

    def test_the_plan_and_its_bound_are_kept_before_the_first_step(self, dry: Dry) -> None:
        carried_out(dry, *THREE)
        plan = json.loads((folder(dry) / "head.json").read_text())["plan"]
        assert [step.get("journey") or step.get("times") for step in plan] == ["look", 3]
        (started,) = [
            line["data"] for line in map(json.loads, dry.run.path.read_text().splitlines())
            if line["type"] == "observation"
        ]  # fmt: skip
        assert 0 < started["expected_seconds"] < started["at_most_seconds"]

    def test_the_bound_counts_each_repetition(self) -> None:
        assert bound((hold(4, "x"), repeat(3, hold(2, "y")))) == Bound(10, 10)
        once, thrice = bound((inject("delete-pod", "x"),)), bound((repeat(3, inject("delete-pod", "x")),))
        assert thrice.at_most_seconds == pytest.approx(3 * once.at_most_seconds)


class TestTraces:
    def test_what_differs_after_it_is_measured_once_the_watches_ended(self, dry: Dry) -> None:
        dry.world.changed = ["job/a is new"]
        (found,) = carried_out(dry, *THREE).trouble.measured(AS_BEFORE)
        assert (found.step, found.outcome) == ("after", MeasurementOutcome.ANSWERED)
        assert found.value == {"changed": ["job/a is new"], "objects": 0, "controllers": 0, "unseen": []}

    def test_a_scenario_that_disturbs_nothing_compares_nothing(self, dry: Dry) -> None:
        assert carried_out(dry, hold(1, "look"), disruption=NONE).trouble.measured(AS_BEFORE) == []

    def test_objects_that_cannot_be_read_are_no_difference(self, dry: Dry, monkeypatch) -> None:
        def refuse(*_: object) -> list[str]:
            raise SeatrialError("the API server does not answer")

        monkeypatch.setattr(DrySession, "differences", refuse)
        (found,) = carried_out(dry, *THREE).trouble.measured(AS_BEFORE)
        assert (found.outcome, found.reason) == (
            MeasurementOutcome.COULD_NOT_TRY, "the API server does not answer",
        )  # fmt: skip


class TestTraffic:
    def test_what_failed_before_it_was_steady_is_warm_up(self, dry: Dry) -> None:
        dry.world.failing.append((dry.world.now, dry.world.now + 2))
        seen = carried_out(dry, *THREE)
        assert len([e for e in seen.warm_up if not e.ok]) == pytest.approx(200, abs=2)
        assert all(exchange.ok for exchange in seen.exchanges)
        assert voluntary(seen).outcome is Outcome.PASSED

    def test_traffic_that_is_never_steady_is_an_error_and_nothing_is_injected(self, dry: Dry) -> None:
        dry.world.failing.append((0, math.inf))
        seen = carried_out(dry, *THREE)
        assert seen.failure is not None
        assert seen.failure.outcome is Outcome.ERROR
        assert "not steady" in seen.failure.observed
        assert seen.exchanges == ()
        assert seen.warm_up
        assert not [line for line in dry.world.done if line.startswith("injected")]

    def test_it_goes_on_after_the_last_fault(self, dry: Dry) -> None:
        seen = carried_out(dry, *THREE)
        after = [e for e in seen.exchanges if e.planned_at > seen.faults[-1].reverted_at + 0.5]
        assert len(after) >= 195

    def test_several_flow_side_by_side_and_one_that_need_not_be_steady_is_all_evidence(
        self, dry: Dry
    ) -> None:
        dry.world.failing.append((dry.world.now + 4, dry.world.now + 5))
        load = traffic("buy", name="load", per_second=20, steady=False)
        seen = carried_out(
            dry, traffic("look"), load, hold(3, "load"), stop("load"), inject("delete-pod", "basket")
        )
        assert set(seen.trouble.streams) == {"subject", "load"}
        bought = [e for e in seen.exchanges if e.journey == "buy"]
        assert len(bought) == seen.trouble.streams["load"].planned == pytest.approx(60, abs=2)
        assert any(not e.ok for e in bought)

    def test_a_name_that_flows_already_and_one_that_does_not_are_errors(self, dry: Dry) -> None:
        assert "flows already" in carried_out(dry, traffic("look"), traffic("look")).failure.observed
        assert "no traffic is called 'load'" in carried_out(dry, stop("load")).failure.observed

    def test_a_journey_that_the_system_does_not_have_is_named_with_those_it_has(self, dry: Dry) -> None:
        failure = carried_out(dry, traffic("lok")).failure
        assert "no journey 'lok'" in failure.observed
        assert "look, buy" in failure.next_step

    @pytest.mark.parametrize("name", ["subject", "load"])
    def test_a_generator_that_dies_is_an_error_and_what_it_sent_is_kept(self, dry: Dry, name: str) -> None:
        dry.world.dies_at = dry.world.now + 6
        seen = carried_out(
            dry, traffic("look", name=name, steady=name == "subject"), hold(9, "it dies"), stop(name)
        )
        assert seen.failure is not None
        assert seen.failure.outcome is Outcome.ERROR
        assert "ended early" in seen.failure.observed
        assert 550 < len(seen.exchanges) + len(seen.warm_up) <= 600


class TestFailure:
    def test_a_fault_that_is_not_verified_ends_it_with_everything_stopped_and_kept(self, dry: Dry) -> None:
        dry.world.refusals["crash-pod"] = FaultNotVerified("its effect was not seen", next_step="Look.")
        held = inject("drain-node", "basket", held=True)
        seen = carried_out(dry, traffic("look"), held, inject("crash-pod", "basket"), hold(99, "never"))
        assert seen.failure.outcome is Outcome.ERROR
        assert seen.failure.observed == "its effect was not seen"
        assert dry.world.done[-3:] == ["traffic subject ended", "watches ended", "reverted drain-node"]
        assert seen.exchanges
        assert [(fault.fault, fault.reverted_at is None) for fault in seen.faults] == [
            ("drain-node", False)
        ], "reverted when the context was left, and the record says so"
        assert [(s.path, s.ended_at is None) for s in seen.trouble.steps] == [
            ("before", False),
            ("1", False),
            ("2", False),
            ("3", True),
        ]
        assert seen.timeline is not None

    @pytest.mark.parametrize(
        ("plan", "words"),
        [
            ((inject("delete-pods", "basket"),), "delete-pods"),
            ((inject("delete-pod", "basket", selectr="x"),), "selectr"),
            ((wait("at-minimun", within_seconds=1),), "at-minimun"),
            ((measure("read-bak"),), "read-bak"),
            ((release("delete-pod"),), "no fault called 'delete-pod' is held"),
        ],
    )
    def test_a_plan_with_an_unknown_name_is_an_error_in_words(self, dry: Dry, plan, words: str) -> None:
        failure = carried_out(dry, *plan).failure
        assert failure.outcome is Outcome.ERROR
        assert words in failure.observed + failure.next_step

    def test_watches_that_do_not_start_are_the_failure_that_is_told(self, dry: Dry) -> None:
        dry.world.recorder_error = SeatrialError("the API server does not answer", next_step="Start it.")
        seen = carried_out(dry, *THREE)
        assert seen.failure.observed == "the API server does not answer"
        assert seen.missing[TIMELINE]
        assert not dry.world.done

    def test_an_interrupt_leaves_an_observation_that_is_read_back_as_an_error(self, dry: Dry) -> None:
        dry.world.refusals["delete-pod"] = KeyboardInterrupt()
        with pytest.raises(KeyboardInterrupt):
            carried_out(dry, *THREE)
        assert dry.world.done[-2:] == ["traffic subject ended", "watches ended"]
        recorded = read_observation(folder(dry))
        assert not recorded.finished
        assert recorded.observation.failure.outcome is Outcome.ERROR
        assert "the run was killed" in recorded.observation.failure.observed
        assert recorded.observation.trouble.steps[-1].ended_at is None

    def test_a_plan_that_raises_is_an_error(self, dry: Dry) -> None:
        @scenario("broken", disruption=VOLUNTARY)
        def broken(subject):
            raise ValueError("no plan")

        failure = observe(dry.session(), dry.run, SCENARIOS.get("broken"), subject()).failure
        assert failure.outcome is Outcome.ERROR
        assert "no plan" in failure.observed


class TestHeld:
    def test_a_held_fault_is_released_at_the_end_and_its_record_replaced(self, dry: Dry) -> None:
        seen = carried_out(dry, traffic("look"), inject("drain-node", "basket", held=True), hold(5, "held"))
        (fault,) = seen.faults
        assert fault.reverted_at >= fault.injected_at + 5
        assert [record["reverted_at"] is None for record in on_disk(dry, "fault")] == [True, False]
        assert dry.world.done[-3:] == ["reverted drain-node", "traffic subject ended", "watches ended"]
        assert seen.trouble.step("release", "drain-node") is not None

    def test_two_may_overlap_and_be_released_by_their_names(self, dry: Dry) -> None:
        seen = carried_out(
            dry, traffic("look"), inject("drain-node", "basket", held=True, name="first"),
            inject("drain-node", "basket", held=True, name="second"), release("first"), hold(1, "left"),
        )  # fmt: skip
        first, second = seen.faults
        assert second.injected_at < first.reverted_at < second.reverted_at
        assert seen.failure is None

    def test_a_second_one_of_the_same_name_is_refused_before_it_is_injected(self, dry: Dry) -> None:
        held = inject("drain-node", "basket", held=True)
        seen = carried_out(dry, traffic("look"), held, held)
        assert "held already" in seen.failure.observed
        assert dry.world.done.count("injected drain-node on basket") == 1
        assert dry.world.done.count("reverted drain-node") == 1
