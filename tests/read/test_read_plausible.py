"""Encodings that fit by accident, and cells between single quotes: said, never read wrong in silence."""

from collections.abc import Callable

import pytest

from importer.errors import SourceError
from importer.profile.model import SourceRule
from importer.stations.table import Table

Reading = Callable[..., list[Table]]
WESTERN = (
    "Café Zoë BV",
    "Société Générale – Liège",  # noqa: RUF001 - a dash as people type it
    "L’Hôtel « Église Saint-Éloi »",  # noqa: RUF001 - the same for apostrophes
    "Müller & Söhne GmbH, Straße 5, 20 °C, 5 m²",
    "CRÉÉE À ÇA, ÎLE, ÆØÅ",
    "créée, née, Noëlle, Œuvre, cœur, Žižek, Škoda",
    "€ 12,50 ± 2 % · ½ l · n° 5 · §3 · ©2026 · ¿Qué? ¡Sí!",
    "„Gänsefüßchen“ ‚einfach‘ … l·l",  # noqa: RUF001 - German quotes are meant
)


@pytest.mark.parametrize("name", WESTERN)
def test_what_western_people_write_is_never_doubted(reading: Reading, name: str) -> None:
    """Letters with marks, quotes, money and units of western languages are read as windows-1252."""
    (table,) = reading(f"Klant\n{name}\n".encode("windows-1252"), "Klant", source=SourceRule(delimiter="|"))

    assert table.columns[0].to_pylist() == [name]
    assert table.detected["encoding"] == "windows-1252"


@pytest.mark.parametrize(
    ("encoding", "name"),
    [
        ("cp850", "Société"),
        ("cp850", "Gänse"),
        ("cp850", "Café"),
        ("mac-roman", "Café"),
        ("iso-8859-15", "cœur"),
        ("windows-1251", "Български"),
        ("windows-1253", "Ελλάδα"),
        ("big5", "臺北國際貿易有限公司"),
        ("gb18030", "北京中国银行"),
    ],
)
def test_what_fits_by_accident_is_refused_with_all_readings(reading: Reading, encoding: str, name: str) -> None:
    """The cell is shown as it would be read, and as every other encoding would read it; the right one is among them."""
    data = f"Nr;Klant\n1;{name}\n".encode(encoding)

    with pytest.raises(SourceError) as caught:
        reading(data, "Nr", "Klant")

    assert caught.value.code == "encoding-doubtful"
    assert "line 2" in caught.value.message
    assert name.encode(encoding).decode("windows-1252") in caught.value.message
    assert "source.encoding" in caught.value.fix
    assert f'{encoding}: "{name}"' in caught.value.message


@pytest.mark.parametrize(
    ("octets", "right"),
    [
        (b"12.50 \xa4", "12.50 €"),
        (b"\xa4 5", "€ 5"),
        (b"\xbduvres choisies", "œuvres choisies"),
        (b"3 \xbdufs", "3 œufs"),
    ],
)
def test_the_euro_sign_of_another_encoding_is_doubted(reading: Reading, octets: bytes, right: str) -> None:
    """Byte A4 is the euro sign of iso-8859-15 and a sign nobody writes in windows-1252; BD is œ, or a half."""
    with pytest.raises(SourceError) as caught:
        reading(b"Nr;Klant\n1;" + octets + b"\n", "Nr", "Klant")

    assert caught.value.code == "encoding-doubtful"
    assert f'iso-8859-15: "{right}"' in caught.value.message
    (table,) = reading(
        b"Nr;Klant\n1;" + octets + b"\n", "Nr", "Klant", source=SourceRule(encoding=("utf-8", "iso-8859-15"))
    )
    assert table.columns[1].to_pylist() == [right]


@pytest.mark.parametrize("cell", ["½ uur", "1½", "½ fut", "½ ilot"])
def test_a_half_is_no_letter(reading: Reading, cell: str) -> None:
    """Halves as people write them stay halves of windows-1252."""
    (table,) = reading(f"Nr;Klant\n1;{cell}\n".encode("windows-1252"), "Nr", "Klant")

    assert table.columns[1].to_pylist() == [cell]


@pytest.mark.parametrize("named", [("iso-8859-1",), ("iso-8859-15",), ("utf-8", "iso-8859-1")])
@pytest.mark.parametrize(("octet", "sign"), [(b"\x80", "€"), (b"\x8c", "Œ"), (b"\x92", "’"), (b"\x96", "–")])  # noqa: RUF001 - signs of windows-1252
def test_bytes_of_windows_1252_are_no_latin_text(
    reading: Reading, octet: bytes, sign: str, named: tuple[str, ...]
) -> None:
    """Bytes 80 to 9F are control characters in iso-8859: refused, also where the profile names it alone."""
    with pytest.raises(SourceError) as caught:
        reading(b"Nr;Klant\n1;a" + octet + b"b\n", "Nr", "Klant", source=SourceRule(encoding=named))

    assert caught.value.code == "encoding-doubtful"
    assert f'windows-1252: "a{sign}b"' in caught.value.message
    assert "\\x" in caught.value.message


def test_the_euro_sign_of_windows_1252_is_read(reading: Reading) -> None:
    """Byte 80 is the euro sign where windows-1252 is tried."""
    (table,) = reading(b"Nr;Klant\n1;\x80 5\n", "Nr", "Klant")

    assert table.columns[1].to_pylist() == ["€ 5"]


def test_a_profile_that_names_one_encoding_has_decided(reading: Reading) -> None:
    """Nothing is doubted then, and each of the two readings can be had."""
    data = "Klant\nSociété\n".encode("cp850")

    said = {
        encoding: reading(data, "Klant", source=SourceRule(encoding=(encoding,)))[0].columns[0].to_pylist()
        for encoding in ("cp850", "windows-1252")
    }

    assert said == {"cp850": ["Société"], "windows-1252": ["Soci‚t‚"]}  # noqa: RUF001 - the wrong reading


@pytest.mark.parametrize(
    "text", ["'Nr','Klant'\n'1','Zoë, zoon'\n", "Nr;'Klant';'Stad'\n1;Zoë;Gent\n", "'Nr'\t'Klant'\r\n1\tZoë\r\n"]
)
def test_cells_between_single_quotes_are_refused(reading: Reading, text: str) -> None:
    """A separator inside them would cut a cell in two, and no reader would say so."""
    with pytest.raises(SourceError) as caught:
        reading(text, "Nr")

    assert caught.value.code == "single-quotes"
    assert "line 1" in caught.value.message


@pytest.mark.parametrize("cell", ["'s avonds", "d'Art", "'t Huis; 't Hof", "'S','M','L','XL'", "rock 'n' roll"])
def test_an_apostrophe_is_no_quote(reading: Reading, cell: str) -> None:
    """Dutch and French words begin, end and hold apostrophes; inside double quotes they are nothing but letters."""
    (table,) = reading(f'Nr;Klant\n1;"{cell}"\n2;\'t Huis\n', "Nr", "Klant", source=SourceRule(delimiter=";"))

    assert table.columns[1].to_pylist() == [cell, "'t Huis"]
