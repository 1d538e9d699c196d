"""More forms: those of few fields, built upon `formats.py`."""

from __future__ import annotations

import re
from typing import Any

from seatrial.declared.server.formats import (
    address,
    float_of,
    form,
    port_or_name,
    qualified,
    subdomain,
    wildcard,
)
from seatrial.declared.values import Pattern, brief

_SYSCTL = Pattern(r"[a-z0-9]([-_a-z0-9]*[a-z0-9])?([./][a-z0-9]([-_a-z0-9]*[a-z0-9])?)*", re.ASCII)

_WORDS = """
allow-or-deny Allow Deny
lifetime Ephemeral Persistent
metric ContainerResource External Object Pods Resource
os linux windows
ownership File None ReadWriteOnceWithFSType
relabelling MountOption Recursive
retention Retain Delete
scaling-policy Pods Percent
scope Cluster Namespace
select-policy Max Min Disabled
truth True False Unknown
"""
"""Forms that are a choice of words: their name, and the words."""


def one_of(value: Any, taken: tuple[str, ...]) -> str | None:
    """Which words are taken, if this is none of them."""
    return None if value in taken else f"{brief(value)} is not one of {', '.join(taken)}"


def _choice(name: str, *taken: str) -> None:
    form(name)(lambda value: one_of(value, taken))


for _line in _WORDS.split("\n")[1:-1]:
    _choice(*_line.split())


@form("provisioner")
def provisioner(value: Any) -> str | None:
    """A provisioner's name; its case does not count."""
    return qualified(value.lower())


@form("seconds")
def seconds(value: Any) -> str | None:
    """1 up to what 32 bits hold."""
    return None if 1 <= value <= 2**31 - 1 else f"{value} is not within 1 to 2147483647"


@form("grace")
def grace(value: Any) -> str | None:
    """A grace period; one below 0 is taken as 1."""
    return None if value.__class__ is not bool else f"{value} is no number of seconds"


@form("day")
def day(value: Any) -> str | None:
    """1 up to the seconds of a day."""
    return None if 1 <= value <= 86400 else f"{value} is not within 1 to 86400"


@form("hour")
def hour(value: Any) -> str | None:
    """0 up to the seconds of an hour."""
    return None if 0 <= value <= 3600 else f"{value} is not within 0 to 3600"


@form("half-hour")
def half_hour(value: Any) -> str | None:
    """1 up to the seconds of half an hour."""
    return None if 1 <= value <= 1800 else f"{value} is not within 1 to 1800"


@form("token-seconds")
def token_seconds(value: Any) -> str | None:
    """Ten minutes up to what 32 bits hold."""
    return None if 600 <= value <= 2**32 else f"{value} is not within 600 to 4294967296"


@form("webhook-seconds")
def webhook_seconds(value: Any) -> str | None:
    """1 to 30."""
    return None if 1 <= value <= 30 else f"{value} is not within 1 to 30"


@form("weight")
def weight(value: Any) -> str | None:
    """1 to 100."""
    return None if 1 <= value <= 100 else f"{value} is not within 1 to 100"


@form("priority")
def priority(value: Any) -> str | None:
    """At most a thousand million: above is Kubernetes' own."""
    return (
        None if value <= 1_000_000_000 else f"{value} is more than 1000000000, which only Kubernetes may use"
    )


@form("more-than-none")
def more_than_none(value: Any) -> str | None:
    """A quantity above 0."""
    return None if float_of(value) > 0 else f"{brief(value)} is not above 0"


@form("port-or-name-or-0")
def port_or_name_or_none(value: Any) -> str | None:
    """A port's number or name; 0 and the empty text stand for the port's own number."""
    return None if value in (0, "") else port_or_name(value)


@form("node-port")
def node_port(value: Any) -> str | None:
    """A node's port, in the range that a cluster has where nothing else was said when it was set up."""
    return None if value == 0 or 30000 <= value <= 32767 else f"{value} is not within 30000 to 32767"


@form("domain-path")
def domain_path(value: Any) -> str | None:
    """A DNS name, a slash and a path."""
    prefix, slash, rest = value.partition("/")
    if slash and rest and subdomain(prefix) is None and " " not in rest:
        return None
    return f"{brief(value)} is no name such as `example.com/controller`"


@form("host")
def host(value: Any) -> str | None:
    """A DNS name, its first label `*` or not; no address."""
    return f"{brief(value)} is an address, not a name" if address(value) is None else wildcard(value)


@form("driver")
def driver(value: Any) -> str | None:
    """A CSI driver's name."""
    return subdomain(value.lower()) if len(value) <= 63 else f"{brief(value)} is longer than 63 characters"


@form("traffic")
def traffic(value: Any) -> str | None:
    """How a Service prefers endpoints."""
    taken = ("PreferClose", "PreferSameZone", "PreferSameNode")
    return None if value in taken else f"{brief(value)} is not one of {', '.join(taken)}"


@form("sysctl")
def sysctl(value: Any) -> str | None:
    """A kernel parameter's name."""
    return (
        None
        if _SYSCTL.compiled.fullmatch(value) and len(value) <= 253
        else f"{brief(value)} is no kernel parameter"
    )


@form("search-domain")
def search_domain(value: Any) -> str | None:
    """A DNS name for the search list: underscores, and a dot at its end, are taken."""
    return None if value == "." else subdomain(value.removesuffix(".").replace("_", "-").strip("-") or "-")


@form("container-resource")
def container_resource(value: Any) -> str | None:
    """A resource that a container may ask for."""
    if value in ("cpu", "memory", "ephemeral-storage") or value.startswith("hugepages-"):
        return None
    if "/" not in value:
        return f"{brief(value)} is no resource of a container: cpu, memory, …, or one with a domain"
    return qualified(value)


@form("claim-resource")
def claim_resource(value: Any) -> str | None:
    """A resource of a claim."""
    return qualified(value)


_COUNTED = (
    *("pods", "services", "secrets", "configmaps", "replicationcontrollers", "resourcequotas"),
    *("persistentvolumeclaims", "services.nodeports", "services.loadbalancers"),
)
_STANDARD = {
    *("cpu", "memory", "ephemeral-storage", "storage", "requests.storage", *_COUNTED),
    *(
        f"{bound}.{name}"
        for bound in ("requests", "limits")
        for name in ("cpu", "memory", "ephemeral-storage")
    ),
}


@form("standard-resource")
def standard_resource(value: Any) -> str | None:
    """A resource that Kubernetes knows, or one with a domain."""
    if "/" in value or value in _STANDARD or value.removeprefix("requests.").startswith("hugepages-"):
        return qualified(value)
    return f"{brief(value)} is no resource that Kubernetes knows; others have a domain"


@form("limit-type")
def limit_type(value: Any) -> str | None:
    """What limits are for."""
    known = ("Container", "Pod", "PersistentVolumeClaim")
    if value in known or "/" in value:
        return qualified(value)
    return f"{brief(value)} is not one of {', '.join(known)}"


@form("finalizer")
def finalizer(value: Any) -> str | None:
    """A finalizer's name: it has a domain, unless Kubernetes itself knows it."""
    if value in ("kubernetes", "orphan", "foregroundDeletion"):
        return None
    return qualified(value) if "/" in value else f"{brief(value)} needs a domain: example.com/name"


@form("group-version")
def group_version(value: Any) -> str | None:
    """An API version."""
    return f"{brief(value)} is no API version such as apps/v1" if value.count("/") > 1 else None


@form("qualified-webhook")
def webhook_name(value: Any) -> str | None:
    """A DNS name of at least three labels."""
    if value.count(".") < 2:
        return f"{brief(value)} needs at least three parts: name.domain.top"
    return subdomain(value)


@form("cron")
def cron(value: Any) -> str | None:
    """A schedule of five fields, or a name such as @daily."""
    from seatrial.declared.server.cron import wrong_with

    return wrong_with(value)


@form("time-zone")
def time_zone(value: Any) -> str | None:
    """A time zone by its name."""
    from seatrial.declared.server.cron import wrong_with_zone

    return wrong_with_zone(value)


@form("250")
def at_most_250(value: Any) -> str | None:
    """A text of so many letters."""
    return None if len(value) <= 250 else f"{brief(value)} is longer than 250 characters"


@form("0-100")
def share(value: Any) -> str | None:
    """A share in percent."""
    return None if 0 <= value <= 100 else f"{value} is not within 0 to 100"


@form("byte")
def byte(value: Any) -> str | None:
    """A partition, or the number of a disk behind a target."""
    return None if 0 <= value <= 255 else f"{value} is not within 0 to 255"
