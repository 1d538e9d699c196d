"""`chaos run --dry` proves nothing and says so, touches nothing with any strategy, and never exits 0."""

import copy
import json

import pytest
from chaoslib.types import Dry as Strategy
from click.testing import CliRunner
from dry_experiment import EXPERIMENT, cli
from dry_session import SYSTEM

from seatrial.chaos import experiment as module

STRATEGIES = [strategy.value for strategy in Strategy]


@pytest.fixture
def touched(tmp_path):
    """A file that an action of somebody else's makes when it is carried out for real."""
    return tmp_path / "touched"


@pytest.fixture
def experiment(touched):
    """Seatrial's experiment with an action and a rollback of somebody else's."""
    changed = copy.deepcopy(EXPERIMENT)
    provider = {"type": "process", "path": "touch", "arguments": str(touched)}
    changed["method"].append({"type": "action", "name": "theirs", "provider": provider})
    changed["rollbacks"].append({"type": "action", "name": "theirs too", "provider": provider})
    return changed


@pytest.fixture
def chaos(dry, experiment, monkeypatch, tmp_path):
    """Types `chaos run` for the experiment with these options; rollbacks always follow."""
    (tmp_path / "shop.yaml").write_text(SYSTEM)
    for name, path in (("SYSTEM", "shop.yaml"), ("STATE", "state"), ("REPORT_DIR", "reports")):
        monkeypatch.setenv(f"SEATRIAL_{name}", str(tmp_path / path))
    monkeypatch.setattr(module, "build_report", lambda directory: directory / "index.html")
    monkeypatch.setattr(module, "_current", None)

    def run(*options):
        path = tmp_path / "experiment.json"
        path.write_text(json.dumps(experiment))
        own = ["--no-version-check", "--log-file", str(tmp_path / "log")]
        to = ["--rollback-strategy", "always", "--journal-path", str(tmp_path / "journal.json")]
        return CliRunner().invoke(cli, [*own, "run", *options, *to, str(path)])

    return run


def said(result, tmp_path):
    return result.output + (tmp_path / "log").read_text()


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_every_dry_strategy_says_so_touches_nothing_and_exits_1(chaos, dry, touched, tmp_path, strategy):
    result = chaos(f"--dry={strategy}")
    text = said(result, tmp_path)
    assert result.exit_code == 1
    assert f"dry run ({strategy}): nothing was proven and nothing was touched" in text
    assert "action 'inject', action 'theirs', action 'theirs too'" in text
    assert dry.world.done == []
    assert not touched.exists()
    for misleading in ("no fault was injected", "was never begun", "PASSED", "Traceback"):
        assert misleading not in result.output
    journal = json.loads((tmp_path / "journal.json").read_text())
    assert journal["status"] == "interrupted"
    assert journal["rollbacks"] == journal["run"] == []


def test_a_dry_run_leaves_no_run_that_could_be_taken_for_a_real_one(chaos, tmp_path):
    chaos("--dry=activities")
    assert not (tmp_path / "reports").exists()


def test_what_is_wrong_is_said_in_a_dry_run_too(chaos, experiment, tmp_path):
    experiment["controls"][0]["provider"]["arguments"]["role"] = "nobody"
    result = chaos("--dry=activities")
    assert result.exit_code == 1
    assert "nobody" in said(result, tmp_path)
    assert "dry run" not in result.output


def test_without_dry_the_same_experiment_is_carried_out(chaos, dry, touched):
    chaos()
    assert "injected delete-pod on basket" in dry.world.done
    assert touched.exists()
