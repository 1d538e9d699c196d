"""Whether certificates that are in use stay valid for long enough. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from seatrial.judge.wording import plural
from seatrial.model.certificate import CERTIFICATE, CertificateSeen
from seatrial.model.observation import Observation
from seatrial.model.verdict import Outcome, Verdict

DAY_SECONDS = 86400.0
DEFAULT_DAYS = 14.0
"""Two weeks: time for people to renew by hand what should have been renewed by itself."""
DEFAULT_PART = 0.2
"""Of the whole life of one that lives for days: those are renewed at a third of it, before this is left."""
RENEW = (
    "Renew it, and find out why nothing did: where cert-manager issues it, `kubectl describe certificate`."
)


def certificates(observation: Observation) -> Verdict:
    """Whether each certificate that the entry shows, or that a Secret in use holds, has days left.

    None that is in use is unsupported; one that could not be looked at forbids a pass.
    """
    declared = None if observation.system is None else observation.system.objectives.certificate_days
    expected = f"every certificate in use is valid for {_least_words(declared)} to come"
    looks = observation.trouble.measured(CERTIFICATE)
    seen = [CertificateSeen.of(look) for look in looks if look.answered]
    used = [one for one in seen if one.used_by or not one.where.startswith("Secret/")]
    unused = [one for one in seen if one not in used]
    unread = [f"{look.name}: {look.reason}" for look in looks if not look.answered]
    numbers = {
        "certificates_in_use": len(used),
        "certificates_unused": len(unused),
        "days_left_least": min((round(_days(one), 1) for one in used), default=None),
    }
    reasons = (*(f"{one.where} is used by nothing, {_left(one)}" for one in unused), *unread)
    if faults := [words for one in used for words in _faults(one, declared)]:
        return Verdict(Outcome.FAILED, "; ".join(faults), expected, RENEW, numbers, reasons)
    if not used:
        none = "neither does the entry speak TLS, nor is a Secret of type kubernetes.io/tls in use"
        text = f"no certificate could be looked at: {'; '.join(unread)}" if unread else none
        help_ = "Let it list Secrets where their certificates matter; `seatrial rights` names the rule."
        return Verdict(Outcome.UNSUPPORTED, text, expected, help_ if unread else "", numbers, reasons)
    words = ", ".join(f"{one.where} {_left(one)}" for one in used)
    if any(not look.answered and look.name.startswith("https:") for look in looks):
        text = f"{words}; not looked at: {'; '.join(unread)}"
        return Verdict(Outcome.INCONCLUSIVE, text, expected, "Look why no handshake was made.", numbers)
    return Verdict(Outcome.PASSED, words, expected, numbers=numbers, reasons=reasons)


def _faults(one: CertificateSeen, declared: float | None) -> Iterator[str]:
    users = f" (used by {', '.join(one.used_by)})" if one.used_by else ""
    if one.not_before > one.at:
        days = (one.not_before - one.at) / DAY_SECONDS
        yield f"{one.where}{users} is not valid yet, it will be in {days:.1f} days"
    elif _days(one) < (least := _least(one, declared)):
        yield f"{one.where}{users} {_left(one)}, less than {least:.1f}"


def _days(one: CertificateSeen) -> float:
    return (one.not_after - one.at) / DAY_SECONDS


def _left(one: CertificateSeen) -> str:
    days = _days(one)
    if days < 0:
        return f"expired {-days:.1f} days ago"
    return f"has {plural(int(days), 'day') if days >= 10 else f'{days:.1f} days'} left"


def _least(one: CertificateSeen, declared: float | None) -> float:
    whole_days = (one.not_after - one.not_before) / DAY_SECONDS
    return min(DEFAULT_DAYS, DEFAULT_PART * whole_days) if declared is None else declared


def _least_words(declared: float | None) -> str:
    if declared is None:
        return f"{DEFAULT_DAYS:.0f} days or a fifth of its own life, whichever is less,"
    return f"{declared:g} days"
