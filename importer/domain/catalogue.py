"""Every finding code with its severity and its sentences, as data.

Sentences are templates: `{value}` is the cell as found, `{column}` its header, `{invoice}` the invoice; other names
are facts of the finding, with their kind behind a colon (see `importer.domain.wording`). They say what is wrong, then
what to do; no blame, no jargon. The translations stand in `importer/locale`, under the English sentence.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

NO_FACTS: Mapping[str, str] = MappingProxyType({})


class Entry(NamedTuple):
    """One kind of finding. `severity` is error, warning or note; `why` is the paragraph of `importer explain`.

    `allowed` are the other severities that a profile may give it; none where it protects money or identity.
    """

    severity: str
    title: str
    message: str
    fix: str
    why: str
    allowed: tuple[str, ...] = ()


CATALOGUE: Mapping[str, Entry] = MappingProxyType(
    {
        # --- the table ---------------------------------------------------------------------------------------
        "ragged-row": Entry(
            "error",
            "Row with too many or too few fields",
            "This row has {found} fields instead of {expected}.",
            'Put quotes around a text that holds the separator "{delimiter}", or add the missing separators.',
            "A separator inside a text, or a missing one, shifts every later cell of the row under a wrong header. "
            "The row and every invoice it may belong to are refused.",
        ),
        "error-cell": Entry(
            "error",
            "Cell holds a spreadsheet error",
            'The cell shows "{value}".',
            "Repair the formula in the spreadsheet, save, and import again.",
            "A formula in the spreadsheet could not be worked out, so the true value is not in the file.",
        ),
        "formula-not-calculated": Entry(
            "error",
            "Formula without a result",
            'The formula "{value}" was saved without its result.',
            "Open the workbook in a spreadsheet program, let it calculate, save, and import again.",
            "Programs that write workbooks often leave formulas uncalculated. Such a cell would read as empty.",
        ),
        "control-character": Entry(
            "error",
            "Invisible character",
            'The cell holds an invisible character ({names}): "{value}".',
            "Type the cell again, or remove the character.",
            "Control characters, zero-width characters and direction marks make two texts look the same that are not.",
        ),
        "number-as-id": Entry(
            "error",
            "Long number that the spreadsheet has damaged",
            '"{value}" was stored as a number with more than 15 digits or with an exponent; its last digits are lost.',
            "Format the column as text in the program that makes the file, and export again.",
            "Spreadsheets keep 15 digits of a number. A longer code or number is rounded without warning.",
        ),
        "not-text": Entry(
            "error",
            "Code that the spreadsheet has changed",
            '"{value}" was stored as a {kind:words}; a spreadsheet has probably changed it.',
            "Format the column as text in the program that makes the file, and export again.",
            "Spreadsheets turn codes such as 3-12 into dates and words such as TRUE into logical values.",
        ),
        "hidden-rows": Entry(
            "warning",
            "Hidden rows are read too",
            "Rows of this sheet that are hidden or filtered out: {count}, the first is row {first}; they are read like the others.",
            "Delete them from the file if they must not be invoiced.",
            "A filter hides rows from your eyes, not from the file.",
        ),
        "hidden-sheet": Entry(
            "note",
            "Hidden sheet left out",
            'The hidden sheet "{sheet}" was not read.',
            "Name it under source.sheets in the profile if it must be read.",
            "Only visible sheets are read, unless the profile names a hidden one.",
            allowed=("warning",),
        ),
        "row-limit": Entry(
            "warning",
            "The sheet is full",
            "This sheet ends exactly at row {count}, the limit of its format: rows may have been cut off.",
            "Compare with the source program, or export in smaller parts.",
            "Programs that write more rows than the format can hold drop the rest without a word.",
        ),
        "mojibake": Entry(
            "warning",
            "Letters look damaged",
            '"{value}" looks like text that was read in the wrong encoding.',
            "Check the encoding with which the file was exported.",
            "A name such as MÃ¼ller was UTF-8 once and was saved again as something else.",
            allowed=("error", "note"),
        ),
        "data-below-footer": Entry(
            "warning",
            "Rows below the footer look like data",
            "The footer begins at row {footer:number}; rows below it that name an invoice and a product: {count:number}, "
            "the first is this one.",
            "Correct the rule under rows.footer in the profile, or the file, if these rows must be invoiced.",
            "Everything from the first row that fits rows.footer is left out. A rule that fits too early would lose rows.",
        ),
        "no-lines": Entry(
            "error",
            "Row without a line",
            "The row names an invoice and holds no line: {columns:list} are empty, and so are the others like them.",
            "Fill in a line, or add a rule under rows.skip if the row is no invoice.",
            "Lines stand beside each other in the columns of a row here. Facturalia takes no invoice without a line.",
        ),
        "line-without-header": Entry(
            "error",
            "Line of an invoice that is not there",
            'No row of the sheet "{sheet}" has "{value}" in {columns:list}.',
            "Add the invoice to that sheet, correct the number on this row, or delete the row.",
            "Invoices and their lines stand on two sheets here. A line without its invoice is refused, never dropped.",
        ),
        "header-without-lines": Entry(
            "error",
            "Invoice without lines",
            'No row of the sheet "{sheet}" has "{value}" in {columns:list}.',
            "Add the lines to that sheet, or delete the row if the invoice is not to be made.",
            "Invoices and their lines stand on two sheets here. Facturalia takes no invoice without a line.",
        ),
        "header-repeated": Entry(
            "error",
            "Invoice stands twice on its sheet",
            'Row {other_row} of this sheet has "{value}" too.',
            "Delete one of the two rows, or give one another number.",
            "Which of the two the lines belong to cannot be known, so the invoice is refused.",
        ),
        # --- cells -------------------------------------------------------------------------------------------
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
            '"{value}" is not a valid VAT number.',
            "Compare it with the customer's own papers; one digit is probably mistyped.",
            "The check digits do not fit.",
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
            "Without VAT at four decimals the invoice comes to {computed:amount} including VAT, the file says {value:amount}.",
            "Export prices without VAT, or split the line.",
            "Facturalia is sent prices without VAT; the total must come back to the cent.",
        ),
        # --- invoices ----------------------------------------------------------------------------------------
        "header-differs": Entry(
            "error",
            "Rows of one invoice disagree",
            'The row says "{value}", row {other_row} of the same invoice says "{other}".',
            "Make both rows say the same, or give one of them another invoice number.",
            "Customer, date and terms belong to the whole invoice, so all its rows must agree.",
        ),
        "invoice-in-two-files": Entry(
            "error",
            "Invoice stands in two files or sheets",
            'Invoice {invoice} has the same lines in "{first}" and "{second}".',
            "Keep one of the two, or import the files one after the other, the newer one last.",
            "This looks like a copy, or like an old and a corrected version. Joining them would double the invoice.",
        ),
        "invoice-joined": Entry(
            "warning",
            "Invoice joined from several files",
            'The lines of invoice {invoice} come from "{first}" and "{second}".',
            "Nothing, if the export was split in parts.",
            "Lines of one invoice were found in several files of this import and were put together.",
            allowed=("error",),
        ),
        "near-equal-keys": Entry(
            "warning",
            "Two ways of writing one number",
            'The keys "{value}" and "{other}" differ only in case, spaces, zeros or signs.',
            "Check whether they are one invoice or two.",
            "Case and leading zeros may tell invoices apart, so near-equal keys are only reported.",
            allowed=("error",),
        ),
        "credit-note": Entry(
            "warning",
            "Credit note held",
            "Invoice {invoice} is a credit note: it comes to {total:amount} excl. VAT.",
            "Make the credit note in Facturalia itself, then `importer resolve` it as settled.",
            "The API cannot make credit notes. They are never sent and never turned positive.",
        ),
        "negative-line": Entry(
            "warning",
            "Invoice with a negative line held",
            "Invoice {invoice} has a negative quantity or price.",
            "Make this invoice in Facturalia itself, or take the negative line out of the file.",
            "The API takes quantities above zero and prices from zero.",
        ),
        "zero-total": Entry(
            "warning",
            "Invoice of zero euro",
            "Invoice {invoice} comes to 0.00.",
            "Nothing, if that is meant.",
            "It is sent, because a free delivery may need an invoice.",
            allowed=("error", "note"),
        ),
        "due-before-date": Entry(
            "error",
            "Due date before invoice date",
            'The due date "{value}" is before the invoice date {date:day}.',
            "Correct one of the two dates.",
            "Facturalia takes a payment term of zero days or more.",
        ),
        # --- against the ledger ------------------------------------------------------------------------------
        "changed-since-posted": Entry(
            "warning",
            "Changed since it was posted",
            "Invoice {invoice} was posted{number:words}, and the file now says something else: {difference:words}.",
            "Correct it in Facturalia (credit note and new invoice), then `importer resolve` it as settled.",
            "A posted invoice is never sent again and never overwritten.",
        ),
        "profile-changed": Entry(
            "note",
            "Posted with an older profile",
            "Invoice {invoice} was posted with other fixed values ({difference:words}).",
            "Nothing.",
            "Only values that the profile itself fixes have changed since.",
        ),
        "rejected": Entry(
            "error",
            "Facturalia refused the invoice",
            "Facturalia refused invoice {invoice}: {answer:words}",
            "Correct the file, or Facturalia (a missing product, for example), and import again.",
            "The answer was definitive: no invoice was made.",
        ),
        "unknown": Entry(
            "error",
            "Outcome unknown",
            "Whether invoice {invoice} exists in Facturalia cannot be proved: {reason:words}",
            "Look it up in Facturalia, then `importer resolve` it as posted or as not-posted.",
            "It is never sent again under a new key, and never guessed.",
        ),
        "held-by-hand": Entry(
            "warning",
            "Held by a person",
            "Invoice {invoice} is held: {reason}",
            "`importer release` it when it may go.",
            "Somebody used `importer hold`.",
        ),
        "stored-bytes": Entry(
            "warning",
            "The file changed while an attempt was open",
            "Invoice {invoice} was being sent when the file said something else; the stored bytes go, not the new ones.",
            "Compare after this run: it may be reported as changed.",
            "An attempt without answer may have made the invoice; sending other bytes could make a second one.",
        ),
        "id-not-found": Entry(
            "note",
            "No id in the answer",
            "Facturalia accepted invoice {invoice}, and its answer shows no id.",
            "Nothing; name the path under `answer` in the profile if you know it.",
            "The whole answer is kept in the ledger.",
        ),
        # --- this machine ------------------------------------------------------------------------------------
        "clock-went-back": Entry(
            "warning",
            "This machine's clock was set back",
            "This machine's clock was set back: the ledger saw {before}, and after that {after}.",
            "Set the date and time of this machine right before the next run.",
            "An unanswered attempt is repeated only while Facturalia surely remembers it, so its age must be known. The "
            "clock cannot tell it any more. What nothing else proves young, and has no invoice number, is left to a person.",
        ),
        "clock-behind": Entry(
            "warning",
            "This machine's clock is behind",
            "This machine's clock says {now}, and Facturalia's says {theirs}.",
            "Set the date and time of this machine right before the next run.",
            "An unanswered attempt is repeated only while Facturalia surely remembers it. The difference of the clocks is "
            "added to the age of what earlier runs left unanswered.",
        ),
    }
)
