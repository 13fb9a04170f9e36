"""What a new user sees first: help that is quick, complete, and names an example."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from desk import COMMANDS, IMPORTER, ROOT, Desk

HEAVY = ("pandas", "numpy", "pyarrow", "sqlalchemy", "httpx", "fastapi", "ruamel", "openpyxl", "rich")
SEEN = """
import json, sys
from importer.cli.main import main
code = main(json.loads(sys.argv[1]))
print(json.dumps([code, sorted(name for name in json.loads(sys.argv[2]) if name in sys.modules)]), file=sys.stderr)
"""


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_each_command_explains_itself_with_an_example(command: tuple[str, ...], tmp_path: Path) -> None:
    """`COMMAND --help` ends well, says what it does, and shows a command line that is truly that command."""
    said = Desk(tmp_path, None).run(*command, "--help")

    text = " ".join(said.out.split())
    assert said.code == 0
    assert not said.err
    assert f"Example: importer {' '.join(command)}" in text
    assert max(map(len, said.out.splitlines())) <= 80


def test_help_imports_nothing_heavy() -> None:
    """The help of all commands together loads no library that takes time."""
    for arguments in (["--help"], ["import", "--help"], ["profile", "test", "--help"], ["nope"], ["--version"]):
        made = subprocess.run(
            [sys.executable, "-c", SEEN, json.dumps(arguments), json.dumps(HEAVY)],
            capture_output=True, text=True, check=True,
        )  # fmt: skip
        code, loaded = json.loads(made.stderr.splitlines()[-1])
        assert code == (2 if arguments == ["nope"] else 0)
        assert loaded == [], arguments


def test_help_answers_at_once() -> None:
    """`importer --help` takes less than half a second (the best of five, since the machine is shared)."""
    unwatched = {name: text for name, text in os.environ.items() if name != "CANARY_NOTES"}
    took = []
    for _ in range(5):
        begun = time.perf_counter()
        subprocess.run([IMPORTER, "--help"], env=unwatched, capture_output=True, check=True)
        took.append(time.perf_counter() - begun)

    assert min(took) < 0.5


def test_the_first_screen_leads_to_a_posted_invoice(tmp_path: Path) -> None:
    """`importer --help` names the demo, the sandbox, the settings and the exit codes; a bare `importer` shows it too."""
    said = Desk(tmp_path, None).run("--help")
    bare = Desk(tmp_path, None).run()

    for word in ("importer demo", "importer sandbox", "IMPORTER_API_KEY", "IMPORTER_BASE_URL", "Exit codes"):
        assert word in said.out
    assert all(f"  {name[0]} " in said.out for name in COMMANDS)
    assert "…" not in said.out
    assert "..." not in said.out.replace("[ARGS]...", "")
    assert (bare.code, bare.out) == (2, "")
    assert "importer demo" in bare.err


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["nope"], "nope"),
        (["import"], "files"),
        (["import", "maart.csv", "-m", "demo", "--limit", "0"], "--limit"),
        (["hold", "T-1"], "--reason"),
        (["resolve", "T-1", "--as", "maybe", "--reason", "x"], "--as"),
        (["check", "maart.csv", "-m", "demo", "--nope"], "--nope"),
    ],
)
def test_a_mistyped_command_is_told_in_one_sentence(arguments: list[str], word: str, tmp_path: Path) -> None:
    """What is missing or unknown is named, with the help that shows how: exit 2, in JSON too."""
    said = Desk(tmp_path, None).run(*arguments, "--json")

    assert said.code == 2
    assert said.refusal() == "usage"
    assert word in said.object()["error"]["message"]
    assert "--help`" in said.object()["error"]["fix"]


def test_the_version_is_that_of_the_package(tmp_path: Path) -> None:
    """`--version` and `python -m importer` speak of the installed package."""
    from importlib import metadata

    assert Desk(tmp_path, None).run("--version").out.strip() == metadata.version("facturalia-importer")
    made = subprocess.run(
        [sys.executable, "-m", "importer", "--version"],
        capture_output=True, text=True, check=True, cwd=ROOT, env=os.environ,
    )  # fmt: skip
    assert made.stdout.strip() == metadata.version("facturalia-importer")
