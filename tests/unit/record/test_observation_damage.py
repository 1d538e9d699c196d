"""Wherever a record was cut or scratched: no traceback, and what is not whole is never without a failure."""

import contextlib
import shutil
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seatrial.errors import SeatrialError
from seatrial.model.exchange import Exchange, ExchangeOutcome, GeneratorHealth
from seatrial.model.fault import VOLUNTARY, FaultRecord, Target
from seatrial.model.measurement import Measurement, MeasurementOutcome
from seatrial.model.observation import TROUBLE, Arm, Observation, Record
from seatrial.model.step import StepRecord
from seatrial.model.timeline import Change, Clock, NodeSeen, Timeline
from seatrial.model.verdict import Outcome, Verdict
from seatrial.record.observations import ObservationWriter, StreamRecord, read_observation
from seatrial.traffic.record import CLOSING, HEAD, RecordFile, pack

words = st.text(max_size=12)
moments = st.floats(0, 1e6)
maybe = st.none() | moments
steps = st.builds(StepRecord, words, words, words, moments, maybe, words)
targets = st.builds(Target, words, words, words, words)
faults = st.builds(
    FaultRecord, words, words, st.just(VOLUNTARY), targets, words, moments, maybe, words, maybe, maybe,
    st.integers(0, 9), words, words, st.dictionaries(words, st.integers() | words, max_size=2),
)  # fmt: skip
measurements = st.builds(
    Measurement, words, words, moments, moments, st.sampled_from(MeasurementOutcome),
    st.dictionaries(words, st.none() | st.integers() | words, max_size=2), words, words,
)  # fmt: skip
verdicts = st.builds(Verdict, st.sampled_from(Outcome), words, words, words)
HEALTH = GeneratorHealth(20, 20, 0, 0, 0.01, 0.001, float("nan"))
SENT = tuple(Exchange(n, "look", n / 10, n / 10, n / 10 + 0.01, ExchangeOutcome.OK, 200) for n in range(20))


def write(folder: Path, *, packed: bool = True) -> None:
    writer = ObservationWriter(folder, Observation({TROUBLE: Arm()}, "s.t", "s", "t", VOLUNTARY, "look", 1))
    file = RecordFile(folder / "exchanges-subject.ndjson")
    file.special(HEAD, {"seed": 1})
    file.exchanges(SENT)
    file.special(CLOSING, {"health": vars(HEALTH)})
    file.close()
    if packed:
        pack(file.path)
    writer.step(StepRecord("1", "inject", "delete-pod", 1.0, 2.0))
    writer.stream(StreamRecord(TROUBLE, "subject", file.path.name, ("look",), HEALTH, 0.5))
    node = NodeSeen(1.0, Change.ADDED, "worker", ready=True, schedulable=True)
    writer.close(Timeline(0.0, 9.0, Clock(0.0, 0.1, 0.0), (node,)), missing={}, failure=None)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(steps, max_size=3), st.lists(faults, max_size=3, unique_by=lambda f: f.id),
    st.lists(measurements, max_size=3), st.dictionaries(st.sampled_from(Record), words), st.none() | verdicts,
)  # fmt: skip
def test_whatever_was_written_comes_back(tmp_path_factory, made, injected, measured, missing, failure):
    folder = tmp_path_factory.mktemp("observation")
    writer = ObservationWriter(folder, Observation({TROUBLE: Arm()}, "s.t", "s", "t"))
    for step in made:
        writer.step(step)
    for fault in injected:
        writer.fault(fault)
    for measurement in measured:
        writer.measurement(measurement)
    writer.close(None, missing=missing, failure=failure)
    recorded = read_observation(folder)
    assert (recorded.finished, recorded.damage) == (True, ())
    seen = recorded.observation
    assert seen.trouble.steps == tuple(made)
    assert seen.faults == tuple(sorted(injected, key=lambda fault: fault.injected_at))
    assert seen.trouble.measurements == tuple(measured)
    assert (seen.missing, seen.failure) == (missing, failure)
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def whole(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("whole") / "observation"
    write(folder)
    return folder


FILES = ("records.ndjson", "exchanges-subject.ndjson.gz", "timeline.ndjson.gz")


def test_it_is_whole(whole: Path) -> None:
    recorded = read_observation(whole)
    assert recorded.observation.failure is None
    assert len(recorded.observation.exchanges) == 15
    assert len(recorded.observation.warm_up) == 5


def test_packed_and_plain_are_the_same(whole: Path, tmp_path: Path) -> None:
    write(tmp_path / "plain", packed=False)
    plain, packed = read_observation(tmp_path / "plain").observation, read_observation(whole).observation
    assert repr(plain) == repr(packed), "as text, for NaN equals nothing, not even itself"


@settings(max_examples=80, deadline=None)
@given(st.sampled_from(FILES), st.floats(0, 0.999))
def test_a_file_that_was_cut_anywhere_leaves_a_failure(tmp_path_factory, whole, name, part):
    folder = tmp_path_factory.mktemp("cut") / "observation"
    shutil.copytree(whole, folder)
    content = (folder / name).read_bytes()
    (folder / name).write_bytes(content[: int((len(content) - 1) * part)])
    recorded = read_observation(folder)
    assert recorded.observation.failure is not None
    assert not recorded.observation.failure.passed
    shutil.rmtree(folder.parent)


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_is_gone_leaves_a_failure_or_a_missing_record(
    whole: Path, tmp_path: Path, name: str
) -> None:
    folder = tmp_path / "observation"
    shutil.copytree(whole, folder)
    (folder / name).unlink()
    seen = read_observation(folder).observation
    assert seen.failure is not None or seen.timeline is None


@settings(max_examples=80, deadline=None)
@given(st.sampled_from((*FILES, "head.json")), st.floats(0, 0.999), st.binary(min_size=1, max_size=4))
def test_scratches_are_no_traceback(tmp_path_factory, whole, name, part, scratch):
    folder = tmp_path_factory.mktemp("scratched") / "observation"
    shutil.copytree(whole, folder)
    content = (folder / name).read_bytes()
    at = int(len(content) * part)
    (folder / name).write_bytes(content[:at] + scratch + content[at + len(scratch) :])
    with contextlib.suppress(SeatrialError):
        read_observation(folder)
    shutil.rmtree(folder.parent)


@pytest.mark.parametrize("name", ["../elsewhere.ndjson", "/etc/hostname", "a\0b", "", "link.ndjson"])
def test_no_file_leads_out_of_the_folder(tmp_path: Path, name: str) -> None:
    (tmp_path / "elsewhere.ndjson").write_text("{}\n")
    folder = tmp_path / "observation"
    writer = ObservationWriter(folder, Observation({TROUBLE: Arm()}, "s.t", "s", "t"))
    (folder / "link.ndjson").symlink_to(tmp_path / "elsewhere.ndjson")
    writer.stream(StreamRecord(TROUBLE, "subject", name, ("look",), HEALTH, 0.0))
    writer.close(None, missing={}, failure=None)
    recorded = read_observation(folder)
    assert recorded.damage
    assert recorded.observation.failure is not None
    assert recorded.observation.exchanges == ()
