"""Which keys may stand where in a profile."""

from typing import Final

from pydantic import BaseModel

from importer.profile.model import ExtraLine, FieldRule, Join, PackedRule, Profile
from importer.profile.names import SECTIONS
from importer.profile.rows import CellTest, RowsRule, SkipRule
from importer.profile.source import HeaderRule, JoinedSheet, SheetJoin, SourceRule
from importer.profile.yamltext import Path

ANY: Final = "*"  # any name, or any item of a list

GROUPS: Final[tuple[tuple[Path, type[BaseModel]], ...]] = (  # the first that fits counts
    (("source",), SourceRule),
    (("source", "header"), HeaderRule),
    (("source", "join"), SheetJoin),
    (("source", "join", "header"), JoinedSheet),
    (("source", "join", "lines"), JoinedSheet),
    (("rows",), RowsRule),
    (("rows", "skip", ANY), SkipRule),
    (("rows", "footer", ANY), SkipRule),
    (("rows", ANY, ANY, "also", ANY), CellTest),
    (("lines", "packed"), PackedRule),
    (("extra_lines", ANY), ExtraLine),
    (("extra_lines", ANY, ANY), FieldRule),
    (("extra_lines", ANY, ANY, "join"), Join),
    *(((section, ANY), FieldRule) for section in SECTIONS if section != "answer"),
    *(((section, ANY, "join"), Join) for section in SECTIONS if section != "answer"),
)


def known_keys(path: Path) -> tuple[str, ...]:
    """The keys a group of the profile may have; empty where every key is data (the words of a `map`)."""
    if path == ():
        return tuple(name for name in Profile.model_fields if name != "packed")  # that stands under lines
    if len(path) == 1 and path[0] in SECTIONS:
        return tuple(sorted(SECTIONS[str(path[0])]))
    for place, model in GROUPS:
        if len(place) == len(path) and all(part in (ANY, own) for part, own in zip(place, path, strict=True)):
            return tuple(model.model_fields)
    return ()


def is_field(path: Path) -> bool:
    """Whether a field stands here: `invoice.date`, `extra_lines.shipping.amount`."""
    return known_keys(path) == tuple(FieldRule.model_fields)
