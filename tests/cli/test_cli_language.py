"""The command line in three languages: sentences change, and nothing that a program reads."""

import json
import os
import pty
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from desk import IMPORTER, Desk, a_desk, row, rows
from openpyxl import load_workbook

from importer.cli.language import speech
from importer.cli.main import main
from importer.facturalia.sandbox import SandboxSettings

LANGUAGES = ("nl", "fr", "en")


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """A desk with a sandbox and a file with one invoice in order and one that is not."""
    with a_desk(tmp_path) as made:
        made.file("maart.csv", [*rows(2), row("B-1", price="1.250,0O")])
        yield made


def test_screens_speak_the_language_asked_for(desk: Desk) -> None:
    """Headings, counts, findings and remedies are in Dutch, French or English, with amounts as Belgium writes them."""
    said = {name: desk.run("check", "maart.csv", "-m", "demo", IMPORTER_LANGUAGE=name) for name in LANGUAGES}

    assert "3 rijen gelezen = 2 op facturen + 0 overgeslagen + 1 geweigerd" in said["nl"].out
    assert '"1.250,0O" is geen bedrag.' in said["nl"].out
    assert "Er is niets verzonden." in said["nl"].err
    assert "3 lignes lues = 2 sur factures + 0 ignorées + 1 refusées" in said["fr"].out
    assert "n\u2019est pas un montant." in said["fr"].out
    assert "40,00" in said["nl"].out
    assert "40,00" in said["fr"].out
    assert "40.00" in said["en"].out
    assert {one.code for one in said.values()} == {1}


@pytest.mark.parametrize("language", LANGUAGES)
def test_json_keeps_its_keys_codes_and_amounts(desk: Desk, language: str) -> None:
    """Of the one JSON object only messages and remedies are in the language."""
    english = desk.run("check", "maart.csv", "-m", "demo", "--json").object()
    found = desk.run("check", "maart.csv", "-m", "demo", "--json", IMPORTER_LANGUAGE=language).object()

    (ours,), (theirs,) = english.pop("findings"), found.pop("findings")
    assert found == english
    assert {name for name in ours if ours[name] != theirs[name]} == ({"message", "fix"} if language != "en" else set())
    assert found["totals"]["excl_vat"] == "40.00"


def test_errors_are_told_in_the_language(desk: Desk) -> None:
    """What stops a command is translated too, on the screen and in the JSON; its code is not."""
    screen = desk.run("check", "nergens.csv", "-m", "demo", IMPORTER_LANGUAGE="fr")
    found = desk.run("check", "nergens.csv", "-m", "demo", "--json", IMPORTER_LANGUAGE="nl").object()

    assert "Il n\u2019y a pas de fichier nergens.csv." in screen.err
    assert found["error"]["code"] == "file-missing"
    assert found["error"]["message"] == "Er is geen bestand nergens.csv."
    assert found["error"]["fix"] == "Kijk het pad en de naam na."


def test_the_option_counts_more_than_the_setting_and_the_system(desk: Desk) -> None:
    """--lang, then IMPORTER_LANGUAGE, then .env, then the locale."""
    arguments = ("status",)
    by_locale = {"IMPORTER_LANGUAGE": "", "LC_ALL": "fr_BE.UTF-8"}

    assert "Pas encore de factures." in desk.run(*arguments, **by_locale).out
    (desk.folder / ".env").write_text("IMPORTER_LANGUAGE=nl\n", encoding="utf-8")
    assert "Nog geen facturen." in desk.run(*arguments, **by_locale).out
    assert "No invoices yet." in desk.run(*arguments, **{**by_locale, "IMPORTER_LANGUAGE": "en"}).out
    assert "Pas encore" in desk.run("--lang", "fr", *arguments, IMPORTER_LANGUAGE="en").out


def test_a_language_we_do_not_speak_is_refused(desk: Desk) -> None:
    """A wrong language stops the command with the three there are; help still works."""
    said = desk.run("status", "--json", IMPORTER_LANGUAGE="de")
    helped = desk.run("status", "--help", IMPORTER_LANGUAGE="nl")

    assert said.refusal() == "bad-language"
    assert said.code == 2
    assert helped.code == 0
    assert desk.run("--lang", "nl", "status", IMPORTER_LANGUAGE="de").code == 0


def test_one_command_leaves_nothing_for_the_next(desk: Desk) -> None:
    """The language belongs to a command: the next one chooses anew."""
    desk.run("--lang", "nl", "status")
    assert speech().language == "nl"
    main(["--version"])
    assert speech().language == "en"


def test_a_run_is_told_in_any_language_later(desk: Desk) -> None:
    """What a Dutch run left in the ledger is English at heart: its report in French has no Dutch in it."""
    assert desk.run("import", "maart.csv", "-m", "demo", "--yes", IMPORTER_LANGUAGE="nl").code == 1
    (run,) = (one["run"] for one in desk.run("runs", "--json").object()["runs"])

    desk.run("report", run, "--out", "rapport.xlsx", IMPORTER_LANGUAGE="fr")

    book = load_workbook(desk.folder / "rapport.xlsx")
    texts = {str(cell.value) for sheet in book for line in sheet.iter_rows() for cell in line if cell.value}
    assert book.sheetnames == ["Aperçu", "À faire", "Factures", "Lignes du fichier", "Totaux", "Constatations"]
    assert '"1.250,0O" n\u2019est pas un montant.' in texts
    assert not [text for text in texts if "geweigerd" in text or "refused" in text]


def test_what_facturalia_refused_is_told_in_any_language_later(tmp_path: Path) -> None:
    """The ledger keeps what sending did as finished English; the report finds it again and says it in Dutch."""
    with a_desk(tmp_path, SandboxSettings(products=frozenset({"A1"}))) as desk:
        desk.file("maart.csv", [row("T-1"), row("T-2", "B9")])
        run = desk.run("import", "maart.csv", "-m", "demo", "--yes", "--json", IMPORTER_LANGUAGE="fr").object()["run"]
        desk.run("report", run, "--out", "rapport.xlsx", IMPORTER_LANGUAGE="nl")

    (told,) = list(load_workbook(desk.folder / "rapport.xlsx")["Bevindingen"].iter_rows(min_row=2, values_only=True))
    assert told[0] == "fout"
    assert str(told[5]).startswith("Facturalia heeft factuur T-2 afgewezen: ")
    assert str(told[6]).startswith("Verbeter het bestand, of Facturalia")


def test_explain_tells_findings_and_errors(desk: Desk) -> None:
    """`explain` knows the codes of findings and of errors, in the language, and lists all without a code."""
    finding = desk.run("explain", "bad-amount", IMPORTER_LANGUAGE="nl")
    error = desk.run("explain", "no-rows", IMPORTER_LANGUAGE="fr")
    every = desk.run("explain", IMPORTER_LANGUAGE="nl")
    listed = desk.run("explain", "--json").object()
    near = desk.run("explain", "no-rowz", "--json").object()

    assert "bad-amount (fout): Geen bedrag" in finding.out
    assert "{expected}" in finding.out
    assert ":words" not in finding.out
    assert "no-rows (arrête la commande, code de fin 2)" in error.out
    assert "Rien n\u2019a été envoyé." in error.out
    assert "bad-amount" in every.out
    assert "no-rows" in every.out
    assert "In de gegevens" in every.out
    assert {"code", "severity", "title"} == set(listed["findings"][0])
    assert {"no-rows", "bad-language"} <= {one["code"] for one in listed["errors"]}
    assert "no-rows" in near["error"]["fix"]


def test_explain_as_json_has_the_error_beside_the_finding(desk: Desk) -> None:
    """The object of a finding keeps its keys; that of an error has class, exit code, messages and remedies."""
    finding = desk.run("explain", "bad-amount", "--json", IMPORTER_LANGUAGE="nl").object()
    error = desk.run("explain", "key-refused", "--json").object()["error"]

    assert {"exit", "code", "severity", "title", "message", "fix", "why"} == set(finding)
    assert finding["title"] == "Geen bedrag"
    assert (error["kind"], error["exit"]) == ("ApiRefused", 2)
    assert error["messages"] == ["Facturalia does not accept the API key (401)."]


@pytest.mark.parametrize(("language", "yes"), [("nl", "j"), ("fr", "o"), ("en", "y"), ("fr", "y")])
def test_the_question_is_asked_and_answered_in_the_language(desk: Desk, language: str, yes: str) -> None:
    """At a terminal a person answers j, o or y; what was asked is in the language, and the invoices are posted."""
    known = {"customer": "Stoelen Peeters BV", "street": "Dorpstraat 1"}
    desk.file("maart.csv", [row("Q-1", **known), row("Q-2", **known)])
    own, theirs = pty.openpty()
    arguments = [IMPORTER, "import", "maart.csv", "-m", "demo"]
    settings = {**os.environ, **desk.settings, "IMPORTER_LANGUAGE": language, "PYTHONIOENCODING": "utf-8"}
    with subprocess.Popen(
        arguments, cwd=desk.folder, env=settings, stdin=theirs, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as started:
        os.write(own, f"{yes}\n".encode())
        out, _ = started.communicate(timeout=120)
    os.close(own)
    os.close(theirs)

    question = {"nl": "Aanmaken? [j/N]", "fr": "Les créer\u00a0? [o/N]", "en": "Post them? [y/N]"}[language]
    assert question in out.decode()
    assert desk.count == 2


def test_english_reads_no_translations(desk: Desk) -> None:
    """English needs no Babel and no file: nobody pays for a language that is not spoken."""
    seen = "import sys\nfrom importer.cli.main import main\nmain(['status'])\nprint(json.dumps('babel' in sys.modules))"
    for language, loaded in (("en", False), ("nl", True)):
        made = subprocess.run(
            [str(Path(IMPORTER).parent / "python"), "-c", f"import json\n{seen}"],
            cwd=desk.folder, env={**os.environ, **desk.settings, "IMPORTER_LANGUAGE": language},
            capture_output=True, text=True, check=True,
        )  # fmt: skip
        assert json.loads(made.stdout.splitlines()[-1]) is loaded
