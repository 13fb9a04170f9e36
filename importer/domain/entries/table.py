"""The shape of the table: rows, sheets, cells that hold no value of their own."""

from collections.abc import Mapping

from importer.domain.entries.entry import Entry

ENTRIES: Mapping[str, Entry] = {
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
}
