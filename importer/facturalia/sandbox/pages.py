"""What a person sees of the sandbox: a page, a CSV file and a PDF, all from the store and all marked SANDBOX."""

import csv
import io
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from importer.domain.money import euros
from importer.facturalia.sandbox.settings import DEFAULT_API_KEY, SandboxSettings
from importer.facturalia.sandbox.store import Received, Store

PAGE_LENGTH = 200
EXPORT_COLUMNS = ("id", "number", "external_id", "date", "customer", "lines", "excl", "vat", "incl", "received at")
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")  # a spreadsheet runs what begins like this
_LARGEST_ID = 2**62


def overview(store: Store, settings: SandboxSettings, origin: str, before: str = "") -> str:
    """The HTML page: newest invoices first, `PAGE_LENGTH` at a time, those with an id below `before`."""
    limit = int(before) if before.isascii() and before.isdigit() and len(before) < len(str(_LARGEST_ID)) else None
    invoices = store.invoices(newest=PAGE_LENGTH + 1, before=limit)
    excl, vat, incl = store.sums()
    return _page().render(
        invoices=invoices[:PAGE_LENGTH],
        older=invoices[PAGE_LENGTH - 1].id if len(invoices) > PAGE_LENGTH else None,
        newest=limit is None,
        count=store.count(),
        requests=store.request_count(),
        excl=excl,
        vat=vat,
        incl=incl,
        base_url=origin + settings.base_path,
        # a key somebody chose may be in use elsewhere: only the one everybody knows is shown
        api_key=DEFAULT_API_KEY if settings.api_key == DEFAULT_API_KEY else None,
    )


def export(store: Store) -> bytes:
    """All invoices, oldest first, as CSV for a Belgian spreadsheet: UTF-8 with BOM, `;`, decimal comma, CRLF.

    Text that a spreadsheet would run as a formula gets an apostrophe in front.
    """
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
    writer.writerow(EXPORT_COLUMNS)
    for invoice in store.invoices():
        texts = (invoice.number, invoice.external_id, invoice.date, invoice.customer)
        money = (euros(cents).replace(".", ",") for cents in (invoice.excl, invoice.vat, invoice.incl))
        writer.writerow((invoice.id, *map(neutral, texts), invoice.lines, *money, invoice.received_at))
    return text.getvalue().encode("utf-8-sig")


def neutral(text: str) -> str:
    """The text, harmless in a spreadsheet, also behind leading spaces."""
    return f"'{text}" if text.startswith(_FORMULA) or text.lstrip().startswith(_FORMULA) else text


def pdf(invoice: Received) -> bytes:
    """One page that says which invoice it stands for, and that it is none."""
    lines = (
        "SANDBOX - this is not an invoice",
        f"Number: {invoice.number}",
        f"Date: {invoice.date}",
        f"Total: {euros(invoice.incl)} EUR",
    )
    shown = " ".join(f"({_pdf_text(line)}) Tj T*" for line in lines)
    content = f"BT /F1 14 Tf 20 TL 60 760 Td {shown} ET".encode("latin-1", "replace")
    objects = (
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%b\nendstream" % (len(content), content),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
    )
    out, starts = bytearray(b"%PDF-1.4\n"), []
    for number, body in enumerate(objects, start=1):
        starts.append(len(out))
        out += b"%d 0 obj\n%b\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % start for start in starts)
    out += b"xref\n0 6\n0000000000 65535 f \n%btrailer\n<< /Size 6 /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (
        table,
        len(out),
    )
    return bytes(out)


def _pdf_text(text: str) -> str:
    printable = "".join(letter if letter.isprintable() else " " for letter in text)
    return printable.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")


def _money(cents: int) -> str:
    """Cents as a person in Belgium reads them: 1.234.567,89."""
    whole, _, rest = euros(cents).partition(".")
    return f"{int(whole):,}".replace(",", ".") + "," + rest


@cache
def _page() -> Template:
    folder = Path(__file__).parent / "templates"
    environment = Environment(loader=FileSystemLoader(folder), autoescape=True, undefined=StrictUndefined)
    environment.filters["money"] = _money
    return environment.get_template("page.html")
