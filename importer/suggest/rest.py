"""What is left when the fields are found: rows that are no data, columns without use, and what a person should know."""

import json
from collections.abc import Sequence
from typing import Final

from importer.suggest.arithmetic import Equation
from importer.suggest.linefields import FOREIGN
from importer.suggest.model import Sure, Unused, Value
from importer.suggest.numbers import affixes_of
from importer.suggest.similar import similar_roles
from importer.suggest.skips import Skip
from importer.suggest.work import Work

_SAID: Final = {
    "line_total": "quantity x price",
    "line_incl": "the line with VAT",
    "line_excl": "the line without VAT",
    "line_vat": "the VAT of the line",
    "invoice_excl": "the invoice without VAT",
    "invoice_incl": "the invoice with VAT",
    "invoice_vat": "the VAT of the invoice",
}
_LINE: Final = (("lines", "quantity"), ("lines", "unit_price"), ("lines", "vat_rate"))
_ROLES: Final = {
    "vat_amount": "VAT amounts are worked out by Facturalia",
    "amount": "no amount that quantity, price and rate come to",
    "discount": "a discount on a line has no place in the profile: if the prices are before discount, the amounts are too high",
    "shipping": "an amount of the whole order: see extra_lines in the template, or the totals will be too low",
    "cost": "what the seller paid is no price",
    "supplier": "a supplier",
    "document_type": "the kind of document; none here is a credit note",
    "status": "no draft and nothing cancelled in this file",
    "line_number": "a number of lines",
    "unit": "Facturalia keeps the unit with the product",
    "paid": "Facturalia would write today as the day of payment",
    "note": "may be meant for nobody but you: use invoice.note if customers may read it",
}


def row_rules(work: Work, skips: Sequence[Skip]) -> None:
    """Skip rules, and the columns written on the first row of an invoice only."""
    rules = [skip for skip in skips if not skip.footer]
    live: list[dict[str, Value]] = [dict(skip.rule) for skip in rules if skip.sure is not Sure.CHOOSE]
    hints = [json.dumps([dict(skip.rule)], ensure_ascii=False) for skip in rules if skip.sure is Sure.CHOOSE]
    proofs = [skip.proof for skip in rules]
    if rules:
        work.add(
            "rows.skip",
            live or None,
            Sure.PROVED if all(skip.sure is Sure.PROVED for skip in rules) else Sure.LIKELY,
            "; ".join(proofs),
            hints=hints,
        )
    feet = [skip for skip in skips if skip.footer]
    if feet:
        work.add("rows.footer", [dict(skip.rule) for skip in feet], Sure.PROVED, "; ".join(skip.proof for skip in feet))
    if work.key is None:
        return
    header = {
        position
        for position, path in work.used.items()
        if path[0] in {"invoice", "invoice_key", "customer", "extra_lines", "rows"}
        or path[-1].startswith(("invoice_total", "currency"))
    }
    header |= {position for position, path in work.used.items() if path == ("lines", "vat_rate")}
    down = [column for column in work.body.columns if column.position in header and work.beside_first(column)]
    if work.key.down:
        down = list({column.position: column for column in (work.key.column, *down)}.values())
        down.sort(key=lambda column: column.position)
    if down:
        names = [column.header for column in down]
        rows = int((~work.key.first).sum())
        work.add(
            "rows.fill_down",
            names,
            Sure.PROVED,
            f"these columns are empty on further rows of invoices ({rows:,} in all), and filled on the first ones",
        )


def unused_columns(work: Work, equations: Sequence[Equation]) -> None:
    """Tell of every column without use why it has none; a likeness is told only to what is still missing."""
    proved = {one.column.position: f"proved: {_SAID[one.role]}; worked out anew" for one in equations if one.telling}
    for column in work.body.columns:
        if column.position in work.used:
            continue
        if not column.header:
            reason = "no header"
        elif column.header in work.body.doubled:
            reason = "the same header stands above several columns; rename one to use it"
        elif not column.filled.any():
            reason = "empty in this file"
        else:
            reason = work.why_not.get(column.position, "") or proved.get(column.position, "")
            role = column.meanings[0].role if column.meanings else ""
            reason = reason or _ROLES.get(role, "")
            alike = similar_roles(column.header) if not column.meanings else ()
            if not reason and alike:
                alike_roles = " or ".join(f"{role.replace('_', ' ')} ({score} %)" for role, score in alike)
                reason = f"looks like {alike_roles}"
            reason = reason or ("another column serves" if column.meanings else "not known")
        work.draft.unused.append(Unused(column, reason))


def remarks_of(work: Work) -> None:
    """What a person should know before the first import."""
    remarks = work.draft.remarks
    lacks = [
        path for path in _LINE if work.draft.entries[path].sure is Sure.CHOOSE and not work.draft.entries[path].columns
    ]
    if len(lacks) == len(_LINE):
        remarks.insert(
            0,
            "no column of quantities, prices or VAT rates is known here: totals or a journal make no invoices; export with lines",
        )
    for column in work.body.columns:
        signs = [word for word in affixes_of(column) or () if word.upper() in FOREIGN]
        if signs and column.position in work.used:
            remarks.append(
                f'the amounts under "{column.header}" carry {" and ".join(signs)}, and Facturalia invoices in euro: they are refused'
            )
        if column.has("supplier") is not None and column.filled.any():
            remarks.insert(0, f'"{column.header}" names suppliers: this looks like a file of purchases, not of sales')
        if (
            column.has("discount") is not None
            and column.position not in work.used
            and column.filled.any()
            and any(text.strip("0.,% ") for text in column.distinct)
        ):
            remarks.append(
                f'"{column.header}" holds discounts, and a profile sends prices as they are: check that they are after discount'
            )
        if (
            column.has("shipping") is not None
            and column.position not in work.used
            and any(text.strip("0.,€$ ") for text in column.distinct)
        ):
            remarks.append(f'"{column.header}" holds an amount of the whole order: make it a line with extra_lines')
    if not work.draft.sheet.whole:
        remarks.append(
            f"only the first {len(work.draft.sheet.rows):,} rows were looked at; `importer check` reads them all"
        )
