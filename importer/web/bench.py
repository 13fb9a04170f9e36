"""What lies on the bench of the workshop: the suggestion for a file with what a person said of it, and its trial."""

import json
import threading
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from importer.domain.circumstances import Circumstances
from importer.domain.clock import belgian_day
from importer.errors import ConfigError, ImporterError
from importer.language.speech import ENGLISH, Speech
from importer.pipeline import check_files
from importer.profile.load import parse_profile
from importer.suggest.answers import answered
from importer.suggest.model import Choice, Column, Draft, Entry, Sure
from importer.suggest.model import Path as KeyPath
from importer.suggest.retell import ABSENT, FIXED, PROOF, ROLES
from importer.suggest.suggest import start
from importer.suggest.write import profile_text
from importer.web.desk import Desk
from importer.web.preview import Preview, preview_of
from importer.web.uploads import Work

FIELD: Final = "f."  # the word of a person for a field: see `retell`
TEXT: Final = "t."  # a text of a person that is the same on all rows
CHOICE: Final = "c."  # the answer of a person to an open choice, by its path as JSON
PRICES: Final[KeyPath] = ("prices",)
SIDES: Final = ("excl_vat", "incl_vat")
KEPT_BENCHES: Final = 2  # in memory: each holds the rows of a file and its invoices
STRIPES: Final = 16
LONGEST: Final = 200  # characters of an answer
NEEDED: Final = frozenset(
    {
        ("invoice_key",),
        ("invoice", "date"),
        ("customer", "name"),
        ("lines", "product_code"),
        ("lines", "quantity"),
        ("lines", "unit_price"),
        ("lines", "vat_rate"),
    }
)
KEPT: Final = "*"  # as it is: columns that are no single column of the file
COUNTRY: Final = ("customer", "country", "map")  # where the words for countries are told apart
NOTHING: Final = "-"  # the answer that leaves a country out
FREE: Final = frozenset({("customer", "name"), ("lines", "product_code"), ("lines", "quantity"), ("lines", "vat_rate")})


@dataclass(frozen=True, slots=True)
class Asked:
    """A choice that the file leaves open, and what a person chose; empty: not yet. `problem`: why it cannot be that."""

    field: KeyPath
    choice: Choice
    answer: str
    problem: ConfigError | None = None

    @property
    def name(self) -> str:
        """What the form calls it."""
        return CHOICE + json.dumps(self.choice.path, ensure_ascii=True)


@dataclass(frozen=True, slots=True)
class Bench:
    """A suggestion with a person's words in it. `made` is its trial on the files; `error` why there is none."""

    draft: Draft
    asked: tuple[Asked, ...]
    made: Preview | None
    error: ImporterError | None

    @property
    def open(self) -> int:
        """How many choices are left."""
        return len(self.draft.choices)

    def text(self, speech: Speech) -> str:
        """The profile as YAML, its comments in a language."""
        return profile_text(self.draft, _sample(self.draft), speech)

    @property
    def columns(self) -> list[Column]:
        """The columns that a field can be read from: those whose header names one column."""
        sheet = self.draft.sheet
        return [each for each in sheet.columns if each.header and each.header not in sheet.doubled]

    def word(self, path: KeyPath) -> str:
        """What the form has chosen for a field: a letter, ABSENT, KEPT, or FIXED and a text; "" while it is open."""
        entry = self.draft.entries.get(path)
        if entry is None or entry.value is None:
            return "" if path in NEEDED else ABSENT
        if isinstance(entry.value, Mapping) and "value" in entry.value:
            return "" if entry.sure is Sure.CHOOSE else f"{FIXED}{entry.value['value']}"
        if not entry.columns:
            return ""
        column = self.draft.sheet.column(entry.columns[0])
        return KEPT if column is None or len(entry.columns) > 1 else column.letter


class Benches:
    """The last few benches: a form is drawn, posted and drawn again from the same one. Safe from any thread."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._kept: OrderedDict[str, Bench] = OrderedDict()
        self._turn = threading.Lock()
        self._turns = [threading.Lock() for _ in range(STRIPES)]

    def turn(self, work: str) -> threading.Lock:
        """The lock of a work (a few works share one): forms that change it are taken one after the other."""
        return self._turns[int(work, 16) % STRIPES]

    def lay_out(self, work: Work) -> Bench:
        """The bench of a work as it is now. Raises what `lay_out` raises."""
        key = json.dumps([work.id, work.called, sorted(work.edits.items()), str(belgian_day(self._desk.clock.now()))])
        with self._turn:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        bench = lay_out(self._desk, work)
        with self._turn:
            self._kept[key] = bench
            while len(self._kept) > KEPT_BENCHES:
                self._kept.popitem(last=False)
        return bench


def lay_out(desk: Desk, work: Work) -> Bench:
    """The suggestion for the first file of a work, with what was said of it, tried on all its files.

    Raises SourceError where the file cannot be read, holds no table, or is an export without lines.
    """
    paths = desk.uploads.paths(work)
    draft = start(paths[0], work.called or None, dict(_told(work.edits)))
    _take_side(draft, work.edits.get(PRICES[0], ""))
    asked = tuple(_settle(draft, work.edits))
    if draft.choices:
        return Bench(draft, asked, None, None)
    try:
        made = _tried(desk, work, paths, profile_text(draft, _sample(draft), ENGLISH))
    except ImporterError as error:
        return Bench(draft, asked, None, error)
    return Bench(draft, asked, made, None)


def said(bench: Bench, edits: Mapping[str, str], form: Mapping[str, str]) -> dict[str, str]:
    """The words of a person after a form: what they said before, and what they changed of what the page showed."""
    kept = dict(edits)
    letters = {column.letter for column in bench.columns}
    for path in ROLES:
        name, text = f"{FIELD}{'.'.join(path)}", form.get(f"{TEXT}{'.'.join(path)}", "").strip()
        word = form.get(name, bench.word(path))
        if path in FREE and text and (not word or word.startswith(FIXED)):
            word = f"{FIXED}{text[:LONGEST]}"
        fixed = path in FREE and word.startswith(FIXED) and word != FIXED
        if word != bench.word(path) and (
            not word or fixed or word in letters or (word == ABSENT and path not in NEEDED)
        ):
            kept[name] = word
    for one in bench.asked:
        answer = form.get(one.name)
        if answer is not None:
            kept[one.name] = answer.strip()[:LONGEST]
    side, entry = form.get(PRICES[0], ""), bench.draft.entries.get(PRICES)
    if side in SIDES and entry is not None and entry.value != side:
        kept[PRICES[0]] = side
    return {name: word for name, word in kept.items() if word}


def _take_side(draft: Draft, side: str) -> None:
    """Put in on which side of VAT a person says that the prices are, whatever the file proves."""
    entry = draft.entries.get(PRICES)
    if side in SIDES and entry is not None and entry.value != side:
        draft.add(Entry(PRICES, side, Sure.LIKELY, PROOF))


def _told(edits: Mapping[str, str]) -> Iterator[tuple[KeyPath, str]]:
    for name, word in edits.items():
        path = tuple(name.removeprefix(FIELD).split("."))
        if name.startswith(FIELD) and path in ROLES:
            yield path, word


def _settle(draft: Draft, edits: Mapping[str, str]) -> Iterator[Asked]:
    """Every open choice, settled where a person's answer fits."""
    for entry in list(draft.entries.values()):
        for choice in entry.choices:
            one = Asked(entry.path, choice, "")
            answer, problem = edits.get(one.name, ""), None
            if answer:
                country = choice.path[:3] == COUNTRY
                try:
                    answered(draft, choice.path, _country(answer) if country else answer)
                except ConfigError as error:
                    problem = error
            yield Asked(entry.path, choice, answer, problem)


def _country(answer: str) -> str:
    """A person writes `de` for DE, and NOTHING for no country."""
    return "" if answer == NOTHING else answer.upper()


def _tried(desk: Desk, work: Work, paths: list[Path], text: str) -> Preview:
    """The files read with the profile, as `check` reads them."""
    settings = desk.account(work.account)
    given = Circumstances(belgian_day(desk.clock.now()), settings.vat_number)
    loaded = parse_profile(text.encode(), "the suggested profile")
    return preview_of(check_files(paths, loaded, settings.account, given=given), paths, loaded)


def _sample(draft: Draft) -> str:
    return draft.sheet.grid.file.name
