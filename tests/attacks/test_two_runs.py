"""Two runs, or two workers of one run, never both inject: the second refuses and names the holder."""

import json
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from dry_session import subject

from seatrial.cluster.progress import PlainProgress
from seatrial.commands.run import run_everything
from seatrial.commands.variants import prove_variants
from seatrial.errors import FaultRefused
from seatrial.faults import lease_record
from seatrial.faults.holder import Holder, this_process
from seatrial.faults.injector import Injector
from seatrial.faults.lease import Lease, LeaseHeld
from seatrial.faults.lease_record import Renewals, State
from seatrial.faults.revert import pending
from seatrial.harness.observe import observe
from seatrial.model.fault import Disruption
from seatrial.model.scenario import Scenario
from seatrial.model.step import Hold, Inject, steps, traffic
from seatrial.model.verdict import Outcome
from seatrial.settings import settings_from

ROOT = Path(__file__).parents[2]
ME = this_process()
ENDED = replace(ME, process_started="1")
ELSEWHERE = replace(ME, machine="another kernel")
HELD = LeaseHeld(
    f"another run may disturb this system just now: {ME}", where="Lease seatrial in namespace shop",
    next_step="wait until it has ended",
)  # fmt: skip


def record(token="word", holder=ME, claim=None, renewed="1"):
    """The Lease as the API server gives it, read."""
    notes = {
        lease_record.HOLDER: json.dumps(holder and holder.plain()),
        lease_record.CLAIM: json.dumps(claim.plain()) if claim else "",
    }
    metadata = {"name": "seatrial", "uid": "u", "resourceVersion": "7", "annotations": notes}
    return lease_record.read({"metadata": metadata, "spec": {"holderIdentity": token, "renewTime": renewed}})


class TestWhoMayTakeIt:
    @pytest.mark.parametrize(
        ("state", "lease"),
        [
            (State.FREE, record(token="", holder=ENDED)),
            (State.HELD, record()),
            (State.HELD, record(claim=ME)),
            (State.HELD, record(holder=ENDED, claim=ME)),
            (State.LEFT, record(holder=ENDED)),
            (State.LEFT, record(holder=ENDED, claim=ENDED)),
            (State.UNKNOWN, record(holder=ELSEWHERE)),
            (State.UNKNOWN, record(holder=ENDED, claim=ELSEWHERE)),
            (State.UNKNOWN, record(holder=None)),
        ],
    )
    def test_one_look_tells_as_much_as_it_can(self, state, lease):
        assert lease.state() is state

    def test_a_reused_process_id_is_not_the_holder(self):
        assert ME.runs
        assert not ENDED.runs
        assert not ELSEWHERE.runs

    def test_only_renewals_that_were_seen_count_and_no_clock(self):
        renewals = Renewals()
        old = record(holder=ELSEWHERE, renewed="1999-01-01T00:00:00.000000Z")
        assert renewals.state(old, 100.0) is State.UNKNOWN
        assert renewals.state(old, 119.0) is State.UNKNOWN
        assert renewals.state(replace(old, renewed="1999-01-01T00:00:01.000000Z"), 119.5) is State.HELD
        assert Renewals().state(old, 200.0) is State.UNKNOWN

    def test_without_a_renewal_for_long_enough_it_was_left(self):
        renewals = Renewals()
        lease = record(holder=ELSEWHERE, renewed="2999-01-01T00:00:00.000000Z")
        renewals.state(lease, 100.0)
        assert renewals.state(lease, 100.0 + lease_record.STALE_SECONDS) is State.LEFT

    def test_another_holder_meanwhile_is_no_stale_one(self):
        renewals = Renewals()
        renewals.state(record(holder=ELSEWHERE), 100.0)
        assert renewals.state(record(token="other", holder=ELSEWHERE), 200.0) is State.HELD

    def test_what_somebody_else_wrote_into_it_is_never_free(self):
        notes = {lease_record.HOLDER: '{"who": 1}', lease_record.EFFECTS: "[1"}
        metadata = {"name": "seatrial", "uid": "u", "resourceVersion": "7", "annotations": notes}
        found = lease_record.read({"metadata": metadata, "spec": {"holderIdentity": "x"}})
        assert found.state() is State.UNKNOWN
        assert (found.holder, found.effects) == (None, ())
        assert Holder.from_plain(["x"]) is None


class TestTheSecondOne:
    @pytest.fixture(autouse=True)
    def held(self, dry):
        dry.world.held_by = HELD

    def test_makes_no_observation_that_disturbs_and_names_the_holder(self, dry):
        def plan(shop):
            return steps(traffic(shop.journey), Inject("delete-pod", shop.role, {}))

        scenario = Scenario("x", Disruption.VOLUNTARY, (), plan, "")
        made = observe(dry.session(), dry.run, scenario, subject())
        assert made.failure.outcome is Outcome.ERROR
        words = made.failure.explain()
        assert f"process {ME.pid}" in words
        assert "namespace shop" in words
        assert "wait until it has ended" in words
        assert dry.world.done == []

    def test_may_look_all_the_same(self, dry):
        def plan(_):
            return steps(Hold(1.0, "nothing is disturbed"))

        scenario = Scenario("x", Disruption.NONE, (), plan, "")
        assert observe(dry.session(), dry.run, scenario, subject()).failure is None


class Held:
    """A system whose Lease somebody else holds; it must not be disturbed, nor deployed anew."""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        return None

    def lend(self):
        raise HELD


def never(*_, **__):
    pytest.fail("something was started or deployed under the feet of the holder")


def test_a_second_run_starts_no_tool(tmp_path):
    settings = settings_from({"system": str(ROOT / "fixtures" / "systems" / "chandlery.yaml"),
                              "report_dir": str(tmp_path / "reports"), "seed": 1}, {})  # fmt: skip
    with pytest.raises(LeaseHeld):
        run_everything(
            settings, PlainProgress(), open_session=lambda *_: Held(), run_child=never,
            report=lambda directory: (1, str(directory)),
        )  # fmt: skip


def test_variants_deploy_nothing_while_another_run_goes_on():
    settings = settings_from({"system": str(ROOT / "fixtures" / "systems" / "chandlery.yaml")}, {})
    with pytest.raises(LeaseHeld):
        prove_variants(settings, PlainProgress(), open_session=lambda *_: Held(), run_child=never)


def test_an_injector_whose_lease_is_not_held_injects_nothing(tmp_path):
    sys.path.insert(0, str(ROOT / "tests" / "unit" / "faults"))
    try:
        from stand_ins import Rehearsal, pod, recorder, system, timeline, workload
    finally:
        sys.path.pop(0)
    watched = recorder(timeline(workload(12.0), pod("a", 12.0), pod("b", 12.0)), system())
    lease = Lease(SimpleNamespace(namespace="shop"))
    with Injector(tmp_path, lease) as injector, pytest.raises(FaultRefused, match="no Lease is held"):
        injector.inject(Rehearsal(lambda: pytest.fail("it was injected")), watched)
    assert pending(tmp_path) == []
