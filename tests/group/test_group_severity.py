"""A profile may give a finding more or less weight, where the catalogue allows it."""

from typing import Any

import pytest
from sources import go, table

from importer.domain.catalogue import CATALOGUE
from importer.domain.findings import Finding, Severity

BAD_VAT = "1001;01/03/2026;Zoë;A1;2;10,00;21;BE0403170702"
COLUMNS = "Nr;Datum;Klant;Code;Aantal;Prijs;BTW;BTW-nr"
CHECKED: dict[str, Any] = {"customer": {"vat_number": {"column": "BTW-nr", "check": "be-vat"}}}


def test_an_error_made_a_warning_is_told_and_sent() -> None:
    """The invoice goes, the finding stays, with its new weight in the JSON too."""
    run = go(BAD_VAT, CHECKED | {"severity": {"bad-vat-number": "warning"}}, columns=COLUMNS)

    assert [(finding.code, finding.severity) for finding in run.findings] == [("bad-vat-number", Severity.WARNING)]
    assert run.findings[0].as_json()["severity"] == "warning"
    assert run.invoice.customer["vat_number"] == "BE0403170702"
    assert go(BAD_VAT, CHECKED, columns=COLUMNS).refused == {"1001": ("bad-vat-number",)}


def test_a_lowered_finding_hides_no_other() -> None:
    """Two rows with two wrong numbers still disagree: customers of one invoice are compared all the same."""
    text = BAD_VAT + "\n" + BAD_VAT.replace("702", "703")
    run = go(text, CHECKED | {"severity": {"bad-vat-number": "warning"}}, columns=COLUMNS)

    assert run.codes == ["bad-vat-number", "bad-vat-number", "header-differs"]
    assert run.refused == {"1001": ("header-differs",)}


def test_a_warning_made_an_error_refuses_its_invoice() -> None:
    """An invoice of zero euro is refused where the profile says so, and a note where it says that."""
    text = "1001;01/03/2026;Zoë;A1;1;0,00;21\n1002;01/03/2026;Jan;A1;1;1,00;21"
    error = go(text, {"severity": {"zero-total": "error"}})
    note = go(text, {"severity": {"zero-total": "note"}})

    assert error.refused == {"1001": ("zero-total",)}
    assert set(error.invoices) == {"1002"}
    assert [(finding.code, finding.severity) for finding in note.findings] == [("zero-total", Severity.NOTE)]
    assert set(note.invoices) == {"1001", "1002"}


def test_near_equal_keys_as_an_error_refuse_both_invoices() -> None:
    """Each of the two may lack the lines of the other, so neither goes; one finding is enough."""
    text = "F-1;01/03/2026;Zoë;A1;1;1,00;21\nf1;01/03/2026;Zoë;A1;1;1,00;21\nG1;01/03/2026;Jan;A1;1;1,00;21"
    run = go(text, {"severity": {"near-equal-keys": "error"}})

    assert run.codes == ["near-equal-keys"]
    assert run.refused == {"F-1": ("near-equal-keys",), "f1": ("near-equal-keys",)}
    assert set(run.invoices) == {"G1"}
    assert run.grouped.rows == (3, 1, 0, 2)


def test_one_key_in_two_spellings_as_an_error() -> None:
    """The invoice that the file writes in two ways is refused."""
    text = "1001;01/03/2026;Zoë;A1;1;1,00;21\n１００１;01/03/2026;Zoë;A2;1;1,00;21"  # noqa: RUF001 - wide digits
    run = go(text, {"severity": {"near-equal-keys": "error"}})

    assert run.refused == {"1001": ("near-equal-keys",)}


def test_a_finding_of_reading_made_an_error_refuses_the_invoice_of_its_row() -> None:
    """Damaged letters are found while reading; as an error they refuse what stands in that row."""
    read = table(
        "1001;01/03/2026;MÃ¼ller;A1;1;1,00;21\n1001;01/03/2026;MÃ¼ller;A2;1;1,00;21\n1002;01/03/2026;Jan;A1;1;1,00;21"
    )
    read.findings.append(Finding("mojibake", file="maart.csv", row=2, column="Klant", cell="C2", value="MÃ¼ller"))

    run = go([read], {"severity": {"mojibake": "error"}})

    assert run.refused == {"1001": ("mojibake",)}
    assert set(run.invoices) == {"1002"}


def test_joined_invoices_as_an_error() -> None:
    """A firm that never splits its export can have invoices of two files refused."""
    one, other = table("1001;01/03/2026;Zoë;A1;1;1,00;21"), table("1001;01/03/2026;Zoë;A2;1;1,00;21", file="april.csv")

    assert go([one, other], {"severity": {"invoice-joined": "error"}}).refused == {"1001": ("invoice-joined",)}


@pytest.mark.parametrize("code", CATALOGUE)
def test_what_protects_money_or_identity_is_fixed(code: str) -> None:
    """Only findings about typing and taste may be weighed; a weight is one of the three, and not the code's own."""
    entry = CATALOGUE[code]

    assert set(entry.allowed) <= {"error", "warning", "note"} - {entry.severity}
    protects = {
        "ragged-row", "error-cell", "formula-not-calculated", "number-as-id", "not-text", "missing-value", "missing-key",
        "bad-amount", "too-many-decimals", "amount-too-large", "bad-date", "ambiguous-date", "unmapped-value", "vat-rate",
        "not-eur", "line-total", "invoice-total", "incl-not-exact", "header-differs", "invoice-in-two-files", "credit-note",
        "negative-line", "changed-since-posted", "rejected", "unknown", "held-by-hand", "stored-bytes", "line-without-header",
        "header-without-lines", "header-repeated", "no-lines", "data-below-footer", "row-limit", "hidden-rows",
    }  # fmt: skip
    if code in protects:
        assert entry.allowed == ()
