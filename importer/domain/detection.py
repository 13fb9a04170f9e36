"""What files showed about how they are written, and the keys of a profile that keep it so."""

from collections.abc import Mapping, Sequence
from typing import Final

from importer.domain.invoice import Sheet

KEYS: Final = ("encoding", "delimiter", "sheets", "header", "decimal", "thousands", "dates")  # in a profile's order


def as_detected(sheets: Sequence[Sheet]) -> list[dict[str, object]]:
    """For programs: each sheet as it was read, in English words; `proved` are the keys its profile leaves open."""
    return [
        {
            "file": sheet.file.name,
            "sheet": sheet.name,
            "header_row": sheet.header_row,
            **{what.replace(" ", "_"): value for what, value in sheet.detected.items()},
            "proved": {key: _value(key, sheet.proved[key]) for key in KEYS if key in sheet.proved},
        }
        for sheet in sheets
    ]


def freeze(sheets: Sequence[Sheet]) -> dict[str, dict[str, object]]:
    """What to write into the profile so that nothing needs to be found out again, in its own shape; {} if nothing.

    A key on which two sheets differ is left out, and so is one that only some of them show: those would be read anew.
    Several sheets are named together.
    """
    kept: dict[str, object] = {}
    for key in KEYS:
        found = list(dict.fromkeys(sheet.proved.get(key, "") for sheet in sheets))
        if key == "sheets" and "" not in found and len({sheet.file for sheet in sheets}) == 1:
            kept[key] = found
        elif key != "sheets" and len(found) == 1 and found[0]:
            kept[key] = _value(key, found[0])
    return {"source": kept} if kept else {}


def frozen_lines(kept: Mapping[str, Mapping[str, object]]) -> list[str]:
    """`freeze` as lines of a profile (YAML)."""
    lines = []
    for section, keys in kept.items():
        lines.append(f"{section}:")
        lines += [f"  {key}: {_yaml(value)}" for key, value in keys.items()]
    return lines


def _value(key: str, text: str) -> object:
    if key == "header":
        return int(text)
    forms = text.split("\n")
    return text if key != "dates" or len(forms) == 1 else forms


def _yaml(value: object) -> str:
    if isinstance(value, list):
        return f"[{', '.join(map(_yaml, value))}]"
    if isinstance(value, int):
        return str(value)
    signs = {"\\": "\\\\", '"': '\\"', "\t": "\\t"}
    return '"' + "".join(signs.get(sign, sign) for sign in str(value)) + '"'
