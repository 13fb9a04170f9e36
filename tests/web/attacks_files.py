"""Attacks by upload: hostile contents, hostile names, too much of everything."""

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from tests.web.attacks_door import told
from tests.web.target import BOUNDARY, Answer, Target, Verdict

MEGABYTE: Final = 1 << 20
GROWN: Final = 700  # megabytes the server may take at its worst
SHEET: Final = "xl/worksheets/sheet1.xml"
RELATED: Final = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
MAIN: Final = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


def workbook(sheet: bytes, book: str = '<sheet name="Blad1" sheetId="1" r:id="rId1"/>') -> bytes:
    """A workbook of one sheet whose XML is given."""
    packages = "http://schemas.openxmlformats.org/package/2006"
    types = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr(
            "[Content_Types].xml",
            f'<Types xmlns="{packages}/content-types"><Default Extension="rels" '
            f'ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" '
            f'ContentType="application/xml"/><Override PartName="/xl/workbook.xml" '
            f'ContentType="{types}.sheet.main+xml"/><Override PartName="/{SHEET}" ContentType="{types}.worksheet+xml"/></Types>',
        )
        package.writestr(
            "_rels/.rels",
            f'<Relationships xmlns="{packages}/relationships"><Relationship Id="rId1" '
            f'Type="{RELATED}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        )
        package.writestr(
            "xl/workbook.xml", f'<workbook xmlns="{MAIN}" xmlns:r="{RELATED}"><sheets>{book}</sheets></workbook>'
        )
        package.writestr(
            "xl/_rels/workbook.xml.rels",
            f'<Relationships xmlns="{packages}/relationships"><Relationship Id="rId1" '
            f'Type="{RELATED}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
        )
        package.writestr(SHEET, sheet)
    return out.getvalue()


def hostile_files(target: Target) -> Iterator[Verdict]:
    """Files that would hurt whoever reads them."""
    rows = f'<worksheet xmlns="{MAIN}"><sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>%s</t></is></c></row></sheetData></worksheet>'
    entity = '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>' + rows % "&e;"
    laughs = (
        '<!DOCTYPE x [<!ENTITY a "ha">'
        + "".join(f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(9))
        + "]>"
        + rows % "&j;"
    )
    page = b"<!doctype html><html><body><table><tr><td><script>alert(1)</script></td></tr></table></body></html>"
    good = workbook((rows % "Factuurnr").encode())
    files: tuple[tuple[str, str, bytes], ...] = (
        ("a zip bomb", "bomb.xlsx", workbook(b" " * (150 * MEGABYTE))),
        ("a DOCTYPE that reads a file", "entity.xlsx", workbook(entity.encode())),
        ("a billion laughs", "laughs.xlsx", workbook(laughs.encode())),
        ("a page called a workbook", "page.xls", page),
        ("a page called csv", "page.csv", page),
        ("a workbook cut in half", "half.xlsx", good[: len(good) // 2]),
        ("a workbook and a page at once", "both.xlsx", page + good),
        ("a workbook followed by a page", "after.xlsx", good + page * 100),
        ("a zip of climbing names", "climb.xlsx", _climbing()),
        ("an empty file", "empty.csv", b""),
        ("NUL bytes", "nul.csv", b"\x00" * 4096),
        ("50,000 columns", "wide.csv", b";" * 50_000),
        ("one field of 20 MB", "long.csv", b'"' + b"a" * (20 * MEGABYTE)),
        ("a program", "setup.exe", b"MZ" + b"\x90" * 4096),
    )  # fmt: skip
    for name, called, content in files:
        answer = target.upload((called, content))
        if answer.status == 303:  # kept, to be asked about: the page that asks must not hold it as markup
            answer = target.ask("GET", answer.header("location"))
        verdict = told(f"upload: {name}", answer, 200, 422, never="<script>alert")
        yield verdict._replace(held=verdict.held and "root:" not in answer.body)
    yield Verdict("the server lives", target.alive(), "200")
    peak = _peak(target.process.pid)
    yield Verdict("memory", peak < GROWN, f"{peak} MB at most")


def hostile_names(target: Target) -> Iterator[Verdict]:
    """Names of files that would lie elsewhere, or be something else."""
    outside = set(target.folder.iterdir())
    absolute = str(target.folder / "evil.csv")
    content = b"Factuurnr;Datum\r\n1;2\r\n"
    for name, called in (
        ("climbing", "../../../evil.csv"),
        ("absolute", absolute),
        ("Windows", r"C:\Windows\evil.csv"),
        ("climbing the Windows way", r"..\..\evil.csv"),
        ("NUL", b"evil.csv\x00.png"),
        ("a line break", b"evil\r\n.csv"),
        ("no UTF-8", b"\xff\xfe\xed\xa0\x80.csv"),
        ("dots alone", ".."),
        ("a hidden file", ".bashrc"),
        ("the record of a work", "work.json"),
        ("300 letters of four bytes", "\U00020000" * 300 + ".csv"),
        ("a device", "CON.csv"),
        ("percent-encoded", "%2e%2e%2fevil.csv"),
    ):
        before = _works(target)
        answer = target.upload((called, content))
        verdict = told(f"file name: {name}", answer, 303, 400, 422, never="")
        made = [path for work in _works(target) - before for path in work.rglob("*") if path.is_file()]
        strays = [path for path in made if path.name != "work.json" and path.parent.name != "0"]
        climbed = set(target.folder.iterdir()) - outside or strays
        yield verdict._replace(
            held=verdict.held and not climbed, why=f"{verdict.why}; {[one.name for one in made][:2]}"
        )


def too_much(target: Target) -> Iterator[Verdict]:
    """Requests larger than announced, than allowed, than useful."""
    head = (
        f"POST /import HTTP/1.1\r\nHost: {target.host}\r\nCookie: {target.cookie}\r\nOrigin: http://{target.host}\r\n"
        f"Content-Type: multipart/form-data; boundary={BOUNDARY}\r\nConnection: close\r\n"
    )
    opening = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="files"; filename="a.csv"\r\n\r\n'.encode()
    announced = f"{head}Content-Length: {80 * MEGABYTE}\r\n\r\n".encode()
    yield told("80 MB announced", target.raw(announced), 413)
    longest = f"{head}Content-Length: {'9' * 400}\r\n\r\n".encode()
    yield told("a length of 400 digits", target.raw(longest), 400, 413)
    answer = target.raw([f"{head}Content-Length: {len(opening)}\r\n\r\n".encode(), opening, b"x" * MEGABYTE])
    yield Verdict("more than was announced", answer.status in (400, 422), str(answer.status))  # the surplus is no HTTP

    def endless() -> Iterator[bytes]:
        yield f"{head}Transfer-Encoding: chunked\r\n\r\n".encode()
        yield f"{len(opening):x}\r\n".encode() + opening + b"\r\n"
        for _ in range(60):
            yield f"{MEGABYTE:x}\r\n".encode() + b"x" * MEGABYTE + b"\r\n"

    yield told("chunks without end", target.raw(endless()), 0, 413)
    yield told("21 files", target.upload(*((f"{n}.csv", b"a;b\r\n") for n in range(21))), 422, never="")
    many = [(f"field{number}", "x") for number in range(1_200)]
    yield told("1,200 fields", target.upload(("a.csv", b"a"), fields=many), 400, 422, never="")
    yield told(
        "a field name of 2 MB", target.upload(("a.csv", b"a"), fields=[("n" * 2 * MEGABYTE, "x")]), 400, 422, never=""
    )
    yield told(
        "a field of 2 MB", target.upload(("a.csv", b"a"), fields=[("note", "x" * 2 * MEGABYTE)]), 400, 422, never=""
    )
    plain = b"account=default&" + b"&".join(b"a%d=1" % number for number in range(20_000))
    yield told("20,000 fields of a plain form", target.ask("POST", "/import", body=plain), 400, 422, never="")
    odd = target.ask("POST", "/import", {"Content-Type": "multipart/form-data"}, b"no boundary")
    yield told("a form without a boundary", odd, 400, 422, never="")
    broken = target.ask(
        "POST", "/import", {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}, b"--x\r\n\r\n"
    )
    yield told("a form that is none", broken, 400, 422, never="")
    yield told("an address of 60 KB", target.ask("GET", "/history?q=" + "a" * 60_000), 200, 400, 414, never="")
    yield Verdict("the server lives after all of it", target.alive(), "200")


def location(answer: Answer) -> str:
    """The work an upload became: `/import/ID`."""
    return "/".join(answer.header("location").split("/")[:3])


def _climbing() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as package:
        package.writestr("../../../evil.csv", "a;b")
        package.writestr("[Content_Types].xml", "<Types/>")
    return out.getvalue()


def _works(target: Target) -> set[Path]:
    return set(target.uploads.iterdir())


def _peak(process: int) -> int:
    """The most memory a process ever had, in megabytes."""
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    return next(int(line.split()[1]) // 1024 for line in lines if line.startswith("VmHWM:"))
