"""What the system file says about the products behind roles, and about what must hold in their data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ConfigDict, Field, model_validator

from seatrial.model.part import Name, Part


class Capability(Part):
    """The product that fills a role. All keys but these two are arguments of the product's adapter.

    The adapter checks its arguments itself (`seatrial.adapters`), for only it knows them.
    """

    model_config = ConfigDict(extra="allow", frozen=True)

    product: Name = Field(description="The product, e.g. postgres; further keys are its adapter's arguments.")
    role: Name | None = Field(None, description="The role it fills (default: the capability's name).")

    @property
    def arguments(self) -> Mapping[str, Any]:
        """What the adapter is given, as it stands in the file."""
        return self.model_extra or {}


class HttpExpect(Part):
    status: int | tuple[int, ...] = Field(200, description="Status code, or codes, that mean that it holds.")
    fields: dict[str, Any] = Field(
        default_factory=dict, description="Fields of the JSON answer by dotted path, and the value of each."
    )

    @property
    def statuses(self) -> frozenset[int]:
        return frozenset({self.status} if isinstance(self.status, int) else self.status)


class HttpQuestion(Part):
    """A GET through the entry: a question must not change what it asks about."""

    path: str = Field(pattern=r"^/", description="Path and query of a GET through the entry.")
    headers: dict[str, str] = Field(default_factory=dict, description="Headers; {env.NAME} is filled.")
    expect: HttpExpect = HttpExpect()


class SqlQuestion(Part):
    """A query of another database, whose answer is compared: services keep a database each."""

    sql: str = Field(min_length=1, description="A query; give its columns the names of the other's.")
    database: str = Field(min_length=1, description="The database that is asked.")
    store: Name | None = Field(None, description="The capability that is asked (default: the other's).")


class Invariant(Part):
    """Something that must hold whenever the system is at rest, asked by SQL or by HTTP."""

    name: Name = Field(description="Its name; stands in reports.")
    requirement: str = Field(min_length=1, description="The sentence that must hold.")
    sql: str | None = Field(None, min_length=1, description="A query; each row of its answer is a violation.")
    store: Name = Field("store", description="The capability that is asked by `sql`.")
    database: str | None = Field(None, min_length=1, description="The database that is asked by `sql`.")
    equals: Any = Field(
        None, description="What `sql` must answer instead of no row: a value, a row as a mapping, or rows."
    )
    same_as: SqlQuestion | None = Field(
        None, description="What must answer the same few rows as `sql`, say a count and a digest."
    )
    http: HttpQuestion | None = Field(None, description="Instead of `sql`: a request through the entry.")
    converge_seconds: float = Field(
        10.0, ge=0, le=600, description="How long after rest it may take until it holds, seconds."
    )

    @model_validator(mode="after")
    def _one_question(self) -> Invariant:
        if (self.sql is None) == (self.http is None):
            raise ValueError("exactly one of `sql` and `http` is needed")
        if self.sql is not None and self.database is None:
            raise ValueError("`sql` needs the `database` that it asks")
        if self.http is not None:
            idle = {"store", "database", "equals", "same_as"} & self.model_fields_set
            if idle:
                raise ValueError(f"`{min(idle)}` has a meaning with `sql` only")
        if self.has_answer and self.same_as is not None:
            raise ValueError("of `equals` and `same_as` only one can be what it must answer")
        return self

    @property
    def stores(self) -> tuple[str, ...]:
        """The capabilities that are asked."""
        if self.sql is None:
            return ()
        other = self.same_as.store if self.same_as else None
        return tuple(dict.fromkeys((self.store, other or self.store)))

    @property
    def has_answer(self) -> bool:
        """Whether `equals` was written; null is a value too."""
        return "equals" in self.model_fields_set

    @property
    def answers_a_number(self) -> bool:
        """Whether its answer is one number, such as a total."""
        return isinstance(self.equals, int | float) and not isinstance(self.equals, bool)
