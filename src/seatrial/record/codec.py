"""The one place where records become JSON and come back.

Dataclasses become objects, enums their values, tuples arrays. Not-a-number and infinity, which JSON lacks,
become the strings "NaN", "Infinity" and "-Infinity" and come back as floats where the record says float.
What stands in a free-form field (`numbers`, `details`) comes back as plain JSON: tuples as lists.
"""

from __future__ import annotations

import dataclasses
import json
import math
import types
import typing
from collections.abc import Mapping, Set
from enum import Enum
from functools import cache
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

from seatrial.model.exchange import Exchange, ExchangeOutcome
from seatrial.model.ledger import ActSeen
from seatrial.model.pressure import CpuSeen, DiskSeen
from seatrial.model.timeline import (
    AutoscalerSeen,
    EndpointsSeen,
    EventSeen,
    NodeSeen,
    PodSeen,
    ReplicaSetSeen,
    Seen,
    ServiceSeen,
    UsageSeen,
    WorkloadSeen,
)

Record = TypeVar("Record")

_SEEN: dict[str, type[Any]] = {
    "pod": PodSeen,
    "endpoints": EndpointsSeen,
    "service": ServiceSeen,
    "workload": WorkloadSeen,
    "autoscaler": AutoscalerSeen,
    "node": NodeSeen,
    "event": EventSeen,
    "usage": UsageSeen,
    "act": ActSeen,
    "replicaset": ReplicaSetSeen,
    "cpu": CpuSeen,
    "disk": DiskSeen,
}
_SEEN_NAMES = {kind: name for name, kind in _SEEN.items()}
_AS_IT_IS = frozenset({str, int, bool, type(None)})
_NOT_FINITE = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}


class CodecError(ValueError):
    """The data does not describe the record; the message names the field."""


def dumps(value: Any) -> str:
    """One line of pure ASCII JSON for `value`, whatever it holds."""
    return json.dumps(to_plain(value), allow_nan=False, separators=(",", ":"))


def to_plain(value: Any) -> Any:
    """`value` as dicts, lists, strings, numbers, booleans and None; what JSON does not know as its str."""
    kind, plain = type(value), value
    if kind in _AS_IT_IS:
        return value
    if isinstance(value, Enum):
        plain = to_plain(value.value)
    elif isinstance(value, float):
        if not math.isfinite(value):
            plain = next(name for name, known in _NOT_FINITE.items() if str(known) == str(value))
    elif dataclasses.is_dataclass(kind):
        plain = {name: to_plain(getattr(value, name)) for name in _field_names(kind)}
    elif isinstance(value, Mapping):
        plain = {str(to_plain(key)): to_plain(item) for key, item in value.items()}
    elif isinstance(value, list | tuple):
        plain = [to_plain(item) for item in value]
    elif isinstance(value, Set):
        plain = sorted((to_plain(item) for item in value), key=str)
    elif not isinstance(value, int | str):
        plain = str(value)
    return plain


@cache
def _field_names(kind: type[Any]) -> tuple[str, ...]:
    return tuple(field.name for field in dataclasses.fields(kind) if field.init)


def from_plain(kind: type[Record], data: Any) -> Record:
    """The record that `data` describes. Keys that the record does not know are left out.

    Raises:
        CodecError: a field is missing or has the wrong type.
    """
    return typing.cast(Record, _decode(kind, data, kind.__name__))


def exchange_from_dict(data: Mapping[str, Any], known: dict[str, str] | None = None) -> Exchange:
    """An `Exchange` from the object that stands on its line.

    Args:
        known: texts of exchanges before: what many of them have, such as a journey, is held once.

    Raises:
        CodecError: a field is missing or has the wrong type.
    """
    once = ({} if known is None else known).setdefault
    try:
        read, sent, completed, status = data.get, data["sent_at"], data["completed_at"], data.get("status")
        journey, error = str(data["journey"]), str(read("error", ""))
        backend, operation = str(read("backend", "")), str(read("operation", ""))
        return Exchange(
            int(data["sequence"]),
            once(journey, journey),
            _moment(data["planned_at"]),
            None if sent is None else _moment(sent),
            None if completed is None else _moment(completed),
            ExchangeOutcome(data["outcome"]),
            None if status is None else int(status),
            once(error, error),
            str(read("key", "")),
            str(read("answer_id", "")),
            once(backend, backend),
            once(operation, operation),
            int(read("answer_bytes", 0)),
        )
    except KeyError as error:
        raise CodecError(f"Exchange.{error.args[0]} is missing") from None
    except (TypeError, ValueError, AttributeError) as error:
        raise CodecError(f"Exchange: {error}") from None


def _moment(value: Any) -> float:
    moment = float(value)
    if not math.isfinite(moment):
        raise ValueError("a time is not finite")
    return moment


def seen_to_dict(seen: Seen) -> dict[str, Any]:
    """A timeline record as a dict whose `type` names its class."""
    plain: dict[str, Any] = to_plain(seen)
    return {"type": _SEEN_NAMES[type(seen)], **plain}


def seen_from_dict(data: Mapping[str, Any]) -> Seen:
    """The inverse of `seen_to_dict`.

    Raises:
        CodecError: unknown `type`, or a field that is missing or has the wrong type.
    """
    kind = _SEEN.get(str(data.get("type")))
    if kind is None:
        raise CodecError(f"unknown type of timeline record: {data.get('type')!r}")
    return typing.cast(Seen, from_plain(kind, data))


@cache
def _hints(kind: type[Any]) -> dict[str, Any]:
    return get_type_hints(kind)


def _decode(hint: Any, value: Any, where: str) -> Any:
    if hint is Any:
        return value
    origin = get_origin(hint)
    if origin is not None:
        return _decode_generic(origin, hint, value, where)
    if dataclasses.is_dataclass(hint):
        return _decode_record(hint, value, where)
    if issubclass(hint, Enum):
        try:
            return hint(value)
        except ValueError:
            raise CodecError(f"{where} has the unknown value {value!r}") from None
    return _decode_scalar(hint, value, where)


def _decode_generic(origin: Any, hint: Any, value: Any, where: str) -> Any:
    if origin in (typing.Union, types.UnionType):
        return _decode_optional(hint, value, where)
    if origin is tuple:
        return _decode_tuple(get_args(hint), value, where)
    if not isinstance(value, Mapping):
        raise CodecError(f"{where} is no object")
    return {str(key): _decode(get_args(hint)[1], item, where) for key, item in value.items()}


def _decode_optional(hint: Any, value: Any, where: str) -> Any:
    if value is None:
        return None
    inner = [argument for argument in get_args(hint) if argument is not types.NoneType]
    return _decode(inner[0], value, where)


def _decode_tuple(arguments: tuple[Any, ...], value: Any, where: str) -> tuple[Any, ...]:
    if not isinstance(value, list | tuple):
        raise CodecError(f"{where} is no array")
    if len(arguments) == 2 and arguments[1] is Ellipsis:
        return tuple(_decode(arguments[0], item, f"{where}[{n}]") for n, item in enumerate(value))
    if len(value) != len(arguments):
        raise CodecError(f"{where} has {len(value)} items instead of {len(arguments)}")
    return tuple(_decode(hint, item, where) for hint, item in zip(arguments, value, strict=True))


def _decode_record(kind: Any, value: Any, where: str) -> Any:
    if not isinstance(value, Mapping):
        raise CodecError(f"{where} is no object")
    hints = _hints(kind)
    given: dict[str, Any] = {}
    for part in dataclasses.fields(kind):
        if not part.init:
            continue
        if part.name in value:
            given[part.name] = _decode(hints[part.name], value[part.name], f"{where}.{part.name}")
        elif part.default is dataclasses.MISSING and part.default_factory is dataclasses.MISSING:
            raise CodecError(f"{where}.{part.name} is missing")
    return kind(**given)


def _decode_scalar(kind: type[Any], value: Any, where: str) -> Any:
    if kind is float:
        if isinstance(value, str) and value in _NOT_FINITE:
            return _NOT_FINITE[value]
        if isinstance(value, int | float) and not isinstance(value, bool):
            return float(value)
    elif (kind is int and isinstance(value, int) and not isinstance(value, bool)) or (
        kind is not int and isinstance(value, kind)
    ):
        return value
    raise CodecError(f"{where} is {value!r}, which is no {kind.__name__}")
