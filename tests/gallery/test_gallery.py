"""Every profile of the gallery, over its sample, into a real sandbox: the cents of a hand calculation, and nothing twice.

The sums below were worked out from the raw files with pencil and paper, not with the importer.
"""

import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from desk import Desk, a_desk

from importer.profile.lint import lint
from importer.profile.load import load_profile, shipped
from importer.profile.shipped import samples_folder
from tests.gallery.workbooks import main as write_workbooks

# profile: (sample, posted invoices, exit code, total without VAT, total with VAT)
GALLERY = {
    "clockify": ("detailed.csv", 2, 0, "480.00", "580.80"),
    "dolibarr": ("factures_lignes.csv", 2, 0, "440.00", "488.90"),
    "exact-online": ("verkoopboekingen.csv", 2, 1, "1654.90", "1993.44"),
    "invoice-ninja": ("invoices.csv", 2, 0, "552.00", "667.92"),
    "odoo-en": ("account.move.csv", 4, 0, "1543.00", "1819.18"),
    "odoo-fr": ("account.move.csv", 4, 0, "1543.00", "1819.18"),
    "odoo-nl": ("account.move.csv", 4, 0, "1543.00", "1819.18"),
    "plain-fr": ("ventes-mars.xlsx", 3, 0, "735.00", "834.60"),
    "plain-nl": ("verkoop-maart.xlsx", 3, 0, "2019.95", "2435.93"),
    "shopify": ("orders_export.csv", 2, 1, "144.50", "174.85"),
    "sumup": ("sales_report.csv", 2, 0, "47.00", "51.62"),
    "woocommerce": ("orders.csv", 4, 0, "131.43", "159.03"),
    "xero": ("SalesInvoices.csv", 3, 0, "523.87", "628.33"),
    "zoho": ("Invoice.csv", 2, 0, "427.10", "512.29"),
}
ELSEWHERE = {"demo", "fill-down", "online-retail"}  # their sums are held in tests/profile


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """A desk with a sandbox and an empty ledger."""
    with a_desk(tmp_path) as made:
        yield made


def test_no_shipped_profile_is_left_out() -> None:
    """A profile that is shipped has its sums here, or in the tests of the profiles."""
    assert {profile.name for profile in shipped()} == set(GALLERY) | ELSEWHERE


@pytest.mark.parametrize("name", GALLERY)
def test_the_sample_is_posted_to_the_cent_and_only_once(desk: Desk, name: str) -> None:
    """What arrives in the sandbox is the sum of the hand calculation; the same file again posts nothing."""
    sample, posted, code, excl, incl = GALLERY[name]
    path = str(samples_folder() / name / sample)
    first = desk.run("import", path, "-m", name, "--yes", "--json").object()
    again = desk.run("import", path, "-m", name, "--yes", "--json").object()

    assert (first["exit"], first["invoices"]["posted"]) == (code, posted)
    assert (first["totals"]["excl_vat"], first["totals"]["incl_vat"]) == (excl, incl)
    assert (again["invoices"]["posted"], again["invoices"]["already_posted"]) == (0, posted)
    assert desk.server is not None
    arrived = desk.server.invoices()
    assert len(arrived) == posted
    rows = first["rows"]
    assert rows["read"] == rows["invoiced"] + rows["skipped"] + rows["refused"]


@pytest.mark.parametrize("name", GALLERY)
def test_a_profile_says_where_it_comes_from_and_its_readme_has_the_sums(name: str) -> None:
    """The head names program, sample and certainty of the layout; the README of the sample repeats the sums."""
    loaded = load_profile(name)
    head = "".join(line for line in loaded.text.splitlines(keepends=True) if line.startswith("#"))
    readme = (samples_folder() / name / "README.md").read_text(encoding="utf-8")
    figures = {Decimal(found) for found in re.findall(r"\d+\.\d\d", readme)}

    assert not lint(loaded)
    assert f"Sample: sample_data/{name}/{GALLERY[name][0]}" in head
    assert re.search(r"certain|well known|common in Belgium", head)
    assert Decimal(GALLERY[name][3]) in figures
    assert "invented" in readme


def test_the_workbooks_of_the_gallery_can_be_written_anew(desk: Desk) -> None:
    """The script that made them makes the same invoices again."""
    for name in ("plain-nl", "plain-fr"):
        write_workbooks(desk.folder)
        written = desk.folder / name / GALLERY[name][0]
        shipped_sample = samples_folder() / name / GALLERY[name][0]
        plans = [desk.run("plan", str(path), "-m", name, "--json").object() for path in (written, shipped_sample)]
        assert plans[0]["plan"] == plans[1]["plan"]
