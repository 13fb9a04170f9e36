"""What is wrong with a profile, in plain sentences with line and column, for people who know spreadsheets, not YAML."""

import difflib
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

from pydantic_core import ErrorDetails

from importer.profile.base import ProblemsError
from importer.profile.keys import is_field, known_keys
from importer.profile.model import MAX_PACKED, PACKED
from importer.profile.names import SECTIONS
from importer.profile.problems import field_problems, severity_problems
from importer.profile.yamltext import Document, Path

OPTIONAL_SECTIONS: Final = frozenset(
    {"source", "rows", "extra_lines", "controls", "answer", "severity"}
)  # may be empty
EMPTY: Final = 'is empty: write a value ("" for an empty text), or leave the key out'


def place(document: Document, path: Path, sentence: str) -> str:
    """A sentence about a key, such as `mappings/x.yaml:12:5 (lines.quantity): is required.` for the clause "is required"."""
    line, column = document.mark(path)
    words = "".join(f"[{part + 1}]" if isinstance(part, int) else f".{part}" for part in path).removeprefix(".")
    shown = f" ({words})" if words else ""
    return f"{document.file(path)}:{line}:{column}{shown}: {sentence}."


def problems_of(document: Document, errors: Sequence[ErrorDetails] = ()) -> list[str]:
    """Every problem of a profile, in file order, one sentence each; `errors` are what its model says of it."""
    data = document.data
    if not isinstance(data, Mapping):
        what = "the file is empty" if data is None else "the file holds no profile"
        return [place(document, (), f"{what}: it must begin with keys such as profile: and version:")]
    found: dict[Path, str] = dict.fromkeys(_empty_values(data), EMPTY)
    for names, clause in _name_problems(data):
        found.setdefault(names, clause)
    missing: dict[Path, list[str]] = {}
    for error in errors:
        stated = error.get("ctx", {}).get("error")
        if isinstance(
            stated, ProblemsError
        ):  # some are said above, also when other errors kept the model from saying them
            for names, clause in stated.problems:
                found.setdefault(names, clause)
            continue
        path = _existing(data, error["loc"])
        if error["type"] == "missing":
            missing.setdefault(path, []).append(str(error["loc"][-1]))
        else:
            found.setdefault(path, _sentence(error, path))
    for path, absent in missing.items():
        found.setdefault(path, _missing(path, absent))
    return [
        place(document, path, sentence)
        for path, sentence in sorted(found.items(), key=lambda item: (document.order(item[0]), str(item[0])))
    ]


def _name_problems(data: Mapping[str, Any]) -> Iterator[tuple[Path, str]]:
    """What is wrong with the names of fields and of findings, also where other errors keep the model from looking."""
    given = {name: tuple(data[name]) for name in SECTIONS if isinstance(data.get(name), Mapping)}
    for names, clause in field_problems(given):
        section, name = names[0], names[-1]
        if section in given:
            unknown = section != "lines" and name in given[section] and name not in SECTIONS[section]
            yield names, _unknown(names, "field") if unknown else clause
    if isinstance(data.get("severity"), Mapping):
        yield from severity_problems(data["severity"])


def _empty_values(data: Any, path: Path = ()) -> Iterator[Path]:
    """Where a key or list item has no value at all."""
    if data is None and not (len(path) == 1 and path[0] in OPTIONAL_SECTIONS):
        yield path
    items = data.items() if isinstance(data, Mapping) else enumerate(data) if isinstance(data, list) else ()
    for key, item in items:
        yield from _empty_values(item, (*path, key))


def _existing(data: Any, loc: Sequence[str | int]) -> Path:
    """The part of a model's location that is in the file: the names of union members are not."""
    path: Path = ()
    for part in ("lines", "packed", *loc[1:]) if loc[:1] == (PACKED,) else loc:
        inside = part in data if isinstance(data, Mapping) else isinstance(data, list) and part in range(len(data))
        if not inside:
            break
        path, data = (*path, part), data[part]
    return path


def _unknown(path: Path, what: str) -> str:
    """The clause about a key nobody knows: the nearest known one, or the group it belongs to."""
    key = str(path[-1])
    known = known_keys(path[:-1])
    nearest = difflib.get_close_matches(key, known, n=1)
    if nearest:
        return (
            f'"{key}" is not a known {what}; did you mean "{nearest[0]}"?'.removesuffix("?")
            + "? Known are "
            + ", ".join(known)
        )
    for home in ((), ("source",), ("rows",), *((name,) for name in SECTIONS)):
        if home != path[:-1] and key in known_keys(home):
            where = f'under "{home[0]}"' if home else "at the beginning of a line, outside every group"
            return f'"{key}" is not a known {what} here; it belongs {where}'
    return f'"{key}" is not a known {what}; known are {", ".join(known)}'


def _sentence(error: ErrorDetails, path: Path) -> str:
    make = SENTENCES.get(error["type"])
    return make(error, path) if make is not None else "cannot be used"


def _missing(path: Path, names: Sequence[str]) -> str:
    quoted = ", ".join(f'"{name}"' for name in names)
    what = f"the required key {quoted} is missing" if len(names) == 1 else f"the required keys {quoted} are missing"
    return f"{what}; the keys here are {', '.join(known_keys(path))}"


def _choice(error: ErrorDetails, path: Path) -> str:
    if path in {("source", "header"), ("source", "header", "row")}:
        return "must be auto, or the number of the row that holds the headers"
    if path == ("source", "header", "rows"):
        return "must be 1 or 2"
    if path == ("lines", "packed", "count"):
        return f"must be a number from 1 to {MAX_PACKED}"
    allowed = error["ctx"]["expected"].replace("' or '", "', '").replace("'", '"')
    return f"{_quoted(error['input'])} is not one of {allowed}"


def _text(error: ErrorDetails, _: Path) -> str:
    return f"must be one text, not {_quoted(error['input'])}"


def _texts(error: ErrorDetails, path: Path) -> str:
    value = error["input"]
    if path[0] == "rows" and path[-1] in {"skip", "footer", "also"}:
        return 'must be a list of rules, each on a line that begins with "- "'
    return f"must be a list: write [{value}]" if isinstance(value, str) else "must be a text or a list of texts"


def _group(error: ErrorDetails, path: Path) -> str:
    value = error["input"]
    if is_field(path):
        shown = value if isinstance(value, str) else "…"
        return f'write {{column: "{shown}"}} for a column of the file, or {{value: "{shown}"}} for a fixed text'
    if path and path[-1] == "map":
        return 'must be a group of words and their meanings, such as {"België": "BE"}'
    keys = known_keys(path)
    return f"must be a group of keys ({', '.join(keys)}), not {_quoted(value)}"


def _short(_: ErrorDetails, path: Path) -> str:
    return "must not be empty" if path[-1] != "delimiter" else 'must be exactly one sign, such as ";" or "\\t" (tab)'


def _stated(error: ErrorDetails, _: Path) -> str:
    return str(error["ctx"]["error"]).removesuffix(".")


def _quoted(value: object) -> str:
    if isinstance(value, str):
        return f'"{value}"' if len(value) <= 60 else f'"{value[:60]}…"'  # noqa: PLR2004 - what fits on a line
    return "a list" if isinstance(value, list) else "a group of keys"


SENTENCES: Final[Mapping[str, Callable[[ErrorDetails, Path], str]]] = {
    "extra_forbidden": lambda _, path: _unknown(path, "key"),
    "literal_error": _choice,
    "int_parsing": _choice,
    "int_type": _choice,
    "int_parsing_size": _choice,
    "greater_than_equal": _choice,
    "less_than_equal": _choice,
    "string_type": _text,
    "tuple_type": _texts,
    "dict_type": _group,
    "model_type": _group,
    "too_short": _short,
    "string_too_short": _short,
    "string_too_long": _short,
    "string_pattern_mismatch": lambda error, _: f'{_quoted(error["input"])}: use small letters, digits and "-" only',
    "value_error": _stated,
}
