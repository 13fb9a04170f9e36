"""The translations are whole, current, and say the same as the English; a gap in them turns these tests red."""

import re
from collections import Counter
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message

from importer.domain.catalogue import CATALOGUE
from importer.language.book import PLACEHOLDER, error_texts
from importer.profile.load import shipped
from tests.language.messages import (
    ERRORS,
    PACKAGE,
    TRANSLATED,
    catalog,
    complaints,
    gather,
    is_current,
    raised,
    read,
    translations,
    unread,
)
from tests.language.source import Module

FOUND = gather()
COMMAND = re.compile(r"`[^`]*`")
# Words that are the same in two languages, or are names.
SAME = frozenset(
    {
        "Attempts", "Code", "Importer", "PDF", "Plan", "Plan {digest}", "SHA-256", "Message", "Base", "code", "dates",
        "format", "macros", "mm", "n", "ss", "dd", "hh", "run", "schema", "database", "{minutes} min {seconds} s",
        "{hours} h {minutes} min", "{name}, version {version}", "Message: {message}", "' or '", "in {where:words}",
        "text (CSV)", '"{delimiter:words}" ({origin:words})', "{place}: {message}", "{label}: {text}", "{lead}: {parts}",
        "{code}: {meaning}", "{number}, {hash}", "{name}", "{what} {value}", "[OPTIONS]", "description", "{count} date", "{count} dates",
    }
)  # fmt: skip
# A title of a profile may be in Dutch or French already.
SAME |= {one.title for one in shipped()}
# Errors that say a place and a clause of many: the clauses are translated, and belong to no code.
PLACED = frozenset({"bad-accounts", "extends", "packed-columns", "profile", "profile-open", "yaml"})
ENGLISH = re.compile(
    r"\b(the|is not|are|and|of|with|which|its|was|were|has|have|must|cannot|not|this|that|from|what|than|should)\b"
)


def _pairs(language: str) -> list[tuple[str, str]]:
    """English and translation of every sentence, singular and plural each on its own."""
    pairs: list[tuple[str, str]] = []
    for message in read(language):
        if message.id:
            english = message.id if isinstance(message.id, tuple | list) else (message.id,)
            theirs = message.string if isinstance(message.string, tuple | list) else (message.string,)
            pairs += zip(map(str, english), map(str, theirs), strict=True)
    return [pair for pair in pairs if pair[1]]  # a gap has a test of its own


def test_every_sentence_is_translated_and_no_translation_is_left_over() -> None:
    """The .po files hold exactly the sentences of the source; `python -m tests.language.messages --write` mends it."""
    assert complaints(FOUND, translations()) == []
    assert is_current(FOUND)


@pytest.mark.parametrize("fault", ["gone", "empty", "fuzzy", "left over"])
def test_a_gap_in_a_translation_turns_red(fault: str) -> None:
    """A sentence that is missing, empty, doubtful or used by nothing is named."""
    sentence = CATALOGUE["bad-amount"].message
    made = catalog(FOUND, "nl")
    before = complaints(FOUND, {"nl": made})
    message = made.get(sentence)
    assert isinstance(message, Message)
    if fault == "gone":
        made.delete(sentence)
    elif fault == "empty":
        message.string = ""
    elif fault == "fuzzy":
        message.flags.add("fuzzy")
    else:
        made.add("Nobody says this.", "Niemand zegt dit.")

    (told,) = [one for one in complaints(FOUND, {"nl": made}) if one not in before]

    assert told.startswith("nl: ")
    assert told.endswith("Nobody says this." if fault == "left over" else sentence)


def test_a_new_sentence_turns_red() -> None:
    """A sentence that a translation has never seen is named."""
    assert complaints({"Hello": []}, {"nl": Catalog(locale="nl")}) == ["nl: new: Hello"]


@pytest.mark.parametrize("language", TRANSLATED)
def test_placeholders_and_commands_are_the_same_in_every_language(language: str) -> None:
    """A translation holds the same facts, of the same kinds, and the same commands to type."""
    for english, theirs in _pairs(language):
        assert Counter(PLACEHOLDER.findall(theirs)) == Counter(PLACEHOLDER.findall(english)), english
        assert set(COMMAND.findall(theirs)) >= set(COMMAND.findall(english)), english
        assert english.startswith(" ") == theirs.replace("\u00a0", " ").startswith(" ") or english.startswith(";")
        assert re.findall(r"\b[A-Z]+_[A-Z_]+\b", theirs) == re.findall(r"\b[A-Z]+_[A-Z_]+\b", english), english


@pytest.mark.parametrize("language", TRANSLATED)
def test_no_english_is_left(language: str) -> None:
    """No translation is the English sentence, and none holds the small words that English cannot do without."""
    for english, theirs in _pairs(language):
        words = PLACEHOLDER.sub("", re.sub(r'`[^`]*`|"[^"]*"|\([a-z]+\)', "", theirs))
        if english not in SAME and any(map(str.isalpha, PLACEHOLDER.sub("", english))):
            assert theirs != english or len(english) <= 7, english
        found = {word for word in ENGLISH.findall(words) if not (language == "nl" and word in {"of", "was", "has"})}
        assert not found - ({"des"} if language == "fr" else set()), theirs


def test_the_reader_is_addressed_as_the_house_does() -> None:
    """The style of the house: Dutch says je and never u, French says vous and never tu; `2 u 5 min` is an hour."""
    for language, wrong in (("nl", r"(?<!\\)\b(u|uw)\b(?!\+| \{minutes)"), ("fr", r"\b(tu|ton|tes|toi)\b")):
        for _, theirs in _pairs(language):
            assert not re.search(wrong, theirs, re.IGNORECASE), theirs


@pytest.mark.parametrize("language", TRANSLATED)
def test_sentences_end_alike(language: str) -> None:
    """A sentence with a full stop has one in every language, a heading without has none."""
    for english, theirs in _pairs(language):
        if len(english.rstrip(".")) > 8:
            assert theirs.rstrip().endswith(".") == english.rstrip().endswith("."), english


def test_belgian_words_are_used() -> None:
    """Facturen and btw, factures and TVA: the words of accountants in Belgium."""
    dutch, french = (dict(_pairs(language)) for language in TRANSLATED)

    assert "btw" in dutch[CATALOGUE["bad-vat-number"].message]
    assert "TVA" in french[CATALOGUE["bad-vat-number"].message]
    assert "creditnota" in dutch[CATALOGUE["credit-note"].message]
    assert "note de crédit" in french[CATALOGUE["credit-note"].message]
    assert not [text for text in dutch.values() if re.search(r"\bBTW\b|\bmoms\b|rekening-courant", text)]


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_every_error_can_be_followed_to_its_sentence(path: Path) -> None:
    """What is raised as an error is a text, or is made of texts in the same file, so that it is translated."""
    assert unread(Module(path)) == []


def test_a_sentence_from_nowhere_turns_red(tmp_path: Path) -> None:
    """An error whose sentence comes from outside its file is named with its line."""
    source = tmp_path / "planted.py"
    source.write_text("def refuse(error):\n    raise SourceError('x', error.why(), fix=f'Mend {error}.')\n")

    assert unread(Module(source)) == ["planted.py:2: error.why()"]


def test_the_codes_that_explain_knows_are_those_that_are_raised() -> None:
    """`importer explain` knows every code of every error in the source, with its class, sentence and remedy."""
    codes: dict[str, set[str]] = {}
    for path in PACKAGE.rglob("*.py"):
        for kind, code, _, _ in raised(Module(path)):
            if code:
                codes.setdefault(code, set()).add(kind)
    known = error_texts()

    assert set(known) >= {code for code in codes if code != "bad-accounts"}
    assert all(known[code].kind in ERRORS for code in known)
    assert {code for code, text in known.items() if not text.messages} <= PLACED
    assert {code for code, text in known.items() if not text.fixes} <= {"bad-accounts"}
    assert known["no-rows"].kind == "SourceError"
    assert known["key-refused"].fixes
