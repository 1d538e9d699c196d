"""Days left of certificates, judged."""

from __future__ import annotations

from dataclasses import replace

import pytest
from drained_shop import FILE, shop

from seatrial.judge.admissible import judge
from seatrial.model.certificate import CERTIFICATE, CertificateSeen
from seatrial.model.check import CHECKS
from seatrial.model.fault import Disruption
from seatrial.model.measurement import Measurement, MeasurementOutcome
from seatrial.model.observation import TROUBLE, Arm, Observation
from seatrial.model.verdict import Outcome, Verdict

CHECK = CHECKS.get("security.certificate-not-expiring")
NOW, DAY = 1_800_000_000.0, 86400.0
ENTRY = "https://shop.example.com"


def seen(
    where: str = ENTRY, *, left: float, life: float = 90.0, used_by: tuple[str, ...] = ()
) -> Measurement:
    ends = NOW + left * DAY
    return CertificateSeen(where, ends - life * DAY, ends, NOW, used_by).measurement(1.0, 2.0)


def not_tried(name: str) -> Measurement:
    return Measurement(CERTIFICATE, name, 1.0, 2.0, MeasurementOutcome.COULD_NOT_TRY, reason="not allowed")


def judged(*looks: Measurement, days: float | None = None) -> Verdict:
    text = FILE + (f"objectives: {{certificate_days: {days}}}\n" if days else "")
    head = Observation(
        {TROUBLE: Arm(measurements=looks)}, "certificates.system", "certificates", "system",
        Disruption.NONE, "browse", 0, shop(file=text),
    )  # fmt: skip
    return judge(CHECK, head)


def test_enough_days_pass_and_are_told() -> None:
    verdict = judged(seen(left=40), seen("Secret/old", left=-3))
    assert verdict.outcome is Outcome.PASSED, verdict.explain()
    assert verdict.observed == f"{ENTRY} has 40 days left"
    assert verdict.reasons == ("Secret/old is used by nothing, expired 3.0 days ago",)
    assert verdict.numbers["days_left_least"] == 40.0


@pytest.mark.parametrize(
    ("look", "words"),
    [
        (seen(left=13.9), "has 13 days left, less than 14.0"),
        (seen(left=-0.5), "expired 0.5 days ago"),
        (seen(left=100, life=98), "is not valid yet, it will be in 2.0 days"),
        (seen(left=1.0, life=6), "has 1.0 days left, less than 1.2"),
        (seen("Secret/tls", left=2, used_by=("Ingress/shop", "Pod/a")),
         "Secret/tls (used by Ingress/shop, Pod/a) has 2.0 days left"),
    ],
)  # fmt: skip
def test_too_few_fail_and_are_named(look: Measurement, words: str) -> None:
    verdict = judged(look)
    assert verdict.outcome is Outcome.FAILED
    assert words in verdict.observed
    assert "cert-manager" in verdict.next_step


def test_a_certificate_of_six_days_may_have_two_left() -> None:
    assert judged(seen(left=2, life=6)).outcome is Outcome.PASSED


def test_the_declared_bound_holds_instead() -> None:
    assert judged(seen(left=40), days=45).outcome is Outcome.FAILED
    assert judged(seen(left=13), days=7).outcome is Outcome.PASSED


def test_the_bound_holds_to_the_second() -> None:
    assert judged(seen(left=14)).outcome is Outcome.PASSED
    assert judged(seen(left=14 - 2 / DAY)).outcome is Outcome.FAILED


def test_from_ten_days_on_whole_ones_are_told() -> None:
    assert judged(seen(left=10), days=7).observed == f"{ENTRY} has 10 days left"
    assert judged(seen(left=9.9), days=7).observed == f"{ENTRY} has 9.9 days left"


def test_nothing_in_use_is_unsupported_and_says_so() -> None:
    for looks, words in (
        ((), "neither does the entry speak TLS"),
        ((seen("Secret/old", left=-3),), "neither does the entry speak TLS"),
        ((not_tried("Secrets"),), "Secrets: not allowed"),
    ):
        verdict = judged(*looks)
        assert verdict.outcome is Outcome.UNSUPPORTED
        assert words in verdict.observed


def test_an_entry_without_a_handshake_is_no_pass_whatever_secrets_say() -> None:
    good = seen("Secret/tls", left=60, used_by=("Ingress/shop",))
    assert judged(not_tried(ENTRY), good).outcome is Outcome.INCONCLUSIVE
    bad = replace(good, value={**good.value, "not_after": NOW - DAY})
    assert judged(not_tried(ENTRY), bad).outcome is Outcome.FAILED
    assert judged(seen(left=60), not_tried("Secrets")).outcome is Outcome.PASSED
