"""Tried: an experiment that disturbs nothing sends load to a system that has not consented."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from dry_experiment import CONTROL, activity, run_experiment, shop  # noqa: F401
from dry_session import SYSTEM, Dry, dry  # noqa: F401

from seatrial.chaos.generate import experiment_of
from seatrial.model.scenario import SCENARIOS
from seatrial.model.verdict import Outcome
from seatrial.record.reader import Run

ENTRY = 'entry: {url: "http://127.0.0.1:1"}'
LIMITED = 'entry: {url: "http://127.0.0.1:1", rate_limits: [{journey: look, requests: 9, per_seconds: 1}]}'
LOADING = experiment_of(SCENARIOS.get("rate-limit"))
EDITED = {
    **LOADING,
    "title": "Requests are counted",
    "controls": [{**CONTROL, "provider": {**CONTROL["provider"], "arguments": {"scenario": "certificates"}}}],
    "method": [activity("action", "traffic", journey="look", per_second=20)],
}


@pytest.fixture(autouse=True)
def without_consent(shop: Path) -> None:  # noqa: F811
    text = SYSTEM.replace("disruptive: true", "disruptive: false").replace(ENTRY, LIMITED)
    (shop.parent / "shop.yaml").write_text(text)


@pytest.mark.parametrize("tried", [LOADING, EDITED])
def test_nothing_is_sent(run_experiment: Any, dry: Dry, tried: dict[str, Any]) -> None:  # noqa: F811
    code, run = run_experiment(tried)
    assert isinstance(run, Run)
    (result,) = run.results
    assert result.verdict.outcome is Outcome.ERROR, result.verdict.explain()
    assert "does not consent to disruption" in result.verdict.observed
    assert code != 0
    assert dry.world.done == []
