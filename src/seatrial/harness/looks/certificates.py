"""The certificate that the entry shows, and those of Secrets, with who uses them."""

from __future__ import annotations

import base64
import time
from collections.abc import Iterator

from seatrial.declared.certificates import validities, validity
from seatrial.declared.values import mapping
from seatrial.errors import SeatrialError
from seatrial.harness.context import Context
from seatrial.harness.measuring import measurement
from seatrial.kube.api import Object
from seatrial.kube.client import Kube
from seatrial.kube.errors import NotFound
from seatrial.model.certificate import CERTIFICATE, CertificateSeen
from seatrial.model.measurement import Measurement, MeasurementOutcome
from seatrial.model.right import reading
from seatrial.traffic.handshake import shown_certificate

HANDSHAKE_SECONDS = 10.0
TLS_SECRET, CERTIFICATE_KEY = "kubernetes.io/tls", "tls.crt"
USERS = ("Ingress", "Gateway", "Pod")
"""Kinds that name Secrets of certificates."""
SECRETS = "Secrets"
"""What the look at all of them is called."""


@measurement(
    "certificates",
    rights=(
        *reading(["Secret"], "list", without="certificates in Secrets are not looked at"),
        *reading(USERS, "list", without="which certificates are in use is not known"),
    ),
)
def look_at_certificates(context: Context, within_seconds: float) -> Iterator[Measurement]:  # noqa: ARG001
    """The certificate of the entry, and each of the Secrets of type kubernetes.io/tls."""
    entry = context.session.system.entry
    if entry.address.startswith("https:"):
        yield _of_entry(entry.address, entry.tls)
    yield from _of_secrets(context.session.kube)


def _of_entry(address: str, tls: object) -> Measurement:
    began_at = time.monotonic()
    try:
        der = shown_certificate(address, timeout_seconds=HANDSHAKE_SECONDS, **mapping(tls))
        seen = validity(der)
    except (OSError, ValueError, SeatrialError) as error:
        return _not_tried(address, began_at, str(error))
    found = CertificateSeen(address, seen.not_before, seen.not_after, time.time())
    return found.measurement(began_at, time.monotonic())


def _of_secrets(kube: Kube) -> Iterator[Measurement]:
    began_at = time.monotonic()
    try:
        secrets = kube.objects("Secret", fields=f"type={TLS_SECRET}")
    except SeatrialError as error:
        yield _not_tried(SECRETS, began_at, error.what)
        return
    users = _users(kube) if secrets else []
    for secret in secrets:
        name = str(secret["metadata"]["name"])
        used_by = tuple(
            f"{user['kind']}/{user['metadata']['name']}" for user in users if name in _named(user)
        )
        try:
            text = base64.b64decode(mapping(secret.get("data")).get(CERTIFICATE_KEY, "")).decode("ascii")
            found = validities(text)
            # A chain is as good as the one of its certificates that ends first.
            first, last = max(one.not_before for one in found), min(one.not_after for one in found)
        except ValueError as error:
            yield _not_tried(f"Secret/{name}", began_at, f"its {CERTIFICATE_KEY} cannot be read: {error}")
            continue
        seen = CertificateSeen(f"Secret/{name}", first, last, time.time(), used_by)
        yield seen.measurement(began_at, time.monotonic())


def _users(kube: Kube) -> list[Object]:
    found: list[Object] = []
    for kind in USERS:
        try:
            found += kube.objects(kind)
        except NotFound:
            continue  # the cluster does not serve it
        except SeatrialError:
            return []
    return found


def _named(user: Object) -> set[str]:
    """Every name of a Secret that an object gives; one in a list of another namespace is none of ours."""
    found: set[str] = set()
    left: list[object] = [user.get("spec")]
    while left:
        item = left.pop()
        if isinstance(item, dict):
            reference = item.get("secretName")
            found |= {str(reference)} if reference else set()
            for key in ("secret", "secretRef", "secretKeyRef"):
                found |= {str(mapping(item.get(key)).get("name") or "")}
            for each in item.get("certificateRefs") or ():
                found |= {str(each.get("name") or "")} if not each.get("namespace") else set()
            left += item.values()
        elif isinstance(item, list):
            left += item
    return found - {""}


def _not_tried(name: str, began_at: float, reason: str) -> Measurement:
    outcome = MeasurementOutcome.COULD_NOT_TRY
    return Measurement(CERTIFICATE, name, began_at, time.monotonic(), outcome, reason=reason)
