"""A store behind its Service, and an API server of a few lines."""

from __future__ import annotations

from typing import Any

from stand_ins import recorder, system, timeline

from seatrial.model.system import System

JOURNEYS = {
    "read": {"request": {"path": "/"}},
    "buy": {"request": {"path": "/buy"}, "timeout_seconds": 7},
    "ask": {"request": {"path": "/ask"}, "timeout_seconds": 3},
}
SHOP: System = system(
    journeys=JOURNEYS, dependencies={"store": {"service": "db", "needed_by": ["buy", "ask"]}}
)
SERVICE: dict[str, Any] = {
    "metadata": {"name": "db", "uid": "uid-db", "resourceVersion": "1"},
    "spec": {"selector": {"app": "store"}, "ports": [{"port": 5432, "targetPort": "sql"}]},
}


def pod(name: str = "store-0", *, ready: str = "True", **metadata: Any) -> dict[str, Any]:
    return {
        "metadata": {"name": name, "uid": f"uid-{name}", "labels": {"app": "store"}, **metadata},
        "spec": {"containers": [{"ports": [{"name": "sql", "containerPort": 5432}]}]},
        "status": {
            "podIP": "10.0.0.7",
            "phase": "Running",
            "conditions": [{"type": "Ready", "status": ready}],
        },
    }


class Server:
    """Objects by kind and name; patches are told back and change nothing."""

    namespace, context = "shop", "kind-x"

    def __init__(self, *objects: tuple[str, dict[str, Any]]) -> None:
        self.kinds: dict[str, list[dict[str, Any]]] = {}
        for kind, body in objects:
            self.kinds.setdefault(kind, []).append(body)

    def objects(self, kind: str, *, selector: str = "") -> list[dict[str, Any]]:
        name, _, value = selector.partition("=")
        found = self.kinds.get(kind, [])
        return [one for one in found if not name or one["metadata"].get("labels", {}).get(name) == value]

    def find(self, kind: str, name: str) -> dict[str, Any] | None:
        return next((one for one in self.kinds.get(kind, []) if one["metadata"]["name"] == name), None)

    def get(self, kind: str, name: str, **_: Any) -> dict[str, Any]:
        found = self.find(kind, name)
        assert found is not None
        return found

    def patch(self, kind: str, name: str, body: Any, **_: Any) -> dict[str, Any]:
        return {**self.get(kind, name), "spec": {**SERVICE["spec"], "selector": body[-1]["value"]}}


NAMESPACE = ("Namespace", {"metadata": {"name": "shop", "labels": {}}})


def watching(*objects: tuple[str, dict[str, Any]], made_for: System = SHOP) -> Any:
    found = recorder(timeline(), made_for)
    found.kube = Server(NAMESPACE, *objects)
    return found
