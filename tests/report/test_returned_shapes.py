"""Files of other shapes come back too: headers of two rows, two joined sheets, other formats, headings above invoices."""

import zipfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from desk import HEADERS, Desk, row
from openpyxl import Workbook, load_workbook

from importer.domain.identity import Account
from importer.domain.records import Plan
from importer.language.speech import ENGLISH
from importer.pipeline import check_files
from importer.profile.load import load_profile
from importer.stations.read.again import reopen
from importer.stations.report.returned import Limits, Manner, give_back_annotated, give_back_failures, plan_standing
from importer.tools.giveback import manner_of

PROFILE = """
profile: vormen
version: "1"
system: vormen
source:
  decimal: ","
  dates: "%d/%m/%Y"
{source}
{rows}
invoice_key: [{key}]
prices: excl_vat
invoice:
  date: {{column: {date}}}
customer:
  name: {{column: {name}}}
lines:
  product_code: {{column: Code}}
  quantity: {{column: Aantal}}
  unit_price: {{column: Prijs}}
  vat_rate: {{column: BTW}}
"""
TWO_ROWS = "  header: {row: auto, rows: 2}"
JOINED = "  join:\n    header: {sheet: Kop, key: Nr}\n    lines: {sheet: Lijnen, key: Factuur}"
HEADINGS = (
    "rows:\n  fill_down: [Nr, Datum, Klant]\n"
    "  skip:\n    - {column: Code, equals: kop, reason: heading}\n    - {column: Code, equals: totaal, reason: total}"
)


class Shape:
    """A profile and a file of that shape, in a folder."""

    def __init__(self, folder: Path, **changes: str) -> None:
        self.folder = folder
        words = {"source": "", "rows": "", "key": "Nr", "date": "Datum", "name": "Klant", **changes}
        (folder / "vormen.yaml").write_text(PROFILE.format(**words), encoding="utf-8")
        self.loaded = load_profile(folder / "vormen.yaml")

    def check(self, path: Path) -> Plan:
        """The plan of a file."""
        return check_files([path], self.loaded, Account("check", "check"))

    def there_and_back(
        self, source: Path, *, failures: bool = False, limits: Limits | None = None
    ) -> tuple[Plan, Plan]:
        """The plan of a file, and that of the workbook that came back."""
        plan, out = self.check(source), self.folder / "terug.xlsx"
        profile = self.loaded.profile
        manner: Manner = manner_of(profile, ENGLISH, datetime(2026, 3, 31, tzinfo=UTC))
        reopened = reopen(source, profile.source, profile.needed_columns())
        give = give_back_failures if failures else give_back_annotated
        give(out, reopened, plan_standing(plan, {}, ENGLISH), manner, [source], limits or Limits())
        return plan, self.check(out)


def told(plan: Plan) -> list[tuple[str, str, str]]:
    """Findings by code, column and invoice."""
    return [(one.code, one.column, one.invoice) for one in plan.findings]


def labels(plan: Plan) -> tuple[list[str], list[str]]:
    """The invoices that may go, and those refused."""
    return [one.frozen.invoice.label for one in plan.items], [one.label for one in plan.refused]


@pytest.mark.parametrize("failures", [False, True])
def test_a_text_file_with_a_header_of_two_rows(tmp_path: Path, failures: bool) -> None:
    """Groups stand over each of their columns in the workbook, so that the names are the same when it is read again."""
    shape = Shape(tmp_path, source=TWO_ROWS, key="Factuur / Nr", date="Factuur / Datum", name="Klant")
    lines = ["Verkoop", "Factuur;;Klant;Code;Aantal;Prijs;BTW", "Nr;Datum;;;;;", "1;01/03/2026;Zoë;A;1;2,5;21"]
    (tmp_path / "in.csv").write_text("\n".join([*lines, "2;01/03/2026;Zoë;A;1;x;21"]) + "\n", encoding="utf-8")
    before, after = shape.there_and_back(tmp_path / "in.csv", failures=failures)

    assert told(before) == told(after) == [("bad-amount", "Prijs", "2")]
    assert labels(before) == (["1"], ["2"])
    assert labels(after) == ([] if failures else ["1"], ["2"])


def test_a_large_workbook_with_merged_groups(tmp_path: Path) -> None:
    """A fresh workbook has no merged cells; the group of each column is still known."""
    shape = Shape(tmp_path, source=TWO_ROWS, key="Factuur / Nr", date="Factuur / Datum", name="Klant")
    book = Workbook()
    sheet: Any = book.active
    for line in (
        ["Factuur", None, "Klant", "Code", "Aantal", "Prijs", "BTW"],
        ["Nr", "Datum", None, None, None, None, None],
        ["1", "01/03/2026", "Zoë", "A", 1, 2.5, "21"],
        ["2", "01/03/2026", "Zoë", "A", 1, "x", "21"],
    ):
        sheet.append(line)
    sheet.merge_cells("A1:B1")
    book.save(tmp_path / "in.xlsx")
    for limits in (Limits(), Limits(copied_rows=1)):
        (tmp_path / "terug.xlsx").unlink(missing_ok=True)
        before, after = shape.there_and_back(tmp_path / "in.xlsx", limits=limits)
        assert told(before) == told(after) == [("bad-amount", "Prijs", "2")]
        assert labels(before) == labels(after) == (["1"], ["2"])


@pytest.mark.parametrize("failures", [False, True])
def test_two_joined_sheets(tmp_path: Path, failures: bool) -> None:
    """Header and lines of a failing invoice come back on both sheets, and join again."""
    shape = Shape(tmp_path, source=JOINED)
    book = Workbook()
    head: Any = book.active
    head.title = "Kop"
    for line in (
        ["Nr", "Datum", "Klant"],
        *([f"T{n}", "31/02/2026" if n == 2 else "01/03/2026", "K"] for n in (1, 2, 3)),
    ):
        head.append(line)
    rows: Any = book.create_sheet("Lijnen")
    rows.append(["Factuur", "Code", "Aantal", "Prijs", "BTW"])
    for number in (1, 2, 3):
        for code in ("A", "B"):
            rows.append([f"T{number}", code, 1, "x" if (number, code) == (3, "B") else 2.5, "21"])
    book.save(tmp_path / "in.xlsx")
    before, after = shape.there_and_back(tmp_path / "in.xlsx", failures=failures)

    assert told(before) == told(after) == [("bad-date", "Datum", "T2"), ("bad-amount", "Prijs", "T3")]
    assert labels(before) == (["T1"], ["T2", "T3"])
    assert labels(after) == ([] if failures else ["T1"], ["T2", "T3"])


@pytest.mark.parametrize("failures", [False, True])
def test_headings_that_open_an_invoice(tmp_path: Path, failures: bool) -> None:
    """A row left out by a rule may carry the number of the lines below it; it comes with them, or they would lose it."""
    shape = Shape(tmp_path, rows=HEADINGS)
    lines = [
        "Nr;Datum;Klant;Code;Aantal;Prijs;BTW",
        "1;01/03/2026;Zoë;kop;;;", ";;;A;1;2,5;21", ";;;totaal;;;",
        "2;01/03/2026;Zoë;kop;;;", ";;;A;1;x;21", ";;;B;1;2;21", ";;;totaal;;;",
    ]  # fmt: skip
    (tmp_path / "in.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    before, after = shape.there_and_back(tmp_path / "in.csv", failures=failures)

    assert told(before) == told(after) == [("bad-amount", "Prijs", "2")]
    assert labels(before) == (["1"], ["2"])
    assert labels(after) == ([] if failures else ["1"], ["2"])
    (refused,) = after.refused
    assert sum(span.last - span.first + 1 for span in refused.spans) == 2


def ods(path: Path, rows: list[list[str | float]]) -> Path:
    """A small OpenDocument spreadsheet."""

    def cell(value: str | float) -> str:
        if isinstance(value, float):
            return f'<table:table-cell office:value-type="float" office:value="{value}"/>'
        return f'<table:table-cell office:value-type="string"><text:p>{value}</text:p></table:table-cell>'

    names = "".join(
        f' xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for name in ("office", "table", "text")
    )
    body = "".join(f"<table:table-row>{''.join(map(cell, line))}</table:table-row>" for line in rows)
    content = (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document-content{names} office:version="1.2"><office:body>'
        f'<office:spreadsheet><table:table table:name="Blad1">{body}</table:table></office:spreadsheet></office:body>'
        "</office:document-content>"
    )
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("content.xml", content)
        archive.writestr(
            "META-INF/manifest.xml",
            '<?xml version="1.0" encoding="UTF-8"?><manifest:manifest '
            'xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"><manifest:file-entry '
            'manifest:full-path="/" manifest:media-type="application/vnd.oasis.opendocument.spreadsheet"/>'
            '<manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"/></manifest:manifest>',
        )
    return path


def test_other_formats_come_back_as_new_workbooks(tmp_path: Path) -> None:
    """An OpenDocument spreadsheet comes back as .xlsx: numbers are numbers, texts are texts, sheets keep their names."""
    shape = Shape(tmp_path)
    head: list[str | float] = ["Nr", "Datum", "Klant", "Code", "Aantal", "Prijs", "BTW"]
    good: list[str | float] = ["1", "01/03/2026", "Zoë", "00042", 1.0, 2.5, "21"]
    source = ods(tmp_path / "in.ods", [head, good, ["2", "01/03/2026", "Zoë", "A", 1.0, "x", "21"]])
    before, after = shape.there_and_back(source)

    assert told(before) == told(after) == [("bad-amount", "Prijs", "2")]
    assert before.totals == after.totals
    sheet = load_workbook(tmp_path / "terug.xlsx")["Blad1"]
    assert [cell.value for cell in sheet[2]][3:6] == ["00042", 1, 2.5]


def test_two_files_of_one_name_are_told_apart(tmp_path: Path) -> None:
    """Findings name files, and two folders may hold the same name: each remark is in the file of its own invoice."""
    desk = Desk(tmp_path, None)
    for folder, number in (("a", "T-1"), ("b", "U-1")):
        (tmp_path / folder).mkdir()
        lines = [
            HEADERS,
            row(number, price="x" if folder == "a" else "1"),
            row(f"{number}9", price="1" if folder == "a" else "y"),
        ]
        (tmp_path / folder / "maart.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    said = desk.run("check", "a/maart.csv", "b/maart.csv", "-m", "demo", "--annotate", "terug.xlsx", "--json").object()

    assert said["annotated"] == ["terug-maart.xlsx", "terug-maart-2.xlsx"]
    found = []
    for name in said["annotated"]:
        sheet: Any = load_workbook(tmp_path / name)["maart"]
        found.append({cell.coordinate: cell.value for line in sheet.iter_rows() for cell in line if cell.comment})
    assert found == [{"N2": "x"}, {"N3": "y"}]
