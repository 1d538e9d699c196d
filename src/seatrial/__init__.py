"""Seatrial proves that a backend on Kubernetes is what its manifests declare."""

__version__ = "0.1.0"
