"""Whole invoices, the ledger, and the machine."""

from collections.abc import Mapping

from importer.domain.entries.entry import Entry

ENTRIES: Mapping[str, Entry] = {
    # --- invoices
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
    # --- against the ledger
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
    # --- this machine
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
