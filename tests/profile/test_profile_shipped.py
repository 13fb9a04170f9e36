import csv
import json
import re
from collections import defaultdict
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import pytest
from stdnum.be import vat

from importer.domain.identity import Account
from importer.pipeline import check_files
from importer.profile.golden import describe, difference
from importer.profile.load import load_profile, shipped
from importer.profile.samplefile import samples_of
from importer.profile.shipped import samples_folder

ACCOUNT = Account("https://example.test", "default")
REAL = Path(__file__).parents[3] / "shared" / "samples" / "uci-online-retail"
CENT = Decimal("0.01")


def expected(name: str) -> dict[str, Any]:
    """The golden plans of a shipped profile, by file."""
    return dict(json.loads((samples_folder() / name / "expected.json").read_text(encoding="utf-8")))


@pytest.mark.parametrize("name", [profile.name for profile in shipped()])
def test_a_shipped_profile_carries_its_file_name(name: str) -> None:
    """The name typed with -m is recorded; the system is named after it, without the language it may end on."""
    loaded = load_profile(name)
    assert loaded.profile.profile == name
    assert loaded.profile.system in {name, re.sub("-(en|fr|nl)$", "", name)}
    assert loaded.name == f"mappings/{name}.yaml"


@pytest.mark.parametrize("name", [profile.name for profile in shipped()])
def test_every_sample_has_a_golden_plan_and_keeps_it(name: str) -> None:
    """Each file a profile names as its sample gives exactly the plan in `expected.json`, and its folder has a README."""
    loaded = load_profile(name)
    plans = expected(name)
    paths = [sample.path for sample in samples_of(loaded)]
    assert {path.name for path in paths if path is not None} == set(plans)
    for path in paths:
        assert path is not None
        assert (path.parent / "README.md").is_file()
        assert difference(plans[path.name], describe(check_files([path], loaded, ACCOUNT))) == []


@pytest.mark.parametrize("name", ["demo", "online-retail"])
def test_text_file_and_workbook_are_the_same_invoices(name: str) -> None:
    """The same sales as text and as workbook give the same identities and the same bytes to send."""
    loaded = load_profile(name)
    plans = [check_files([sample.path], loaded, ACCOUNT) for sample in samples_of(loaded) if sample.path is not None]
    text, workbook = ([item.frozen for item in plan.items] for plan in plans)
    assert [(frozen.external_id, frozen.body) for frozen in text] == [
        (frozen.external_id, frozen.body) for frozen in workbook
    ]


def test_the_golden_totals_of_the_demo_are_those_of_the_file() -> None:
    """Net and VAT, added up from the text file by other means than ours, are those of the golden plan."""
    bases: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    path = samples_folder() / "demo" / "facturen-maart.csv"
    with path.open(encoding="windows-1252", newline="") as file:
        for row in csv.DictReader(file, delimiter=";"):
            quantity, price, amount = (
                Decimal(row[name].replace(".", "").replace(",", ".")) for name in ("Aantal", "Prijs", "Bedrag")
            )
            assert (quantity * price).quantize(CENT, ROUND_HALF_UP) == amount
            bases[row["Factuurnr"], row["BTW"].rstrip("%")] += amount
    vats = {key: (base * int(key[1]) / 100).quantize(CENT, ROUND_HALF_UP) for key, base in bases.items()}
    for plan in expected("demo").values():
        assert plan["totals"]["excl_vat"] == str(sum(bases.values()))
        assert plan["totals"]["vat"] == str(sum(vats.values()))
        assert len(plan["invoices"]) == len({invoice for invoice, _ in bases}) == 12
        assert (plan["findings"], plan["refused"]) == ([], [])


def test_the_second_invoice_inherits_nothing() -> None:
    """Where only first lines carry the header, a customer without a VAT number does not get the one above."""
    (plan,) = expected("fill-down").values()
    assert ["vat_number" in invoice["customer"] for invoice in plan["invoices"]] == [True, False, True, True]
    assert [len(invoice["lines"]) for invoice in plan["invoices"]] == [3, 2, 1, 3]


def test_the_vat_numbers_are_valid_and_nobodys() -> None:
    """Invented numbers have true check digits and a beginning that no Belgian enterprise number has."""
    found = {
        invoice["customer"]["vat_number"]
        for name in ("demo", "fill-down")
        for plan in expected(name).values()
        for invoice in plan["invoices"]
        if "vat_number" in invoice["customer"]
    }
    assert len(found) == 9
    assert all(vat.is_valid(number) and number.startswith("BE01") for number in found)


@pytest.mark.skipif(not REAL.is_dir(), reason="the real data set is not on this machine")
def test_the_real_data_set_is_the_same_from_text_and_workbook() -> None:
    """All 143 invoices of a real trading day have the same identity and bytes from the text file as from the workbook."""
    loaded = load_profile("online-retail")
    text = {
        item.frozen.external_id: item.frozen.body
        for item in check_files([REAL / "2010-12-01.csv"], loaded, ACCOUNT).items
    }
    book = {
        item.frozen.external_id: item.frozen.body
        for item in check_files([REAL / "Online Retail.xlsx"], loaded, ACCOUNT).items
    }
    assert len(text) == 143
    assert {identity: book.get(identity) for identity in text} == text
