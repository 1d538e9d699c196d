"""One new file adds one thing: each lies in a temporary folder, and no other file is changed."""

import json
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
from dry_session import QUICK, REGISTRIES, SYSTEM, Dry, DrySession, dry  # noqa: F401

import seatrial.faults.injector
from seatrial import registry
from seatrial.adapters import ADAPTERS
from seatrial.cli import main
from seatrial.commands.base import COMMANDS
from seatrial.commands.checks import checks_text
from seatrial.errors import BadInput
from seatrial.faults.effects.base import EFFECTS
from seatrial.faults.registry import FAULTS
from seatrial.harness.conditions import CONDITIONS
from seatrial.harness.measuring import MEASUREMENTS
from seatrial.model.check import CHECKS
from seatrial.model.scenario import NEEDS, SCENARIOS
from seatrial.model.verdict import Outcome
from seatrial.record.observations import read_observation
from seatrial.record.reader import read_run
from seatrial.traffic.protocols import PROTOCOLS

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
    "bulb.py": '''
"""Lamps with a bulb."""
from seatrial.adapters import adapter
from seatrial.model.part import Part

class Arguments(Part):
    lux: int

@adapter("lamp/bulb", arguments=Arguments)
class Bulb:
    """Knows how bright it is."""
    def __init__(self, kube, system, arguments):
        self.lux = arguments.lux
''',
    "morse.py": '''
"""Sends letters by light."""
from seatrial.model.exchange import ExchangeOutcome
from seatrial.traffic.protocols import Client, protocol

@protocol("morse")
class Morse(Client):
    """Every letter arrives."""
    async def carry(self, arrival):
        arrival.report(ExchangeOutcome.OK, operation="blink")
''',
    "brightness.py": '''
"""How bright it is."""
from seatrial.adapters import filling
from seatrial.harness.measuring import measurement
from seatrial.model.measurement import Measurement, MeasurementOutcome
from seatrial.traffic.once import send_once

@measurement("brightness")
def brightness(context, within_seconds, *, lamp):
    """Looks at the lamp and sends a letter by it."""
    system, kube = context.session.system, context.session.kube
    (sent,) = send_once(context.session.base_url, "signal", system.journeys["signal"])
    value = {"lux": filling(system, kube, "lamp").lux, "sent": sent.operation}
    yield Measurement("brightness", lamp, 1.0, 2.0, MeasurementOutcome.ANSWERED, value)
''',
    "curtain.py": '''
"""A curtain before a lamp: a file beside this one, while it is drawn."""
from dataclasses import dataclass
from pathlib import Path
from seatrial.faults.effects.base import Effect, effect

@effect("curtain")
@dataclass(frozen=True)
class Curtain(Effect):
    """Draws the curtain."""
    path: str

    @property
    def touches(self):
        return frozenset({"the curtain"})

    def apply(self, kube):
        Path(self.path).write_text("drawn")

    def revert(self, kube):
        Path(self.path).unlink()
        return "the curtain is open"
''',
    "darkness.py": '''
"""Darkness: somebody draws the curtain."""
from pathlib import Path
from seatrial.faults.base import Fault, Plan, Verified
from seatrial.faults.effects.base import EFFECTS
from seatrial.faults.registry import fault
from seatrial.model.fault import VOLUNTARY, Target
from seatrial.waiting import NotYet, Ready

@fault("darkness", disruption=VOLUNTARY, expected_seconds=5, at_most_seconds=60)
class Darkness(Fault):
    """Draws the curtain for a while."""
    def plan(self, recorder):
        self.drawn = Path(__file__).with_suffix(".drawn")
        curtain = EFFECTS.get("curtain")(str(self.drawn))
        return Plan(Target("Lamp", "shop", "left"), self.role, self.seed, (), (curtain,))

    def verify(self, plan, recorder, injected_at):
        assert self.drawn.exists()
        now = recorder.snapshot().ended_at
        return Ready(Verified(now, "it is dark")) if now > injected_at + 2.5 else NotYet("it is dusk")

    def available(self, plan, recorder, since):
        return Ready(since)
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
    "light.py": '''
"""`seatrial light`."""
import typer
from seatrial.commands.base import command

@command("light")
def light() -> int:
    """Turn the light on."""
    typer.echo("it is on")
    return 0
''',
}  # fmt: skip
LIT_SHOP = SYSTEM.replace(
    "journeys:",
    """  till: {kind: Deployment, name: till, stateless: true}
capabilities:
  lamp: {product: bulb, lux: LUX}
journeys:""",
).replace(
    "consent:",
    """  signal: {protocol: morse, request: {path: /a}}
consent:""",
)


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
        (SCENARIOS, "night"), (CHECKS, "observability.stays-bright"), (EFFECTS, "curtain"),
        (ADAPTERS, "lamp/bulb"), (PROTOCOLS, "morse"), (COMMANDS, "light"),
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


@pytest.fixture
def faults_for_real(dry: Dry, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    """The injector is the real one, on the world's clock."""
    for module in (seatrial.faults.base, seatrial.faults.injector, seatrial.faults.placed):
        clock = SimpleNamespace(monotonic=dry.world.monotonic, time=time.time)
        monkeypatch.setattr(module, "time", clock)
    monkeypatch.setattr(
        DrySession, "injector", lambda self: seatrial.faults.injector.Injector(self.settings.state_directory)
    )


@pytest.mark.parametrize(("lux", "outcome"), [(500, Outcome.PASSED), (5, Outcome.FAILED)])
@pytest.mark.usefixtures("faults_for_real")
def test_they_run(extensions: Path, pytester, monkeypatch, lux: int, outcome: Outcome) -> None:
    monkeypatch.setattr("seatrial.report.html.build_report", lambda directory: directory / "index.html")
    pytester.makefile(".yaml", shop=LIT_SHOP.replace("LUX", str(lux)))
    result = pytester.runpytest_inprocess("--system", "shop.yaml", *QUICK, str(extensions))
    run = read_run(pytester.path / "reports" / "latest")
    (made,) = run.results
    assert (made.subject, made.verdict.outcome) == ("basket", outcome), made.verdict.explain()
    assert result.ret == int(outcome is not Outcome.PASSED)
    seen = read_observation(
        pytester.path / "reports" / "latest" / "observations" / "night.basket"
    ).observation
    assert [step.name for step in seen.trouble.steps][2] == "lamp-on"
    assert [found.value for found in seen.trouble.measured("brightness")] == [{"lux": lux, "sent": "blink"}]
    assert [(fault.fault, fault.effect) for fault in seen.faults] == [("darkness", "it is dark")] * 3
    assert {fault.details["revert"] for fault in seen.faults} == {"the curtain is open"}
    assert not (extensions / "darkness.drawn").exists()


def test_the_command_is_called_and_named_by_the_help(extensions: Path, monkeypatch, capsys) -> None:
    monkeypatch.setattr(sys, "argv", ["seatrial", "light"])
    assert main() == 0
    assert capsys.readouterr().out == "it is on\n"
    monkeypatch.setattr(sys, "argv", ["seatrial", "--help"])
    main()
    assert "Turn the light on." in capsys.readouterr().out


def test_a_file_that_cannot_be_imported_is_named(extensions: Path) -> None:
    (extensions / "broken.py").write_text("import nowhere_at_all")
    with pytest.raises(BadInput, match=r"broken\.py") as raised:
        CHECKS.all()
    assert "nowhere_at_all" in str(raised.value)
    with pytest.raises(BadInput, match=r"broken\.py"):
        CHECKS.all()  # and never the part that was found before it
    (extensions / "broken.py").unlink()
    assert "observability.stays-bright" in CHECKS.all()


def test_a_name_that_is_taken_is_refused_with_both_places(extensions: Path) -> None:
    (extensions / "a_second_night.py").write_text((extensions / "night.py").read_text())
    with pytest.raises(BadInput, match="two scenarios are called night") as raised:
        SCENARIOS.all()
    assert str(extensions) in str(raised.value)


TAKEN = {
    "check": (CHECKS, "orchestration.pod-replacement", """
from seatrial.model.check import CORE, check

@check("orchestration.pod-replacement", level=CORE, scenario="delete-pod", records=set(), requirement="r",
       remediation="r")
def test_mine(observation):
    \"\"\"Mine.\"\"\"
"""),
    "fault": (FAULTS, "delete-pod", """
from seatrial.faults.base import Fault
from seatrial.faults.registry import fault
from seatrial.model.fault import VOLUNTARY

@fault("delete-pod", disruption=VOLUNTARY, expected_seconds=5, at_most_seconds=60)
class Mine(Fault):
    \"\"\"Mine.\"\"\"
"""),
    "scenario": (SCENARIOS, "delete-pod", """
from seatrial.model.fault import VOLUNTARY
from seatrial.model.scenario import scenario

@scenario("delete-pod", disruption=VOLUNTARY)
def mine(subject):
    \"\"\"Mine.\"\"\"
"""),
    "adapter": (ADAPTERS, "store/postgres", """
from seatrial.adapters import adapter
from seatrial.model.part import Part

@adapter("store/postgres", arguments=Part)
class Mine:
    \"\"\"Mine.\"\"\"
"""),
}  # fmt: skip


@pytest.mark.parametrize("kind", TAKEN)
@pytest.mark.parametrize("built_in_first", [True, False])
def test_the_name_of_a_built_in_thing_is_refused_in_words(
    extensions: Path, kind: str, built_in_first: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whichever of the two is imported first: a registry of another kind may come upon the extension."""
    registry_of, name, text = TAKEN[kind]
    assert name in registry_of
    own = registry_of.place(name)
    mine = extensions / "taken.py"
    mine.write_text(text)
    if not built_in_first:
        for kept in ("_items", "_places"):
            monkeypatch.delitem(getattr(registry_of, kept), name)
        (module,) = [
            key for key, each in list(sys.modules.items())
            if str(Path(getattr(each, "__file__", None) or "/").resolve()) == own
        ]  # fmt: skip
        monkeypatch.delitem(sys.modules, module)
        registry.import_file(mine)
    monkeypatch.setattr(registry_of, "_loaded", False)
    with pytest.raises(BadInput, match=f"two {kind}s are called {name}") as raised:
        registry_of.all()
    assert str(mine) in raised.value.where
    assert own in raised.value.where
    assert raised.value.next_step == "Give the one that is yours another name."


def test_the_command_ends_as_after_other_bad_input(extensions: Path, monkeypatch, capsys) -> None:
    (extensions / "taken.py").write_text(TAKEN["check"][2])
    monkeypatch.setattr(sys, "argv", ["seatrial", "checks"])
    assert main() == 2
    told = capsys.readouterr().err
    assert told.startswith("error  two checks are called orchestration.pod-replacement")
    assert "Traceback" not in told


def test_a_folder_that_is_not_there_is_named(extensions: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(registry.EXTENSIONS_VARIABLE, str(extensions / "none"))
    with pytest.raises(BadInput, match="no such folder of extensions"):
        CHECKS.all()


def test_without_them_there_is_none(dry: Dry) -> None:  # noqa: F811
    assert "observability.stays-bright" not in CHECKS
