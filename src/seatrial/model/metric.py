"""Metrics of a HorizontalPodAutoscaler (autoscaling/v2) as they stand in its spec and status."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Fields = Mapping[str, Any]


def metric_body(entry: Fields) -> Fields:
    """The part of a metric (in spec or status) that stands under its kind."""
    kind = str(entry.get("type") or "")
    return entry.get(kind[:1].lower() + kind[1:]) or {}


def metric_name(entry: Fields) -> str:
    """Name of the resource or of the metric."""
    body = metric_body(entry)
    return str(body.get("name") or (body.get("metric") or {}).get("name") or entry.get("type") or "")
