"""Certificates in use stay valid for days to come."""

from seatrial.judge.certificates import certificates
from seatrial.model.check import PROVISIONAL, check
from seatrial.model.observation import Observation
from seatrial.model.verdict import Verdict


@check(
    "security.certificate-not-expiring",
    level=PROVISIONAL,
    scenario="certificates",
    requirement="A certificate that the entry shows, or that an Ingress, a Gateway or a pod uses, MUST be "
    "valid for as long as a renewal may take.",
    remediation="Let certificates be renewed by themselves at two thirds of their life, and alert when one "
    "is not.",
    shows=("gateway.tls", "gateway.listener-tls"),
)
def test_certificate_is_not_expiring(observation: Observation) -> Verdict:
    """Days left of the certificate that the entry shows and of those in TLS Secrets; no clock is moved."""
    return certificates(observation)
