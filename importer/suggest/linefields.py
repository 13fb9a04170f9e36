"""The fields of lines, the side of VAT, extra lines and controls of a suggested profile, with their proofs."""

import json
from typing import Final

import numpy as np

from importer.profile.open import TO_CHOOSE
from importer.suggest.arithmetic import Equation, Proofs, line_cents
from importer.suggest.extras import Extra, ExtraProof, prove_extras
from importer.suggest.lines import Lines
from importer.suggest.model import Answer, Choice, Column, Sure, Value, counted
from importer.suggest.numbers import affixes_of, read_amounts
from importer.suggest.values import are_numbers, are_words
from importer.suggest.work import Work

SIDES: Final = (
    Answer("excl_vat", "the unit prices are without VAT"),
    Answer("incl_vat", "the unit prices are with VAT"),
)
RATE_OPTIONS: Final = tuple(Answer(rate, f"{rate} % VAT") for rate in ("21", "12", "6", "0"))
FOREIGN: Final = frozenset({"$", "£", "¥", "USD", "GBP", "CHF", "US$"})  # taken off, they would become euro
_CODES: Final = {"shipping": "SHIPPING", "discount": "DISCOUNT"}
_SAID: Final = {
    "line_incl": "quantity x price and its VAT",
    "line_vat": "the VAT of each line",
    "line_excl": "quantity x price without its VAT",
    "invoice_incl": "the lines and their VAT",
    "invoice_excl": "the lines without their VAT",
    "invoice_vat": "the VAT of the lines",
}


def line_fields(work: Work, found: Lines) -> None:
    """Put the fields of the lines, `prices` and the controls into the draft."""
    for path, column in (
        ("lines.quantity", found.quantity),
        ("lines.unit_price", found.price),
        ("lines.vat_rate", found.rate),
    ):
        if column is not None:
            work.take(column, tuple(path.split(".")))
    _product(work)
    proofs = found.proofs
    totals = proofs.of("line_total") if proofs is not None else []
    total = max(totals, key=lambda each: each.telling, default=None)
    said = ""
    if total is not None and total.telling:
        said = f'quantity x price is "{total.column.header}" on all {counted(total.on, "line")}'
    if said and found.aside:
        said += f" ({counted(found.aside, 'invoice')} with a discount set aside)"
    sure = Sure.PROVED if said else Sure.LIKELY
    if found.quantity is not None:
        work.column_field("lines.quantity", found.quantity, rule=_strip(found.quantity), proof=said, sure=sure)
    else:
        options = (Answer("1", "each row is one piece, at its price"),)
        work.open_field(
            "lines.quantity",
            "quantity",
            "Which column holds the quantity?",
            options=options,
            proof="no header is known as the quantity",
        )
    if found.price is not None:
        hints = _near(work, proofs) if not said else []
        work.column_field("lines.unit_price", found.price, rule=_strip(found.price), proof=said, sure=sure, hints=hints)
    else:
        _no_price(work)
    extra = _extras(work, found)
    side = _prices(work, found, extra)
    if extra is not None and side == extra.side:
        _extra_lines(work, extra)
    if proofs is not None:
        _controls(work, proofs, side)
    _rate(work, found, side)
    _description(work)


def _strip(column: Column) -> dict[str, Value]:
    affixes = [word for word in affixes_of(column) or () if word.upper() not in FOREIGN]
    return {"strip": affixes} if affixes else {}


def _near(work: Work, proofs: Proofs | None) -> list[str]:
    """What nearly adds up, with the rows that do not."""
    if proofs is None:
        return []
    return [
        f'quantity x price is "{column.header}" on all lines but {len(rows)}: {work.cells(column, rows)}'
        for column, _, rows in proofs.near
    ]


def _no_price(work: Work) -> None:
    totals = [column for column in work.free("amount") if are_numbers(column, work.signs)]
    proof = "no header is known as the price of one piece"
    if totals:
        proof += f'; "{totals[0].header}" holds amounts: if it is the total of each row, it is the price where the quantity is 1'
    work.open_field("lines.unit_price", "price", "Which column holds the price of one piece?", proof=proof)


def _product(work: Work) -> None:
    def test(column: Column) -> bool:
        meaning = column.has("product_code")
        return meaning is not None and (not meaning.weak or not are_words(column))

    column = work.best("product_code", test)
    if column is None:
        alike = [each for each in work.free("product_code") if are_words(each)]
        proof = "no column is known as the product code" + (f'; "{alike[0].header}" holds names' if alike else "")
        work.open_field(
            "lines.product_code",
            "product_code",
            "Which column, or which fixed code, is the product in Facturalia?",
            proof=proof,
        )
        return
    empty = np.flatnonzero(~column.filled).tolist()
    hints = (
        [f"empty in {work.cells(column, empty)}: these lines are refused, unless you give a default"] if empty else []
    )
    work.column_field(
        "lines.product_code",
        column,
        proof="" if empty else f"filled on all {counted(len(work.body.rows), 'line')}",
        hints=hints,
    )


def _extras(work: Work, found: Lines) -> ExtraProof | None:
    """The amounts of whole invoices, shipping and a discount, that a total of the file is reached with."""
    if found.proofs is None:
        return None
    extras = []
    for role, sign in (("shipping", 1), ("discount", -1)):
        columns = [column for column in work.free(role) if are_numbers(column, work.signs)]
        extras += [Extra(role, sign, read_amounts(column, work.signs)) for column in columns[:1]]
    if not extras:
        return None
    totals = [read_amounts(column, work.signs) for column in work.free("amount") if are_numbers(column, work.signs)]
    vats = [read_amounts(column, work.signs) for column in work.free("vat_amount") if are_numbers(column, work.signs)]
    everything = Proofs(found.proofs.lines, found.proofs.usable | _known(work, found))
    return prove_extras(everything, found.percent, work.groups, totals, vats, extras)


def _known(work: Work, found: Lines) -> np.ndarray:
    """The rows whose quantity and price are known, those with a discount included."""
    if found.quantity is None or found.price is None:
        return np.zeros(len(work.body.rows), dtype=bool)
    return line_cents(read_amounts(found.quantity, work.signs), read_amounts(found.price, work.signs))[1]


def _extra_lines(work: Work, proof: ExtraProof) -> None:
    """Each amount becomes a line of its own; which product that is in Facturalia no file can say."""
    named_columns = " and ".join(f'"{extra.amount.column.header}"' for extra in proof.extras)
    said = f'"{proof.total.header}" is reached only with {named_columns}, on all {counted(proof.on, "invoice")}'
    for extra in proof.extras:
        where = ("extra_lines", extra.name)
        column = extra.amount.column
        rate: Value = str(proof.rate) if proof.rate >= 0 else TO_CHOOSE
        question = f"Which VAT rate is on {extra.name}?"
        choices = [Choice((*where, "vat_rate", "value"), question, RATE_OPTIONS)] if proof.rate < 0 else []
        code = _CODES[extra.name]
        value: dict[str, Value] = {"amount": {"column": column.header, **_strip(column)}}
        if extra.sign < 0:
            value["negate"] = "true"
        value |= {"product_code": {"value": code}, "vat_rate": {"value": rate}}
        hint = f"{code} is a name, not from the file: put the product that stands for {extra.name} in Facturalia there"
        sure = Sure.CHOOSE if choices else Sure.LIKELY
        work.add(".".join(where), value, sure, said, column, choices=choices, hints=[hint])
        work.draft.remarks.append(
            f"{extra.name} becomes a line with the product {code}, which must exist in Facturalia"
        )
    total = proof.total
    work.add("controls.invoice_total_incl", {"column": total.header, **_strip(total)}, Sure.PROVED, said, total)


def _prices(work: Work, found: Lines, extra: ExtraProof | None) -> str:
    """Decide on which side of VAT the prices are; excl_vat, incl_vat, or "" where a person has to."""
    reasons: dict[str, list[str]] = {"excl_vat": [], "incl_vat": []}
    if found.price is not None and (meaning := found.price.has("price")) is not None and meaning.side:
        reasons[f"{meaning.side}_vat"].append(f'the header "{found.price.header}" says so')
    for one in found.proofs.equations if found.proofs is not None else ():
        if one.side is not None:
            what = _SAID[one.role]
            unit = "line" if one.role.startswith("line") else "invoice"
            reasons[one.side].append(f'"{one.column.header}" is {what} on all {counted(one.on, unit)}')
        elif one.telling and (meaning := one.column.has("amount")) is not None and meaning.side:
            reasons[f"{meaning.side}_vat"].append(
                f'"{one.column.header}" is quantity x price, and its header says {meaning.side}. VAT'
            )
    if extra is not None:
        named_amounts = " and ".join(each.name for each in extra.extras)
        what = (
            f"the lines, {named_amounts} and their VAT"
            if extra.side == "excl_vat"
            else f"the lines and {named_amounts}"
        )
        reasons[extra.side].append(f'"{extra.total.header}" is {what} on all {counted(extra.on, "invoice")}')
    sides = [side for side, why in reasons.items() if why]
    if len(sides) == 1:
        work.add("prices", sides[0], Sure.PROVED, "; ".join(reasons[sides[0]][:2]))
        return sides[0]
    choice = Choice(("prices",), "Are the unit prices with or without VAT?", SIDES)
    proof = "no total in the file tells whether prices are with or without VAT"
    if sides:
        proof = f"two readings fit: without VAT ({reasons['excl_vat'][0]}); with VAT ({reasons['incl_vat'][0]})"
    work.add("prices", TO_CHOOSE, Sure.CHOOSE, proof, choices=[choice])
    return ""


def _rate(work: Work, found: Lines, side: str) -> None:
    path = "lines.vat_rate"
    if found.rate is None or found.rates is None:
        _missing_rate(work, found, side)
        return
    known, count = found.rates.known, found.rates.filled
    proof = f"{known:,} of {count:,} cells are rates of 0, 6, 12 or 21"
    vats = (
        [one for one in found.proofs.of("line_vat", "line_incl", "invoice_incl", "invoice_vat") if one.telling]
        if found.proofs is not None
        else []
    )
    if vats:
        proof += f'; "{vats[0].column.header}" agrees with them'
    if found.rates.plain:
        rule: dict[str, Value] = {"strip": list(found.rates.strip)} if found.rates.strip else {}
        work.column_field(path, found.rate, rule=rule, proof=proof, sure=Sure.PROVED if known == count else Sure.LIKELY)
        return
    table = {text: meaning or TO_CHOOSE for text, meaning in found.rates.words.items()}
    choices = [
        Choice(("lines", "vat_rate", "map", text), f'Which VAT rate is "{text}"?', RATE_OPTIONS)
        for text, meaning in found.rates.words.items()
        if not meaning
    ]
    work.column_field(
        path,
        found.rate,
        rule={"map": table},
        proof=proof,
        sure=Sure.CHOOSE if choices else Sure.LIKELY,
        choices=choices,
    )


def _missing_rate(work: Work, found: Lines, side: str) -> None:
    """No column of rates: the one rate that the totals are reached with, if a control will see any other one."""
    proof = "the file has no column of VAT rates"
    options = list(RATE_OPTIONS)
    if found.single > 0 and found.proofs is not None:
        proved = next(one for one in found.proofs.equations if one.side is not None)
        proof += f'; with {found.single} % on every line "{proved.column.header}" is reached on all {counted(proved.on, "row")}'
        options.sort(key=lambda option: option.value != str(found.single))
        if side == "excl_vat" and ("controls", "invoice_total_incl") in work.draft.entries:
            proof += "; an invoice with another rate does not come to its total, and is refused"
            work.add("lines.vat_rate", {"value": str(found.single)}, Sure.PROVED, proof)
            return
    work.open_field("lines.vat_rate", "vat_rate", "Which VAT rate is on the lines?", options=options, proof=proof)


def _controls(work: Work, proofs: Proofs, side: str) -> None:
    taken: set[int] = set()

    def control(path: str, one: Equation | None, what: str) -> None:
        if one is None or one.column.position in taken:
            return
        taken.add(one.column.position)
        unit = "line" if path.endswith("line_total") else "invoice"
        work.add(
            path,
            {"column": one.column.header, **_strip(one.column)},
            Sure.PROVED,
            f"it is {what} on all {counted(one.on, unit)}",
            one.column,
        )

    lines = [one for one in proofs.of("line_total") if one.telling]
    control("controls.line_total", _strongest(lines), "quantity x price")
    if not side or any(path[0] == "extra_lines" for path in work.draft.entries):
        return  # what is worked out then holds the extra lines, and these totals do not
    incl = [one for one in proofs.of("invoice_incl") if one.exact and one.telling and side == "excl_vat"]
    excl = [one for one in proofs.of("invoice_excl") if one.exact and one.telling]
    if side == "incl_vat":
        incl = [one for one in excl if one.side is None]
        excl = [one for one in excl if one.side == "incl_vat"]
    else:
        excl = [one for one in excl if one.side is None]
    control("controls.invoice_total_excl", _strongest(excl), "the sum of the lines without VAT")
    best = _strongest(incl)
    control("controls.invoice_total_incl", best, "the sum of the lines with VAT")
    if best is not None and best.rounding == "per_line":
        work.add(
            "rounding",
            "per_line",
            Sure.PROVED,
            f'"{best.column.header}" is reached only if VAT is rounded on each line',
        )


def _strongest(equations: list[Equation]) -> Equation | None:
    return max(equations, key=lambda one: (one.telling, one.on), default=None)


def _description(work: Work) -> None:
    column = work.best("description")
    if column is not None:
        work.add(
            "lines.description",
            None,
            Sure.LIKELY,
            "the public pages of Facturalia show no such field of a line; use it only if your account takes it",
            column,
            hints=[f"{{column: {json.dumps(column.header, ensure_ascii=False)}}}"],
        )
