"""An observation comes back as it was written; what was torn is named, and is never taken for complete."""

from __future__ import annotations

import gzip
import json
import os
from dataclasses import replace
from pathlib import Path

import pytest
from drained_shop import FILE, shop

from seatrial.errors import SeatrialError
from seatrial.model.exchange import Exchange, ExchangeOutcome, GeneratorHealth, merged_health
from seatrial.model.fault import Disruption, FaultRecord, Target
from seatrial.model.measurement import Measurement, MeasurementOutcome
from seatrial.model.observation import CONTROL, TROUBLE, Arm, Observation, Record
from seatrial.model.step import StepRecord
from seatrial.model.timeline import Change, Clock, NodeSeen, Timeline
from seatrial.model.verdict import Outcome, Verdict
from seatrial.record import codec
from seatrial.record.observations import ObservationWriter, StreamRecord, read_observation
from seatrial.record.timelines import read_timeline, write_timeline

HEALTH = GeneratorHealth(3, 3, 0, 0, 0.01, 0.001, 0.02)
HEAD = Observation(
    {TROUBLE: Arm()}, "pod-deletion.orders", "pod-deletion", "orders", Disruption.INVOLUNTARY, "browse", 2
)
NODE = NodeSeen(1.0, Change.ADDED, "worker", True, True)
TIMELINE = Timeline(0.0, 9.0, Clock(1.0, 0.5, 2.0), (NODE,), ((3.0, 4.0),), ("no watch on nodes",), True)
FAULT = FaultRecord(
    "f1", "stop-node", Disruption.INVOLUNTARY, Target("Node", "", "worker"), "orders", 3.0, None, "", None,
    None, 7,
)  # fmt: skip
STEP = StepRecord("1", "inject", "stop-node", 3.0, 5.0, "held")
LOOK = Measurement("invariant", "sums", 6.0, 6.1, MeasurementOutcome.ANSWERED, {"holds": True}, step="2")


def exchanges(number: int, begin: float = 0.0) -> tuple[Exchange, ...]:
    return tuple(
        Exchange(n, "browse", begin + n, begin + n, begin + n + 0.1, ExchangeOutcome.OK)
        for n in range(number)
    )


def stream(file: str, arm: str = TROUBLE, steady_from: float = -1.0) -> StreamRecord:
    return StreamRecord(arm, "subject", file, ("browse",), HEALTH, steady_from)


def lines(*given: Exchange) -> str:
    return "".join(codec.dumps(exchange) + "\n" for exchange in given)


def test_an_observation_comes_back_equal(tmp_path: Path) -> None:
    writer = ObservationWriter(tmp_path, HEAD)
    writer.step(STEP)
    writer.fault(FAULT)
    released = FaultRecord(**{**vars(FAULT), "verified_at": 3.5, "available_at": 4.0, "reverted_at": 4.0})
    writer.fault(released)
    writer.measurement(LOOK)
    sent = exchanges(5)
    with gzip.open(tmp_path / "subject.ndjson.gz", "wt") as file:
        file.write('{"type":"head","rate":3}\n' + lines(*reversed(sent)))
    writer.stream(stream("subject.ndjson", steady_from=2.0))
    writer.close(TIMELINE, missing={Record.READ_BACK: "no journey writes"}, failure=None)
    recorded = read_observation(tmp_path)
    assert (recorded.finished, recorded.damage) == (True, ())
    arm = Arm(
        sent[2:], merged_health([HEALTH]), (released,), TIMELINE, tuple(reversed(sent[:2])), (LOOK,), (STEP,),
        {"subject": HEALTH},
    )  # fmt: skip
    expected = {**vars(HEAD), "arms": {TROUBLE: arm}, "missing": {Record.READ_BACK: "no journey writes"}}
    assert recorded.observation == Observation(**expected)


def test_arms_are_kept_apart(tmp_path: Path) -> None:
    writer = ObservationWriter(tmp_path, HEAD)
    for arm, begin in ((CONTROL, 0.0), (TROUBLE, 100.0)):
        (tmp_path / f"{arm}.ndjson").write_text(lines(*exchanges(3, begin)))
        writer.stream(stream(f"{arm}.ndjson", arm))
        writer.step(STEP, arm=arm)
    writer.close(None, missing={}, failure=None)
    arms = read_observation(tmp_path).observation.arms
    assert {name: arm.exchanges for name, arm in arms.items()} == {
        CONTROL: exchanges(3), TROUBLE: exchanges(3, 100.0),
    }  # fmt: skip
    assert [len(arm.steps) for arm in arms.values()] == [1, 1]


def test_without_its_closing_line_an_observation_has_failed(tmp_path: Path) -> None:
    ObservationWriter(tmp_path, HEAD).step(STEP)
    recorded = read_observation(tmp_path)
    assert not recorded.finished
    assert recorded.observation.trouble.steps == (STEP,)
    assert recorded.observation.failure is not None
    assert recorded.observation.failure.outcome is Outcome.ERROR


def test_a_torn_line_is_damage_and_a_failure(tmp_path: Path) -> None:
    writer = ObservationWriter(tmp_path, HEAD)
    writer.close(None, missing={}, failure=None)
    with (tmp_path / "records.ndjson").open("a") as file:
        file.write('{"type":"step"')
    recorded = read_observation(tmp_path)
    assert recorded.damage == (f"{tmp_path.name}/records.ndjson:2: the last line is torn",)
    assert recorded.observation.failure is not None


def test_the_failure_of_a_scenario_comes_back(tmp_path: Path) -> None:
    failure = Verdict(Outcome.INCONCLUSIVE, "the node was busy", "a quiet node", "Try again.")
    ObservationWriter(tmp_path, HEAD).close(None, missing={}, failure=failure)
    assert read_observation(tmp_path).observation.failure == failure


@pytest.mark.parametrize(
    ("head", "reason"),
    [
        ("{", "Expecting"),
        ("[]", "list indices"),
        ("{}", "'version' is missing"),
        ('{"version": 99}', "its version is 99"),
        ('{"version": 1, "id": "a"}', "'scenario' is missing"),
        ('{"version": 1, "id": "a", "scenario": "b", "target": "c", "disruption": "odd"}', "odd"),
    ],
)
def test_a_head_that_cannot_be_read_is_said(tmp_path: Path, head: str, reason: str) -> None:
    (tmp_path / "head.json").write_text(head)
    with pytest.raises(SeatrialError, match=reason):
        read_observation(tmp_path)


def test_no_observation_is_said(tmp_path: Path) -> None:
    with pytest.raises(SeatrialError, match="there is no observation that can be read"):
        read_observation(tmp_path / "missing")


def test_the_plain_file_of_a_killed_generator_is_read(tmp_path: Path) -> None:
    writer = ObservationWriter(tmp_path, HEAD)
    complete = codec.dumps(exchanges(1)[0])
    (tmp_path / "x.ndjson").write_text(f"{complete}\n{complete[:20]}")
    writer.stream(stream("x.ndjson.gz"))
    recorded = read_observation(tmp_path)
    assert recorded.observation.exchanges == exchanges(1)
    assert recorded.damage == (f"{tmp_path.name}/x.ndjson:2: the last line is torn",)


def test_a_packed_file_that_breaks_off_gives_what_it_has(tmp_path: Path) -> None:
    writer = ObservationWriter(tmp_path, HEAD)
    given = [
        Exchange(n, "browse", float(n), n + 0.5, n + os.urandom(1)[0], ExchangeOutcome.OK)
        for n in range(9999)
    ]
    packed = gzip.compress(lines(*given).encode())
    (tmp_path / "x.ndjson.gz").write_bytes(packed[: len(packed) // 2])
    writer.stream(stream("x.ndjson.gz"))
    recorded = read_observation(tmp_path)
    assert 0 < len(recorded.observation.exchanges) < 9999
    assert f"{tmp_path.name}/x.ndjson.gz: the packed file breaks off" in recorded.damage


def test_missing_exchanges_are_said(tmp_path: Path) -> None:
    ObservationWriter(tmp_path, HEAD).stream(stream("x.ndjson.gz"))
    assert read_observation(tmp_path).damage == (f"{tmp_path.name}/x.ndjson.gz: No such file or directory",)


def test_a_stream_does_not_lead_out_of_its_observation(tmp_path: Path) -> None:
    (tmp_path / "secret.ndjson").write_text(lines(*exchanges(1)))
    folder = tmp_path / "observation"
    ObservationWriter(folder, HEAD).stream(stream("../secret.ndjson"))
    recorded = read_observation(folder)
    assert recorded.observation.exchanges == ()
    assert "leads out of the run directory" in recorded.damage[0]


@pytest.mark.parametrize("record", ["timeline.ndjson.gz", "records.ndjson"])
def test_garbage_in_a_record_is_damage(tmp_path: Path, record: str) -> None:
    writer = ObservationWriter(tmp_path, HEAD)
    writer.close(TIMELINE, missing={}, failure=None)
    (tmp_path / record).write_bytes(b"\x00garbage\n[1]\n{}\n")
    assert any(line.startswith(f"{tmp_path.name}/{record}") for line in read_observation(tmp_path).damage)


def test_the_plan_and_the_version_stand_in_the_head(tmp_path: Path) -> None:
    ObservationWriter(tmp_path, HEAD, plan=[STEP])
    head = json.loads((tmp_path / "head.json").read_text())
    assert (head["version"], head["plan"][0]["name"]) == (1, "stop-node")


def test_files_of_the_system_stand_in_the_head_by_name_only(tmp_path: Path) -> None:
    entry = 'entry: {url: "https://a", ca: /home/me/ca.pem, authentication: {token: {file: /home/me/t.jwt}, '
    text = FILE.replace('entry: {url: "http://127.0.0.1:1"}', f"{entry}protected: [{{journey: browse}}]}}}}")
    writer = ObservationWriter(tmp_path, replace(HEAD, system=shop(file=text)))
    writer.close(None, missing={}, failure=None)
    assert "/home/me" not in (tmp_path / "head.json").read_text()
    kept = read_observation(tmp_path).observation.system
    assert kept is not None
    assert kept.entry.authentication is not None
    assert kept.entry.authentication.token is not None
    assert (kept.entry.ca, kept.entry.authentication.token.file) == ("ca.pem", "t.jwt")


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SeatrialError, match="cannot be written"):
        ObservationWriter(tmp_path / "file" / "x", HEAD)


def test_a_timeline_of_before_there_was_a_ledger_has_none(tmp_path: Path) -> None:
    path = tmp_path / "timeline.ndjson.gz"
    write_timeline(path, TIMELINE)
    with gzip.open(path, "rt") as packed:
        head, *rest = packed.read().splitlines()
    old = {key: value for key, value in json.loads(head).items() if key != "ledger"}
    with gzip.open(path, "wt") as packed:
        packed.write("\n".join([json.dumps(old), *rest]))
    timeline, damage = read_timeline(path, "timeline")
    assert damage == []
    assert timeline == replace(TIMELINE, ledger=False)
