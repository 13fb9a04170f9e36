"""`importer users`: passwords come from the keyboard or a pipe, and are never shown."""

import io
import json
import os
import pty
import subprocess
import sys
import time
from pathlib import Path

import pytest

from importer.cli import users as command
from importer.cli.main import main
from importer.domain.clock import SystemClock
from importer.web.users import FILE, Role, Users

IMPORTER = str(Path(sys.executable).parent / "importer")
GOOD = "vier woorden op rij"
PATIENCE = 30.0


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the ledger of this test lies, and so its users."""
    monkeypatch.setenv("IMPORTER_LEDGER_URL", f"sqlite:///{tmp_path / 'ledger.db'}")
    return tmp_path


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str, given: str = "") -> int:
    """One command with a line on its standard input."""
    monkeypatch.setattr(sys, "stdin", io.StringIO(given))
    return main(["users", *arguments])


def kept(folder: Path) -> Users:
    """The users as the pages see them."""
    return Users(folder / FILE, SystemClock().now)


def test_a_person_comes_changes_and_goes(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Add, list, role, password, remove: the file says each time what was said, and no password or hash is shown."""
    assert run(monkeypatch, "add", "Ann", "--role", "administer", given=f"{GOOD}\n") == 0
    assert run(monkeypatch, "add", "Bob", "--role", "prepare", given=f"{GOOD}\r\nmore\n") == 0
    assert kept(folder).check("Bob", GOOD) is not None
    assert run(monkeypatch, "role", "bob", "approve") == 0
    assert run(monkeypatch, "password", "Bob", given="een ander wachtwoord") == 0
    assert kept(folder).check("Bob", GOOD) is None
    assert kept(folder).check("Bob", "een ander wachtwoord") is not None
    capsys.readouterr()
    assert run(monkeypatch, "list", "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert [(one["name"], one["role"]) for one in told["users"]] == [("Ann", "administer"), ("Bob", "approve")]
    assert {*told["users"][0]} == {"name", "role", "added"}
    assert run(monkeypatch, "list") == 0
    assert run(monkeypatch, "remove", "Bob") == 0
    shown = capsys.readouterr().out
    assert "Bob" in shown
    assert "$argon2" not in shown
    assert [user.name for user in kept(folder).all()] == ["Ann"]


@pytest.mark.parametrize(
    ("arguments", "given", "code"),
    [
        (("add", "Bob", "--role", "prepare"), "kort", "weak-password"),
        (("add", "Bob", "--role", "prepare"), "", "weak-password"),
        (("add", "ANN", "--role", "prepare"), GOOD, "user-exists"),
        (("add", "<b>", "--role", "prepare"), GOOD, "bad-user-name"),
        (("add", "Bob", "--role", "king"), GOOD, "usage"),
        (("add", "Bob"), GOOD, "usage"),
        (("add", "Bob", GOOD, "--role", "prepare"), GOOD, "usage"),
        (("password", "Bob"), GOOD, "no-user"),
        (("role", "Ann", "approve"), "", "last-administrator"),
        (("remove", "Ann"), "", "last-administrator"),
        (("remove", "Bob"), "", "no-user"),
    ],
)
def test_what_cannot_be_is_refused(
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: tuple[str, ...],
    given: str,
    code: str,
) -> None:
    """One sentence and exit code 2; the file stays as it was, and a password is no argument."""
    assert run(monkeypatch, "add", "Ann", "--role", "administer", given=GOOD) == 0
    before = (folder / FILE).read_bytes()
    capsys.readouterr()
    assert run(monkeypatch, *arguments, "--json", given=given) == 2
    assert json.loads(capsys.readouterr().out)["error"]["code"] == code
    assert (folder / FILE).read_bytes() == before


def test_the_first_one_is_told_how(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where there are no users, the list says how the first is added."""
    assert run(monkeypatch, "list") == 0
    assert "importer users add NAME --role administer" in capsys.readouterr().out
    assert not (folder / FILE).exists()


def test_the_command_knows_the_roles_of_the_pages() -> None:
    """The words that the command takes are those of the pages."""
    assert [str(one) for one in command.RoleName] == [str(one) for one in Role]


@pytest.mark.parametrize(("again", "code"), [(GOOD, 0), ("iets anders helemaal", 2)])
def test_a_typed_password_is_asked_twice_and_not_shown(folder: Path, again: str, code: int) -> None:
    """At a terminal: two questions, nothing of the answers on the screen, and both must be the same."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [IMPORTER, "users", "add", "Ann", "--role", "administer"],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env={**os.environ, "IMPORTER_LANGUAGE": "en"},
        start_new_session=True,
    )
    os.close(theirs)
    shown, end = "", time.monotonic() + PATIENCE
    answers = iter([("Password of Ann: ", GOOD), ("Once more: ", again)])
    question, answer = next(answers)
    while time.monotonic() < end:
        try:
            shown += os.read(ours, 4096).decode()
        except OSError:  # the other end is closed
            break
        if question and question in shown:
            os.write(ours, f"{answer}\n".encode())
            question, answer = next(answers, ("", ""))
    os.close(ours)
    assert process.wait(PATIENCE) == code
    assert not question
    assert GOOD not in shown
    assert again not in shown
    assert (folder / FILE).exists() == (code == 0)
