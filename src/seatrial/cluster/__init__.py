"""The cluster: engine, tools, images (pulled or built), kind nodes, and the rules that keep them here."""

from __future__ import annotations

from seatrial.cluster.build.images import ensure_images, present_images
from seatrial.cluster.build.tools import Tools, ensure_tools, present_kubectl
from seatrial.cluster.engine import Engine, ensure_engine, find_engine, stop_engine
from seatrial.cluster.lifecycle import down, load_images, up
from seatrial.cluster.progress import PlainProgress, Progress, Stage
from seatrial.cluster.state import Cluster, ClusterStatus, status

__all__ = [
    "Cluster",
    "ClusterStatus",
    "Engine",
    "PlainProgress",
    "Progress",
    "Stage",
    "Tools",
    "down",
    "ensure_engine",
    "ensure_images",
    "ensure_tools",
    "find_engine",
    "load_images",
    "present_images",
    "present_kubectl",
    "status",
    "stop_engine",
    "up",
]
