"""The profile that fits a file is found by its headers; never a guess among several."""

from pathlib import Path

import pytest
from desk import Desk, a_desk, rows
from layouts import DAY, workbook, written

from importer.errors import ConfigError, ProfileError
from importer.profile.load import load_profile
from importer.profile.shipped import samples_folder
from importer.suggest.pick import Candidate, candidates, pick_profile

DEMO = samples_folder() / "demo"


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A folder with a file in the layout of `demo`."""
    made = Desk(tmp_path, None)
    made.file("maart.csv", rows(2))
    return made


def own_copy(desk: Desk, name: str = "eigen") -> Path:
    """A profile of the user's own for the layout of `demo`, in a folder of its own."""
    folder = desk.folder / "profielen"
    folder.mkdir(exist_ok=True)
    text = load_profile("demo").text.replace("profile: demo", f"profile: {name}")
    (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    return folder


@pytest.mark.parametrize(("path", "name"), [("demo/facturen-maart.csv", "demo"), ("demo/facturen-maart.xlsx", "demo")])
def test_a_shipped_sample_finds_its_profile(path: str, name: str) -> None:
    """Text or workbook, with a title above the headers or not: the profile whose columns are all there."""
    assert pick_profile([samples_folder() / path], candidates(None)).called == name


def test_every_shipped_profile_takes_its_own_samples() -> None:
    """No shipped sample is strange to its profile: alone among the candidates, it is found for each of its files."""
    known = candidates(None)
    assert len(known) >= 3
    for one in known:
        files = [
            each
            for each in (samples_folder() / one.called).glob("*")
            if each.suffix in {".csv", ".xlsx", ".tsv", ".txt"}
        ]
        assert files
        for file in files:
            assert pick_profile([file], [one]).called == one.called


def test_check_and_plan_use_it_and_say_so(desk: Desk) -> None:
    """Without -m the profile that fits is used, named on standard error and in the JSON object."""
    for command in ("check", "plan"):
        said = desk.run(command, "maart.csv", "--json", IMPORTER_BASE_URL="http://127.0.0.1:9/api/v1")
        assert said.code == 0
        assert said.object()["profile"] == "demo"
        assert 'The profile "demo" fits' in said.err
    shown = desk.run("plan", "maart.csv", IMPORTER_BASE_URL="http://127.0.0.1:9/api/v1")
    assert "-m demo" in shown.out


def test_import_uses_it_too(tmp_path: Path) -> None:
    """The same invoices are posted as with the profile named, so naming it later posts nothing again."""
    with a_desk(tmp_path) as desk:
        desk.file("maart.csv", rows(2))
        first = desk.run("import", "maart.csv", "--yes", "--json")
        again = desk.run("import", "maart.csv", "-m", "demo", "--yes", "--json")
        assert first.object()["invoices"]["posted"] == 2
        assert again.object()["invoices"]["already_posted"] == 2
        assert desk.count == 2


def test_two_that_fit_are_both_named_and_none_is_used(desk: Desk) -> None:
    """A profile of the user's own with the same columns: exit 2, with both names, and -m settles it."""
    folder = own_copy(desk)
    said = desk.run("check", "maart.csv", "--json", IMPORTER_PROFILES=str(folder))
    assert (said.code, said.refusal()) == (2, "several-profiles-fit")
    assert "demo" in said.object()["error"]["message"]
    assert "eigen.yaml" in said.object()["error"]["message"]
    assert desk.run("check", "maart.csv", "-m", "eigen", IMPORTER_PROFILES=str(folder)).code == 0


def test_none_that_fits_points_to_suggest(desk: Desk) -> None:
    """Headers nobody knows: exit 2, with the command that makes a profile of them."""
    written(desk.folder, "a;b;c\n1;2;3\n", "vreemd.csv")
    said = desk.run("check", "vreemd.csv", "--json")
    assert (said.code, said.refusal()) == (2, "no-profile-fits")
    assert "profile suggest vreemd.csv" in said.object()["error"]["fix"]


def test_all_files_must_fit_one_profile(desk: Desk) -> None:
    """Two files of two layouts have no profile in common."""
    sample = samples_folder() / "fill-down" / "factures-avril.csv"
    with pytest.raises(ConfigError) as caught:
        pick_profile([desk.folder / "maart.csv", sample], candidates(None))
    assert caught.value.code == "no-profile-fits"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("source:", "source:\n  kind: excel"),
        ("source:", 'source:\n  delimiter: ","'),
        ("source:", "source:\n  header: 7"),
        ("{column: Klant}", "{column: Niemand}"),
    ],
)
def test_what_the_profile_says_of_the_file_counts(desk: Desk, tmp_path: Path, old: str, new: str) -> None:
    """A profile for workbooks, with another delimiter, header row or column, does not fit."""
    text = load_profile("demo").text
    (tmp_path / "anders.yaml").write_text(text.replace(old, new, 1), encoding="utf-8")
    other = Candidate("anders", load_profile(tmp_path / "anders.yaml"))
    with pytest.raises(ConfigError) as caught:
        pick_profile([desk.folder / "maart.csv"], [other])
    assert caught.value.code == "no-profile-fits"


def test_only_sheets_the_profile_reads_count(tmp_path: Path) -> None:
    """The headers on a hidden sheet, or on one the profile does not name, fit nothing."""
    headers = (DEMO / "facturen-maart.csv").read_text(encoding="windows-1252").splitlines()[0].split(";")
    path = workbook(tmp_path, {"Ander": [["x"]], "Facturen": [headers, ["1", DAY]]})
    loaded = Candidate("demo", load_profile("demo"))
    assert pick_profile([path], [loaded]) is loaded
    text = load_profile("demo").text.replace("source:", "source:\n  sheets: [Ander]", 1)
    (tmp_path / "ander.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError):
        pick_profile([path], [Candidate("ander", load_profile(tmp_path / "ander.yaml"))])


def test_an_unfinished_profile_is_no_candidate(desk: Desk) -> None:
    """A profile in the folder with choices left, or a broken one, is passed over; a folder that is none is refused."""
    folder = own_copy(desk)
    (folder / "half.yaml").write_text("prices: CHOOSE\n")
    (folder / "_deel.yaml").write_text("nonsense")
    assert [each.called for each in candidates(folder)][-1].endswith("eigen.yaml")
    with pytest.raises(ProfileError) as caught:
        candidates(desk.folder / "nergens")
    assert caught.value.code == "no-profiles-folder"


def test_a_name_in_the_folder_does_not_reach_out_of_it(desk: Desk) -> None:
    """-m with a name finds a profile of that folder and no file anywhere else."""
    folder = own_copy(desk)
    (desk.folder / "buiten.yaml").write_text((folder / "eigen.yaml").read_text(encoding="utf-8"), encoding="utf-8")
    said = desk.run("check", "maart.csv", "-m", "buiten", "--json", IMPORTER_PROFILES=str(folder))
    assert (said.code, said.refusal()) == (2, "profile-not-found")


def test_only_the_beginning_of_a_file_is_read(desk: Desk) -> None:
    """A row far below the headers that cannot be read at all stops `check`, and not the search for the profile."""
    path = desk.file("lang.csv", [*rows(200), 'T;"broken" quote;x'])
    assert pick_profile([path], candidates(None)).called == "demo"
    said = desk.run("check", "lang.csv", "--json")
    assert (said.code, said.refusal()) == (2, "malformed-row")
