"""`profile suggest|new|template`: make profiles from files, and workbooks from profiles."""

import os
import shlex
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from importer.cli.language import speech, tr, trn
from importer.cli.options import Json
from importer.cli.profiles import write_text

if TYPE_CHECKING:
    from importer.errors import ConfigError
    from importer.suggest.dialogue import Question
    from importer.suggest.suggest import Suggestion

File = Annotated[Path, typer.Argument(help="The export: a spreadsheet or a text file.", show_default=False)]
Name = Annotated[str | None, typer.Option("--name", help="The profile's name; default: made from the file's.")]
MOST_COLUMNS = 20  # offered in a question


def suggest(
    file: File,
    out: Annotated[
        Path | None, typer.Option("--out", help="Write the profile to this file, which must not exist yet.")
    ] = None,
    name: Name = None,
    json: Json = False,
) -> int:
    """Make a profile from a file. What the file proves is in it; what it does not prove is a comment, or left open.

    Exit code 1: something is left to choose, or the profile does not read the file without findings.

    Example: importer profile suggest export.csv --out mijn-webshop.yaml
    """
    from importer.cli.screen import print_json
    from importer.suggest.report import as_json
    from importer.suggest.suggest import finished, start

    _must_not_exist(out)
    made = finished(start(file, name), file, _sample(file, out), speech())
    if out is not None:
        write_text(out, made.text)
    code = 0 if made.complete else 1
    if json:
        print_json({"exit": code, "path": None if out is None else str(out), **as_json(made, file, speech())})
        return code
    if out is None:
        print(made.text, end="")
    _tell(made, file, out)
    return code


def new(
    file: Annotated[
        Path | None, typer.Argument(help="The export: a spreadsheet or a text file.", show_default=False)
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="Write the profile to this file; default: its name and .yaml.")
    ] = None,
    name: Name = None,
    answers: Annotated[
        Path | None, typer.Option("--answers", help="A text file with one answer a line; default: you are asked.")
    ] = None,
    empty: Annotated[
        bool, typer.Option("--empty", help="No file: the profile that shows and explains every key, to fill in.")
    ] = False,
    json: Json = False,
) -> int:
    """Make a profile from a file, asking only for what the file does not show.

    Answers may also come through standard input, one a line; an empty line takes the name as it is.

    Example: importer profile new export.csv --out mijn-webshop.yaml
    """
    from importer.cli.screen import print_json
    from importer.errors import ConfigError
    from importer.suggest.dialogue import settle
    from importer.suggest.report import as_json
    from importer.suggest.suggest import finished, slug, start

    if empty:
        return _empty(out, json=json)
    if file is None:
        raise ConfigError(
            "no-file",
            "There is no file to make a profile from.",
            fix="Name an export, or use --empty for a profile to fill in by hand.",
        )
    _must_not_exist(out)
    ask, refuse = _asking(answers)
    called = name or ask(tr("Name of the profile (small letters, digits and -)"), slug(file.stem))
    draft = start(file, called)
    target = out or Path(f"{draft.name}.yaml")
    _must_not_exist(target)
    settle(draft, lambda question: _answer(question, ask), refuse)
    made = finished(draft, file, _sample(file, target), speech())
    write_text(target, made.text)
    code = 0 if made.complete else 1
    if json:
        print_json({"exit": code, "path": str(target), **as_json(made, file, speech())})
    else:
        _tell(made, file, target)
    return code


def template(
    profile: Annotated[str, typer.Argument(help="The profile: a path or a name.", show_default=False)],
    out: Annotated[
        Path, typer.Option("--out", help="The workbook to write (.xlsx), which must not exist yet.", show_default=False)
    ],
    json: Json = False,
) -> int:
    """Make an empty workbook from a profile: its columns with notes, drop-downs, formats and an example.

    What is filled in is imported with the same profile.

    Example: importer profile template demo --out facturen.xlsx
    """
    from importer.cli.choose import named_profile
    from importer.cli.screen import print_json, say
    from importer.tools.template import write_template

    loaded = named_profile(profile)
    _must_not_exist(out)
    columns = write_template(loaded, out, tr)
    if json:
        print_json({"exit": 0, "path": str(out), "profile": loaded.profile.profile, "columns": columns})
    else:
        say(tr("{path} is ready to be filled in; import it with -m {profile}.", path=str(out), profile=profile))
    return 0


def _empty(out: Path | None, *, json: bool) -> int:
    """The template of profiles, printed or written."""
    from importer.cli.screen import print_json, say
    from importer.profile.shipped import mappings_folder

    text = (mappings_folder() / "_template.yaml").read_text(encoding="utf-8")
    if out is not None:
        _must_not_exist(out)
        write_text(out, text)
        if not json:
            said = tr(
                "The template is in {path}; prove what you make of it with `importer profile lint {path}`.",
                path=str(out),
            )
            say(said)
    if json:
        print_json({"exit": 0, "path": str(out)} if out is not None else {"exit": 0, "path": None, "template": text})
    elif out is None:
        print(text, end="")
    return 0


def _must_not_exist(out: Path | None) -> None:
    from importer.errors import ConfigError

    if out is not None and out.exists():
        raise ConfigError("file-exists", f'"{out}" exists already.', fix="Choose another name.")


def _sample(file: Path, out: Path | None) -> str:
    """What the head of the profile calls the file: its path from where the profile is."""
    if out is None:
        return file.name
    try:
        return Path(os.path.relpath(file.resolve(), out.resolve().parent)).as_posix()
    except ValueError:  # on another drive
        return file.name


def _tell(made: "Suggestion", file: Path, out: Path | None) -> None:
    """What came of it, on standard error: what is open, what the trial said, what to do next."""
    from importer.cli.screen import say

    draft = made.draft
    called = str(out) if out is not None else draft.name
    for remark in draft.remarks:
        say(tr("Note: {remark:words}.", remark=remark))
    if draft.choices:
        say(trn(len(draft.choices), "1 choice is open:", "{count} choices are open:"))
        for choice in draft.choices:
            options = " | ".join(option.value for option in choice.options)
            say(f"  {'.'.join(choice.path)}: {tr(choice.question)}" + (f" ({options})" if options else ""))
        say(
            tr(
                "Until they are made, the profile does not load. `importer profile new {file}` asks for them.",
                file=shlex.quote(str(file)),
            )
        )
        return
    trial = made.trial
    if trial is None:
        return
    if trial.error:
        say(tr("The profile does not read this file yet: {message}", message=speech().words(trial.error)))
        return
    say(
        tr(
            "Tried on {file}: {read} rows make {invoices} invoices; {refused} refused, {held} held.",
            file=file.name,
            read=trial.rows["read"],
            invoices=trial.invoices,
            refused=trial.refused,
            held=trial.held,
        )
    )
    for code, count in trial.findings.items():
        say(f"  {code}: {speech().number(count)}")
    say(tr("Next: `importer check {file} -m {profile}`", file=shlex.quote(str(file)), profile=shlex.quote(called)))


def _asking(answers: Path | None) -> "tuple[Callable[[str, str | None], str], Callable[[ConfigError], None]]":
    """How to ask, and what to do with an answer that cannot be: ask again at a terminal, else give up."""
    from importer.cli.screen import say
    from importer.errors import ConfigError

    if answers is None and sys.stdin is not None and sys.stdin.isatty():

        def at_terminal(text: str, default: str | None) -> str:
            return str(typer.prompt(text, default=default, err=True))

        def again(error: ConfigError) -> None:
            message, fix = speech().told(error)
            say(f"{message} {fix}")

        return at_terminal, again
    lines = _lines(answers)

    def from_lines(text: str, default: str | None) -> str:
        try:
            line = next(lines).strip()
        except StopIteration:
            raise ConfigError(
                "answers-missing",
                f'There is no answer left for: "{text}"',
                fix="Give one answer a line, or run the command at a terminal.",
            ) from None
        return line or default or ""

    def give_up(error: ConfigError) -> None:
        raise error

    return from_lines, give_up


def _lines(answers: Path | None) -> Iterator[str]:
    from importer.errors import ConfigError

    if answers is None:
        yield from sys.stdin or ()
        return
    try:
        yield from answers.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
        raise ConfigError(
            "answers-unreadable", f'"{answers}" cannot be read: {reason}.', fix="Check the path, and save it as UTF-8."
        ) from None


def _answer(question: "Question", ask: Callable[[str, str | None], str]) -> str:
    """Put one question: why it is asked, what fits, which columns there are."""
    from importer.cli.screen import say

    say(f"\n{speech().words(question.why)}.")
    for option in question.options:
        say(f"  {option.value}: {speech().words(option.meaning)}")
    for column in question.columns[:MOST_COLUMNS]:
        say(f"  {column.header}: {', '.join(column.examples)}")
    return ask(tr(question.text), None)
