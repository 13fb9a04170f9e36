"""`rows:` of a profile: which rows are no data, where the footer begins, and what is written on the first row only."""

import re
from typing import Final, Literal, Self

from pydantic import Field, model_validator

from importer.profile.base import OneOrMore, Strict

TESTS: Final = ("equals", "other_than", "contains", "starts_with", "matches", "blank")


class CellTest(Strict):
    """One test of one cell, without the white space around it: exactly one of TESTS."""

    column: OneOrMore = Field(description="The header, or a list of accepted spellings.")
    equals: OneOrMore | None = Field(None, description="The whole cell is one of these.")
    other_than: OneOrMore | None = Field(None, description="The cell is not empty, and none of these.")
    contains: OneOrMore | None = Field(None, description="One of these stands somewhere in the cell.")
    starts_with: OneOrMore | None = Field(None, description="The cell begins with one of these.")
    matches: str | None = Field(None, description="A regular expression that the whole trimmed cell must match.")
    blank: Literal["true"] | None = None

    @model_validator(mode="after")
    def _one_test(self) -> Self:
        given = [name for name in TESTS if getattr(self, name) is not None]
        if len(given) != 1:
            msg = f"give exactly one of {', '.join(TESTS)}"
            raise ValueError(msg)
        if self.matches is not None:
            try:
                re.compile(self.matches)
            except re.error as error:
                msg = f"matches is not a regular expression: {error}"
                raise ValueError(msg) from None
        for name in ("contains", "starts_with"):
            if any(not text.strip() for text in getattr(self, name) or ()):
                msg = f"{name} needs a text: every cell holds an empty one"
                raise ValueError(msg)
        return self


class SkipRule(CellTest):
    """Rows that are no data. Each skipped row is listed with the reason."""

    also: tuple[CellTest, ...] = Field((), description="Further tests, of other columns; all must fit too.")
    filled: Literal["true"] | None = Field(
        None, description="Test the cells as fill_down completes them: whole invoices leave, not their first row."
    )
    reason: str = Field(min_length=1)

    def tests(self) -> tuple[CellTest, ...]:
        """All tests that a row must pass to be skipped."""
        return (self, *self.also)


class RowsRule(Strict):
    """What to do with rows before they become lines."""

    skip: tuple[SkipRule, ...] = ()
    footer: tuple[SkipRule, ...] = Field(
        (), description="The first row that fits, and every row below it on the sheet, is no data."
    )
    fill_down: tuple[str, ...] = Field((), description="Columns written only on the first row of an invoice.")

    @model_validator(mode="after")
    def _footers_stand_as_written(self) -> Self:
        if any(rule.filled for rule in self.footer):
            msg = "filled is for rows.skip: a footer begins where its own cells say so"
            raise ValueError(msg)
        return self

    def rules(self) -> tuple[SkipRule, ...]:
        """Every rule about rows that are no data."""
        return (*self.skip, *self.footer)
