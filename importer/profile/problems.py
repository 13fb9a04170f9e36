"""What a profile says that cannot be, beyond the type of each key: each problem with its place and a clause about it."""

import difflib
import re
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from importer.domain.catalogue import CATALOGUE
from importer.profile.names import LINE_FIELDS, NUMBER, SECTIONS

Problems = list[tuple[tuple[str, ...], str]]


def field_problems(given: Mapping[str, Collection[str]]) -> Problems:
    """What is wrong with the field names of each section: unknown, missing, or two that exclude each other."""
    problems: Problems = [
        ((section, name), f"is not a field; known are {', '.join(sorted(known))}")
        for section, known in SECTIONS.items()
        for name in given.get(section, ())
        if name not in known and section != "lines"
    ]
    problems += [
        (("lines", name), "is not a field name: use small letters, digits and _")
        for name in given.get("lines", ())
        if not re.fullmatch(r"[a-z][a-z0-9_]*", name)
    ]
    invoice = given.get("invoice", ())
    if "date" not in invoice:
        problems.append((("invoice", "date"), "is required"))
    if not {"name", "vat_number", "customer_id"} & set(given.get("customer", ())):
        problems.append((("customer",), "needs at least one of name, vat_number, customer_id"))
    problems += [(("lines", name), "is required") for name in sorted(LINE_FIELDS - set(given.get("lines", ())))]
    for one, other in (("due_date", "due_days"), ("discount_amount", "discount_percent")):
        if one in invoice and other in invoice:
            problems.append((("invoice", other), f"cannot stand beside invoice.{one}; keep one of them"))
    return problems


def severity_problems(given: Mapping[str, Any]) -> Problems:
    """What is wrong with the codes of `severity`: unknown, or weighed in a way that the catalogue does not allow."""
    problems: Problems = []
    for code, word in given.items():
        path = ("severity", code)
        if code not in CATALOGUE:
            nearest = difflib.get_close_matches(code, CATALOGUE, n=1)
            hint = f'; the nearest is "{nearest[0]}"' if nearest else ""
            problems.append((path, f'"{code}" is not the code of a finding{hint}'))
            continue
        entry = CATALOGUE[code]
        if not entry.allowed:
            problems.append(
                (path, f"stays {entry.severity}: it protects money or identity, so no profile may change it")
            )
        elif word in {"error", "warning", "note"} and word not in {entry.severity, *entry.allowed}:
            allowed = " or ".join((entry.severity, *entry.allowed))
            problems.append((path, f'cannot be "{word}": for this finding a profile may say {allowed}'))
    return problems


def number_problems(columns: Iterable[tuple[str, Iterable[str]]], *, packed: bool, joined: bool) -> Problems:
    """What is wrong with `{n}` in column names: without `lines.packed`, nowhere in it, or outside the lines.

    `columns` are the column names of each field, by path.
    """
    problems: Problems = []
    found = False
    for path, names in columns:
        place = tuple(path.split("."))
        if not any(NUMBER in name for name in names):
            if packed and path == "controls.line_total":
                problems.append((place, f"needs {NUMBER} in its column name, as the lines have it (lines.packed)"))
        elif not packed:
            problems.append((place, f'has {NUMBER} in a column name, but there is no "packed" under lines'))
        elif not path.startswith(("lines.", "controls.line_")):
            problems.append((place, f"cannot have {NUMBER} in a column name: only fields of lines can"))
        else:
            found = True
    if packed and not found:
        example = f"{{column: code{NUMBER}}}"
        problems.append((("lines", "packed"), f"needs {NUMBER} in the column names of lines, such as {example}"))
    if packed and joined:
        problems.append(
            (("lines", "packed"), "cannot stand beside source.join: lines are packed, or on a sheet of their own")
        )
    return problems


def name_problems(extra_lines: Iterable[str]) -> Problems:
    """What is wrong with the names of extra lines."""
    return [
        (("extra_lines", name), "is not a name: use small letters, digits and _, such as shipping")
        for name in extra_lines
        if not re.fullmatch(r"[a-z][a-z0-9_]*", name)
    ]
