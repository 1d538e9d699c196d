"""A cluster that can pull the helper image."""

from seatrial.model.scenario import Subject, need


@need("helper-image")
def helper_image(subject: Subject) -> bool:
    """on a cluster that has the helper image (`target.kind`, or `images.helper`)"""
    return not subject.system.helper_gap()
