"""A fault is made by name, and its arguments are checked before anything is touched."""

from __future__ import annotations

import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest

from seatrial.errors import BadInput
from seatrial.faults.bad_rollout import BadRollout
from seatrial.faults.delete_pod import DeletePod
from seatrial.faults.effects.base import EFFECTS
from seatrial.faults.registry import FAULTS, arguments_of, bound_of, make_fault
from seatrial.model.fault import Disruption
from seatrial.registry import Registry


def test_every_fault_has_a_name_a_disruption_bounds_and_documented_arguments() -> None:
    for name, made in FAULTS.all().items():
        assert made.name == name
        assert made.disruption in Disruption
        assert 0 < made.expected_seconds <= made.at_most_seconds
        for argument in arguments_of(made):
            assert f"{argument}" in (made.__doc__ or ""), f"{argument} of {name}"


def test_the_kinds_of_effects_that_the_design_lists_are_there() -> None:
    kinds = {"object-fields", "created-object", "deleted-object", "scaled", "engine-container"}
    assert kinds <= set(EFFECTS)


def test_a_fault_is_made_with_its_arguments() -> None:
    fault = make_fault("delete-pod", "web", {"pod": "web-1", "allow_last": True}, seed=9)
    assert isinstance(fault, DeletePod)
    assert (fault.role, fault.pod, fault.allow_last, fault.seed) == ("web", "web-1", True, 9)
    bad = make_fault("bad-rollout", "web", {"kind": "never-ready", "hold_seconds": 5})
    assert isinstance(bad, BadRollout)
    assert bad.hold_seconds == 5


@pytest.mark.parametrize(
    ("name", "arguments", "words", "next_step"),
    [
        ("delete-pods", {}, "no fault 'delete-pods'", "Did you mean delete-pod?"),
        ("delete-pod", {"allowlast": True}, "no argument 'allowlast'", "Did you mean allow_last?"),
        ("delete-pod", {"zzz": 1}, "no argument 'zzz'", "allow_last, pod, selector"),
        ("delete-pod", {"seed": 1}, "no argument 'seed'", ""),
        ("delete-pod", {"role": "web"}, "no argument 'role'", ""),
        ("delete-pod", {"allow_last": "yes"}, "must be true or false, not 'yes'", ""),
        ("delete-pod", {"pod": 7}, "must be text, not 7", ""),
        ("evict-pod", {"evict_seconds": "long"}, "must be a number, not 'long'", ""),
        ("evict-pod", {"evict_seconds": True}, "must be a number, not True", ""),
        ("bad-rollout", {"ready_seconds": 1.5}, "must be a whole number, not 1.5", ""),
        ("bad-rollout", {"kind": "never-redy"}, "cannot be 'never-redy'", "Did you mean never-ready?"),
        ("bad-rollout", {"kind": ["x"]}, "cannot be", "Known are: answers-500"),
    ],
)
def test_what_cannot_be_made_is_bad_input(
    name: str, arguments: dict[str, Any], words: str, next_step: str
) -> None:
    with pytest.raises(BadInput, match=words) as caught:
        make_fault(name, "web", arguments)
    assert next_step in caught.value.next_step


def test_bounds_are_known_before_anything_runs_and_follow_the_arguments() -> None:
    plain, longer = (
        bound_of("bad-rollout", {"hold_seconds": 0}),
        bound_of("bad-rollout", {"hold_seconds": 50}),
    )
    assert longer.expected_seconds - plain.expected_seconds == 50
    assert longer.at_most_seconds - plain.at_most_seconds == 50
    plain, frozen = bound_of("crash-pod"), bound_of("crash-pod", {"frozen_seconds": 3.0})
    assert frozen.expected_seconds == plain.expected_seconds + 3
    assert frozen.at_most_seconds == plain.at_most_seconds + 3
    assert bound_of("evict-pod", {"evict_seconds": 100}).at_most_seconds == (
        bound_of("evict-pod").at_most_seconds + 40
    )
    assert bound_of("evict-pod", {"evict_seconds": 1}) == bound_of("evict-pod")


OWN = """
    from seatrial.faults.base import Fault
    from seatrial.faults.effects.base import Effect, effect
    from seatrial.faults.registry import fault
    from seatrial.model.fault import Disruption

    @effect("own-effect")
    class Own(Effect): ...

    @fault("own-fault", disruption=Disruption.VOLUNTARY, expected_seconds=1, at_most_seconds=2)
    class OwnFault(Fault):
        def __init__(self, role: str, *, needed: int, seed: int = 0) -> None:
            super().__init__(role, seed=seed)
            self.needed = needed

        def plan(self, recorder): ...
        def verify(self, plan, recorder, injected_at): ...
"""


def test_one_file_adds_a_fault_and_an_effect(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "own.py").write_text(textwrap.dedent(OWN))
    monkeypatch.setenv("SEATRIAL_EXTENSIONS", str(tmp_path))
    for registry in (FAULTS, EFFECTS):
        for attribute in ("_items", "_places"):
            monkeypatch.setattr(registry, attribute, dict(getattr(registry, attribute)))
        reload_extensions(registry, monkeypatch)
    assert make_fault("own-fault", "web", {"needed": 3}).__dict__["needed"] == 3
    assert "own-effect" in EFFECTS
    with pytest.raises(BadInput, match="needs the argument 'needed'"):
        make_fault("own-fault", "web")
    for name in [name for name in sys.modules if name.endswith("_own")]:
        monkeypatch.delitem(sys.modules, name)


def reload_extensions(registry: Registry[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "_loaded", False)
