import codecs
from collections.abc import Callable

import pytest

from importer.errors import SourceError
from importer.profile.model import SourceRule
from importer.stations.table import Table

Reading = Callable[..., list[Table]]
TEXT = "naam;bedrag\nCafé Zoë;€ 5\n"


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (TEXT.encode(), "utf-8"),
        (TEXT.encode("cp1252"), "windows-1252"),
        (codecs.BOM_UTF8 + TEXT.encode(), "utf-8 (byte order mark)"),
        (codecs.BOM_UTF16_LE + TEXT.encode("utf-16-le"), "utf-16-le (byte order mark)"),
        (codecs.BOM_UTF16_BE + TEXT.encode("utf-16-be"), "utf-16-be (byte order mark)"),
        (codecs.BOM_UTF32_LE + TEXT.encode("utf-32-le"), "utf-32-le (byte order mark)"),
    ],
)
def test_every_usual_encoding_gives_the_same_cells(reading: Reading, data: bytes, words: str) -> None:
    """A name with accents is the same name in any encoding, and the report says which it was."""
    (table,) = reading(data, "naam", "bedrag")

    assert [column.to_pylist() for column in table.columns] == [["Café Zoë"], ["€ 5"]]
    assert table.headers == ("naam", "bedrag")
    assert table.detected["encoding"] == words
    assert not table.findings


def test_a_byte_order_mark_wins_over_the_profile(reading: Reading) -> None:
    """The mark is the file's own word."""
    (table,) = reading(codecs.BOM_UTF8 + TEXT.encode(), "naam", source=SourceRule(encoding=("windows-1252",)))

    assert table.columns[0].to_pylist() == ["Café Zoë"]


def test_a_file_that_breaks_its_mark_is_refused(reading: Reading) -> None:
    """Nothing else is tried behind a byte order mark."""
    with pytest.raises(SourceError, match="line 2") as caught:
        reading(codecs.BOM_UTF8 + TEXT.encode("cp1252"), "naam")
    assert caught.value.code == "wrong-encoding"


def test_the_whole_file_must_fit(reading: Reading) -> None:
    """A bad byte in the last line counts, and its line is named for each encoding tried."""
    data = b"naam;bedrag\n" + b"x;1\n" * 5000 + "Zoë;1\n".encode("cp1252") + b"\x81;2\n"

    with pytest.raises(SourceError) as caught:
        reading(data, "naam")

    assert caught.value.code == "wrong-encoding"
    assert "utf-8 (line 5002), windows-1252 (line 5003)" in caught.value.message


def test_encodings_are_tried_in_the_order_of_the_profile(reading: Reading) -> None:
    """The first that fits the whole file is used."""
    (table,) = reading("naam;b\nZoë;1\n".encode("cp850"), "naam", source=SourceRule(encoding=("utf-8", "cp850")))

    assert table.columns[0].to_pylist() == ["Zoë"]
    assert table.detected["encoding"] == "cp850"


def test_nul_bytes_are_refused_with_their_line(reading: Reading) -> None:
    """A NUL is damage, or UTF-16 without its mark, which can be named in the profile."""
    with pytest.raises(SourceError, match="line 2") as caught:
        reading(b"a;b\n1;\x002\n", "a")
    assert caught.value.code == "nul-byte"

    data = TEXT.encode("utf-16-le")
    with pytest.raises(SourceError, match="NUL"):
        reading(data, "naam")
    (table,) = reading(data, "naam", source=SourceRule(encoding=("utf-8", "utf-16-le")))
    assert table.columns[0].to_pylist() == ["Café Zoë"]


def test_damaged_letters_are_reported_once_per_column(reading: Reading) -> None:
    """UTF-8 that was once read as something else is seen, sound French and Dutch is not."""
    (table,) = reading("naam;stad;ok\nMÃ¼ller;â\u201a¬ 5;Ârbre Château â\nJosÃ©;x;NÃO €\n", "naam")

    assert [(f.code, f.cell, f.value, f.column) for f in table.findings] == [
        ("mojibake", "A2", "MÃ¼ller", "naam"),
        ("mojibake", "B2", "â\u201a¬ 5", "stad"),
    ]
