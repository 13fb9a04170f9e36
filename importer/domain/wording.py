"""The seam between what is said and the language it is said in: the domain takes a wording as it takes a clock.

A sentence is a template in English, which is also its key in the translations. `{name}` stands for a fact as it is;
what stands behind a colon says what kind of fact it is, so that a language can write it its own way:

    {reason:words}      our own words, translated themselves where they are known
    {computed:amount}   an amount as `1234.50`
    {date:day}          a day as `2026-03-31`
    {expected:form}     date forms as `dd/mm/yyyy or yyyy-mm-dd`
    {columns:list}      quoted names, the last one behind "and" or "or"
    {limit:number}      a whole number as `1,000`
    {rows:things}       a number of things as `1 row` or `1,200 rows`
"""

from collections.abc import Mapping
from typing import Final, Protocol, Self


class Wording(Protocol):
    """How a language says things. Each function is handed English and gives it back where it knows no better."""

    def sentence(self, english: str, /) -> str:
        """The template in this language, with the same placeholders."""

    def fact(self, kind: str, text: str, /) -> str:
        """A fact of a kind (see above) as this language writes it."""


class English:
    """The language of the source."""

    def sentence(self, english: str, /) -> str:
        """The template as it is."""
        return english

    def fact(self, _kind: str, text: str, /) -> str:
        """The fact as it is."""
        return text


ENGLISH: Final = English()


class _Fact(str):
    """A fact that is written by its kind when it goes into a template."""

    __slots__ = ("wording",)

    def __new__(cls, text: str, wording: Wording) -> Self:
        """A fact in a language."""
        made = super().__new__(cls, text)
        made.wording = wording
        return made

    wording: Wording

    def __format__(self, kind: str) -> str:
        return self.wording.fact(kind, str(self)) if kind else str(self)


def fill(template: str, facts: Mapping[str, str], wording: Wording) -> str:
    """A template of `wording` with its facts in it. KeyError if one is missing."""
    return template.format_map({name: _Fact(text, wording) for name, text in facts.items()})
