"""Reading and changing objects of one cluster and one namespace. Plain dicts in and out."""

from __future__ import annotations

import contextlib
import json
from typing import Any

from seatrial.errors import BadInput, suggestion
from seatrial.kube.api import Api, Object, event_time
from seatrial.kube.errors import (
    Conflict,
    EvictionBlocked,
    Forbidden,
    NotFound,
    TooManyRequests,
    decode_status,
    refused,
)
from seatrial.kube.kinds import KNOWN, Resource
from seatrial.kube.transport import Answer
from seatrial.waiting import NotYet, Ready, eventually

FIELD_MANAGER = "seatrial"

PATCH_TYPES = {
    "merge": "application/merge-patch+json",
    "strategic": "application/strategic-merge-patch+json",
    "json": "application/json-patch+json",
    "apply": "application/apply-patch+yaml",
}


UNREACHED = b"error trying to reach service"
"""How the API server answers, in plain text, when it cannot connect to the pod behind a Service."""


class Kube(Api):
    """Reading and changing objects; the arguments are those of `Api`."""

    # Objects

    def get(self, kind: str, name: str, *, namespace: str | None = None) -> Object:
        """The object. Raises NotFound."""
        return self._json("get", "GET", self.resource(kind), name, namespace)

    def find(self, kind: str, name: str, *, namespace: str | None = None) -> Object | None:
        """The object, or None when it is not there."""
        try:
            return self.get(kind, name, namespace=namespace)
        except NotFound:
            return None

    def objects(
        self, kind: str, *, selector: str = "", fields: str = "", namespace: str | None = None
    ) -> list[Object]:
        """All objects of a kind in the namespace; an empty `namespace` means all namespaces."""
        resource = self.resource(kind)
        selectors = {"labelSelector": selector, "fieldSelector": fields}
        query = {key: value for key, value in selectors.items() if value}
        answer = self._json("list", "GET", resource, "", namespace, query=query)
        head = {"apiVersion": resource.api_version, "kind": resource.kind}
        return [{**head, **item} for item in answer.get("items") or ()]

    def delete(
        self,
        kind: str,
        name: str,
        *,
        uid: str = "",
        version: str = "",
        grace_seconds: int | None = None,
        namespace: str | None = None,
        propagation: str = "Background",
    ) -> None:
        """Ask for deletion and return when the server accepted it.

        Args:
            uid: only this very object; Conflict when another one has taken its name.
            version: only while it has this resourceVersion; Conflict when it was changed.
            grace_seconds: None leaves the object's own grace period.
        """
        options: Object = {"apiVersion": "v1", "kind": "DeleteOptions", "propagationPolicy": propagation}
        if grace_seconds is not None:
            options["gracePeriodSeconds"] = grace_seconds
        conditions = {"uid": uid, "resourceVersion": version}
        if any(conditions.values()):
            options["preconditions"] = {key: value for key, value in conditions.items() if value}
        with self.acting("delete", kind, name, uid):
            self._json("delete", "DELETE", self.resource(kind), name, namespace, body=options)

    def remove(
        self, kind: str, name: str, *, within_seconds: float, uid: str = "", namespace: str | None = None
    ) -> bool:
        """Delete an object, with `uid` only that very one, and wait until it is gone; whether it was there.

        Raises:
            WaitExpired: it is still there, and what it waits for.
        """
        try:
            self.delete(kind, name, uid=uid, namespace=namespace)
        except (NotFound, Conflict):
            return False  # or another one has taken its name

        def gone() -> Ready[None] | NotYet:
            left = self.find(kind, name, namespace=namespace)
            if left is None or uid not in ("", left["metadata"]["uid"]):
                return Ready(None)
            finalizers = left["metadata"].get("finalizers") or (left.get("spec") or {}).get("finalizers")
            return NotYet("it is still there" + (f", held by {', '.join(finalizers)}" if finalizers else ""))

        eventually(gone, within_seconds=within_seconds, every_seconds=0.2, what=f"deletion of {kind}/{name}")
        return True

    def create(self, obj: Object, *, namespace: str | None = None) -> Object:
        """Create the object. Raises Conflict when it exists."""
        resource = self.resource_of(obj)
        with self.acting("create", resource.kind, str(obj["metadata"].get("name", ""))):
            return self._json("create", "POST", resource, "", namespace or _namespace(obj), body=obj)

    def patch(
        self,
        kind: str,
        name: str,
        body: Any,
        *,
        how: str = "merge",
        subresource: str = "",
        namespace: str | None = None,
        dry_run: bool = False,
    ) -> Object:
        """Change an object: `how` is merge, strategic or json. Returns it as changed."""
        told = contextlib.nullcontext() if dry_run else self.acting("patch", kind, name)
        query = {"fieldManager": FIELD_MANAGER} | ({"dryRun": "All"} if dry_run else {})
        with told:
            return self._json(
                "patch", "PATCH", self.resource(kind), name, namespace, body=body, subresource=subresource,
                content_type=PATCH_TYPES[how], query=query,
            )  # fmt: skip

    def apply(self, obj: Object, *, dry_run: bool = False) -> Object:
        """Server-side apply as field manager `seatrial`; takes over fields that others own."""
        query = {"fieldManager": FIELD_MANAGER, "force": "true"} | ({"dryRun": "All"} if dry_run else {})
        resource, name = self.resource_of(obj), obj["metadata"]["name"]
        told = contextlib.nullcontext() if dry_run else self.acting("apply", resource.kind, name)
        with told:
            return self._json(
                "patch", "PATCH", resource, name, _namespace(obj), body=obj,
                content_type=PATCH_TYPES["apply"], query=query,
            )  # fmt: skip

    def scale(self, kind: str, name: str, replicas: int) -> None:
        """Set the replicas of a Deployment or StatefulSet through its scale subresource."""
        self.patch(kind, name, {"spec": {"replicas": replicas}}, subresource="scale")

    def evict(self, pod: str, *, uid: str = "", namespace: str | None = None) -> None:
        """Evict through the Eviction API: disruption budgets are heeded.

        Raises:
            EvictionBlocked: a budget forbids it now; ask again later.
            NotFound: the pod is gone.
        """
        options = {"preconditions": {"uid": uid}} if uid else {}
        place = self.namespace if namespace is None else namespace
        body = {
            "apiVersion": "policy/v1",
            "kind": "Eviction",
            "metadata": {"name": pod, "namespace": place},
            "deleteOptions": options,
        }
        try:
            with self.acting("evict", "Pod", pod, uid):
                self._json("create", "POST", KNOWN["Pod"], pod, place, body=body, subresource="eviction")
        except TooManyRequests as error:
            causes = (error.details.get("details") or {}).get("causes") or ()
            reason = "; ".join(str(cause.get("message", "")) for cause in causes) or error.what
            raise EvictionBlocked(
                f"pod {pod} cannot be evicted now: {reason}", where=f"namespace {place}"
            ) from error

    # Questions

    def can_i(
        self, verb: str, kind: str, *, subresource: str = "", name: str = "", namespace: str | None = None
    ) -> bool:
        """Whether this user may `verb` the kind, or that one object (SelfSubjectAccessReview).

        Args:
            namespace: empty for the whole cluster; None for where objects of this kind lie.
        """
        resource = self.resource(kind)
        place = (self.namespace if resource.namespaced else "") if namespace is None else namespace
        given = {"subresource": subresource, "name": name, "namespace": place}
        attributes = {
            "verb": verb, "group": resource.group, "resource": resource.plural,
            **{key: value for key, value in given.items() if value},
        }  # fmt: skip
        review = {
            "apiVersion": "authorization.k8s.io/v1",
            "kind": "SelfSubjectAccessReview",
            "spec": {"resourceAttributes": attributes},
        }
        reviews = Resource("authorization.k8s.io/v1", "selfsubjectaccessreviews", "", namespaced=False)
        answer = self._json("create", "POST", reviews, "", "", body=review)
        return bool((answer.get("status") or {}).get("allowed"))

    def require_namespace(self) -> None:
        """Check that the namespace exists, and is not being deleted.

        Raises:
            BadInput: it does not; names the nearest ones where they can be listed. Or it is.
        """
        try:
            found = self.get("Namespace", self.namespace)
            if (found.get("status") or {}).get("phase") == "Terminating":
                raise BadInput(
                    f"the namespace {self.namespace!r} is being deleted",
                    where=f"{self.server} (context {self.context})",
                    next_step="Wait until it is gone and make it anew; `kubectl describe namespace "
                    f"{self.namespace}` says what it waits for.",
                )
        except Forbidden:
            # A Role in one namespace cannot read the Namespace object; a list inside it must do.
            self.objects("Pod")
        except NotFound:
            try:
                names = [item["metadata"]["name"] for item in self.objects("Namespace")]
            except Forbidden:
                names = []
            raise BadInput(
                f"the namespace {self.namespace!r} does not exist",
                where=f"{self.server} (context {self.context})",
                next_step=f"Create it, or correct target.namespace. {suggestion(self.namespace, names)}",
            ) from None

    def logs(self, pod: str, *, container: str = "", previous: bool = False, tail_lines: int = 200) -> str:
        """The last lines of a container's log."""
        query: dict[str, Any] = {"tailLines": tail_lines, "previous": str(previous).lower()}
        if container:
            query["container"] = container
        answer = self._call("get", "GET", KNOWN["Pod"], pod, None, subresource="log", query=query)
        return answer.body.decode("utf-8", "replace")

    def service_proxy_get(
        self,
        service: str,
        port: int | str,
        path: str,
        *,
        query: dict[str, Any] | None = None,
        scheme: str = "http",
        namespace: str | None = None,
    ) -> Answer:
        """GET from a Service through the API server; its answer is returned whatever the status.

        Args:
            port: number or name of the Service's port.
            path: of the service, beginning with a slash.
            scheme: http or https, as the service speaks it.

        Raises:
            Forbidden, NotFound, ApiRefused: the API server let nothing through, or reached no pod.
        """
        place = self.namespace if namespace is None else namespace
        name = proxied(service, port, scheme)
        answer = self.transport.send(
            "GET",
            f"{KNOWN['Service'].path(place, name, 'proxy')}{path}",
            query=query,
            timeout_seconds=self.timeout_seconds,
        )
        own = decode_status(answer.body).get("kind") == "Status"
        if answer.status >= 400 and (own or answer.body.startswith(UNREACHED)):
            call = self.describe("get", KNOWN["Service"], service, place, "proxy")
            raise refused(call, answer.status, answer.body)
        return answer

    def events(self) -> list[Object]:
        """The namespace's events, oldest first."""
        return sorted(self.objects("Event"), key=event_time)

    def version(self) -> str:
        """The server's version, e.g. `v1.36.3`."""
        answer = self.transport.send("GET", "/version", timeout_seconds=self.timeout_seconds)
        if answer.status >= 400:
            raise refused(
                self.describe("get", Resource("", "version", ""), "", ""), answer.status, answer.body
            )
        return str(json.loads(answer.body).get("gitVersion", ""))


def proxied(service: str, port: int | str, scheme: str) -> str:
    """A port of a Service as the API server's proxy, and a rule about it, name it."""
    return f"https:{service}:{port}" if scheme == "https" else f"{service}:{port}"


def _namespace(obj: Object) -> str | None:
    namespace: str | None = obj["metadata"].get("namespace")
    return namespace
