"""Which ConfigMaps and Secrets something in an input names."""

from __future__ import annotations

from typing import Any

from seatrial.declared.namespaces import may_be_one
from seatrial.declared.objects import Resource, Surroundings, Workload
from seatrial.declared.values import Pattern, maps, text

_ANY_KIND = ""
_WORD = Pattern(r"[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?")


class Uses:
    """Every name that may be one of a ConfigMap or Secret, with its kind and namespace."""

    def __init__(self, graph: Surroundings) -> None:
        self._users: dict[str, set[tuple[str, str]]] = {}
        wanted = {each.name for each in graph.resources if each.type in ("ConfigMap", "Secret")}
        for resource in graph.resources:
            if isinstance(resource, Workload):
                for item in graph.references(resource):
                    self._users.setdefault(item.name, set()).add((item.kind, resource.namespace))
                for name in _told(resource) & wanted:
                    self._users.setdefault(name, set()).add((_ANY_KIND, resource.namespace))
            elif resource.type not in ("ConfigMap", "Secret"):
                for name in _texts(resource.data) & wanted:
                    self._users.setdefault(name, set()).add((_ANY_KIND, resource.namespace))

    def name(self, resource: Resource) -> bool:
        """Whether something names this object."""
        return any(
            kind in (_ANY_KIND, resource.type) and may_be_one(namespace, resource.namespace)
            for kind, namespace in self._users.get(resource.name, ())
        )


def _told(workload: Workload) -> set[str]:
    """Words of its containers' commands and variables: `--configmap=$(NAMESPACE)/settings` names one."""
    found: set[str] = set()
    for container in workload.every_container:
        values = (text(entry.get("value")) for _, entry in maps(container.data.get("env")))
        found.update(*(_WORD.compiled.findall(written) for written in (container.command, *values)))
    return found


def _texts(value: Any) -> set[str]:
    """Every text in an object: what an unknown kind names may be one of them."""
    found: set[str] = set()
    waiting = [value]
    while waiting:
        current = waiting.pop()
        if current.__class__ is str:
            found.add(current)
        elif current.__class__ is dict:
            waiting.extend(current.values())
        elif current.__class__ is list:
            waiting.extend(current)
    return found
