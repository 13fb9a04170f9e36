"""`profile list|lint|test|schema`: work on profiles that exist."""

from pathlib import Path
from typing import Annotated

import typer

from importer.cli.language import speech, tr, trn
from importer.cli.options import Json

Names = Annotated[
    list[str] | None, typer.Argument(help="Profiles: paths or names; default: all shipped ones.", show_default=False)
]


def list_(json: Json = False) -> int:
    """List the shipped profiles.

    Example: importer profile list
    """
    from importer.cli.screen import console, print_json, table
    from importer.profile.load import shipped

    found = shipped()
    if json:
        print_json({"exit": 0, "profiles": [{"name": one.name, "title": one.title} for one in found]})
    else:
        console().print(
            table((tr("profile"), tr("reads")), [(one.name, speech().sentence(one.title)) for one in found])
        )
    return 0


def lint(names: Names = None, json: Json = False) -> int:
    """Find what is wrong or doubtful in profiles.

    Example: importer profile lint mijn-webshop.yaml
    """
    from importer.cli.screen import print_json, say
    from importer.errors import ProfileError
    from importer.profile.lint import lint as lint_profile
    from importer.profile.load import load_profile

    problems: list[str] = []
    profiles = names or _shipped_names()
    for name in profiles:
        try:
            problems += map(speech().words, lint_profile(load_profile(name)))
        except ProfileError as error:
            problems += map(speech().words, error.message.splitlines())
    if json:
        print_json({"exit": 2 if problems else 0, "profiles": profiles, "problems": problems})
    else:
        for problem in problems:
            print(problem)
        found = trn(len(problems), "{count} problem", "{count} problems")
        say(f"{trn(len(profiles), '{count} profile', '{count} profiles')}, {found}")
    return 2 if problems else 0


def test_(
    names: Names = None,
    regen: Annotated[
        bool,
        typer.Option("--regen", help="Write the expected plans anew; look at the difference before you commit it."),
    ] = False,
    json: Json = False,
) -> int:
    """Run profiles over their samples and compare the plans with the expected ones.

    Example: importer profile test demo
    """
    from importer.cli.screen import print_json, say
    from importer.tools.profiletest import run_profile_test

    problems: list[str] = []
    profiles = names or _shipped_names()
    for name in profiles:
        problems += map(speech().words, run_profile_test(name, regen=regen))
    if json:
        print_json({"exit": 1 if problems else 0, "profiles": profiles, "problems": problems})
    else:
        for problem in problems:
            print(problem)
        found = trn(len(problems), "{count} difference", "{count} differences")
        say(f"{trn(len(profiles), '{count} profile tested', '{count} profiles tested')}, {found}")
    return 1 if problems else 0


def schema(
    out: Annotated[Path | None, typer.Option("--out", help="Write it to this file.")] = None, json: Json = False
) -> int:
    """Print the JSON Schema of profile files, for editors.

    Example: importer profile schema --out profile.schema.json
    """
    from json import dumps

    from importer.cli.screen import print_json, say
    from importer.profile.schema import profile_schema

    found = profile_schema()
    if out is not None:
        write_text(out, dumps(found, ensure_ascii=False, indent=2) + "\n")
        if not json:
            say(tr("The schema is in {path}.", path=str(out)))
    if json:
        print_json({"exit": 0, "path": str(out)} if out is not None else {"exit": 0, "schema": found})
    elif out is None:
        print(dumps(found, ensure_ascii=True, indent=2))
    return 0


def write_text(path: Path, text: str) -> None:
    """Write a small file. ConfigError `not-written` where the system says no."""
    from importer.errors import ConfigError

    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise ConfigError(
            "not-written", f'"{path}" cannot be written: {error.strerror}.', fix="Check the folder and its rights."
        ) from None


def _shipped_names() -> list[str]:
    from importer.profile.load import shipped

    return [one.name for one in shipped()]
