"""What the importer adds to a workbook that it gives back, so that reading it again passes over it.

The words stand here in every language, because a workbook annotated in one language is read in another.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

MARK = "facturalia-importer-returned"  # a custom property of every workbook that is given back


class Added(NamedTuple):
    """The headers of the added columns, from left to right, and the name of the sheet that explains them."""

    surplus: str  # fields of a text row beyond the last header
    status: str
    number: str
    todo: str
    row: str  # of the file, where rows stand elsewhere than in it
    sheet: str


ADDED: Mapping[str, Added] = MappingProxyType(
    {
        "en": Added(
            "Importer: surplus fields",
            "Importer: status",
            "Importer: number in Facturalia",
            "Importer: what to do",
            "Importer: row in the file",
            "Importer legend",
        ),
        "nl": Added(
            "Importer: overtollige velden",
            "Importer: status",
            "Importer: nummer in Facturalia",
            "Importer: wat te doen",
            "Importer: rij in het bestand",
            "Importer uitleg",
        ),
        "fr": Added(
            "Importer: champs en trop",
            "Importer: statut",
            "Importer: numéro dans Facturalia",
            "Importer: que faire",
            "Importer: ligne du fichier",
            "Importer légende",
        ),
    }
)

_HEADERS = frozenset(header for words in ADDED.values() for header in words[:-1])
_SHEETS = frozenset(words.sheet for words in ADDED.values())


def is_added_header(text: str) -> bool:
    """Whether a header is one of ours, also below a group of headers; what stands below it is no data."""
    return text.rpartition(" / ")[2].strip() in _HEADERS


def is_added_sheet(title: str) -> bool:
    """Whether a sheet is our legend, also where a program has numbered it (`Importer legend (2)`)."""
    name, _, number = title.strip().partition(" (")
    return name in _SHEETS and (not number or number.rstrip(")").isdigit())
