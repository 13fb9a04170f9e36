"""`--json`: exactly one object on standard output from every command, and a screen for people without it."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from desk import COMMANDS, IMPORTER, Desk, a_desk, row, rows

# arguments of a command that works, and the keys its object has at least
CALLS: dict[str, tuple[list[str], set[str]]] = {
    "demo": (["--folder", "demo"], {"run", "plan", "rows", "invoices", "report"}),
    "check": (["maart.csv", "-m", "demo"], {"rows", "invoices", "totals", "findings", "findings_total"}),
    "plan": (["maart.csv", "-m", "demo"], {"plan", "rows", "invoices", "totals", "findings", "findings_total"}),
    "import": (["maart.csv", "-m", "demo", "--yes"], {"run", "plan", "invoices", "recovered", "rejoined", "report"}),
    "resume": ([], {"run", "invoices", "totals", "recovered"}),
    "status": ([], {"account", "states", "attention"}),
    "runs": ([], {"runs"}),
    "resolve": (["C-1", "--as", "settled", "--reason", "x"], {"identity", "invoice", "state", "settled"}),
    "hold": (["T-0003", "--reason", "x"], {"identity", "invoice", "state"}),
    "release": (["T-0003", "--reason", "x"], {"identity", "invoice", "state"}),
    "report": (["RUN", "--out", "again.xlsx"], {"run", "report"}),
    "sample": (["--invoices", "3", "made.csv"], {"path", "invoices", "rows"}),
    "doctor": ([], {"facts"}),
    "explain": (["bad-amount"], {"code", "severity", "message", "fix", "why"}),
    "profile list": ([], {"profiles"}),
    "profile lint": (["demo"], {"profiles", "problems"}),
    "profile test": (["demo"], {"profiles", "problems"}),
    "profile schema": ([], {"schema"}),
    "profile suggest": (["maart.csv"], {"path", "profile", "open", "fields", "unused", "notes", "trial", "yaml"}),
    "profile new": (["--empty"], {"path", "template"}),
    "profile template": (["demo", "--out", "copy.xlsx"], {"path", "profile", "columns"}),
    "ledger upgrade": ([], {"schema", "path"}),
    "ledger verify": ([], {"events", "head", "problems"}),
    "ledger backup": (["copy.db"], {"path"}),
    "ledger purge": (["--older-than", "1"], {"invoices", "runs"}),
}
SERVES = {"sandbox", "web"}  # go on until they are stopped: test_cli_process.py


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """A desk with two posted invoices, one held by a person, and a credit note."""
    with a_desk(tmp_path) as made:
        made.file("maart.csv", [*rows(3), rows(1)[0].replace("T-0001", "C-1").replace(";2;", ";-2;")])
        first = made.run("import", "maart.csv", "-m", "demo", "--yes", "--limit", 2, "--json")
        assert first.code == 3
        assert made.run("hold", "T-0003", "--reason", "x").code == 0
        made.settings["RUN"] = first.object()["run"]
        yield made


def test_every_command_is_called_here() -> None:
    """A command that is added must be added here too."""
    assert {" ".join(command) for command in COMMANDS} == set(CALLS) | SERVES


@pytest.mark.parametrize("command", CALLS)
def test_a_command_prints_one_object_or_a_screen(desk: Desk, command: str) -> None:
    """With --json one object whose `exit` is the exit code; without it words for people and no object."""
    arguments, keys = CALLS[command]
    arguments = [desk.settings["RUN"] if one == "RUN" else one for one in arguments]
    before = (desk.folder / "ledger.db").read_bytes()

    said = desk.run(*command.split(), *arguments, "--json")

    assert said.object()["exit"] == said.code
    assert said.code in {0, 1}
    assert set(said.object()) >= keys
    said.is_calm()

    for made in ("copy.db", "copy.xlsx"):
        (desk.folder / made).unlink(missing_ok=True)
    (desk.folder / "ledger.db").write_bytes(before)  # the same moment again, for the screen
    shown = desk.run(*command.split(), *arguments)
    assert shown.code == said.code
    assert shown.out.strip() or shown.err.strip()
    if command != "profile schema":
        assert not shown.out.lstrip().startswith("{")
    shown.is_calm()


def test_words_beyond_ascii_reach_any_terminal(desk: Desk) -> None:
    """On a terminal without UTF-8 the object is plain ASCII JSON and the screen is readable; nothing fails."""
    as_json = desk.process("check", "maart.csv", "-m", "demo", "--json", PYTHONIOENCODING="ascii")
    screen = desk.process("plan", "maart.csv", "-m", "demo", PYTHONIOENCODING="ascii")

    assert as_json.code == screen.code == 1
    assert as_json.out.isascii()
    assert as_json.object()["findings"][0]["code"] == "credit-note"
    assert screen.out.isascii()


@pytest.mark.parametrize(("encoding", "between"), [("cp850", "\u00a0"), ("ascii", " "), ("utf-8", "\u202f")])
def test_signs_of_printing_give_way_on_old_terminals(desk: Desk, encoding: str, between: str) -> None:
    """The narrow space of French amounts becomes a plainer one where the code page lacks it, never its number."""
    desk.file("maart.csv", [row("T-1", quantity="1", price="1.250,00")])
    made = subprocess.run(
        [IMPORTER, "check", "maart.csv", "-m", "demo"], cwd=desk.folder, capture_output=True, check=True,
        env={**os.environ, **desk.settings, "IMPORTER_LANGUAGE": "fr", "PYTHONIOENCODING": encoding},
    )  # fmt: skip
    said = made.stdout.decode(encoding)

    assert f"1{between}250,00" in said
    assert "\\u202f" not in said
