"""What no single cell shows: the company, its customers, the calendar, and why there is no VAT."""

from collections.abc import Mapping

from importer.domain.entries.entry import Entry

ENTRIES: Mapping[str, Entry] = {
    # --- the company
    "wrong-company": Entry(
        "error",
        "Invoices of another company",
        'The seller in this file is "{value}", and the account\'s own VAT number is {own}.',
        "Choose the account of this company with -a, or correct vat_number in accounts.yaml.",
        "The profile names the column that holds the seller (controls.seller_vat). Nothing of a file that names another "
        "company is sent: an invoice in the wrong administration cannot be undone.",
    ),
    "other-company-in-title": Entry(
        "warning",
        "Another company in the titles",
        'Above the headers stands the company "{value}", and the account\'s own VAT number is {own}.',
        "Check that this is the right file for this account; if it is, go on.",
        "The rows above the headers often name the company whose export it is. None of the numbers there is that of the "
        "account, so this may be the file of another company.",
    ),
    "customer-is-self": Entry(
        "warning",
        "Customer is the company itself",
        'The customer has the VAT number of this account itself: "{value}".',
        "Check the customer, and whether these are invoices of purchases.",
        "A company does not invoice itself. This happens where columns of seller and buyer are confused, or where a "
        "purchase journal is imported.",
        allowed=("error", "note"),
    ),
    # --- customers
    "vat-country": Entry(
        "warning",
        "VAT number of another country",
        'The VAT number "{value}" is of {found}, and the customer\'s country is {country}.',
        "Correct the one that is wrong; where a company has a VAT number in another country, nothing.",
        "The two letters before a VAT number are its country. Greece writes EL, Northern Ireland XI, Monaco FR.",
        allowed=("error", "note"),
    ),
    "similar-customers": Entry(
        "warning",
        "Two customers with nearly the same name",
        'The customers "{value}" and "{other}" ({other_place}) look like one.',
        "If they are one customer, write the name in one way; Facturalia would make two customers of it.",
        "The names differ only in accents, capitals, signs, legal form or a letter. They are never put together by "
        "themselves.",
        allowed=("error", "note"),
    ),
    "one-number-two-names": Entry(
        "warning",
        "One VAT number, two names",
        'The VAT number {number} stands with "{value}", and with "{other}" ({other_place}).',
        "Check which of the names is right: Facturalia finds the customer by the number and uses the name it knows.",
        "A VAT number belongs to one company. A wrong one sends the invoice to somebody else.",
        allowed=("error", "note"),
    ),
    "one-name-two-numbers": Entry(
        "warning",
        "One name, two VAT numbers",
        '"{value}" has the VAT number {number} here, and {other_number} elsewhere ({other_place}).',
        "Check which of the numbers is right; two companies of one name need nothing.",
        "The same customer usually has one VAT number.",
        allowed=("error", "note"),
    ),
    # --- the calendar
    "date-in-future": Entry(
        "warning",
        "Invoice date in the future",
        'The invoice date "{value}" is in the future: today is {today:day}. Invoices concerned: {count:number}.',
        "Check the day, the month and the year.",
        "An invoice is dated when it is made. A date to come is usually a typing error, or day and month exchanged.",
        allowed=("error", "note"),
    ),
    "date-long-ago": Entry(
        "warning",
        "Invoice date long ago",
        'The invoice date "{value}" is more than two years before today, {today:day}. Invoices concerned: {count:number}.',
        "Check the year, and whether this is the right file.",
        "Books of two years ago are closed and their VAT is declared. An older date is usually a typing error, or an old "
        "export.",
        allowed=("error", "note"),
    ),
    "several-months": Entry(
        "note",
        "Invoices of several months",
        "The invoices of this file run from {first:day} to {last:day}.",
        "Nothing, if the export was meant to cover several months.",
        "VAT is declared by month or quarter. An export over a longer period than usual may hold invoices of a period "
        "that is closed.",
        allowed=("error", "warning"),
    ),
    "due-far-out": Entry(
        "warning",
        "Due date more than a year away",
        "The payment term is {days:number} days, more than a year. Invoices concerned: {count:number}.",
        "Check the year of the due date.",
        "Between companies in Belgium a payment term is at most 60 days; more than a year is nearly always a typing error.",
        allowed=("error", "note"),
    ),
    # --- why there is no VAT
    "rate-without-code": Entry(
        "warning",
        "No VAT and no reason for it",
        "There is a line at 0 % and no exemption code. Invoices concerned: {count:number}.",
        "Map invoice.vat_exemption_code, from a column or as a fixed value, so that the invoice says why there is no VAT.",
        "An invoice without VAT must say why: Facturalia has a code for each reason (vat_exemption_code), which counts for "
        "the whole invoice.",
        allowed=("error", "note"),
    ),
    "code-against-rate": Entry(
        "warning",
        "Exemption code and VAT rate disagree",
        "Exemption code {value} goes with {expected} %, and the invoice has a line at {rate} %.",
        "Correct the code or the rate, or make two invoices of it: the code counts for the whole invoice.",
        "Codes 1, 2, 3, 4, 7 and 11 are for invoices without VAT, 6, 10, 12 and 14 for the reduced rate of 6 %, 9 for 12 %; "
        "13 asks for at least one line without VAT.",
        allowed=("error", "note"),
    ),
    "unknown-exemption-code": Entry(
        "warning",
        "Exemption code without meaning",
        '"{value}" is not one of the exemption codes that Facturalia explains: 1 to 4 and 6 to 14.',
        "Choose the code of the reason, or leave it empty.",
        "What another code puts on the invoice is not known.",
        allowed=("error", "note"),
    ),
    "intra-community-number": Entry(
        "warning",
        "Intra-Community invoice without a foreign VAT number",
        'The invoice is intra-Community, and the customer\'s VAT number is "{value}".',
        "Fill in the customer's VAT number of another country of the EU, or correct the exemption code.",
        "Deliveries and services to another country of the EU go without VAT only to a customer with a VAT number of that "
        "country; the number also goes into the intra-Community listing.",
        allowed=("error", "note"),
    ),
}
