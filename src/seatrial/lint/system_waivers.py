"""The waivers of a system file, read as strictly as `seatrial run` reads it."""

from __future__ import annotations

from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from seatrial.model.system import Waiver
from seatrial.model.system_file import faults_of_part, faulty, parse_system


class _WaiversOnly(BaseModel):
    """A file that holds waivers and nothing else: files can be judged without a system."""

    model_config = ConfigDict(extra="forbid")

    waivers: list[Waiver] = Field(default=[])


def waivers_in(text: str, source: str) -> list[dict[str, Any]]:
    """Each waiver of a system file, or of a file with `waivers` alone, as plain values.

    Raises:
        BadInput: the file cannot be read, or has an unknown or faulty key.
    """
    try:
        data = yaml.safe_load(text)
    except yaml.YAMLError:
        data = None  # the reader below says what is wrong, and where
    if not isinstance(data, dict) or data.keys() != {"waivers"}:
        found = parse_system(text, source=source).waivers
    else:
        try:
            found = _WaiversOnly.model_validate(data).waivers
        except ValidationError as error:
            raise faulty(faults_of_part(error, _WaiversOnly, (), text=text, source=source)) from None
    return [waiver.model_dump(mode="json") for waiver in found]
