"""Bad input: one clear sentence, the right exit code, nothing sent, nothing lost, no stack trace, no secret."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from desk import CUSTOMER, STREET, Desk, a_desk, row, rows

from importer.facturalia.sandbox import SandboxSettings
from tests.secrets.canaries import KEY

WRONG = f"{KEY}-wrong"


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """A desk with a good file, `maart.csv`."""
    with a_desk(tmp_path) as made:
        made.file("maart.csv", rows(3))
        yield made


def refused(desk: Desk, *arguments: object, **settings: str) -> tuple[str, str]:
    """Code and message of an import that exits 2 with nothing sent, told alike to people and to programs."""
    line = ("import", *arguments, "--yes")
    as_json = desk.run(*line, "--json", **settings)
    shown = desk.run(*line, **settings)

    assert as_json.code == shown.code == 2
    code = as_json.refusal()
    message, fix = as_json.object()["error"]["message"], as_json.object()["error"]["fix"]
    assert shown.out == ""
    shown.is_calm()
    assert f"importer: {message.splitlines()[0]}" in shown.err
    assert fix in shown.err
    assert desk.requests == 0
    assert KEY not in as_json.out + as_json.err + shown.err
    return code, message


@pytest.mark.parametrize(
    ("name", "content", "code", "word"),
    [
        ("weg.csv", None, "file-missing", "weg.csv"),
        ("leeg.csv", b"", "empty-file", "leeg.csv"),
        ("kop.csv", b"Naam;Prijs\r\na;1\r\n", "header-not-found", "Factuurnr"),
        ("tekst.pdf", b"%PDF-1.4\n", "format-pdf", "tekst.pdf"),
        ("stuk.xlsx", b"PK\x03\x04 this is no workbook", "unreadable-workbook", "stuk.xlsx"),
    ],
)
def test_a_file_that_cannot_be_used(desk: Desk, name: str, content: bytes | None, code: str, word: str) -> None:
    """A file that is missing, empty, without the headers, or no table is named, with what is wrong with it."""
    if content is not None:
        (desk.folder / name).write_bytes(content)

    told, message = refused(desk, name, "-m", "demo")

    assert told == code
    assert word in message
    if code == "header-not-found":
        assert '"Naam"' in message  # what was found


def test_a_header_without_rows(desk: Desk) -> None:
    """A header with nothing below it is no success."""
    desk.file("leeg.csv", [])

    assert refused(desk, "leeg.csv", "-m", "demo")[0] == "no-rows"


def test_a_wrong_sheet_is_told_with_those_there_are(desk: Desk) -> None:
    """A sheet the profile names and the workbook lacks: both are named."""
    desk.run("sample", "--invoices", 1, "boek.xlsx")
    profile = desk.run("profile", "new", "--empty").out
    assert profile
    demo = (Path(__file__).resolve().parents[2] / "mappings" / "demo.yaml").read_text(encoding="utf-8")
    (desk.folder / "blad.yaml").write_text(
        demo.replace("source:\n", 'source:\n  sheets: ["Blad9"]\n'), encoding="utf-8"
    )

    _, message = refused(desk, "boek.xlsx", "-m", "blad.yaml")

    assert "Blad9" in message
    assert "Facturen" in message


@pytest.mark.parametrize("mapping", ["nope", "./nope.yaml", "."])
def test_a_profile_that_is_not_there(desk: Desk, mapping: str) -> None:
    """An unknown name lists the shipped profiles; a path that is no file says so."""
    told, message = refused(desk, "maart.csv", "-m", mapping)

    assert told != "bug"
    assert mapping in message


def test_a_profile_with_an_unknown_key(desk: Desk) -> None:
    """The key is named with file, line and column."""
    demo = (Path(__file__).resolve().parents[2] / "mappings" / "demo.yaml").read_text(encoding="utf-8")
    (desk.folder / "mijn.yaml").write_text(demo.replace("rows:\n", "rowz:\n"), encoding="utf-8")

    _, message = refused(desk, "maart.csv", "-m", "mijn.yaml")

    line = demo.splitlines().index("rows:") + 1
    assert f"mijn.yaml:{line}:1" in message
    assert '"rowz"' in message


@pytest.mark.parametrize(
    ("settings", "code"),
    [
        ({"IMPORTER_API_KEY": ""}, "no-key"),
        ({"IMPORTER_API_KEY": f"{KEY}\nmore"}, "bad-key"),
        ({"IMPORTER_API_KEY": f"{KEY} more"}, "bad-key"),
        ({"IMPORTER_API_KEY": f"{KEY}é"}, "bad-key"),
        ({"IMPORTER_BASE_URL": "hallo"}, "bad-url"),
        ({"IMPORTER_BASE_URL": "http://facturalia.example/api/v1"}, "bad-url"),
        ({"IMPORTER_BASE_URL": f"https://me:{KEY}@facturalia.example/api/v1"}, "bad-url"),
        ({"IMPORTER_BASEURL": "http://127.0.0.1:1"}, "unknown-setting"),
        ({"IMPORTER_RATE": KEY}, "bad-setting"),
        ({"IMPORTER_LEDGER_URL": f"nope://{KEY}"}, "ledger-url"),
    ],
)
def test_settings_that_cannot_be_used(desk: Desk, settings: dict[str, str], code: str) -> None:
    """A wrong setting is named, its value never shown, and the ledger is not touched."""
    told, message = refused(desk, "maart.csv", "-m", "demo", **settings)

    assert told == code
    assert "Kanarie" not in message
    assert not (desk.folder / "ledger.db").exists()


def test_an_account_that_nobody_declared(desk: Desk) -> None:
    """A mistyped account would make all invoices look new: it is refused."""
    assert refused(desk, "maart.csv", "-m", "demo", "-a", "kantor")[0] == "unknown-account"


def test_a_ledger_that_is_none(desk: Desk) -> None:
    """Not a SQLite file, a folder, or in a place where nothing can be made: named, and left as it is."""
    (desk.folder / "tekst.db").write_text("no database", encoding="utf-8")
    places = {"tekst.db": desk.folder / "tekst.db", "map": desk.folder, "proc": Path("/proc/nope/ledger.db")}
    for place in places.values():
        told, message = refused(desk, "maart.csv", "-m", "demo", IMPORTER_LEDGER_URL=f"sqlite:///{place}")
        assert told.startswith("ledger-")
        assert str(place) in message
    assert (desk.folder / "tekst.db").read_text(encoding="utf-8") == "no database"


def test_a_ledger_of_a_newer_version(desk: Desk) -> None:
    """A schema this version does not know is refused, and the file stays as it is."""
    assert desk.run("ledger", "upgrade").code == 0
    path = desk.folder / "ledger.db"
    with sqlite3.connect(path) as database:
        database.execute("UPDATE alembic_version SET version_num = '9999'")
    database.close()
    before = path.read_bytes()

    told, message = refused(desk, "maart.csv", "-m", "demo")

    assert told == "ledger-newer"
    assert "newer" in message
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("weg/verslag.xlsx", "report-folder-missing"),
        ("verslag.txt", "report-name"),
        ("boek.xlsx", "report-over-other-file"),
    ],
)
def test_a_report_that_could_not_be_written_is_found_before_anything_is_sent(desk: Desk, path: str, code: str) -> None:
    """A missing folder, a wrong name, or somebody's own workbook: nothing is posted, and nothing overwritten."""
    desk.run("sample", "--invoices", 1, "boek.xlsx")
    before = (desk.folder / "boek.xlsx").read_bytes()

    assert refused(desk, "maart.csv", "-m", "demo", "--report", path)[0] == code

    assert (desk.folder / "boek.xlsx").read_bytes() == before
    assert desk.run("resume", "--run", "x", "--report", path, "--json").refusal() == code
    assert desk.run("resume", "--report", "ok.xlsx", "--json").refusal() == "report-needs-run"


def test_a_report_that_fails_at_the_end_hides_nothing(desk: Desk) -> None:
    """Where the report cannot be written after all, what was posted is told, with the error beside it: exit 2."""
    said = desk.run("import", "maart.csv", "-m", "demo", "--yes", "--json", "--report", "/proc/verslag.xlsx")

    assert said.code == 2
    assert said.object()["exit"] == 2
    assert said.object()["invoices"]["posted"] == desk.count == 3
    assert said.object()["error"]["code"] == "report-not-written"
    assert said.object()["report"] is None
    said.is_calm()


@pytest.mark.parametrize(
    "arguments",
    [
        ("plan", "maart.csv", "-m", "demo", "--new", "weg/nieuw.csv"),
        ("profile", "schema", "--out", "weg/x.json"),
        ("profile", "new", "--empty", "--out", "weg/x.yaml"),
        ("profile", "new", "--empty", "--out", "maart.csv"),
        ("sample", "--invoices", "2", "weg/x.csv"),
        ("sample", "--invoices", "2", "x.txt"),
        ("demo", "--folder", "/proc/nope"),
        ("ledger", "backup", "weg/kopie.db"),
        ("explain", "bad-amont"),
        ("profile", "test", "nope"),
        ("resolve", "T-9", "--as", "settled", "--reason", "x"),
        ("release", "T-9", "--reason", "x"),
        ("check", "maart.csv", "maart.csv", "-m", "demo"),
    ],
    ids=" ".join,
)
def test_other_commands_refuse_calmly(desk: Desk, arguments: tuple[str, ...]) -> None:
    """What cannot be written, found or done is told in one sentence: exit 2, never a bug."""
    said = desk.run(*arguments, "--json")

    assert said.code == 2
    assert said.refusal() != "bug"


def test_the_sandbox_refuses_what_it_cannot_do(desk: Desk) -> None:
    """A port that is taken, faults, limits and product lists that make no sense: exit 2 before it serves."""
    assert desk.server is not None
    for more in (
        ["--port", str(desk.server.port)],
        ["--faults", "x"],
        ["--rate-limit", "many"],
        ["--products", "weg.txt"],
        ["--database", "/proc/nope/x.db", "--port", "0"],
    ):
        said = desk.run("sandbox", "--json", *more)
        assert (said.code, said.refusal() != "bug") == (2, True), more


@pytest.mark.parametrize(
    ("settings", "more", "stop"),
    [
        (SandboxSettings(), {"IMPORTER_API_KEY": WRONG}, "401"),
        (SandboxSettings(scopes=frozenset()), {}, "403"),
        (SandboxSettings(base_path="/elsewhere"), {"path": "/api/v1"}, "404"),
        (SandboxSettings(faults="redirect:1"), {}, "302"),
    ],
    ids=["key", "rights", "address", "redirect"],
)
def test_an_api_that_refuses_us_blames_no_invoice(
    tmp_path: Path, settings: SandboxSettings, more: dict[str, str], stop: str
) -> None:
    """401, 403, 404 and redirects stop the run after one request: exit 2, and none is rejected."""
    with a_desk(tmp_path, settings) as desk:
        desk.file("maart.csv", rows(30))
        assert desk.server is not None
        if "path" in more:
            more = {"IMPORTER_BASE_URL": f"http://127.0.0.1:{desk.server.port}{more['path']}"}

        said = desk.run("import", "maart.csv", "-m", "demo", "--yes", "--json", **more)

        found = said.object()
        assert (said.code, found["exit"]) == (2, 2)
        assert stop in found["stopped"]["message"]
        assert found["stopped"]["fix"]
        assert (found["invoices"]["posted"], found["invoices"]["rejected"], found["invoices"]["ready"]) == (0, 0, 30)
        assert desk.count == 0
        assert len([one for one in desk.server.requests() if one.method == "POST"]) <= 1
        assert KEY not in said.out + said.err


def test_canaries_are_in_no_log(desk: Desk) -> None:
    """Names and streets of customers, and the key, are on neither stream of runs that go well, badly, or are refused."""
    desk.file("slecht.csv", [row("T-1"), row("B-1", price="x"), row("C-1", quantity="-1")])
    said = [
        desk.run("import", "slecht.csv", "-m", "demo", "--yes", "--json", "--report", "een.xlsx"),
        desk.run("import", "slecht.csv", "-m", "demo", "--yes"),
        desk.run("import", "slecht.csv", "-m", "demo", "--yes", IMPORTER_API_KEY=WRONG),
        desk.run("check", "slecht.csv", "-m", "demo"),
        desk.run("status"),
        desk.run("runs", "--json"),
        desk.run("doctor", "--json"),
        desk.run("ledger", "verify", "--json"),
        desk.run("resolve", "C-1", "--as", "settled", "--reason", "done"),
    ]
    assert desk.server is not None
    spoken = "".join(one.out + one.err for one in said)

    for canary in (CUSTOMER, STREET, KEY, WRONG):
        assert canary not in spoken
