"""Which delimiter a text file uses, proved by its headers."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

from importer.errors import SourceError
from importer.profile.model import SourceRule
from importer.stations.read.encoding import Text
from importer.stations.read.exact import records
from importer.stations.read.headers import Found, Missed, Needed, find_header, not_found, rows_to_search

CANDIDATES = (";", ",", "\t", "|")
_SEP_LINE = re.compile(rb'"?sep=([^\r\n"])"?\r?(?:\n|\Z)', re.IGNORECASE)
_SAMPLE = 1 << 16
_LONGEST = 10_000  # characters of a line that a guess still looks at
_PROVED_ON = 50  # lines
_SINGLE = re.compile(rb"(?:^|[;,\t|])[ ]*'[^'\r\n]+'[ ]*(?=[;,\t|\r]|$)")
_NAMES = {"\t": "tab", " ": "space"}


@dataclass(frozen=True, slots=True)
class Layout:
    """How the rows of a text file are to be cut, and where its header is. `origin` says how the delimiter is known."""

    delimiter: str
    origin: str
    header: Found


def delimiter_name(delimiter: str) -> str:
    """The delimiter as a person reads it."""
    return _NAMES.get(delimiter, delimiter)


def find_layout(text: Text, source: SourceRule, needed: Needed, name: str) -> Layout:
    """The delimiter and the header row: as the profile says, as a `sep=` line says, or as the needed headers prove.

    Raises SourceError if no row splits into the needed headers.
    """
    stated = _sep_line(text)
    search = _Search(text, source, needed, name, skip_first=stated is not None)
    if source.delimiter is not None:
        return search.fixed(source.delimiter, "profile")
    if stated is not None:
        return search.fixed(stated, "sep= line")
    return search.detected()


def refuse_single_quotes(text: Text, name: str) -> None:
    """Raise SourceError where cells stand between single quotes: a separator inside them would cut them in two.

    Two such cells in one line are no accident; an apostrophe that opens a cell (`'s avonds`) has no second one.
    """
    lines = text.data[text.start : text.start + _SAMPLE].split(b"\n", _PROVED_ON)[:_PROVED_ON]
    for number, line in enumerate(lines, start=1):
        if b'"' not in line and len(_SINGLE.findall(line)) > 1:
            raise SourceError(
                "single-quotes",
                f"{name} has cells between single quotes (') in line {number}; only double quotes (\") hold a cell together.",
                fix='Export it with double quotes (") around texts, or as an Excel workbook.',
            )


def _sep_line(text: Text) -> str | None:
    """What Excel's first line `sep=;` says, if there is one."""
    match = _SEP_LINE.match(text.data, text.start, min(len(text.data), text.start + 16))
    return match.group(1).decode("latin-1") if match else None


@dataclass(slots=True)
class _Search:
    text: Text
    source: SourceRule
    needed: Needed
    name: str
    skip_first: bool

    def fixed(self, delimiter: str, origin: str) -> Layout:
        """The layout with a delimiter that somebody stated."""
        if delimiter in {'"', "\r", "\n", "\0"}:
            raise SourceError(
                "bad-delimiter",
                f"{self.name}: a quote or a line end cannot be the delimiter ({origin}).",
                fix='Use one of ; , | or a tab ("\\t") under source.delimiter.',
            )
        result = self.look(delimiter)
        if isinstance(result, Found):
            return Layout(delimiter, origin, result)
        for other in CANDIDATES:
            if other != delimiter and isinstance(self.try_out(other), Found):
                raise SourceError(
                    "wrong-delimiter",
                    f'{self.name}: the needed headers are there, but separated by "{delimiter_name(other)}", '
                    f'not by "{delimiter_name(delimiter)}" as stated ({origin}).',
                    fix="Correct source.delimiter in the profile, or leave it out.",
                )
        raise not_found(self.name, result, self.source.header)

    def detected(self) -> Layout:
        """The candidate that makes a row split into the needed headers."""
        results = {delimiter: self.try_out(delimiter) for delimiter in CANDIDATES}
        found = {delimiter: result for delimiter, result in results.items() if isinstance(result, Found)}
        if found:
            delimiter = self._choose(found)
            return Layout(delimiter, "detected", found[delimiter])
        guess = self._guess(None)
        if guess is not None and guess not in results:
            result = self.try_out(guess)
            if isinstance(result, Found):
                return Layout(guess, "detected", result)
        missed = [result for result in results.values() if isinstance(result, Missed)]
        if not missed:
            raise next(result for result in results.values() if isinstance(result, SourceError))
        nearest = max(missed, key=lambda result: (result.holds, len(result.headers)))
        raise not_found(self.name, nearest, self.source.header)

    def look(self, delimiter: str) -> Found | Missed:
        """Find the header with this delimiter. Raises SourceError if a row above it has broken quotes."""
        rows = enumerate(islice(records(self.text, delimiter, self.name), rows_to_search(self.source.header)), start=1)
        if self.skip_first:
            next(rows)
        return find_header(rows, self.needed, self.source.header)

    def try_out(self, delimiter: str) -> Found | Missed | SourceError:
        """The same for a delimiter that may be wrong, and then may break quotes."""
        try:
            return self.look(delimiter)
        except SourceError as error:
            return error

    def _choose(self, found: dict[str, Found]) -> str:
        """Among delimiters that all show the headers: the one that splits, else the one the whole text speaks for."""
        splitting = [delimiter for delimiter, header in found.items() if len(header.headers) > 1] or list(found)
        if len(splitting) == 1:
            return splitting[0]
        guess = self._guess(splitting)
        if guess in splitting:
            return guess
        return max(splitting, key=lambda delimiter: len(found[delimiter].headers))

    def _guess(self, allowed: Sequence[str] | None) -> str | None:
        from clevercsv import Detector  # noqa: PLC0415 - slow to import, rarely needed

        sample = self.text.data[self.text.start : self.text.start + _SAMPLE].decode("utf-8", "ignore")
        if max(map(len, sample.splitlines()), default=0) > _LONGEST:
            return None  # no table; on one endless line the detector takes a quarter of a minute
        try:
            dialect = Detector().detect(sample, delimiters=allowed)
        except Exception:  # noqa: BLE001 - a guess that fails is no guess
            return None
        delimiter = dialect.delimiter if dialect is not None else None
        return delimiter if delimiter and len(delimiter) == 1 and delimiter not in '"\r\n\0' else None
