"""Speaking a language: sentences, amounts, days and numbers as a reader in Belgium expects them.

English keeps the notation of the source (1,250.00 and 2026-03-03). Dutch writes 1.250,00 and French 1 250,00 with a
narrow space that does not break; both write 03/03/2026.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from importer.domain.clock import stamp
from importer.domain.money import euros
from importer.domain.wording import fill
from importer.errors import ImporterError
from importer.language.book import Book, read_book

LANGUAGES: Final = ("nl", "fr", "en")
SOURCE: Final = "en"
_DAY = re.compile(r"(\d{4})-(\d{2})-(\d{2})")
_AMOUNT = re.compile(r"-?\d+(?:\.\d+)?")
_SIGNS: Final = {"nl": str.maketrans(",.", ".,"), "fr": str.maketrans(",.", "\u202f,"), "en": {}}  # thousands and cents
_AND_ALSO = "; "  # between two clauses
_DEEPEST = 4  # words within words


@dataclass(frozen=True, slots=True)
class Speech:
    """One language of LANGUAGES. A `Wording` for the domain, and what screens and reports ask of a language besides."""

    language: str = SOURCE

    @property
    def _book(self) -> Book | None:
        """The translations; None for English. Read when first asked for."""
        return None if self.language == SOURCE else read_book(self.language)

    @property
    def _and_also(self) -> str:
        return f"\u00a0{_AND_ALSO}" if self.language == "fr" else _AND_ALSO

    # --- sentences -----------------------------------------------------------------------------------------------

    def sentence(self, english: str, /) -> str:
        """The template in this language; in English where it has no translation."""
        book = self._book
        return english if book is None else book.sentences.get(english, english)

    def say(self, english: str, /, **facts: str | int) -> str:
        """A sentence with its facts; whole numbers are written as the language groups them."""
        texts = {name: fact if isinstance(fact, str) else self.number(fact) for name, fact in facts.items()}
        return fill(self.sentence(english), texts, self)

    def count(self, number: int, one: str, several: str, /, **facts: str | int) -> str:
        """The sentence for a number of things, which is `{count}` in it; French counts 0 as one."""
        book = self._book
        forms = (one, several) if book is None else book.plurals.get(one, (one, several))
        form = forms[0] if number == 1 or (self.language == "fr" and number == 0) else forms[1]
        texts = {name: fact if isinstance(fact, str) else self.number(fact) for name, fact in facts.items()}
        return fill(form, {"count": self.number(number), **texts}, self)

    def words(self, text: str, /) -> str:
        """A finished English sentence, or several on lines of their own, in this language; as it is where not known."""
        return self._words(text, 0)

    def told(self, error: ImporterError) -> tuple[str, str]:
        """Message and remedy of an error."""
        return self.words(error.message), self.words(error.fix)

    # --- facts ---------------------------------------------------------------------------------------------------

    def fact(self, kind: str, text: str, /) -> str:
        """A fact as this language writes it, by its kind (see `importer.domain.wording`)."""
        if self.language == SOURCE:
            return text
        match kind:
            case "words":
                return self.words(text)
            case "amount":
                return self.amount(text)
            case "day":
                return self.day(text)
            case "form":
                return re.sub(r"[a-z]+", lambda found: self.sentence(found[0]), text)
            case "list":
                return re.sub(r'(?<=") (and|or) (?=")', lambda found: f" {self.sentence(found[1])} ", text)
            case "number":
                return self._signed(text)
            case "things":
                return self._things(text)
            case _:
                msg = f"no language knows facts of the kind {kind}"
                raise ValueError(msg)

    def _things(self, text: str) -> str:
        """`1,200 rows`, by the plural forms of `{count} row`; as it is where those are not known."""
        number, _, noun = text.partition(" ")
        book = self._book
        singular = "{count} " + (noun if number == "1" else noun.removesuffix("s"))
        if book is None or singular not in book.plurals or not number.replace(",", "").isdigit():
            return text
        return self.count(int(number.replace(",", "")), singular, singular)

    def number(self, number: int) -> str:
        """A whole number in groups of three digits."""
        return self._signed(f"{number:,}")

    def money(self, cents: int) -> str:
        """Cents as euros with groups: 1,234.56 or 1.234,56 or 1 234,56."""
        whole, _, rest = euros(abs(cents)).partition(".")
        return self._signed(f"{'-' if cents < 0 else ''}{int(whole):,}.{rest}")

    def amount(self, text: str) -> str:
        """An amount as `euros` writes it."""
        if self.language == SOURCE or not _AMOUNT.fullmatch(text):
            return text
        whole, point, rest = text.removeprefix("-").partition(".")
        sign = "-" if text.startswith("-") else ""
        return self._signed(f"{sign}{int(whole):,}{point}{rest}")

    def _signed(self, text: str) -> str:
        """A number written as 1,234.56 with the signs of the language."""
        return text.translate(_SIGNS[self.language])

    def day(self, text: str) -> str:
        """A day written as 2026-03-31."""
        match = _DAY.fullmatch(text)
        return text if self.language == SOURCE or match is None else f"{match[3]}/{match[2]}/{match[1]}"

    def moment(self, moment: datetime, *, seconds: bool = True) -> str:
        """A moment in UTC, to the second or the minute."""
        text = stamp(moment)[: 19 if seconds else 16]
        return f"{self.day(text[:10])} {text[11:]}"

    def _words(self, text: str, depth: int) -> str:
        book = self._book
        if book is None or not text or depth > _DEEPEST:
            return text
        if text in book.sentences:
            return book.sentences[text]
        found = book.find(text)
        parts = text.split(_AND_ALSO)
        clauses = 0 if found is None else found.template.count(_AND_ALSO)  # fewer: a fact has swallowed a clause
        if len(parts) - 1 > clauses and all(part in book.sentences or book.find(part) is not None for part in parts):
            return self._and_also.join(self._words(part, depth + 1) for part in parts)
        if found is not None:
            facts = dict(found.facts)
            return fill(book.sentences[found.template], facts, _Deeper(self, depth + 1))
        for between, ours in (("\n", "\n"), (_AND_ALSO, self._and_also)):
            if between in text:
                return ours.join(self._words(part, depth + 1) for part in text.split(between))
        for between in (" or ", " and "):
            if all(part in book.sentences for part in text.split(between)):
                return f" {book.sentences[between.strip()]} ".join(map(book.sentences.__getitem__, text.split(between)))
        return self._behind_place(text, depth)

    def _behind_place(self, text: str, depth: int) -> str:
        """`mappings/x.yaml:12:5 (lines.quantity): is empty.`: what stands behind the place, a sentence or a clause."""
        place, colon, rest = text.partition(": ")
        if not colon:
            return text
        for said, end in ((rest, ""), (rest.removesuffix("."), ".")):
            made = self._words(said, depth + 1)
            if made != said:
                return f"{place}{colon}{made}{end}"
        return text


@dataclass(frozen=True, slots=True)
class _Deeper:
    """The speech of words within words, which come to an end."""

    speech: Speech
    depth: int

    def sentence(self, english: str, /) -> str:
        """As the speech."""
        return self.speech.sentence(english)

    def fact(self, kind: str, text: str, /) -> str:
        """As the speech, one level deeper."""
        if kind == "words":
            return self.speech._words(text, self.depth)  # noqa: SLF001 - two halves of one thing
        return self.speech.fact(kind, text)


ENGLISH: Final = Speech()
