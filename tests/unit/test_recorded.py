"""A recorded run is judged alike for ever: `tests/recorded` is a real run, and holds every scenario."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from seatrial.commands._rejudging import rejudge, rejudged_text
from seatrial.model.scenario import SCENARIOS
from seatrial.model.verdict import Mode, Outcome, named
from seatrial.record.observations import read_observation
from seatrial.record.reader import read_run

RUN = Path(__file__).parents[1] / "recorded"


MENDED = {
    "orchestration.drain-loses-nothing [orders]": "a failure at another pod was put down to "
    "one that ended, and those of a bystander were not weighed against the CPU that was gone",
    "orchestration.drain-loses-nothing [catalogue]": "slow answers were put down to new pods "
    "where there were no others, and no CPU",
    "delivery.rollout-loses-nothing [orders]": "that the pod of the surge made its autoscaler grow, with no "
    "more load, was not told",
    "security.policies-are-enforced [database]": "a closed port at which nobody was connected counted as "
    "tested by the other one; that nobody listens there was not recorded yet",
}
"""What a judge has learned since; the next recording takes it out of here."""


UNRECORDED = {"absence"}
"""Scenarios that came since; the next recording takes them out of here."""


def test_every_scenario_was_recorded_and_ended() -> None:
    run = read_run(RUN)
    recorded = [read_observation(RUN / "observations" / started.id) for started in run.observations]
    assert set(SCENARIOS) - {item.observation.scenario for item in recorded} == UNRECORDED
    assert all(item.finished and not item.damage for item in recorded)


def test_every_tool_was_recorded() -> None:
    assert {result.tool for result in read_run(RUN).results} == {"pytest", "locust", "chaos"}


def test_each_verdict_is_the_recorded_one_down_to_its_numbers() -> None:
    found = rejudge(RUN)
    judged = [item for item in found if item.verdict is not None]
    assert {named(item.result.check, item.result.subject) for item in judged if not item.same} == {*MENDED}
    proven = [item for item in found if item.result.mode is Mode.PROVEN]
    assert judged == proven, "every proven result can be judged again"
    code, text = rejudged_text(found)
    assert code == 1
    assert f"{len(judged)} judged again, {len(MENDED)} differ" in text


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The run with the observation of one scenario only, which the others do not need."""
    others = [
        path.name for path in (RUN / "observations").iterdir() if not path.name.startswith("delete-pod")
    ]
    shutil.copytree(RUN, tmp_path / "run", ignore=lambda folder, names: {*others} & {*names})
    return tmp_path / "run"


def test_a_record_that_was_changed_gives_another_verdict(copy: Path) -> None:
    """What is judged is what was recorded, and not the verdict that was written beside it."""
    folder = next((copy / "observations").glob("delete-pod.*"))
    records = folder / "records.ndjson"
    lines = records.read_text(encoding="utf-8").splitlines()
    first = next(n for n, line in enumerate(lines) if json.loads(line)["type"] == "fault")
    fault = json.loads(lines[first])
    fault["record"]["verified_at"] = None
    lines[first] = json.dumps(fault)
    records.write_text("\n".join(lines) + "\n", encoding="utf-8")
    found = [item for item in rejudge(copy) if not item.same]
    assert "orchestration.pod-replacement" in {item.result.check for item in found}
    assert Outcome.ERROR in {item.verdict.outcome for item in found if item.verdict is not None}
    assert rejudged_text(found)[0] == 1


def test_a_run_without_observations_judges_nothing_and_is_no_pass(copy: Path) -> None:
    shutil.rmtree(copy / "observations")
    shutil.rmtree(copy / "load")
    assert rejudged_text(rejudge(copy))[0] == 1
