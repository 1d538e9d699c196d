"""A workload of which two pods must never run at once."""

from seatrial.model.scenario import Subject, need


@need("single-writer")
def single_writer(subject: Subject) -> bool:
    """a workload of which two pods must never run at once (`single_writer: true`)"""
    return subject.workload.single_writer
