"""Identity: the constants that may never change, and what does and does not tell two invoices apart."""

import hashlib
import json
import re
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sources import ACCOUNT, go, table

from importer.domain.identity import (
    Account,
    customer_mark,
    external_id,
    external_ids,
    idempotency_key,
    normalise_part,
)

TEXT = st.text(max_size=20)
LINE = "1001;01/03/2026;Zoë;A1;2;10,00;21"


def test_golden_identities() -> None:
    """These very values are stored in ledgers and in Facturalia: a change here would send every invoice again."""
    live = Account("https://www.facturalia.be", "default")
    other = Account("https://www.facturalia.be", "Café Zoë")

    assert external_id(live, "acme", ["2026-0312"]) == "imp-b468e0b70b8e0513b819cb999820902e"
    assert external_id(live, "acme", ["A", "2026-0312"]) == "imp-ad319dec8dad3692bd9baa9ab6749128"
    assert external_id(other, "acme", ["\uff12\uff10\uff12\uff16-0312"]) == "imp-8b0b9ce47dedf3f33835c275404a04dc"
    assert external_id(live, "", []) == "imp-3e3c399de9b0c8deb305625e684a3a6d"
    assert external_id(live, "acme", ['"quoted"', "back\\slash", "\u2028"]) == "imp-2c8348f3a26c79debf2af022bbcde595"


def test_golden_idempotency_keys() -> None:
    """An attempt repeated after an upgrade must carry the same key."""
    assert idempotency_key("imp-0123456789abcdef0123456789abcdef", 0) == "a49d0f1e-a0a3-5d02-8edc-ec42ad99aa82"
    assert idempotency_key("imp-0123456789abcdef0123456789abcdef", 1) == "c7b58220-4f04-5d43-8639-1d264a8898d4"
    assert uuid.UUID(idempotency_key("imp-x", 0)).version == 5


def test_golden_customer_marks() -> None:
    """Marks of customers posted before are stored in ledgers."""
    assert (
        customer_mark({"name": "Café Zoë BV", "vat_number": "BE 0403.170.701"})
        == "fa0119732cea4e8feec35969a85d0bda6d8c2820e212d12e33999d0385d6097e"
    )
    assert customer_mark({"customer_id": "0042"}) == "b35c8359771ac87c67e35494bd48a035694af6d47c9f584734dfd5d7f981fd1a"


def test_the_identity_is_the_documented_hash() -> None:
    """SHA-256 of the JSON array of version, origin, account, system and key parts: anybody can reckon it again."""
    array = ["v1", "https://x.example:8443", "é", "sys", "1001"]
    text = json.dumps(array, ensure_ascii=False, separators=(",", ":"))

    expected = "imp-" + hashlib.sha256(text.encode()).hexdigest()[:32]

    assert external_id(Account("https://x.example:8443", "é"), "sys", ["1001"]) == expected


@given(TEXT, TEXT, TEXT, st.lists(st.lists(TEXT, max_size=3), max_size=4))
def test_many_identities_are_the_same_as_one_by_one(origin: str, name: str, system: str, keys: list[list[str]]) -> None:
    """The quick way over all invoices gives the documented hash for each."""
    account = Account(origin, name)

    for parts, identity in zip(keys, external_ids(account, system, keys), strict=True):
        array = ["v1", origin, name, system, *(normalise_part(part) for part in parts)]
        text = json.dumps(array, ensure_ascii=False, separators=(",", ":"))
        assert identity == "imp-" + hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]


SIX = ["1001", " 1001", "1001.0", "\uff11\uff10\uff10\uff11", "1001\u00a0", "1001.00"]


@pytest.mark.parametrize("spelling", SIX)
def test_six_spellings_are_one_key(spelling: str) -> None:
    """Width, spaces and a whole number's .0 tell nothing apart."""
    assert normalise_part(spelling) == "1001"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("01001", "1001"),
        ("inv-1", "INV-1"),
        ("1001-", "1001"),
        ("1001.5", "1001"),
        ("1001.01", "1001"),
        ("1 001", "1001"),
        ("1001,0", "1001"),
        ("\u04101", "A1"),
        ("ß", "ss"),
    ],
)
def test_what_tells_two_invoices_apart(one: str, other: str) -> None:
    """Leading zeros, case, signs and letters of other alphabets stay: they may be two invoices."""
    assert normalise_part(one) != normalise_part(other)


@given(st.text(max_size=30))
def test_normalising_twice_changes_nothing(text: str) -> None:
    """Parts are normalised in GROUP and again in the identity: the second time must not matter."""
    once = normalise_part(text)

    assert normalise_part(once) == once


@given(st.lists(st.text(max_size=5), max_size=3), st.lists(st.text(max_size=5), max_size=3))
def test_other_key_parts_are_another_invoice(one: list[str], other: list[str]) -> None:
    """Parts never run into each other: ("a", "b") is not ("ab",), nor ("a,b",)."""
    same = [normalise_part(part) for part in one] == [normalise_part(part) for part in other]

    assert (external_id(ACCOUNT, "s", one) == external_id(ACCOUNT, "s", other)) is same


def test_account_and_system_are_part_of_the_identity() -> None:
    """A sandbox never counts as live, one administration never as another."""
    accounts = [Account("https://a.example", "x"), Account("https://b.example", "x"), Account("https://a.example", "y")]

    assert len({external_id(account, system, ["1"]) for account in accounts for system in ("s", "t")}) == 6


def test_the_form_of_an_identity() -> None:
    """`imp-` and 32 hex digits, whatever the key."""
    assert re.fullmatch("imp-[0-9a-f]{32}", external_id(ACCOUNT, "s", ["\u202e" * 300]))


def test_identity_knows_neither_file_nor_row_nor_content() -> None:
    """The same invoice in another file, on another row and with other lines has the same identity, not the same bytes."""
    (one,) = go([table(LINE, file="a.csv")]).frozen()
    moved = go(
        [table(f"999;01/03/2026;Zoë;A1;2;10,00;21\n\n{LINE.replace('A1', 'B7')}", file="b.csv", sheet="x")]
    ).frozen()

    assert moved[1].external_id == one.external_id
    assert moved[1].body != one.body


def test_six_spellings_in_one_file_are_one_invoice_with_a_warning() -> None:
    """Each other spelling is told once, at its first row."""
    rows = "\n".join(f"{spelling};01/03/2026;Zoë;A{number};1;10,00;21" for number, spelling in enumerate(SIX))
    run = go(rows, {"invoice": {"number": None}})

    assert len(run.invoice.lines) == len(SIX)
    assert set(run.codes) == {"near-equal-keys"}
    assert run.cells("near-equal-keys") == ["A4", "A5", "A7"]  # the others differ by spaces at the ends alone
    assert (
        run.the_first("near-equal-keys").message
        == 'The keys "1001.0" and "1001" differ only in case, spaces, zeros or signs.'
    )


@pytest.mark.parametrize("other", ["1002", "1001", "Café Zoë"])
def test_customer_marks_even_out_spelling(other: str) -> None:
    """Case and spaces of the name, signs in the VAT number and zeros of the id make no other customer."""
    assert customer_mark({"name": f" {other.upper()} ", "vat_number": "be0403.170.701"}) == customer_mark(
        {"name": other, "vat_number": "BE 0403 170 701"}
    )
    assert customer_mark({"customer_id": "007"}) == customer_mark({"customer_id": "7"})
    assert customer_mark({"customer_id": "0"}) != customer_mark({})
    assert customer_mark({"name": other}) != customer_mark({"vat_number": other})
