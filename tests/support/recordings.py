"""A generator's file read as a whole, when nobody writes it any more."""

import gzip
from pathlib import Path

from seatrial.traffic.record import Recording


def read_recording(path: Path) -> Recording:
    """What the file holds, gzip'ed or not."""
    data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    recording = Recording()
    for line in data.splitlines():
        recording.add(line)
    return recording
