"""What is odd about a profile that loads: rules that cannot work, that guess, or that nobody can review."""

from collections.abc import Iterator
from datetime import date, datetime
from itertools import combinations
from typing import Final

from importer.profile.explain import place
from importer.profile.load import LoadedProfile, title_of
from importer.profile.model import FieldRule, Profile
from importer.profile.names import normal_header
from importer.profile.patterns import complaint
from importer.profile.rows import CellTest, SkipRule
from importer.profile.samplefile import head_comment, is_workbook, missing_columns, rows_of, samples_of, shows_lines
from importer.profile.yamltext import Path

Problem = tuple[Path, str]

VAT_RATES: Final = ("0", "6", "12", "21")
LANGUAGES: Final = ("nl", "fr", "en")
DAYS: Final = (date(2026, 3, 4), date(2010, 11, 12), date(2012, 1, 2))
EVERY_BYTE: Final = bytes(range(256))


def lint(loaded: LoadedProfile) -> list[str]:
    """Problems in file order, each `mappings/x.yaml:12:5 (lines.quantity): sentence.`; empty if there are none."""
    profile = loaded.profile
    problems = [
        *_head(loaded),
        *_source(profile),
        *_rows(profile),
        *_extra_lines(profile),
        *(problem for path, rule in profile.fields() for problem in _field(tuple(path.split(".")), rule)),
    ]
    problems.sort(key=lambda problem: loaded.document.order(problem[0]))
    return [place(loaded.document, path, clause) for path, clause in problems]


def _head(loaded: LoadedProfile) -> Iterator[Problem]:
    comment = head_comment(loaded.text)
    if not title_of(loaded.text):
        yield (), "the file does not open with a comment that says which program makes the export, and where to click"
    samples = samples_of(loaded)
    if not samples:
        yield (), 'the head comment names no sample of the export: add "Sample: " and the path of a small example file'
    quoted = False
    for sample in samples:
        if sample.path is None:
            yield (), f'the sample "{sample.name}" does not exist'
            continue
        try:
            rows = list(rows_of(sample.path, loaded.profile))
        except (OSError, ValueError) as error:
            yield (), f'the sample "{sample.name}" cannot be read: {error}'
            continue
        missing = missing_columns(rows, loaded.profile)
        if missing:
            yield (), f'the sample "{sample.name}" has no header row with {", ".join(missing)}'
        quoted = quoted or shows_lines(comment, rows, 1 if is_workbook(sample.path) else 2)
    if samples and not quoted:
        yield (), "the head comment does not show the header line and a line of data of its sample"


def _source(profile: Profile) -> Iterator[Problem]:
    source = profile.source
    if source.kind == "excel" and source.delimiter is not None:
        yield ("source", "delimiter"), "means nothing for workbooks (kind: excel)"
    if source.kind == "csv" and source.sheets is not None:
        yield ("source", "sheets"), "means nothing for text files (kind: csv)"
    for position, name in enumerate(source.encoding[:-1]):
        if _reads_everything(name):
            later = ", ".join(source.encoding[position + 1 :])
            yield ("source", "encoding"), f"{name} fits every file, so {later} is never tried"
    for form in source.dates or ():
        if "%y" in form:
            yield ("source", "dates"), f'"{form}" has a year of two digits: let the export write four, if it can'
    for one, other in combinations(source.dates or (), 2):
        example = _fits_both(one, other)
        if example:
            yield ("source", "dates"), f'"{example}" fits both "{one}" and "{other}" and means two dates; keep one form'


def _reads_everything(encoding: str) -> bool:
    try:
        EVERY_BYTE.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _fits_both(one: str, other: str) -> str:
    """A date text that two forms read as two dates, or empty text."""
    for written, read in ((one, other), (other, one)):
        for day in DAYS:
            text = day.strftime(written)
            try:
                if datetime.strptime(text, read).date() != day:  # noqa: DTZ007 - a day has no time zone
                    return text
            except ValueError:
                continue
    return ""


def _rows(profile: Profile) -> Iterator[Problem]:
    header = {normal_header(name) for name in profile.invoice_key}
    if profile.source.join is not None:
        header |= {
            normal_header(name) for side in (profile.source.join.header, profile.source.join.lines) for name in side.key
        }
    line = set()
    header |= {
        normal_header(name)
        for skip in profile.rows.skip
        if skip.filled
        for test in skip.tests()
        for name in test.column
    }
    for path, rule in profile.fields():
        names = {normal_header(name) for spellings in rule.alternatives() for name in spellings}
        if path.startswith("lines.") and path != "lines.vat_rate":  # one rate may be written once for the whole invoice
            line |= names
        else:
            header |= names
    for position, name in enumerate(profile.rows.fill_down):
        normal = normal_header(name)
        if normal not in header | line:
            yield ("rows", "fill_down", position), f'the column "{name}" is used by no field of this profile'
        elif normal not in header:
            yield (
                ("rows", "fill_down", position),
                f'the column "{name}" belongs to the lines; only header fields are filled',
            )
    for kind in ("skip", "footer"):
        for position, rule in enumerate(getattr(profile.rows, kind)):
            where: Path = ("rows", kind, position)
            yield from _test(where, rule)
            for number, test in enumerate(rule.also):
                yield from _test((*where, "also", number), test)
            yield from _filled(where, rule, profile)


def _test(where: Path, test: CellTest) -> Iterator[Problem]:
    if test.matches is not None and (clause := complaint(test.matches)):
        yield (*where, "matches"), f'"{test.matches}" {clause}'
    for name in ("equals", "other_than"):
        texts = getattr(test, name)
        if texts is not None and not all(text.strip() for text in texts):
            yield (*where, name), 'an empty text is written as "blank: true"'


def _filled(where: Path, rule: SkipRule, profile: Profile) -> Iterator[Problem]:
    """`filled` says something only of a column that is filled down."""
    filled = {normal_header(name) for name in profile.rows.fill_down}
    asked = {normal_header(name) for test in rule.tests() for name in test.column}
    if rule.filled is not None and not asked & filled:
        yield (*where, "filled"), "means nothing: none of its columns stands under rows.fill_down"


def _extra_lines(profile: Profile) -> Iterator[Problem]:
    for name, extra in profile.extra_lines.items():
        if extra.amount.value is not None:
            yield (
                ("extra_lines", name, "amount"),
                "puts the same amount on every invoice; name the column that holds it",
            )
        if extra.negate is not None and not {"discount_amount", "discount_percent"} & set(profile.invoice):
            yield (
                ("extra_lines", name, "negate"),
                "makes a line below zero, so the invoice is held; map invoice.discount_amount if Facturalia may spread it",
            )


def _field(path: Path, rule: FieldRule) -> Iterator[Problem]:
    if rule.value is not None:
        for name in ("map", "default", "strip", "extract", "duration"):
            if getattr(rule, name) is not None:
                yield (*path, name), "means nothing beside a fixed value"
    meanings = set((rule.map or {}).values())
    if rule.map is not None and not meanings - {rule.default}:
        yield (*path, "map"), "every word means the default, so the map changes nothing" if meanings else "is empty"
    yield from _near_equal(path, rule)
    fixed = {text for text in (rule.value, rule.default, *meanings) if text}
    allowed = VAT_RATES if path[-1] == "vat_rate" else LANGUAGES if path == ("invoice", "language") else None
    if allowed is not None:
        for text in sorted(fixed - set(allowed)):
            yield path, f'"{text}" is none of {", ".join(allowed)}'
    if path == ("customer", "country"):
        for text in sorted(fixed):
            if not (len(text) == 2 and text.isascii() and text.isalpha() and text.isupper()):  # noqa: PLR2004 - ISO
                yield path, f'"{text}" is not a country code of two capital letters'


def _near_equal(path: Path, rule: FieldRule) -> Iterator[Problem]:
    """Words of a map that a person reads as the same, with two meanings."""
    seen: dict[str, str] = {}
    for word, meaning in (rule.map or {}).items():
        normal = normal_header(word)
        if seen.setdefault(normal, meaning) != meaning:
            yield (*path, "map", word), f'"{word}" stands here in two spellings with two meanings'
