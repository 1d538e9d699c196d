"""Which Service the rules of Ingresses and HTTPRoutes choose for a host and a path."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from seatrial.declared.values import dig, mapping, maps, sequence, text, whole

_ANY = ""


@dataclass(frozen=True)
class Rule:
    """One path of one host, and where its requests go.

    Attributes:
        host: a name, `*.name`, or empty for any.
        path: what a request's path is or begins with; empty where a pattern says it.
        exact: whether it must be all of it.
        services: each that gets some of the requests; empty for none that is known.
        conditional: whether only some requests of that path may be meant: by headers, or by a pattern.
    """

    host: str
    path: str
    exact: bool
    services: frozenset[str]
    conditional: bool = False

    def rank(self, host: str, path: str) -> tuple[int, bool, int] | None:
        """How exactly it means such a request, the most exact wins; None when it does not mean it."""
        by_host = _host_rank(self.host, host)
        if by_host is None:
            return None
        own = self.path.rstrip("/")
        if not (path == self.path if self.exact else path == own or path.startswith(f"{own}/")):
            return None
        # What may mean it by more than its path may win over every other rule.
        return (by_host, True, len(path)) if self.conditional else (by_host, self.exact, len(self.path))


@dataclass(frozen=True)
class Routing:
    """The rules of one object.

    Attributes:
        name: kind and name, for the text.
    """

    name: str
    rules: tuple[Rule, ...]

    @classmethod
    def of_ingress(cls, ingress: dict[str, Any]) -> Routing:
        spec = mapping(ingress.get("spec"))
        found = [rule for _, each in maps(spec.get("rules")) for rule in _ingress_rules(each)]
        if default := text(dig(spec, "defaultBackend", "service", "name")):
            found.append(Rule(_ANY, "/", False, frozenset({default})))
        return cls(f"Ingress {text(dig(ingress, 'metadata', 'name'))}", tuple(found))

    @classmethod
    def of_http_route(cls, route: dict[str, Any]) -> Routing:
        spec = mapping(route.get("spec"))
        hosts = [*map(text, sequence(spec.get("hostnames")))] or [_ANY]
        rules = [rule for _, each in maps(spec.get("rules")) for rule in _http_rules(each, hosts)]
        return cls(f"HTTPRoute {text(dig(route, 'metadata', 'name'))}", tuple(rules))


def backends(routings: Iterable[Routing], host: str, path: str) -> list[tuple[str, str]]:
    """The Service to which all requests of that host and path go, and whose rule says so; else nothing."""
    ranked = [
        (rank, rule, routing.name)
        for routing in routings
        for rule in routing.rules
        if (rank := rule.rank(host, path)) is not None
    ]
    if not ranked:
        return []
    best = max(rank for rank, _, _ in ranked)
    chosen = [(rule, name) for rank, rule, name in ranked if rank == best]
    services = {service for rule, _ in chosen for service in rule.services or {_ANY}}
    if len(services) != 1 or any(rule.conditional for rule, _ in chosen) or _ANY in services:
        return []
    return [(services.pop(), chosen[0][1])]


def _host_rank(pattern: str, host: str) -> int | None:
    if pattern == host:
        return 1 + len(host) * 2
    if pattern.startswith("*.") and host.endswith(pattern[1:]):
        return len(pattern)
    return 0 if pattern == _ANY else None


def _ingress_rules(rule: dict[str, Any]) -> Iterator[Rule]:
    host = text(rule.get("host"))
    for _, each in maps(dig(rule, "http", "paths")):
        path, kind = text(each.get("path")) or "/", text(each.get("pathType"))
        service = text(dig(each, "backend", "service", "name"))
        pattern = kind not in ("Exact", "Prefix") and path != "/"  # what it means is the controller's own
        yield Rule(host, "" if pattern else path, kind == "Exact", frozenset({service} - {""}), pattern)


def _http_rules(rule: dict[str, Any], hosts: Iterable[str]) -> Iterator[Rule]:
    refs = [ref for _, ref in maps(rule.get("backendRefs")) if whole(ref.get("weight", 1)) != 0]
    known = all(text(r.get("kind")) in ("", "Service") and not text(r.get("namespace")) for r in refs)
    services = frozenset(text(ref.get("name")) for ref in refs) if known else frozenset({_ANY})
    for match in [each for _, each in maps(rule.get("matches"))] or [{}]:
        where = mapping(match.get("path"))
        kind = text(where.get("type")) or "PathPrefix"
        more = any(match.get(key) for key in ("headers", "queryParams", "method"))
        pattern = kind not in ("Exact", "PathPrefix")
        path = "" if pattern else text(where.get("value")) or "/"
        for host in hosts:
            yield Rule(host, path, kind == "Exact", services, more or pattern)
