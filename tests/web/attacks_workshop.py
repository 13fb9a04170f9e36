"""Attacks on the workshop: names of profiles that climb, answers that would write YAML, markup in what it shows."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from importer.errors import ImporterError
from importer.profile.load import load_profile
from importer.suggest.retell import FIXED
from tests.web.attacks_door import told
from tests.web.attacks_files import location
from tests.web.attacks_markup import Pages, planted
from tests.web.attacks_pages import SAMPLE
from tests.web.target import Target, Verdict

YAML: Final = 'x"\nprofile: evil\ninvoice_key: [evil]\n&a *a !!python/object:os.system {{7*7}} #'
HEADERS: Final = ("Factuurnr", "Datum", "Klant", "Code", "Omschrijving", "Aantal", "Prijs", "BTW")


def workshop(target: Target) -> Iterator[Verdict]:
    """Save profiles where none belongs, over what is not ours, with text that is more than text."""
    own = target.folder / "profiles"
    work = location(target.upload(("markt.csv", SAMPLE.read_bytes())))
    before = _files(target.folder)
    for name in ("../evil", str(target.folder / "evil"), "e\0vil", "e" * 61, "demo", ".made-here", "C:\\evil"):
        answer = target.form(f"{work}/workshop", name=name, do="save")
        verdict = told(f"a profile called {name[:16]!r}", answer, 422, never="root:")
        strays = _files(target.folder) - before
        yield verdict._replace(
            held=verdict.held and not strays, why=f"{verdict.why} {sorted(map(str, strays))[:2]}".strip()
        )
    own.mkdir(exist_ok=True)
    precious = target.folder / "precious.yaml"
    precious.write_text("precious")
    (own / "linked.yaml").symlink_to(precious)
    answer = target.form(f"{work}/workshop", name="linked", do="save", replace="yes")
    yield Verdict("a profile over a symbolic link", precious.read_text() == "precious", str(answer.status))
    (own / "linked.yaml").unlink()
    fields = {"f.lines.product_code": FIXED + YAML, "t.lines.product_code": YAML}
    answer = target.form(f"{work}/workshop", None, {"name": "injected", "do": "save", "prices": "excl_vat", **fields})
    yield Verdict("YAML in an answer", _is_text(own / "injected.yaml"), f"{answer.status}, it stayed text")
    yield told("the workshop by GET", target.ask("GET", f"{work}/workshop"), 405, never="")
    pages = Pages(target)
    columns = ";".join(f'"{name} {planted("column").replace(chr(34), chr(34) * 2)}"' for name in HEADERS)
    cell = planted("example").replace('"', '""')
    rows = [f'2026-{number};02/03/2026;"{cell}";"{cell}";"{cell}";2;10,00;21%' for number in range(4)]
    odd = location(target.upload(("markup.csv", "\r\n".join([columns, *rows, ""]).encode())))
    pages.look(f"{odd}/profile")
    answer = target.form(f"{odd}/workshop", name=planted("called"), do="recalc")
    pages.seen["the refusal of a name"] = answer.body
    target.form(
        f"{odd}/workshop", None, {"name": "markup", "t.customer.name": planted("fixed"), "f.customer.name": FIXED}
    )
    pages.look(f"{odd}/profile")
    for name in ("column", "example", "called", "fixed"):
        yield pages.verdict(f"the workshop: {name}", name)
    given = target.ask("GET", f"{odd}/profile.yaml")
    faults = given.faults()
    held = not faults and (given.status != 200 or given.header("content-disposition").startswith("attachment"))
    yield Verdict("its YAML is a file, no page", held, f"{given.status} {faults}")
    yield Verdict("the workshop's pages are guarded", not pages.faults, f"{pages.faults[:2]}")


def _files(folder: Path) -> set[Path]:
    """What lies in a folder, but for what the server writes of itself."""
    own = ("uploads", "ledger.db", "web-sessions.json", "web.err")
    return {path for path in folder.rglob("*") if not str(path.relative_to(folder)).startswith(own)}


def _is_text(path: Path) -> bool:
    """Whether a saved profile is the one that was named, and what was to be YAML is the value of one key."""
    try:
        profile = load_profile(path).profile
    except ImporterError:
        return False
    return profile.profile == "injected" and "evil" not in profile.invoice_key and "evil" in str(profile.lines)
