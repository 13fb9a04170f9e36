"""The command `importer`: which commands there are, and how every failure ends as one sentence and an exit code.

Nothing heavy is imported here: `--help` answers at once, each command brings what it needs.
"""

import json
import sys
from typing import Any

import typer
from typer.exceptions import TyperException

from importer.cli import files, operate, people, profiles, send
from importer.errors import ImporterError

app = typer.Typer(
    name="importer",
    help="Turns spreadsheets of sales into Facturalia invoices: nothing lost, nothing doubled, nothing guessed.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
profile_app = typer.Typer(help="Work on profiles: how one export becomes invoices.", no_args_is_help=True)
ledger_app = typer.Typer(help="Care for the ledger.", no_args_is_help=True)

app.command("demo")(send.demo)
app.command("check")(files.check)
app.command("plan")(files.plan)
app.command("import")(send.import_)
app.command("resume")(send.resume)
app.command("status")(people.status)
app.command("runs")(people.runs)
app.command("resolve")(people.resolve)
app.command("hold")(people.hold)
app.command("release")(people.release)
app.command("report")(people.report)
app.command("sample")(operate.sample)
app.command("sandbox")(operate.sandbox)
app.command("doctor")(operate.doctor)
app.command("explain")(operate.explain)
profile_app.command("list")(profiles.list_)
profile_app.command("lint")(profiles.lint)
profile_app.command("test")(profiles.test_)
profile_app.command("schema")(profiles.schema)
ledger_app.command("upgrade")(operate.upgrade)
ledger_app.command("verify")(operate.verify)
ledger_app.command("backup")(operate.backup)
ledger_app.command("purge")(operate.purge)
app.add_typer(profile_app, name="profile")
app.add_typer(ledger_app, name="ledger")


def _version(value: bool) -> None:
    if value:
        from importer.cli.version import version

        print(version())
        raise typer.Exit


@app.callback()
def _options(
    version: bool = typer.Option(
        False, "--version", callback=_version, is_eager=True, help="Show the version and exit."
    ),
) -> None:
    pass


def run(arguments: list[str] | None = None) -> None:
    """Run one command and end the process with its exit code (see the README for their meaning)."""
    sys.exit(main(sys.argv[1:] if arguments is None else arguments))


def main(arguments: list[str]) -> int:
    """Run one command; returns its exit code. No stack trace ever reaches the user."""
    as_json = "--json" in arguments
    try:
        code: Any = app(arguments, prog_name="importer", standalone_mode=False)
    except ImporterError as error:
        return _end(error.exit_code, error.code, error.message, error.fix, as_json=as_json)
    except TyperException as error:
        return _end(
            2,
            "usage",
            error.format_message(),
            "`importer COMMAND --help` shows how the command is used.",
            as_json=as_json,
        )
    except (KeyboardInterrupt, typer.Abort):
        return _end(3, "stopped", "Stopped.", "The same command, or `importer resume`, goes on.", as_json=as_json)
    except BrokenPipeError:
        sys.stderr.close()
        return 0
    except Exception as error:  # noqa: BLE001 - the last border: what nobody foresaw is a bug, told as one sentence
        from importer.cli.version import keep_trace

        kept = keep_trace(error)
        message = f"This is a bug in the importer ({type(error).__name__}). What was recorded in the ledger stays true."
        return _end(70, "bug", message, f"Please report it with the file {kept}.", as_json=as_json)
    return code if isinstance(code, int) else 0


def _end(exit_code: int, code: str, message: str, fix: str, *, as_json: bool) -> int:
    if as_json:
        print(
            json.dumps({"exit": exit_code, "error": {"code": code, "message": message, "fix": fix}}, ensure_ascii=False)
        )
    print(f"importer: {message}\n  {fix}", file=sys.stderr)
    return exit_code
