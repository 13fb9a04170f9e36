"""Attacks by text: markup in every cell, header, sheet name, file name, search and reason. It must stay text."""

import re
from collections.abc import Iterator
from html import escape
from typing import Final
from urllib.parse import quote

from tests.web.attacks_files import MAIN, location, workbook
from tests.web.attacks_pages import SAMPLE, digest_of, settle
from tests.web.target import Target, Verdict

HEADERS: Final = SAMPLE.read_text(encoding="windows-1252").splitlines()[0]
COLUMNS: Final = HEADERS.split(";")
ROW: Final = ("2026-0700", "02/03/2026", "01/04/2026", "00042", "Bakkerij Fictief NV", "", "Verzonnenstraat 3", "2000", "Antwerpen",
              "België", "A1", "Bloem", "2", "10,00", "21%", "20,00", "Ann", "M1", "P-1", "")  # fmt: skip
UNSEEN: Final = frozenset({"Verkoper", "Magazijn", "Project", "Opmerking", "Omschrijving"})  # columns no page shows


def tag(name: object) -> str:
    """The beginning of the markup that stands for a place; nobody else writes it."""
    return f"<xss-{name} "


def planted(name: object) -> str:
    """Text that leaves an attribute, an element and a script if it is not escaped."""
    return f"\"'>{tag(name)}onload=alert(1)>{{{{7*7}}}}</script>"


class Pages:
    """Every page an attack has looked at."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self.seen: dict[str, str] = {}
        self.faults: list[str] = []

    def look(self, path: str) -> str:
        """Fetch a page; keep what it said."""
        answer = self._target.ask("GET", path)
        self.seen[path] = answer.body
        self.faults += [f"{path}: {fault}" for fault in answer.faults()]
        return answer.body

    def verdict(self, place: str, name: object, *, shown: bool = True) -> Verdict:
        """Held if the text of a place is markup nowhere and, where it is to be shown, is shown as text."""
        raw = [path for path, body in self.seen.items() if tag(name) in body and not path.endswith(".csv")]
        safe = sum(escape(tag(name)) in body for body in self.seen.values())
        computed = [path for path, body in self.seen.items() if "49</script>" in body]
        held = not raw and not computed and (safe > 0 or not shown)
        return Verdict(f"markup in {place}", held, f"markup on {raw}" if raw else f"as text on {safe} pages")


def markup(target: Target) -> Iterator[Verdict]:
    """Plant markup wherever text comes in, walk through every page, look for it."""
    pages = Pages(target)
    work = location(target.upload(("<xss-file onload=alert(1)>.csv", _cells())))
    preview = pages.look(f"{work}/preview")
    pages.look("/")
    for place in range(len(COLUMNS) + 1):
        pages.look(f"{work}/invoice/{place}")
    digest = digest_of(target.ask("GET", f"{work}/confirm"))
    pages.look(f"{work}/confirm")
    for path, name in ((f"{work}/preview?q=", "search"), ("/history?q=", "history"), ("/history?month=", "month")):
        pages.look(path + _quoted(planted(name)))
    for path in (f"{work}/preview?state={{}}&sort={{}}&p={{}}", "/history?account={}&month={}&q={}"):
        pages.look(path.format(*[_quoted(planted("filter"))] * 3))
    answer = target.form(f"{work}/profile", profile=planted("profile"))
    pages.seen["the refusal of a profile"] = answer.body
    answer = target.upload(("a.csv", b"a;b"), account=planted("account"))
    pages.seen["the refusal of an account"] = answer.body
    unknown = location(
        target.upload(("headers.csv", f'"{planted("header").replace(chr(34), chr(34) * 2)}";b\r\n1;2\r\n'.encode()))
    )
    answer = target.form(f"{unknown}/profile", profile="demo")
    pages.seen["the refusal of headers"] = answer.body
    pages.look(f"{unknown}/profile")
    book = location(target.upload(("sheet.xlsx", _sheet("<xss-sheet onload=a>"))))
    pages.look(f"{book}/preview")
    before = target.sandbox.count()
    target.form(f"{work}/confirm", digest=digest, limit="1")
    pages.seen["progress"] = settle(target, work).body
    pages.look(f"{work}/events")
    yield Verdict("the planted file is posted", target.sandbox.count() == before + 1, "its trial was sent")
    pages.look("/history")
    run = next(iter(re.findall(r"/runs/[^\"/]+", pages.seen["/history"])), "")
    result = pages.look(run)
    for record in sorted(set(re.findall(r"/invoices/imp-[0-9a-f]{32}", result))):
        if 'value="hold"' in pages.look(record):
            answer = target.form(record, as_="hold", reason=planted("reason"))
            pages.look(record)
            answer = target.form(record, as_=planted("decision"), reason="x")
            pages.seen["the refusal of a decision"] = answer.body
            break
    for path in ("/todo", "/", run):
        pages.look(path)
    given = target.ask("GET", f"{run}/credit.csv").header("content-disposition")
    yield Verdict("a list is a file, no page", given.startswith("attachment"), given)
    for number, column in enumerate(COLUMNS):
        yield pages.verdict(f"cells of {column}", number, shown=column not in UNSEEN)
    for name in ("header", "sheet", "search", "history", "profile", "account", "reason"):
        yield pages.verdict(name, name)
    for name in ("file", "month", "filter", "decision"):
        yield pages.verdict(name, name, shown=False)
    yield Verdict("no page without its guards", not pages.faults, f"{len(pages.seen)} pages {pages.faults[:3]}")
    yield Verdict(
        "no script in a page", all("<script>" not in body for body in pages.seen.values()) and bool(preview), "none"
    )


def _cells() -> bytes:
    """A file in which the markup stands in another column of each row, each row an invoice of its own."""
    rows = []
    for number in range(len(COLUMNS)):
        cells = [f"2026-07{number:02d}", *ROW[1:]]
        cells[number] = planted(number)
        rows.append(";".join('"' + cell.replace('"', '""') + '"' for cell in cells))
    return "\r\n".join([HEADERS, *rows, ""]).encode("windows-1252")


def _sheet(name: str) -> bytes:
    """A workbook whose only sheet has a name, and an amount that is none."""
    bad = [*ROW[:13], "tien", *ROW[14:]]
    rows = "".join(
        f'<row r="{at}">' + "".join(f'<c t="inlineStr"><is><t>{escape(cell)}</t></is></c>' for cell in cells) + "</row>"
        for at, cells in enumerate((COLUMNS, bad), start=1)
    )
    sheet = f'<worksheet xmlns="{MAIN}"><sheetData>{rows}</sheetData></worksheet>'
    return workbook(sheet.encode(), f'<sheet name="{escape(name)}" sheetId="1" r:id="rId1"/>')


def _quoted(text: str) -> str:
    return quote(text, safe="")
