"""What the report says of one invoice or one row, in words."""

from importer.domain.catalogue import CATALOGUE
from importer.ledger.records import InvoiceRecord
from importer.stations.report.accounts import Accounts
from importer.stations.report.model import Place, RunReport
from importer.stations.report.words import Words


def happened(report: RunReport, accounts: Accounts, words: Words) -> str:
    """One sentence: what happened, how many invoices, and where they are."""
    lead = verdict(report, words)
    counts = dict(accounts.counts)
    if accounts.ended is not None:
        counts = {place: accounts.ended.get(str(place), 0) for place in counts}
    count = sum(counts.values())
    if not count and any(accounts.recovered.values()):
        return words.phrases["happened_recovered"].format(lead=lead, **accounts.recovered)
    if not count:
        return words.phrases["happened_none"].format(lead=lead)
    parts = ", ".join(
        words.phrases["part"].format(count=words.speech.number(number), place=words.places[place])
        for place, number in counts.items()
        if number
    )
    return words.phrases["happened"].format(
        lead=lead, count=words.speech.number(count), invoices=noun(count, "invoice", words), parts=parts
    )


def verdict(report: RunReport, words: Words) -> str:
    """What the exit code means."""
    code = report.run.exit_code
    return words.cut_off if code is None else words.exits.get(code, words.exits[70])


def noun(count: int, name: str, words: Words) -> str:
    """The noun for a number of things."""
    one, several = words.nouns[name]
    return one if count == 1 else several


def said_of(invoice: InvoiceRecord, place: Place, words: Words) -> str:
    """The message of an invoice in its place."""
    if place in {Place.POSTED, Place.POSTED_LATER}:
        no_id = "" if invoice.remote_id else words.phrases["no_id"]
        return " ".join(part for part in (reason(invoice.reason, words), no_id) if part)
    if place is Place.CHANGED:
        return words.speech.words(invoice.difference)
    if place is Place.ALREADY_POSTED:
        return ""
    return reason(invoice.reason, words)


def reason(text: str, words: Words) -> str:
    """A reason as the ledger keeps it (a finding's code, a person's words, an answer) as a person reads it."""
    if text in CATALOGUE:
        return words.speech.sentence(CATALOGUE[text].title)
    head, colon, rest = text.partition(":")
    if colon and head in words.reasons:
        return words.phrases["labelled"].format(label=words.reasons[head], text=rest.strip())
    return words.speech.words(text)


def titles(codes: str, words: Words) -> str:
    """Codes, separated by commas, as the titles of the catalogue."""
    told = (words.speech.sentence(CATALOGUE[code].title) if code in CATALOGUE else code for code in codes.split(","))
    return ", ".join(title for title in told if title)
