"""Nodes that may be stopped: those of a kind cluster of our own."""

from seatrial.model.scenario import Subject, need


@need("own-nodes")
def own_nodes(subject: Subject) -> bool:
    """a kind cluster of its own, whose nodes may be stopped (`target.kind`)"""
    return subject.system.target.kind is not None
