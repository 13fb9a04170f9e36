"""The workshop: an unknown file becomes a profile and a preview, and nobody writes YAML."""

import html
import re
from pathlib import Path
from typing import Final

import pytest
import xlsxwriter

from importer.profile.load import load_profile
from importer.suggest.retell import ROLES
from importer.suggest.write import _ORDER
from importer.web.words import table
from tests.web.workdesk import HOST, Browser, browsing, fields_of, letter_of

DUTCH: Final = """Factuurnr;Datum;Klant;BTW-nummer;Land;Artikel;Aantal;Prijs;Prijs lijst;BTW;Bedrag
2026-1019;03/11/2026;Café Zonneweelde BV;BE0999386743;België;00042;8,5;1.250,00;1.300,00;21%;10.625,00
2026-1019;03/11/2026;Café Zonneweelde BV;BE0999386743;België;00043;2;18,90;20,00;6%;37,80
2026-1020;17/11/2026;Drukkerij Lumen NV;;België;00042;1;1.250,00;1.300,00;21%;1.250,00
"""
FRENCH: Final = """Numéro de facture;Date de facture;Client;Pays;Référence;Quantité;Prix unitaire HTVA;Taux TVA
F-77;03/11/2026;Hôtel du Parc SRL;Belgique;CAF-1;3;18,90;6%
F-78;21/11/2026;Boulangerie Lys SRL;Belgique;CAF-2;1;250,00;21%
"""
ENGLISH: Final = """Invoice number,Invoice date,Customer,Country,SKU,Qty,Unit price excl. VAT,VAT rate
7001,2026-11-03,Northwind Example Ltd,BE,TEA-1,3,18.90,6%
7002,2026-11-21,Contoso Example Ltd,BE,TEA-2,1,250.00,21%
"""
UNSAID: Final = """Kol1;Kol2;Kol3;Kol4;Kol5;Kol6;Kol7
A-1;03/11/2026;Klant Een;X1;2;10,00;21
A-1;03/11/2026;Klant Een;X2;1;5,50;6
A-2;21/11/2026;Klant Twee;X1;4;10,00;21
"""
HOSTILE: Final = """Factuurnr;Datum;Klant;Artikel;Aantal;Prijs;BTW;<script>alert(1)</script>;"x"" onfocus=""y";{{ 7*7 }}
N-1;03/11/2026;<img src=x onerror=y>;A'"><b>;1;10,00;21;</select><b>;&lt;;{% raw %}
N-2;21/11/2026;</option>;B;2;5,00;21;</textarea>;'--;z
"""


def opened(browser: Browser, text: str, name: str = "winkel-nov.csv") -> tuple[str, str]:
    """Upload a file that no profile fits: the address of the work, and its page."""
    at = browser.upload(name, text.encode())
    page = browser.get(f"{at}/profile")
    assert page.status_code == 200
    return at, page.text


def kept(browser: Browser, at: str, page: str, **changes: str) -> tuple[int, str, str]:
    """Save the profile as the page stands, but for the changes: status, address and page that follow."""
    answer = browser.post(f"{at}/workshop", {**fields_of(page), "prices": "excl_vat", **changes, "do": "save"})
    return answer.status_code, str(answer.url), answer.text


@pytest.mark.parametrize(
    ("text", "language", "said", "ready"),
    [
        (DUTCH, "nl", "Welke kolom is wat?", "2 van 2 facturen kunnen worden aangemaakt"),
        (FRENCH, "fr", "À quoi correspond chaque colonne ?", "2 factures sur 2 peuvent être créées"),
        (ENGLISH, "en", "Which column is what?", "2 of 2 invoices can be posted"),
    ],
)
def test_an_unknown_file_becomes_a_profile_and_a_preview(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, language: str, said: str, ready: str
) -> None:
    """A file that no profile fits is read after one form, in the language of the reader, and its like at once."""
    with browsing(tmp_path, monkeypatch, language) as browser:
        at, page = opened(browser, text)
        assert said in html.unescape(page).replace("\u00a0", " ")
        status, address, preview = kept(browser, at, page, name="nieuw")
        assert status == 200
        assert address.endswith("/preview")
        assert ready in html.unescape(preview).replace("\u00a0", " ")
        assert load_profile(tmp_path / "profiles" / "nieuw.yaml").profile.profile == "nieuw"
        again = browser.client.get(f"{browser.upload('december.csv', text.encode())}", follow_redirects=False)
        assert again.headers["location"].endswith("/preview")


def test_a_file_without_telling_headers_is_mapped_by_selects_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Columns whose headers say nothing are named by a person, and amounts and dates are proved with that."""
    wanted = {
        "invoice.number": "Kol1", "invoice.date": "Kol2", "customer.name": "Kol3", "lines.product_code": "Kol4",
        "lines.quantity": "Kol5", "lines.unit_price": "Kol6", "lines.vat_rate": "Kol7",
    }  # fmt: skip
    with browsing(tmp_path, monkeypatch) as browser:
        at, page = opened(browser, UNSAID)
        assert "Choices still open" in page
        changes = {f"f.{field}": letter_of(page, header) for field, header in wanted.items()}
        shown = browser.post(f"{at}/workshop", {**fields_of(page), **changes, "prices": "incl_vat", "do": "recalc"})
        assert shown.status_code == 200
        assert "Choices still open" not in shown.text
        assert "3 dates of the form dd/mm/yyyy" in shown.text
        assert fields_of(shown.text)["prices"] == "incl_vat"
        _, _, preview = kept(browser, at, shown.text, name="stil")
        assert "2 of 2 invoices can be posted" in preview
        assert load_profile(tmp_path / "profiles" / "stil.yaml").profile.invoice_key == ("Kol1",)


def test_a_wrong_column_is_corrected_and_the_first_invoices_follow(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another price column changes the amounts shown; choosing the first one again brings them back."""
    with browsing(tmp_path, monkeypatch) as browser:
        at, page = opened(browser, DUTCH)
        right, wrong = letter_of(page, "Prijs"), letter_of(page, "Prijs lijst")
        first = {**fields_of(page), "prices": "excl_vat"}
        assert first["f.lines.unit_price"] == right
        shown = browser.post(f"{at}/workshop", {**first, "f.lines.unit_price": wrong, "do": "recalc"}).text
        assert fields_of(shown)["f.lines.unit_price"] == wrong
        assert "unit_price: {column: Prijs lijst}" in html.unescape(shown)
        shown = browser.post(f"{at}/workshop", {**fields_of(shown), "f.lines.unit_price": right, "do": "recalc"}).text
        assert fields_of(shown)["f.lines.unit_price"] == right
        assert "10.662,80" in shown


def test_what_a_person_chose_outlives_the_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Choices and the name are on disk: another server shows the same page."""
    with browsing(tmp_path, monkeypatch) as browser:
        at, page = opened(browser, DUTCH)
        form = {**fields_of(page), "f.customer.country": "-", "prices": "excl_vat", "name": "bakker", "do": "recalc"}
        before = browser.post(f"{at}/workshop", form).text
    with browsing(tmp_path, monkeypatch) as browser:
        after = browser.get(f"{at}/profile").text
        assert fields_of(after) == fields_of(before)
        assert (fields_of(after)["f.customer.country"], fields_of(after)["name"]) == ("-", "bakker")


def test_whatever_a_file_says_is_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Headers and cells that look like markup or templates are shown as they are, and can be chosen."""
    with browsing(tmp_path, monkeypatch) as browser:
        at, page = opened(browser, HOSTILE, "<b>&.csv")
        chosen = {"f.invoice.reference": letter_of(page, "<script>alert(1)</script>")}
        shown = browser.post(f"{at}/workshop", {**fields_of(page), **chosen, "prices": "excl_vat", "do": "recalc"}).text
        for text in (re.sub("[0-9a-f]{32}", "", each) for each in (page, shown)):  # without the ids of works
            for sign in ("<script>alert", "<img", "</textarea>", "<b>", '" onfocus', "49"):
                assert sign not in text, sign
        assert "&lt;img src=x onerror=y&gt;" in shown
        assert kept(browser, at, shown, name="vijand")[1].endswith("/preview")


def test_a_name_that_could_be_a_path_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Small letters, digits and - make a name; nothing is written under any other."""
    with browsing(tmp_path, monkeypatch) as browser:
        at, page = opened(browser, DUTCH)
        for name in ("", "../weg", "a/b", "C:x", "-n", "Hoofd", "a.yaml", "x" * 61, "a\nb", "é", "a b"):
            status, address, shown = kept(browser, at, page, name=name)
            assert (status, address.endswith("/workshop")) == (422, True), name
            assert "cannot be the name of a profile" in shown
        assert not list(tmp_path.rglob("*.yaml"))


def test_a_profile_is_replaced_only_where_it_was_made_here_and_somebody_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same name again needs a tick and makes the next version; a shipped or edited profile stays what it is."""
    path = tmp_path / "profiles" / "winkel.yaml"
    with browsing(tmp_path, monkeypatch) as browser:
        at, page = opened(browser, DUTCH)
        assert kept(browser, at, page, name="winkel")[0] == 200
        first = path.read_bytes()
        status, _, shown = kept(browser, at, page, name="winkel")
        assert (status, path.read_bytes()) == (422, first)
        assert "Replace the profile of that name" in shown
        assert kept(browser, at, page, name="winkel", replace="yes")[0] == 200
        assert load_profile(path).profile.version == "2"
        path.write_bytes(first + b"# mine\n")
        assert kept(browser, at, page, name="winkel", replace="yes")[0] == 422
        assert path.read_bytes() == first + b"# mine\n"
        assert kept(browser, at, page, name="demo", replace="yes")[0] == 422
        assert not (tmp_path / "profiles" / "demo.yaml").exists()


def test_of_several_profiles_that_fit_one_is_chosen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two profiles for the same headers: the page names them without their folder, and takes the one that is chosen."""
    with browsing(tmp_path, monkeypatch) as browser:
        at, page = opened(browser, DUTCH)
        for name in ("winkel-a", "winkel-b"):
            assert kept(browser, at, page, name=name)[0] == 200
        at, page = opened(browser, DUTCH, "december.csv")
        assert "2 profiles fit these headers: winkel-a, winkel-b." in page
        chosen = html.unescape(page).partition('">winkel-b</option>')[0].rpartition('"')[2]
        answer = browser.post(f"{at}/profile", {"profile": chosen})
        assert str(answer.url).endswith("/preview")
        assert "winkel-b 1" in answer.text


def test_sheets_are_chosen_and_headers_of_two_lines_are_columns(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A workbook with a sheet a month is read whole when a person says so; a line break in a header does no harm."""
    header = ["Factuurnr", "Datum", "Klant", "Artikel", "Aantal", "Prijs\nexcl.", "BTW"]
    path = tmp_path / "jaar.xlsx"
    with xlsxwriter.Workbook(path) as book:
        for number, month in enumerate(("Jan", "Feb")):
            sheet = book.add_worksheet(month)
            for row, cells in enumerate([header, [f"A{number}", "21/11/2026", "Een BV", "X", 2, 10, 21]]):
                sheet.write_row(row, 0, cells)
    with browsing(tmp_path, monkeypatch) as browser:
        at = browser.upload(path.name, path.read_bytes())
        page = browser.get(f"{at}/profile").text
        (sheets,) = [field for field in fields_of(page) if field.startswith("c.")]
        _, _, preview = kept(browser, at, page, **{sheets: "*", "f.lines.unit_price": letter_of(page, header[5])})
        assert "2 of 2 invoices can be posted" in preview


def test_what_was_confirmed_keeps_its_profile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The addresses of the workshop lead to the progress of a confirmed import, and change nothing."""
    with browsing(tmp_path, monkeypatch) as browser:
        at, _ = opened(browser, DUTCH)
        work = browser.desk.uploads.find(at.rpartition("/")[2])
        assert work is not None
        work.digest = "sha256:0"
        browser.desk.uploads.save(work)
        headers = {"Origin": f"http://{HOST}", "Content-Type": "application/x-www-form-urlencoded"}
        answers = [
            browser.client.get(f"{at}/profile", follow_redirects=False),
            browser.client.post(f"{at}/workshop", content="name=n&do=save", headers=headers, follow_redirects=False),
            browser.client.post(f"{at}/profile", content="profile=demo", headers=headers, follow_redirects=False),
        ]
        assert [(one.status_code, one.headers["location"]) for one in answers] == [(303, f"{at}/progress")] * 3
        assert not (tmp_path / "profiles").exists()


def test_a_word_for_a_country_is_settled_by_two_letters(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An answer that cannot be is kept and refused in words; the right one closes the choice and stands in the profile."""
    with browsing(tmp_path, monkeypatch) as browser:
        at, page = opened(browser, DUTCH.replace("NV;;België", "NV;;Duitsl."))
        (name,) = [field for field in fields_of(page) if field.startswith("c.")]
        form = {**fields_of(page), "prices": "excl_vat", "do": "recalc"}
        shown = browser.post(f"{at}/workshop", {**form, name: "Duitsland"}).text
        assert "Duitsland: Two letters such as DE" in shown
        assert fields_of(shown)[name] == "Duitsland"
        shown = browser.post(f"{at}/workshop", {**fields_of(shown), name: "de", "do": "recalc"}).text
        assert "Choices still open" not in shown
        assert "Duitsl.: DE" in html.unescape(shown)


def test_every_field_that_a_profile_can_have_is_named_in_three_languages() -> None:
    """Whatever a suggestion draws has a name on the page."""
    drawn = {f"field.{section}.{name}" for section, names in _ORDER.items() for name in names}
    assert {*drawn, "field.invoice_key", *(f"field.{'.'.join(path)}" for path in ROLES)} <= set(table())


def test_a_profile_with_open_choices_is_not_saved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is still to be chosen is said, and no half profile is written."""
    with browsing(tmp_path, monkeypatch) as browser:
        at, page = opened(browser, UNSAID)
        answer = browser.post(f"{at}/workshop", {**fields_of(page), "do": "save"})
        assert answer.status_code == 422
        assert "Settle what is marked below" in answer.text
        assert not (tmp_path / "profiles").exists()


def test_the_profile_can_be_taken_away_as_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The download is the very profile that is saved."""
    with browsing(tmp_path, monkeypatch) as browser:
        at, page = opened(browser, DUTCH)
        shown = browser.post(f"{at}/workshop", {**fields_of(page), "prices": "excl_vat", "name": "mee", "do": "recalc"})
        answer = browser.get(f"{at}/profile.yaml")
        assert answer.headers["content-disposition"] == 'attachment; filename="mee.yaml"'
        kept(browser, at, shown.text)
        assert answer.content == (tmp_path / "profiles" / "mee.yaml").read_bytes()


def test_an_export_of_totals_says_what_to_export_instead(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that holds no lines of invoices gets no table of columns but the way to the right one."""
    text = "Order #,N. Revenue (formatted),Product(s),Items sold\n1,€10,Tea,1\n"
    with browsing(tmp_path, monkeypatch) as browser:
        answer = browser.send("uit.csv", text.encode())
        assert answer.status_code == 422
        assert "no lines of invoices" in answer.text
        assert "Use Advanced Order Export (WooCommerce) instead." in answer.text
        assert not list((tmp_path / "uploads").iterdir())
