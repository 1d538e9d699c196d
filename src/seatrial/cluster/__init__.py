"""The cluster: engine, tools, images (pull or build), kind nodes, and the rules that keep them on this machine."""

from __future__ import annotations

from seatrial.cluster.engine import Engine, ensure_engine, find_engine, stop_engine
from seatrial.cluster.images import ensure_images
from seatrial.cluster.lifecycle import Cluster, ClusterStatus, down, load_images, status, up
from seatrial.cluster.progress import PlainProgress, Progress, Stage

__all__ = [
    "Cluster",
    "ClusterStatus",
    "Engine",
    "PlainProgress",
    "Progress",
    "Stage",
    "down",
    "ensure_engine",
    "ensure_images",
    "find_engine",
    "load_images",
    "status",
    "stop_engine",
    "up",
]
