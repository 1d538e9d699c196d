"""Wrong tokens, made from a right one. Pure but for what is drawn at random.

No key is needed: to whoever verifies a signature, one by another key and random bytes are the same.
"""

from __future__ import annotations

import base64
import json
import secrets
from typing import Any

from seatrial.model.tokens import CHANGED, EXPIRED, FOREIGN, MALFORMED, NONE, UNSIGNED

GARBAGE = "seatrial.is-no.token"
NO_JWT = "the right token is no signed JWT"


def wrong_tokens(right: str, expired: str, now: float) -> tuple[dict[str, str], dict[str, str]]:
    """Wrong tokens by kind, an empty one for none; and the kinds that cannot be made, with the reason.

    Args:
        right: the right token; empty when it is not known.
        expired: one that has expired; empty when none is known.
        now: epoch seconds.
    """
    made = {NONE: "", MALFORMED: GARBAGE}
    lacking: dict[str, str] = {}
    parts = jwt_parts(right)
    if parts is None:
        why = NO_JWT if right else "the right token is not known (`entry.authentication.token`)"
        lacking |= dict.fromkeys((FOREIGN, CHANGED, UNSIGNED), why)
    else:
        head, claims, signature = parts
        first, second, last = right.split(".")
        made[FOREIGN] = f"{first}.{second}.{_text(secrets.token_bytes(len(signature)))}"
        more = _packed({**claims, "sub": f"{claims.get('sub', '')}-seatrial"})
        made[CHANGED] = f"{first}.{more}.{last}"
        made[UNSIGNED] = f"{_packed({**head, 'alg': 'none'})}.{second}."
    if not expired:
        lacking[EXPIRED] = "none is known (`entry.authentication.expired`)"
    elif (ends := expires_at(expired)) is not None and ends > now:
        lacking[EXPIRED] = f"the one that is given has {ends - now:.0f} s left"
    else:
        made[EXPIRED] = expired
    return made, lacking


def expires_at(token: str) -> float | None:
    """When a JWT expires, epoch seconds; None where it does not say."""
    parts = jwt_parts(token)
    ends = None if parts is None else parts[1].get("exp")
    return float(ends) if isinstance(ends, int | float) else None


def jwt_parts(token: str) -> tuple[dict[str, Any], dict[str, Any], bytes] | None:
    """Header, claims and signature of a signed JWT (RFC 7519, RFC 7515); None for what is none."""
    pieces = token.split(".")
    if len(pieces) != 3 or not all(pieces):
        return None
    try:
        head, claims = (json.loads(_bytes(piece)) for piece in pieces[:2])
        signature = _bytes(pieces[2])
    except ValueError:
        return None
    return (head, claims, signature) if isinstance(head, dict) and isinstance(claims, dict) else None


def _packed(value: dict[str, Any]) -> str:
    return _text(json.dumps(value, separators=(",", ":")).encode())


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def _bytes(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
