"""What of a system is protected by tokens, in its file."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from seatrial.model.part import Part as _Part
from seatrial.model.route import Route


class TokenFrom(_Part):
    """Where a token is found; its value is sent and nowhere recorded."""

    env: str | None = Field(
        None, pattern=r"^[A-Za-z_][A-Za-z0-9_]*$", description="Variable of the environment that holds it."
    )
    file: str | None = Field(None, description="File that holds it and nothing else, relative to this file.")

    @model_validator(mode="after")
    def _one_of(self) -> TokenFrom:
        if (self.env is None) == (self.file is None):
            raise ValueError("exactly one of `env` and `file` is needed")
        return self


class Authentication(_Part):
    """How clients show who they are, and which requests are refused to everybody else."""

    header: str = Field(
        "Authorization", pattern=r"^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$", description="Header of the token."
    )
    scheme: str = Field(
        "Bearer", pattern=r"^[\x21-\x7e]*$", description="Word before the token; empty for none."
    )
    token: TokenFrom | None = Field(None, description="The right token; a JWT is also made wrong in parts.")
    expired: TokenFrom | None = Field(None, description="A token that was right and has expired.")
    refused_with: tuple[Annotated[int, Field(ge=300, le=499)], ...] = Field(
        (401, 403), min_length=1, description="Status codes of a refusal; a 302 to a login is one, too."
    )
    protected: tuple[Route, ...] = Field(min_length=1, description="Requests that need the token.")

    def sent(self, token: str) -> str:
        """The header's value for a token."""
        return f"{self.scheme} {token}".strip()
