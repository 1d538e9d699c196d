"""What a journey sends and expects, and how the system counts it, in the system file."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, model_validator

from seatrial.model.part import Part as _Part


class Request(_Part):
    method: Literal["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"] = Field("GET", description="Method.")
    path: str = Field(pattern=r"^/", description="Path and query; {uuid}, {n} and {random.N} are filled in.")
    headers: dict[str, str] = Field(
        default_factory=dict,
        description="Headers; templates as in path, and {env.NAME}, a variable of the environment.",
    )
    json_body: Any = Field(None, alias="json", description="JSON body; templates in its strings.")


class Expect(_Part):
    status: int | tuple[int, ...] = Field(200, description="Status code, or codes, that mean success.")


class Read(_Part):
    path: str = Field(pattern=r"^/", description="Path; {response.FIELD} comes from the answer.")


class Acknowledged(_Part):
    """How to read back what an accepted write promised; turns on the lost-write check."""

    read: Read
    expect: Expect = Expect()


class CountedError(_Part):
    """A request that the system answers with an error, by which it is seen whether errors are counted."""

    path: str = Field(pattern=r"^/", description="Path and query of a GET that changes nothing.")
    status: int = Field(404, ge=400, le=599, description="The status code of its answer.")


class Counted(_Part):
    """The counter in which the system itself counts the journey's requests."""

    series: str = Field(
        pattern=r"^[a-zA-Z_:{][^\[\]]*$",
        description="PromQL selector of the counter, narrowed to the journey.",
    )
    status: str = Field("", description="Its label with the status code, e.g. status: 404 or 4xx.")
    error: CountedError | None = Field(None, description="A request that is counted there as an error.")

    @model_validator(mode="after")
    def _errors_need_a_label(self) -> Counted:
        if self.error is not None and not self.status:
            raise ValueError("`error` needs `status`, the label by which errors are told apart")
        return self


class Message(_Part):
    """One message of a WebSocket journey, and the answer that it waits for."""

    text: str | None = Field(None, description="What is sent; templates as in path.")
    json_body: Any = Field(None, alias="json", description="The same as JSON; templates in its strings.")
    answer: str = Field("", description="Text that the answer holds; without it any message answers.")
    after_seconds: float = Field(0.0, ge=0, le=3600, description="Planned time from the arrival, seconds.")

    @model_validator(mode="after")
    def _one_of(self) -> Message:
        if (self.text is None) == (self.json_body is None):
            raise ValueError("exactly one of `text` and `json` is needed")
        return self
