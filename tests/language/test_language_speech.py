"""Speaking a language: choosing it, writing amounts and days, and finding English sentences again."""

import re
from datetime import UTC, datetime
from importlib import resources

import pytest
from hypothesis import given
from hypothesis import strategies as st

from importer.domain.findings import Finding
from importer.domain.wording import ENGLISH as SOURCE
from importer.domain.wording import fill
from importer.errors import SettingsError
from importer.facturalia.answers import _STOPS
from importer.language.book import PLACEHOLDER, Book, read_book
from importer.language.choose import choose
from importer.language.speech import ENGLISH, LANGUAGES, Speech

DUTCH, FRENCH = Speech("nl"), Speech("fr")
SAMPLES = {"amount": ("1234.50", "1.234,50"), "day": ("2026-03-31", "31/03/2026"), "number": ("1,000", "1.000")}


@pytest.mark.parametrize(
    ("given_", "environment", "language"),
    [
        ("fr", {"LC_ALL": "nl_BE.UTF-8"}, "fr"),
        ("NL", {}, "nl"),
        ("", {"LC_ALL": "nl_BE.UTF-8", "LANG": "fr_BE"}, "nl"),
        ("", {"LC_ALL": "", "LC_MESSAGES": "fr_BE.UTF-8", "LANG": "nl_BE"}, "fr"),
        ("", {"LANG": "nl-BE"}, "nl"),
        ("", {"LANG": "nl"}, "nl"),
        ("", {"LC_ALL": "C.UTF-8", "LANG": "nl_BE"}, "en"),
        ("", {"LANG": "de_BE.UTF-8"}, "en"),
        ("", {"LANG": "nlx"}, "en"),
        ("", {}, "en"),
    ],
)
def test_the_language_is_the_one_asked_for_else_that_of_the_system(
    given_: str, environment: dict[str, str], language: str
) -> None:
    """What a person asks for counts first, then the first locale that is set; what is not ours gives English."""
    assert choose(given_, environment) == language


def test_a_language_we_do_not_speak_is_refused() -> None:
    """A wrong IMPORTER_LANGUAGE is named with what may be chosen, never passed over."""
    with pytest.raises(SettingsError, match='"de" is not a language') as caught:
        choose("de", {"LANG": "nl_BE"})

    assert caught.value.code == "bad-language"
    assert "nl, fr or en" in caught.value.fix


@pytest.mark.parametrize(
    ("cents", "english", "dutch", "french"),
    [
        (0, "0.00", "0,00", "0,00"),
        (5, "0.05", "0,05", "0,05"),
        (-5, "-0.05", "-0,05", "-0,05"),
        (123456, "1,234.56", "1.234,56", "1\u202f234,56"),
        (-12345678901, "-123,456,789.01", "-123.456.789,01", "-123\u202f456\u202f789,01"),
    ],
)
def test_amounts_are_written_as_in_belgium(cents: int, english: str, dutch: str, french: str) -> None:
    """1.234,56 in Dutch, 1 234,56 in French, 1,234.56 in English; the sign of cents below one euro is kept."""
    assert (ENGLISH.money(cents), DUTCH.money(cents), FRENCH.money(cents)) == (english, dutch, french)
    assert DUTCH.amount(f"{cents // 100}.{cents % 100:02d}" if cents >= 0 else "-0.05")[-3:-2] == ","


@given(st.integers(-(10**14), 10**14))
def test_an_amount_keeps_every_digit(cents: int) -> None:
    """Whatever the language, the digits are those of the amount."""
    for speech in (ENGLISH, DUTCH, FRENCH):
        digits = re.sub(r"[^0-9-]", "", speech.money(cents))
        assert int(digits) == cents


def test_days_numbers_and_moments() -> None:
    """Days stand as day, month, year; numbers in groups of three; a text that is no day stays as it is."""
    moment = datetime(2026, 3, 3, 9, 15, 7, tzinfo=UTC)

    assert (DUTCH.day("2026-03-31"), FRENCH.day("2026-03-31"), ENGLISH.day("2026-03-31")) == (
        "31/03/2026",
        "31/03/2026",
        "2026-03-31",
    )
    assert DUTCH.day("31 maart") == "31 maart"
    assert (DUTCH.number(1234567), ENGLISH.number(1234567)) == ("1.234.567", "1,234,567")
    assert DUTCH.moment(moment) == "03/03/2026 09:15:07"
    assert ENGLISH.moment(moment, seconds=False) == "2026-03-03 09:15"


def test_facts_are_written_by_their_kind() -> None:
    """Amounts, days, date forms, lists and our own words each have their way; a kind nobody knows is a bug."""
    assert DUTCH.fact("amount", "-1234.5") == "-1.234,5"
    assert DUTCH.fact("amount", "12,50 EUR") == "12,50 EUR"
    assert FRENCH.fact("form", "dd/mm/yyyy or yyyy-mm-dd") == "jj/mm/aaaa ou aaaa-mm-jj"
    assert DUTCH.fact("list", '"Nr" and "Jaar"') == '"Nr" en "Jaar"'
    assert DUTCH.fact("list", '"this and that"') == '"this and that"'
    assert DUTCH.fact("words", "held or rejected") == "tegengehouden of afgewezen"
    with pytest.raises(ValueError, match="colour"):
        DUTCH.fact("colour", "red")


def test_one_is_told_from_several_as_the_language_does() -> None:
    """French counts nought as one; Dutch and English do not."""
    words = ("{count} invoice", "{count} invoices")

    assert [ENGLISH.count(number, *words) for number in (0, 1, 1200)] == ["0 invoices", "1 invoice", "1,200 invoices"]
    assert [DUTCH.count(number, *words) for number in (0, 1, 1200)] == ["0 facturen", "1 factuur", "1.200 facturen"]
    assert [FRENCH.count(number, *words) for number in (0, 1, 1200)] == [
        "0 facture",
        "1 facture",
        "1\u202f200 factures",
    ]


@pytest.mark.parametrize("language", ["nl", "fr"])
def test_every_english_sentence_is_found_again_with_its_facts(language: str) -> None:
    """A finished English sentence becomes the sentence of the language, with the same facts in the right places."""
    speech, book = Speech(language), read_book(language)
    for english, theirs in book.sentences.items():
        names = dict(PLACEHOLDER.findall(english))
        facts = {name: SAMPLES.get(kind, (f"X{number}Y",))[0] for number, (name, kind) in enumerate(names.items())}
        finished = fill(english, facts, SOURCE)

        found = speech.words(finished)

        known = book.find(finished)
        if finished in book.sentences or known is None or known.template != english:
            continue  # the same words as another sentence: told apart below
        assert found == fill(theirs, facts, speech), english
        assert all(
            fact in found or SAMPLES.get(kind, ("",))[0] == fact
            for fact, kind in zip(facts.values(), names.values(), strict=True)
        )


@pytest.mark.parametrize("language", ["nl", "fr"])
def test_no_sentence_is_taken_for_another_one(language: str) -> None:
    """Of all sentences with facts hardly any can be mistaken, and those that can say the same."""
    book = read_book(language)
    mistaken = []
    for english in book.sentences:
        facts = {
            name: {"number": f"1,00{number}", "things": f"1,00{number} rows"}.get(kind, f"X{number}Y")
            for number, (name, kind) in enumerate(PLACEHOLDER.findall(english))
        }
        found = book.find(fill(english, facts, SOURCE)) if facts else None
        if found is not None and found.template != english:
            mistaken.append((english, found.template))

    shapes = {PLACEHOLDER.sub("{}", one) == PLACEHOLDER.sub("{}", other) for one, other in mistaken}
    assert shapes <= {True}, mistaken


def test_a_number_of_things_is_counted_in_the_language() -> None:
    """`1,200 rows` in a sentence becomes `1.200 rijen`, one row `1 rij`; a noun that nobody counts stays."""
    assert DUTCH.fact("things", "1,200 rows") == "1.200 rijen"
    assert Speech("fr").fact("things", "1 row") == "1 ligne"
    assert DUTCH.fact("things", "3 elephants") == "3 elephants"
    assert ENGLISH.fact("things", "1,200 rows") == "1,200 rows"


def test_clauses_are_told_one_by_one() -> None:
    """A sentence of several clauses is taken apart, and no fact of the first swallows the others."""
    text = 'the header "Datum" says so; 30 of 30 texts are dates of the form dd/mm/yyyy'

    assert DUTCH.words(text) == 'de kolomkop "Datum" zegt het; 30 van 30 teksten zijn datums van de vorm dd/mm/yyyy'
    assert Speech("fr").words(text).startswith('l\u2019en-tête "Datum" le dit\u00a0; 30 textes sur 30')


def test_what_is_not_known_stays_as_it_is() -> None:
    """An answer of Facturalia, or words of a person, are shown as they came."""
    for text in ("Product bestaat niet.", "", "hold: klant betwist", "a; b: c\nd"):
        assert DUTCH.words(text) == text
        assert ENGLISH.words(text) == text


def test_a_place_before_a_sentence_stays() -> None:
    """`file:line:column (key): clause.` keeps its place, and every line of several is told."""
    text = "mijn.yaml:12:5 (lines.quantity): is empty.\nmijn.yaml:13:1: cannot be used."

    assert DUTCH.words(text) == "mijn.yaml:12:5 (lines.quantity): is leeg.\nmijn.yaml:13:1: kan niet worden gebruikt."


def test_the_table_of_stops_is_spoken() -> None:
    """What Facturalia's refusals mean is translated, with the status in it."""
    for _, message, fix in _STOPS.values():
        for text in (message.format(status=418), fix):
            assert DUTCH.words(text) != text


def test_a_missing_translation_is_shown_in_english() -> None:
    """A gap never breaks a message: the English stands in."""
    assert Book({}, {}).find("maart.csv is empty.") is None
    assert DUTCH.sentence("Nobody translated {this}.") == "Nobody translated {this}."
    assert DUTCH.say("Nobody translated {this}.", this=1200) == "Nobody translated 1.200."


def test_a_finding_speaks_and_its_codes_do_not() -> None:
    """Place, message and fix are in the language; code, severity, cell, value and keys of the JSON never change."""
    finding = Finding(
        "line-total", "maart.xlsx", "Blad1", 14, "Bedrag", "E14", "12,00", "2026-1", {"computed": "1234.50"}
    )
    objects = [finding.as_json(Speech(language)) for language in LANGUAGES]

    assert finding.place_in(DUTCH) == 'maart.xlsx, Blad1!E14 (kolom "Bedrag")'
    assert finding.message_in(FRENCH) == 'Le fichier indique "12,00", quantité fois prix donne 1\u202f234,50.'
    assert [list(one) for one in objects] == [list(objects[0])] * 3
    for name in set(objects[0]) - {"message", "fix"}:
        assert len({str(one[name]) for one in objects}) == 1
    assert len({one["message"] for one in objects}) == 3


def test_the_translations_come_with_the_package() -> None:
    """They are read from inside the package, so an installed copy has them."""
    for language in ("nl", "fr"):
        file = resources.files("importer") / "locale" / language / "LC_MESSAGES" / "importer.po"
        assert file.is_file()
    assert (resources.files("importer") / "locale" / "importer.pot").is_file()
