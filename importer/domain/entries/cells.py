"""Single cells: what their text must be."""

from collections.abc import Mapping

from importer.domain.entries.entry import Entry

ENTRIES: Mapping[str, Entry] = {
    "missing-value": Entry(
        "error",
        "Required cell is empty",
        "The cell is empty, and {field:words} is needed.",
        "Fill in the cell.",
        "Facturalia needs this field for each invoice or line.",
    ),
    "missing-key": Entry(
        "error",
        "Row without invoice key",
        "The row names no invoice: {columns:list} is empty.",
        "Fill in the invoice's number on this row, or add a rule under rows.skip if the row is no data.",
        "Without it nobody can tell which invoice the row belongs to. Nothing is dropped, so the row is refused.",
    ),
    "bad-amount": Entry(
        "error",
        "Not an amount",
        '"{value}" is not an amount.',
        "Use digits only; this profile expects {expected:words}.",
        "Amounts are read exactly or not at all.",
    ),
    "too-many-decimals": Entry(
        "error",
        "Too many decimals",
        '"{value}" has more than {limit} decimals.',
        "Round it in the spreadsheet.",
        "Which way to round is your decision, because it changes the amount of the invoice.",
    ),
    "amount-too-large": Entry(
        "error",
        "Number too large",
        '"{value}" is too large for a quantity, a price or an amount.',
        "Check the decimal and thousands signs.",
        "More than twelve digits before the decimals is nearly always a lost decimal sign.",
    ),
    "bad-date": Entry(
        "error",
        "Not a date",
        '"{value}" is not a date of the form {expected:form}.',
        "Write the date as {expected:form}, or as a real date cell.",
        "Dates are read by the form the profile states, so that 03/04 never becomes 4 March by accident.",
    ),
    "ambiguous-date": Entry(
        "error",
        "Date can be read in two ways",
        '"{value}" can be {first:day} or {second:day}.',
        "Leave only one form under source.dates in the profile.",
        "The profile names several date forms, and this text fits more than one of them.",
    ),
    "date-out-of-range": Entry(
        "error",
        "Date is far away",
        '"{value}" is not between {earliest:day} and {latest:day}.',
        "Check the year.",
        "Invoices of the distant past or future are nearly always typing errors.",
        allowed=("warning",),
    ),
    "bad-integer": Entry(
        "error",
        "Not a whole number",
        '"{value}" is not a whole number.',
        "Write a whole number without decimals.",
        "This field of Facturalia takes whole numbers only.",
    ),
    "bad-choice": Entry(
        "error",
        "Value not allowed",
        '"{value}" is not one of {allowed}.',
        "Use one of these values, or add a `map` to this field in the profile.",
        "This field of Facturalia takes a fixed set of values.",
    ),
    "not-extracted": Entry(
        "error",
        "Cell not of the form the profile takes a part of",
        '"{value}" is not of the form that `extract` of this field expects.',
        "Correct the cell, correct `extract` under {field} in the profile, or give the field a default.",
        "The profile takes a part of this cell by a pattern; a part of a cell that looks otherwise is never guessed.",
    ),
    "bad-duration": Entry(
        "error",
        "Not a duration in exact hours",
        '"{value}" is not a duration h:mm or h:mm:ss that four decimals of an hour hold exactly.',
        "Write it as 1:30 or 01:30:00; for one such as 1:20, put a column with hours as a number into the profile.",
        "Hours are sent as a quantity with at most four decimals; 1:20 is 1.3333… hours and would have to be rounded.",
    ),
    "unmapped-value": Entry(
        "error",
        "Value not in the profile's map",
        '"{value}" is not in the map of this field.',
        'Add it to the profile: {field}: {{map: {{"{value}": …}}}}, or give the field a default.',
        "A map translates the file's words into Facturalia's; a word without translation is never guessed.",
    ),
    "vat-rate": Entry(
        "error",
        "Not a Belgian VAT rate",
        '"{value}" is not a VAT rate: 0, 6, 12 or 21.',
        "Correct the rate; foreign rates cannot be sent.",
        "Facturalia accepts 0, 6, 12 and 21 percent.",
    ),
    "bad-quantity": Entry(
        "error",
        "Quantity is zero",
        "The quantity is zero.",
        "Remove the row, or add a rule under rows.skip.",
        "Facturalia takes quantities above zero.",
    ),
    "bad-vat-number": Entry(
        "error",
        "VAT number is wrong",
        '"{value}" is not a valid VAT number: {problem:words}.',
        "Compare it with the customer's own papers, or look the company up in the KBO/BCE or in VIES.",
        "Every country of the EU has its own form and check digits; in a Belgian number the last two digits are 97 less "
        "the remainder by 97 of the eight before them. Spaces, dots, capitals and the word BTW or TVA make no difference.",
        allowed=("warning",),
    ),
    "bad-iban": Entry(
        "error",
        "Bank account number is wrong",
        '"{value}" is not a valid IBAN.',
        "Compare it with the source; one character is probably mistyped.",
        "The check digits do not fit.",
        allowed=("warning",),
    ),
    "bad-ogm": Entry(
        "error",
        "Structured communication is wrong",
        '"{value}" is not a valid structured communication.',
        "Compare it with the source; one digit is probably mistyped.",
        "The last two digits must be the remainder by 97 of the first ten.",
        allowed=("warning",),
    ),
    "not-eur": Entry(
        "error",
        "Not in euro",
        'The currency is "{value}".',
        "Invoices in another currency must be made by hand.",
        "The API shows no currency field: what it receives is euro.",
    ),
    "line-total": Entry(
        "error",
        "Line total does not fit",
        'The file says "{value}", quantity times price makes {computed:amount}.',
        "Correct the quantity, the price or the total.",
        "The profile names this column as a control: it is proved, never sent.",
    ),
    "invoice-total": Entry(
        "error",
        "Invoice total does not fit",
        'The file says "{value}" for the invoice, its lines make {computed:amount}.',
        "Look for a missing or doubled line, or correct the total.",
        "The profile names this column as a control: it is proved, never sent.",
    ),
    "incl-not-exact": Entry(
        "error",
        "Price including VAT does not come back",
        "No prices without VAT bring the invoice to {value:amount} including VAT: it would come to {one:amount} or "
        "{other:amount}.",
        "Export prices without VAT. Otherwise change a price by a cent, so that the invoice comes to one of these amounts, "
        "or make this invoice in Facturalia itself.",
        "Facturalia is sent prices without VAT, and the total including VAT must come back to the cent. VAT is reckoned on "
        "an amount in whole cents, so not every total exists: at 21 percent 8.26 gives 9.99 and 8.27 gives 10.01.",
    ),
}
