"""`source:` of a suggested profile: how the file is written, each key with what proves it."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from importer.profile.open import TO_CHOOSE
from importer.suggest.days import DatesFound, shared_forms, words
from importer.suggest.model import Answer, Choice, Sure, counted
from importer.suggest.numbers import NAMES, SignsFound
from importer.suggest.work import Work

_FORMS_OF: Final = frozenset({"date", "due_date"})


def source_entries(work: Work, found: SignsFound, settled: str) -> None:
    """How the file is written: kind, encoding, delimiter, sheet, signs."""
    grid = work.draft.sheet.grid
    detected = dict(grid.detected)
    if "encoding" in detected:
        encoding = detected["encoding"].split(" (")[0]
        if all(cell.isascii() for row in grid.cells for cell in row) and "mark" not in detected["encoding"]:
            proof = "the file holds no letter beyond ASCII, so nothing shows which encoding it is; both are tried"
            work.add("source.encoding", None, Sure.ABSENT, proof, hints=["utf-8"])
        else:
            work.add("source.encoding", encoding, Sure.PROVED, f"the whole file is {detected['encoding']}")
        delimiter = detected["delimiter"][1:].split('"')[0]
        delimiter = {"tab": "\t", "space": " "}.get(delimiter, delimiter)
        work.add(
            "source.delimiter",
            delimiter,
            Sure.PROVED,
            f"{counted(len(work.draft.sheet.rows), 'row')} below the headers are cut by it into their columns",
        )
    elif grid.sheet:
        if work.draft.sheet.others:
            names = (grid.sheet, *work.draft.sheet.others)
            options = (*(Answer(name, "this sheet alone") for name in names), Answer("*", "all visible sheets"))
            choice = Choice(
                ("source", "sheets"), "Several sheets have these headers. Which ones are to be read?", options
            )
            work.add(
                "source.sheets",
                TO_CHOOSE,
                Sure.CHOOSE,
                f"the same headers stand on {', '.join(names)}",
                choices=[choice],
            )
        else:
            work.add(
                "source.sheets",
                None,
                Sure.PROVED,
                f'"{grid.sheet}" is the only visible sheet with these headers',
                hints=[grid.sheet],
            )
    row, rows = work.draft.sheet.header_row, work.draft.sheet.header_rows
    if rows == 1:
        said = f"the headers stand in row {row}; auto finds the row that holds all columns named below"
        work.add("source.header", None, Sure.PROVED, said, hints=["auto"])
    else:
        said = f'the headers take rows {row} and {row + 1}: a column is called by both, such as "{work.draft.sheet.headers[-1]}"'
        work.add("source.header", {"row": "auto", "rows": str(rows)}, Sure.PROVED, said)
    _signs(work, found, settled)


def _signs(work: Work, found: SignsFound, settled: str) -> None:
    """The sign before the cents and the one between thousands."""
    if not found.fits:
        proof = "no amount in the file is text with a sign in it" if found.amounts else "all amounts are true numbers"
        work.add(
            "source.decimal",
            None,
            Sure.ABSENT,
            f"{proof}, so nothing shows which sign it writes before cents",
            hints=[","],
        )
        return
    if len(found.fits) > 1 and not settled:
        said = "; ".join(
            f'"{found.example}" is {found.readings[signs]} with decimal "{signs.decimal}"' for signs in found.fits
        )
        options = tuple(Answer(signs.decimal, f'"{found.example}" is {found.readings[signs]}') for signs in found.fits)
        choice = Choice(("source", "decimal"), "Which sign stands before the cents?", options)
        work.add("source.decimal", TO_CHOOSE, Sure.CHOOSE, f"two readings fit every amount: {said}", choices=[choice])
        return
    proof = settled or f'all {found.amounts:,} different amounts fit, such as "{found.example}"'
    work.add("source.decimal", work.signs.decimal, Sure.PROVED, proof)
    if found.thousands_seen:
        name = NAMES.get(work.signs.thousands, f'"{work.signs.thousands}"')
        work.add("source.thousands", work.signs.thousands, Sure.PROVED, f"{name} stands between thousands")
    else:
        proof = "amounts of 1,000 and more have none" if found.large_without else "no amount in the file reaches 1,000"
        other = "." if work.signs.decimal == "," else ","
        work.add("source.thousands", None, Sure.ABSENT, proof, hints=[other])
    for column in found.unlike:
        work.draft.remarks.append(f'the amounts under "{column.header}" are written with other signs than the rest')


def date_forms(work: Work) -> None:
    """The forms of the dates that are used."""
    used = [
        work.dates[column.position]
        for column in work.body.columns
        if column.position in work.dates and work.used.get(column.position, ("",))[-1] in _FORMS_OF
    ]
    asked = [found for found in used if found.cells]
    if not asked:
        if used:
            work.add(
                "source.dates", None, Sure.PROVED, "all dates are true dates; no form is needed", hints=["%d/%m/%Y"]
            )
        return
    ways = shared_forms(asked)
    if len(ways) == 1:
        forms = ways[0]
        shown = " and ".join(words(form) for form in forms)
        work.add(
            "source.dates",
            list(forms) if len(forms) > 1 else forms[0],
            Sure.PROVED,
            f"{counted(_count(asked), 'date')} of the form {shown}, and of no other",
        )
        return
    example, meanings = _two_readings(asked)
    options = tuple(Answer(", ".join(way), meanings.get(way[0], words(way[0]))) for way in ways)
    said = "; ".join(f'as {words(way[0])} "{example}" is {meanings.get(way[0], "?")}' for way in ways)
    choice = Choice(("source", "dates"), "How are the dates written?", options)
    work.add(
        "source.dates",
        TO_CHOOSE,
        Sure.CHOOSE,
        f"{len(ways)} readings fit all {counted(_count(asked), 'date')}: {said}",
        choices=[choice],
    )


def _count(found: Sequence[DatesFound]) -> int:
    return sum(each.cells for each in found)


def _two_readings(found: Sequence[DatesFound]) -> tuple[str, dict[str, str]]:
    """A date that the readings read differently, and what each makes of it."""
    for each in found:
        if len(each.readings) < 2:  # noqa: PLR2004 - two readings
            continue
        one, other = each.readings[0].dates.day, each.readings[1].dates.day
        rows = np.flatnonzero(one != other)
        if len(rows):
            row = int(rows[0])
            return each.column.texts[row], {form.form: str(form.dates.day[row]) for form in each.readings}
    return "", {}
