"""The command `importer`: which commands there are, and how every failure ends as one sentence and an exit code.

Nothing heavy is imported here: `--help` answers at once, each command brings what it needs.
"""

import sys
from typing import Any

import typer
from typer.exceptions import TyperException

from importer.cli import explain, files, operate, people, profiles, send, serving, suggesting, users
from importer.cli.helping import SpokenCommand, SpokenGroup, asked_language
from importer.cli.language import begin, begin_quietly, speech, tr
from importer.cli.streams import closing_code, make_patient, tell
from importer.errors import ImporterError

FIRST_STEPS = """\
\b
Try it, nothing leaves this machine:
  importer demo

\b
First invoices of your own, into a look-alike of Facturalia:
  importer sandbox                               in a second window; prints two
                                                 settings to copy
  importer profile list                          which exports are understood
  importer profile new export.csv                makes a profile for another one
  importer check maart.csv -m demo               what is wrong with the file
  importer plan maart.csv -m demo                what would be posted
  importer import maart.csv -m demo              asks, then posts

\b
Settings, from the environment or a file .env:
  IMPORTER_API_KEY     the key of your Facturalia account
  IMPORTER_BASE_URL    where to post; without it, the live Facturalia
  IMPORTER_LEDGER_URL  where the ledger lies; IMPORTER_RATE,
                       IMPORTER_CONCURRENCY, IMPORTER_ACCOUNTS: see docs
  IMPORTER_LANGUAGE    nl, fr or en; without it, that of the system
  IMPORTER_PROFILES    a folder of profiles of your own

\b
Exit codes: 0 all done. 1 a person or a corrected file is needed.
2 settings, command or file. 3 not finished, run it again. 4 look in
Facturalia. 70 a bug."""
SENDING = "Settings: IMPORTER_API_KEY, IMPORTER_BASE_URL, IMPORTER_LEDGER_URL, IMPORTER_RATE, IMPORTER_CONCURRENCY."
KEEPING = "Settings: IMPORTER_BASE_URL, IMPORTER_LEDGER_URL."
LEDGER = "Settings: IMPORTER_LEDGER_URL."
PROFILES = "Settings: IMPORTER_PROFILES."

app = typer.Typer(
    name="importer",
    cls=SpokenGroup,
    help="Turns spreadsheets of sales into Facturalia invoices: nothing lost, nothing doubled, nothing guessed.",
    epilog=FIRST_STEPS,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
profile_app = typer.Typer(cls=SpokenGroup, help="Work on profiles: how one export becomes invoices.")
ledger_app = typer.Typer(cls=SpokenGroup, help="Care for the ledger.")

users_app = typer.Typer(cls=SpokenGroup, help="Say who may use the pages of a team.")

app.command("demo", short_help="Post a shipped sample into a sandbox and show what came of it.")(send.demo)
app.command("check", short_help="Show everything that is wrong with files.")(files.check)
app.command("plan", short_help="Show what would be posted; gives a digest to approve.", epilog=KEEPING)(files.plan)
app.command("import", short_help="Plan, ask, post, report.", epilog=SENDING)(send.import_)
app.command("resume", short_help="Finish what is ready or unanswered.", epilog=SENDING)(send.resume)
app.command("status", short_help="Count invoices by state; list those that need a person.", epilog=KEEPING)(
    people.status
)
app.command("runs", short_help="List the runs.", epilog=KEEPING)(people.runs)
app.command("resolve", short_help="Say what became of an invoice, after a look in Facturalia.", epilog=KEEPING)(
    people.resolve
)
app.command("hold", short_help="Keep an invoice from being sent.", epilog=KEEPING)(people.hold)
app.command("release", short_help="Let a held invoice go.", epilog=KEEPING)(people.release)
app.command("report", short_help="Write the report of an earlier run again.", epilog=LEDGER)(people.report)
app.command("sample", short_help="Write an invented export, for trying and measuring.")(operate.sample)
app.command("web", short_help="Serve the accountant's pages on this machine.", epilog=SENDING)(serving.web)
app.command("sandbox", short_help="Serve a look-alike of Facturalia on this machine.")(operate.sandbox)
app.command("doctor", short_help="Look whether everything is in place.", epilog=SENDING)(operate.doctor)
app.command("explain", short_help="Say what a code means and how to mend it.")(explain.explain)
profile_app.command("list")(profiles.list_)
profile_app.command("lint")(profiles.lint)
profile_app.command("test", short_help="Run profiles over their samples.")(profiles.test_)
profile_app.command("schema", short_help="Print the JSON Schema of profile files, for editors.")(profiles.schema)
profile_app.command("suggest", short_help="Make a profile from a file, with proofs.", epilog=PROFILES)(
    suggesting.suggest
)
profile_app.command(
    "new", short_help="Make a profile from a file, asking what the file does not show.", epilog=PROFILES
)(suggesting.new)
profile_app.command("template", short_help="Make an empty workbook from a profile, to fill in.")(suggesting.template)
ledger_app.command("upgrade", short_help="Bring the ledger's schema up to date.", epilog=LEDGER)(operate.upgrade)
ledger_app.command("verify", short_help="Prove that the ledger is as it was written.", epilog=LEDGER)(operate.verify)
ledger_app.command("backup", short_help="Copy the ledger safely, also while it is in use.", epilog=LEDGER)(
    operate.backup
)
ledger_app.command("purge", short_help="Take customers' data out of old invoices.", epilog=LEDGER)(operate.purge)
users_app.command("list", epilog=LEDGER)(users.list_)
users_app.command("add", short_help="Let a person use the pages.", epilog=LEDGER)(users.add)
users_app.command("role", short_help="Give a person another role.", epilog=LEDGER)(users.role)
users_app.command("password", short_help="Give a person another password.", epilog=LEDGER)(users.password)
users_app.command("remove", short_help="Let a person use the pages no more.", epilog=LEDGER)(users.remove)
for group in (app, profile_app, ledger_app, users_app):
    for registered in group.registered_commands:
        registered.cls = SpokenCommand
app.add_typer(profile_app, name="profile")
app.add_typer(ledger_app, name="ledger")
app.add_typer(users_app, name="users")


def _version(value: bool) -> None:
    if value:
        from importer.cli.version import version

        print(version())
        raise typer.Exit


@app.callback()
def _options(
    version: bool = typer.Option(  # noqa: ARG001 - its callback has done it
        False, "--version", callback=_version, is_eager=True, help="Show the version and exit."
    ),
    lang: str = typer.Option(
        "", "--lang", metavar="nl|fr|en", help="The language of messages and reports.", show_default=False
    ),
) -> None:
    begin(lang)


def run(arguments: list[str] | None = None) -> None:
    """Run one command and end the process with its exit code (see the README for their meaning)."""
    out = make_patient()
    sys.exit(closing_code(main(sys.argv[1:] if arguments is None else arguments), out))


def main(arguments: list[str]) -> int:
    """Run one command; returns its exit code. No stack trace ever reaches the user."""
    as_json = "--json" in arguments
    begin_quietly(asked_language(arguments))
    try:
        code: Any = app(arguments, prog_name="importer", standalone_mode=False)
    except ImporterError as error:
        return _end(error.exit_code, error.code, *speech().told(error), as_json=as_json)
    except TyperException as error:
        return _misused(error, as_json=as_json)
    except (KeyboardInterrupt, typer.Abort):
        print(file=sys.stderr)  # behind the ^C, or the question
        return _end(
            3, "stopped", tr("Stopped."), tr("The same command, or `importer resume`, goes on."), as_json=as_json
        )
    except Exception as error:  # noqa: BLE001 - the last border: what nobody foresaw is a bug, told as one sentence
        from importer.cli.version import bug

        code, message, fix = bug(error)
        return _end(70, code, speech().words(message), speech().words(fix), as_json=as_json)
    return code if isinstance(code, int) else 0


def _misused(error: TyperException, *, as_json: bool) -> int:
    """A command that does not exist, or an argument that is missing, unknown or out of bounds."""
    path = getattr(getattr(error, "ctx", None), "command_path", "importer")
    message = error.format_message()
    if message.startswith("Missing command"):
        if not as_json:
            print(getattr(error, "ctx").get_help(), file=sys.stderr)  # noqa: B009 - typer's own class is private
            return 2
        message = f"{path} needs a command."
    fix = tr("`{path} --help` shows how it is used.", path=path)
    return _end(2, "usage", speech().words(message), fix, as_json=as_json)


def _end(exit_code: int, code: str, message: str, fix: str, *, as_json: bool) -> int:
    if as_json:
        from importer.cli.jsontext import json_text

        print(json_text({"exit": exit_code, "error": {"code": code, "message": message, "fix": fix}}))
    lines = "\n  ".join(message.splitlines())
    tell(f"importer: {lines}\n  {fix}")
    return exit_code
