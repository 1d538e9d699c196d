"""Calls to the API of one cluster, with errors that name what was asked and what is missing."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Self, cast

from seatrial.errors import BadInput, suggestion
from seatrial.kube.errors import ApiRefused, Call, refused
from seatrial.kube.kinds import KNOWN, Resource, discovered, known
from seatrial.kube.transport import Answer, Transport
from seatrial.model.ledger import ActSeen

Object = dict[str, Any]


class Api:
    """One namespace of one cluster.

    Args:
        kubeconfig: our own kind cluster's file, or None for the user's kubeconfig (then `context` is needed).
        context: name of the context; never the file's current-context by accident.
        namespace: the only namespace that is touched unless a call names another one.
        timeout_seconds: bound of each call.

    Raises:
        BadInput: the kubeconfig or the context cannot be used.
    """

    def __init__(
        self, kubeconfig: Path | None, context: str | None, namespace: str, *, timeout_seconds: float = 10.0
    ) -> None:
        self.transport = Transport(kubeconfig, context)
        self.namespace = namespace
        self.timeout_seconds = timeout_seconds
        self.listeners: list[Callable[[ActSeen], None]] = []
        """Are told what was asked of the server that changes anything, but Leases."""
        self._discovered: dict[tuple[str, str], Resource] = {}

    @property
    def context(self) -> str:
        return self.transport.context

    @property
    def server(self) -> str:
        return self.transport.server

    @property
    def kubeconfig(self) -> Path:
        return self.transport.kubeconfig

    def close(self) -> None:
        self.transport.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def resource(self, kind: str) -> Resource:
        """The place of a kind that is known by heart."""
        if kind not in KNOWN:
            raise BadInput(f"unknown kind {kind!r}", next_step=suggestion(kind, KNOWN))
        return KNOWN[kind]

    def resource_of(self, obj: Object) -> Resource:
        """The place of an object's kind: by heart, or asked from the server.

        Raises:
            BadInput: the server does not serve this kind.
        """
        api_version, kind = str(obj.get("apiVersion", "")), str(obj.get("kind", ""))
        resource = known(api_version, kind) or self._discovered.get((api_version, kind))
        if resource is not None:
            return resource
        root = f"/apis/{api_version}" if "/" in api_version else f"/api/{api_version}"
        answer = self.transport.send("GET", root, timeout_seconds=self.timeout_seconds)
        resource = discovered(api_version, kind, json.loads(answer.body)) if answer.status == 200 else None
        if resource is None:
            raise BadInput(
                f"the cluster does not serve {kind} of {api_version}",
                where=f"{self.server} (context {self.context})",
                next_step="install its CustomResourceDefinition first, or correct apiVersion and kind",
            )
        self._discovered[api_version, kind] = resource
        return resource

    @contextlib.contextmanager
    def acting(self, verb: str, kind: str, name: str, uid: str = "") -> Iterator[None]:
        """Tell the listeners of a change that is asked for inside, unless the server refuses it."""
        at = time.monotonic()
        try:
            yield
        except ApiRefused:
            raise
        except BaseException:
            self._tell(ActSeen(at, verb, kind, name, uid))  # nobody knows whether it was carried out
            raise
        self._tell(ActSeen(at, verb, kind, name, uid))

    def _tell(self, act: ActSeen) -> None:
        if act.kind != "Lease":
            for listener in tuple(self.listeners):
                listener(act)

    def describe(
        self, verb: str, resource: Resource, name: str, namespace: str, subresource: str = ""
    ) -> Call:
        """The call in the words of an error."""
        plural = f"{resource.plural}/{subresource}" if subresource else resource.plural
        place = namespace if resource.namespaced else ""
        return Call(verb, resource.group, plural, name, place, self.server, self.context)

    def _call(
        self,
        verb: str,
        method: str,
        resource: Resource,
        name: str,
        namespace: str | None,
        *,
        subresource: str = "",
        query: dict[str, Any] | None = None,
        body: Any = None,
        content_type: str = "application/json",
    ) -> Answer:
        place = self.namespace if namespace is None else namespace
        answer = self.transport.send(
            method,
            resource.path(place, name, subresource),
            query=query,
            body=None if body is None else json.dumps(body).encode(),
            content_type=content_type,
            timeout_seconds=self.timeout_seconds,
        )
        if answer.status >= 400:
            raise refused(self.describe(verb, resource, name, place, subresource), answer.status, answer.body)
        return answer

    def _json(self, *arguments: Any, **options: Any) -> Object:
        return cast(Object, json.loads(self._call(*arguments, **options).body))


def event_time(event: Object) -> str:
    """The newest time an event carries; RFC 3339 text sorts as time."""
    series = event.get("series") or {}
    return str(
        series.get("lastObservedTime")
        or event.get("lastTimestamp")
        or event.get("eventTime")
        or event["metadata"].get("creationTimestamp")
        or ""
    )
