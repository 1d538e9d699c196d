"""A context that the kubeconfig has no more: an error in words, by every tool that asks the cluster."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from stranger import Stranger

SYSTEM = {
    "apiVersion": "seatrial/v1",
    "kind": "System",
    "metadata": {"name": "shop"},
    "target": {"context": "staging-eu", "namespace": "shop"},
    "entry": {"url": "http://127.0.0.1:1"},
    "workloads": {"basket": {"kind": "Deployment", "name": "basket", "stateless": True}},
    "journeys": {"look": {"request": {"path": "/"}}},
    "consent": {"disruptive": True, "context": "staging-eu", "namespace": "shop"},
}


@pytest.fixture
def stranger(tmp_path: Path) -> Stranger:
    """Somebody whose kubeconfig knows another cluster only."""
    config = tmp_path / "kubeconfig"
    content = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "us", "cluster": {"server": "https://127.0.0.1:1"}}],
        "users": [{"name": "me", "user": {}}],
        "contexts": [{"name": "staging-us", "context": {"cluster": "us", "user": "me"}}],
    }
    config.write_text(yaml.safe_dump(content))
    one = Stranger(tmp_path, config, SYSTEM)
    # The usual name is the one that `init` writes.
    one.environment["SEATRIAL_SYSTEM"] = str(one.file.rename(tmp_path / "shop.yaml"))
    return one


@pytest.mark.parametrize(
    "command",
    [
        lambda one: one.types("seatrial", "doctor"),
        lambda one: one.types("seatrial", "run"),
        lambda one: one.types("seatrial", "init", "--context", "staging-eu", "--namespace", "shop"),
        lambda one: one.suites("--check", "orchestration.pod-replacement"),
        lambda one: one.experiment("delete-pod"),
    ],
    ids=["doctor", "run", "init", "pytest", "chaos"],
)
def test_it_is_an_error_that_names_what_there_is(stranger: Stranger, command) -> None:
    typed = command(stranger)
    assert typed.code not in (0, None)
    assert "no context 'staging-eu'" in typed.text, typed.text
    assert "staging-us" in typed.text
    assert "Traceback" not in typed.text
    assert "PASSED" not in typed.text
