"""What every part of a profile's model shares: strictness, lists that may be one text, and problems with their place."""

from collections.abc import Sequence
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field


def _as_list(value: object) -> object:
    return [value] if isinstance(value, str) else value


OneOrMore = Annotated[tuple[str, ...], BeforeValidator(_as_list), Field(min_length=1)]


class ProblemsError(ValueError):
    """Several things are wrong: for each its place in the profile, and a clause about it."""

    def __init__(self, problems: Sequence[tuple[tuple[str, ...], str]]) -> None:
        super().__init__("; ".join(f"{'.'.join(path)} {clause}" for path, clause in problems))
        self.problems = tuple(problems)


class Strict(BaseModel):
    """A group of keys: no others may stand in it, and every scalar is text as written."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=False, str_strip_whitespace=False)
