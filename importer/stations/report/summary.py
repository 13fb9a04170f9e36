"""The first sheet: what happened, of which run, from which files, and whether it adds up."""

from collections.abc import Iterator, Mapping

from importer.domain.records import Totals
from importer.stations.report.accounts import INVOICE_PLACES, Accounts
from importer.stations.report.book import Book, Column, Kind, Money, Page
from importer.stations.report.model import TONES, Place, RunReport, Tone
from importer.stations.report.speech import happened, titles, verdict
from importer.stations.report.words import Words

WIDTHS = (34, 22, 16, 16, 40, 66)
_EXIT_TONES = {0: Tone.GOOD, 1: Tone.ATTENTION, 3: Tone.WAITING}


def write_summary(book: Book, report: RunReport, accounts: Accounts, words: Words) -> None:
    """Write the sheet."""
    page = book.page(words.sheets["summary"], WIDTHS)
    page.title(words.titles.get(report.run.command, words.titles[""]))
    code = report.run.exit_code
    tone = Tone.WAITING if code is None else _EXIT_TONES.get(code, Tone.BAD)
    page.sentence(happened(report, accounts, words), tone, bold=True)
    page.sentence(words.phrases["now"])
    page.gap()
    _run(page, report, accounts, words)
    _rows(page, accounts, words)
    _invoices(page, accounts, words)
    posted = accounts.posted_at_end or accounts.sums.get(Place.POSTED, Totals(0, 0, 0, ()))
    _totals(page, words.labels["posted_totals"], posted, words)
    if accounts.files_at_end is not None:
        _totals(page, words.labels["file_totals"], accounts.files_at_end, words)
    _files(page, report, words)


def _run(page: Page, report: RunReport, accounts: Accounts, words: Words) -> None:
    run, labels, phrases = report.run, words.labels, words.phrases
    missing = phrases["not_recorded"]
    exit_said = missing if run.exit_code is None else str(run.exit_code)
    page.pair(labels["run"], run.run)
    page.pair(labels["account"], run.account.name)
    page.pair(labels["origin"], run.account.origin)
    if run.profile:
        page.pair(labels["profile"], phrases["version"].format(name=run.profile, version=run.profile_version))
    page.pair(labels["importer"], run.importer_version or missing)
    page.pair(labels["started"], words.speech.moment(run.started_at))
    page.pair(labels["finished"], words.speech.moment(run.finished_at) if run.finished_at else missing)
    if run.plan_digest:
        page.pair(labels["plan"], run.plan_digest)
    page.pair(labels["exit"], phrases["exit"].format(code=exit_said, meaning=verdict(report, words)))
    stopped = run.summary.get("stopped")
    if isinstance(stopped, Mapping):
        page.pair(
            labels["stopped"],
            " ".join(words.speech.words(str(stopped.get(part, ""))) for part in ("message", "fix")).strip(),
        )
    for one in _accepted(run.summary):
        page.pair(labels["accepted"], phrases["accepted"].format(**one, title=titles(one["code"], words)))
    found = {name: words.speech.number(number) for name, number in accounts.recovered.items()}
    page.pair(labels["recovered"], phrases["recovered"].format(**found))
    if accounts.rejoined.get("mended") or accounts.rejoined.get("still_failing"):
        found = {name: words.speech.number(number) for name, number in accounts.rejoined.items()}
        page.pair(labels["rejoined"], phrases["rejoined"].format(**found))
    page.pair(labels["head"], phrases["head"].format(number=words.speech.number(report.head[0]), hash=report.head[1]))


def _accepted(summary: Mapping[str, object]) -> Iterator[dict[str, str]]:
    """What a person let pass, as the run told it."""
    listed = summary.get("accepted")
    for one in listed if isinstance(listed, list) else ():
        if isinstance(one, Mapping):
            yield {name: str(one.get(name, "")) for name in ("code", "reason", "by", "findings")}


def _rows(page: Page, accounts: Accounts, words: Words) -> None:
    page.heading(words.labels["rows"])
    rows = accounts.rows
    shown = {name: words.speech.number(number) for name, number in rows.items()}
    page.sentence(words.phrases["balance"].format(**shown))
    page.row((words.labels["read"], rows["read"]))
    page.row((words.labels["invoiced"], rows["invoiced"]))
    page.row((words.labels["skipped"], rows["skipped"]), TONES[Place.SKIPPED])
    page.row((words.labels["refused"], rows["refused"]), TONES[Place.REFUSED] if rows["refused"] else Tone.PLAIN)


def _invoices(page: Page, accounts: Accounts, words: Words) -> None:
    """Invoices by place, at the end of the run and now; places that nobody is in stay away."""
    titles = words.headers["counts"]
    page.gap()
    page.header(
        [Column(title, Kind.COUNT if number in {1, 2} else Kind.TEXT, 0) for number, title in enumerate(titles)]
    )
    ended = accounts.ended
    for place in INVOICE_PLACES:
        now = accounts.counts[place]
        then = None if ended is None else ended.get(str(place), 0)
        if now or then:
            page.row((words.places[place], then, now, words.meanings[place]), TONES[place])
    total = None if ended is None else ended.get("total", 0)
    page.row((words.labels["total"], total, sum(accounts.counts.values())), bold=True)
    for view in ("new", "replayed"):
        if ended is not None and ended.get(view):
            page.row((words.labels[view], ended[view]))


def _totals(page: Page, heading: str, totals: Totals, words: Words) -> None:
    page.heading(heading)
    titles = words.headers["money"]
    page.header([Column(title, Kind.MONEY if number else Kind.TEXT, 0) for number, title in enumerate(titles)])
    for rate, base, vat in totals.rates:
        page.row((words.phrases["rate"].format(rate=rate), Money(base), Money(vat), Money(base + vat)))
    page.row(
        (words.labels["all_rates"], Money(totals.excl), Money(totals.vat), Money(totals.incl)),
        bold=True,
    )


def _files(page: Page, report: RunReport, words: Words) -> None:
    if not report.sheets:
        return
    page.heading(words.labels["files"])
    titles = words.headers["files"]
    page.header(
        [Column(title, Kind.COUNT if number in {2, 3} else Kind.TEXT, 0) for number, title in enumerate(titles)]
    )
    for sheet in report.sheets:
        read = ", ".join(
            words.phrases["detected"].format(what=words.speech.words(what), value=words.speech.words(value))
            for what, value in sheet.detected.items()
        )
        page.row((sheet.file.name, sheet.name, sheet.header_row, sheet.file.size, read, sheet.file.sha256))
