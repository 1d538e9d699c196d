"""Forms that the API server holds texts and numbers to: each says what is wrong with a value, or nothing."""

from __future__ import annotations

import base64
import binascii
import ipaddress
import re
from collections.abc import Callable
from typing import Any

from seatrial.declared.values import Pattern, brief

Form = Callable[[Any], str | None]
"""What is wrong with a value of the right type, or None."""

FORMS: dict[str, Form] = {}
"""By the name that `fields.py` uses."""

_LABEL = Pattern(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")
_LABEL_1035 = Pattern(r"[a-z]([-a-z0-9]*[a-z0-9])?")
_SUBDOMAIN = Pattern(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
_QUALIFIED = Pattern(r"([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]")
_QUANTITY = Pattern(r"[+-]?(\d+(\.\d*)?|\.\d+)([KMGTPE]i|[numkMGTPE]|[eE][+-]?\d+)?", re.ASCII)
_ENVIRONMENT = Pattern(r"[ -<>-~]+")
_KEY = Pattern(r"[-._a-zA-Z0-9]+")
_PORT_NAME = Pattern(r"[a-z0-9]([a-z0-9]|-(?!-))*[a-z0-9]|[a-z0-9]")
_HEADER = Pattern(r"[-A-Za-z0-9]+")
_TIME = Pattern(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d([.,]\d+)?([Zz]|[+-]\d\d:\d\d)", re.ASCII)
_PERCENT = Pattern(r"[0-9]+%")


def form(name: str) -> Callable[[Form], Form]:
    """Give a form the name by which fields refer to it."""

    def register(check: Form) -> Form:
        FORMS[name] = check
        return check

    return register


def _whole(pattern: Pattern, value: str) -> bool:
    return pattern.compiled.fullmatch(value) is not None and not value.endswith("\n")


@form("label")
def dns_label(value: Any) -> str | None:
    """A DNS label (RFC 1123): lower case, digits and `-`, at most 63."""
    if len(value) <= 63 and _whole(_LABEL, value):
        return None
    return f"{brief(value)} is no DNS label: at most 63 lower-case letters, digits and `-`, no `-` at an end"


@form("label-1035")
def dns_label_1035(value: Any) -> str | None:
    """A DNS label that begins with a letter (RFC 1035)."""
    if len(value) <= 63 and _whole(_LABEL_1035, value):
        return None
    return f"{brief(value)} is no DNS label that begins with a letter: at most 63 of `a-z`, `0-9` and `-`"


@form("subdomain")
def subdomain(value: Any) -> str | None:
    """A DNS subdomain: labels joined by dots, at most 253."""
    if len(value) <= 253 and _whole(_SUBDOMAIN, value):
        return None
    return f"{brief(value)} is no DNS name: at most 253 lower-case letters, digits, `-` and `.`"


@form("wildcard")
def wildcard(value: Any) -> str | None:
    """A DNS name whose first label may be `*`."""
    return subdomain(value.removeprefix("*."))


@form("segment")
def path_segment(value: Any) -> str | None:
    """A name that can stand in a path."""
    if value in (".", "..") or "/" in value or "%" in value:
        return f"{brief(value)} may not be `.` or `..`, nor contain `/` or `%`"
    return None


@form("qualified")
def qualified(value: Any) -> str | None:
    """A label's key: a name, with a DNS name and a slash before it or not."""
    prefix, slash, name = value.rpartition("/")
    if (slash and ("/" in prefix or subdomain(prefix))) or not name or len(name) > 63:
        return f"{brief(value)} is no qualified name such as `example.com/name`"
    return (
        None
        if _whole(_QUALIFIED, name)
        else f"{brief(value)} is no qualified name such as `example.com/name`"
    )


@form("label-value")
def label_value(value: Any) -> str | None:
    """A label's value: empty, or at most 63 letters, digits, `-`, `_` and `.`."""
    if not value or (len(value) <= 63 and _whole(_QUALIFIED, value)):
        return None
    return f"{brief(value)} is no label value: at most 63 letters, digits, `-`, `_` and `.`"


@form("port")
def port(value: Any) -> str | None:
    """A port's number."""
    return None if 0 < value < 65536 else f"{value} is no port: 1 to 65535"


@form("port-or-0")
def port_or_none(value: Any) -> str | None:
    """A port's number, or 0 for none."""
    return None if value == 0 else port(value)


@form("port-name")
def port_name(value: Any) -> str | None:
    """A port's name (IANA): at most 15 characters, one of them a letter."""
    if len(value) <= 15 and _whole(_PORT_NAME, value) and any(letter.isalpha() for letter in value):
        return None
    return f"{brief(value)} is no port name: at most 15 of `a-z`, `0-9` and single `-`, with a letter"


@form("port-or-name")
def port_or_name(value: Any) -> str | None:
    """A port's number or name."""
    return port_name(value) if value.__class__ is str else port(value)


@form("not-negative")
def not_negative(value: Any) -> str | None:
    """0 or more."""
    return None if value >= 0 else f"{value} is less than 0"


@form("positive")
def positive(value: Any) -> str | None:
    """1 or more."""
    return None if value > 0 else f"{value} is less than 1"


@form("not-empty")
def not_empty(value: Any) -> str | None:
    """Not the empty text, which elsewhere is as if nothing were written."""
    return None if value else "it is empty"


@form("environment")
def environment(value: Any) -> str | None:
    """The name of an environment variable: printable ASCII but `=`."""
    return None if _whole(_ENVIRONMENT, value) else f"{brief(value)} is no name of an environment variable"


@form("key")
def config_key(value: Any) -> str | None:
    """A key of a ConfigMap or Secret: it becomes a file's name."""
    if len(value) <= 253 and _whole(_KEY, value) and value != "." and not value.startswith(".."):
        return None
    return f"{brief(value)} is no key: at most 253 letters, digits, `-`, `_` and `.`, not beginning with `..`"


@form("header")
def header(value: Any) -> str | None:
    """The name of an HTTP header."""
    return None if _whole(_HEADER, value) else f"{brief(value)} is no name of an HTTP header"


@form("address")
def address(value: Any) -> str | None:
    """An IP address."""
    try:
        ipaddress.ip_address(value)
    except ValueError:
        return f"{brief(value)} is no IP address"
    return None


@form("network")
def network(value: Any) -> str | None:
    """A network in CIDR form."""
    try:
        ipaddress.ip_network(value, strict=False)
    except ValueError:
        return f"{brief(value)} is no network such as 10.0.0.0/8"
    return (
        None
        if "/" in value and value.rpartition("/")[2].isdecimal()
        else f"{brief(value)} has no length such as /8"
    )


@form("mode")
def mode(value: Any) -> str | None:
    """Permission bits of a file; YAML's 0644 is octal, JSON needs 420."""
    if 0 <= value <= 0o777:
        return None
    return f"{value} is no file mode: 0 to 0777 (511; without the leading 0, YAML reads a decimal)"


@form("user")
def user(value: Any) -> str | None:
    """The number of a user or group."""
    return None if 0 <= value <= 2**31 - 1 else f"{value} is no user or group: 0 to 2147483647"


@form("amount")
def amount(value: Any) -> str | None:
    """A quantity that is not negative."""
    return f"{brief(value)} is negative" if str(value).startswith("-") and float_of(value) else None


def float_of(value: Any) -> float:
    """A quantity as a number; 0 where it is none."""
    from seatrial.model.quantity import quantity

    return quantity(value) or 0.0


def is_quantity(value: Any) -> bool:
    """Whether the server reads it as a quantity ("500m", 2)."""
    if value.__class__ is str:
        return _whole(_QUANTITY, value)
    return value.__class__ is int or value.__class__ is float


@form("absolute")
def absolute(value: Any) -> str | None:
    """A path from the root."""
    return None if value.startswith("/") else f"{brief(value)} is not an absolute path"


@form("no-steps-back")
def no_steps_back(value: Any) -> str | None:
    """A path that does not climb."""
    return f"{brief(value)} contains `..`" if ".." in value.replace("\\", "/").split("/") else None


@form("below")
def below(value: Any) -> str | None:
    """A path below another: relative, and it does not climb."""
    return f"{brief(value)} must be relative" if value.startswith("/") else no_steps_back(value)


@form("below-own")
def below_own(value: Any) -> str | None:
    """A path below a volume's folder, whose names with `..` the kubelet needs for itself."""
    return f"{brief(value)} may not begin with `..`" if value.startswith("..") else below(value)


@form("percent")
def percent(value: Any) -> str | None:
    """A number of pods that is not negative, or a percentage."""
    if value.__class__ is str:
        return None if _whole(_PERCENT, value) else f"{brief(value)} is no percentage such as 25%"
    return not_negative(value)


@form("percent-to-100")
def percent_to_100(value: Any) -> str | None:
    """As `percent`, up to 100%."""
    wrong = percent(value)
    if wrong is None and value.__class__ is str and int(value[:-1]) > 100:
        return f"{brief(value)} is more than 100%"
    return wrong


def is_base64(value: str | list[Any]) -> bool:
    """Whether Go's decoder takes it: line breaks are skipped, everything else counts; or a list of bytes."""
    if isinstance(value, list):
        return all(each is None or (each.__class__ is int and 0 <= each <= 255) for each in value)
    try:
        base64.b64decode(value.replace("\n", "").replace("\r", ""), validate=True)
    except (binascii.Error, ValueError):
        return False
    return True


def is_time(value: str) -> bool:
    """Whether it is a time as RFC 3339 writes it."""
    return _whole(_TIME, value)
