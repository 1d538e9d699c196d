"""One new file adds one thing: each lies in a temporary folder, and no other file is changed."""

import json
from pathlib import Path

import pytest
from dry_session import QUICK, REGISTRIES, SYSTEM, Dry, dry  # noqa: F401

from seatrial import registry
from seatrial.commands.checks import checks_text
from seatrial.errors import BadInput
from seatrial.faults.registry import FAULTS
from seatrial.harness.conditions import CONDITIONS
from seatrial.harness.measuring import MEASUREMENTS
from seatrial.model.check import CHECKS
from seatrial.model.scenario import NEEDS, SCENARIOS
from seatrial.model.verdict import Outcome
from seatrial.record.observations import read_observation
from seatrial.record.reader import read_run

FILES = {
    "lit.py": '''
"""A workload with a lamp."""
from seatrial.model.scenario import need

@need("lit")
def lit(subject):
    """a workload with a lamp"""
    return subject.role == "basket"
''',
    "lamp_on.py": '''
"""The lamp is on."""
from seatrial.harness.conditions import condition
from seatrial.waiting import Ready

@condition("lamp-on")
def lamp_on(context, timeline, *, lamp):
    """The lamp is on."""
    return Ready(None)
''',
    "brightness.py": '''
"""How bright it is."""
from seatrial.harness.measuring import measurement
from seatrial.model.measurement import Measurement, MeasurementOutcome

@measurement("brightness")
def brightness(context, within_seconds, *, lamp):
    """Looks at the lamp."""
    yield Measurement("brightness", lamp, 1.0, 2.0, MeasurementOutcome.ANSWERED, {"lux": 500})
''',
    "darkness.py": '''
"""Darkness: another fault."""
from seatrial.faults.delete_pod import DeletePod
from seatrial.faults.registry import fault
from seatrial.model.fault import VOLUNTARY

@fault("darkness", disruption=VOLUNTARY, expected_seconds=5, at_most_seconds=60)
class Darkness(DeletePod):
    """Deletes a pod in the dark."""
''',
    "night.py": '''
"""The night falls over a workload."""
from seatrial.model.fault import VOLUNTARY
from seatrial.model.scenario import NEEDS, scenario
from seatrial.model.step import inject, measure, repeat, steps, traffic, wait

@scenario("night", disruption=VOLUNTARY, needs={NEEDS.get("lit")})
def night(subject):
    """Waits for the lamp, lets three nights fall, and looks how bright it is."""
    return steps(
        traffic(subject.journey), wait("lamp-on", within_seconds=5, lamp="left"),
        repeat(3, inject("darkness", subject.role)), measure("brightness", lamp="left"),
    )
''',
    "test_stays_bright.py": '''
"""It is bright at night."""
from seatrial.judge.disruption import voluntary
from seatrial.model.check import CORE, check
from seatrial.model.observation import EXCHANGES, TIMELINE
from seatrial.model.verdict import Outcome, Verdict, merge

@check("observability.stays-bright", level=CORE, scenario="night", records={EXCHANGES, TIMELINE},
       requirement="A lit workload MUST stay bright at night.", remediation="Light the lamp.")
def test_stays_bright(observation):
    """The lamp gives light and no request is lost."""
    (seen,) = observation.trouble.measured("brightness")
    outcome = Outcome.PASSED if seen.value["lux"] >= 500 else Outcome.FAILED
    bright = Verdict(outcome, str(seen.value), "500 lux")
    return merge([bright, voluntary(observation)])
''',
}  # fmt: skip


@pytest.fixture
def extensions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, dry: Dry) -> Path:  # noqa: F811
    """A folder with one file for each thing, which the registries come upon anew."""
    folder = tmp_path / "extensions"
    folder.mkdir()
    for file, text in FILES.items():
        (folder / file).write_text(text)
    monkeypatch.setenv(registry.EXTENSIONS_VARIABLE, str(folder))
    for each in REGISTRIES:
        monkeypatch.setattr(each, "_loaded", False)
    return folder


def test_each_is_found(extensions: Path) -> None:
    for where, name in (
        (NEEDS, "lit"), (CONDITIONS, "lamp-on"), (MEASUREMENTS, "brightness"), (FAULTS, "darkness"),
        (SCENARIOS, "night"), (CHECKS, "observability.stays-bright"),
    ):  # fmt: skip
        assert name in where
        assert Path(where.place(name)).parent == extensions


def test_they_are_listed(extensions: Path) -> None:
    text = checks_text(as_json=False)
    assert "observability.stays-bright" in text
    assert "A lit workload MUST stay bright at night." in text
    assert "needs lit" in text
    rows = {row["id"]: row for row in json.loads(checks_text(as_json=True))}
    assert rows["observability.stays-bright"]["scenario"] == "night"


@pytest.mark.parametrize("fails", [False, True])
def test_they_run(extensions: Path, pytester, dry: Dry, monkeypatch, fails: bool) -> None:  # noqa: F811
    monkeypatch.setattr("seatrial.report.html.build_report", lambda directory: directory / "index.html")
    dry.world.fails_in_faults = fails
    pytester.makefile(".yaml", shop=SYSTEM.replace("journeys:", OTHER + "journeys:"))
    result = pytester.runpytest_inprocess("--system", "shop.yaml", *QUICK, str(extensions))
    run = read_run(pytester.path / "reports" / "latest")
    (made,) = run.results
    assert made.subject == "basket"
    assert made.verdict.outcome is (Outcome.FAILED if fails else Outcome.PASSED), made.verdict.explain()
    assert result.ret == int(fails)
    seen = read_observation(
        pytester.path / "reports" / "latest" / "observations" / "night.basket"
    ).observation
    assert [step.name for step in seen.trouble.steps][2] == "lamp-on"
    assert [found.value for found in seen.trouble.measured("brightness")] == [{"lux": 500}]
    assert [fault.fault for fault in seen.faults] == ["darkness"] * 3


OTHER = "  till: {kind: Deployment, name: till, stateless: true}\n"


def test_a_file_that_cannot_be_imported_is_named(extensions: Path) -> None:
    (extensions / "broken.py").write_text("import nowhere_at_all")
    with pytest.raises(BadInput, match=r"broken\.py") as raised:
        CHECKS.all()
    assert "nowhere_at_all" in str(raised.value)


def test_a_name_that_is_taken_is_refused_with_both_places(extensions: Path) -> None:
    (extensions / "a_second_night.py").write_text((extensions / "night.py").read_text())
    with pytest.raises(BadInput, match="two scenarios are called night") as raised:
        SCENARIOS.all()
    assert str(extensions) in str(raised.value)


def test_a_folder_that_is_not_there_is_named(extensions: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(registry.EXTENSIONS_VARIABLE, str(extensions / "none"))
    with pytest.raises(BadInput, match="no such folder of extensions"):
        CHECKS.all()


def test_without_them_there_is_none(dry: Dry) -> None:  # noqa: F811
    assert "observability.stays-bright" not in CHECKS
