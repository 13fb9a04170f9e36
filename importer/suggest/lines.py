"""The fields of lines, the side of VAT, and the controls: chosen so that the amounts of the file prove each other."""

from dataclasses import dataclass
from itertools import product
from typing import Final

import numpy as np

from importer.profile.open import TO_CHOOSE
from importer.stations.columns import to_cents
from importer.suggest.arithmetic import Equation, ExtraProof, Proofs, line_cents, prove, prove_extra, rates_from_amounts
from importer.suggest.model import Choice, Column, Option, Sure, Value, counted
from importer.suggest.numbers import Signs, affixes_of, read_amounts
from importer.suggest.values import Rates, are_numbers, are_words, find_rates, rates_by_row
from importer.suggest.work import Work

SIDES: Final = (
    Option("excl_vat", "the unit prices are without VAT"),
    Option("incl_vat", "the unit prices are with VAT"),
)
RATE_OPTIONS: Final = tuple(Option(rate, f"{rate} % VAT") for rate in ("21", "12", "6", "0"))
FOREIGN: Final = frozenset({"$", "£", "¥", "USD", "GBP", "CHF", "US$"})  # taken off, they would become euro
_MOST_TRIED: Final = 4  # columns for quantity and for price
_SAID: Final = {
    "line_incl": "quantity x price and its VAT",
    "line_vat": "the VAT of each line",
    "line_excl": "quantity x price without its VAT",
}


@dataclass(frozen=True)
class Lines:
    """The columns of the lines as they prove each other best."""

    quantity: Column | None
    price: Column | None
    rate: Column | None
    rates: Rates | None
    proofs: Proofs | None

    @property
    def weight(self) -> tuple[int, int]:
        """How much is proved: equations of lines first."""
        if self.proofs is None:
            return (0, 0)
        telling = [one for one in self.proofs.equations if one.telling]
        return (sum(1 for one in telling if one.role == "line_total"), len(telling))


def find_lines(work: Work, signs: Signs) -> Lines:
    """Try the columns that may be quantity, price and rate in every combination; the best proved one wins, then rank."""
    numeric = {column.position for column in work.body.columns if are_numbers(column, signs)}
    quantities = work.free("quantity", lambda each: each.position in numeric)[:_MOST_TRIED]
    prices = work.free("price", lambda each: each.position in numeric)[:_MOST_TRIED]
    rates: list[tuple[Column | None, Rates | None]] = []
    for column in work.free("vat_rate"):
        found = find_rates(work.by_invoice(column), signs)
        if found.are_rates:
            rates.append((column, found))
    rates = rates[:_MOST_TRIED] or [(None, None)]
    best = Lines(quantities[0] if quantities else None, prices[0] if prices else None, *rates[0], None)
    for quantity, price, (rate, known) in product(quantities, prices, rates):
        if len({quantity.position, price.position, -1 if rate is None else rate.position}) < 3:  # noqa: PLR2004 - three columns
            continue
        tried = _try(work, signs, quantity, price, rate, known, numeric)
        if best.proofs is None or tried.weight > best.weight:
            best = tried
    return best


def _try(
    work: Work,
    signs: Signs,
    quantity: Column,
    price: Column,
    rate: Column | None,
    found: Rates | None,
    numeric: set[int],
) -> Lines:
    lines, usable = line_cents(read_amounts(quantity, signs), read_amounts(price, signs))
    taken = {quantity.position, price.position} | ({rate.position} if rate is not None else set())
    amounts = [
        read_amounts(column, signs)
        for column in work.body.columns
        if column.position in numeric
        and column.position not in taken
        and (column.has("amount") or column.has("vat_amount"))
    ]
    percent = rates_by_row(work.by_invoice(rate), found, signs) if rate is not None and found is not None else None
    return Lines(quantity, price, rate, found, prove(lines, usable, percent, work.groups, amounts))


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
    said = (
        f'quantity x price is "{total.column.header}" on all {counted(total.on, "line")}'
        if total is not None and total.telling
        else ""
    )
    sure = Sure.PROVED if said else Sure.LIKELY
    if found.quantity is not None:
        work.column_field("lines.quantity", found.quantity, rule=_strip(found.quantity), proof=said, sure=sure)
    else:
        options = (Option("1", "each row is one piece, at its price"),)
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
    extra = _extra(work, found)
    side = _prices(work, found, extra[1] if extra is not None else None)
    _rate(work, found, side)
    if extra is not None and side == extra[1].side:
        _extra_line(work, *extra)
    if proofs is not None:
        _controls(work, proofs, side)
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


def _extra(work: Work, found: Lines) -> tuple[Column, ExtraProof] | None:
    """The amount of whole invoices, such as shipping, that a total of the file is reached with."""
    shipping = [column for column in work.free("shipping") if are_numbers(column, work.signs)]
    if not shipping or found.proofs is None:
        return None
    rates = None
    if found.rate is not None and found.rates is not None:
        rates = rates_by_row(work.by_invoice(found.rate), found.rates, work.signs)
    totals = [read_amounts(column, work.signs) for column in work.free("amount") if are_numbers(column, work.signs)]
    for column in shipping:
        proof = prove_extra(found.proofs, rates, work.groups, totals, read_amounts(column, work.signs))
        if proof is not None:
            return column, proof
    return None


def _extra_line(work: Work, column: Column, proof: ExtraProof) -> None:
    """The amount becomes a line of its own; which product that is in Facturalia no file can say."""
    where = ("extra_lines", "shipping")
    code = Choice((*where, "product_code", "value"), "Which product in Facturalia stands for shipping?")
    choices = [code]
    rate: dict[str, Value] = {"value": str(proof.rate)}
    if proof.rate < 0:
        rate = {"value": TO_CHOOSE}
        choices.append(Choice((*where, "vat_rate", "value"), "Which VAT rate is on shipping?", RATE_OPTIONS))
    value: dict[str, Value] = {
        "amount": {"column": column.header, **_strip(column)},
        "product_code": {"value": TO_CHOOSE},
        "vat_rate": rate,
    }
    said = f'"{proof.total.header}" is reached only with "{column.header}", on all {counted(proof.on, "invoice")}'
    work.add(".".join(where), value, Sure.CHOOSE, said, column, choices=choices)
    name = "invoice_total_incl"
    work.add(f"controls.{name}", {"column": proof.total.header, **_strip(proof.total)}, Sure.PROVED, said, proof.total)


def _prices(work: Work, found: Lines, extra: ExtraProof | None) -> str:
    """Decide on which side of VAT the prices are; excl_vat, incl_vat, or "" where a person has to."""
    reasons: dict[str, list[str]] = {"excl_vat": [], "incl_vat": []}
    if found.price is not None and (meaning := found.price.has("price")) is not None and meaning.side:
        reasons[f"{meaning.side}_vat"].append(f'the header "{found.price.header}" says so')
    for one in found.proofs.equations if found.proofs is not None else ():
        if one.side is not None:
            what = _SAID.get(
                one.role,
                {"invoice_incl": "the lines and their VAT", "invoice_excl": "the lines without their VAT"}.get(
                    one.role, "the VAT of the lines"
                ),
            )
            unit = "line" if one.role.startswith("line") else "invoice"
            reasons[one.side].append(f'"{one.column.header}" is {what} on all {counted(one.on, unit)}')
        elif one.telling and (meaning := one.column.has("amount")) is not None and meaning.side:
            reasons[f"{meaning.side}_vat"].append(
                f'"{one.column.header}" is quantity x price, and its header says {meaning.side}. VAT'
            )
    if extra is not None:
        what = "the lines, shipping and their VAT" if extra.side == "excl_vat" else "the lines and shipping"
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
    proof = "the file has no column of VAT rates"
    options = list(RATE_OPTIONS)
    vats = [column for column in work.free("vat_amount") if are_numbers(column, work.signs)]
    if vats and found.proofs is not None:
        amounts = read_amounts(vats[0], work.signs)
        cents = to_cents(amounts.numbers.mantissa, amounts.numbers.scale)
        single = rates_from_amounts(found.proofs.lines, cents, found.proofs.usable & amounts.good)
        if single is not None and side in {"", single[0]}:
            proof += f'; the amounts under "{vats[0].header}" come to {single[1]} % on all lines of this file'
            options.sort(key=lambda option: option.value != str(single[1]))
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
    if not side:
        return
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
            hints=[f"{{column: {column.header}}}"],
        )
