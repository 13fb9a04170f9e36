"""`explain`: what a code means and how to mend it, for findings in the data and for everything that stops a command."""

from typing import TYPE_CHECKING, Annotated

import typer

from importer.cli.language import speech, tr
from importer.cli.options import Json

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from importer.domain.catalogue import Entry
    from importer.language.book import ErrorText

# What each class of errors.py means for the person. The exit codes stand beside the classes.
KINDS = {
    "ConfigError": "A setting or the command is wrong. Nothing was read or sent.",
    "ProfileError": "The profile cannot be used as it is. Nothing was read or sent.",
    "SettingsError": "A setting is missing or unsafe. Nothing was read or sent.",
    "PlanMismatch": "The plan that was approved is not the one that would be sent. Nothing was sent.",
    "SourceError": "A file cannot be read as a whole. Nothing was sent.",
    "ApiRefused": "Facturalia refuses the key, the rights or the address. The run stops; no invoice is to blame.",
    "Unfinished": "The run stopped before its end. The same command, or `importer resume`, goes on.",
    "Doubtful": "What Facturalia did cannot be proved, or it does not behave as documented. A person must look there.",
    "LedgerError": "The ledger cannot be used safely, so nothing more is sent.",
    "LedgerBusy": "Another process holds the ledger or the account; this one gives way.",
}

SENTENCES = ("title", "message", "fix", "why")  # of a finding


def explain(
    code: Annotated[
        str, typer.Argument(help="A code, as shown behind a message; without one, all codes.", show_default=False)
    ] = "",
    json: Json = False,
) -> int:
    """Say what a code means and how to mend it.

    Example: importer explain bad-amount
    """
    from importer.domain.catalogue import CATALOGUE
    from importer.language.book import error_texts

    errors = error_texts()
    if not code:
        return _list(CATALOGUE, errors, json=json)
    if code not in CATALOGUE and code not in errors:
        raise _unknown(code, [*CATALOGUE, *errors])
    shown: list[str] = []
    told: dict[str, object] = {"exit": 0, "code": code}
    if code in CATALOGUE:
        entry = CATALOGUE[code]
        told |= {"severity": entry.severity, **{name: tr_raw(getattr(entry, name)) for name in SENTENCES}}
        shown.append(_finding(code, entry))
    if code in errors:
        text = errors[code]
        told["error"] = {
            "kind": text.kind,
            "exit": exit_of(text.kind),
            "why": tr(KINDS[text.kind]),
            "messages": [tr_raw(message) for message in text.messages],
            "fixes": [tr_raw(fix) for fix in text.fixes],
        }
        shown.append(_error(code, text))
    if json:
        from importer.cli.screen import print_json

        print_json(told)
    else:
        print("\n\n".join(shown))
    return 0


def exit_of(kind: str) -> int:
    """The exit code of a class of errors.py."""
    from importer import errors

    found: int = getattr(errors, kind).exit_code
    return found


def tr_raw(template: str) -> str:
    """A template in the language, its placeholders without their kinds: `{computed}`, which says enough to a person."""
    from importer.language.book import PLACEHOLDER

    return PLACEHOLDER.sub(r"{\1}", speech().sentence(template)).replace("{{", "{").replace("}}", "}")


def _finding(code: str, entry: "Entry") -> str:
    return "\n".join(
        (
            f"{code} ({tr(entry.severity)}): {tr_raw(entry.title)}",
            "",
            tr_raw(entry.why),
            "",
            tr("Message: {message}", message=tr_raw(entry.message)),
            tr("What to do: {fix}", fix=tr_raw(entry.fix)),
        )
    )


def _error(code: str, text: "ErrorText") -> str:
    head = tr("{code} (stops the command, exit code {exit})", code=code, exit=exit_of(text.kind))
    return "\n".join(
        (
            head,
            "",
            tr(KINDS[text.kind]),
            "",
            *(tr("Message: {message}", message=tr_raw(message)) for message in text.messages),
            *(tr("What to do: {fix}", fix=tr_raw(fix)) for fix in text.fixes),
        )
    )


def _list(findings: "Mapping[str, Entry]", errors: "Mapping[str, ErrorText]", *, json: bool) -> int:
    from importer.cli.screen import console, print_json, table

    if json:
        listed = [
            {"code": code, "severity": entry.severity, "title": tr_raw(entry.title)} for code, entry in findings.items()
        ]
        stops = [{"code": code, "exit": exit_of(text.kind)} for code, text in errors.items()]
        print_json({"exit": 0, "findings": listed, "errors": stops})
        return 0
    out = console()
    out.print(tr("In the data"), style="bold")
    rows = [(code, tr(entry.severity), tr_raw(entry.title)) for code, entry in findings.items()]
    out.print(table((tr("code"), tr("severity"), tr("what")), rows))
    out.print()
    out.print(tr("What stops a command"), style="bold")
    stops_rows = [(code, str(exit_of(text.kind)), _first(text.messages)) for code, text in errors.items()]
    out.print(table((tr("code"), tr("exit"), tr("what")), stops_rows, right=(1,)))
    return 0


def _first(messages: "Sequence[str]") -> str:
    return tr_raw(messages[0]) if messages else ""


def _unknown(code: str, known: "Sequence[str]") -> Exception:
    import difflib

    from importer.errors import ConfigError

    near = difflib.get_close_matches(code, known, n=3)
    fix = f"Near: {', '.join(near)}." if near else "`importer explain` lists all codes."
    return ConfigError("unknown-code", f'There is no code "{code}".', fix=fix)
