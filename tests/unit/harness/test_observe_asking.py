"""What a scenario waits for, measures and needs: consent, rights, conditions that never come."""

import pytest
from dry_session import SYSTEM, Dry
from test_observe import THREE, carried_out, folder

from seatrial.errors import BadInput, NotAllowed, SeatrialError
from seatrial.harness.conditions import condition
from seatrial.harness.measuring import measurement
from seatrial.harness.observe import bound
from seatrial.model.fault import INVOLUNTARY, NONE, VOLUNTARY
from seatrial.model.measurement import Measurement, MeasurementOutcome
from seatrial.model.step import (
    StepRecord,
    hold,
    inject,
    measure,
    traffic,
    wait,
)
from seatrial.model.verdict import Outcome
from seatrial.record.observations import read_observation
from seatrial.waiting import NotYet, Ready


class TestWaiting:
    @pytest.fixture(autouse=True)
    def open_later(self, dry: Dry) -> None:
        opens_at = dry.world.now + 20

        @condition("shop-open")
        def shop_open(context, timeline, *, door):
            return Ready(None) if context.session.world.now >= opens_at else NotYet(f"the {door} is shut")

    def test_it_ends_when_the_condition_holds(self, dry: Dry) -> None:
        begin = dry.world.now
        seen = carried_out(dry, wait("shop-open", within_seconds=60, door="gate"), disruption=NONE)
        assert seen.failure is None
        assert dry.world.now - begin == pytest.approx(20, abs=1)

    def test_one_that_is_required_ends_the_scenario_when_it_expires(self, dry: Dry) -> None:
        seen = carried_out(
            dry, wait("shop-open", within_seconds=5, door="gate"), hold(1, "never"), disruption=NONE
        )
        assert seen.failure.outcome is Outcome.ERROR
        assert "the gate is shut" in seen.failure.observed
        assert len(seen.trouble.steps) == 1

    def test_one_that_is_not_lets_it_go_on_and_is_noted(self, dry: Dry) -> None:
        waiting = wait("shop-open", within_seconds=5, door="gate", required=False)
        seen = carried_out(dry, waiting, hold(1, "then"), disruption=NONE)
        assert seen.failure is None
        assert [step.name for step in seen.trouble.steps] == ["shop-open", "then"]
        assert "the gate is shut" in seen.trouble.steps[0].note


class TestMeasuring:
    def test_each_is_kept_at_once_with_the_step_that_made_it(self, dry: Dry) -> None:
        @measurement("temperature")
        def temperature(context, within_seconds, *, room):
            for number in range(3):
                if number == 2:
                    raise SeatrialError("the thermometer fell down")
                yield Measurement(
                    "temperature", room, 1.0, 2.0, MeasurementOutcome.ANSWERED, {"degrees": number}
                )

        seen = carried_out(dry, measure("temperature", room="hall"), disruption=NONE)
        assert [(m.name, m.value, m.step) for m in seen.trouble.measured("temperature")] == [
            ("hall", {"degrees": 0}, "1"), ("hall", {"degrees": 1}, "1"),
        ]  # fmt: skip
        assert seen.failure.observed == "the thermometer fell down"


class TestConsent:
    @pytest.mark.parametrize(
        "instead", ["", "consent: {disruptive: true, context: nowhere, namespace: other}"]
    )
    def test_without_it_nothing_is_touched(self, dry: Dry, instead: str) -> None:
        text = SYSTEM.replace(SYSTEM.strip().splitlines()[-1], instead)
        for disruption in (VOLUNTARY, INVOLUNTARY):
            seen = carried_out(dry, *THREE, disruption=disruption, text=text)
            assert seen.failure.outcome is Outcome.SKIPPED
            assert "nothing was touched" in seen.failure.observed
        assert dry.world.done == []
        assert not (dry.run.directory / "observations").exists()

    def test_measurements_only_need_none(self, dry: Dry) -> None:
        text = SYSTEM.replace(SYSTEM.strip().splitlines()[-1], "")
        assert carried_out(dry, hold(1, "look"), disruption=NONE, text=text).failure is None


def test_what_is_judged_is_what_lies_on_disk(dry: Dry, monkeypatch: pytest.MonkeyPatch) -> None:
    from seatrial.record.observations import ObservationWriter

    keep = ObservationWriter.fault
    monkeypatch.setattr(
        ObservationWriter,
        "fault",
        lambda self, record, **more: keep(self, record, **more) if record.id.endswith("1") else None,
    )
    seen = carried_out(dry, *THREE)
    assert len([line for line in dry.world.done if line.startswith("injected")]) == 3
    assert [fault.id for fault in seen.faults] == ["delete-pod-1"]
    again = read_observation(folder(dry)).observation
    assert again == seen
    assert isinstance(again.trouble.steps[0], StepRecord)


def test_an_unknown_fault_is_refused_when_the_bound_is_computed() -> None:
    with pytest.raises(BadInput, match="delete-pod"):
        bound((inject("delete-pods", "basket"),))


class TestRights:
    """A right that lacks is unsupported, by name, and before anything was touched."""

    @pytest.mark.parametrize(
        "lacking", ["delete pods", "create leases", "patch leases", "watch replicasets", "list events"]
    )
    def test_what_lacks_is_named_and_nothing_was_touched(self, dry: Dry, lacking: str) -> None:
        dry.world.forbidden.add(lacking)
        dry.world.held_by = AssertionError("the Lease was taken")
        seen = carried_out(dry, *THREE)
        assert (seen.id, dry.world.done) == ("", [])
        assert seen.failure.outcome is Outcome.UNSUPPORTED
        verb, resource = lacking.split()
        assert f"not allowed to {verb} {resource}" in seen.failure.observed
        assert f'resources: ["{resource}"]' in seen.failure.next_step
        assert "`seatrial rights --disruptive`" in seen.failure.next_step

    @pytest.mark.parametrize("wanted", ["watch nodes", "get pods/log", "create pods/eviction", "patch nodes"])
    def test_what_is_only_wanted_and_what_others_need_keeps_nothing_back(self, dry: Dry, wanted: str) -> None:
        dry.world.forbidden.add(wanted)
        assert carried_out(dry, *THREE).failure is None

    def test_another_fault_of_the_plan_may_be_what_lacks(self, dry: Dry) -> None:
        dry.world.forbidden.add("list persistentvolumes")
        seen = carried_out(dry, *THREE, inject("drain-node", "basket"))
        assert "list persistentvolumes (needed by drain-node)" in seen.failure.observed
        assert dry.world.done == []

    def test_a_right_that_was_taken_away_meanwhile_is_an_error_once_something_was_disturbed(
        self, dry: Dry
    ) -> None:
        dry.world.refusals["evict-pod"] = NotAllowed("not allowed to create pods/eviction")
        early = carried_out(dry, traffic("look"), inject("evict-pod", "basket"))
        assert early.failure.outcome is Outcome.UNSUPPORTED
        late = carried_out(dry, *THREE, inject("evict-pod", "basket"))
        assert late.failure.outcome is Outcome.ERROR
        assert "not allowed to create pods/eviction" in late.failure.observed

    def test_without_any_disturbance_no_lease_is_needed(self, dry: Dry) -> None:
        dry.world.forbidden |= {"create leases", "delete pods", "get pods"}
        assert carried_out(dry, hold(1, "x"), disruption=NONE).failure is None
        dry.world.forbidden.add("watch pods")
        assert carried_out(dry, hold(1, "x"), disruption=NONE).failure.outcome is Outcome.UNSUPPORTED
