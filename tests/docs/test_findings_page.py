"""The page of findings is made from the catalogue, and is current."""

from importer.domain.catalogue import CATALOGUE
from importer.language.book import error_texts
from tests.docs.findings_page import NAMES, PAGE, page


def test_the_page_is_current() -> None:
    """`docs/findings.md` says what the catalogue says now; `python -m tests.docs.findings_page --write` mends it."""
    assert PAGE.read_text(encoding="utf-8") == page()


def test_the_page_tells_every_code_in_every_language() -> None:
    """Each finding has its own part with an example in three languages, each error its sentences."""
    parts = page().split("\n### ")[1:]
    codes = [part.split("\n", 1)[0].partition(" ")[0] for part in parts]

    assert codes == [*CATALOGUE, *error_texts()]
    for part in parts:
        assert all(name in part for name in NAMES.values())
