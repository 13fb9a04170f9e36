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
    if encoding != "iso-8859-15":
        assert f'{encoding}: "{name}"' in caught.value.message


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
