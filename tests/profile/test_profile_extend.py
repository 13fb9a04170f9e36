"""A profile that builds on another: what is merged, what is not, and how mistakes in either file are told."""

import hashlib
from pathlib import Path

import pytest

from importer.errors import ProfileError
from importer.profile.lint import lint
from importer.profile.load import load_profile, parse_profile
from importer.profile.model import Profile

BASE = """\
# Acme, all exports. Sample: maart.csv
profile: acme-base
version: 7
system: acme
source: {decimal: ",", thousands: ".", dates: "%d/%m/%Y"}
rows:
  skip: [{column: Code, equals: Totaal, reason: total row}]
  fill_down: [Nr]
invoice_key: Nr
prices: excl_vat
invoice:
  date: {column: Datum}
  due_date: {column: Vervaldag}
customer: {name: {column: Klant, strip: " NV"}}
lines:
  product_code: {column: Code}
  quantity: {column: Aantal}
  unit_price: {column: Prijs}
  vat_rate: {column: BTW}
controls: {line_total: {column: Bedrag}}
"""
CHILD = """\
# Acme in French. Sample: mars.csv
profile: acme-fr
version: 1
extends: base.yaml
without: [controls.line_total, rows.fill_down]
source: {thousands: space}
invoice_key: Numéro
invoice:
  date: {column: Date}
customer: {name: {column: Client}}
severity: {bad-iban: warning}
"""


def write(folder: Path, **files: str) -> Path:
    """Files NAME.yaml in a folder; the path of the first."""
    for name, text in files.items():
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    return folder / f"{next(iter(files))}.yaml"


def refusal(path: Path) -> list[str]:
    """The sentences with which a profile is refused, without the folder."""
    with pytest.raises(ProfileError) as caught:
        load_profile(path)
    return [line.replace(f"{path.parent}/", "") for line in caught.value.message.splitlines()]


def test_groups_are_merged_key_by_key_and_fields_as_a_whole(tmp_path: Path) -> None:
    """What the file says goes first, what it does not say is inherited, and a field is never mixed from both."""
    profile = load_profile(write(tmp_path, child=CHILD, base=BASE)).profile

    assert (profile.profile, profile.version, profile.system) == ("acme-fr", "1", "acme")
    assert (profile.source.decimal, profile.source.thousands) == (",", "space")
    assert profile.invoice_key == ("Numéro",)
    assert profile.invoice["date"].column == ("Date",)
    assert profile.invoice["due_date"].column == ("Vervaldag",)
    assert profile.customer["name"].strip is None
    assert profile.lines["vat_rate"].column == ("BTW",)
    assert profile.rows.fill_down == ()
    assert profile.rows.skip[0].reason == "total row"
    assert profile.controls == {}
    assert profile.severity == {"bad-iban": "warning"}


def test_a_list_takes_the_place_of_the_inherited_one(tmp_path: Path) -> None:
    """Skip rules are not added up: a rule of the parent that does not fit the child's columns must be able to go."""
    child = CHILD + "rows: {skip: [{column: Code, blank: true, reason: no product}]}\n"

    profile = load_profile(write(tmp_path, child=child, base=BASE)).profile

    assert [rule.reason for rule in profile.rows.skip] == ["no product"]


def test_the_record_is_the_merged_result(tmp_path: Path) -> None:
    """Text and digest for the ledger cover what is inherited: the text alone gives the same profile again."""
    child = CHILD.replace("{column: Client}", '{column: Client, strip: ["\\ufeff\\u007f", " \\"NV\\"", "日本"]}')
    path = write(tmp_path, child=child, base=BASE)

    loaded = load_profile(path)
    again = parse_profile(loaded.text.encode(), "record.yaml")

    assert again.profile == loaded.profile
    assert loaded.digest == hashlib.sha256(loaded.text.encode()).hexdigest() == again.digest
    assert loaded.text.startswith("# Acme in French. Sample: mars.csv\n")
    (tmp_path / "base.yaml").write_text(BASE.replace("BTW", "TVA"), encoding="utf-8")
    assert load_profile(path).digest != loaded.digest


def test_a_profile_without_extends_keeps_its_own_bytes() -> None:
    """Nothing changes for profiles that stand alone: the digest is still of the file itself."""
    loaded = parse_profile(b"\xef\xbb\xbf" + BASE.encode(), "base.yaml")

    assert loaded.text == BASE
    assert loaded.digest == hashlib.sha256(b"\xef\xbb\xbf" + BASE.encode()).hexdigest()


def test_a_chain_of_three(tmp_path: Path) -> None:
    """A parent may extend a further one, from a folder of its own; the nearest word counts."""
    (tmp_path / "shared").mkdir()
    write(tmp_path / "shared", base=BASE)
    middle = (
        "profile: middle\nversion: 1\nextends: shared/base.yaml\nrounding: per_line\ninvoice: {note: {column: Nota}}\n"
    )
    child = "profile: child\nversion: 1\nextends: ./middle.yaml\ninvoice: {note: {value: x}}\n"

    profile = load_profile(write(tmp_path, child=child, middle=middle)).profile

    assert (profile.rounding, profile.invoice["note"].value, profile.system) == ("per_line", "x", "acme")


def test_a_shipped_profile_by_its_name() -> None:
    """A name is a shipped profile, also for a profile that came as text."""
    loaded = parse_profile(b"profile: mine\nversion: 1\nextends: demo\nrounding: per_line\n", "mine.yaml")

    demo = load_profile("demo").profile
    own: dict[str, object] = {"profile": "mine", "version": "1", "rounding": "per_line"}
    assert loaded.profile == Profile.model_construct(**{**dict(demo), **own})


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (("base.yaml", "bsae.yaml"), 'child.yaml:4:1 (extends): There is no profile file "bsae.yaml".'),
        (("base.yaml", "dem"), 'child.yaml:4:1 (extends): There is no shipped profile "dem". Did you mean "demo"?'),
        (("base.yaml", "[base.yaml]"), "child.yaml:4:1 (extends): must be one text"),
        (("base.yaml", "child.yaml"), "child.yaml:4:1 (extends): goes round in a circle: child.yaml -> child.yaml."),
        (("[controls.line_total, ", "[controls.total, "), 'child.yaml:5:11 (without[1]): "controls.total" is not inherited from base.yaml'),
        (("rows.fill_down]", "profile]"), 'child.yaml:5:32 (without[2]): "profile" is not inherited from base.yaml'),
    ],
    ids=str,
)  # fmt: skip
def test_what_cannot_be_inherited_is_told_at_its_line(tmp_path: Path, change: tuple[str, str], expected: str) -> None:
    """Unknown parents, circles and keys that are not there are refused with line and column."""
    (sentence,) = refusal(write(tmp_path, child=CHILD.replace(*change), base=BASE))

    assert sentence.startswith(expected)


def test_a_circle_of_three_is_told_where_it_closes(tmp_path: Path) -> None:
    """The message names every profile of the circle."""
    files = {name: f"profile: {name}\nversion: 1\nextends: {other}.yaml\n" for name, other in ("ab", "bc", "ca")}

    (sentence,) = refusal(write(tmp_path, **files))

    assert sentence == "c.yaml:3:1 (extends): goes round in a circle: a.yaml -> b.yaml -> c.yaml -> a.yaml."


def test_a_mistake_is_told_in_the_file_it_stands_in(tmp_path: Path) -> None:
    """An inherited key is blamed on the parent's line, the file's own on its own; own ones first."""
    base = BASE.replace("{column: Prijs}", "{colum: Prijs}").replace("prices: excl_vat", "prices: net")
    child = CHILD + "rounding: never\n"

    sentences = refusal(write(tmp_path, child=child, base=base))

    assert [sentence.partition(": ")[0] for sentence in sentences] == [
        "child.yaml:12:1 (rounding)",
        "base.yaml:10:1 (prices)",
        "base.yaml:18:16 (lines.unit_price.colum)",
    ]


def test_name_and_version_are_never_inherited(tmp_path: Path) -> None:
    """Each profile is recorded under its own name and version."""
    (sentence,) = refusal(write(tmp_path, child="extends: base.yaml\n", base=BASE))

    assert 'the required keys "profile", "version" are missing' in sentence


def test_two_fields_that_exclude_each_other_across_files(tmp_path: Path) -> None:
    """The parent's due_date and the file's due_days cannot both count; `without` settles it."""
    child = CHILD.replace("invoice:\n", "invoice:\n  due_days: {value: 30}\n")

    (sentence,) = refusal(write(tmp_path, child=child, base=BASE))
    settled = load_profile(write(tmp_path, child=child.replace("without: [", "without: [invoice.due_date, ")))

    assert sentence == "child.yaml:9:3 (invoice.due_days): cannot stand beside invoice.due_date; keep one of them."
    assert set(settled.profile.invoice) == {"date", "due_days"}


def test_text_may_not_name_files() -> None:
    """A profile that came as text, from a form for example, cannot make the importer open a file."""
    with pytest.raises(ProfileError, match="can only extend a shipped one"):
        parse_profile(b"profile: x\nversion: 1\nextends: /etc/passwd.yaml\n", "x.yaml")


def test_without_needs_extends() -> None:
    """`without` in a profile that inherits nothing is a mistake."""
    with pytest.raises(ProfileError, match="means nothing without extends"):
        parse_profile((BASE + "without: [controls]\n").encode(), "x.yaml")


def test_lint_finds_oddities_of_both_files(tmp_path: Path) -> None:
    """What is odd is told in the file it stands in; the sample is the one of the file itself."""
    base = BASE.replace("equals: Totaal", 'matches: "a^"')
    (tmp_path / "mars.csv").write_text("Numéro;Date;Client;Code;Aantal;Prijs;BTW;Vervaldag\n1;2;3;4;5;6;7;8\n")

    first, *_, last = (
        sentence.replace(f"{tmp_path}/", "") for sentence in lint(load_profile(write(tmp_path, child=CHILD, base=base)))
    )

    assert first.startswith("child.yaml:2:1: the head comment")
    assert last.startswith('base.yaml:7:25 (rows.skip[1].matches): "a^" can never fit')
