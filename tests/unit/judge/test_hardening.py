"""What a manifest declares of its containers, against what they are."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any

import pytest
from drained_shop import shop

from seatrial.declared.hardening import declared_of
from seatrial.judge.admissible import judge
from seatrial.model.check import CHECKS
from seatrial.model.fault import Disruption
from seatrial.model.hardening import HARDENING, Declared, Inside
from seatrial.model.measurement import Measurement, MeasurementOutcome
from seatrial.model.observation import TROUBLE, Arm, Observation
from seatrial.model.verdict import Outcome, Verdict

CHECK = CHECKS.get("security.hardening-is-live")
STRICT = Declared(10001, True, True, ("ALL",), (), True, True, True)
HARD = Inside((10001,) * 3, (), True, True, True)


def look(declared: Declared = STRICT, seen: Inside = HARD) -> Measurement:
    value = {"declared": asdict(declared), "seen": asdict(seen)}
    return Measurement(HARDENING, "catalogue-a/web", 1.0, 2.0, MeasurementOutcome.ANSWERED, value)


def blind(outcome: MeasurementOutcome) -> Measurement:
    value, reason = {"declared": asdict(STRICT)}, "there is no cat in its image"
    return Measurement(HARDENING, "catalogue-a/proxy", 1.0, 2.0, outcome, value, reason)


def judged(*looks: Measurement) -> Verdict:
    head = Observation(
        {TROUBLE: Arm(measurements=looks)}, "inside-look.catalogue", "inside-look", "catalogue",
        Disruption.NONE, "browse", 0, shop(),
    )  # fmt: skip
    return judge(CHECK, head)


def test_as_declared_passes_and_says_what_was_seen() -> None:
    verdict = judged(look(), look())
    assert verdict.outcome is Outcome.PASSED, verdict.explain()
    assert verdict.observed == (
        "2 containers of catalogue as declared: uid 10001, 0 capabilities, / read-only, a seccomp filter, "
        "no token"
    )
    assert verdict.reasons == ()


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"users": (0, 0, 0)}, "runAsUser is 10001, and its process runs as uid 0"),
        ({"users": (10001, 0, 0)}, "its process runs as uid 0 and 10001"),
        ({"capabilities": ("CHOWN", "NET_RAW")}, "capabilities ALL are dropped, and it has CHOWN, NET_RAW"),
        ({"capabilities": tuple("ABCD")}, "and it has A, B, C, D"),
        ({"capabilities": tuple("ABCDE")}, "and it has A, B, C, D and 1 more"),
        ({"no_new_privileges": False}, "allowPrivilegeEscalation is false, and its children can gain rights"),
        ({"seccomp": False}, "no filter looks at its system calls"),
        ({"read_only": False}, "readOnlyRootFilesystem is true, and / is mounted for writing"),
        ({"token_at": "/var/run/x"}, "a token of its account is mounted at /var/run/x"),
    ],
)
def test_each_difference_fails_and_is_named(changed: dict[str, Any], words: str) -> None:
    verdict = judged(look(), look(seen=replace(HARD, **changed)))
    assert verdict.outcome is Outcome.FAILED
    assert words in verdict.observed
    undeclared = judged(look(), look(Declared(shared_processes=True), replace(HARD, **changed)))
    assert undeclared.outcome is Outcome.PASSED, "what is not declared is no difference"


def test_non_root_without_a_number_and_added_capabilities() -> None:
    loose = Declared(non_root=True, dropped=("ALL",), added=("NET_BIND_SERVICE",))
    assert judged(look(loose, replace(HARD, capabilities=("NET_BIND_SERVICE",)))).passed
    verdict = judged(look(loose, replace(HARD, users=(0, 0, 0))))
    assert "runAsNonRoot is true, and its process runs as uid 0" in verdict.observed
    some = Declared(dropped=("NET_RAW",))
    assert judged(look(some, replace(HARD, capabilities=("CHOWN",)))).passed
    assert judged(look(some, replace(HARD, capabilities=("NET_RAW",)))).outcome is Outcome.FAILED


def test_what_could_not_be_looked_at_is_no_pass_and_hides_no_failure() -> None:
    refused, tried = blind(MeasurementOutcome.REFUSED), blind(MeasurementOutcome.COULD_NOT_TRY)
    for looks, outcome in (
        ((refused,), Outcome.UNSUPPORTED),
        ((look(), refused), Outcome.UNSUPPORTED),
        ((look(), refused, tried), Outcome.INCONCLUSIVE),
        ((look(seen=replace(HARD, seccomp=False)), refused), Outcome.FAILED),
        ((), Outcome.INCONCLUSIVE),
    ):
        assert judged(*looks).outcome is outcome
    assert "there is no cat in its image" in judged(refused).observed


def test_a_manifest_that_declares_nothing_is_unsupported_and_root_is_told() -> None:
    verdict = judged(look(Declared(), replace(HARD, users=(0, 0, 0))))
    assert verdict.outcome is Outcome.UNSUPPORTED
    assert verdict.reasons == ("container web runs as root, and its manifest does not say that it must not",)
    wanted = judged(look(Declared(user=0), replace(HARD, users=(0, 0, 0))))
    assert (wanted.outcome, wanted.reasons) == (Outcome.PASSED, ()), "root is what its manifest says"


def test_the_containers_own_settings_come_before_its_pods() -> None:
    pod = {
        "securityContext": {
            "runAsUser": 5, "runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"},
        },
        "shareProcessNamespace": True,
    }  # fmt: skip
    own = {
        "securityContext": {
            "runAsUser": 7, "seccompProfile": {"type": "Unconfined"},
            "capabilities": {"drop": ["all"], "add": ["CAP_CHOWN"]},
        }
    }  # fmt: skip
    found = declared_of(own, pod, {"automountServiceAccountToken": False}, in_manifest=True)
    assert found == Declared(
        user=7, non_root=True, dropped=("ALL",), added=("CHOWN",), no_token=True, shared_processes=True
    )
    mounted = {**pod, "automountServiceAccountToken": True}
    found = declared_of({}, mounted, {"automountServiceAccountToken": False}, in_manifest=False)
    assert found == Declared(user=5, non_root=True, seccomp=True, shared_processes=True, in_manifest=False)
