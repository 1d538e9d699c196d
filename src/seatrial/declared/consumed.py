"""ConfigMaps and Secrets that are found by their labels or through the API, not by name."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from seatrial.declared.objects import Resource, Surroundings
from seatrial.declared.values import mapping, maps, sequence, text

_KNOWN = (
    *("grafana_", "grafana-", "argocd.argoproj.io/", "sealedsecrets.bitnami.com/", "operator.prometheus.io/"),
    *(
        "k8s.grafana.com/",
        "monitoring.coreos.com/",
        "kiali.io/",
        "jenkins-jenkins-config",
        "workflows.argoproj.io/",
    ),
    *("istio.io/", "cnpg.io/", "strimzi.io/", "app.kubernetes.io/part-of=argocd", "dashboard.", "dashboards"),
    *("cluster.x-k8s.io/", "crossplane.io/", "kustomize.toolkit.fluxcd.io/", "node-feature-discovery"),
)
"""How labels begin by which well-known controllers find ConfigMaps and Secrets."""
_OF_PEOPLE = ("app.kubernetes.io/", "helm.sh/", "kubernetes.io/")
_OF_PEOPLE_BARE = frozenset(
    {
        "app",
        "name",
        "component",
        "tier",
        "release",
        "chart",
        "heritage",
        "version",
        "team",
        "environment",
        "owner",
    }
)
"""Labels that describe an object; nobody looks one up by them alone."""


def is_found_by_label(resource: Resource) -> bool:
    """Whether something probably finds a ConfigMap or Secret by a label.

    A label that a well-known controller looks for; one that a container or a custom resource of the input
    writes down; or a telling label where a role of the input may list such objects.
    """
    if not resource.labels:
        return False
    graph = resource.graph
    if any(f"{key}={value}".startswith(_KNOWN) for key, value in resource.labels.items()):
        return True
    telling = {
        key for key in resource.labels if not key.startswith(_OF_PEOPLE) and key not in _OF_PEOPLE_BARE
    }
    if not telling:
        return False
    words = graph.memo.get("words")
    if words is None:
        words = graph.memo["words"] = "\n".join(_words(graph))
    return any(key in words for key in telling) or _is_listed(graph, resource.type)


def _words(graph: Surroundings) -> Iterator[str]:
    """What containers are told and custom resources say: there labels are named that somebody looks for."""
    for workload in graph.workloads:
        for container in workload.every_container:
            yield container.command
            for _, entry in maps(container.data.get("env")):
                yield text(entry.get("value"))
    for resource in graph.resources:
        if "." in resource.type:
            yield from _keys_and_texts(resource.spec)


def _keys_and_texts(value: Any) -> Iterator[str]:
    waiting = [value]
    while waiting:
        current = waiting.pop()
        if current.__class__ is str:
            yield current
        elif current.__class__ is dict:
            yield from (key for key in current if key.__class__ is str)
            waiting.extend(current.values())
        elif current.__class__ is list:
            waiting.extend(current)


def _is_listed(graph: Surroundings, kind: str) -> bool:
    """Whether a role of the input may list or watch objects of the kind."""
    plural = f"{kind.lower()}s"
    return any(
        {"list", "watch", "*"} & {text(verb) for verb in sequence(given.get("verbs"))}
        and {plural, "*"} & {text(name) for name in sequence(given.get("resources"))}
        for role in (*graph.of("Role"), *graph.of("ClusterRole"))
        for _, given in maps(mapping(role.data).get("rules"))
    )
