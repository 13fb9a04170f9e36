"""`profile suggest` and `profile new` as a person and as a program use them."""

import json
from pathlib import Path

import pytest
from desk import Desk
from layouts import DUTCH, ENGLISH, written

OPEN = "Factuurnr;Datum;Klant;Code;Aantal;Prijs;BTW %\n1;28/01/2026;X;A;1;10,50;21\n"


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A folder with three exports, and no Facturalia."""
    written(tmp_path, DUTCH, "vol.csv")
    written(tmp_path, OPEN, "open.csv")
    written(tmp_path, ENGLISH, "orders.csv")
    return Desk(tmp_path, None)


def test_a_file_that_proves_everything_gives_a_profile_to_use(desk: Desk) -> None:
    """`suggest --out` writes a profile that `check` and `profile lint` take at once: exit 0."""
    said = desk.run("profile", "suggest", "vol.csv", "--out", "mijn.yaml")
    assert said.code == 0
    assert "5 rows make 3 invoices; 0 refused" in said.err
    assert desk.run("check", "vol.csv", "-m", "mijn.yaml").code == 0
    assert desk.run("profile", "lint", "mijn.yaml").code == 0


def test_what_is_open_is_listed_with_its_options(desk: Desk) -> None:
    """With a choice left the exit code is 1, the choice and its options are on the screen, and `check` refuses the profile."""
    said = desk.run("profile", "suggest", "open.csv", "--out", "open.yaml")
    assert said.code == 1
    assert "prices: Are the unit prices with or without VAT? (excl_vat | incl_vat)" in said.err
    assert desk.run("check", "open.csv", "-m", "open.yaml", "--json").refusal() == "profile-open"


def test_without_out_the_profile_itself_is_printed(desk: Desk) -> None:
    """The text goes to standard output and nothing else does, so it can be redirected."""
    said = desk.run("profile", "suggest", "vol.csv")
    assert said.out.startswith("# vol: ")
    assert said.out.endswith("\n")
    assert "profile: vol\n" in said.out


def test_nothing_is_written_over(desk: Desk) -> None:
    """An existing file is never replaced: exit 2, before anything is read."""
    (desk.folder / "mijn.yaml").write_text("mine")
    for command in (("suggest", "vol.csv"), ("new", "vol.csv"), ("new", "--empty"), ("template", "demo")):
        said = desk.run("profile", *command, "--out", "mijn.yaml", "--json")
        assert (said.code, said.refusal()) == (2, "file-exists")
    assert (desk.folder / "mijn.yaml").read_text() == "mine"


def test_new_asks_only_for_what_is_open(desk: Desk) -> None:
    """The dialogue asks the name and the open choice, takes the beginning of an option, and the profile works."""
    (desk.folder / "antwoorden.txt").write_text("winkel\nexcl\n")
    said = desk.run("profile", "new", "open.csv", "--answers", "antwoorden.txt")
    assert said.code == 0
    assert "no total in the file tells" in said.err
    assert "profile: winkel\n" in (desk.folder / "winkel.yaml").read_text(encoding="utf-8")
    assert desk.run("check", "open.csv", "-m", "winkel.yaml").code == 0


def test_new_needs_no_answer_where_the_file_proves_everything(desk: Desk) -> None:
    """With --name and a file that leaves nothing open, no answer is asked for."""
    (desk.folder / "leeg.txt").write_text("")
    said = desk.run("profile", "new", "vol.csv", "--name", "vol", "--answers", "leeg.txt", "--json")
    assert said.code == 0
    assert said.object()["open"] == 0
    assert said.object()["path"] == "vol.yaml"


@pytest.mark.parametrize(
    ("answers", "code"),
    [("x\n", "answers-missing"), ("x\nboth\n", "bad-answer"), ("Not A Name\nexcl\n", "bad-profile-name")],
)
def test_answers_that_cannot_be_write_nothing(desk: Desk, answers: str, code: str) -> None:
    """Too few answers, or one that does not fit, end in a sentence: exit 2, and no file is made."""
    (desk.folder / "antwoorden.txt").write_text(answers)
    said = desk.run("profile", "new", "open.csv", "--answers", "antwoorden.txt", "--json")
    assert (said.code, said.refusal()) == (2, code)
    assert list(desk.folder.glob("*.yaml")) == []


def test_new_can_name_a_column_or_a_fixed_text(desk: Desk) -> None:
    """For a field the file does not show, an answer that is a header means that column, any other a fixed text."""
    written(desk.folder, "Factuurnr;Datum;Wie;Code;Aantal;Prijs excl.;BTW %\n1;28/01/2026;X;A;1;10,50;21\n", "wie.csv")
    for number, (answer, rule) in enumerate((("Wie", "{column: Wie}"), ("Kasklant", "{value: Kasklant}"))):
        (desk.folder / "a.txt").write_text(f"{answer}\n")
        out = f"p{number}.yaml"
        said = desk.run("profile", "new", "wie.csv", "--name", "wie", "--answers", "a.txt", "--out", out)
        assert said.code == 0
        assert f"name: {rule}" in (desk.folder / out).read_text(encoding="utf-8")


def test_answers_come_through_a_pipe_too(desk: Desk) -> None:
    """Where standard input is no terminal its lines are the answers, in a real process."""
    with desk.start("profile", "new", "open.csv", "--out", "p.yaml", piped=True) as started:
        out, err = started.communicate("\nincl_vat\n", timeout=60)
    assert started.returncode == 0, err
    assert out == ""
    assert "prices: incl_vat" in (desk.folder / "p.yaml").read_text(encoding="utf-8")


def test_new_without_a_file_says_what_to_do(desk: Desk) -> None:
    """No file and not --empty: exit 2, with both ways named."""
    said = desk.run("profile", "new", "--json")
    assert (said.code, said.refusal()) == (2, "no-file")
    assert "--empty" in json.loads(said.out)["error"]["fix"]


def test_the_head_names_the_sample_from_where_the_profile_is(desk: Desk) -> None:
    """A profile in another folder finds its sample all the same."""
    (desk.folder / "profielen").mkdir()
    assert desk.run("profile", "suggest", "vol.csv", "--out", "profielen/vol.yaml").code == 0
    assert "# Sample: ../vol.csv" in (desk.folder / "profielen" / "vol.yaml").read_text(encoding="utf-8")
    assert desk.run("profile", "lint", "profielen/vol.yaml").code == 0
