"""Answers of the API server as errors for people."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from typing import Any

from seatrial.errors import ClusterUnreachable, NotAllowed, SeatrialError


class ApiRefused(SeatrialError):
    """The API server answered with an error status.

    Attributes:
        status: HTTP status code.
        reason: the `reason` of the Status object, e.g. `NotFound`.
        details: the whole Status object.
    """

    def __init__(
        self,
        what: str,
        *,
        status: int,
        reason: str,
        details: dict[str, Any],
        where: str = "",
        next_step: str = "",
    ) -> None:
        super().__init__(what, where=where, next_step=next_step)
        self.status = status
        self.reason = reason
        self.details = details


class EvictionBlocked(SeatrialError):
    """A disruption budget forbids the eviction now."""


class NotFound(ApiRefused):
    """404: the object, or its kind, is not there."""


class Forbidden(ApiRefused, NotAllowed):
    """403: a Role lacks a rule."""


class Denied(ApiRefused):
    """403 too, but not for want of a right: a quota, or somebody who admits objects."""


class Conflict(ApiRefused):
    """409: the object exists, changed meanwhile, or another manager owns the field."""


class Gone(ApiRefused):
    """410: the resource version is too old to watch from."""


class TooManyRequests(ApiRefused):
    """429: an eviction that a disruption budget forbids now, or an overloaded server."""


_BY_STATUS: dict[int, type[ApiRefused]] = {
    403: Forbidden,
    404: NotFound,
    409: Conflict,
    410: Gone,
    429: TooManyRequests,
}


_ADMISSION = re.compile(r"is forbidden: (?!User )|admission webhook .* denied")
"""How an answer is worded that says 403 and does not speak of the user."""


@dataclass(frozen=True)
class Call:
    """One request, as an error names it.

    Attributes:
        verb: the RBAC verb.
        group: API group, empty for core.
        resource: plural, with a subresource after a slash.
        namespace: empty for cluster scope.
        server, context: which cluster.
    """

    verb: str
    group: str
    resource: str
    name: str
    namespace: str
    server: str
    context: str

    def __str__(self) -> str:
        place = f" in namespace {self.namespace}" if self.namespace else ""
        name = f" {self.name}" if self.name else ""
        return f"{self.verb} {self.resource}{name}{place}"

    def missing_rule(self) -> str:
        """The Role rule that would allow the call, as YAML on one line."""
        kind = "Role" if self.namespace else "ClusterRole"
        rule = f'apiGroups: ["{self.group}"], resources: ["{self.resource}"], verbs: ["{self.verb}"]'
        return f"a {kind} with {{{rule}}}"


def refused(call: Call, status: int, body: bytes) -> ApiRefused:
    """The error for an answer of 400 and more."""
    details = decode_status(body)
    message = str(details.get("message") or body[:300].decode("utf-8", "replace")).strip()
    where = f"{call} on {call.server} (context {call.context or 'none'})"
    what, next_step = f"the API server refused to {call}: {message}", ""
    if status == 401:
        what = f"the API server does not know who is asking: {message}"
        next_step = "renew the credentials of this context, then try `kubectl auth whoami`"
    elif status == 403 and not _ADMISSION.search(message):
        what = f"not allowed to {call}"
        where = f"{message} ({call.server}, context {call.context or 'none'})"
        next_step = (
            f"bind {replace(call, verb=_denied_verb(message) or call.verb).missing_rule()} to this user; "
            "`seatrial rights --disruptive` prints every rule"
        )
    elif status == 404:
        what = f"nothing found to {call}: {message}"
    kind = Denied if status == 403 and not next_step else _BY_STATUS.get(status, ApiRefused)
    return kind(
        what,
        status=status,
        reason=str(details.get("reason", "")),
        details=details,
        where=where,
        next_step=next_step,
    )


def _denied_verb(message: str) -> str:
    """The verb that the authorizer names: a WebSocket's `create pods/exec` needs `get` as well, say."""
    found = re.search(r"cannot (\w+) resource", message)
    return found[1] if found else ""


def decode_status(body: bytes) -> dict[str, Any]:
    """The Status object of an error answer; empty when the body is something else."""
    try:
        decoded = json.loads(body)
    except ValueError:
        return {}
    return decoded if isinstance(decoded, dict) else {}


def unreachable(server: str, context: str, reason: str, *, own: bool = False) -> ClusterUnreachable:
    """No answer at all from the API server."""
    return ClusterUnreachable(
        f"the cluster does not answer: {reason}",
        where=f"{server} (context {context or 'none'})",
        next_step=(
            "start it with `seatrial up`, or see `seatrial status`"
            if own
            else f"check that it runs and can be reached: `kubectl --context {context} version`"
        ),
    )
