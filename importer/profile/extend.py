"""`extends`: a profile that builds on another one, merged into a single document.

The rule: what the file says goes before what it inherits. The keys of a group (`source`, `rows`, `invoice`, `customer`,
`lines`, `extra_lines`, `controls`, `answer`, `severity`) are merged one by one; what stands under such a key (a field, a
list, a map) is never mixed: the file's own takes the place of the inherited one. `without` names inherited keys that
are left out. `profile` and `version` are never inherited; everything else is, `system` too, so that a profile and the
one it extends know each other's invoices.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, NoReturn

from importer.errors import ProfileError
from importer.profile.files import decode_profile, find_profile, is_path, read_profile
from importer.profile.names import SECTIONS
from importer.profile.shipped import mappings_folder
from importer.profile.yamltext import INVISIBLE, Document, Mark, read_yaml
from importer.profile.yamltext import Path as Keys

GROUPS: Final = frozenset({*SECTIONS, "source", "rows", "extra_lines", "severity"})
OWN: Final = ("profile", "version", "extends", "without")  # never inherited
MAX_CHAIN: Final = 10


def extended(document: Document, text: str, path: Path | None) -> tuple[Document, str] | None:
    """The document merged with the profiles it extends, and its text for the record; None if it extends none.

    `path` is where the file is (None: it came as text, and may extend shipped profiles only). The document keeps the
    file, line and column of every key. Raises `ProfileError` `extends` where a parent is unknown, cannot be read, or
    extends the file itself, and for a path in `without` that is not inherited.
    """
    if not isinstance(document.data, Mapping) or "extends" not in document.data:
        return None
    chain = [] if path is None else [path.resolve()]
    merged, names = _merged(document, path, chain, [document.name])
    return merged, _record(text, names[1:], merged.data)


def _merged(document: Document, path: Path | None, chain: list[Path], names: list[str]) -> tuple[Document, list[str]]:
    data = document.data
    if not isinstance(data, Mapping) or "extends" not in data:
        return document, names
    parent_name = data["extends"]
    if not isinstance(parent_name, str) or not parent_name.strip():
        _refuse(document, ("extends",), "must be one text: the name of a shipped profile, or the path of a file")
    name, found = _parent(document, parent_name, path)
    if found.resolve() in chain:
        cycle = " -> ".join([*names[chain.index(found.resolve()) - len(chain) :], name])
        _refuse(document, ("extends",), f"goes round in a circle: {cycle}")
    if len(chain) >= MAX_CHAIN:
        _refuse(document, ("extends",), f"is the end of a chain of more than {MAX_CHAIN} profiles")
    content = decode_profile(_read(document, found, name), name)
    parent, names = _merged(read_yaml(content, name), found, [*chain, found.resolve()], [*names, name])
    return _over(document, _left_out(document, parent)), names


def _parent(document: Document, text: str, path: Path | None) -> tuple[str, Path]:
    """What messages call the parent, and where it is."""
    if not is_path(text):
        base = mappings_folder() / f"{text}.yaml"
        if text.startswith("_") and base.is_file():
            return f"mappings/{base.name}", base  # a base that is no profile to use by itself
        try:
            return find_profile(text)
        except ProfileError as error:
            _refuse(document, ("extends",), error.message.removesuffix("."))
    if path is None:
        _refuse(document, ("extends",), "names a file; a profile that came as text can only extend a shipped one")
    place = path.parent / text
    return str(Path(document.name).parent / text), place


def _read(document: Document, path: Path, name: str) -> bytes:
    try:
        return read_profile(path, name)
    except ProfileError as error:
        _refuse(document, ("extends",), error.message.removesuffix("."))


def _left_out(document: Document, parent: Document) -> Document:
    """The parent without the keys that its child does not want."""
    if not isinstance(parent.data, Mapping):
        _refuse(document, ("extends",), f"{parent.name} holds no profile")
    data = {key: dict(item) if isinstance(item, Mapping) else item for key, item in parent.data.items()}
    unwanted = document.data.get("without") or []
    for position, text in enumerate([unwanted] if isinstance(unwanted, str) else unwanted):
        group, _, key = text.partition(".") if isinstance(text, str) else ("", "", "")
        place: Keys = ("without", position) if isinstance(unwanted, list) else ("without",)
        if key and isinstance(data.get(group), dict) and key in data[group]:
            del data[group][key]
        elif not key and group in data and group not in OWN:
            del data[group]
        else:
            _refuse(document, place, f'"{text}" is not inherited from {parent.name}; write it as controls.line_total')
    for key in OWN:
        data.pop(key, None)
    return Document(parent.name, data, parent.marks, parent.names)


def _over(document: Document, parent: Document) -> Document:
    """The document with what it inherits; marks and names tell where each key stands."""
    own = {key: item for key, item in document.data.items() if key not in {"extends", "without"}}
    data: dict[str, Any] = {}
    inherited: list[Keys] = []
    for key in [*own, *(key for key in parent.data if key not in own)]:
        group = key in GROUPS and isinstance(parent.data.get(key), Mapping)
        if key not in own or (group and own[key] is None):
            data[key] = parent.data[key]
            inherited.append((key,))
        elif group and isinstance(own[key], Mapping):
            data[key] = {**parent.data[key], **own[key]}
            inherited += [(key, name) for name in parent.data[key] if name not in own[key]]
        else:
            data[key] = own[key]
    marks: dict[Keys, Mark] = dict(document.marks)
    names: dict[Keys, str] = dict(document.names)
    for path, mark in parent.marks.items():
        if any(path[: len(top)] == top for top in inherited):
            marks[path] = mark
            names[path] = parent.names.get(path, parent.name)
    return Document(document.name, data, MappingProxyType(marks), MappingProxyType(names))


def _record(text: str, parents: list[str], data: Mapping[str, Any]) -> str:
    """The merged result as a profile of its own: the file's head comment, and every key."""
    head = []
    for line in text.splitlines():
        if not line.startswith("#"):
            break
        head.append(line)
    lines = [*head, f"# Merged with what it extends: {', '.join(parents)}"]
    for key, item in data.items():
        if key in GROUPS and isinstance(item, Mapping) and item:
            lines += [f"{key}:", *(f"  {_json(name)}: {_json(value)}" for name, value in item.items())]
        else:
            lines.append(f"{key}: {_json(item)}")
    return "\n".join(lines) + "\n"


def _json(value: Any) -> str:
    """Data as JSON on one line, which is YAML too; what no eye can see is written out."""
    return INVISIBLE.sub(lambda found: f"\\u{ord(found[0]):04x}", json.dumps(value, ensure_ascii=False))


def _refuse(document: Document, path: Keys, clause: str) -> NoReturn:
    line, column = document.mark(path)
    words = "".join(f"[{part + 1}]" if isinstance(part, int) else f".{part}" for part in path).removeprefix(".")
    raise ProfileError(
        "extends",
        f"{document.name}:{line}:{column} ({words}): {clause}.",
        fix="Correct this line, or take extends out and write every key in the file itself.",
    )
