"""Names of countries become the two letters of Facturalia, where no doubt is possible."""

import pytest
from sources import COLUMNS, fields, go

LINE = "1001;01/03/2026;Zoë;A1;2;10,00;21"
LAND = {"customer": {"country": {"column": "Land"}}}


def country(cell: str, rule: dict[str, object] | None = None) -> str:
    """What MAP makes of a cell."""
    changes = {"customer": {"country": {"column": "Land", **(rule or {})}}}
    (found,) = fields(f"{LINE};{cell}", changes, "customer.country", columns=COLUMNS + ";Land")
    return found


@pytest.mark.parametrize(
    ("code", "names"),
    [
        ("BE", ["België", "Belgique", "Belgium", "Belgien", "BELGIE", "belgië", "BEL", "be", "BE"]),
        ("NL", ["Nederland", "Pays-Bas", "pays bas", "Netherlands", "The Netherlands", "Holland", "NLD"]),
        ("DE", ["Duitsland", "Allemagne", "Germany", "Deutschland", "DEU"]),
        ("LU", ["Luxemburg", "Luxembourg", "Groothertogdom Luxemburg"]),
        ("GB", ["Verenigd Koninkrijk", "Royaume-Uni", "Groot-Brittannië", "UK"]),
        ("GR", ["Griekenland", "EL"]),
    ],
)
def test_every_usual_spelling_of_a_country(code: str, names: list[str]) -> None:
    """Dutch, French, English and German names, everyday ones, ISO codes of three letters, in any capitals."""
    assert {name: country(name) for name in names} == dict.fromkeys(names, code)


@pytest.mark.parametrize("name", ["Congo", "Korea", "Atlantis", "Gent", "B", "België/Nederland", "EU"])
def test_a_name_of_no_country_or_of_two_is_never_guessed(name: str) -> None:
    """It stays as it is, and a finding says so, unless it has the form of a code."""
    run = go(f"{LINE};{name}", LAND, columns=COLUMNS + ";Land")

    assert country(name) == name
    assert run.codes == ([] if name == "EU" else ["bad-choice"])


def test_the_map_of_the_profile_wins() -> None:
    """A map is total: its word counts, and no name outside it is looked up."""
    rule: dict[str, object] = {"map": {"Holland": "BE"}}

    assert country("Holland", rule) == "BE"
    assert country("Nederland", rule) == "Nederland"


def test_an_empty_cell_takes_the_default() -> None:
    """A default stands for emptiness only."""
    assert [country(cell, {"default": "BE"}) for cell in (".", "Frankrijk")] == ["BE", "FR"]
